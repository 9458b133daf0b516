import Curvature
import ExampleSupport

/// How long a remission lasts: Weibull regression with censored times on the trial of 6-mercaptopurine (Freireich et al.,
/// Blood 21, 1963), with standard errors and an interval for the median time.
@main struct Survival {
  /// Weeks; negative where the patient was still in remission when last seen.
  static let placebo: [Double] = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
  static let treated: [Double] = [
    6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35,
  ]

  static func main() throws {
    let times = Tensor(placebo + treated)
    let weeks = abs(times)
    let isObserved = Tensor<Double>(times .> 0)
    let isTreated = Tensor([Double](repeating: 0, count: placebo.count) + [Double](repeating: 1, count: treated.count))

    // ln T = intercept + treatment · x + scale · W, where W has the extreme value distribution.
    let fit = try maximumLikelihood(from: Tensor([2, 0, 0.0])) { p in
      let z = (log(weeks) - p[0] - p[1] * isTreated) / exp(p[2])
      return exp(z) - isObserved * (z - p[2] - log(weeks))
    }
    let errors = try fit.standardErrors()

    var comparison = try Comparison("Survival")
    comparison.check("log-likelihood", fit.logLikelihood)
    for (i, name) in ["intercept", "treatment", "log scale"].enumerated() {
      comparison.check(name, fit.point[i].item())
      comparison.check("error of \(name)", errors[i].item())
    }
    let median = try fit.deltaMethod { p in exp(p[0] + p[1] + exp(p[2]) * log(log(Tensor(2.0)))) }
    comparison.check("median when treated", median.value.item())
    comparison.check("error of that median", median.standardErrors.item())
    comparison.finish()
  }
}
