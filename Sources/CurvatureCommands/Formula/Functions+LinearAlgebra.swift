import Curvature
import TensorGraph

extension FunctionTable {
  private static func of(
    _ signature: String, _ summary: String, aliases: [String] = [],
    _ build: @escaping @Sendable (Node) throws(TensorError) -> Node
  ) -> FormulaFunction {
    FormulaFunction(signature, summary, aliases: aliases) { a in try build(a.real("a")) }
  }

  /// Linear algebra of matrices in the last two axes.
  static let linearAlgebra: [FormulaFunction] = systems + factorizations + matrixFunctions

  private static let systems: [FormulaFunction] = [
    of("inv(a)", "the inverse of a matrix", Operations.inverse),
    FormulaFunction("solve(a, b)", "a⁻¹ b") { a in
      let (matrix, right) = try a.reals("a", "b")
      return try Operations.solve(matrix, right)
    },
    FormulaFunction("solve_triangular(a, b, trans=0, lower=False)", "a⁻¹ b, or a⁻ᵀ b, for a triangular a") { a in
      let (matrix, right) = try a.reals("a", "b")
      let transposed = try a.integer("trans")
      guard transposed == 0 || transposed == 1 else { throw a.fault("trans", "found \(transposed), expected 0 or 1") }
      return try Operations.solveTriangular(matrix, right, isLower: a.flag("lower"), isTransposed: transposed == 1)
    },
    FormulaFunction("cholesky_solve(l, b)", "(l lᵀ)⁻¹ b for a lower triangular factor l") { a in
      let (factor, right) = try a.reals("l", "b")
      return try Operations.choleskySolve(factor, right)
    },
    FormulaFunction(
      "lstsq(a, b, rcond=None)", "a tuple whose first member is the shortest x that makes a x nearest to b",
      values: { a in
        let (matrix, right) = try a.reals("a", "b")
        return .tuple([.tensor(try Operations.leastSquares(matrix, right, cutoff: a.cutoff()))])
      }),
    FormulaFunction("pinv(a, rcond=None)", "the pseudoinverse") { a in
      try Operations.pseudoInverse(a.real("a"), cutoff: a.cutoff())
    },
    of("det(a)", "the determinant", Operations.determinant),
    FormulaFunction(
      "slogdet(a)", "a tuple: the sign of the determinant, and the logarithm of its magnitude",
      values: { a in
        let (sign, logarithm) = try Operations.signAndLogDeterminant(a.real("a"))
        return .tuple([.tensor(sign), .tensor(logarithm)])
      }),
    FormulaFunction("logdet(a)", "the logarithm of the determinant") { a in
      let result = try Operations.logDeterminant(a.real("a"))
      try a.checkFinite(result, "a", "the determinant is not positive")
      return result
    },
  ]

  private static let factorizations: [FormulaFunction] = [
    FormulaFunction("cholesky(a)", "the lower triangular factor of a positive definite matrix") { a in
      let factor = try Operations.cholesky(a.real("a"))
      try a.checkFinite(factor, "a", "the matrix is not positive definite")
      return factor
    },
    FormulaFunction(
      "qr(a)", "a tuple: orthonormal columns, and the upper triangular factor",
      values: { a in
        let (q, r) = try Operations.qr(a.real("a"))
        return .tuple([.tensor(q), .tensor(r)])
      }),
    FormulaFunction(
      "lu(a)", "a tuple: a permutation matrix, the lower triangular factor with ones, and the upper one",
      values: { a in
        let (p, l, u) = try Operations.lu(a.real("a"))
        return .tuple([.tensor(p), .tensor(l), .tensor(u)])
      }),
    FormulaFunction(
      "eigh(a)", "a tuple: eigenvalues, ascending, and eigenvectors as columns of a symmetric matrix",
      values: { a in
        let (values, vectors) = try Operations.symmetricEigen(a.real("a"))
        return .tuple([.tensor(values), .tensor(vectors)])
      }),
    of("eigvalsh(a)", "the eigenvalues of a symmetric matrix, ascending") { (a) throws(TensorError) in
      try Operations.symmetricEigen(a).values
    },
    FormulaFunction(
      "svd(a)", "a tuple: u, the singular values, descending, and vᵀ, with as many columns as there are values",
      values: { a in
        let (u, values, vt) = try Operations.singularValueDecomposition(a.real("a"))
        return .tuple([.tensor(u), .tensor(values), .tensor(vt)])
      }),
    of("svdvals(a)", "the singular values, descending") { (a) throws(TensorError) in
      try Operations.singularValueDecomposition(a).values
    },
    of("cond(a)", "the largest singular value over the smallest", Operations.conditionNumber),
  ]

  private static let matrixFunctions: [FormulaFunction] = [
    FormulaFunction("matrix_power(a, n)", "a whole power of a matrix") { a in
      try Operations.matrixPower(a.real("a"), a.integer("n"))
    },
    of("expm(a)", "the exponential of a matrix", Operations.matrixExponential),
    of("sqrtm(a)", "the principal square root of a matrix", Operations.matrixSquareRoot),
    of("logm(a)", "the principal logarithm of a matrix", Operations.matrixLogarithm),
  ]
}

extension Arguments {
  /// Refuses an argument whose result is not finite at the given values; without values nothing is known.
  fileprivate func checkFinite(_ result: Node, _ name: String, _ message: String) throws {
    let inputs = Node.topologicalOrder([result]).filter(\.isInput)
    guard inputs.allSatisfy({ $0.value != nil }) else { return }
    let known = try Evaluation.storage(result)
    guard (0..<known.count).allSatisfy({ known.literal(at: $0).double.isFinite }) else {
      throw fault(name, message, status: .data)
    }
  }
}

extension Arguments {
  /// The share of the largest singular value up to which others count as zero.
  fileprivate func cutoff() throws -> Double? {
    guard isGiven("rcond") else { return nil }
    let share = try double("rcond")
    guard share >= 0, share < 1 else { throw fault("rcond", "found \(share), expected 0 or more, below 1") }
    return share
  }
}
