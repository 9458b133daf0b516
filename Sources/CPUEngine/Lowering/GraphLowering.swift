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
  enum Value {
    case handle(Handle)
    /// Elements that are not together yet.
    case boxes(PlacedBoxes, ScalarType)
    /// The sum of two entries that have no place in common: put together if nothing is missing, added up otherwise.
    case apart(PlacedBoxes, ScalarType, operands: [Int])

    var type: ScalarType {
      switch self {
      case .handle(let handle): handle.type
      case .boxes(_, let type), .apart(_, let type, _): type
      }
    }
  }

  var graph = LoweredGraph()
  private(set) var values: [Value] = []
  private(set) var shapes: [Shape] = []
  /// For each of the graph's constants the literal that it is.
  private var graphLiterals: [Int?] = []

  static func lower(_ structure: GraphStructure) throws(TensorError) -> LoweredGraph {
    let structure = structure.preparingRecurrences().separatingComponents()
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
    if case .boxes(let boxes, let type) = value {
      if boxes.parts.isEmpty {
        value = .handle(zeros(shape, type))
      } else if let access = boxes.access {
        value = .handle(Handle(item: boxes.parts[0].item, access: access, type: type))
      }
    }
    values.append(value)
    shapes.append(shape)
  }

  /// Where the elements of an entry are; they are put together if they were not.
  mutating func handle(_ i: Int) -> Handle {
    switch values[i] {
    case .handle(let handle): return handle
    case .boxes(let boxes, let type):
      let handle = whole(.step(.boxes(boxes)), boxes.parts.map(\.item), shapes[i], type)
      values[i] = .handle(handle)
      return handle
    case .apart(let boxes, let type, let operands):
      let handle =
        boxes.isWorthPlacing
        ? whole(.step(.boxes(boxes)), boxes.parts.map(\.item), shapes[i], type)
        : elementwise(.function(.add), operands, shapes[i], type)
      values[i] = .handle(handle)
      return handle
    }
  }

  /// The elements of an entry as boxes.
  func boxes(_ i: Int) -> PlacedBoxes {
    switch values[i] {
    case .handle(let handle): PlacedBoxes(handle.item, handle.access)
    case .boxes(let boxes, _), .apart(let boxes, _, _): boxes
    }
  }

  /// Whether the elements of an entry are in boxes that are not together yet.
  func isInBoxes(_ i: Int) -> Bool {
    switch values[i] {
    case .handle: false
    case .boxes: true
    case .apart(let boxes, _, _): boxes.isWorthPlacing
    }
  }

  /// The item of a constant: equal ones have one, so that what is computed from them is computed once.
  mutating func literal(_ source: LoweredGraph.LiteralSource) -> Int {
    let known: Int?
    switch source {
    case .graph(let number, _):
      while graphLiterals.count <= number { graphLiterals.append(nil) }
      known = graphLiterals[number]
      graphLiterals[number] = known ?? graph.literals.count
    case .fixed: known = graph.literals.firstIndex { $0.isSame(as: source) }
    }
    if known == nil { graph.literals.append(source) }
    return graph.append(
      .literal(known ?? graph.literals.count - 1), [], count: 1, type: source.scalarType)
  }

  func repeated(_ item: Int, _ shape: Shape, _ type: ScalarType) -> Handle {
    let access = Access(offset: 0, axes: shape.dimensions.map { Access.Axis(extent: $0, stride: 0) })
    return Handle(item: item, access: access, type: type)
  }

  mutating func whole(
    _ operation: LoweredGraph.Operation, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let item = graph.append(operation, operands, count: shape.count, type: type)
    return Handle(item: item, access: Access(shape), type: type)
  }

  mutating func view(_ handle: Handle, shared: Bool = true) -> Int {
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

  /// A zero of any shape.
  mutating func zeros(_ shape: Shape, _ type: ScalarType) -> Handle {
    repeated(literal(.fixed(.integer(0), type)), shape, type)
  }

  // MARK: Primitives

  private mutating func add(_ primitive: Primitive, _ operands: [Int]) throws(TensorError) {
    let type = primitive.type(operandCount: operands.count) {
      TensorType(shapes[operands[$0]], values[operands[$0]].type)
    }
    // Nothing to compute: whoever uses it has nothing to compute either, or reduces to a constant.
    let isEmpty = type.shape.count == 0
    add(
      isEmpty
        ? .handle(zeros(type.shape, type.scalarType)) : value(primitive, operands, type.shape, type.scalarType),
      type.shape)
  }

  private mutating func value(_ primitive: Primitive, _ operands: [Int], _ shape: Shape, _ type: ScalarType) -> Value {
    switch primitive {
    case .leaf(let leaf): return .handle(handle(leaf))
    case .pointwise(let function): return value(function, operands, shape, type)
    case .linear(let primitive): return value(primitive, operands, shape, type)
    case .concatenate(let axis): return .boxes(concatenation(operands, axis, shape), type)
    case .extremum(let extremum, let axes):
      return .handle(reduction(extremum == .maximum ? .maximum : .minimum, operands[0], axes, shape, type))
    case .argsort(let axis):
      let (x, offset) = consecutive(handle(operands[0]))
      return .handle(whole(.step(.argsort(Self.lines(shape, axis), offset: offset)), [x], shape, type))
    case .contraction(let contraction): return .handle(product(contraction, operands, shape, type))
    case .solve(let form):
      let (b, offset) = consecutive(handle(operands[0]))
      if let system = form.system {
        let (a, place) = consecutive(handle(operands[1]))
        let step = LoweredGraph.Step.sparseSolve(system, columns: shape[1], offsets: [offset, place])
        return .handle(whole(.step(step), [b, a], shape, type))
      }
      let isGeneral = form.kind == .general
      let (a, place) = isGeneral ? (eliminated(operands[1]), 0) : consecutive(handle(operands[1]))
      return .handle(whole(.step(.solve(form, Self.batch(shape), offsets: [offset, place])), [b, a], shape, type))
    case .matrix(let function):
      let isEliminated = function == .logDeterminant
      let (a, offset) = isEliminated ? (eliminated(operands[0]), 0) : consecutive(handle(operands[0]))
      let step = LoweredGraph.Step.matrix(function, Self.batch(shapes[operands[0]]), offset: offset)
      return .handle(whole(.step(step), [a], shape, type))
    case .scan(let recurrence):
      let places = operands.map { operand in
        // What has no elements is nowhere, so anything stands for it.
        shapes[operand].count > 0 ? consecutive(handle(operand)) : (item: literal(.fixed(.integer(0), type)), offset: 0)
      }
      let step = LoweredGraph.Step.recurrence(recurrence, offsets: places.map(\.offset))
      return .handle(whole(.step(step), places.map(\.item), shape, type))
    case .custom:
      // A copy for what is computed again: other elements than the original's, and made after the other operand.
      let (source, earlier) = (handle(operands[0]), handle(operands[1]))
      let boxes = PlacedBoxes(source.item, source.access)
      return .handle(whole(.step(.boxes(boxes)), [source.item, earlier.item], shape, type))
    }
  }

  private mutating func handle(_ leaf: Leaf) -> Handle {
    switch leaf {
    case .input(let shape, _): fatalError("an input of shape \(shape) is no operation")
    case .fill(let shape, let value, let type): repeated(literal(.fixed(value, type)), shape, type)
    case .iota(let shape, let axis, let type):
      whole(.iota(stride: shape.strides[axis], extent: shape[axis]), [], shape, type)
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

  static func lines(_ shape: Shape, _ axis: Int) -> LoweredGraph.LineShape {
    LoweredGraph.LineShape(
      outer: shape.dimensions[..<axis].reduce(1, *), extent: shape[axis],
      inner: shape.dimensions[(axis + 1)...].reduce(1, *))
  }
}
