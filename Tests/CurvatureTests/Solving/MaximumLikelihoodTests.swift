import Curvature
import Foundation
import TestSupport
import Testing

/// Models of the American National Election Study of 1996, beside what statsmodels finds (`Tests/Reference/likelihood.py`).
@Suite struct MaximumLikelihoodTests {
  private struct Figures: Decodable {
    let params: [Double]
    let bse: [Double]
    let llf: Double
    let robust: [Double]?
  }

  private static let figures = try! JSONDecoder().decode(
    [String: Figures].self, from: Data(contentsOf: ReferenceFiles.url("likelihood.json")))

  /// Rows of vote, TVnews, PID, educ, income, age.
  private static let table: Tensor<Double> = {
    let text = try! String(contentsOf: ReferenceFiles.url("anes96.csv"), encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map { Double($0)! } }
    return Tensor(rows.flatMap { $0 }).reshaped(to: [rows.count, 6])
  }()

  private static let X = Tensor<Double>.concatenate([.ones([944, 1]), table[..., 3...]], axis: 1)

  private func compare<Point>(
    _ estimate: MaximumLikelihoodEstimate<Point>, _ name: String, digits: Double = 1e-6,
    order: ([Double]) -> [Double] = { $0 }
  ) throws {
    let expected = try #require(Self.figures[name])
    func check(_ found: [Double], _ wanted: [Double]) {
      #expect(found.count == wanted.count)
      for (a, b) in zip(found, wanted) { #expect(abs(a - b) <= digits * abs(b) + 1e-9, "\(name): \(a), \(b)") }
    }
    #expect(estimate.minimum.isConverged && estimate.observationCount == 944 && estimate.obstacle == nil)
    check(order(estimate.point.flattened.scalars.map { Double($0) }), expected.params)
    check(order(try estimate.standardErrors().flattened.scalars.map { Double($0) }), expected.bse)
    check([estimate.logLikelihood], [expected.llf])
    if let robust = expected.robust {
      check(order(try estimate.standardErrors(.sandwich).flattened.scalars.map { Double($0) }), robust)
    }
  }

  private static func logit() throws -> MaximumLikelihoodEstimate<Tensor<Double>> {
    try maximumLikelihood(from: Tensor<Double>.zeros([4]), X, table[..., 0]) { b, X, y in
      softplus((1 - 2 * y) * matmul(X, b))
    }
  }

  @Test func logitModel() throws { try compare(try Self.logit(), "logit") }

  @Test func probitModel() throws {
    let probit = try maximumLikelihood(from: Tensor<Double>.zeros([4]), Self.X, Self.table[..., 0]) { b, X, y in
      -logNormalDistribution((2 * y - 1) * matmul(X, b))
    }
    try compare(probit, "probit")
  }

  @Test func poissonModel() throws {
    let poisson = try maximumLikelihood(from: Tensor<Double>.zeros([4]), Self.X, Self.table[..., 1]) { b, X, y in
      let eta = matmul(X, b)
      return exp(eta) - y * eta + lgamma(y + 1)
    }
    try compare(poisson, "poisson")
  }

  @Test func negativeBinomialModel() throws {
    let start = (Tensor<Double>.zeros([4]), Tensor<Double>(1))
    let model = try maximumLikelihood(from: [start.0, start.1], Self.X, Self.table[..., 1]) { p, X, y in
      let (mean, size) = (exp(matmul(X, p[0])), 1 / p[1])
      let combinations = lgamma(y + size) - lgamma(size) - lgamma(y + 1)
      return -combinations + (y + size) * log(1 + mean / size) - y * log(mean / size)
    }
    try compare(model, "negativeBinomial")
    #expect(model.minimum.variableNames.last == "[1]")
  }

  @Test func multinomialLogitModel() throws {
    let classes = Self.table[..., 2]
    let model = try maximumLikelihood(from: Tensor<Double>.zeros([4, 6]), Self.X, classes) { B, X, y in
      let eta = Tensor<Double>.concatenate([.zeros([944, 1]), matmul(X, B)], axis: 1)
      let isChosen = y.reshaped(to: [944, 1]) .== Tensor<Double>([0, 1, 2, 3, 4, 5, 6])
      let chosen = `where`(isChosen, eta, Tensor<Double>.zeros([944, 7]))
      return eta.logSumExp(axes: [1]) - chosen.sum(axes: [1])
    }
    // Here a row for each column of X; there a column for each class, one after another.
    try compare(model, "multinomialLogit") { flat in (0..<6).flatMap { j in (0..<4).map { flat[6 * $0 + j] } } }
  }

  @Test("A mean of normal numbers has the intervals of the textbook") func intervals() throws {
    let y = Tensor<Double>([1, 2, 4, 5])
    let model = try maximumLikelihood(from: Tensor<Double>([0]), y) { m, y in square(y - m) / 2 }
    // The mean is 3, its standard error 1/2; the profile is quadratic, so that both intervals agree.
    #expect(try model.standardErrors().scalars == [0.5])
    let (lower, upper) = try model.waldIntervals()
    let z = 1.959963984540054
    #expect(abs(lower.scalars[0] - (3 - z / 2)) < 1e-12 && abs(upper.scalars[0] - (3 + z / 2)) < 1e-12)
    let profile = try model.profileInterval(of: "[0]")
    #expect(abs(profile.lower - (3 - z / 2)) < 1e-8 && abs(profile.upper - (3 + z / 2)) < 1e-8)
    // Σ (y - 3)² = 10 and H = 4: the sandwich is 10 / 16.
    let robust = try model.standardErrors(.sandwich).scalars
    #expect(abs(robust[0] - (10.0 / 16).squareRoot()) < 1e-14)
  }

  @Test("A profile interval is where the likelihood ratio says, whatever the parameter is called") func profiles()
    throws
  {
    // k successes of n: the ends solve 2 (l(p̂) - l(p)) = z².
    let (k, n) = (3.0, 20.0)
    func logLikelihood(_ p: Double) -> Double { k * log(p) + (n - k) * log(1 - p) }
    let probability = try maximumLikelihood(from: Tensor<Double>([0.3])) { p in
      -(k * log(p) + (n - k) * log(1 - p)).sum()
    }
    let logit = try maximumLikelihood(from: Tensor<Double>([0])) { b in (n * softplus(b) - k * b).sum() }
    let interval = try probability.profileInterval(of: "[0]", level: 0.9)
    let other = try logit.profileInterval(of: "[0]", level: 0.9)
    let z = 1.6448536269514722
    for (p, b) in [(interval.lower, other.lower), (interval.upper, other.upper)] {
      #expect(abs((2 * (logLikelihood(k / n) - logLikelihood(p))).squareRoot() - z) < 1e-7)
      #expect(abs(1 / (1 + exp(-b)) - p) < 1e-7)
    }
    // Nobody voted against: the odds have no upper end, and no standard error.
    let none = try maximumLikelihood(from: Tensor<Double>([0])) { b in (5 * softplus(-b)).sum() }
    #expect(none.minimum.stop == .receding && none.obstacle != nil)
    // Of two parameters the other is estimated anew: with a known correlation the interval is that of the margin.
    let pair = try maximumLikelihood(from: Tensor<Double>([1, 1])) { b in
      let (first, second) = (square(b[0]) + square(b[1] - 1), b[0] * (b[1] - 1))
      return (first - second) / 2
    }
    let margin = try pair.profileInterval(of: "[0]")
    let error = try pair.standardErrors().scalars[0]
    #expect(abs(error - (4.0 / 3).squareRoot()) < 1e-12 && abs(margin.upper - 1.959963984540054 * error) < 1e-6)
  }

  @Test("Functions of estimates have the errors that their derivatives say") func deltaMethod() throws {
    let logit = try Self.logit()
    let covariance = try logit.covariance()
    let (ratio, errors, _) = try logit.deltaMethod { exp($0[1...]) }
    for i in 0..<3 {
      let odds = exp(logit.point.scalars[i + 1])
      #expect(abs(ratio.scalars[i] - odds) < 1e-14)
      #expect(abs(errors.scalars[i] - odds * covariance[i + 1, i + 1].item().squareRoot()) < 1e-14)
    }
    let (_, difference, _) = try logit.deltaMethod(.sandwich) { $0[1] - $0[2] }
    let robust = try logit.covariance(.sandwich)
    let expected = (robust[1, 1] + robust[2, 2] - 2 * robust[1, 2]).item().squareRoot()
    #expect(difference.shape == [] && abs(difference.item() - expected) < 1e-14)
  }

  @Test("What the data do not determine is named") func obstacles() throws {
    let x = Tensor<Double>([1, 2, 3, 4])
    let model = try maximumLikelihood(from: Twins(rate: Tensor(1), share: Tensor([1, 1])), x) { twins, x in
      let error: Tensor<Double> = x - (twins.share[0] + twins.share[1])
      return square(error) / 2 + square(twins.rate - 2)
    }
    #expect(model.minimum.curvature.kind == .singular)
    #expect(
      model.obstacle?.contains("the data do not determine share[0] - share[1]; leave out") == true,
      "\(model.obstacle ?? "")")
    #expect(throws: TensorError.self) { _ = try model.standardErrors() }
    #expect("\(model)".contains("share[0] - share[1]"))
    let bounded = try maximumLikelihood(from: Tensor<Double>([1]), x, lowerBounds: Tensor([3])) { square($1 - $0) }
    #expect(bounded.obstacle?.contains("[0] lies on its bound") == true)
    let sum = try maximumLikelihood(from: Tensor<Double>([1]), x) { square($1 - $0).sum() }
    let error = #expect(throws: TensorError.self) { _ = try sum.standardErrors(.sandwich) }
    #expect(error?.message.contains("needs the observations apart") == true)
    #expect(throws: TensorError.self) { _ = try sum.waldIntervals(level: 1) }
    #expect(throws: TensorError.self) { _ = try sum.profileInterval(of: "b") }
  }

  @Test(
    "Every method ends with an estimate and its errors, whether units are known or not",
    arguments: [MinimizationMethod.automatic, .dense, .sparse(BlockArrow()), .matrixFree])
  func methods(method: MinimizationMethod) throws {
    var generator = RepeatableGenerator(seed: 77)
    for n in [6, 40] {
      let A = Tensor<Double>.eye(n) + 0.02 * Tensor<Double>(generator.reals(n * n)).reshaped(to: [n, n])
      let functions: [(Tensor<Double>) -> Tensor<Double>] = [
        { x in square(x - 0.1) / 2 },  // each variable for itself
        { x in square(tanh(matmul(tanh(matmul(x, A)), A)) - 0.1) },  // the diagonal costs as much as the whole
        { x in square(square(x)) + square(x[0] - 1) },  // second derivatives that vanish at the end
      ]
      for (k, f) in functions.enumerated() {
        let start = Tensor<Double>.zeros([n]) + 0.5
        let estimate = try maximumLikelihood(from: start, method: method, negativeLogLikelihood: f)
        #expect(estimate.minimum.isConverged, "\(k), \(n)")
        guard k < 2 else { continue }
        let dense = try maximumLikelihood(from: start, method: .dense, negativeLogLikelihood: f)
        let (found, expected) = (try estimate.standardErrors(), try dense.standardErrors())
        #expect(found.isClose(to: expected, relative: 1e-4, absolute: 1e-6), "\(k), \(n)")
      }
    }
  }
}

private struct Twins: TensorStruct {
  var rate: Tensor<Double>
  var share: Tensor<Double>
  static var tensors: TensorMembers<Twins, Double> { TensorMembers(\.rate, \.share) }
}

@Suite("Plans of likelihoods") struct MaximumLikelihoodPlanTests {
  @Test("A plan gives what single searches give, and each estimate keeps its data") func many() throws {
    var generator = RepeatableGenerator(seed: 31)
    let X = Tensor<Double>(generator.reals(120)).reshaped(to: [60, 2])
    let start = Tensor<Double>.zeros([2])
    func terms(_ b: Tensor<Double>, _ X: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> {
      softplus((1 - 2 * y) * matmul(X, b))
    }
    let samples = (0..<3).map { _ in Tensor<Double>((0..<60).map { _ in generator.chance(0.5) ? 1.0 : 0 }) }
    let plan = try MaximumLikelihoodPlan(like: start, X, samples[0]) { b, X, y in terms(b, X, y) }
    let estimates = try samples.map { try plan(from: start, X, $0) }
    for (y, estimate) in zip(samples, estimates) {
      let single = try maximumLikelihood(from: start, X, y) { b, X, y in terms(b, X, y) }
      #expect(estimate.point.isClose(to: single.point, relative: 1e-12, absolute: 1e-12))
      for form in CovarianceForm.allCases {
        #expect(try estimate.covariance(form).isClose(to: single.covariance(form), relative: 1e-10))
      }
      let (first, second) = (try estimate.profileInterval(of: "[0]"), try single.profileInterval(of: "[0]"))
      #expect(abs(first.lower - second.lower) < 1e-8 && abs(first.upper - second.upper) < 1e-8)
    }
    #expect(!estimates[0].point.isClose(to: estimates[1].point))
    var short = plan
    short.maximumIterations = 1
    #expect(try short(from: start + 3, X, samples[0]).obstacle?.contains("did not converge") == true)
    #expect(throws: TensorError.self) { _ = try plan(from: start, X, samples[0][..<5]) }
    let high = Tensor<Double>([0.01, .infinity])
    let bounded = try plan(from: start, X, samples[0], lowerBounds: Tensor([0.01, -.infinity]), upperBounds: high)
    #expect(abs(bounded.point[0].item() - 0.01) < 1e-15)
  }
}
