import TensorGraph

/// The summand of a recurrence's body, without the products that are better done once for all steps: Σₜ aₜ bₜ is one
/// product, summed over the steps too, of what each step leaves behind.
struct SummedProducts {
  /// A part of the sum, flat: what remains in the body, or products whose sum it is.
  enum Part {
    case summand(Node)
    case products([Product])

    /// The number of elements.
    var count: Int {
      switch self {
      case .summand(let node): node.shape.count
      case .products(let products): products[0].shape.count
      }
    }
  }

  /// A product of two factors: elements of each step, or the same in all.
  struct Product {
    var contraction: Contraction
    var left: Node
    var right: Node
  }

  private(set) var parts: [Part] = []
  /// Factors that steps have to leave behind.
  private(set) var outputs: [Node] = []

  /// What steps leave behind for a product is at most so many times as large as the carry, or little for all steps.
  private static let growth = 2

  /// - Parameters:
  ///   - summand: flat, of a body.
  ///   - inputs: what is there for all steps.
  ///   - carryCount: the elements of a carry.
  ///   - count: the number of steps.
  init(of summand: Node, inputs: Set<Node>, carryCount: Int, count: Int) {
    var pieces = [summand]
    if case .concatenate = summand.primitive { pieces = summand.operands }
    for piece in pieces {
      guard let products = Self.products(piece) else {
        parts.append(.summand(piece))
        continue
      }
      let missing = Set(products.flatMap { [$0.left, $0.right] }).filter {
        !inputs.contains($0) && !outputs.contains($0)
      }
      let size = missing.reduce(0) { $0 + $1.shape.count }
      guard size <= Self.growth * carryCount || size * count <= HoistedBody.modestCount else {
        parts.append(.summand(piece))
        continue
      }
      for factor in products.flatMap({ [$0.left, $0.right] }) where missing.contains(factor) {
        if !outputs.contains(factor) { outputs.append(factor) }
      }
      parts.append(.products(products))
    }
  }

  /// The products whose sum a piece is, in its order of elements; nil if it is anything else.
  private static func products(_ piece: Node) -> [Product]? {
    if case .linear(.reshape) = piece.primitive { return products(piece.operands[0]) }
    if piece.scalarFunction == .add {
      guard let left = products(piece.operands[0]), let right = products(piece.operands[1]) else { return nil }
      return left + right
    }
    // Without a sum in each step, nothing but the adding up is saved.
    guard case .contraction(let contraction) = piece.primitive, !contraction.output.isEmpty else { return nil }
    return [Product(contraction: contraction, left: piece.operands[0], right: piece.operands[1])]
  }

  /// Whether there is anything to gain.
  var hasProducts: Bool { parts.contains { if case .products = $0 { true } else { false } } }

  /// What remains in the body.
  var summands: [Node] { parts.compactMap { if case .summand(let node) = $0 { node } else { nil } } }
}

extension SummedProducts.Product {
  /// That of the product in one step.
  var shape: Shape { contraction.resultShape(left.shape, right.shape) }

  /// The sum of the products of all steps.
  ///
  /// - Parameter factors: for each factor all rows along a leading axis, or what it is in every step.
  func summed(over count: Int, _ factors: [Node: (node: Node, hasRows: Bool)]) -> Node {
    let (a, b) = (factors[left]!, factors[right]!)
    let row = (contraction.left + contraction.right).max().map { $0 + 1 } ?? 0
    let product = Node.contraction(
      a.node, a.hasRows ? [row] + contraction.left : contraction.left, b.node,
      b.hasRows ? [row] + contraction.right : contraction.right, contraction.output)
    return a.hasRows || b.hasRows ? product : Double(count) * product
  }
}
