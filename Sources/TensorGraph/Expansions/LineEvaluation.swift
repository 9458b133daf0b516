/// The nodes along one line.
struct LineEvaluation {
  var point: [Node: Interpreter.Value]
  var series: [Node: [Series]]
  /// Nodes that are not those of the point, since numbers are equal there only.
  private var changed: Set<Node> = []

  init(point: [Node: Interpreter.Value], series: [Node: [Series]]) {
    self.point = point
    self.series = series
  }

  /// A node's elements, moving or not.
  func all(_ node: Node) -> [Series] { series[node] ?? point[node]!.elements.map { Series($0) } }

  /// A node that does not move: its elements are those of the point, unless a comparison changed.
  mutating func update(_ node: Node) {
    if case .pointwise(.compare(let comparison)) = node.primitive, node.operands.contains(where: { series[$0] != nil })
    {
      let (a, b) = (all(node.operands[0]), all(node.operands[1]))
      let known = point[node]!.elements
      set(node, known.indices.map { Self.holds(comparison, a[$0], b[$0]) ?? (known[$0] != 0) ? 1 : 0 })
    } else if node.operands.contains(where: changed.contains) {
      let operands = node.operands.map { point[$0]! }
      guard let value = try? Interpreter.apply(node.primitive, to: operands) else {
        // An index that stepped outside its axis: there is no number on this side.
        return set(node, [Double](repeating: .nan, count: node.shape.count))
      }
      set(node, value.elements)
    }
  }

  /// Whether a comparison holds for t > 0; nil if that is not known.
  private static func holds(_ comparison: Comparison, _ a: Series, _ b: Series) -> Bool? {
    let difference = a - b
    switch comparison {
    case .equal: return difference.isZero
    case .notEqual: return !difference.isZero
    case .less: return difference.sign.map { $0 < 0 }
    case .lessOrEqual: return difference.sign.map { $0 <= 0 }
    case .greater: return difference.sign.map { $0 > 0 }
    case .greaterOrEqual: return difference.sign.map { $0 >= 0 }
    }
  }

  private mutating func set(_ node: Node, _ elements: [Double]) {
    point[node] = Interpreter.Value(elements, shape: node.shape, scalarType: node.scalarType)
    changed.insert(node)
  }

  // MARK: Moving nodes

  func expand(_ node: Node) -> [Series] {
    let operands = node.operands
    switch node.primitive {
    case .leaf, .argsort: return all(node)
    case .pointwise(let function): return expand(node, function)
    case .linear(let primitive): return (try? moved(node, primitive)) ?? astray(node)
    case .concatenate: return (try? moved(node)) ?? astray(node)
    case .extremum(let extremum, let axes): return (try? self.extremum(node, axes, extremum)) ?? astray(node)
    case .contraction(let contraction): return contracted(node, contraction)
    case .solve(let form): return solved(node, form)
    case .matrix(let function): return factorized(node, function)
    case .scan(let recurrence): return steps(node, recurrence)
    case .custom: return all(operands[0])
    }
  }

  private func expand(_ node: Node, _ function: PointwiseFunction) -> [Series] {
    let operands = node.operands
    switch function {
    case .elementwise(let function):
      let arguments = operands.map(all)
      return (0..<node.shape.count).map { i in function.facts.series(arguments.map { $0[i] }) }
    case .special(let function): return special(node, function)
    case .select:
      let mask = point[operands[0]]!.elements
      let (a, b) = (all(operands[1]), all(operands[2]))
      return mask.indices.map { mask[$0] != 0 ? a[$0] : b[$0] }
    case .cast: return all(operands[0])
    case .compare, .logical, .detach: return all(node)
    }
  }

  /// Movement moves numbers: where each element comes from is what it makes of their places.
  private func moved(_ node: Node) throws(TensorError) -> [Series] {
    var sources: [Series] = [Series(0)]
    var places: [Interpreter.Value] = []
    let count = if case .linear = node.primitive { 1 } else { node.operands.count }
    for operand in node.operands[..<count] {
      let first = sources.count
      sources += all(operand)
      places.append(
        Interpreter.Value(
          (first..<sources.count).map(Double.init), shape: operand.shape, scalarType: .float64))
    }
    places += node.operands[count...].map { point[$0]! }
    return try Self.places(node.primitive, places).map { sources[$0] }
  }

  /// What movement makes of places.
  ///
  /// - Throws: if an index that steps on this side lies outside its axis.
  private static func places(
    _ primitive: Primitive, _ operands: [Interpreter.Value]
  ) throws(TensorError) -> [Int] {
    try Interpreter.apply(primitive, to: operands).elements.map { Int($0) }
  }

  /// The elements of a node whose indices lie outside an axis on this side.
  private func astray(_ node: Node) -> [Series] {
    [Series](repeating: .unexpandable("an index outside its axis"), count: node.shape.count)
  }

  private func moved(_ node: Node, _ primitive: LinearPrimitive) throws(TensorError) -> [Series] {
    switch primitive {
    case .broadcast, .reshape, .permute, .slice, .embed, .gather: return try moved(node)
    case .scatterAdd, .sum:
      // Each element of the operand is added at some place of the result: where the transpose takes it from.
      let operand = node.operands[0]
      let source = primitive.transposed(operand.shape)[0]
      let places = try Self.places(
        .linear(source), [Self.numbered(node)] + node.operands.dropFirst().map { point[$0]! })
      var result = [Series](repeating: Series(0), count: node.shape.count)
      for (place, element) in zip(places, all(operand)) { result[place] = result[place] + element }
      return result
    case .cumulativeSum(let axis, let reversed):
      var result = all(node.operands[0])
      let (stride, extent) = (node.shape.strides[axis], node.shape[axis])
      for i in reversed ? Array(result.indices.reversed()) : Array(result.indices) {
        let position = i / stride % extent
        if position == (reversed ? extent - 1 : 0) { continue }
        result[i] = result[reversed ? i + stride : i - stride] + result[i]
      }
      return result
    }
  }

  /// The numbers of a node's elements.
  private static func numbered(_ node: Node) -> Interpreter.Value {
    Interpreter.Value((0..<node.shape.count).map(Double.init), shape: node.shape, scalarType: .float64)
  }

  /// The largest or smallest elements for t > 0.
  private func extremum(_ node: Node, _ axes: [Int], _ extremum: Extremum) throws(TensorError) -> [Series] {
    let operand = node.operands[0]
    let elements = all(operand)
    let kept = operand.shape.dimensions.indices.filter { !axes.contains($0) }
    let places = try Self.places(.linear(.broadcast(operand.shape, axes: kept)), [Self.numbered(node)])
    var result = [Series?](repeating: nil, count: node.shape.count)
    for (element, place) in zip(elements, places) {
      guard let best = result[place], best.fault == nil else {
        if result[place] == nil { result[place] = element }
        continue
      }
      let isBetter = extremum == .maximum ? best.isBefore(element) : element.isBefore(best)
      if element.fault != nil || isBetter { result[place] = element }
    }
    return result.map { $0 ?? .unexpandable("no largest element") }
  }

  private func contracted(_ node: Node, _ contraction: Contraction) -> [Series] {
    let (a, b) = (all(node.operands[0]), all(node.operands[1]))
    let (left, right) = (node.operands[0].shape, node.operands[1].shape)
    let extents = contraction.extents(left, right)
    let summed = contraction.summed
    let labels = contraction.output + summed
    func stride(_ label: Int, _ list: [Int], _ shape: Shape) -> Int {
      list.firstIndex(of: label).map { shape.strides[$0] } ?? 0
    }
    let strides = labels.map { (stride($0, contraction.left, left), stride($0, contraction.right, right)) }
    var result: [Series] = []
    let outputRank = contraction.output.count
    Shape(contraction.output.map { extents[$0]! }).forEachIndex { index in
      var total = Series(0)
      Shape(summed.map { extents[$0]! }).forEachIndex { inner in
        var (i, j) = (0, 0)
        for (k, position) in index.enumerated() {
          i += strides[k].0 * position
          j += strides[k].1 * position
        }
        for (k, position) in inner.enumerated() {
          i += strides[outputRank + k].0 * position
          j += strides[outputRank + k].1 * position
        }
        if !a[i].isZero, !b[j].isZero { total = total + a[i] * b[j] }
      }
      result.append(total)
    }
    return result
  }

  // MARK: Special functions

  /// At an ordinary point by its derivatives, which are those of the rules.
  private func special(_ node: Node, _ function: SpecialFunction) -> [Series] {
    let arguments = node.operands.map(all)
    return (0..<node.shape.count).map { i in
      let operands = arguments.map { $0[i] }
      if let fault = operands.lazy.compactMap(\.fault).first { return Series(fault: fault) }
      if let series = function.expandedAtEnd(operands) { return series }
      let parts = operands.map(\.split)
      guard !parts.contains(where: { $0 == nil }) else { return .unexpandable("a limit that is not finite") }
      return function.expanded(at: parts.map { $0!.value }, rests: parts.map { $0!.rest })
    }
  }
}
