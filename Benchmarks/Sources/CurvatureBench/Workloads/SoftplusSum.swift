import Curvature

/// W8, "softplus": the diagonal of the Hessian of a sum of softplus over linear forms.
enum SoftplusSum {
  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("softplus", "hessian", label: "H.diagonal") { inputs in
        let a: Tensor<Scalar> = try inputs.tensor("w8_A")
        let points: [Tensor<Scalar>] = try inputs.points("w8_points")
        return Calls { k in hessian(at: points[k % points.count]) { softplus(matmul(a, $0)).sum() }.diagonal }
      }
    ]
  }
}
