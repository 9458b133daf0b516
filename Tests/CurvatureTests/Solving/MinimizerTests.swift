import Curvature
import TestSupport
import Testing

@Suite("Minimizers that are differentiated") struct MinimizerTests {
  private static let X = Tensor<Double>([[1, 2, 0], [3, -1, 1], [0, 1, 2], [2, 2, -1], [1, 0, 1]])
  private static let y = Tensor<Double>([1, 2, 0, 3, -1])
  private static let V = Tensor<Double>([[1, 0, 2], [1, 1, -1]])
  private static let v = Tensor<Double>([1, 2])

  @Test("Ridge regression: the loss on other data to the third derivative in the penalties") func ridge() throws {
    func loss(_ w: Tensor<Double>) -> Tensor<Double> { square(matmul(Self.V, w) - Self.v).sum() }
    let penalty = Tensor<Double>([0.3, 2, 0.7])
    let w = try minimizer(from: Tensor<Double>.zeros([3])) { w in
      square(matmul(Self.X, w) - Self.y).sum() + (penalty * square(w)).sum()
    }
    let closed = solve(
      matmul(Self.X.transposed(), Self.X) + Tensor<Double>.eye(3) * penalty, matmul(Self.X.transposed(), Self.y))
    #expect(w.isClose(to: closed, relative: 1e-13))
    let (found, expected) = (loss(w), loss(closed))
    #expect(gradient(found, penalty).isClose(to: gradient(expected, penalty), relative: 1e-11))
    #expect(hessian(found, penalty)[...].isClose(to: hessian(expected, penalty)[...], relative: 1e-10))
    let third = gradient(hessian(found, penalty)[0, 1], penalty)
    #expect(third.isClose(to: gradient(hessian(expected, penalty)[0, 1], penalty), relative: 1e-9))
    #expect(jacobian(w, penalty)[...].isClose(to: jacobian(closed, penalty)[...], relative: 1e-11))
  }

  @Test("A function that is not quadratic, by differences, in data and penalty") func logistic() throws {
    let check = try checkDerivatives(
      of: { p in
        let w = try! minimizer(from: Tensor<Double>.zeros([3])) { w in
          softplus(-p[0] * matmul(Self.X, w) * Self.y).sum() + exp(p[1]) * square(w).sum() + p[2] * w[0]
        }
        return (w * w * w).sum() + p[0] * w[1]
      }, at: Tensor<Double>([0.8, -1, 0.3]), order: 3)
    #expect(check.isPassed, "\(check)")
  }

  @Test("A structure of tensors, and singles") func forms() throws {
    struct Line: TensorStruct {
      var slope: Tensor<Double>, start: Tensor<Double>
      static var tensors: TensorMembers<Line, Double> { TensorMembers(\.slope, \.start) }
    }
    let x = Tensor<Double>([0, 1, 2, 4]), t = Tensor<Double>([1, 3, 2, 6])
    let fit = try minimizer(from: Line(slope: 0, start: 0)) { m in square(m.slope * x + m.start - t).sum() }
    let deviation = x - x.mean()
    let slope = (deviation * t).sum() / square(deviation).sum()
    #expect(fit.slope.isClose(to: slope) && fit.start.isClose(to: t.mean() - slope * x.mean()))
    #expect(gradient(fit.slope, x).isClose(to: gradient(slope, x), relative: 1e-10))
    #expect(hessian(fit.start, t)[...].isClose(to: .zeros(4, 4), absolute: 1e-12))
    let single = Tensor<Float>([2])
    let root = try minimizer(from: Tensor<Float>([1])) { ($0 * $0 * $0 / 3 - single * $0).sum() }
    #expect(abs(root.item() - 1.4142135) < 1e-5 && abs(gradient(root.sum(), single).item() - 0.35355338) < 1e-4)
    #expect(try minimizer(from: Tensor<Double>([1])) { square($0 - 3).sum() }.isClose(to: Tensor([3])))
  }

  @Test("Bounds that hold are constants; derivatives in the bounds themselves are theirs") func bounds() throws {
    let c = Tensor<Double>([1, 5, -4]), low = Tensor<Double>([-1, -1, -1]), high = Tensor<Double>([3, 2, 3])
    let x = try minimizer(from: Tensor<Double>.zeros([3]), lowerBounds: low, upperBounds: high) { x in
      square(x - c).sum() + x[0] * x[1]
    }
    #expect(x.isClose(to: Tensor([0, 2, -1]), absolute: 1e-12))
    #expect(jacobian(x, c)[...].isClose(to: Tensor([[1, 0, 0], [0, 0, 0], [0, 0, 0]]), absolute: 1e-12))
    // x₀ = c₀ - x₁/2 with x₁ on its upper bound.
    #expect(jacobian(x, high)[...].isClose(to: Tensor([[0, -0.5, 0], [0, 1, 0], [0, 0, 0]]), absolute: 1e-12))
    #expect(jacobian(x, low)[...].isClose(to: Tensor([[0, 0, 0], [0, 0, 0], [0, 0, 1]]), absolute: 1e-12))
    let open = try minimizer(
      from: Tensor<Double>([0, 0]), lowerBounds: Tensor<Double>([-.infinity, 1]),
      upperBounds: Tensor<Double>([0.5, .infinity])
    ) { x in square(x - c[..<2]).sum() }
    #expect(open.isClose(to: Tensor([0.5, 5])))
    #expect(jacobian(open, c)[...].isClose(to: Tensor([[0, 0, 0], [0, 1, 0]]), absolute: 1e-12))
  }

  @Test("Least squares: estimates move with the observations as the theorem says") func leastSquares() throws {
    let x = Tensor<Double>([1, 2, 3, 4])
    let observations = Tensor<Double>([2.6, 7.5, 20.3, 54.0])
    func estimate(_ y: Tensor<Double>) throws -> Tensor<Double> {
      try leastSquaresMinimizer(from: Tensor<Double>([0.9, 0.1])) { b in exp(b[0] * x) + b[1] - y }
    }
    let check = try checkDerivatives(of: { try! estimate($0).sum() }, at: observations, order: 2)
    #expect(check.isPassed, "\(check)")
    let linear = try leastSquaresMinimizer(from: Tensor<Double>.zeros([3])) { matmul(Self.X, $0) - Self.y }
    let hat = matmul(Self.X, jacobian(linear, Self.y)[...])
    #expect(hat.isClose(to: matmul(Self.X, Self.X.pseudoInverse(cutoff: 1e-12)), relative: 1e-9, absolute: 1e-12))
  }

  @Test("Where there is no such function, the error says why") func refusals() throws {
    let c = Tensor<Double>(1)
    func message(_ body: () throws -> Tensor<Double>) -> String {
      do { return "\(try body())" } catch { return "\(error)" }
    }
    let start = Tensor<Double>([0.5, 0.25])
    #expect(message { try minimizer(from: start) { square($0.sum() - c) } }.contains("Hessian is singular along"))
    #expect(message { try minimizer(from: start) { c * $0.sum() } }.contains("no minimum was found"))
    #expect(
      message {
        try minimizer(from: start, maximumIterations: 1) { x in square(exp(x) - c).sum() + exp(square(x)).sum() }
      }
      .contains("after 1 step"))
    #expect(message { try minimizer(from: start) { $0 * c } }.contains("gradient"))
    #expect(
      message { try minimizer(from: start, lowerBounds: Tensor([1, -9])) { square($0 - c).sum() } }
        .contains("does not hold it"))
    #expect(
      message { try minimizer(from: Tensor([.nan, 0])) { square($0 - c).sum() } }.contains("start at finite numbers"))
    #expect(throws: TensorError.self) {
      _ = try HessianPlan(like: c) { c in try minimizer(from: start) { square($0 - c).sum() }.sum() }
    }
  }
}
