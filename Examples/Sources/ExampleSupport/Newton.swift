import Curvature

/// The minimum of a function by Newton's method with halved steps.
public func newtonMinimum(
  of function: (Tensor<Double>) throws -> Tensor<Double>, from start: Tensor<Double>, steps: Int = 100
) throws -> (x: Tensor<Double>, value: Double, hessian: Tensor<Double>) {
  let plan = try HessianPlan(like: start, of: function)
  var x = start
  for _ in 0..<steps {
    let (value, slope, hessian) = try plan(x)
    let step = solve(hessian, -slope).detached()
    let decrease = -dot(slope, step).item()
    if decrease < 1e-14 * (1 + abs(value)) { return (x, value, hessian) }
    var length = 1.0
    while try !(plan.value(at: x + length * step) <= value - 1e-4 * length * decrease), length > 1e-10 { length /= 2 }
    x = (x + length * step).detached()
  }
  fatalError("Newton's method has not converged")
}
