/// Derivatives of matrix functions, as expressions of their own results: so they have derivatives of every order.
///
/// The formulas are those of Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic
/// differentiation", of Murray 2016, "Differentiation of the Cholesky decomposition", and of Walter & Lehmann 2013,
/// "Algorithmic differentiation of linear algebra functions" (QR).
extension Node {
  /// How this matrix function responds to a change of its operand.
  func linearization(of function: MatrixFunction) -> LinearMap {
    let a = operands[0]
    let change = Node(.input(a.shape, a.scalarType))
    let result: Node =
      switch function {
      case .cholesky: choleskyTangent(change)
      case .qr: qrTangent(change)
      case .lu: luTangent(change)
      case .symmetricEigen: eigenTangent(change)
      case .singularValues: singularTangent(change)
      case .logDeterminant: logDeterminantTangent(change)
      }
    return .expression(variable: change, result: result, leaves: [self, a])
  }

  /// How the solution of a linear system responds to a change of the matrix: dX = -A⁻¹ dA X.
  func solutionLinearization(_ form: MatrixForm) -> LinearMap {
    if let system = form.system { return system.linearization(of: self, entries: operands[1]) }
    let batch = Array(0..<(shape.rank - 2))
    let (i, j, k) = (batch.count, batch.count + 1, batch.count + 2)
    let product = LinearMap.contraction(
      tangent: batch + (form.isTransposed ? [j, i] : [i, j]), other: -self, otherLabels: batch + [j, k],
      output: batch + [i, k])
    let solved = LinearMap.composed(product, .solve(form, matrix: operands[1]))
    let extent = shape[shape.rank - 2]
    switch form.kind {
    case .general, .sparse: return solved
    case .lower: return .composed(.mask(operands[1].band(-extent...0), keeping: true), solved)
    case .upper: return .composed(.mask(operands[1].band(0...extent), keeping: true), solved)
    }
  }

  private var lastExtent: Int { shape[shape.rank - 1] }
  private var symmetricPart: Node { 0.5 * (self + matrixTransposed) }

  /// dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ takes the lower triangle and half of the diagonal.
  private func choleskyTangent(_ change: Node) -> Node {
    let half = Node.solve(.lower, change.symmetricPart, self)
    let inner = Node.solve(.lower, half.matrixTransposed, self)
    let n = lastExtent
    return .product(self, inner.keeping(-n...(-1)) + (0.5 * inner).keeping(0...0))
  }

  /// With X = dA R⁻¹, W = Qᵀ X and the skew Ω that has W's strict lower triangle: dR = (W - Ω) R, dQ = X - Q (W - Ω).
  private func qrTangent(_ change: Node) -> Node {
    let n = lastExtent
    let m = shape[shape.rank - 2] - n
    let (q, r) = (rows(0, m), rows(m, n))
    let x = Node.solve(MatrixForm(.upper, isTransposed: true), change.matrixTransposed, r).matrixTransposed
    let w = Node.product(q.matrixTransposed, x)
    let lower = w.keeping(-n...(-1))
    let upper = (w - (lower - lower.matrixTransposed)).keeping(0...n)
    return .concatenate([x - .product(q, upper), .product(upper, r)], axis: shape.rank - 2)
  }

  /// With X = L⁻¹ P dA U⁻¹: dL = L · (strict lower triangle of X), dU = (upper triangle of X) · U.
  private func luTangent(_ change: Node) -> Node {
    let n = lastExtent
    let packed = rows(0, n)
    let lower = packed.keeping(-n...(-1)) + packed.unitMatrices
    let upper = packed.keeping(0...n)
    let left = Node.solve(.lower, .product(rowOrder, change), lower)
    let x = Node.solve(MatrixForm(.upper, isTransposed: true), left.matrixTransposed, upper).matrixTransposed
    let tangent = Node.product(lower, x.keeping(-n...(-1))) + .product(x.keeping(0...n), upper)
    return tangent.embedded(in: shape, at: shape.slices(axis: shape.rank - 2, 0, n))
  }

  /// The matrix P of an elimination (see `MatrixFunction.lu`): row i has its 1 where row i of L U comes from.
  var rowOrder: Node {
    let n = lastExtent
    let batch = Array(shape.dimensions.dropLast(2))
    let square = Shape(batch + [n, n])
    let order = rows(n, 1).detached().reshaped(to: Shape(batch + [n]))
      .broadcast(to: square, axes: Array(0...batch.count))
    let columns = Node(.iota([n], axis: 0, scalarType)).broadcast(to: square, axes: [batch.count + 1])
    return Node.compare(.equal, order, columns).cast(to: scalarType)
  }

  /// Identity matrices like these.
  var unitMatrices: Node { .select(band(0...0), filled(with: 1), filled(with: 0)) }

  /// With S = Vᵀ dA V: dw = diag S, dV = V (F ∘ S), where F has 1 / (wⱼ - wᵢ) beside the diagonal.
  private func eigenTangent(_ change: Node) -> Node {
    let n = lastExtent
    let (values, vectors) = (rows(0, 1), rows(1, n))
    let s = Node.product(vectors.matrixTransposed, .product(change.symmetricPart, vectors))
    let rotation = s * Self.inverseDifferences(values)
    return .concatenate([s.diagonalRow, .product(vectors, rotation)], axis: shape.rank - 2)
  }

  /// With P = Uᵀ dA V: ds = diag P, and U and V turn by F ∘ (P s + s Pᵀ) and F ∘ (s P + Pᵀ s), F of the squares; what
  /// of dA V s⁻¹ lies outside the columns of U adds to dU.
  private func singularTangent(_ change: Node) -> Node {
    let n = lastExtent
    let m = shape[shape.rank - 2] - 1 - n
    let (u, values, v) = (rows(0, m), rows(m, 1), rows(m + 1, n))
    let moved = Node.product(change, v)
    let p = Node.product(u.matrixTransposed, moved)
    let square = p.shape
    let columns = values.broadcast(to: square)
    let rows = values.matrixTransposed.broadcast(to: square)
    let f = Self.inverseDifferences(.elementwise(.square, values))
    let left = f * (p * columns + rows * p.matrixTransposed)
    let right = f * (rows * p + p.matrixTransposed * columns)
    var du = Node.product(u, left)
    if m > n {
      let outside = moved - .product(u, p)
      du = du + outside / values.broadcast(to: outside.shape)
    }
    return .concatenate([du, p.diagonalRow, .product(v, right)], axis: shape.rank - 2)
  }

  /// d ln |det A| = trace A⁻¹ dA; the sign does not change.
  private func logDeterminantTangent(_ change: Node) -> Node {
    let a = operands[0]
    let inverse = Node.solve(MatrixForm(.general, isTransposed: true), a.unitMatrices, a)
    let batch = Array(0..<(a.shape.rank - 2))
    let labels = batch + [batch.count, batch.count + 1]
    let trace = Node.contraction(change, labels, inverse, labels, batch)
    return trace.reshaped(to: Shape(trace.shape.dimensions + [1])).embedded(
      in: shape, at: shape.slices(axis: shape.rank - 1, 1, 1))
  }

  /// The diagonals of square matrices, as matrices of one row.
  private var diagonalRow: Node {
    let rank = shape.rank
    return keeping(0...0).summed(over: [rank - 2])
      .reshaped(to: Shape(Array(shape.dimensions.dropLast(2)) + [1, lastExtent]))
  }

  /// 1 / (xⱼ - xᵢ) beside the diagonal, 0 on it; undefined where values repeat, since eigenvectors then are too.
  private static func inverseDifferences(_ row: Node) -> Node {
    let n = row.lastExtent
    let square = Shape(Array(row.shape.dimensions.dropLast(2)) + [n, n])
    let difference = row.broadcast(to: square) - row.matrixTransposed.broadcast(to: square)
    let isDiagonal = difference.band(0...0)
    let safe = Node.select(isDiagonal, difference.filled(with: 1), difference)
    let largest = Node.elementwise(.abs, row.detached())
    let scale = Node.elementwise(
      .max, largest.broadcast(to: square), largest.matrixTransposed.broadcast(to: square))
    let resolution = row.scalarType == .float32 ? 1e-6 : 1e-15
    let isRepeated = Node.compare(.lessOrEqual, .elementwise(.abs, safe.detached()), resolution * scale)
    let inverse = Node.select(
      isRepeated, difference.filled(with: .nan), .elementwise(.reciprocal, safe))
    return .select(isDiagonal, difference.filled(with: 0), inverse)
  }
}
