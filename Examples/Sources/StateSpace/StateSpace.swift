import Curvature
import CurvatureFiles
import ExampleSupport

/// The level of the Nile at Aswan 1871-1970: a local level model by maximum likelihood, the Kalman filter as a `scan`
/// (Durbin & Koopman 2012, section 2.2).
@main struct StateSpace {
  static func main() throws {
    let volumes = try Tensor<Double>(contentsOfFile: dataFile("nile.csv"))[..., 1]

    /// The negative log-likelihood of variances given by their logarithms; the first year gives the level.
    func loss(_ p: Tensor<Double>) -> Tensor<Double> {
      let (noise, drift) = (exp(p[0]), exp(p[1]))
      let start = Tensor.stack([volumes[0], noise])
      let (_, terms) = scan(start, over: volumes[1...]) { state, volume in
        let (level, variance) = (state[0], state[1] + drift)
        let error = volume - level
        let total = variance + noise
        let gain = variance / total
        return (Tensor.stack([level + gain * error, variance * (1 - gain)]), log(total) + error * error / total)
      }
      return 0.5 * (terms.sum() + Double(volumes.count - 1) * 1.8378770664093453)
    }

    let fit = try maximumLikelihood(from: Tensor([9, 7.5]), negativeLogLikelihood: loss)
    let errors = try fit.standardErrors()
    var comparison = try Comparison("StateSpace")
    comparison.check("log-likelihood", fit.logLikelihood)
    comparison.check("variance of the noise", exp(fit.point[0]).item(), within: 1e-4)
    comparison.check("variance of the drift", exp(fit.point[1]).item(), within: 1e-4)
    comparison.check("error of log noise", errors[0].item(), within: 1e-4)
    comparison.check("error of log drift", errors[1].item(), within: 1e-4)
    comparison.finish()
  }
}
