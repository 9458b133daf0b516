import Curvature
import CurvatureFiles
import ExampleSupport

/// Carbon dioxide at Mauna Loa by quarters 1958-2001: a Gaussian process with a trend and a season, its scales by maximum
/// marginal likelihood, with standard errors from the exact Hessian (Rasmussen & Williams 2006, section 5.4).
@main struct GaussianProcess {
  static func main() throws {
    let table = try Tensor<Double>(contentsOfFile: dataFile("co2.csv"))
    let (years, level) = (table[..., 0], table[..., 1])
    let y = level - level.mean()
    let count = years.count
    let distance = abs(years[..., .newAxis] - years)
    let near = square(distance)
    let season = square(sin(Double.pi * distance))

    /// The negative logarithm of the marginal likelihood; scales are given by their logarithms.
    func loss(_ p: Tensor<Double>) -> Tensor<Double> {
      let s = exp(p)
      let trend = square(s[0]) * exp(-near / (2 * square(s[1])))
      let cycle = square(s[2]) * exp(-near / (2 * square(s[3])) - 2 * season / square(s[4]))
      let L = (trend + cycle + square(s[5]) * Tensor.eye(count)).cholesky
      let z = solveTriangular(L, y, isLower: true)
      return 0.5 * dot(z, z) + log(L.diagonal()).sum() + 0.5 * Double(count) * 1.8378770664093453
    }

    let fit = try maximumLikelihood(from: Tensor([2.5, 1.7, 1.3, 4.3, 1.0, -1.0]), negativeLogLikelihood: loss)
    let errors = try fit.standardErrors()
    var comparison = try Comparison("GaussianProcess")
    comparison.check("log marginal likelihood", fit.logLikelihood)
    let names = [
      "size of the trend", "years of the trend", "size of the season", "years of the season", "shape", "noise",
    ]
    for (i, name) in names.enumerated() {
      comparison.check("log \(name)", fit.point[i].item(), within: 1e-3)
      comparison.check("error of log \(name)", errors[i].item(), within: 1e-3)
    }
    comparison.finish()
  }
}
