import Curvature

/// I1 to I5: lower triangles of sparse Hessians of functions that read shared variables through tables of whole numbers, each
/// at a new point in each call. Where there are several elements to a variable, both as rows and axis by axis.
enum IndexCoupled {
  /// Ways of writing a function, and how its Hessian is computed; nil for what is chosen.
  private static let styles: [(name: String, byRows: Bool, method: EvaluationMethod?)] = [
    ("rows", true, nil), ("axes", false, nil), ("colors", true, .colors),
  ]

  /// The entries of a plan's Hessian at one of some points, into memory that is used again.
  private static func hessian<Scalar: DifferentiableScalar>(
    _ inputs: Inputs, _ name: String, method: EvaluationMethod? = nil,
    _ energy: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws -> Calls<Scalar> {
    let points = try inputs.points(name + "_x") as [Tensor<Scalar>]
    let plan = try SparseHessianPlan(like: points[0], triangle: .lower, method: method, of: energy)
    let elements = points.map(\.scalars)
    var values = [Scalar](repeating: 0, count: plan.pattern.nonzeroCount)
    let first = elements[0]
    try plan.evaluate(at: first.span, hessian: values.mutableSpan)
    report(plan)
    return Calls(
      run: { k in
        let point = elements[k % elements.count]
        try plan.evaluate(at: point.span, hessian: values.mutableSpan)
      },
      result: { Tensor(entries(values, plan.pattern, inputs, name)) })
  }

  /// What is done, where somebody wants to see it.
  private static func report(_ plan: some CustomStringConvertible) {
    if CommandLine.arguments.contains("--print") { print(plan) }
  }

  /// Values at the reference's entries: a pattern may have more, of which one would say that they are zero.
  static func entries<Scalar: DifferentiableScalar>(
    _ values: [Scalar], _ pattern: SparsityPattern, _ inputs: Inputs, _ name: String
  ) -> [Scalar] {
    guard let rows = try? inputs.integers("ref_\(name)_rows"), let columns = try? inputs.integers("ref_\(name)_cols")
    else {
      return []
    }
    return zip(rows, columns).map { row, column in
      pattern.position(row: row, column: column).map { values[$0] } ?? .nan
    }
  }

  private static func table(_ inputs: Inputs, _ name: String) throws -> Tensor<Int64> {
    let file = try inputs.file(name)
    return Tensor(file.integers.map(Int64.init), shape: file.shape)
  }

  // MARK: I1: optimal power flow

  static func powerFlow<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    ["1354", "2000", "10000"].map { size in
      Variant("case" + size, "plan", label: "LagrangianPlan") { inputs in
        let name = "i1_" + size
        func column(_ what: String) throws -> Tensor<Scalar> { try inputs.tensor(name + "_" + what) }
        let (from, to, generators, slack) = (
          try table(inputs, name + "_f_bus"), try table(inputs, name + "_t_bus"), try table(inputs, name + "_gen_bus"),
          try table(inputs, name + "_ref_bus")
        )
        let (coefficients, cost, rate) = (try column("coef"), try column("cost"), try column("rate"))
        let (pd, qd, gs, bs) = (try column("pd"), try column("qd"), try column("gs"), try column("bs"))
        let (buses, units, lines) = (pd.shape[0], cost.shape[0], rate.shape[0])
        let points: [Tensor<Scalar>] = try inputs.points(name + "_x")
        let weights: [Tensor<Scalar>] = try inputs.points(name + "_theta")
        func objective(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
          let power = x[(2 * buses)..<(2 * buses + units)]
          return (cost[..., 0] * power * power + cost[..., 1] * power + cost[..., 2]).sum()
        }
        func constraints(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
          let (angle, voltage) = (x[..<buses], x[buses..<(2 * buses)])
          let (pg, qg) = (x[(2 * buses)..<(2 * buses + units)], x[(2 * buses + units)..<(2 * (buses + units))])
          let arcs = 2 * (buses + units)
          let (p, q) = (x[arcs..<(arcs + 2 * lines)], x[(arcs + 2 * lines)...])
          let (pf, pt, qf, qt) = (p[..<lines], p[lines...], q[..<lines], q[lines...])
          let difference = angle.gathered(at: from) - angle.gathered(at: to)
          let (vf, vt) = (voltage.gathered(at: from), voltage.gathered(at: to))
          let (vv, cs, sn) = (vf * vt, cos(difference), sin(difference))
          func c(_ k: Int) -> Tensor<Scalar> { coefficients[..., k - 1] }
          let flows = [
            pf - c(5) * vf * vf - c(3) * (vv * cs) - c(4) * (vv * sn),
            qf + c(6) * vf * vf + c(4) * (vv * cs) - c(3) * (vv * sn),
            pt - c(7) * vt * vt - c(1) * (vv * cs) + c(2) * (vv * sn),
            qt + c(8) * vt * vt + c(2) * (vv * cs) + c(1) * (vv * sn),
          ]
          let limits = p * p + q * q - square(Tensor.concatenate([rate, rate], axis: 0))
          let arc = Tensor.concatenate([from, to], axis: 0)
          let active = (pd + gs * voltage * voltage).scatterAdding(p, at: arc).scatterAdding(-pg, at: generators)
          let reactive = (qd - bs * voltage * voltage).scatterAdding(q, at: arc).scatterAdding(-qg, at: generators)
          return Tensor.concatenate(
            [angle.gathered(at: slack)] + flows + [difference, limits, active, reactive], axis: 0)
        }
        let plan = try LagrangianPlan(like: points[0], objective: objective, constraints: constraints)
        report(plan)
        let (elements, factors) = (points.map(\.scalars), weights.map(\.scalars))
        let multipliers = factors.map { Array($0.dropFirst()) }
        var values = [Scalar](repeating: 0, count: plan.hessianPattern.nonzeroCount)
        return Calls(
          run: { k in
            let (point, factor, weights) = (elements[k % 3], factors[k % 3][0], multipliers[k % 3])
            try plan.evaluate(
              at: point.span, objectiveFactor: factor, multipliers: weights.span, hessian: values.mutableSpan)
          }, result: { Tensor(entries(values, plan.hessianPattern, inputs, name)) })
      }
    }
  }

  // MARK: I2: bundle adjustment

  static func bundle<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    styles.map { (name, byRows, method) in
      Variant("hessian", name, label: name) { inputs in
        let (camera, point) = (try table(inputs, "i2_cam"), try table(inputs, "i2_point"))
        let seen: Tensor<Scalar> = try inputs.tensor("i2_obs")
        let cameras = Int(camera.scalars.max()!) + 1
        return try hessian(inputs, "i2", method: method) { (x: Tensor<Scalar>) in
          let (c, p): ([Tensor<Scalar>], [Tensor<Scalar>])
          if byRows {
            let rows = x[..<(9 * cameras)].reshaped(to: [cameras, 9]).gathered(at: camera)
            let places = x[(9 * cameras)...].reshaped(to: [(x.count - 9 * cameras) / 3, 3]).gathered(at: point)
            (c, p) = ((0..<9).map { rows[..., $0] }, (0..<3).map { places[..., $0] })
          } else {
            c = (0..<9).map { x.gathered(at: camera * 9 + Int64($0)) }
            p = (0..<3).map { x.gathered(at: point * 3 + Int64(9 * cameras + $0)) }
          }
          let (r, t, f, k1, k2) = (c[0..<3], c[3..<6], c[6], c[7], c[8])
          let squared = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
          let theta = sqrt(squared)
          let (cs, a) = (cos(theta), sin(theta) / theta)
          let d = (r[0] * p[0] + r[1] * p[1] + r[2] * p[2]) * (1 - cs) / squared
          let q = (0..<3).map { i in
            let (j, k) = ((i + 1) % 3, (i + 2) % 3)
            return p[i] * cs + a * (r[j] * p[k] - r[k] * p[j]) + r[i] * d + t[t.startIndex + i]
          }
          let (px, py) = (-q[0] / q[2], -q[1] / q[2])
          let s = px * px + py * py
          let z = f * (1 + s * (k1 + k2 * s))
          return (square(px * z - seen[..., 0]) + square(py * z - seen[..., 1])).sum()
        }
      }
    }
  }

  // MARK: I3: a molecule

  static func molecule<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    styles.map { (name, byRows, method) in
      Variant("hessian", name, label: name) { inputs in
        let (pairs, bonds, angles) = (
          try table(inputs, "i3_pairs"), try table(inputs, "i3_bonds"), try table(inputs, "i3_angles")
        )
        return try hessian(inputs, "i3", method: method) { (x: Tensor<Scalar>) in
          let r = x.reshaped(to: [x.count / 3, 3])
          /// Differences of two atoms' places, and sums of products of such.
          func edge(_ table: Tensor<Int64>, _ a: Int, _ b: Int) -> [Tensor<Scalar>] {
            if byRows { return [r.gathered(at: table[..., a]) - r.gathered(at: table[..., b])] }
            return (0..<3).map { r[..., $0].gathered(at: table[..., a]) - r[..., $0].gathered(at: table[..., b]) }
          }
          func dot(_ u: [Tensor<Scalar>], _ w: [Tensor<Scalar>]) -> Tensor<Scalar> {
            let products = zip(u, w).map { $0 * $1 }
            return byRows ? products[0].sum(axes: [1]) : products[0] + products[1] + products[2]
          }
          func squares(_ table: Tensor<Int64>) -> Tensor<Scalar> {
            let e = edge(table, 0, 1)
            return dot(e, e)
          }
          let s = 1 / squares(pairs)
          let s3 = s * s * s
          let (a, b) = (edge(angles, 0, 1), edge(angles, 2, 1))
          let bend = dot(a, b) / sqrt(dot(a, a) * dot(b, b)) + 0.35
          return (1.2 * ((s3 - 1) * s3)).sum() + (100 * square(sqrt(squares(bonds)) - 1.1)).sum()
            + (15 * square(bend)).sum()
        }
      }
    }
  }

  // MARK: I4: crossed random effects

  static func crossed<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    [("plan", nil), ("colors", EvaluationMethod.colors)].map { name, method in
      Variant("hessian", name, label: name) { inputs in
        let (subject, item) = (try table(inputs, "i4_subject"), try table(inputs, "i4_item"))
        let (features, y): (Tensor<Scalar>, Tensor<Scalar>) = (try inputs.tensor("i4_X"), try inputs.tensor("i4_y"))
        let subjects = 2000
        return try hessian(inputs, "i4", method: method) { (x: Tensor<Scalar>) in
          let (fixed, own, shared) = (x[..<5], x[5..<(5 + subjects)], x[(5 + subjects)...])
          let eta = matmul(features, fixed) + own.gathered(at: subject) + shared.gathered(at: item)
          return (softplus(eta) - y * eta).sum()
            + 0.5 * (0.01 * square(fixed).sum() + square(own).sum() + 2 * square(shared).sum())
        }
      }
    }
  }

  // MARK: I5: a hyperelastic mesh

  static func mesh<Scalar: DifferentiableScalar>() -> [Variant<Scalar>] {
    styles.map { (name, byRows, method) in
      Variant("hessian", name, label: name) { inputs in
        let triangles = try table(inputs, "i5_tri")
        let rest: Tensor<Scalar> = try inputs.tensor("i5_rest")
        return try hessian(inputs, "i5", method: method) { (x: Tensor<Scalar>) in
          let r = x.reshaped(to: [x.count / 2, 2])
          func corner(_ k: Int) -> [Tensor<Scalar>] {
            if byRows {
              let row = r.gathered(at: triangles)[0..., k]
              return [row[..., 0], row[..., 1]]
            }
            return (0..<2).map { r[..., $0].gathered(at: triangles[..., k]) }
          }
          let (o, u, w) = (corner(0), corner(1), corner(2))
          let (ax, ay, bx, by) = (u[0] - o[0], u[1] - o[1], w[0] - o[0], w[1] - o[1])
          func c(_ k: Int) -> Tensor<Scalar> { rest[..., k] }
          let (f00, f01) = (ax * c(0) + bx * c(2), ax * c(1) + bx * c(3))
          let (f10, f11) = (ay * c(0) + by * c(2), ay * c(1) + by * c(3))
          let j = log(f00 * f11 - f01 * f10)
          let squares = f00 * f00 + f01 * f01 + f10 * f10 + f11 * f11
          return (c(4) * (0.5 * (squares - 2) - j + 0.75 * j * j)).sum()
        }
      }
    }
  }
}
