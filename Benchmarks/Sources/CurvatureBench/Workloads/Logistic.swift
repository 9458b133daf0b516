import Curvature

/// W2: regularised logistic regression.
enum Logistic {
  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "hessian", label: "hessian(at:of:)") { inputs in
        let (f, points) = try problem(inputs, Scalar.self)
        return Calls { k in hessian(at: points[k % points.count], of: f)[...] }
      },
      Variant("hessian", "plan", label: "HessianPlan") { inputs in
        let (f, points) = try problem(inputs, Scalar.self)
        let plan = try HessianPlan(like: points[0], of: f)
        return Calls { k in try plan.hessian(at: points[k % points.count]) }
      },
    ]
  }

  private static func problem<Scalar: DifferentiableScalar>(
    _ inputs: Inputs, _: Scalar.Type
  ) throws -> (@Sendable (Tensor<Scalar>) -> Tensor<Scalar>, [Tensor<Scalar>]) {
    let inputRows: Tensor<Scalar> = try inputs.tensor("w2_X")
    let t: Tensor<Scalar> = try inputs.tensor("w2_t")
    let regularisation: Scalar = 1e-3
    return (
      { w in softplus(-t * matmul(inputRows, w)).mean() + 0.5 * regularisation * (w * w).sum() },
      try inputs.points("w2_points")
    )
  }
}
