import TensorGraph

/// Turns the entries of a graph into items, one after another.
struct GraphLowering {
  /// Elements of an item, moved.
  struct Handle {
    var item: Int
    var access: Access
    var type: ScalarType
  }

  /// What an entry has become.
  private enum Value {
    case handle(Handle)
    /// Elements that are not together yet.
    case assembly(PlacedBoxes, ScalarType)
    /// The sum of two entries that have no place in common: put together if nothing is missing, added up otherwise.
    case apart(PlacedBoxes, ScalarType, operands: [Int])

    var type: ScalarType {
      switch self {
      case .handle(let handle): handle.type
      case .assembly(_, let type), .apart(_, let type, _): type
      }
    }
  }

  private(set) var graph = LoweredGraph()
  private var values: [Value] = []
  private var shapes: [Shape] = []

  static func lower(_ structure: GraphStructure) throws(TensorError) -> LoweredGraph {
    let structure = structure.preparingRecurrences()
    var lowering = GraphLowering()
    for entry in structure.entries {
      switch entry.operation {
      case .argument(let shape, let type):
        let item = lowering.graph.append(
          .argument(lowering.graph.argumentCount), [], count: shape.count, type: type)
        lowering.graph.argumentCount += 1
        lowering.add(Handle(item: item, access: Access(shape), type: type), shape)
      case .fill(let shape, let type):
        let item = lowering.literal(.graph(Int(entry.operands[0]), type))
        lowering.add(lowering.repeated(item, shape, type), shape)
      case .primitive(let primitive):
        try lowering.add(primitive, entry.operands.map(Int.init))
      }
    }
    var outputs: Set<Int> = []
    for output in structure.outputs {
      let handle = lowering.handle(Int(output))
      let item = lowering.graph.items[handle.item]
      let isFresh =
        !item.isGiven && handle.access.isWhole(of: item.count) && !outputs.contains(handle.item)
      lowering.graph.outputs.append(isFresh ? handle.item : lowering.view(handle, shared: false))
      outputs.insert(lowering.graph.outputs.last!)
    }
    return lowering.graph
  }

  // MARK: Items

  private mutating func add(_ handle: Handle, _ shape: Shape) { add(.handle(handle), shape) }

  private mutating func add(_ value: Value, _ shape: Shape) {
    var value = value
    if case .assembly(let assembly, let type) = value {
      if assembly.parts.isEmpty {
        value = .handle(zeros(shape, type))
      } else if let access = assembly.access {
        value = .handle(Handle(item: assembly.parts[0].item, access: access, type: type))
      }
    }
    values.append(value)
    shapes.append(shape)
  }

  /// Where the elements of an entry are; they are put together if they were not.
  private mutating func handle(_ i: Int) -> Handle {
    switch values[i] {
    case .handle(let handle): return handle
    case .assembly(let assembly, let type):
      let handle = whole(.step(.assembly(assembly)), assembly.parts.map(\.item), shapes[i], type)
      values[i] = .handle(handle)
      return handle
    case .apart(let assembly, let type, let operands):
      let handle =
        assembly.isTiling
        ? whole(.step(.assembly(assembly)), assembly.parts.map(\.item), shapes[i], type)
        : elementwise(.function(.add), operands, shapes[i], type)
      values[i] = .handle(handle)
      return handle
    }
  }

  /// The elements of an entry as boxes.
  private func assembly(_ i: Int) -> PlacedBoxes {
    switch values[i] {
    case .handle(let handle): PlacedBoxes(handle.item, handle.access)
    case .assembly(let assembly, _), .apart(let assembly, _, _): assembly
    }
  }

  private func isAssembly(_ i: Int) -> Bool {
    switch values[i] {
    case .handle: false
    case .assembly: true
    case .apart(let assembly, _, _): assembly.isTiling
    }
  }

  /// The sum of two entries that have no place in common, if they are so large that it matters.
  private func apart(_ primitive: Primitive, _ operands: [Int], _ shape: Shape, _ type: ScalarType) -> Value? {
    guard primitive == .elementwise(.add), type.isDifferentiable, shape.count >= Self.worthwhileCount else {
      return nil
    }
    for operand in operands { if case .assembly = values[operand] { return nil } }
    let (a, b) = (assembly(operands[0]), assembly(operands[1]))
    return a.isApart(from: b) ? .apart(a.adding(b), type, operands: operands) : nil
  }

  private mutating func literal(_ source: LoweredGraph.LiteralSource) -> Int {
    graph.literals.append(source)
    return graph.append(.literal(graph.literals.count - 1), [], count: 1, type: source.scalarType)
  }

  private func repeated(_ item: Int, _ shape: Shape, _ type: ScalarType) -> Handle {
    let access = Access(offset: 0, axes: shape.dimensions.map { Access.Axis(extent: $0, stride: 0) })
    return Handle(item: item, access: access, type: type)
  }

  private mutating func whole(
    _ operation: LoweredGraph.Operation, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let item = graph.append(operation, operands, count: shape.count, type: type)
    return Handle(item: item, access: Access(shape), type: type)
  }

  private mutating func view(_ handle: Handle, shared: Bool = true) -> Int {
    graph.append(
      .view(handle.access.simplified), [handle.item], count: handle.access.count, type: handle.type, isNew: !shared)
  }

  /// The item whose elements in flat order are those of the handle.
  mutating func flat(_ handle: Handle) -> Int {
    handle.access.isWhole(of: graph.items[handle.item].count) ? handle.item : view(handle)
  }

  /// An item in which the elements lie one after another, from an offset on.
  mutating func consecutive(_ handle: Handle) -> (item: Int, offset: Int) {
    handle.access.isContiguous ? (handle.item, handle.access.offset) : (view(handle), 0)
  }

  // MARK: Primitives

  private mutating func add(_ primitive: Primitive, _ operands: [Int]) throws(TensorError) {
    let shape = primitive.shape(of: operands.map { shapes[$0] })
    let type = primitive.scalarType(of: operands.map { values[$0].type })
    guard shape.count > 0 else {
      // Nothing to compute: whoever uses this has nothing to compute either, or reduces to a constant.
      add(repeated(literal(.fixed(.integer(0), type)), shape, type), shape)
      return
    }
    if let apart = apart(primitive, operands, shape, type) {
      add(apart, shape)
    } else if let assembly = assembly(primitive, operands, shape) {
      add(.assembly(assembly, type), shape)
    } else {
      add(handle(primitive, operands, shape, type), shape)
    }
  }

  private mutating func handle(
    _ primitive: Primitive, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    switch primitive {
    case .input(let shape, _): fatalError("an input of shape \(shape) is no operation")
    case .fill(let shape, let value, let type): return repeated(literal(.fixed(value, type)), shape, type)
    case .iota(_, let axis, _):
      return whole(.iota(stride: shape.strides[axis], extent: shape[axis]), [], shape, type)
    case .elementwise(let function): return elementwise(.function(function), operands, shape, type)
    case .special(let function):
      let places = operands.map { consecutive(handle($0)) }
      return whole(.step(.special(function, offsets: places.map(\.offset))), places.map(\.item), shape, type)
    case .compare(let comparison): return elementwise(.compare(comparison), operands, shape, type)
    case .logical(let function): return elementwise(.logical(function), operands, shape, type)
    case .select: return elementwise(.select, operands, shape, type)
    case .cast(let target):
      return values[operands[0]].type == target
        ? handle(operands[0]) : elementwise(.cast, operands, shape, type)
    case .detach: return handle(operands[0])
    case .custom:
      // A copy for what is computed again: other elements than the original's, and made after the other operand.
      let (source, earlier) = (handle(operands[0]), handle(operands[1]))
      return whole(.step(.assembly(PlacedBoxes(source.item, source.access))), [source.item, earlier.item], shape, type)
    case .broadcast(let target, let axes):
      return moved(operands[0]) { $0.broadcast(to: target, axes: axes) }
    case .reshape(let target):
      let operand = handle(operands[0])
      if let access = operand.access.reshaped(to: target) {
        return Handle(item: operand.item, access: access, type: type)
      }
      return Handle(item: view(operand), access: Access(target), type: type)
    case .permute(let order): return moved(operands[0]) { $0.permuted(order) }
    case .slice(let slices): return moved(operands[0]) { $0.sliced(slices) }
    case .embed(let target, let slices):
      // Anything else is an assembly.
      let operand = handle(operands[0])
      guard operand.access.count > 0, let access = operand.access.embedded(in: target, slices) else {
        return zeros(shape, type)
      }
      return Handle(item: operand.item, access: access, type: type)
    case .concatenate: fatalError("a concatenation is an assembly")
    case .gather(let axis):
      let (x, offset) = consecutive(handle(operands[0]))
      let (indices, first) = consecutive(handle(operands[1]))
      let lines = Self.lines(shapes[operands[0]], axis)
      return whole(
        .step(.gather(lines, axis: axis, count: shapes[operands[1]].count, offsets: [offset, first])), [x, indices],
        shape, type)
    case .scatterAdd(let axis, _):
      let lines = Self.lines(shape, axis)
      let count = shapes[operands[1]].count
      guard count > 0 else { return repeated(literal(.fixed(.integer(0), type)), shape, type) }
      let (x, offset) = consecutive(handle(operands[0]))
      let (indices, first) = consecutive(handle(operands[1]))
      return whole(
        .step(.scatterAdd(lines, axis: axis, count: count, offsets: [offset, first])), [x, indices], shape, type)
    case .sum(let axes): return reduction(.sum, operands[0], axes, shape, type)
    case .maximum(let axes): return reduction(.maximum, operands[0], axes, shape, type)
    case .minimum(let axes): return reduction(.minimum, operands[0], axes, shape, type)
    case .cumulativeSum(let axis, let reversed):
      let (x, offset) = consecutive(handle(operands[0]))
      return whole(
        .step(.cumulativeSum(Self.lines(shape, axis), reversed: reversed, offset: offset)), [x], shape, type)
    case .argsort(let axis):
      let (x, offset) = consecutive(handle(operands[0]))
      return whole(.step(.argsort(Self.lines(shape, axis), offset: offset)), [x], shape, type)
    case .contraction(let contraction):
      return product(contraction, operands, shape, type)
    case .solve(let form):
      let (b, offset) = consecutive(handle(operands[0]))
      let batch = Self.batch(shape)
      if form.kind == .general {
        let factors = eliminated(operands[1])
        return whole(.step(.solve(form, batch, offsets: [offset, 0])), [b, factors], shape, type)
      }
      let (a, place) = consecutive(handle(operands[1]))
      return whole(.step(.solve(form, batch, offsets: [offset, place])), [b, a], shape, type)
    case .matrix(let function):
      let batch = Self.batch(shapes[operands[0]])
      if function == .logDeterminant {
        return whole(.step(.matrix(function, batch, offset: 0)), [eliminated(operands[0])], shape, type)
      }
      let (a, offset) = consecutive(handle(operands[0]))
      return whole(.step(.matrix(function, batch, offset: offset)), [a], shape, type)
    case .scan(let recurrence):
      let places = operands.map { operand in
        // What has no elements is nowhere, so anything stands for it.
        shapes[operand].count > 0 ? consecutive(handle(operand)) : (item: literal(.fixed(.integer(0), type)), offset: 0)
      }
      return whole(.step(.recurrence(recurrence, offsets: places.map(\.offset))), places.map(\.item), shape, type)
    }
  }

  private static func batch(_ shape: Shape) -> LoweredGraph.MatrixBatch {
    LoweredGraph.MatrixBatch(
      count: shape.dimensions.dropLast(2).reduce(1, *), rows: shape[shape.rank - 2], columns: shape[shape.rank - 1])
  }

  /// The elimination of a general matrix, once for all systems with it.
  private mutating func eliminated(_ operand: Int) -> Int {
    let handle = handle(operand)
    let batch = Self.batch(shapes[operand])
    let (a, offset) = consecutive(handle)
    return graph.append(
      .step(.eliminated(batch, offset: offset)), [a], count: batch.count * batch.rows * (batch.rows + 1),
      type: handle.type)
  }

  /// How often and over how many elements something is repeated for it to be worth a step of its own.
  private static let worthwhileCopies = 8
  private static let worthwhileCount = 1024

  private mutating func elementwise(
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
    let item = whole(.step(.assembly(PlacedBoxes(operand.item, once))), [operand.item], shape, operand.type)
    var access = item.access
    for k in access.axes.indices where shape[k] != operand.access.axes[k].extent {
      access.axes[k] = Access.Axis(extent: operand.access.axes[k].extent, stride: 0)
    }
    return flat(Handle(item: item.item, access: access, type: operand.type))
  }

  private mutating func moved(_ operand: Int, _ move: (Access) -> Access) -> Handle {
    var handle = handle(operand)
    handle.access = move(handle.access)
    return handle
  }

  private static func lines(_ shape: Shape, _ axis: Int) -> LoweredGraph.LineShape {
    LoweredGraph.LineShape(
      outer: shape.dimensions[..<axis].reduce(1, *), extent: shape[axis],
      inner: shape.dimensions[(axis + 1)...].reduce(1, *))
  }

  // MARK: Assemblies

  /// The result as boxes that are not together yet; nil where it is computed or one box.
  private mutating func assembly(_ primitive: Primitive, _ operands: [Int], _ shape: Shape) -> PlacedBoxes? {
    switch primitive {
    case .concatenate(let axis): return concatenation(operands, axis, shape)
    case .embed(let target, let slices):
      guard shapes[operands[0]].count > 0 else { return nil }
      let isOneBox = slices.allSatisfy { $0.step == 1 || $0.step == -1 || $0.count <= 1 }
      if isOneBox && !isAssembly(operands[0]) { return nil }
      return assembly(operands[0]).embedded(in: target, slices)
    case .elementwise(.add):
      let isPutTogether = operands.contains { if case .assembly = values[$0] { true } else { false } }
      guard values[operands[0]].type.isDifferentiable, isPutTogether else { return nil }
      let (a, b) = (assembly(operands[0]), assembly(operands[1]))
      return a.parts.count + b.parts.count <= PlacedBoxes.sumLimit ? a.adding(b) : nil
    case .permute(let order):
      return isAssembly(operands[0]) ? assembly(operands[0]).permuted(order) : nil
    case .reshape(let target):
      if case .handle(let handle) = values[operands[0]], handle.access.reshaped(to: target) != nil { return nil }
      return assembly(operands[0]).reshaped(to: target.dimensions)
    case .slice(let slices):
      return isAssembly(operands[0]) ? assembly(operands[0]).sliced(slices) : nil
    case .cast(let type):
      return isAssembly(operands[0]) && values[operands[0]].type == type ? assembly(operands[0]) : nil
    case .detach: return isAssembly(operands[0]) ? assembly(operands[0]) : nil
    case .input, .fill, .iota, .elementwise, .special, .compare, .logical, .select, .broadcast, .gather, .scatterAdd,
      .sum,
      .maximum, .minimum, .cumulativeSum, .argsort, .contraction, .solve, .matrix, .scan, .custom:
      return nil
    }
  }

  private mutating func concatenation(_ operands: [Int], _ axis: Int, _ shape: Shape) -> PlacedBoxes {
    var result = PlacedBoxes(shape: shape.dimensions, parts: [], isSum: false)
    var start = 0
    for operand in operands {
      let extent = shapes[operand][axis]
      defer { start += extent }
      guard shapes[operand].count > 0 else { continue }
      if isAssembly(operand), assembly(operand).parts.count + result.parts.count > PlacedBoxes.partLimit {
        _ = handle(operand)
      }
      var slices = shape.dimensions.map { AxisSlice.all($0) }
      slices[axis] = AxisSlice(start: start, step: 1, count: extent)
      let piece = assembly(operand)
      result.isSum = result.isSum || piece.isSum
      result.parts += piece.embedded(in: shape, slices).parts
    }
    return result
  }

  // MARK: Reductions

  private mutating func reduction(
    _ reduction: Reduction, _ operand: Int, _ axes: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let from = shapes[operand]
    guard from.count > 0 else {
      let start: Literal =
        switch (reduction, type.isInteger) {
        case (.sum, _): .integer(0)
        case (.maximum, false): .real(-.infinity)
        case (.minimum, false): .real(.infinity)
        case (.maximum, true): .integer(.min)
        case (.minimum, true): .integer(.max)
        }
      return repeated(literal(.fixed(start, type)), shape, type)
    }
    let item = reduce(reduction, flat(handle(operand)), from.dimensions, Set(axes), type)
    return Handle(item: item, access: Access(shape), type: type)
  }

  /// Reduces runs of neighbouring axes, the last run first.
  mutating func reduce(
    _ reduction: Reduction, _ item: Int, _ dimensions: [Int], _ axes: Set<Int>, _ type: ScalarType
  ) -> Int {
    var extents: [(extent: Int, reduced: Bool)] = []
    for (axis, extent) in dimensions.enumerated() where extent != 1 {
      let reduced = axes.contains(axis)
      if let last = extents.last, last.reduced == reduced {
        extents[extents.count - 1].extent *= extent
      } else {
        extents.append((extent, reduced))
      }
    }
    var item = item
    while let run = extents.lastIndex(where: \.reduced) {
      let shape = LoweredGraph.ReductionShape(
        outer: extents[..<run].reduce(1) { $0 * $1.extent }, rows: extents[run].extent,
        columns: extents[(run + 1)...].reduce(1) { $0 * $1.extent })
      item = graph.append(.reduce(reduction, shape), [item], count: shape.outer * shape.columns, type: type)
      extents.remove(at: run)
    }
    return item
  }
}

extension GraphLowering {
  /// The handles and shapes of a product's operands.
  mutating func operand(_ i: Int) -> (handle: Handle, shape: Shape) { (handle(i), shapes[i]) }

  mutating func append(_ operation: LoweredGraph.Operation, _ operands: [Int], _ shape: Shape, _ type: ScalarType)
    -> Handle
  {
    whole(operation, operands, shape, type)
  }

  /// A zero of any shape.
  mutating func zeros(_ shape: Shape, _ type: ScalarType) -> Handle {
    repeated(literal(.fixed(.integer(0), type)), shape, type)
  }
}
