import TensorGraph

/// A compiled function and how its steps are found: what plans and commands start searches with.
package struct ObjectivePlan: Sendable {
  private let program: ObjectiveProgram
  private let method: SearchMethod

  /// The function that a graph computes from a vector.
  ///
  /// - Parameters:
  ///   - result: the value, of one element.
  ///   - variable: the placeholder of the vector.
  ///   - data: those of the data.
  /// - Throws: `TensorError` if the value has more than one element or cannot be computed.
  init(of result: Node, in variable: Node, data: [Node] = [], method: MinimizationMethod) throws(TensorError) {
    self.method = method.resolved(count: variable.shape.count)
    program = try ObjectiveProgram(of: result, in: variable, data: data, method: self.method)
  }

  /// The non-zeros of the Hessian, if it is sparse.
  var entries: SecondDerivatives.SparseEntries? { program.entries }

  /// The function for some data.
  func objective(data: [Node]) -> Objective { program.objective(data: data) }

  /// A search from a start.
  ///
  /// - Parameter names: those of the variables, for messages.
  /// - Throws: `TensorError` if a lower bound lies above an upper one or a number is not usable.
  package func search(
    from start: [Double], data: [Node] = [], lower: [Double]? = nil, upper: [Double]? = nil, tolerance: Double? = nil,
    maximumIterations: Int = 1000, names: () -> [String]
  ) throws(TensorError) -> NewtonSearch {
    try Self.search(
      program.objective(data: data), usesMatrix: method.usesMatrix, from: start, lower: lower, upper: upper,
      tolerance: tolerance,
      maximumIterations: maximumIterations, names: names)
  }

  /// A search of any objective, after a look at what it is given.
  static func search(
    _ objective: Objective, usesMatrix: Bool, from start: [Double], lower: [Double]?, upper: [Double]?,
    tolerance: Double?,
    maximumIterations: Int, names: () -> [String]
  ) throws(TensorError) -> NewtonSearch {
    guard maximumIterations >= 0 else {
      throw TensorError("minimize: maximumIterations is \(maximumIterations); give 0 or more")
    }
    if let tolerance, !(tolerance > 0 && tolerance < 1) {
      throw TensorError("minimize: the tolerance is \(tolerance); give one between 0 and 1")
    }
    for (i, x) in start.enumerated() where !x.isFinite {
      throw TensorError("minimize: the start has \(names()[i]) = \(x); start at finite numbers")
    }
    for i in start.indices {
      let (low, high) = (lower?[i] ?? -.infinity, upper?[i] ?? .infinity)
      guard low <= high, low < .infinity, high > -.infinity else {
        throw TensorError(
          "minimize: \(names()[i]) has the bounds \(low) and \(high), between which there is no number; give a lower one "
            + "that is not above the upper one")
      }
    }
    return try NewtonSearch(
      objective, from: start, lower: lower, upper: upper, usesMatrix: usesMatrix, tolerance: tolerance,
      maximumIterations: maximumIterations)
  }
}

extension TensorTree {
  /// The same form with the elements of a vector that stands for them in a graph.
  func traced(_ vector: Node) -> Self { unflattened(Tensor<Scalar>(vector)) }

  /// The elements of another tree of this form as doubles.
  ///
  /// - Throws: `TensorError` if its tensors have other shapes, or cannot be computed.
  func elements(of other: Self, _ name: String) throws(TensorError) -> [Double] {
    try requireForm(of: other, "minimize: \(name)")
    return try Evaluation.storages(other.leaves.map(\.node)).flatMap(\.doubles)
  }

  /// The same form with other elements, in the order of `flattened`.
  func replacingElements(_ elements: [Double]) -> Self {
    var start = 0
    return replacingTensors(
      leaves.map { leaf in
        let end = start + leaf.node.shape.count
        defer { start = end }
        return Tensor(
          Node(.from(Array(elements[start..<end]), scalarType: Scalar.scalarType), shape: leaf.node.shape))
      })
  }
}
