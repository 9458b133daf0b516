import Curvature
import TensorGraph

/// What stands between the brackets of an index, applied to a tensor or a tuple.
struct FormulaIndexing {
  let real: ScalarType
  let variables: [Node]

  func index(_ owner: FormulaValue, _ items: [FormulaValue]) throws -> FormulaValue {
    switch owner {
    case .list(let members), .tuple(let members): return try member(of: members, owner, items)
    case .tensor(let node): return .tensor(try index(node, items))
    case .integer, .real, .boolean, .string, .none, .ellipsis, .slice, .module, .function:
      throw ValueFault(message: "found \(owner.description) before '[', expected a tensor")
    }
  }

  private func member(of members: [FormulaValue], _ owner: FormulaValue, _ items: [FormulaValue]) throws -> FormulaValue
  {
    guard items.count == 1 else {
      throw ValueFault(message: "\(owner.description) has one index, found \(items.count)")
    }
    switch items[0] {
    case .integer(let i):
      guard i >= -members.count, i < members.count else {
        throw ValueFault(message: "index \(i) is outside \(owner.description)", status: .data)
      }
      return members[i < 0 ? i + members.count : i]
    case .slice(let start, let stop, let step):
      let places = try Operations.index(
        Node(Storage(members.indices.map(Int64.init)), shape: [members.count]),
        [.range(start: start, end: stop, step: step ?? 1)])
      let kept = try Evaluation.storage(places)
      let parts = (0..<kept.count).map { members[Int(kept.literal(at: $0).integer)] }
      if case .list = owner { return .list(parts) }
      return .tuple(parts)
    default:
      throw ValueFault(message: "\(owner.description) is indexed by a whole number, found \(items[0].description)")
    }
  }

  private func index(_ node: Node, _ given: [FormulaValue]) throws -> Node {
    var items = given
    // x[(0, 1)] is x[0, 1].
    if given.count == 1, case .tuple(let members) = given[0] { items = members }
    if items.count == 1, case .tensor(let mask) = items[0], mask.scalarType == .bool {
      return try select(node, mask)
    }
    var components: [IndexComponent] = []
    for (position, item) in items.enumerated() {
      if let component = try component(item) {
        components.append(component)
        continue
      }
      // Indices that are known only with the variables, or have several axes: one gather along their axis.
      guard case .tensor(let indices) = item, items.allSatisfy(FormulaIndexing.isWhole(except: position, items)) else {
        throw ValueFault(message: "an index that is computed or has several axes stands alone or beside ':' only")
      }
      // Its value, where there is one, is checked now.
      _ = try indices.constantValue(besides: variables)
      let hasEllipsis = items[..<position].contains { if case .ellipsis = $0 { true } else { false } }
      return try Operations.take(node, indices, axis: hasEllipsis ? position - items.count : position)
    }
    return try Operations.index(node, components)
  }

  /// Whether an item other than the one at a position keeps the whole of its axis.
  private static func isWhole(except position: Int, _ items: [FormulaValue]) -> (FormulaValue) -> Bool {
    var i = -1
    return { item in
      i += 1
      if i == position { return true }
      switch item {
      case .ellipsis, .slice(start: nil, stop: nil, step: nil): return true
      default: return false
      }
    }
  }

  /// An item of the index language; nil for indices that are only computed, or have several axes.
  func component(_ item: FormulaValue) throws -> IndexComponent? {
    switch item {
    case .integer(let i): return .integer(i)
    case .none: return .newAxis
    case .ellipsis: return .ellipsis
    case .slice(let start, let stop, let step): return .range(start: start, end: stop, step: step ?? 1)
    case .list(let items) where items.isEmpty: return .integers([])
    case .list, .tuple:
      return try component(.tensor(item.node(as: item.kind(), real: real)))
    case .tensor(let node):
      guard node.scalarType != .bool else {
        guard node.shape.rank == 1 else {
          throw ValueFault(message: "a mask of shape \(node.shape) beside other indices; use a mask of one axis")
        }
        return .integers(try positions(node))
      }
      guard node.scalarType.isInteger else {
        throw ValueFault(message: "an index is a whole number, found real numbers; write '.astype(int)'")
      }
      guard node.shape.rank <= 1, let known = try node.constantValue(besides: variables) else { return nil }
      let list = (0..<known.count).map { Int(known.literal(at: $0).integer) }
      return node.shape.rank == 0 ? .integer(list[0]) : .integers(list)
    case .boolean, .real, .string, .module, .function:
      throw ValueFault(message: "found \(item.description) in an index, expected a whole number, a slice or a list")
    }
  }

  /// The elements where a mask over the first axes is true.
  private func select(_ node: Node, _ mask: Node) throws -> Node {
    let rank = mask.shape.rank
    guard rank > 0, Array(node.shape.dimensions.prefix(rank)) == mask.shape.dimensions else {
      throw ValueFault(
        message: "a mask of shape \(mask.shape) does not fit the first axes of a tensor of shape \(node.shape)",
        status: .data)
    }
    let places = try positions(mask)
    let merged = node.reshaped(to: Shape([mask.shape.count] + node.shape.dimensions.dropFirst(rank)))
    return try Operations.index(merged, [.integers(places)])
  }

  private func positions(_ mask: Node) throws -> [Int] {
    guard let known = try mask.constantValue(besides: variables) else {
      throw ValueFault(
        message: "a mask that depends on the variables would change the shape of the result; use 'where(mask, a, b)'")
    }
    return (0..<known.count).filter { known.literal(at: $0).integer != 0 }
  }
}

extension Node {
  /// The elements of a tensor that does not depend on variables, which it then keeps; nil if it does.
  func constantValue(besides variables: [Node]) throws -> Storage? {
    if let value, !variables.contains(self) { return value }
    guard Node.topologicalOrder([self]).allSatisfy({ !$0.isInput || ($0.value != nil && !variables.contains($0)) })
    else { return nil }
    return try Evaluation.storage(self)
  }
}
