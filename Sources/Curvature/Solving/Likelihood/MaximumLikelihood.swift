import TensorGraph

/// Maximizes a likelihood from a start, and says how well the data determine the estimates: a plan that is used once.
///
/// <!-- swift
/// let X = Tensor<Double>([[1, 0.2, 1], [1, 1.5, 0], [1, 2, 1], [1, 3.1, 0], [1, 4, 1], [1, 0.7, 0], [1, 2.5, 0], [1, 3, 1]])
/// let y = Tensor<Double>([0, 1, 0, 1, 1, 0, 0, 1])
/// -->
/// ```swift
/// let logit = try maximumLikelihood(from: Tensor<Double>.zeros([3]), X, y) { b, X, y in
///   softplus(-(2 * y - 1) * matmul(X, b))           // -log of the likelihood of each observation
/// }
/// print(logit)                                      // estimates, standard errors, z, p, intervals
/// let robust = try logit.standardErrors(.sandwich)
/// ```
/// - Parameters:
///   - start: where the search begins.
///   - data: what else the function takes; not differentiated in.
///   - lowerBounds: the least value of each parameter, in the form of the start.
///   - upperBounds: the largest ones.
///   - method: as that of `MinimizationPlan`.
///   - maximumIterations: the most steps.
///   - tolerance: as that of `MinimizationPlan`.
///   - negativeLogLikelihood: minus the logarithm of the likelihood: an element for each independent observation, of which the
///     sum is minimized, or the sum alone, which gives no sandwich.
/// - Throws: what `negativeLogLikelihood` throws, and `TensorError` where a plan does.
public func maximumLikelihood<Point: TensorTree, each Data: TensorScalar>(
  from start: Point, _ data: repeat Tensor<each Data>, lowerBounds: Point? = nil, upperBounds: Point? = nil,
  method: MinimizationMethod = .automatic, maximumIterations: Int = 1000, tolerance: Double? = nil,
  negativeLogLikelihood: (Point, repeat Tensor<each Data>) throws -> Tensor<Point.Scalar>
) throws -> MaximumLikelihoodEstimate<Point> {
  var plan = try MaximumLikelihoodPlan(
    like: start, repeat each data, method: method, negativeLogLikelihood: negativeLogLikelihood)
  plan.maximumIterations = maximumIterations
  plan.tolerance = tolerance
  return try plan(from: start, repeat each data, lowerBounds: lowerBounds, upperBounds: upperBounds)
}

/// Which of its properties the covariance of an estimate rests on.
public enum CovarianceForm: String, CaseIterable, Hashable, Sendable {
  /// H⁻¹, H being the Hessian of minus the log-likelihood: right where the model is.
  case observedInformation
  /// H⁻¹ (Σ sᵢ sᵢᵀ) H⁻¹ with the score sᵢ of each observation: right also where the model of the distribution is not, if
  /// observations are independent (Huber 1967; White, "Maximum likelihood estimation of misspecified models", Econometrica 50,
  /// 1982). Without a correction for few observations.
  case sandwich
}

/// Estimates that maximize a likelihood.
public struct MaximumLikelihoodEstimate<Point: TensorTree> {
  /// The point, why the search ended, and what kind of point it is; the value is minus the log-likelihood.
  public let minimum: MinimizationResult<Point>
  /// The number of elements that the likelihood was given in; nil if it was given as a sum.
  public let observationCount: Int?
  let likelihood: LikelihoodPlan
  let template: Point
  let search: NewtonSearch
  /// A parameter whose second derivative vanishes where the search ends.
  private let vanishing: Int?

  /// - Parameter onIterate: is told the start and every point that is accepted.
  package init(
    _ likelihood: LikelihoodPlan, _ search: NewtonSearch, template: Point,
    onIterate: (MinimizationIterate<Point>) -> Void = { _ in }
  ) throws(TensorError) {
    var minimization = Minimization(search: search, template: template, names: likelihood.names)
    while let iterate = try minimization.next() { onIterate(iterate) }
    minimum = try minimization.result()
    let search = minimization.search
    observationCount = likelihood.observationCount
    let isStrict = minimum.stop.isConverged && minimum.curvature.kind == .minimum
    vanishing = isStrict ? try search.vanishingCurvature() : nil
    (self.likelihood, self.template, self.search) = (likelihood, template, search)
  }

  /// The estimates, in the form of the start.
  public var point: Point { minimum.point }

  /// The logarithm of the likelihood at the estimates.
  public var logLikelihood: Double { -minimum.value }

  /// What stands in the way of standard errors: that the search did not converge, a bound holds an estimate, or the
  /// information is singular and the data do not determine a combination of parameters, which is named; nil if nothing does.
  public var obstacle: String? {
    let names = minimum.variableNames
    guard minimum.stop.isConverged else { return "the search did not converge: \(minimum.stop.explanation)" }
    if let held = search.point.indices.first(where: { search.isHeld($0) }) {
      return "\(names[held]) lies on its bound, where standard errors do not apply; fix it, and estimate the others"
    }
    switch minimum.curvature.kind {
    case .minimum:
      guard let vanishing else { return nil }
      return
        "the information is singular: the second derivatives vanish along \(names[vanishing]) where the search ends, as those "
        + "of x⁴ do at 0; leave the parameter out, or fix it"
    case .singular:
      return "the information is singular: the data do not determine \(minimum.curvature.directionText(names) ?? ""); "
        + "leave out a parameter, or fix one"
    case .saddle:
      return "the point is a saddle: the likelihood rises along \(minimum.curvature.directionText(names) ?? "")"
    case .unknown: return "the second derivatives are not finite"
    }
  }

  /// The covariance matrix of the estimates, [N, N] in the order of `minimum.variableNames`.
  ///
  /// - Throws: `TensorError` with the reason if there is an `obstacle`, or the sandwich is asked for without observations.
  public func covariance(_ form: CovarianceForm = .observedInformation) throws(TensorError) -> Tensor<Double> {
    let matrix = try covarianceMatrix(form)
    return Tensor(Node(Storage(matrix.elements), shape: [matrix.rows, matrix.columns]))
  }

  func covarianceMatrix(_ form: CovarianceForm) throws(TensorError) -> DenseMatrix {
    if let obstacle { throw TensorError("standard errors: \(obstacle)") }
    let inverse = try likelihood.inverseInformation(at: search)
    guard form == .sandwich else { return inverse }
    let scores = try likelihood.scores(at: search.point)
    // V Sᵀ, p x n with S the scores: the sandwich is its product with its own transpose.
    let n = scores.rows
    var half = DenseMatrix(rows: n, columns: inverse.columns)
    for j in 0..<inverse.columns {
      for k in 0..<inverse.rows {
        let factor = inverse[k, j]
        for i in 0..<n { half[i, j] += scores[i, k] * factor }
      }
    }
    return half.gram
  }

  /// The standard errors of the estimates, in the form of the start.
  ///
  /// - Throws: as `covariance(_:)`.
  public func standardErrors(_ form: CovarianceForm = .observedInformation) throws(TensorError) -> Point {
    template.replacingElements(try errors(form))
  }

  package func errors(_ form: CovarianceForm = .observedInformation) throws(TensorError) -> [Double] {
    let matrix = try covarianceMatrix(form)
    return (0..<matrix.rows).map { matrix[$0, $0].squareRoot() }
  }

  /// Intervals that contain the parameters with some probability, by the normal distribution of the estimates (Wald).
  ///
  /// - Parameters:
  ///   - level: the probability, between 0 and 1.
  ///   - form: which covariance they rest on.
  /// - Throws: as `covariance(_:)`, and if `level` is no probability.
  public func waldIntervals(
    level: Double = 0.95, _ form: CovarianceForm = .observedInformation
  ) throws(TensorError) -> (lower: Point, upper: Point) {
    let z = try NormalDistribution.twoSidedQuantile(level)
    let errors = try errors(form)
    func bound(_ sign: Double) -> Point {
      template.replacingElements(zip(search.point, errors).map { $0 + sign * z * $1 })
    }
    return (bound(-1), bound(1))
  }

  /// A function of the estimates, with the covariance that follows from theirs by its derivatives (the delta method).
  ///
  /// - Returns: the function's value, its standard errors in the same shape, and the covariance of its elements, [M, M].
  /// - Throws: what `function` throws, and as `covariance(_:)`.
  public func deltaMethod(
    _ form: CovarianceForm = .observedInformation, of function: (Point) throws -> Tensor<Point.Scalar>
  ) throws -> (value: Tensor<Point.Scalar>, standardErrors: Tensor<Double>, covariance: Tensor<Double>) {
    let covariance = try covarianceMatrix(form)
    let n = covariance.rows
    let vector = Tensor<Point.Scalar>(
      Node(.from(search.point, scalarType: Point.Scalar.scalarType), shape: [n]))
    let value = try function(template.traced(vector.node))
    let whole = try Jacobian(of: value, withRespectTo: vector).read([.ellipsis])
    let m = value.count
    let slopes = DenseMatrix(rows: m, columns: n, rowMajor: try Evaluation.storage(whole.node).doubles)
    var result = DenseMatrix(rows: m, columns: m)
    for j in 0..<m {
      let image = covariance.times((0..<n).map { slopes[j, $0] })
      let column = slopes.times(image)
      for i in 0..<m { result[i, j] = column[i] }
    }
    let errors = (0..<m).map { max(0, result[$0, $0]).squareRoot() }
    return (
      Tensor(Node(try Evaluation.storage(value.node), shape: value.node.shape)),
      Tensor(Node(Storage(errors), shape: value.node.shape)),
      Tensor(Node(Storage(result.elements), shape: [m, m]))
    )
  }
}

extension MaximumLikelihoodEstimate: CustomStringConvertible {
  /// A table of estimates, standard errors, z, p and 95 % intervals, or why there are none.
  public var description: String {
    let head =
      "log-likelihood \(NumberText.rounded(logLikelihood, digits: 10))"
      + (observationCount.map { ", \($0) observations" } ?? "") + ", \(minimum.iterations) iterations\n"
    do throws(TensorError) {
      let errors = try errors(.observedInformation)
      var rows = [["", "estimate"] + NormalDistribution.waldColumns]
      for (name, (x, error)) in zip(minimum.variableNames, zip(search.point, errors)) {
        rows.append([name] + ([x] + NormalDistribution.waldRow(x, error)).map { NumberText.rounded($0, digits: 7) })
      }
      return head + TextColumns.aligned(rows, leading: [0])
    } catch {
      return head + error.message + "\n\(point)"
    }
  }
}
