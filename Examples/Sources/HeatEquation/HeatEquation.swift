import Curvature
import ExampleSupport

/// A physics-informed network: the heat equation u_t = u_xx on a rod, solved by fitting a network to the equation itself by
/// least squares. Derivatives in the weights go through derivatives in the point.
@main struct HeatEquation {
  static let width = 8

  static func main() throws {
    // 12 × 12 points of the rod and of time.
    let side = (Tensor<Double>.arange(12) + 0.5) / 12
    let x = side[..., .newAxis].broadcast(to: [12, 12]).flattened()
    let t = 0.3 * side.broadcast(to: [12, 12]).flattened()
    let points = Tensor.stack([x, t], axis: 1)

    /// The temperature: right at the start and at the ends for any weights.
    func temperature(_ w: Tensor<Double>, _ points: Tensor<Double>) -> Tensor<Double> {
      let n = width
      let first = tanh(matmul(points, w[..<(2 * n)].reshaped(to: [2, n])) + w[(2 * n)..<(3 * n)])
      let second = tanh(
        matmul(first, w[(3 * n)..<(3 * n + n * n)].reshaped(to: [n, n])) + w[(3 * n + n * n)..<(4 * n + n * n)])
      let inner = matmul(second, w[(4 * n + n * n)...])
      let (x, t) = (points[..., 0], points[..., 1])
      return sin(Double.pi * x) + t * x * (1 - x) * inner
    }

    func residual(_ w: Tensor<Double>) -> Tensor<Double> {
      let u = temperature(w, points)
      let slopes = gradient(u.sum(), points)
      let bend = gradient(slopes[..., 0].sum(), points)[..., 0]
      return slopes[..., 1] - bend
    }

    let start = 0.5 * sin(Tensor<Double>.arange(5 * width + width * width) * 1.3 + 0.5)
    var comparison = try Comparison("HeatEquation")
    let (cost, slope) = valueWithGradient(at: start) { w in 0.5 * square(residual(w)).sum() }
    comparison.check("first cost", cost.item())
    comparison.check("first slope", slope.norm().item())

    let fit = try leastSquares(from: start, maximumIterations: 100, residuals: residual)
    let w = fit.minimum.point
    let u = temperature(w, points)
    let exact = exp(-Double.pi * Double.pi * t) * sin(Double.pi * x)
    let error = sqrt(square(u - exact).sum() / square(exact).sum()).item()
    print("cost \(fit.minimum.value), relative error of the temperature \(error)")
    comparison.check("u(1/2; 0.1)", temperature(w, Tensor([[0.5, 0.1]])).sum().item(), within: 1e-3)
    comparison.finish()
  }
}
