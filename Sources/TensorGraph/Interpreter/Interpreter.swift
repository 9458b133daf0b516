/// The reference semantics of every primitive: slow, obvious, and what every other way of evaluating must agree with.
///
/// Elements are doubles whatever the type: a `float32` is rounded after each operation (sums are rounded once, at
/// the end), whole numbers are exact up to 2^53 and wrap at the width of their type, masks are 0 and 1.
package enum Interpreter {
  /// An evaluated tensor.
  package struct Value {
    package let shape: Shape
    package let scalarType: ScalarType
    /// Row-major.
    package let elements: [Double]

    /// Keeps the elements rounded to the type.
    package init(_ elements: [Double], shape: Shape, scalarType: ScalarType) {
      precondition(elements.count == shape.count, "\(elements.count) elements for shape \(shape)")
      self.shape = shape
      self.scalarType = scalarType
      self.elements = elements.map { Interpreter.round($0, to: scalarType) }
    }

    /// The element at a multi-index.
    subscript(index: [Int]) -> Double { elements[Interpreter.offset(index, shape.strides)] }
  }

  /// The elements of each node.
  ///
  /// - Parameter inputs: elements that take the place of those of a node, whatever its primitive. An input that is
  ///   not named here must have a value; values that other nodes keep are not looked at.
  /// - Throws: an index outside its axis.
  package static func values(
    of nodes: [Node], inputs: [Node: [Double]] = [:]
  ) throws(TensorError) -> [[Double]] {
    var values: [Node: Value] = [:]
    let order = Node.topologicalOrder(nodes, entering: { inputs[$0] == nil })
    values.reserveCapacity(order.count)
    for node in order {
      if let elements = inputs[node] {
        values[node] = Value(elements, shape: node.shape, scalarType: node.scalarType)
      } else if node.isInput {
        guard let storage = node.value else {
          throw TensorError("an input of shape \(node.shape) has no elements; give it some, or evaluate what is known")
        }
        let elements = (0..<storage.count).map { storage.literal(at: $0).double }
        values[node] = Value(elements, shape: node.shape, scalarType: node.scalarType)
      } else {
        values[node] = try apply(node.primitive, to: node.operands.map { values[$0]! })
      }
    }
    return nodes.map { values[$0]!.elements }
  }

  /// `values(of:inputs:)` that stops where it would throw.
  package static func evaluate(_ nodes: [Node], inputs: [Node: [Double]] = [:]) -> [[Double]] {
    checked(try values(of: nodes, inputs: inputs))
  }

  /// The result of one primitive other than `input`.
  package static func apply(_ primitive: Primitive, to operands: [Value]) throws(TensorError) -> Value {
    let type = primitive.type(operandCount: operands.count) { TensorType(operands[$0].shape, operands[$0].scalarType) }
    let elements = try elements(of: primitive, shape: type.shape, operands: operands)
    return Value(elements, shape: type.shape, scalarType: type.scalarType)
  }

  private static func elements(
    of primitive: Primitive, shape: Shape, operands: [Value]
  ) throws(TensorError) -> [Double] {
    switch primitive {
    case .leaf(let leaf): return elements(of: leaf)
    case .pointwise(let function): return elements(of: function, operands)
    case .linear(let primitive): return try elements(of: primitive, shape, operands)
    case .concatenate(let axis): return concatenate(operands, axis: axis, shape: shape)
    case .extremum(let extremum, let axes):
      let empty = extremum == .maximum ? -Double.infinity : .infinity
      return reduce(operands[0], axes) { group in
        group.isEmpty
          ? cast(empty, to: operands[0].scalarType) : group.reduce(group[0]) { extremum.function.value([$0, $1]) }
      }
    case .argsort(let axis):
      return alongAxis(operands[0], axis) { line in
        line.indices.sorted { i, j in precedes(line[i], line[j]) || (!precedes(line[j], line[i]) && i < j) }
          .map(Double.init)
      }
    case .contraction(let contraction): return contract(contraction, operands[0], operands[1])
    case .solve(let form): return solve(form, operands[0], operands[1])
    case .matrix(let function): return apply(function, operands[0])
    case .scan(let recurrence): return try scan(recurrence, operands)
    case .custom: return operands[0].elements
    }
  }

  private static func elements(of leaf: Leaf) -> [Double] {
    switch leaf {
    case .input: fatalError("an input has no meaning of its own")
    case .fill(let shape, let literal, let type):
      [Double](repeating: cast(literal.double, to: type), count: shape.count)
    case .iota(let shape, let axis, _): generate(shape) { Double($0[axis]) }
    }
  }

  private static func elements(of function: PointwiseFunction, _ operands: [Value]) -> [Double] {
    let x = operands[0].elements
    return switch function {
    case .elementwise(let function): elementwise(function, operands)
    case .special(let function): x.indices.map { i in function.value(operands.map { $0.elements[i] }) }
    case .compare(let comparison): zip(x, operands[1].elements).map { comparison.holds($0, $1) ? 1 : 0 }
    case .logical(let function):
      x.indices.map { i in function.value(operands.map { $0.elements[i] != 0 }) ? 1 : 0 }
    case .select: x.indices.map { i in operands[x[i] != 0 ? 1 : 2].elements[i] }
    case .cast(let type): x.map { cast($0, to: type) }
    case .detach: x
    }
  }

  private static func elements(
    of primitive: LinearPrimitive, _ shape: Shape, _ operands: [Value]
  ) throws(TensorError) -> [Double] {
    let operand = operands[0]
    /// An index of the longer of operand and image, with the row where the indices say.
    func indexed(_ index: [Int], _ axis: Int) -> [Int] {
      let end = axis + operands[1].shape.rank
      return Array(index[..<axis]) + [Int(operands[1][Array(index[axis..<end])])] + index[end...]
    }
    if let (axis, extent) = primitive.indexedAxis(of: operand.shape) {
      try requireInside(operands[1], axis: axis, extent: extent)
    }
    switch primitive {
    case .reshape: return operand.elements
    case .broadcast(_, let axes):
      return generate(shape) { index in
        operand[axes.indices.map { operand.shape[$0] == 1 ? 0 : index[axes[$0]] }]
      }
    case .permute(let order):
      return generate(shape) { index in
        var source = index
        for (axis, from) in order.enumerated() { source[from] = index[axis] }
        return operand[source]
      }
    case .slice(let slices): return generate(shape) { operand[place($0, slices)] }
    case .embed(_, let slices): return scatter(operand, shape) { place($0, slices) }
    case .gather(let axis): return generate(shape) { operand[indexed($0, axis)] }
    case .scatterAdd(let axis, _): return scatter(operand, shape) { indexed($0, axis) }
    case .sum(let axes): return reduce(operand, axes) { $0.reduce(0, +) }
    case .cumulativeSum(let axis, let reversed):
      return alongAxis(operand, axis) { line in
        var total = 0.0
        let sums = (reversed ? line.reversed() : line).map { element in
          total += element
          return total
        }
        return reversed ? sums.reversed() : sums
      }
    }
  }

  // MARK: Elements

  /// The value of an element in a type: floats are rounded, whole numbers wrap, everything but 0 is true.
  private static func round(_ x: Double, to type: ScalarType) -> Double {
    switch type {
    case .float32: Double(Float(x))
    case .float64: x
    case .bool: x != 0 ? 1 : 0
    case .int32: Double(Int32(truncatingIfNeeded: Literal.real(x).integer))
    case .int64: Double(Literal.real(x).integer)
    }
  }

  /// The value of an element converted to a type: to whole numbers by truncation, clamped, with 0 for NaN.
  private static func cast(_ x: Double, to type: ScalarType) -> Double {
    type == .int32 ? Double(Int32(clamping: Literal.real(x).integer)) : round(x, to: type)
  }

  private static func elementwise(_ function: ScalarFunction, _ operands: [Value]) -> [Double] {
    operands[0].elements.indices.map { i in
      let point = operands.map { $0.elements[i] }
      guard operands[0].scalarType.isInteger else { return function.value(point) }
      return Double(function.value(point.map { Literal.real($0).integer }))
    }
  }

  /// The order of sorting: ascending, NaN after everything else.
  private static func precedes(_ x: Double, _ y: Double) -> Bool { x < y || (y.isNaN && !x.isNaN) }

  // MARK: Movement

  private static func offset(_ index: [Int], _ strides: [Int]) -> Int {
    zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func generate(_ shape: Shape, _ element: ([Int]) -> Double) -> [Double] {
    var elements: [Double] = []
    shape.forEachIndex { elements.append(element($0)) }
    return elements
  }

  /// Adds each element of the operand into zeros at the place that belongs to its index.
  private static func scatter(_ operand: Value, _ shape: Shape, to place: ([Int]) -> [Int]) -> [Double] {
    var elements = [Double](repeating: 0, count: shape.count)
    operand.shape.forEachIndex { elements[offset(place($0), shape.strides)] += operand[$0] }
    return elements
  }

  private static func place(_ index: [Int], _ slices: [AxisSlice]) -> [Int] {
    zip(index, slices).map { $1.start + $1.step * $0 }
  }

  private static func requireInside(_ indices: Value, axis: Int, extent: Int) throws(TensorError) {
    for index in indices.elements where !(0..<Double(extent)).contains(index) {
      throw .indexOutside(axis, index: Int(index), extent: extent)
    }
  }

  private static func concatenate(_ operands: [Value], axis: Int, shape: Shape) -> [Double] {
    generate(shape) { index in
      var index = index
      for operand in operands {
        if index[axis] < operand.shape[axis] { return operand[index] }
        index[axis] -= operand.shape[axis]
      }
      fatalError("an index lies beyond the last operand")
    }
  }

  // MARK: Reductions and scans

  private static func reduce(_ operand: Value, _ axes: [Int], _ combine: ([Double]) -> Double) -> [Double] {
    let kept = operand.shape.removing(axes: axes)
    var groups = [[Double]](repeating: [], count: kept.count)
    operand.shape.forEachIndex { index in
      let place = index.indices.filter { !axes.contains($0) }.map { index[$0] }
      groups[offset(place, kept.strides)].append(operand[index])
    }
    return groups.map(combine)
  }

  private static func alongAxis(_ operand: Value, _ axis: Int, _ body: ([Double]) -> [Double]) -> [Double] {
    var elements = operand.elements
    let strides = operand.shape.strides
    operand.shape.replacing(axis: axis, with: 1).forEachIndex { index in
      let places = (0..<operand.shape[axis]).map { offset(index, strides) + $0 * strides[axis] }
      for (place, element) in zip(places, body(places.map { operand.elements[$0] })) { elements[place] = element }
    }
    return elements
  }

  // MARK: Products

  private static func contract(_ contraction: Contraction, _ left: Value, _ right: Value) -> [Double] {
    let extents = contraction.extents(left.shape, right.shape)
    let output = Shape(contraction.output.map { extents[$0]! })
    let summed = Shape(contraction.summed.map { extents[$0]! })
    return generate(output) { outputIndex in
      var total = 0.0
      summed.forEachIndex { summedIndex in
        let index = Dictionary(
          uniqueKeysWithValues: zip(contraction.output + contraction.summed, outputIndex + summedIndex))
        total += left[contraction.left.map { index[$0]! }] * right[contraction.right.map { index[$0]! }]
      }
      return total
    }
  }
}

extension Comparison {
  /// Whether the comparison holds; with NaN only `notEqual` does.
  package func holds(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .equal: x == y
    case .notEqual: x != y
    case .less: x < y
    case .lessOrEqual: x <= y
    case .greater: x > y
    case .greaterOrEqual: x >= y
    }
  }
}

extension LogicalFunction {
  /// The mask made from one or two masks.
  package func value(_ masks: [Bool]) -> Bool {
    switch self {
    case .and: masks[0] && masks[1]
    case .or: masks[0] || masks[1]
    case .not: !masks[0]
    }
  }
}
