import Curvature
import CurvatureFiles
import CurvatureMPI
import Foundation

/// Times of what processes share, for a comparison of one with several.
struct Efficiency {
  private let world: Communicator
  private let repeats: Int

  init(_ world: Communicator, repeats: Int) { (self.world, self.repeats) = (world, repeats) }

  func measure(_ name: String) throws -> [String] {
    switch name {
    case "w2": try sum(logistic())
    case "w3": try sum(classifier())
    case "w3-rows": try rows(classifierHessian)
    case "network": try rows(network)
    case "chain": try nonzeros(.linspace(-1, 1, 1_000_000), Self.chain)
    case "grid": try nonzeros(sin(Tensor<Double>.arange(1_000_000)).reshaped(to: [1000, 1000]), Self.surface)
    default: throw TensorError("efficiency: '\(name)' is none of w2, w3, w3-rows, network, chain and grid")
    }
  }

  /// The median time from when all are there until all are done, at a new point each time, and the bytes that one takes.
  ///
  /// - Parameter make: makes what is computed at a point, before the clock starts.
  private func median<Point>(
    least: Int, _ make: (_ number: Int) throws -> Point, _ body: (Point) throws -> Void
  ) throws -> [String] {
    // What is made once.
    try body(make(0))
    let clock = ContinuousClock()
    var times: [Double] = []
    var (sent, busy) = (0, 0.0)
    for number in 1...repeats {
      let point = try make(number)
      try world.barrier()
      let (bytes, processor, start) = (world.bytesSent, Foundation.clock(), clock.now)
      try body(point)
      busy += Double(Foundation.clock() - processor) / Double(CLOCKS_PER_SEC)
      sent = world.bytesSent - bytes
      try world.barrier()
      times.append((clock.now - start) / .seconds(1))
    }
    let all = try world.gather(elements: [Double(sent), busy / Double(repeats)])
    times.sort()
    return [
      "\(world.size) processes: median \(times[repeats / 2]) s of \(repeats), least \(times[0]) s",
      "processor seconds before the last arrives: \(all.map { $0[1] })",
      "bytes sent \(Int(all.reduce(0) { $0 + $1[0] })), least of all \(least)",
    ]
  }

  // MARK: Sums over data

  /// The Hessian of a sum over data, which are spread: bytes are those of its packed triangle, twice.
  private func sum(_ problem: (plan: SumPlan<Tensor<Double>>, point: Tensor<Double>)) throws -> [String] {
    try problem.plan.share(on: world)
    let n = problem.point.count
    return try median(least: 2 * 8 * n * (n + 1) / 2 * (world.size - 1)) { number in
      problem.point * (1 + 0.01 * Double(number))
    } _: { point in
      _ = try problem.plan.hessian(at: point)
    }
  }

  /// W2: logistic regression with 10 000 rows and 500 columns, in 16 pieces.
  private func logistic() throws -> (SumPlan<Tensor<Double>>, Tensor<Double>) {
    let X = sin(Tensor<Double>.arange(10_000 * 500) * 0.37).reshaped(to: [10_000, 500])
    let t = sign(cos(Tensor<Double>.arange(10_000)))
    let w = 0.1 * sin(Tensor<Double>.arange(500))
    let plan = try SumPlan(like: w, over: X.pieces(of: 625), t.pieces(of: 625), method: .dense) { w, X, t in
      softplus(-t * matmul(X, w)).sum() + 0.01 * square(w).sum()
    }
    return (plan, w)
  }

  /// W3: a tanh classifier of 20, 32 and 10 units, 1002 parameters, with 256 rows.
  private static let sizes = [20, 32, 10]
  private static let inputs = sin(Tensor<Double>.arange(256 * 20) * 0.37).reshaped(to: [256, 20])
  private static let targets = Tensor<Int64>((0..<256).map { Int64($0 * 7 % 10) }).oneHot(classes: 10) as Tensor<Double>
  private static let parameters = 0.3 * sin(Tensor<Double>.arange(1002) * 1.7)

  private static func loss(
    _ p: Tensor<Double>, _ X: Tensor<Double>, _ targets: Tensor<Double>
  ) -> Tensor<Double> {
    let (a, b, c) = (640, 672, 992)
    let hidden = tanh(matmul(X, p[..<a].reshaped(to: [20, 32])) + p[a..<b])
    let logits = matmul(hidden, p[b..<c].reshaped(to: [32, 10])) + p[c...]
    return -(targets * logits.logSoftmax()).sum()
  }

  /// In 4 pieces: each has a whole Hessian.
  private func classifier() throws -> (SumPlan<Tensor<Double>>, Tensor<Double>) {
    let plan = try SumPlan(
      like: Self.parameters, over: Self.inputs.pieces(of: 64), Self.targets.pieces(of: 64), method: .dense,
      of: Self.loss)
    return (plan, Self.parameters)
  }

  // MARK: Rows

  /// Rows of a Hessian in blocks, which are computed and stay; nothing but the agreement that all are done is sent.
  private func rows(_ hessian: (_ number: Int) -> Hessian<Double>) throws -> [String] {
    try median(least: 0, hessian) { hessian in
      try DistributedHessian(hessian, on: world, blockBytes: 1 << 20).compute()
    }
  }

  private func classifierHessian(_ number: Int) -> Hessian<Double> {
    let p = (Self.parameters * (1 + 0.01 * Double(number))).readVariable()
    return hessian(Self.loss(p, Self.inputs, Self.targets), p)
  }

  /// A network with 3000 parameters and 2000 rows.
  private func network(_ number: Int) -> Hessian<Double> {
    let x = (Tensor<Double>.linspace(-1, 1, 3000) * (1 + 0.01 * Double(number))).readVariable()
    let X = sin(Tensor<Double>.arange(2000 * 300) * 0.37).reshaped(to: [2000, 300])
    return hessian(square(tanh(matmul(X, x.reshaped(to: [300, 10])))).sum(), x)
  }

  // MARK: Non-zeros

  /// The chained Rosenbrock function (W4), whose Hessian is tridiagonal.
  static func chain(_ x: Tensor<Double>) -> Tensor<Double> {
    let (now, next) = (x[..<(-1)], x[1...])
    return (100 * square(next - square(now)) + square(1 - now)).sum()
  }

  /// The area of a surface over a grid, of which each place meets its neighbours.
  static func surface(_ u: Tensor<Double>) -> Tensor<Double> {
    let corner = u[..<(-1), ..<(-1)]
    return sqrt(1 + square(u[1..., ..<(-1)] - corner) + square(u[..<(-1), 1...] - corner)).sum()
  }

  private func nonzeros(
    _ start: Tensor<Double>, _ f: (Tensor<Double>) -> Tensor<Double>
  ) throws -> [String] {
    func matrix(_ number: Int) -> Hessian<Double> {
      let x = (start * (1 + 0.01 * Double(number))).readVariable()
      return hessian(f(x), x)
    }
    let H = try DistributedSparseHessian(matrix(0), on: world)
    return try median(least: 0, matrix) { matrix in
      try H.move(to: matrix)
      try H.compute()
    }
  }
}

extension Tensor where Scalar == Double {
  /// The elements as a variable of their own.
  fileprivate func readVariable() -> Tensor { Tensor(scalars, shape: shape) }
}
