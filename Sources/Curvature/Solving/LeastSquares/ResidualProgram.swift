import TensorGraph

/// Residuals of many parameters with the second derivatives of half their sum of squares, exact and without those of the
/// residuals: sparse, or as products.
struct ResidualProgram: Sendable {
  private let residuals: PlanProgram
  private let program: ObjectiveProgram
  private let exact: SecondDerivatives
  private let gaussNewton: SecondDerivatives
  private let usesMatrix: Bool

  /// - Parameters:
  ///   - residuals: n elements.
  ///   - parameters: the placeholder of all parameters.
  ///   - data: placeholders of data.
  /// - Throws: `TensorError` if something needs elements that nobody has given, or factors are too large.
  init(residuals: Node, parameters: Node, data: [Node], method: SearchMethod) throws(TensorError) {
    let flat = residuals.reshaped(to: [residuals.shape.count])
    func halfSquare(_ r: Node) -> Node { 0.5 * Node.elementwise(.square, r).summed(over: [0]) }
    let half = halfSquare(flat)
    self.residuals = try PlanProgram(
      [.init(node: flat, name: "the residuals")], of: SecondDerivatives.arguments(parameters, data))
    program = try ObjectiveProgram(of: half, in: parameters, data: data, method: method)
    exact = program.second
    // Gauss & Newton's matrix is the Hessian for residuals that are linear in a step.
    let step = Node(.input(parameters.shape, parameters.scalarType))
    step.expose()
    let change = pushforward(of: [flat], seeds: [(parameters, step)])[0] ?? flat.filled(with: 0)
    let slope = try Gradients.of(halfSquare(flat.detached() + change), [step])[0]
    gaussNewton = try SecondDerivatives(
      Derivative(of: slope, in: step, isSymmetric: true), of: SecondDerivatives.arguments(parameters, data + [step]),
      constants: [step.filled(with: 0)], method: method)
    usesMatrix = method.usesMatrix
  }

  /// The residuals at a point.
  func residuals(at b: [Double], data: [Node]) throws(TensorError) -> [Double] {
    let variable = residuals.arguments[0].node
    return try residuals([Node(.from(b, scalarType: variable.scalarType), shape: variable.shape)] + data)[0].doubles
  }

  /// A search from a start, by Gauss & Newton's model first.
  ///
  /// - Throws: as `ObjectivePlan.search`.
  func search(
    from start: [Double], data: [Node], lower: [Double]?, upper: [Double]?, maximumIterations: Int,
    names: () -> [String]
  ) throws(TensorError) -> CompetingSearch {
    let model = ChosenModel()
    let functions = (gaussNewton: gaussNewton.functions(data: data), exact: exact.functions(data: data))
    model.functions = functions.gaussNewton
    return CompetingSearch(
      search: try ObjectivePlan.search(
        program.objective(data: data, model: model), usesMatrix: usesMatrix, from: start, lower: lower, upper: upper,
        tolerance: nil, maximumIterations: maximumIterations, names: names), model: model,
      gaussNewton: functions.gaussNewton, exact: functions.exact)
  }

  /// The diagonals of the inverses of JᵀJ and of the exact Hessian; nil where one is not positive definite, or there are
  /// products alone.
  func variances(at b: [Double], data: [Node]) throws(TensorError) -> (gaussNewton: [Double]?, exact: [Double]?) {
    func inverseDiagonal(_ second: SecondDerivatives) throws(TensorError) -> [Double]? {
      guard usesMatrix, case .sparse(let hessian) = try second.functions(data: data).hessian(b),
        let factors = try? SparseFactorization<Double>(hessian.matrix, by: hessian.analysis, shape: [b.count]),
        factors.isPositiveDefinite
      else { return nil }
      return (try? factors.inverseDiagonal())?.scalars
    }
    return (try inverseDiagonal(gaussNewton), try inverseDiagonal(exact))
  }
}

/// A search for least squares by the model of Gauss & Newton or by that of Newton: the one that foretold the last step better,
/// as in `LeastSquaresSolver`. It ends with the exact one.
struct CompetingSearch {
  private(set) var search: NewtonSearch
  private let model: ChosenModel
  private let gaussNewton: SecondDerivatives.Functions
  private let exact: SecondDerivatives.Functions

  init(
    search: NewtonSearch, model: ChosenModel, gaussNewton: SecondDerivatives.Functions,
    exact: SecondDerivatives.Functions
  ) {
    (self.search, self.model, self.gaussNewton, self.exact) = (search, model, gaussNewton, exact)
  }

  /// One accepted step. Returns false if there is none to take.
  mutating func advance() throws(TensorError) -> Bool {
    let (point, value, gradient) = (search.point, search.value, search.gradient)
    guard try search.advance() else {
      guard model.functions != nil, search.stop.map({ $0.isConverged || $0 == .noProgress }) ?? true else {
        return false
      }
      model.functions = nil
      try search.resume()
      return try advance()
    }
    let step = zip(search.point, point).map { $0 - $1 }
    let fall = value - search.value
    // Of a fall that is rounding nobody foretells anything.
    guard search.stop == nil, abs(fall) > 1e3 * search.objective.precision * abs(value) else { return true }
    let linear = dot(gradient, step)
    func error(_ functions: SecondDerivatives.Functions) throws(TensorError) -> Double {
      search.products.count += 1
      return abs(fall + linear + 0.5 * dot(step, try functions.product(point, step)))
    }
    let isExact = model.functions == nil
    let (own, other) = (try error(isExact ? exact : gaussNewton), try error(isExact ? gaussNewton : exact))
    if other < 0.7 * own {
      model.functions = isExact ? gaussNewton : nil
      try search.refreshModel()
    }
    return true
  }
}
