/// Expands a graph along lines through a point: y(x + t v) for t → 0+ as series.
///
/// Masks, indices and orders are those of the point, as they are for derivatives; only whether numbers are equal is asked
/// for t > 0, since that is how removable singularities are written around.
package struct LineExpansion {
  /// What moves, and the elements of its nodes at the point.
  private let outputs: [Node]
  private let variables: [Node]
  private let order: [Node]
  private var point: [Node: Interpreter.Value] = [:]
  private let moving: Set<Node>

  /// How many elements one expansion looks at.
  package let elementCount: Int

  /// The first operation that could not be expanded, and why.
  package private(set) var fault: String?

  /// - Throws: if something of the graph has no values, or has no expansion as an operation.
  package init(of outputs: [Node], in variables: [Node], elementLimit: Int) throws(TensorError) {
    self.outputs = outputs
    self.variables = variables
    order = Node.topologicalOrder(outputs, entering: { node in !variables.contains { $0 === node } })
    var moving = Set(variables)
    for node in order where node.scalarType.isDifferentiable && node.primitive != .detach {
      if node.operands.contains(where: moving.contains) { moving.insert(node) }
    }
    self.moving = moving
    elementCount = order.reduce(0) { $0 + $1.shape.count }
    guard elementCount <= elementLimit else {
      throw TensorError("its graph has \(elementCount) elements, and \(elementLimit) can be expanded")
    }
    for node in order where moving.contains(node) {
      if let name = Self.unexpandable(node.primitive) { throw TensorError("\(name) cannot be expanded") }
    }
    let values = try Interpreter.values(of: order)
    for (node, elements) in zip(order, values) {
      point[node] = Interpreter.Value(elements, shape: node.shape, scalarType: node.scalarType)
    }
  }

  private static func unexpandable(_ primitive: Primitive) -> String? {
    switch primitive {
    case .matrix(let function):
      switch function {
      case .cholesky, .logDeterminant: nil
      case .qr, .lu, .symmetricEigen, .singularValues: "a factorization of kind \(function.rawValue)"
      }
    case .input, .fill, .iota, .elementwise, .special, .compare, .logical, .select, .cast, .detach, .broadcast,
      .reshape,
      .permute, .slice, .embed, .concatenate, .gather, .scatterAdd, .sum, .maximum, .minimum, .cumulativeSum, .argsort,
      .contraction, .solve, .scan, .custom:
      nil
    }
  }

  /// The elements of an output at the point.
  package func values(_ output: Int) -> [Double] { point[outputs[output]]!.elements }

  /// The outputs along a line.
  ///
  /// - Parameter direction: for each variable, its elements' speeds.
  package mutating func callAsFunction(_ direction: [[Double]]) -> [[Series]] {
    var series: [Node: [Series]] = [:]
    for (variable, speeds) in zip(variables, direction) {
      series[variable] = zip(point[variable]!.elements, speeds).map { Series($0) + Series($1, power: 1) }
    }
    var evaluation = Evaluation(point: point, series: series)
    for node in order where evaluation.series[node] == nil {
      if moving.contains(node) {
        let result = evaluation.expand(node)
        if fault == nil, let i = result.indices.first(where: { result[$0].fault != nil }) {
          if case .undefined(let reason)? = result[i].fault { fault = describe(node, i, reason) }
        }
        evaluation.series[node] = result
      } else {
        evaluation.update(node)
      }
    }
    return outputs.map { evaluation.all($0) }
  }

  private func describe(_ node: Node, _ element: Int, _ reason: String) -> String {
    let operands = node.operands.filter { point[$0]!.elements.count == node.shape.count }
    let values = operands.map { "\(point[$0]!.elements[element])" }.joined(separator: ", ")
    return "\(node.primitive.operationName) at \(values.isEmpty ? "this point" : values): \(reason)"
  }

  // MARK: Where it is singular

  /// The first operation whose argument lies where it has no finite derivatives, for messages.
  package var singularity: String? {
    for node in order where moving.contains(node) {
      guard case .elementwise(let function) = node.primitive else { continue }
      let arguments = node.operands.map { point[$0]!.elements }
      for i in 0..<node.shape.count where function.isSingular(at: arguments.map { $0[i] }) {
        let values = arguments.map { "\($0[i])" }.joined(separator: ", ")
        return "\(function == .magnitude ? "norm" : function.rawValue) at \(values)"
      }
    }
    return nil
  }
}

extension Primitive {
  /// The name of an operation in messages.
  fileprivate var operationName: String {
    switch self {
    case .elementwise(let function): function == .magnitude ? "norm" : function.rawValue
    case .special(let function): function.name
    case .matrix(let function): function.rawValue
    default: String("\(self)".prefix { $0.isLetter })
    }
  }
}

extension ScalarFunction {
  /// Whether a point is one at which the function has a value or a limit, and no finite derivatives of every order.
  fileprivate func isSingular(at point: [Double]) -> Bool {
    let x = point[0]
    switch self {
    case .sqrt, .magnitude, .rsqrt, .cbrt, .abs, .log, .log2, .log10, .reciprocal: return x == 0
    case .logOnePlus: return x == -1
    case .asin, .acos, .atanh: return x == 1 || x == -1
    case .acosh: return x == 1
    case .hypot, .atan2: return x == 0 && point[1] == 0
    case .divide: return point[1] == 0
    case .pow: return x == 0 && (point[1].rounded() != point[1] || point[1] < 0)
    case .max, .min: return x == point[1]
    case .negate, .square, .add, .subtract, .multiply, .scale, .modulo, .exp, .exp2, .expMinusOne, .sin, .cos, .tan,
      .atan, .sinh, .cosh, .tanh, .sech, .asinh, .sigmoid, .softplus, .relu, .erf, .erfc, .sign, .floor, .ceil, .round,
      .trunc:
      return false
    }
  }
}

/// The nodes along one line.
private struct Evaluation {
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
    if case .compare(let comparison) = node.primitive, comparison == .equal || comparison == .notEqual,
      node.operands.contains(where: { series[$0] != nil })
    {
      let (a, b) = (all(node.operands[0]), all(node.operands[1]))
      let isEqual = zip(a, b).map { ($0 - $1).isZero }
      set(node, isEqual.map { $0 == (comparison == .equal) ? 1 : 0 })
    } else if node.operands.contains(where: changed.contains) {
      guard let value = try? Interpreter.apply(node.primitive, to: node.operands.map({ point[$0]! })) else { return }
      set(node, value.elements)
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
    case .input, .fill, .iota, .compare, .logical, .argsort, .detach: return all(node)
    case .elementwise(let function):
      let arguments = operands.map(all)
      return (0..<node.shape.count).map { i in Series.apply(function, arguments.map { $0[i] }) }
    case .special(let function): return special(node, function)
    case .select:
      let mask = point[operands[0]]!.elements
      let (a, b) = (all(operands[1]), all(operands[2]))
      return mask.indices.map { mask[$0] != 0 ? a[$0] : b[$0] }
    case .cast: return all(operands[0])
    case .broadcast, .reshape, .permute, .slice, .embed, .concatenate, .gather: return moved(node)
    case .scatterAdd, .sum, .cumulativeSum: return summed(node)
    case .maximum(let axes): return extremum(node, axes, largest: true)
    case .minimum(let axes): return extremum(node, axes, largest: false)
    case .contraction(let contraction): return contracted(node, contraction)
    case .solve(let form): return solved(node, form)
    case .matrix(let function): return factorized(node, function)
    case .scan(let recurrence): return steps(node, recurrence)
    case .custom: return all(operands[0])
    }
  }

  /// Movement moves numbers: where each element comes from is what it makes of their places.
  private func moved(_ node: Node) -> [Series] {
    var sources: [Series] = [Series(0)]
    var places: [Interpreter.Value] = []
    let count = if case .gather = node.primitive { 1 } else { node.operands.count }
    for operand in node.operands[..<count] {
      let first = sources.count
      sources += all(operand)
      places.append(
        Interpreter.Value(
          (first..<sources.count).map(Double.init), shape: operand.shape, scalarType: .float64))
    }
    places += node.operands[count...].map { point[$0]! }
    return Self.places(node.primitive, places).map { sources[$0] }
  }

  /// What movement makes of places. Its indices have been looked at: it was evaluated at the point.
  private static func places(_ primitive: Primitive, _ operands: [Interpreter.Value]) -> [Int] {
    checked(try Interpreter.apply(primitive, to: operands)).elements.map { Int($0) }
  }

  /// Sums: each element of the operand is added at some places of the result.
  private func summed(_ node: Node) -> [Series] {
    let operand = node.operands[0]
    let elements = all(operand)
    var result = [Series](repeating: Series(0), count: node.shape.count)
    let targets = Interpreter.Value(
      (0..<node.shape.count).map(Double.init), shape: node.shape, scalarType: .float64)
    switch node.primitive {
    case .sum(let axes):
      let kept = operand.shape.dimensions.indices.filter { !axes.contains($0) }
      let places = Self.places(.broadcast(operand.shape, axes: kept), [targets])
      for (place, element) in zip(places, elements) { result[place] = result[place] + element }
    case .scatterAdd(let axis, _):
      let places = Self.places(.gather(axis: axis), [targets, point[node.operands[1]]!])
      for (place, element) in zip(places, elements) { result[place] = result[place] + element }
    case .cumulativeSum(let axis, let reversed):
      let stride = operand.shape.strides[axis]
      let extent = operand.shape[axis]
      let indices = reversed ? Array(elements.indices.reversed()) : Array(elements.indices)
      for i in indices {
        let position = i / stride % extent
        let isFirst = reversed ? position == extent - 1 : position == 0
        result[i] = isFirst ? elements[i] : result[reversed ? i + stride : i - stride] + elements[i]
      }
    default: fatalError("\(node.primitive) is no sum")
    }
    return result
  }

  /// The largest elements; those that are equal at the point share, as they do in derivatives.
  private func extremum(_ node: Node, _ axes: [Int], largest: Bool) -> [Series] {
    let operand = node.operands[0]
    let elements = all(operand)
    let kept = operand.shape.dimensions.indices.filter { !axes.contains($0) }
    let targets = Interpreter.Value(
      (0..<node.shape.count).map(Double.init), shape: node.shape, scalarType: .float64)
    let places = Self.places(.broadcast(operand.shape, axes: kept), [targets])
    let best = point[node]!.elements
    let values = point[operand]!.elements
    var result = [Series](repeating: Series(0), count: node.shape.count)
    var ties = [Int](repeating: 0, count: node.shape.count)
    for (i, place) in places.enumerated() where values[i] == best[place] {
      result[place] = result[place] + elements[i]
      ties[place] += 1
    }
    return zip(result, ties).map { $1 > 0 ? $0.scaled(by: 1 / Double($1)) : .undefined("no largest element") }
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
      let parts = operands.map(\.split)
      guard !parts.contains(where: { $0 == nil }) else { return .undefined("a limit that is not finite") }
      return function.expanded(at: parts.map { $0!.value }, rests: parts.map { $0!.rest })
    }
  }
}

extension SpecialFunction {
  /// The Taylor series in several arguments to the fourth order.
  fileprivate func expanded(at values: [Double], rests: [Series]) -> Series {
    let inputs = values.map { Node(Storage([$0]), shape: .scalar) }
    for input in inputs { input.expose() }
    let degree = 5
    var result = Series(0)
    // Derivatives of a level from those of the one before, each by its multiset of arguments.
    var level: [[Int]: Node] = [[]: Node(.special(self), inputs)]
    var factor: [[Int]: Series] = [[]: Series(1)]
    let movingArguments = rests.indices.filter { !rests[$0].isZero }
    var order = Double.infinity
    for n in 0..<degree {
      let keys = level.keys.sorted { $0.lexicographicallyPrecedes($1) }
      guard let numbers = try? Interpreter.values(of: keys.map { level[$0]! }) else { return .undefined("no value") }
      for (key, number) in zip(keys, numbers) {
        // The number of orders in which the arguments can be taken over n! is 1 over the factorials of their counts.
        let counts = Dictionary(grouping: key, by: { $0 }).mapValues(\.count)
        let weight = counts.values.reduce(1.0) { $0 / (1...max($1, 1)).reduce(1.0) { $0 * Double($1) } }
        guard number[0].isFinite else {
          return n == 0 ? .undefined("a value that is not finite") : .undefined("a derivative that is not finite")
        }
        result = result + factor[key]!.scaled(by: weight * number[0])
      }
      if movingArguments.isEmpty { return result }
      var next: [[Int]: Node] = [:]
      var nextFactor: [[Int]: Series] = [:]
      for key in keys {
        for i in movingArguments where i >= key.last ?? 0 {
          let derivative = pushforward(of: [level[key]!], seeds: [(inputs[i], inputs[i].filled(with: 1))])[0]
          next[key + [i]] = derivative ?? inputs[i].filled(with: 0)
          nextFactor[key + [i]] = factor[key]! * rests[i]
        }
      }
      (level, factor) = (next, nextFactor)
      order = movingArguments.map { rests[$0].leadingPower }.min()! * Double(n + 1)
    }
    return result.truncated(at: order)
  }
}

// MARK: Matrices and recurrences

extension Evaluation {
  /// The matrices of a batch, row after row.
  private func matrices(_ node: Node) -> [[Series]] {
    let size = node.shape.dimensions.suffix(2).reduce(1, *)
    let elements = all(node)
    return stride(from: 0, to: elements.count, by: max(size, 1)).map { Array(elements[$0..<($0 + size)]) }
  }

  /// Gauss' elimination, with the pivots of the point.
  fileprivate func solved(_ node: Node, _ form: MatrixForm) -> [Series] {
    let (b, a) = (node.operands[0], node.operands[1])
    let n = a.shape[a.shape.rank - 1]
    let k = b.shape[b.shape.rank - 1]
    return zip(matrices(a), matrices(b)).flatMap { matrix, right -> [Series] in
      var rows = (0..<n).map { i in
        (0..<n).map { j in
          let isLooked =
            form.kind == .general || (form.kind == .lower) == (form.isTransposed ? j >= i : j <= i) || i == j
          return isLooked ? (form.isTransposed ? matrix[j * n + i] : matrix[i * n + j]) : Series(0)
        } + Array(right[(i * k)..<((i + 1) * k)])
      }
      for column in 0..<n {
        let pivot = (column..<n).max { Self.size(rows[$0][column]) < Self.size(rows[$1][column]) }!
        rows.swapAt(column, pivot)
        let inverse = rows[column][column].reciprocal
        rows[column] = rows[column].map { $0 * inverse }
        for i in 0..<n where i != column && !rows[i][column].isZero {
          let factor = rows[i][column]
          for j in column..<(n + k) { rows[i][j] = rows[i][j] - factor * rows[column][j] }
        }
      }
      return rows.flatMap { $0[n...] }
    }
  }

  private static func size(_ series: Series) -> Double { series.limitValue.map(abs) ?? -1 }

  fileprivate func factorized(_ node: Node, _ function: MatrixFunction) -> [Series] {
    let n = node.operands[0].shape.dimensions.last!
    return matrices(node.operands[0]).flatMap { a -> [Series] in
      switch function {
      case .cholesky:
        var l = [Series](repeating: Series(0), count: n * n)
        for j in 0..<n {
          for i in j..<n {
            var sum = (a[i * n + j] + a[j * n + i]).scaled(by: 0.5)
            for k in 0..<j { sum = sum - l[i * n + k] * l[j * n + k] }
            l[i * n + j] = i == j ? sum.squareRoot : sum * l[j * n + j].reciprocal
          }
        }
        return l
      case .logDeterminant:
        var rows = (0..<n).map { Array(a[($0 * n)..<(($0 + 1) * n)]) }
        var sign = Series(1)
        var total = Series(0)
        for column in 0..<n {
          let pivot = (column..<n).max { Self.size(rows[$0][column]) < Self.size(rows[$1][column]) }!
          if pivot != column { sign = -sign }
          rows.swapAt(column, pivot)
          let diagonal = rows[column][column]
          sign = sign * Series.apply(.sign, [diagonal])
          total = total + diagonal.magnitude.logarithm
          let inverse = diagonal.reciprocal
          for i in (column + 1)..<max(n, column + 1) {
            let factor = rows[i][column] * inverse
            for j in column..<n { rows[i][j] = rows[i][j] - factor * rows[column][j] }
          }
        }
        return [sign, total]
      case .qr, .lu, .symmetricEigen, .singularValues:
        return [Series](
          repeating: .undefined("a factorization that has no expansion"),
          count: function.shape(of: node.operands[0].shape).count)
      }
    }
  }

  /// The steps of a recurrence, one after another.
  fileprivate func steps(_ node: Node, _ recurrence: Recurrence) -> [Series] {
    let layout = recurrence.layout
    let operands = node.operands.map(all)
    var carries = [Series](repeating: Series(0), count: (layout.count + 1) * layout.carry)
    var outputs = [Series](repeating: Series(0), count: layout.outputs.count)
    var sum = [Series](repeating: Series(0), count: layout.summand)
    var carry = operands[0]
    func keep(_ carry: [Series], at row: Int) {
      carries.replaceSubrange((row * layout.carry)..<((row + 1) * layout.carry), with: carry)
    }
    if let first = recurrence.order.first { keep(carry, at: recurrence.carryRow(before: first)) }
    let results = [recurrence.next, recurrence.output, recurrence.summand]
    for row in recurrence.order {
      var inputs = [recurrence.carry: carry]
      for (input, rows) in zip(recurrence.rows, operands[1...]) {
        let count = input.shape.count
        inputs[input] = Array(rows[(row * count)..<((row + 1) * count)])
      }
      for (input, constant) in zip(recurrence.constants, operands[(1 + recurrence.rows.count)...]) {
        inputs[input] = constant
      }
      let made = Self.body(results, inputs)
      carry = made[0]
      keep(carry, at: recurrence.carryRow(after: row))
      outputs.replaceSubrange((row * layout.output)..<((row + 1) * layout.output), with: made[1])
      sum = zip(sum, made[2]).map(+)
    }
    if !recurrence.keepsCarries { carries = carry }
    return recurrence.isReversed ? outputs + sum + carries : carries + outputs + sum
  }

  /// A body for given inputs, all of which may move.
  private static func body(_ results: [Node], _ inputs: [Node: [Series]]) -> [[Series]] {
    let order = Node.topologicalOrder(results, entering: { inputs[$0] == nil })
    let limits = inputs.mapValues { $0.map { $0.limitValue ?? .nan } }
    guard let values = try? Interpreter.values(of: order, inputs: limits) else {
      return results.map { [Series](repeating: .undefined("an index outside its axis"), count: $0.shape.count) }
    }
    let moving = inputs.filter { $0.key.scalarType.isDifferentiable }
    var evaluation = Evaluation(
      point: Dictionary(
        uniqueKeysWithValues: zip(order, values).map { node, elements in
          (node, Interpreter.Value(elements, shape: node.shape, scalarType: node.scalarType))
        }), series: moving)
    var moves = Set(moving.keys)
    for node in order where evaluation.series[node] == nil {
      let isMoving = node.scalarType.isDifferentiable && node.primitive != .detach
      if isMoving, node.operands.contains(where: moves.contains) {
        moves.insert(node)
        evaluation.series[node] = evaluation.expand(node)
      } else {
        evaluation.update(node)
      }
    }
    return results.map { evaluation.all($0) }
  }
}
