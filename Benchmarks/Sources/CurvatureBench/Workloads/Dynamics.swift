import Curvature

/// W11 to W14: recurrences of few numbers, a reaction with diffusion on a grid, many small robots, an optimal motion.
enum Dynamics {
  // MARK: W11

  /// 10 000 Euler steps of the Lorenz system; the square of where they end.
  private static func orbit<Scalar: DifferentiableScalar>(_ start: Tensor<Scalar>) -> Tensor<Scalar> {
    let end = iterate(start, count: 10_000) { s in
      let (x, y, z) = (s[0], s[1], s[2])
      let slope = Tensor.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
      return s + 1e-4 * slope
    }
    return square(end).sum()
  }

  /// A recurrent network with `batch` sequences of as many inputs as hidden numbers; parameters in one vector.
  private static func network<Scalar: DifferentiableScalar>(
    _ p: Tensor<Scalar>, _ inputs: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let (batch, width) = (inputs.shape[1], inputs.shape[2])
    let w = p[..<(width * width)].reshaped(to: [width, width])
    let u = p[(width * width)..<(2 * width * width)].reshaped(to: [width, width])
    let b = p[(2 * width * width)...]
    let (last, _) = scan(Tensor<Scalar>.zeros([batch, width]), over: inputs) { h, x in
      let next = tanh(matmul(x, w) + matmul(h, u) + b)
      return (next, next.sum())
    }
    return square(last).sum()
  }

  static func recurrences<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    func orbits(
      _ name: String, _ size: Int,
      _ make: @escaping (Tensor<Scalar>) throws -> ([Scalar], inout [Scalar]) throws -> Void
    ) -> Variant<Scalar> {
      Variant(name, "plan", label: "a plan, into own memory") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w11_points")
        let elements = points.map(\.scalars)
        let evaluate = try make(points[0])
        var result = [Scalar](repeating: 0, count: size)
        return Calls(
          run: { k in try evaluate(elements[k % elements.count], &result) },
          result: { Tensor(result, shape: [size]) })
      }
    }
    func networks(_ name: String) -> Variant<Scalar> {
      Variant(name, "plan", label: "GradientPlan") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w11_\(name)")
        let sequences: Tensor<Scalar> = try inputs.tensor("w11_\(name)_inputs")
        let plan = try GradientPlan(like: points[0]) { network($0, sequences) }
        return Calls { k in try plan(points[k % points.count]).gradient }
      }
    }
    return [
      orbits("steps-value", 1) { point in
        let plan = try GradientPlan(like: point, of: orbit)
        return { x, result in try plan.evaluate(at: x.span, value: &result[0]) }
      },
      orbits("steps-gradient", 3) { point in
        let plan = try GradientPlan(like: point, of: orbit)
        var value: Scalar = 0
        return { x, result in try plan.evaluate(at: x.span, value: &value, gradient: result.mutableSpan) }
      },
      orbits("steps-hessian", 9) { point in
        let plan = try HessianPlan(like: point, of: orbit)
        return { x, result in try plan.evaluate(at: x.span, hessian: result.mutableSpan) }
      },
      networks("network-500"), networks("network-32"),
    ]
  }

  // MARK: W12

  /// The Brusselator on a periodic grid: the rates of both substances, shape [2, n, n], at concentrations of the same shape.
  private static func brusselator<Scalar: DifferentiableScalar>(_ c: Tensor<Scalar>) -> Tensor<Scalar> {
    let (u, v) = (c[0], c[1])
    func spread(_ a: Tensor<Scalar>) -> Tensor<Scalar> {
      a.rolled(by: 1, axis: 0) + a.rolled(by: -1, axis: 0) + a.rolled(by: 1, axis: 1) + a.rolled(by: -1, axis: 1) - 4
        * a
    }
    let reaction = square(u) * v
    return Tensor.stack([1 + reaction - 4.4 * u + 0.5 * spread(u), 3.4 * u - reaction + 0.5 * spread(v)])
  }

  static func grid<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("jacobian", "plan", label: "SparseJacobianPlan with the value") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w12_points")
        let elements = points.map(\.scalars)
        let plan = try SparseJacobianPlan(like: points[0], of: brusselator)
        var rates = [Scalar](repeating: 0, count: points[0].count)
        var values = [Scalar](repeating: 0, count: plan.pattern.nonzeroCount)
        return Calls(
          run: { k in
            let x = elements[k % elements.count]
            try plan.evaluate(at: x.span, value: rates.mutableSpan, jacobian: values.mutableSpan)
          },
          result: { Tensor(values, shape: [values.count]) })
      }
    ]
  }

  // MARK: W13

  /// The squared distance of the tip of an arm from where it should be: 6 joints about z and y in turns, links of length 1 along x.
  private static func distance<Scalar: DifferentiableScalar>(_ q: Tensor<Scalar>) -> Tensor<Scalar> {
    var (x, y, z) = (Tensor<Scalar>(0), Tensor<Scalar>(0), Tensor<Scalar>(0))
    for joint in (0..<6).reversed() {
      let (c, s) = (cos(q[joint]), sin(q[joint]))
      x = x + 1
      if joint.isMultiple(of: 2) {
        (x, y) = (c * x - s * y, s * x + c * y)
      } else {
        (x, z) = (c * x + s * z, c * z - s * x)
      }
    }
    return square(x - 1) + square(y - 2) + square(z - 1)
  }

  static func arms<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "plan", label: "HessianPlan of one, for the batch") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w13_points")
        let plan = try HessianPlan(like: points[0][0], of: distance)
        return Calls { k in try plan(batch: points[k % points.count]).hessians }
      }
    ]
  }

  // MARK: W14

  /// How a cart with a pole moves: rates of position, angle, speed and angular rate, rows of a tensor whose fifth row is the force.
  private static func cartPole<Scalar: DifferentiableScalar>(_ z: Tensor<Scalar>) -> Tensor<Scalar> {
    let (s, c, rate, force) = (sin(z[1]), cos(z[1]), z[3], z[4])
    let (inertia, swing) = (1 + 0.3 * square(s), 0.5 * square(rate))
    let acceleration = (force + 0.3 * s * (swing + 9.81 * c)) / inertia
    let turning = -(force * c + 0.3 * swing * c * s + 1.3 * 9.81 * s) / (0.5 * inertia)
    return Tensor.stack([z[2], rate, acceleration, turning])
  }

  /// The cost of a motion in nodes of five numbers, and what its intervals miss of Simpson's rule, times multipliers.
  private static func lagrangian<Scalar: DifferentiableScalar>(
    _ x: Tensor<Scalar>, _ multipliers: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let step: Scalar = 0.01
    let z = x.reshaped(to: [x.shape[0] / 5, 5]).transposed()
    let f = cartPole(z)
    let (z0, z1) = (z[..., ..<(-1)], z[..., 1...])
    let (f0, f1) = (f[..., ..<(-1)], f[..., 1...])
    let middle = 0.5 * (z0[..<4] + z1[..<4]) + step / 8 * (f0 - f1)
    let force = 0.5 * (z0[4...] + z1[4...])
    let slopes = f0 + 4 * cartPole(Tensor.concatenate([middle, force])) + f1
    let gaps = z1[..<4] - z0[..<4] - step / 6 * slopes
    return 0.5 * step * (square(z0[4]) + square(z1[4])).sum() + (multipliers.transposed() * gaps).sum()
  }

  static func collocation<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [
      Variant("hessian", "plan", label: "SparseHessianPlan of the lower triangle") { inputs in
        let points: [Tensor<Scalar>] = try inputs.points("w14_x")
        let multipliers: [Tensor<Scalar>] = try inputs.points("w14_multipliers")
        let plan = try SparseHessianPlan(like: points[0], multipliers[0], triangle: .lower, of: lagrangian)
        let elements = points.map(\.scalars)
        var values = [Scalar](repeating: 0, count: plan.pattern.nonzeroCount)
        return Calls(
          run: { k in
            let (x, weights) = (elements[k % elements.count], multipliers[k % multipliers.count])
            try plan.evaluate(at: x.span, weights, hessian: values.mutableSpan)
          },
          result: { Tensor(IndexCoupled.entries(values, plan.pattern, inputs, "w14")) })
      }
    ]
  }
}
