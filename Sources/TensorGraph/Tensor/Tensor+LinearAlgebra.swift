// Linear algebra on matrices in the last two axes; the axes before are a batch.

/// The x with a x = b; b is a vector, a matrix, or a batch of matrices.
///
/// Derivatives of every order are systems with the same matrix, which is eliminated once. A singular a gives infinities or
/// NaN. O(n³).
public func solve<Scalar: DifferentiableScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  Tensor(checking: try Operations.solve(a.node, b.node))
}

/// The x with a x = b, or with aᵀ x = b, for a triangular a, whose other triangle is not looked at.
public func solveTriangular<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, isLower: Bool, isTransposed: Bool = false
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.solveTriangular(a.node, b.node, isLower: isLower, isTransposed: isTransposed))
}

/// The shortest x that makes a x nearest to b, by singular values; b is a vector, a matrix, or a batch of matrices.
///
/// The derivatives in `a` are those for changes that keep its rank (Golub & Pereyra 1973). Where small changes make it
/// larger, as those of a singular matrix that is a variable itself, there are none: NaN, and reading a Hessian or a
/// Jacobian is an error. O(m n min(m, n)).
/// - Parameter cutoff: singular values up to this share of the largest count as zero; nil for the larger extent times the
///   precision of the type, as in NumPy.
public func leastSquares<Scalar: DifferentiableScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, cutoff: Double? = nil
) -> Tensor<Scalar> {
  Tensor(checking: try Operations.leastSquares(a.node, b.node, cutoff: cutoff))
}

extension Tensor where Scalar: DifferentiableScalar {
  /// The inverse.
  public var inverse: Tensor { Tensor(checking: try Operations.inverse(node)) }

  /// The pseudoinverse, in which singular values up to the larger extent times the precision of the type, as a share of
  /// the largest, count as zero; derivatives are those of `leastSquares(_:_:cutoff:)`.
  public var pseudoInverse: Tensor { pseudoInverse(cutoff: nil) }

  /// The pseudoinverse, in which singular values up to a share of the largest count as zero.
  public func pseudoInverse(cutoff: Double?) -> Tensor {
    Tensor(checking: try Operations.pseudoInverse(node, cutoff: cutoff))
  }

  /// The determinant. Derivatives hold for singular matrices too: up to 8 rows to every order, above to third order.
  public var determinant: Tensor { Tensor(checking: try Operations.determinant(node)) }

  /// The sign of the determinant, and the logarithm of its magnitude.
  public var signAndLogDeterminant: (sign: Tensor, logarithm: Tensor) {
    let (sign, logarithm) = checked(try Operations.signAndLogDeterminant(node), else: (node.missing, node.missing))
    return (Tensor(sign), Tensor(logarithm))
  }

  /// The logarithm of the determinant; NaN where that is negative.
  public var logDeterminant: Tensor { Tensor(checking: try Operations.logDeterminant(node)) }

  /// L, lower triangular, with L Lᵀ = (this + its transpose) / 2; NaN if that is not positive definite.
  ///
  /// A gradient in the matrix is symmetric, whichever triangle is changed.
  public var cholesky: Tensor { Tensor(checking: try Operations.cholesky(node)) }

  /// Q with orthonormal columns and R upper triangular, with Q R = this; signs as LAPACK's.
  public var qr: (q: Tensor, r: Tensor) {
    let (q, r) = checked(try Operations.qr(node), else: (node.missing, node.missing))
    return (Tensor(q), Tensor(r))
  }

  /// A permutation matrix, L lower triangular with ones on the diagonal, and U upper triangular, with p l u = this.
  ///
  /// By elimination with partial pivoting; the order of the rows is constant for derivatives. Derivatives need a matrix
  /// that is not singular.
  public var lu: (p: Tensor, l: Tensor, u: Tensor) {
    let (p, l, u) = checked(try Operations.lu(node), else: (node.missing, node.missing, node.missing))
    return (Tensor(p), Tensor(l), Tensor(u))
  }

  /// Eigenvalues, ascending, and orthonormal eigenvectors as columns of a symmetric matrix, or of the symmetric part of
  /// another.
  ///
  /// The largest element of an eigenvector is positive. Where eigenvalues repeat, first and second derivatives of their
  /// symmetric functions are right; single eigenvalues and eigenvectors have none there: NaN.
  public var symmetricEigen: (values: Tensor, vectors: Tensor) {
    let (values, vectors) = checked(try Operations.symmetricEigen(node), else: (node.missing, node.missing))
    return (Tensor(values), Tensor(vectors))
  }

  /// U, the singular values, descending, and Vᵀ, with U diag(s) Vᵀ = this.
  public var singularValueDecomposition: (u: Tensor, values: Tensor, vt: Tensor) {
    let (u, values, vt) = checked(
      try Operations.singularValueDecomposition(node), else: (node.missing, node.missing, node.missing))
    return (Tensor(u), Tensor(values), Tensor(vt))
  }

  /// A whole power; a negative one is that of the inverse.
  public func matrixPower(_ exponent: Int) -> Tensor { Tensor(checking: try Operations.matrixPower(node, exponent)) }

  /// The exponential of a square matrix.
  public var matrixExponential: Tensor { Tensor(checking: try Operations.matrixExponential(node)) }

  /// The principal square root of a square matrix without eigenvalues on the negative real axis or at 0.
  public var matrixSquareRoot: Tensor { Tensor(checking: try Operations.matrixSquareRoot(node)) }

  /// The principal logarithm of a square matrix without eigenvalues on the negative real axis or at 0.
  public var matrixLogarithm: Tensor { Tensor(checking: try Operations.matrixLogarithm(node)) }
}
