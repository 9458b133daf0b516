import TensorGraph

/// Functions that read shared variables through tables of whole numbers, as simulation and statistics have them: each a
/// shape of points near which it is smooth, and the function.
package struct IndexCoupledProblem: Sendable, CustomStringConvertible {
  package let description: String
  package let point: Tensor<Double>
  package let f: @Sendable (Tensor<Double>) -> Tensor<Double>

  /// Problems of `size` elements, where there are two ways of writing one in both.
  package static func all(size: Int) -> [IndexCoupledProblem] {
    [
      powerFlow(size), bundle(size, byRows: true), bundle(size, byRows: false), molecule(size, byRows: true),
      molecule(size, byRows: false), crossed(size), mesh(size, byRows: true), mesh(size, byRows: false), solid(size),
      paths(size),
    ]
  }

  private static func table(_ count: Int, below extent: Int, _ generator: inout RepeatableGenerator) -> [Int64] {
    (0..<count).map { _ in Int64(generator.integer(in: 0...(extent - 1))) }
  }

  /// Elements of a range.
  private static func reals(
    _ count: Int, _ range: ClosedRange<Double>, _ generator: inout RepeatableGenerator
  ) -> Tensor<Double> {
    Tensor(generator.reals(count, in: range))
  }

  /// Flows of alternating current along branches between buses, with their squares limited by penalties.
  package static func powerFlow(_ branches: Int) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 1)
    let buses = branches * 2 / 3 + 2
    let starts = table(branches, below: buses, &generator)
    let ends = starts.map { ($0 + 1 + Int64(generator.integer(in: 0...2))) % Int64(buses) }
    let (from, to) = (Tensor(starts), Tensor(ends))
    let (g, b) = (reals(branches, 0.5...2, &generator), reals(branches, -2...(-0.5), &generator))
    let demand = reals(buses, 0...1, &generator)
    let point = Tensor.concatenate(
      [reals(buses, -0.4...0.4, &generator), reals(buses, 0.9...1.1, &generator)], axis: 0)
    return IndexCoupledProblem(description: "power flow", point: point) { x in
      let (angle, voltage) = (x[..<buses], x[buses...])
      let difference = angle.gathered(at: from) - angle.gathered(at: to)
      let (vf, vt) = (voltage.gathered(at: from), voltage.gathered(at: to))
      let flow = g * vf * vf - vf * vt * (g * cos(difference) + b * sin(difference))
      let balance = (demand + 0.1 * voltage * voltage).scatterAdding(flow, at: from).scatterAdding(-flow, at: to)
      return (demand * balance).sum() + square(flow).sum()
    }
  }

  /// Errors of points seen by cameras, which have a rotation vector, a translation and a focal length.
  package static func bundle(_ count: Int, byRows: Bool) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 2)
    let (cameras, points) = (3, count / 3 + 1)
    let camera = Tensor(table(count, below: cameras, &generator))
    let point = Tensor(table(count, below: points, &generator))
    let seen = reals(count, -1...1, &generator)
    let start = Tensor.concatenate(
      [reals(7 * cameras, 0.5...1.5, &generator), reals(3 * points, 2...3, &generator)], axis: 0)
    return IndexCoupledProblem(description: "bundle, by \(byRows ? "rows" : "axes")", point: start) { x in
      let (c, p): ([Tensor<Double>], [Tensor<Double>])
      if byRows {
        let rows = x[..<(7 * cameras)].reshaped(to: [cameras, 7]).gathered(at: camera)
        let places = x[(7 * cameras)...].reshaped(to: [points, 3]).gathered(at: point)
        (c, p) = ((0..<7).map { rows[..., $0] }, (0..<3).map { places[..., $0] })
      } else {
        c = (0..<7).map { x.gathered(at: camera * 7 + Int64($0)) }
        p = (0..<3).map { x.gathered(at: point * 3 + Int64(7 * cameras + $0)) }
      }
      let squared = c[0] * c[0] + c[1] * c[1] + c[2] * c[2]
      let theta = sqrt(squared)
      let (cs, a) = (cos(theta), sin(theta) / theta)
      let q = (0..<3).map { i in
        p[i] * cs + a * (c[(i + 1) % 3] * p[(i + 2) % 3] - c[(i + 2) % 3] * p[(i + 1) % 3]) + c[3 + i]
      }
      let depth = 4 + square(q[2])
      return (square(c[6] * q[0] / depth - seen) + square(c[6] * q[1] / depth + seen)).sum()
    }
  }

  /// The energy of pairs and angles of atoms.
  package static func molecule(_ count: Int, byRows: Bool) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 3)
    let atoms = count / 4 + 4
    let first = table(count, below: atoms, &generator)
    let second = first.map { ($0 + 1 + Int64(generator.integer(in: 0...1))) % Int64(atoms) }
    let third = first.map { ($0 + 3) % Int64(atoms) }
    let corners = [first, second, third].map { Tensor($0) }
    let point = reals(3 * atoms, -2...2, &generator)
    return IndexCoupledProblem(description: "molecule, by \(byRows ? "rows" : "axes")", point: point) { x in
      let r = x.reshaped(to: [atoms, 3])
      func edge(_ a: Int, _ b: Int) -> [Tensor<Double>] {
        if byRows { return [r.gathered(at: corners[a]) - r.gathered(at: corners[b])] }
        return (0..<3).map { r[..., $0].gathered(at: corners[a]) - r[..., $0].gathered(at: corners[b]) }
      }
      func dot(_ u: [Tensor<Double>], _ w: [Tensor<Double>]) -> Tensor<Double> {
        let products = zip(u, w).map { $0 * $1 }
        return byRows ? products[0].sum(axes: [1]) : products[0] + products[1] + products[2]
      }
      let (a, b) = (edge(0, 1), edge(2, 1))
      let s = 1 / (1 + dot(a, a))
      let bend = dot(a, b) / sqrt((1 + dot(a, a)) * (1 + dot(b, b)))
      return (s * s * s - s).sum() + square(bend + 0.3).sum()
    }
  }

  /// A logistic model with effects of subjects, of items, and of three features.
  package static func crossed(_ count: Int) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 4)
    let (subjects, items) = (count / 5 + 1, count / 10 + 1)
    let subject = Tensor(table(count, below: subjects, &generator))
    let item = Tensor(table(count, below: items, &generator))
    let features = reals(3 * count, -1...1, &generator).reshaped(to: [count, 3])
    let y = reals(count, 0...1, &generator)
    let point = reals(3 + subjects + items, -1...1, &generator)
    return IndexCoupledProblem(description: "crossed effects", point: point) { x in
      let eta =
        matmul(features, x[..<3]) + x[3..<(3 + subjects)].gathered(at: subject)
        + x[(3 + subjects)...].gathered(at: item)
      return (softplus(eta) - y * eta).sum() + 0.5 * square(x).sum()
    }
  }

  /// The energy of a plane mesh of triangles that resist being flattened.
  package static func mesh(_ count: Int, byRows: Bool) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 5)
    let nodes = count / 2 + 3
    let triangles = Tensor(
      (0..<count).flatMap { (i: Int) -> [Int64] in [i / 2, i / 2 + 1, i / 2 + 2].map { Int64($0) } }, shape: [count, 3])
    let weights = reals(count, 0.5...1, &generator)
    let point = reals(2 * nodes, 0...1, &generator)
    return IndexCoupledProblem(description: "mesh, by \(byRows ? "rows" : "axes")", point: point) { x in
      let r = x.reshaped(to: [nodes, 2])
      let rows = r.gathered(at: triangles)
      func corner(_ k: Int, _ axis: Int) -> Tensor<Double> {
        byRows ? rows[0..., k][..., axis] : r[..., axis].gathered(at: triangles[..., k])
      }
      let (ax, ay) = (corner(1, 0) - corner(0, 0), corner(1, 1) - corner(0, 1))
      let (bx, by) = (corner(2, 0) - corner(0, 0), corner(2, 1) - corner(0, 1))
      let area = ax * by - ay * bx
      return (weights * (ax * ax + ay * ay + bx * bx + by * by) - log(1.5 + square(area))).sum()
    }
  }

  /// The energy of tetrahedra with deformation gradients as matrices of three rows: determinants, inverses and systems.
  package static func solid(_ count: Int) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 6)
    let nodes = count / 3 + 13
    let first = table(count, below: nodes, &generator)
    let corners = (0..<4).map { k in
      Tensor(first.map { k == 0 ? $0 : ($0 + Int64(4 * k - 3 + generator.integer(in: 0...3))) % Int64(nodes) })
    }
    let rest = reals(9 * count, -0.5...0.5, &generator).reshaped(to: [count, 3, 3])
    let load = reals(3 * count, -1...1, &generator).reshaped(to: [count, 3, 1])
    let point = reals(3 * nodes, -1...1, &generator)
    return IndexCoupledProblem(description: "solid", point: point) { x in
      let places = corners.map { x.reshaped(to: [nodes, 3]).gathered(at: $0) }
      let edges = Tensor.stack((1..<4).map { places[$0] - places[0] }, axis: 2)
      let gradient = matmul(edges, rest)
      let strain = matmul(gradient.transposed([0, 2, 1]), gradient) + 2 * Tensor<Double>.identity(3)
      return (square(gradient).sum(axes: [1, 2]) - log(strain.determinant)).sum() + square(solve(strain, load)).sum()
        + 0.1 * strain.inverse.sum()
    }
  }

  /// Sums along paths of four steps between shared places.
  package static func paths(_ count: Int) -> IndexCoupledProblem {
    var generator = RepeatableGenerator(seed: 7)
    let places = count / 2 + 2
    let steps = Tensor(table(4 * count, below: places, &generator)).reshaped(to: [count, 4])
    let point = reals(places, 0.5...1, &generator)
    return IndexCoupledProblem(description: "paths", point: point) { x in
      sin(square(x.gathered(at: steps)).cumulativeSum(axis: 1)).sum()
    }
  }
}
