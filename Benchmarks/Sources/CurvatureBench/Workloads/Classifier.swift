import Curvature

/// W3, W5 and a case of W8: the mean cross-entropy of a tanh classifier with one hidden layer, in its flat parameters.
enum Classifier {
  /// W3: the whole Hessian.
  static func variants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "hessian", label: "hessian(at:of:)") { inputs in
        let (f, points) = try problem(inputs, "w3", Scalar.self)
        return Calls { k in hessian(at: points[k % points.count], of: f)[...] }
      },
      Variant("hessian", "plan", label: "HessianPlan") { inputs in
        let (f, points) = try problem(inputs, "w3", Scalar.self)
        let plan = try HessianPlan(like: points[0], of: f)
        return Calls { k in try plan.hessian(at: points[k % points.count]) }
      },
    ]
  }

  /// W5: parts of a Hessian that is too large to be held.
  static func partVariants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    func part(
      _ name: String, label: String, _ read: @escaping (Hessian<Scalar>, _ i: Int, _ j: Int) -> Tensor<Scalar>
    ) -> Variant<Scalar> {
      Variant(name, "hessian", label: label) { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        let indices = try inputs.integers("w5_indices")
        return Calls { k in read(hessian(at: points[k % points.count], of: f), indices[0], indices[1]) }
      }
    }
    return [
      part("row", label: "H[i]") { matrix, i, _ in matrix[i] },
      part("element", label: "H[i, j]") { matrix, i, j in matrix[i, j] },
      part("column", label: "H[..., j]") { matrix, _, j in matrix[..., j] },
      Variant("product", "hessian", label: "H.product(v)") { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        let v: Tensor<Scalar> = try inputs.tensor("w5_direction")
        return Calls { k in hessian(at: points[k % points.count], of: f).product(v) }
      },
      Variant("next-row", "hessian", label: "H[i + 1] after H[i]") { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        let i = try inputs.integers("w5_indices")[0]
        let matrix = hessian(at: points[0], of: f)
        matrix[i].finish()
        let rows = matrix.shape[0]
        return Calls { k in matrix[(i + 1 + k) % rows] }
      },
    ]
  }

  /// W10: the ten largest eigenvalues of W5's Hessian, and the products they are made of: one direction after another at one
  /// point, and 16 at once.
  static func eigenvalueVariants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("top-ten", "hessian", label: "H.eigenpairs(10)") { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        return Calls { k in
          let pairs = checked {
            try hessian(at: points[k % points.count], of: f).eigenpairs(
              10, at: .largest, tolerance: Scalar.scalarType == .float32 ? 2e-5 : 1e-6)
          }
          return Tensor(pairs.values.map { Scalar($0) })
        }
      },
      Variant("product", "hessian", label: "H.product(v), one point") { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        let v: Tensor<Scalar> = try inputs.tensor("w5_direction")
        let matrix = hessian(at: points[0], of: f)
        return Calls { _ in matrix.product(v) }
      },
      Variant("products", "hessian", label: "matmul(H, V), 16 columns") { inputs in
        let (f, points) = try problem(inputs, "w5", Scalar.self)
        let v: Tensor<Scalar> = try inputs.tensor("w10_directions")
        let matrix = hessian(at: points[0], of: f)
        return Calls { _ in matmul(matrix, v.transposed()).transposed() }
      },
    ]
  }

  private static func checked<Result>(_ body: () throws -> Result) -> Result {
    do { return try body() } catch { fatalError("\(error)") }
  }

  /// W8, "mlp": the diagonal of the Hessian of W3.
  static func diagonalVariants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("mlp", "hessian", label: "H.diagonal") { inputs in
        let (f, points) = try problem(inputs, "w3", Scalar.self)
        return Calls { k in hessian(at: points[k % points.count], of: f).diagonal }
      }
    ]
  }

  private static func problem<Scalar: DifferentiableScalar>(
    _ inputs: Inputs, _ workload: String, _: Scalar.Type
  ) throws -> (@Sendable (Tensor<Scalar>) -> Tensor<Scalar>, [Tensor<Scalar>]) {
    let inputRows: Tensor<Scalar> = try inputs.tensor(workload + "_X")
    let sizes = try inputs.integers(workload + "_sizes")
    let labels = Tensor<Int64>(try inputs.integers(workload + "_labels").map(Int64.init))
    let targets: Tensor<Scalar> = labels.oneHot(classes: sizes[2])
    return (
      { p in
        let layers = Network.layers(p, sizes)
        let hidden = tanh(matmul(inputRows, layers[0].weights) + layers[0].bias)
        let logits = matmul(hidden, layers[1].weights) + layers[1].bias
        return -(targets * logits.logSoftmax()).sum(axes: [1]).mean()
      },
      try inputs.points(workload + "_points")
    )
  }
}

/// Layers in a flat parameter vector: weights (inputs x outputs, row-major), bias, weights, bias, …
enum Network {
  static func layers<Scalar: DifferentiableScalar>(
    _ p: Tensor<Scalar>, _ sizes: [Int]
  ) -> [(weights: Tensor<Scalar>, bias: Tensor<Scalar>)] {
    var start = 0
    return zip(sizes, sizes.dropFirst()).map { inputs, outputs in
      let middle = start + inputs * outputs
      defer { start = middle + outputs }
      return (p[start..<middle].reshaped(to: [inputs, outputs]), p[middle..<(middle + outputs)])
    }
  }
}
