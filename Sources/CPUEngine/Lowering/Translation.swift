import TensorGraph

/// Turns the entries of a graph into items, one after another.
struct Translation {
  /// Elements of an item, moved.
  struct Handle {
    var item: Int
    var access: Access
    var type: ScalarType
  }

  private struct ViewKey: Hashable {
    var item: Int
    var access: Access
  }

  private(set) var graph = LoweredGraph()
  private var handles: [Handle] = []
  private var views: [ViewKey: Int] = [:]
  /// Eliminations by the items whose elements, moved, are the matrices.
  private var eliminations: [ViewKey: Int] = [:]
  private var shapes: [Shape] = []

  static func lower(_ structure: GraphStructure) throws(TensorError) -> LoweredGraph {
    var translation = Translation()
    var literalCount = 0
    for entry in structure.entries {
      switch entry.operation {
      case .argument(let shape, let type):
        let item = translation.graph.append(
          .argument(translation.graph.argumentCount), [], count: shape.count, type: type)
        translation.graph.argumentCount += 1
        translation.add(Handle(item: item, access: Access(shape), type: type), shape)
      case .fill(let shape, let type):
        let item = translation.literal(.graph(literalCount, type))
        literalCount += 1
        translation.add(translation.repeated(item, shape, type), shape)
      case .primitive(let primitive):
        try translation.add(primitive, entry.operands.map(Int.init))
      }
    }
    for output in structure.outputs {
      let handle = translation.handles[Int(output)]
      let item = translation.graph.items[handle.item]
      let isFresh =
        !item.isGiven && handle.access.isWhole(of: item.count) && !translation.graph.outputs.contains(handle.item)
      translation.graph.outputs.append(isFresh ? handle.item : translation.view(handle, shared: false))
    }
    return translation.graph
  }

  // MARK: Items

  private mutating func add(_ handle: Handle, _ shape: Shape) {
    handles.append(handle)
    shapes.append(shape)
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
    let access = handle.access.simplified
    let key = ViewKey(item: handle.item, access: access)
    if shared, let known = views[key] { return known }
    let item = graph.append(.view(access), [handle.item], count: handle.access.count, type: handle.type)
    if shared { views[key] = item }
    return item
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
    let type = primitive.scalarType(of: operands.map { handles[$0].type })
    guard shape.count > 0 else {
      // Nothing to compute: whoever uses this has nothing to compute either, or reduces to a constant.
      add(repeated(literal(.fixed(.integer(0), type)), shape, type), shape)
      return
    }
    let handle = try handle(primitive, operands, shape, type)
    add(handle, shape)
  }

  private mutating func handle(
    _ primitive: Primitive, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) throws(TensorError) -> Handle {
    switch primitive {
    case .input(let shape, _), .fill(let shape, _, _): fatalError("a leaf of shape \(shape) is no operation")
    case .iota(_, let axis, _):
      return whole(.iota(stride: shape.strides[axis], extent: shape[axis]), [], shape, type)
    case .elementwise(let function): return elementwise(.function(function), operands, shape, type)
    case .compare(let comparison): return elementwise(.compare(comparison), operands, shape, type)
    case .logical(let function): return elementwise(.logical(function), operands, shape, type)
    case .select: return elementwise(.select, operands, shape, type)
    case .cast(let target):
      return handles[operands[0]].type == target
        ? handles[operands[0]] : elementwise(.cast, operands, shape, type)
    case .detach: return handles[operands[0]]
    case .broadcast(let target, let axes):
      return moved(operands[0]) { $0.broadcast(to: target, axes: axes) }
    case .reshape(let target):
      let operand = handles[operands[0]]
      if let access = operand.access.reshaped(to: target) {
        return Handle(item: operand.item, access: access, type: type)
      }
      return Handle(item: view(operand), access: Access(target), type: type)
    case .permute(let order): return moved(operands[0]) { $0.permuted(order) }
    case .slice(let slices): return moved(operands[0]) { $0.sliced(slices) }
    case .embed(let target, let slices):
      let operand = handles[operands[0]]
      guard operand.access.count > 0 else { return repeated(literal(.fixed(.integer(0), type)), shape, type) }
      if let access = operand.access.embedded(in: target, slices) {
        return Handle(item: operand.item, access: access, type: type)
      }
      let (item, from) = unmasked(operand)
      let copy = LoweredGraph.BoxCopy(from: from, to: Access(target).sliced(slices))
      return whole(.step(.copies([copy], clears: true)), [item], shape, type)
    case .concatenate(let axis): return concatenation(operands, axis, shape, type)
    case .gather(let axis):
      let (x, offset) = consecutive(handles[operands[0]])
      let (indices, first) = consecutive(handles[operands[1]])
      let lines = Self.lines(shapes[operands[0]], axis)
      return whole(
        .step(.gather(lines, count: shapes[operands[1]].count, offsets: [offset, first])), [x, indices], shape, type)
    case .scatterAdd(let axis, _):
      let lines = Self.lines(shape, axis)
      let count = shapes[operands[1]].count
      guard count > 0 else { return repeated(literal(.fixed(.integer(0), type)), shape, type) }
      let (x, offset) = consecutive(handles[operands[0]])
      let (indices, first) = consecutive(handles[operands[1]])
      return whole(.step(.scatterAdd(lines, count: count, offsets: [offset, first])), [x, indices], shape, type)
    case .sum(let axes): return reduction(.sum, operands[0], axes, shape, type)
    case .maximum(let axes): return reduction(.maximum, operands[0], axes, shape, type)
    case .minimum(let axes): return reduction(.minimum, operands[0], axes, shape, type)
    case .cumulativeSum(let axis, let reversed):
      let (x, offset) = consecutive(handles[operands[0]])
      return whole(
        .step(.cumulativeSum(Self.lines(shape, axis), reversed: reversed, offset: offset)), [x], shape, type)
    case .argsort(let axis):
      let (x, offset) = consecutive(handles[operands[0]])
      return whole(.step(.argsort(Self.lines(shape, axis), offset: offset)), [x], shape, type)
    case .contraction(let contraction):
      return product(contraction, operands, shape, type)
    case .solve(let form):
      let (b, offset) = consecutive(handles[operands[0]])
      let batch = Self.batch(shape)
      if form.kind == .general {
        let factors = eliminated(operands[1])
        return whole(.step(.solve(form, batch, offsets: [offset, 0])), [b, factors], shape, type)
      }
      let (a, place) = consecutive(handles[operands[1]])
      return whole(.step(.solve(form, batch, offsets: [offset, place])), [b, a], shape, type)
    case .matrix(let function):
      let batch = Self.batch(shapes[operands[0]])
      if function == .logDeterminant {
        return whole(.step(.matrix(function, batch, offset: 0)), [eliminated(operands[0])], shape, type)
      }
      let (a, offset) = consecutive(handles[operands[0]])
      return whole(.step(.matrix(function, batch, offset: offset)), [a], shape, type)
    }
  }

  private static func batch(_ shape: Shape) -> LoweredGraph.MatrixBatch {
    LoweredGraph.MatrixBatch(
      count: shape.dimensions.dropLast(2).reduce(1, *), rows: shape[shape.rank - 2], columns: shape[shape.rank - 1])
  }

  /// The elimination of a general matrix, once for all systems with it.
  private mutating func eliminated(_ operand: Int) -> Int {
    let handle = handles[operand]
    let key = ViewKey(item: handle.item, access: handle.access.simplified)
    if let known = eliminations[key] { return known }
    let batch = Self.batch(shapes[operand])
    let (a, offset) = consecutive(handle)
    let item = graph.append(
      .step(.eliminated(batch, offset: offset)), [a], count: batch.count * batch.rows * (batch.rows + 1),
      type: handle.type)
    eliminations[key] = item
    return item
  }

  private mutating func elementwise(
    _ operation: LoweredGraph.Operation, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let items = operands.map { flat(handles[$0]) }
    return whole(operation, items, shape, type)
  }

  private func moved(_ operand: Int, _ move: (Access) -> Access) -> Handle {
    var handle = handles[operand]
    handle.access = move(handle.access)
    return handle
  }

  private mutating func unmasked(_ handle: Handle) -> (item: Int, access: Access) {
    guard handle.access.isMasked else { return (handle.item, handle.access) }
    let shape = Shape(handle.access.axes.map(\.extent))
    return (view(handle), Access(shape))
  }

  private mutating func concatenation(
    _ operands: [Int], _ axis: Int, _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    var items: [Int] = []
    var copies: [LoweredGraph.BoxCopy] = []
    var start = 0
    for operand in operands {
      let extent = shapes[operand][axis]
      defer { start += extent }
      guard shapes[operand].count > 0 else { continue }
      let (item, from) = unmasked(handles[operand])
      var slices = shape.dimensions.map { AxisSlice.all($0) }
      slices[axis] = AxisSlice(start: start, step: 1, count: extent)
      items.append(item)
      copies.append(LoweredGraph.BoxCopy(from: from, to: Access(shape).sliced(slices)))
    }
    return whole(.step(.copies(copies, clears: false)), items, shape, type)
  }

  private static func lines(_ shape: Shape, _ axis: Int) -> LoweredGraph.LineShape {
    LoweredGraph.LineShape(
      outer: shape.dimensions[..<axis].reduce(1, *), extent: shape[axis],
      inner: shape.dimensions[(axis + 1)...].reduce(1, *))
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
    let item = reduce(reduction, flat(handles[operand]), from.dimensions, Set(axes), type)
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

extension Translation {
  /// The handles and shapes of a product's operands.
  func operand(_ i: Int) -> (handle: Handle, shape: Shape) { (handles[i], shapes[i]) }

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
