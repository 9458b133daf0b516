import Curvature

/// W1 and W4: the chained Rosenbrock function, in a few variables with a dense Hessian and in many with a sparse one.
enum Rosenbrock {
  static func function<Scalar: DifferentiableScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (now, next) = (x[..<(-1)], x[1...])
    return (100 * square(next - square(now)) + square(1 - now)).sum()
  }

  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "hessian", label: "hessian(at:of:)") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w1_points")
        return { k in hessian(at: points[k % points.count], of: function)[...] }
      }
    ]
  }

  static func sparseVariants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] { [] }
}
