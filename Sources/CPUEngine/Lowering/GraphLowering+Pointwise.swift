import TensorGraph

/// What acts element by element, computed in the order in which its operands are best read.
extension GraphLowering {
  mutating func value(
    _ function: PointwiseFunction, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Value {
    switch function {
    case .elementwise(let function):
      if function == .add, let boxes = addedBoxes(operands, shape, type) { return boxes }
      return .handle(elementwise(.function(function), operands, shape, type))
    case .special(let function):
      let places = operands.map { consecutive(handle($0)) }
      return .handle(
        whole(.step(.special(function, offsets: places.map(\.offset))), places.map(\.item), shape, type))
    case .compare(let comparison): return .handle(elementwise(.compare(comparison), operands, shape, type))
    case .logical(let function): return .handle(elementwise(.logical(function), operands, shape, type))
    case .select: return .handle(elementwise(.select, operands, shape, type))
    case .cast(let target):
      if values[operands[0]].type != target { return .handle(elementwise(.cast, operands, shape, type)) }
      return isInBoxes(operands[0]) ? .boxes(boxes(operands[0]), type) : .handle(handle(operands[0]))
    case .detach: return isInBoxes(operands[0]) ? .boxes(boxes(operands[0]), type) : .handle(handle(operands[0]))
    }
  }

  /// A sum of what is not together yet, of two entries that have no place in common, if they are so large that it matters, or
  /// that lie side by side in one item; nil for others.
  private func addedBoxes(_ operands: [Int], _ shape: Shape, _ type: ScalarType) -> Value? {
    guard type.isDifferentiable else { return nil }
    let isInBoxes = operands.contains { if case .boxes = values[$0] { true } else { false } }
    guard isInBoxes || shape.count >= Self.worthwhileCount || areMargins(operands) else { return nil }
    let (a, b) = (boxes(operands[0]), boxes(operands[1]))
    if isInBoxes {
      return a.parts.count + b.parts.count <= PlacedBoxes.sumLimit ? .boxes(a.adding(b), type) : nil
    }
    guard a.isApart(from: b) else { return nil }
    let sum = a.adding(b)
    if let access = sum.access { return .handle(Handle(item: sum.parts[0].item, access: access, type: type)) }
    return shape.count >= Self.worthwhileCount ? .apart(sum, type, operands: operands) : nil
  }

  /// Whether both entries are parts of one item with zeros around.
  private func areMargins(_ operands: [Int]) -> Bool {
    guard case .handle(let a) = values[operands[0]], case .handle(let b) = values[operands[1]] else { return false }
    return a.item == b.item && a.access.isMasked && b.access.isMasked
  }

  /// How often and over how many elements something is repeated for it to be worth a step of its own.
  private static let worthwhileCopies = 8
  private static let worthwhileCount = 1024

  mutating func elementwise(
    _ operation: LoweredGraph.Operation, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let operands = operands.map { handle($0) }
    // What is the same along an axis is computed once.
    let repeated = shape.dimensions.indices.filter { k in
      shape[k] > 1 && operands.allSatisfy { $0.access.axes[k].stride == 0 && !$0.access.axes[k].isMasked }
    }
    let copies = repeated.reduce(1) { $0 * shape[$1] }
    guard copies >= Self.worthwhileCopies, shape.count >= Self.worthwhileCount else {
      return computed(operation, operands, shape, type)
    }
    var once = shape.dimensions
    for k in repeated { once[k] = 1 }
    let items = operands.map { operand in
      var operand = operand
      for k in repeated { operand.access.axes[k] = Access.Axis(extent: 1, stride: 0) }
      return flat(operand)
    }
    var result = whole(operation, items, Shape(once), type)
    for k in repeated { result.access.axes[k] = Access.Axis(extent: shape[k], stride: 0) }
    return result
  }

  /// The result in the order of axes in which the operands are best read.
  private mutating func computed(
    _ operation: LoweredGraph.Operation, _ operands: [Handle], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    guard let order = Self.order(operands.map(\.access), shape) else {
      return whole(operation, operands.map { packed($0) }, shape, type)
    }
    let items = operands.map { operand in
      packed(Handle(item: operand.item, access: operand.access.permuted(order), type: operand.type))
    }
    var result = whole(operation, items, Shape(order.map { shape[$0] }), type)
    var inverse = order
    for (place, axis) in order.enumerated() { inverse[axis] = place }
    result.access = result.access.permuted(inverse)
    return result
  }

  /// The order in which most operands are read along their memory, if it is not that of the axes.
  private static func order(_ operands: [Access], _ shape: Shape) -> [Int]? {
    guard shape.count >= worthwhileCount, operands.count > 1 else { return nil }
    func cost(_ order: [Int]) -> Double { operands.reduce(0) { $0 + $1.permuted(order).loadCost } }
    var best: (order: [Int], cost: Double)?
    for operand in operands where !operand.isMasked && operand.axes.allSatisfy({ $0.stride != 0 || $0.extent == 1 }) {
      let order = operand.axes.indices.sorted { i, j in
        let (a, b) = (abs(operand.axes[i].stride), abs(operand.axes[j].stride))
        return a != b ? a > b : i < j
      }
      let cost = cost(order)
      if cost < best?.cost ?? .infinity { best = (order, cost) }
    }
    guard let best, best.cost + 0.5 < cost(Array(shape.dimensions.indices)) else { return nil }
    return best.order
  }

  /// The item whose elements in flat order are those of a handle. What is repeated, and read with jumps, is first put
  /// in order.
  private mutating func packed(_ operand: Handle) -> Int {
    var once = operand.access
    for k in once.axes.indices where once.axes[k].stride == 0 { once.axes[k] = Access.Axis(extent: 1, stride: 0) }
    guard !operand.access.isMasked, operand.access.count >= Self.worthwhileCount,
      once.count * 4 <= operand.access.count, let last = once.axes.last(where: { $0.extent > 1 }), last.stride != 1
    else { return flat(operand) }
    let shape = Shape(once.axes.map(\.extent))
    let item = whole(.step(.boxes(PlacedBoxes(operand.item, once))), [operand.item], shape, operand.type)
    var access = item.access
    for k in access.axes.indices where shape[k] != operand.access.axes[k].extent {
      access.axes[k] = Access.Axis(extent: operand.access.axes[k].extent, stride: 0)
    }
    return flat(Handle(item: item.item, access: access, type: operand.type))
  }
}
