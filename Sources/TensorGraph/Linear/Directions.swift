/// What derivatives are taken along: unit directions while they can be carried as such, or an ordinary tensor.
package enum Directions {
  case units(UnitTensor)
  /// The directions behind leading axes, zeros and all.
  case dense(Node)

  /// The directions behind their leading axes, zeros and all.
  package var node: Node {
    switch self {
    case .units(let units): units.dense
    case .dense(let node): node
    }
  }

  /// Whether all directions are structurally zero.
  var isZero: Bool {
    switch self {
    case .units: false
    case .dense(let node): node.isZero
    }
  }

  /// The image under a linear map.
  func applying(_ map: LinearMap, lift: Int, _ chain: ChainRule) -> Directions {
    switch self {
    case .units(let units): units.applying(map, chain)
    case .dense(let node): .dense(map.apply(node, lift: lift, chain))
    }
  }

  /// The image under the transpose of a linear map, whose operand has the given shape.
  func applyingTranspose(_ map: LinearMap, to operand: Shape, lift: Int, _ chain: ChainRule) -> Directions {
    switch self {
    case .units(let units): units.applyingTranspose(map, to: operand, chain)
    case .dense(let node): .dense(map.applyTranspose(node, to: operand, lift: lift, chain))
    }
  }

  static func + (left: Directions, right: Directions) -> Directions { .dense(left.node + right.node) }
}
