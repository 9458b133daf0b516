import Curvature

/// W7: the Laplacian of a scalar tanh network in its inputs, at many points.
enum ScalarNetwork {
  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("laplacian", "laplacian", label: "laplacian(at:of:)") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w7_points")
        let layers = Network.layers(
          try inputs.tensor("w7_parameters") as Tensor<Scalar>, try inputs.integers("w7_sizes"))
        return Calls { k in
          laplacian(at: points[k % points.count], batchAxis: 0) { x in
            let hidden = layers.dropLast().reduce(x) { tanh(matmul($0, $1.weights) + $1.bias) }
            return (matmul(hidden, layers.last!.weights) + layers.last!.bias)[..., 0]
          }
        }
      }
    ]
  }
}
