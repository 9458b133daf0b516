import Curvature
import TensorGraph
import Testing

@Suite("Values that equations define") struct ImplicitTests {
  private static func derivative(_ y: Tensor<Double>, _ x: Tensor<Double>) -> Tensor<Double> { gradient(y.sum(), x) }

  @Test("A square root by its equation has the root's derivatives to fifth order") func squareRoot() {
    let a = Tensor<Double>([2, 0.25, 9])
    let x = root(near: Tensor<Double>([1, 1, 1])) { $0 * $0 - a }
    var (found, expected) = (x, sqrt(a))
    for order in 0...5 {
      #expect(found.isClose(to: expected, relative: 1e-11, absolute: 1e-12), "order \(order): \(found.scalars)")
      (found, expected) = (Self.derivative(found, a), Self.derivative(expected, a))
    }
  }

  @Test("A coupled system: the Hessian of its solution by differences") func system() throws {
    let check = try checkDerivatives(
      of: { parameters in
        let solution = root(near: Tensor<Double>([1, 1])) { x in
          let first = x[0] * x[0] + parameters[0] * x[1] - 3
          let second = x[0] * x[1] + sin(parameters[1] * x[0]) - 1
          return Tensor.stack([first, second])
        }
        return (solution * solution).sum() * solution[0]
      }, at: Tensor<Double>([1.5, 0.5]), order: 3)
    #expect(check.isPassed, "\(check)")
  }

  @Test("Kepler's equation as a fixed point, at new points of a plan too") func kepler() throws {
    func anomaly(_ x: Tensor<Double>) -> Tensor<Double> {
      fixedPoint(from: x[0]) { x[0] + x[1] * sin($0) }
    }
    let check = try checkDerivatives(of: anomaly, at: Tensor<Double>([1, 0.3]), order: 3)
    #expect(check.isPassed, "\(check)")
    let plan = try HessianPlan(like: Tensor<Double>([1, 0.3]), of: anomaly)
    let point = Tensor<Double>([0.5, 0.6])
    let planned = try plan(point).hessian
    #expect(planned.isClose(to: hessian(at: point, of: anomaly)[...], relative: 1e-10))
  }

  @Test("A root depends on what the equation captures, and on nothing else") func captured() {
    let a = Tensor<Float>([2, 3])
    let x = root(near: Tensor<Float>([1, 1])) { $0 * $0 - a }
    #expect(x.isClose(to: sqrt(a), relative: 1e-6))
    #expect(hessian(x.sum(), a)[...].isClose(to: hessian(sqrt(a).sum(), a)[...], relative: 1e-5, absolute: 1e-7))
    #expect(root(near: Tensor([1.0])) { $0 * $0 - 2 }.isClose(to: Tensor([(2.0).squareRoot()]), relative: 1e-15))
  }

  @Test("What does not converge is NaN") func divergent() {
    let x = root(near: Tensor<Double>([0.5])) { $0 * $0 + 1 }
    #expect(x.scalars[0].isNaN)
  }
}
