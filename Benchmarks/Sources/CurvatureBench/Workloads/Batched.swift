import Curvature

/// W6: many small independent Hessians.
enum Batched {
  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "hessian", label: "hessian(at:batchAxis:of:)") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w6_points")
        let a: Tensor<Scalar> = try inputs.tensor("w6_A")
        return Calls { k in
          hessian(at: points[k % points.count], batchAxis: 0) { x in
            (exp(x) * sin(x.rolled(by: 1, axis: 1))).sum(axes: [1]) + 0.5 * (x * matmul(x, a)).sum(axes: [1])
          }[...]
        }
      },
      Variant("hessian", "plan", label: "HessianPlan of one, for the batch") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w6_points")
        let a: Tensor<Scalar> = try inputs.tensor("w6_A")
        let plan = try HessianPlan(like: points[0][0]) { x in
          (exp(x) * sin(x.rolled(by: 1))).sum() + 0.5 * (x * matmul(a, x)).sum()
        }
        return Calls { k in try plan(batch: points[k % points.count]).hessians }
      },
    ]
  }
}
