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
        return Calls { k in hessian(at: points[k % points.count], of: function)[...] }
      },
      Variant("hessian", "plan", label: "HessianPlan, into own memory") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w1_points")
        let elements = points.map(\.scalars)
        let plan = try HessianPlan(like: points[0], of: function)
        let size = points[0].count
        var results = [Scalar](repeating: 0, count: size * size)
        return Calls(
          run: { k in
            let x = elements[k % elements.count]
            try plan.evaluate(at: x.span, hessian: results.mutableSpan)
          },
          result: { Tensor(results, shape: [size, size]) })
      },
    ]
  }

  static func sparseVariants<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    ["nonzeros", "million"].flatMap { name in
      [
        Variant(name, "plan", label: "SparseHessianPlan, into own memory") { inputs in
          let points: [Tensor<Scalar>] = try inputs.points("w4_" + name)
          let elements = points.map(\.scalars)
          let plan = try SparseHessianPlan(like: points[0], of: function)
          var values = [Scalar](repeating: 0, count: plan.pattern.nonzeroCount)
          return Calls(
            run: { k in
              let x = elements[k % elements.count]
              try plan.evaluate(at: x.span, hessian: values.mutableSpan)
            },
            result: { bands(of: SparseMatrix(pattern: plan.pattern, values: values)) })
        },
        Variant(name, "sparse", label: "hessian(at:of:).sparse()") { inputs in
          let points: [Tensor<Scalar>] = try inputs.points("w4_" + name)
          var latest: SparseMatrix<Scalar>?
          return Calls(
            run: { k in latest = try hessian(at: points[k % points.count], of: function).sparse() },
            result: { bands(of: latest!) })
        },
      ]
    }
  }

  /// The main diagonal and the one above it of a tridiagonal matrix, one after the other.
  private static func bands<Scalar: DifferentiableScalar>(of matrix: SparseMatrix<Scalar>) -> Tensor<Scalar> {
    var (diagonal, above) = ([Scalar](), [Scalar]())
    for (place, (row, column)) in matrix.pattern.coordinates.enumerated() {
      if column == row { diagonal.append(matrix.values[place]) }
      if column == row + 1 { above.append(matrix.values[place]) }
    }
    return Tensor(diagonal + above)
  }
}
