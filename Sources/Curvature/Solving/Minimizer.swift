import TensorGraph

/// The point of a local minimum as a tensor that can be differentiated: in whatever else the function depends on.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 2], [3, -1], [0, 1], [2, 2]]), y = Tensor<Double>([1, 2, 0, 3])
/// let X2 = Tensor<Double>([[1, 0], [1, 1]]), y2 = Tensor<Double>([1, 1])
/// -->
/// ```swift
/// let penalty = Tensor<Double>(0.1)
/// let w = try minimizer(from: Tensor<Double>.zeros([2])) { w in
///   square(matmul(X, w) - y).sum() + penalty * square(w).sum()
/// }
/// let validation = square(matmul(X2, w) - y2).sum()
/// gradient(validation, penalty)            // how the loss on other data moves with the penalty
/// hessian(validation, penalty).item()
/// ```
/// The value is found as by `minimize` with whole Hessians, or with sparse ones: `method: .sparse(BlockArrow())`. Derivatives of every order are those of the implicit function
/// theorem for ∇f(x*(θ), θ) = 0; they do not go through the search. A variable that a bound holds is the bound: its
/// derivative in what the function depends on is zero, that in the bound one. Where a derivative is evaluated at other
/// parameters than those of now, Newton's steps follow the point, and it is NaN if they do not find it or other bounds hold.
///
/// - Parameters:
///   - start: where the search begins; constant for derivatives.
///   - lowerBounds: the least value of each variable, in the form of the start; -∞ for none.
///   - upperBounds: the largest ones.
///   - method: how the systems with the Hessian are solved, in the search and in derivatives: `dense` up to 300 variables
///     unless told otherwise; beyond by `BlockArrow` where its factors are much smaller than dense ones. Not `matrixFree`.
///   - maximumIterations: the most steps.
///   - tolerance: as that of `MinimizationPlan`.
///   - f: the function; what it captures are the parameters.
/// - Returns: the point, in the form of the start. It is found now: inside a plan, where parameters have no values yet, this
///   throws; use `root(near:steps:of:)` with the gradient there.
/// - Throws: what `f` throws, and `TensorError` if the search does not converge, the Hessian at the point is singular or has a
///   negative eigenvalue, a variable lies on a bound that does not hold it (there x* has a kink), or something cannot be
///   computed.
/// - Complexity: the search; a first derivative takes the Hessian and its factors at the point once, and a system; one of higher
///   order up to ten times that, since it follows the point by Newton's steps: O(N³) and memory for N² elements if they are dense, what the factors take if they are sparse.
public func minimizer<Point: TensorTree>(
  from start: Point, lowerBounds: Point? = nil, upperBounds: Point? = nil, method: MinimizationMethod = .automatic,
  maximumIterations: Int = 1000, tolerance: Double? = nil, of f: (Point) throws -> Tensor<Point.Scalar>
) throws -> Point {
  let n = start.parameterCount
  let variable = Node(.input([n], Point.Scalar.scalarType))
  variable.expose()
  let result = try f(start.traced(variable)).node
  let slope = try Gradients.of(result, [variable])[0]
  let names = start.variableNames
  let method = try method.ofMinimizer(Derivative(of: slope, in: variable, isSymmetric: true))
  let plan = try ObjectivePlan(of: result, in: variable, method: method)
  var search = try plan.search(
    from: try start.elements(of: start, "the start"),
    lower: try lowerBounds.map { try start.elements(of: $0, "the lower bounds") },
    upper: try upperBounds.map { try start.elements(of: $0, "the upper bounds") }, tolerance: tolerance,
    maximumIterations: maximumIterations, names: { names })
  while try search.advance() {}
  try search.requireMinimum(names)
  let value = Storage.from(search.point, scalarType: Point.Scalar.scalarType)
  let equation = search.equation(lowerBounds, upperBounds, slope, plan.entries, in: variable)
  return start.unflattened(Tensor(Operations.root(at: value, shape: variable.shape, of: equation)))
}

/// The parameters of least squares as tensors that can be differentiated: in whatever else the residuals depend on.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3, 4]) -->
/// ```swift
/// let y = Tensor<Double>([2.7, 7.4, 20.1, 54.6])
/// let rate = try leastSquaresMinimizer(from: Tensor<Double>([0.9])) { b in exp(b * x) - y }
/// jacobian(rate, y)                        // how the estimate moves with each observation
/// ```
/// As ``minimizer(from:lowerBounds:upperBounds:method:maximumIterations:tolerance:of:)`` of half the sum of squares, with the search of
/// `leastSquares`.
///
/// - Parameters:
///   - start: where the search begins; constant for derivatives.
///   - lowerBounds: the least value of each parameter, in the form of the start; -∞ for none.
///   - upperBounds: the largest ones.
///   - method: as that of ``minimizer(from:lowerBounds:upperBounds:method:maximumIterations:tolerance:of:)``.
///   - maximumIterations: the most steps.
///   - residuals: as many as there are parameters at least; what it captures can be differentiated in.
/// - Throws: what `residuals` throws, and `TensorError` as the other one.
/// - Complexity: the search; derivatives as those of the other one.
public func leastSquaresMinimizer<Point: TensorTree>(
  from start: Point, lowerBounds: Point? = nil, upperBounds: Point? = nil, method: MinimizationMethod = .automatic,
  maximumIterations: Int = 5000, residuals: (Point) throws -> Tensor<Point.Scalar>
) throws -> Point {
  let isSparse = if case .sparse = method { true } else { false }
  let fit = try leastSquares(
    from: start, lowerBounds: lowerBounds, upperBounds: upperBounds, method: isSparse ? method : .dense,
    maximumIterations: maximumIterations, residuals: residuals)
  return try minimizer(
    from: fit.minimum.point, lowerBounds: lowerBounds, upperBounds: upperBounds, method: method,
    maximumIterations: maximumIterations
  ) { square(try residuals($0)).sum() / 2 }
}

extension MinimizationMethod {
  /// A method with factors of the whole Hessian.
  ///
  /// - Throws: `TensorError` if this is one without.
  fileprivate func ofMinimizer(_ derivative: Derivative) throws(TensorError) -> MinimizationMethod {
    switch self {
    case .dense, .sparse: return self
    case .matrixFree:
      throw TensorError(
        "minimizer: its derivatives solve systems with the Hessian, for which `matrixFree` has no factors; use .sparse(…) or "
          + ".dense")
    case .automatic:
      let n = Double(derivative.columns.count)
      guard n > 300, let pattern = try derivative.pattern(below: 0.1) else { return .dense }
      let places = SparseSymmetricMatrix.Places(pattern.lowerTriangle())
      guard let arrow = try? BlockArrow().analysis(of: places.pattern), arrow.operationCount < n * n * n / 30 else {
        return .dense
      }
      return .sparse(BlockArrow())
    }
  }
}

extension NewtonSearch {
  /// The equation of the point: that the gradient vanishes, where bounds hold some variables in the others; these are their
  /// bounds. The derivative in the point is symmetric, since variables that are held do not move.
  fileprivate func equation<Point: TensorTree>(
    _ lowerBounds: Point?, _ upperBounds: Point?, _ slope: Node, _ entries: SecondDerivatives.SparseEntries?, in x: Node
  ) -> ImplicitEquation {
    let system = entries.map { entries in
      SparseSystem(
        entries.places.pattern,
        solver: FactorizedSystems(entries.places.pattern, entries.factorizer, entries.analysis))
    }
    func equation(_ value: Node, _ values: Node?, excess: Node? = nil) -> ImplicitEquation {
      ImplicitEquation(value, in: x, excess: excess, matrix: system.map { ($0, values!) })
    }
    guard lowerBounds != nil || upperBounds != nil else { return equation(slope, entries?.values) }
    func mask(_ isTrue: (Int) -> Bool) -> Node { Node(Storage(point.indices.map(isTrue)), shape: x.shape) }
    let sides = [(lowerBounds, lower, -1.0), (upperBounds, upper, 1.0)]
    var place = x
    for case (let bounds?, let limits, _) in sides {
      place = .select(mask { point[$0] == limits[$0] }, bounds.flattened.node, place)
    }
    let (body, captured) = GraphBody.closed([slope] + (entries.map { [$0.values] } ?? []), in: [x])
    let there = body.applied(to: [place] + captured)
    let slope = there[0]
    var excess = slope.filled(with: -1)
    for case (let bounds?, let limits, let sign) in sides {
      // An infinite bound holds nothing, but would make a NaN of what it is subtracted from.
      let distance = x - .select(mask { limits[$0].isFinite }, bounds.flattened.node, slope.filled(with: 0))
      excess = .select(mask { point[$0] == limits[$0] && lower[$0] < upper[$0] }, sign * slope, excess)
      let isOpen = mask { limits[$0].isFinite && lower[$0] < point[$0] && point[$0] < upper[$0] }
      // Of two bounds the nearer one matters.
      let past = sign * distance
      excess = .select(isOpen, .select(.compare(.greater, past, excess), past, excess), excess)
    }
    let isHeld = point.indices.map { point[$0] == lower[$0] || point[$0] == upper[$0] }
    let values = entries.map { entries -> Node in
      // Rows and columns of the identity where variables are held.
      let places = Array(entries.places.pattern.coordinates)
      let held = Node(Storage(places.map { isHeld[$0.row] || isHeld[$0.column] }), shape: [places.count])
      let identity = Storage.from(places.map { $0.row == $0.column ? 1 : 0 }, scalarType: x.scalarType)
      return .select(held, Node(identity, shape: [places.count]), there[1])
    }
    return equation(.select(mask { isHeld[$0] }, x - place, slope), values, excess: excess)
  }

  /// Refuses a point where the implicit function theorem does not hold.
  fileprivate mutating func requireMinimum(_ names: [String]) throws(TensorError) {
    let reason = stop ?? .iterationLimit
    if reason == .cancelled { try Cancellation.check { "minimizer: cancelled after \(iterations) steps" } }
    guard reason.isConverged else {
      throw TensorError("minimizer: no minimum was found after \(iterations) steps: \(reason.explanation)")
    }
    let curvature = try curvature()
    guard curvature.kind == .minimum else {
      let direction = curvature.directionText(names).map { " along \($0)" } ?? ""
      throw TensorError(
        curvature.kind == .saddle
          ? "minimizer: the search ended on a saddle, the value falls\(direction); start elsewhere"
          : "minimizer: the Hessian is singular\(direction), so that the minimizer is not a function of what the function "
            + "depends on; add a term that determines it")
    }
    let pull = zip(gradient, scales).map { abs($0 / $1) }
    let nothing = objective.precision.squareRoot() * max(pull.largestMagnitude, scaled(point).largestMagnitude)
    for i in point.indices where lower[i] < upper[i] && (point[i] == lower[i] || point[i] == upper[i]) {
      guard pull[i] > nothing else {
        throw TensorError(
          "minimizer: \(names[i]) lies on its bound \(point[i]), which does not hold it: the minimizer has a kink there; move "
            + "the bound")
      }
    }
  }
}
