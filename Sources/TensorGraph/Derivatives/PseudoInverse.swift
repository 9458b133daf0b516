/// Pseudoinverses and least squares by singular values, of which those below a share of the largest count as zero.
///
/// Derivatives are those of Golub & Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares
/// problems whose variables separate", (4.12): with P = A⁺ it is
/// dP = -P dA P + P Pᵀ dAᵀ (I - A P) + (I - P A) dAᵀ Pᵀ P, for changes of A that keep its rank. Where small changes make the
/// rank larger, P is not even continuous; if that is seen from what A is made of, derivatives are NaN.
package struct PseudoInverse {
  /// A = left diag(s) rightᵀ, of shape [m, n].
  private let left: Node
  private let right: Node
  /// 1 / s, 0 where s counts as zero; [..., 1, min(m, n)].
  private let inverses: Node
  /// How many singular values do not count as zero; [..., 1, 1].
  let rank: Node

  /// - Parameter cutoff: singular values up to this share of the largest count as zero; nil for max(m, n) units of the
  ///   type's precision, as in NumPy.
  init(of a: Node, cutoff: Double?) {
    let last = a.shape.rank - 1
    let (m, n) = (a.shape[last - 1], a.shape[last])
    let (rows, columns) = (max(m, n), min(m, n))
    let all = Node(.matrix(.singularValues), [m < n ? a.matrixTransposed : a])
    let (u, values, v) = (all.rows(0, rows), all.rows(rows, 1), all.rows(rows + 1, columns))
    (left, right) = m < n ? (v, u) : (u, v)
    let precision = a.scalarType == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let share = cutoff ?? Double(rows) * precision
    let batch = Operations.batch(a) + [1]
    let bound = (share * Node(.extremum(.maximum, [last]), [values])).reshaped(to: batch + [1])
    let isZero = Node.compare(.lessOrEqual, values, bound.broadcast(to: values.shape))
    let safe = Node.select(isZero, values.filled(with: 1), values)
    inverses = .select(isZero, values.filled(with: 0), .elementwise(.reciprocal, safe))
    let counted = Node.logical(.not, isZero).cast(to: .int64)
    rank = counted.summed(over: [last]).reshaped(to: batch + [1])
  }

  /// P
  var inverse: Node { .product(right * inverses.broadcast(to: right.shape), left.matrixTransposed) }

  /// P b
  func solution(_ b: Node) -> Node {
    let coordinates = Node.product(left.matrixTransposed, b)
    return .product(right, inverses.matrixTransposed.broadcast(to: coordinates.shape) * coordinates)
  }

  /// Of a pseudoinverse or least squares solution the mask of matrices without derivatives; nil if there are none.
  package static func withoutDerivatives(_ node: Node) -> Node? {
    guard case .custom(let rule) = node.primitive, rule === inverseRule || rule === solutionRule else { return nil }
    return isChangeable(node.operands[1], rank: node.operands[node.operands.count - 1])
  }

  // MARK: Rules

  /// Operands: P for a matrix with at least as many rows as columns, the matrix, and its rank.
  static let inverseRule = DerivativeRule("pinv", identifier: "built in", trailingAxes: 2) { node, operand in
    guard operand == 1 else { return nil }
    let (p, a, rank) = (node, node.operands[1], node.operands[2])
    let isDeficient = isBelowFull(rank, a)
    let change = Node(.input(a.shape, a.scalarType))
    let moved = Node.product(p, change)
    let square = Node.product(.product(p, p.matrixTransposed), change.matrixTransposed)
    var outside = square - .product(.product(square, a), p)
    if a.shape[a.shape.rank - 2] == a.shape[a.shape.rank - 1] { outside = kept(isDeficient, outside) }
    let turned = kept(isDeficient, moved.matrixTransposed - .product(p, .product(a, moved.matrixTransposed)))
    let result = Node.product(turned - moved, p) + outside
    return map("pinv", change, result, a, rank, leaves: [p, a, isDeficient])
  }

  /// Operands: x = P b, the matrix, b, P, and the rank of the matrix.
  static let solutionRule = DerivativeRule("lstsq", identifier: "built in", trailingAxes: 2) { node, operand in
    let (x, a, b, p) = (node, node.operands[1], node.operands[2], node.operands[3])
    let rank = node.operands[4]
    let isDeficient = isBelowFull(rank, a)
    let change = Node(.input(node.operands[operand].shape, a.scalarType))
    switch operand {
    case 1:
      let (m, n) = (a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
      let transposed = change.matrixTransposed
      let rest = b - .product(a, x)
      let first = Node.product(transposed, m > n ? rest : kept(isDeficient, rest))
      let turned = Node.product(transposed, .product(p.matrixTransposed, x))
      let outside = turned - .product(p, .product(a, turned))
      let result =
        Node.product(p, .product(p.matrixTransposed, first) - .product(change, x))
        + (m < n ? outside : kept(isDeficient, outside))
      return map("lstsq", change, result, a, rank, leaves: [x, a, b, p, isDeficient])
    case 2:
      return .opaque(OpaqueMap("lstsq", variable: change, result: .product(p, change), leaves: [p]))
    default: return nil
    }
  }

  private static func map(
    _ name: String, _ change: Node, _ result: Node, _ a: Node, _ rank: Node, leaves: [Node]
  ) -> LinearMap {
    let map = LinearMap.opaque(OpaqueMap(name, variable: change, result: result, leaves: leaves))
    guard let mask = isChangeable(a, rank: rank) else { return map }
    func fill(_ value: Double) -> Node { .fill(.real(value), shape: mask.shape, scalarType: a.scalarType) }
    return .composed(map, .scale(Node.select(mask, fill(.nan), fill(1)).broadcast(to: result.shape)))
  }

  /// A node where a mask is true, 0 elsewhere.
  private static func kept(_ mask: Node, _ node: Node) -> Node {
    .select(mask.broadcast(to: node.shape), node, node.filled(with: 0))
  }

  private static func isBelowFull(_ rank: Node, _ a: Node) -> Node {
    let full = min(a.shape[a.shape.rank - 2], a.shape[a.shape.rank - 1])
    return .compare(.less, rank, rank.filled(with: Double(full)))
  }

  // MARK: Ranks

  /// Whether small changes of what matrices are made of make their ranks larger; nil if that is not known.
  private static func isChangeable(_ a: Node, rank: Node) -> Node? {
    usualRank(of: a).map { .compare(.less, rank, rank.filled(with: Double($0))) }
  }

  /// What is known of matrices whose inputs have values in general position.
  private struct Form {
    /// Whether all elements can be changed by themselves.
    var isFree: Bool
    var rank: Int
  }

  /// The rank that matrices have for almost all values of the inputs that they are made of: of parts of inputs, of their
  /// sums and products; nil for others.
  private static func usualRank(of a: Node) -> Int? {
    var forms: [Node: Form] = [:]
    for node in Node.topologicalOrder([a], entering: { isSeenThrough($0) }) { forms[node] = form(of: node, forms) }
    return forms[a]?.rank
  }

  private static func isSeenThrough(_ node: Node) -> Bool {
    guard node.scalarType.isDifferentiable else { return false }
    if node.isView { return true }
    if case .contraction = node.primitive { return true }
    return switch node.scalarFunction {
    case .negate, .add, .subtract, .multiply: true
    default: node.isCast
    }
  }

  private static func form(of node: Node, _ forms: [Node: Form]) -> Form? {
    let extents = node.shape.dimensions.suffix(2)
    let full = node.shape.rank < 2 ? 1 : extents.min()!
    func operand(_ i: Int) -> Form? { forms[node.operands[i]] }
    if node.isInput { return Form(isFree: true, rank: full) }
    if node.isCast { return operand(0) }
    switch node.scalarFunction {
    case .negate: return operand(0)
    case .add, .subtract:
      if operand(0)?.isFree == true || operand(1)?.isFree == true { return Form(isFree: true, rank: full) }
      guard let first = operand(0), let second = operand(1) else { return nil }
      return Form(isFree: false, rank: min(full, first.rank + second.rank))
    case .multiply:
      // By a number other than zero.
      for i in 0..<2 { if let number = node.operands[i].fillLiteral?.double, number != 0 { return operand(1 - i) } }
      return nil
    default: break
    }
    if case .contraction(let contraction) = node.primitive {
      guard let first = operand(0), let second = operand(1), contraction.isMatrixProduct else { return nil }
      return Form(isFree: false, rank: min(full, first.rank, second.rank))
    }
    guard case .linear(let primitive) = node.primitive, let form = operand(0) else { return nil }
    switch primitive {
    case .reshape, .slice: return form.isFree ? Form(isFree: true, rank: full) : nil
    case .permute(let order):
      let isTransposition = order.dropLast(2).elementsEqual(0..<max(order.count - 2, 0))
      return form.isFree ? Form(isFree: true, rank: full) : isTransposition ? form : nil
    case .broadcast, .embed, .gather, .scatterAdd, .sum, .cumulativeSum: return nil
    }
  }
}

extension Contraction {
  /// Whether this is the product of matrices in the last two axes, either of them perhaps transposed, behind a batch.
  fileprivate var isMatrixProduct: Bool {
    let batch = output.dropLast(2)
    guard output.count >= 2, left.count == output.count, right.count == output.count,
      left.starts(with: batch), right.starts(with: batch), summed.count == 1
    else { return false }
    return left.suffix(2).contains(output[output.count - 2]) && right.suffix(2).contains(output[output.count - 1])
  }
}
