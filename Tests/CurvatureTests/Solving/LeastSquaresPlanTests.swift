import Curvature
import TestSupport
import Testing

@Suite struct LeastSquaresPlanTests {
  // y = a + b x through (0, 1), (1, 3), (2, 4), (3, 4): a = 1.5, b = 1, RSS = 1, s² = 1/2, Σ(x - x̄)² = 5.
  @Test("A straight line has the deviations of the textbook") func line() throws {
    let (x, y) = (Tensor<Double>([0, 1, 2, 3]), Tensor<Double>([1, 3, 4, 4]))
    let fit = try leastSquares(from: Tensor<Double>([0, 0]), x, y) { b, x, y in y - b[0] - b[1] * x }
    #expect(fit.isConverged && fit.minimum.curvature.kind == .minimum)
    #expect(fit.minimum.point.isClose(to: Tensor([1.5, 1]), relative: 1e-14))
    #expect(abs(fit.minimum.value - 0.5) < 1e-14 && fit.residuals.count == 4)
    let statistics = try #require(fit.statistics)
    #expect(abs(statistics.residualSumOfSquares - 1) < 1e-14 && statistics.degreesOfFreedom == 2)
    let deviations = try #require(statistics.standardDeviations)
    #expect(abs(deviations[0] - (0.5 * 14 / 20).squareRoot()) < 1e-14 && abs(deviations[1] - 0.1.squareRoot()) < 1e-14)
    #expect(fit.minimum.counts.values > 0 && fit.minimum.counts.hessians > 0)
  }

  @Test("Data are given anew, and bounds hold a parameter where they must") func dataAndBounds() throws {
    let x = Tensor<Double>.linspace(0, 4, 30)
    let plan = try LeastSquaresPlan(like: Tensor<Double>([1, 1]), x, x) { b, x, y in y - b[0] * exp(-b[1] * x) }
    for rate in [0.5, 2.0] {
      let fit = try plan(from: Tensor([1, 1]), x, 3 * exp(-rate * x))
      #expect(fit.isConverged && fit.minimum.point.isClose(to: Tensor([3, rate]), relative: 1e-10), "\(fit.minimum)")
      let bounded = try plan(
        from: Tensor([1, 1]), x, 3 * exp(-rate * x), lowerBounds: Tensor([0, 1]), upperBounds: Tensor([10, 5]))
      #expect(bounded.isConverged, "\(bounded.minimum)")
      #expect(abs(bounded.minimum.point.scalars[1] - max(1, rate)) < 1e-7)
      #expect(
        (bounded.statistics == nil) == (rate < 1) && bounded.minimum.curvature.heldVariables == (rate < 1 ? 1 : 0))
    }
  }

  @Test("Parameters that the data do not tell apart are named") func singular() throws {
    let x = Tensor<Double>([1, 2, 3])
    let fit = try leastSquares(from: [Tensor<Double>(1), Tensor<Double>(2)], x) { b, x in (b[0] + b[1]) * x - 5 * x }
    #expect(fit.minimum.curvature.kind == .singular && fit.statistics?.standardDeviations == nil)
    #expect(fit.minimum.curvatureText.contains("[0] - [1]"), "\(fit.minimum.curvatureText)")
  }
}
