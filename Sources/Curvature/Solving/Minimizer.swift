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
/// The value is found as by `minimize` with whole Hessians. Derivatives of every order are those of the implicit function
/// theorem for ∇f(x*(θ), θ) = 0; they do not go through the search. A variable that a bound holds is the bound: its
/// derivative in what the function depends on is zero, that in the bound one. Where a derivative is evaluated at other
/// parameters than those of now, Newton's steps follow the point, and it is NaN if they do not find it or other bounds hold.
///
/// - Parameters:
///   - start: where the search begins; constant for derivatives.
///   - lowerBounds: the least value of each variable, in the form of the start; -∞ for none.
///   - upperBounds: the largest ones.
///   - maximumIterations: the most steps.
///   - tolerance: as that of `MinimizationPlan`.
///   - f: the function; what it captures are the parameters.
/// - Returns: the point, in the form of the start. It is found now: inside a plan, where parameters have no values yet, this
///   throws; use `root(near:steps:of:)` with the gradient there.
/// - Throws: what `f` throws, and `TensorError` if the search does not converge, the Hessian at the point is singular or has a
///   negative eigenvalue, a variable lies on a bound that does not hold it (there x* has a kink), or something cannot be
///   computed.
/// - Complexity: the search; a derivative of any order takes the whole Hessian and an elimination, O(N³) and memory for N²
///   elements, whether the Hessian is sparse or not.
public func minimizer<Point: TensorTree>(
  from start: Point, lowerBounds: Point? = nil, upperBounds: Point? = nil, maximumIterations: Int = 1000,
  tolerance: Double? = nil, of f: (Point) throws -> Tensor<Point.Scalar>
) throws -> Point {
  let n = start.parameterCount
  let variable = Node(.input([n], Point.Scalar.scalarType))
  variable.expose()
  let result = try f(start.traced(variable)).node
  let slope = try Gradients.of(result, [variable])[0]
  let names = start.variableNames
  var search = try ObjectivePlan(of: result, in: variable, method: .dense).search(
    from: try start.elements(of: start, "the start"),
    lower: try lowerBounds.map { try start.elements(of: $0, "the lower bounds") },
    upper: try upperBounds.map { try start.elements(of: $0, "the upper bounds") }, tolerance: tolerance,
    maximumIterations: maximumIterations, names: { names })
  while try search.advance() {}
  try search.requireMinimum(names)
  let bounds = search.activeBounds(lowerBounds, upperBounds, slope, in: variable)
  let value = Storage.from(search.point, scalarType: Point.Scalar.scalarType)
  return start.unflattened(
    Tensor(Operations.root(at: value, of: bounds?.equation ?? slope, excess: bounds?.excess, in: variable)))
}

/// The parameters of least squares as tensors that can be differentiated: in whatever else the residuals depend on.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3, 4]) -->
/// ```swift
/// let y = Tensor<Double>([2.7, 7.4, 20.1, 54.6])
/// let rate = try leastSquaresMinimizer(from: Tensor<Double>([0.9])) { b in exp(b * x) - y }
/// jacobian(rate, y)                        // how the estimate moves with each observation
/// ```
/// As ``minimizer(from:lowerBounds:upperBounds:maximumIterations:tolerance:of:)`` of half the sum of squares, with the search of
/// `leastSquares`.
///
/// - Parameters:
///   - start: where the search begins; constant for derivatives.
///   - lowerBounds: the least value of each parameter, in the form of the start; -∞ for none.
///   - upperBounds: the largest ones.
///   - maximumIterations: the most steps.
///   - residuals: as many as there are parameters at least; what it captures can be differentiated in.
/// - Throws: what `residuals` throws, and `TensorError` as the other one.
/// - Complexity: the search; a derivative of any order takes the whole exact Hessian and an elimination.
public func leastSquaresMinimizer<Point: TensorTree>(
  from start: Point, lowerBounds: Point? = nil, upperBounds: Point? = nil, maximumIterations: Int = 5000,
  residuals: (Point) throws -> Tensor<Point.Scalar>
) throws -> Point {
  let fit = try leastSquares(
    from: start, lowerBounds: lowerBounds, upperBounds: upperBounds, maximumIterations: maximumIterations,
    residuals: residuals)
  return try minimizer(
    from: fit.minimum.point, lowerBounds: lowerBounds, upperBounds: upperBounds, maximumIterations: maximumIterations
  ) { square(try residuals($0)).sum() / 2 }
}

extension NewtonSearch {
  /// The equation of the point where bounds hold some of its variables, and an expression with an element that is positive
  /// where others do.
  fileprivate func activeBounds<Point: TensorTree>(
    _ lowerBounds: Point?, _ upperBounds: Point?, _ slope: Node, in x: Node
  ) -> (equation: Node, excess: Node)? {
    guard lowerBounds != nil || upperBounds != nil else { return nil }
    func mask(_ isTrue: (Int) -> Bool) -> Node { Node(Storage(point.indices.map(isTrue)), shape: x.shape) }
    let nothing = slope.filled(with: 0)
    var (equation, excess) = (slope, slope.filled(with: -1))
    for (bounds, limits, sign) in [(lowerBounds, lower, -1.0), (upperBounds, upper, 1.0)] {
      guard let bounds else { continue }
      // An infinite bound holds nothing, but would make a NaN of what it is subtracted from.
      let distance = x - .select(mask { limits[$0].isFinite }, bounds.flattened.node, nothing)
      let isHeld = mask { point[$0] == limits[$0] }
      equation = .select(isHeld, distance, equation)
      excess = .select(mask { point[$0] == limits[$0] && lower[$0] < upper[$0] }, sign * slope, excess)
      let isOpen = mask { limits[$0].isFinite && lower[$0] < point[$0] && point[$0] < upper[$0] }
      // Of two bounds the nearer one matters.
      let past = sign * distance
      excess = .select(isOpen, .select(.compare(.greater, past, excess), past, excess), excess)
    }
    return (equation, excess)
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
