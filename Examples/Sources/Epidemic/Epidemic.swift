import Curvature
import ExampleSupport

/// Influenza in a boarding school of 763 boys (British Medical Journal, 4 March 1978): an epidemic model fitted by least
/// squares, integrated by Runge and Kutta's method within a `scan`.
@main struct Epidemic {
  static let inBed: [Double] = [3, 8, 28, 75, 221, 291, 255, 235, 190, 125, 70, 28, 12, 5]

  static func main() throws {
    let observed = Tensor(inBed)
    let stepsPerDay = 20

    /// The infected boys at the end of each day, given the rates of infection and recovery.
    func infected(_ rates: Tensor<Double>) -> Tensor<Double> {
      let (infection, recovery) = (rates[0], rates[1])
      let h = 1 / Double(stepsPerDay)
      func slope(_ y: Tensor<Double>) -> Tensor<Double> {
        let (new, over) = (infection * y[0] * y[1] / 763, recovery * y[1])
        return Tensor.stack([-new, new - over])
      }
      func step(_ y: Tensor<Double>) -> Tensor<Double> {
        let a = slope(y)
        let b = slope(y + 0.5 * h * a)
        let c = slope(y + 0.5 * h * b)
        let d = slope(y + h * c)
        return y + h / 6 * (a + 2 * b + 2 * c + d)
      }
      let steps = Tensor<Double>.zeros([(inBed.count - 1) * stepsPerDay])
      let (_, path) = scan(Tensor([760.0, 3]), over: steps) { y, _ in
        let next = step(y)
        return (next, next[1])
      }
      return Tensor.concatenate([Tensor([3.0]), path[((stepsPerDay - 1)...).every(stepsPerDay)]])
    }

    let fit = try leastSquares(from: Tensor([1.7, 0.45])) { rates in infected(rates) - observed }
    guard let statistics = fit.statistics, let errors = statistics.standardDeviations else {
      fatalError("\(fit.minimum)")
    }

    var comparison = try Comparison("Epidemic")
    comparison.check("rate of infection", fit.minimum.point[0].item())
    comparison.check("rate of recovery", fit.minimum.point[1].item())
    comparison.check("sum of squares", statistics.residualSumOfSquares)
    comparison.check("error of infection", errors[0])
    comparison.check("error of recovery", errors[1])
    comparison.finish()
  }
}
