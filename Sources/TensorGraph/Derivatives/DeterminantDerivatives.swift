/// Derivatives of determinants that are right for singular matrices, too, by one elimination of a matrix with a border.
///
/// With B = [A W; Yᵀ 0] for k columns W and Y, and E the lower right k × k block of B⁻¹, det A = det B · det E (Jacobi's
/// theorem on complementary minors; such borders are those of Govaerts 2000, "Numerical methods for bifurcations of
/// dynamical equilibria", chapter 3). B is regular where A is not if W and Y reach what Aᵀ and A lose: W is fixed and in
/// general position, and Y spans A⁻¹ W, where A is smallest. Below the rank n - k all derivatives up to order k - 1 are 0.
enum BorderedDeterminant {
  private static let width = 4

  /// Operands: the determinants, and the matrices.
  static let rule = DerivativeRule("det", identifier: "built in", trailingAxes: 2) { node, _ in
    let a = node.operands[1]
    return .opaque(OpaqueMap(derivativeOf: expression(a), in: a))
  }

  /// The determinants, with derivatives of the first orders for every matrix.
  private static func expression(_ a: Node) -> Node {
    let (rank, type) = (a.shape.rank, a.scalarType)
    let (n, k) = (a.shape[rank - 1], width)
    let batch = Array(a.shape.dimensions.dropLast(2))
    let batchAxes = Array(batch.indices)
    let isSingle = type == .float32
    // Rows, and then columns, whose largest element is 1.
    let rows = sizes(a, axis: rank - 1)
    let scaled = a / rows.broadcast(to: a.shape, axes: batchAxes + [rank - 2])
    let columns = sizes(scaled, axis: rank - 2)
    let equal = scaled / columns.broadcast(to: a.shape, axes: batchAxes + [rank - 1])
    // What is lost is found beside the matrix, where all are regular.
    let border = Node.scattered([n, k], type).broadcast(to: Shape(batch + [n, k]))
    let noise = (isSingle ? 1e-5 : 1e-13) * Node.scattered([n, n], type)
    let factors = Node(.matrix(.qr), [.solve(.general, border, equal.detached() + noise.broadcast(to: a.shape))])
    let directions = factors.rows(0, n).detached()
    let diagonal = Node.elementwise(.abs, factors.rows(n, k).detached()).keeping(0...0).summed(over: [rank - 2])
    let least = Node(.extremum(.minimum, [rank - 2]), [diagonal])
    let isLow = Node.compare(.greater, least, least.filled(with: isSingle ? 1e4 : 1e9))
    let bordered = Node.concatenate(
      [
        .concatenate([equal, border], axis: rank - 1),
        .concatenate([directions.matrixTransposed, .zeros(Shape(batch + [k, k]), type)], axis: rank - 1),
      ], axis: rank - 2)
    let identity = bordered.unitMatrices
    let regular = Node.select(isLow.broadcast(to: identity.shape, axes: batchAxes), identity, bordered)
    let last = identity.sliced(identity.shape.slices(axis: rank - 1, n, k))
    let block = Node.solve(.general, last, regular).rows(n, k)
    let both = Node(.matrix(.logDeterminant), [regular])
    func part(_ i: Int) -> Node {
      both.sliced(both.shape.slices(axis: batch.count, i, 1)).reshaped(to: Shape(batch))
    }
    func logarithm(_ v: Node) -> Node { Node.elementwise(.log, v).summed(over: [rank - 2]) }
    let size = Node.elementwise(.exp, logarithm(rows) + logarithm(columns) + part(1))
    let result = part(0).detached() * size * Operations.divisionFreeDeterminant(block)
    return .select(isLow, result.filled(with: 0), result)
  }

  /// The largest magnitudes along an axis, 1 in place of 0. They cancel, so they are constant for derivatives.
  private static func sizes(_ a: Node, axis: Int) -> Node {
    let largest = Node(.extremum(.maximum, [axis]), [.elementwise(.abs, a.detached())])
    let isZero = Node.compare(.equal, largest, largest.filled(with: 0))
    return Node.select(isZero, largest.filled(with: 1), largest).detached()
  }
}
