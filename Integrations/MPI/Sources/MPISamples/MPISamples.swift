import Curvature
import CurvatureFiles
import CurvatureMPI
import Foundation

/// What the tests of the package run under `mpirun`: results are printed to the last bit by the first process.
@main
struct MPISamples {
  static let n = 37

  static func main() throws {
    let world = try Communicator.world()
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      let lines = try run(world, arguments)
      if world.rank == 0 { for line in lines { print(line) } }
    } catch {
      if world.rank == 0 { print("error: \(error)") }
    }
    try world.finish()
  }

  private static func run(_ world: Communicator, _ arguments: [String]) throws -> [String] {
    switch arguments.first {
    case "exchange": try exchange(world)
    case "hessian": try hessian(world)
    case "sum": try sum(world)
    case "differ": try differ(world, arguments[1])
    case "write": try write(world, arguments[1], killing: arguments.dropFirst(2).first.flatMap { Int($0) })
    case "efficiency": try efficiency(world)
    case "stream": try stream(arguments[1], rows: Int(arguments[2])!)
    case "pieces": try pieces(world, Int(arguments[1])!)
    case let name: throw TensorError("there is no sample '\(name ?? "")'")
    }
  }

  /// Numbers with all their bits.
  private static func bits(_ x: Tensor<Double>) throws -> String {
    "\(x.shape) " + (try x.readScalars()).map { String($0.bitPattern, radix: 16) }.joined(separator: " ")
  }

  private static func matrix(_ n: Int = n, scale: Double = 1, start: Double = 0) -> Hessian<Double> {
    let x = Tensor<Double>.linspace(start, start + 1, n)
    let mixing = sin(Tensor<Double>.arange(n * n)).reshaped(to: [n, n])
    let y = sin(matmul(mixing, x))
    let first = (y * y * x).sum()
    return Curvature.hessian(scale * first + exp(x * x[2]).sum(), x)
  }

  private static func exchange(_ world: Communicator) throws -> [String] {
    let own = (0..<3).map { Double(world.rank * 3 + $0) / 7 }
    try world.barrier()
    let all = try world.gather(elements: Array(own.prefix(world.rank)))
    let sent = try world.broadcast(world.rank == world.size - 1 ? [1.5, 2.5] : [0, 0], from: world.size - 1)
    // Each process has its part of the same 24 numbers.
    let part = world.share(of: 24).map { Double($0) }
    return [
      "\(all.map(\.count))", "\(sent)", "\(try world.allReduce([1, Double(world.rank)]))",
      "\(try world.gather(elements: part).flatMap { $0 })",
    ]
  }

  private static func hessian(_ world: Communicator) throws -> [String] {
    let H = try DistributedHessian(matrix(), on: world, blockBytes: 3 * n * 8)
    let v = Tensor<Double>.linspace(-1, 1, n)
    var results = [try H.read(at: 4, 5), try H.read(at: -2), try H.product(v), try H.readDiagonal()]
    results += [try H.read(at: 3..<9, 1...), try H.read(at: [36, 0, 36, 5]), try H.read(at: [1, 30], [2, 3])]
    results += [try H.read(at: AxisRange.every(-7), 2), H[...], H[..., 3], H[30..<30]]
    let plain = matrix()
    let expected =
      [plain[4, 5], plain[-2], plain.product(v), plain.diagonal, plain[3..<9, 1...], plain[[36, 0, 36, 5]]]
      + [plain[[1, 30], [2, 3]], plain[AxisRange.every(-7), 2], plain[...], plain[..., 3], plain[30..<30]]
    for (i, (a, b)) in zip(results, expected).enumerated() {
      guard a.isClose(to: b, relative: 1e-11, absolute: 1e-11) else {
        throw TensorError("result \(i) is wrong: \(a), \(b)")
      }
    }
    let rows = try world.gather(elements: [Double(H.ownRows.count)])
    let lines = try results.map(bits)
    // What depends on the number of processes is checked here.
    guard rows.reduce(0, { $0 + $1[0] }) == Double(n) else { throw TensorError("rows: \(rows)") }
    return lines
  }

  private static func sum(_ world: Communicator) throws -> [String] {
    let pieces = 23
    let X = DataPieces<Double>(count: pieces) { number in
      sin(Tensor<Double>.arange(20) * Double(number + 1)).reshaped(to: [5, 4])
    }
    let t = DataPieces<Double>(count: pieces) { number in
      sign(cos(Tensor<Double>.arange(5) + Double(7 * number)))
    }
    let w = Tensor<Double>([0.3, -0.2, 0.5, 1])
    let plan = try SumPlan(like: w, over: X, t) { w, X, t in softplus(-t * matmul(X, w)).sum() + 0.1 * square(w).sum() }
    let alone = try plan.hessian(at: w)
    try plan.share(on: world)
    let (value, gradient, hessian) = try plan(w)
    guard hessian == alone else { throw TensorError("another sum than that of one process") }
    var lines = [try bits(Tensor(value)), try bits(gradient), try bits(hessian)]
    lines.append(try bits(plan.product(at: w, along: gradient)))
    for method in [MinimizationMethod.dense, .matrixFree] {
      let search = try SumPlan(like: w, over: X, t, method: method) { w, X, t in
        softplus(-t * matmul(X, w)).sum() + 0.1 * square(w).sum()
      }
      try search.share(on: world)
      let fit = try search.minimize(from: w)
      lines.append("\(fit.isConverged) \(fit.iterations) \(try bits(fit.point))")
    }
    return lines
  }

  /// Processes that do not have the same, or of which one cannot go on.
  private static func differ(_ world: Communicator, _ what: String) throws -> [String] {
    let isLast = world.rank == world.size - 1
    switch what {
    case "function": _ = try DistributedHessian(matrix(scale: isLast ? 2 : 1), on: world)
    case "point": _ = try DistributedHessian(matrix(start: isLast ? 0.5 : 0), on: world)
    case "shape": _ = try DistributedHessian(matrix(isLast ? 36 : 37), on: world)
    case "pieces":
      let pieces = DataPieces<Double>(count: isLast ? 2 : 3) { _ in Tensor([1.0]) }
      try SumPlan(like: Tensor<Double>([1]), over: pieces) { w, x in (w * x).sum() }.share(on: world)
    case "piece":
      let pieces = DataPieces<Double>(count: 8) { (number) throws(TensorError) in
        if number == 7 { throw TensorError("piece 7 is gone") }
        return Tensor([1.0])
      }
      let plan = try SumPlan(like: Tensor<Double>([1]), over: pieces) { w, x in (w * x).sum() }
      try plan.share(on: world)
      _ = try plan.value(at: Tensor<Double>([1]))
    default: throw TensorError("there is no difference '\(what)'")
    }
    return ["no error"]
  }

  /// A file, of which a process ends by a signal when it has computed so many rows.
  private static func write(_ world: Communicator, _ path: String, killing rows: Int?) throws -> [String] {
    let H = try DistributedHessian(matrix(), on: world, blockBytes: 2 * n * 8)
    let isLast = world.rank == world.size - 1
    try withProgress({ progress in
      if let rows, isLast, progress.completedProducts >= rows { kill(getpid(), SIGKILL) }
    }) { try H.write(to: path, resuming: true) }
    return ["written"]
  }

  /// Times of the parts of a Hessian, and bytes sent.
  private static func efficiency(_ world: Communicator) throws -> [String] {
    let x = Tensor<Double>.linspace(-1, 1, 3000)
    let X = sin(Tensor<Double>.arange(2000 * 300) * 0.37).reshaped(to: [2000, 300])
    let W = x.reshaped(to: [300, 10])
    let loss = square(tanh(matmul(X, W))).sum()
    let clock = ContinuousClock()
    let H = try DistributedHessian(Curvature.hessian(loss, x), on: world, blockBytes: 100 * 3000 * 8)
    // Programs are made before time is taken.
    if let first = H.ownBlocks.first { _ = try H.blocks.read(block: first) }
    try world.barrier()
    let before = world.bytesSent
    let start = clock.now
    let processor = Foundation.clock()
    try H.compute()
    let computed = clock.now
    let seconds = try world.gather(elements: [Double(Foundation.clock() - processor) / Double(CLOCKS_PER_SEC)])
    _ = try H.product(x)
    let end = clock.now
    let sent = try world.gather(elements: [Double(world.bytesSent - before)]).map { Int($0[0]) }
    let least = 8 * 3000 * (world.size - 1)
    return [
      "processor seconds \(seconds.map { $0[0] }), compute \(computed - start)",
      "product \(end - computed), bytes sent \(sent), least of all together \(least)",
    ]
  }

  /// A network with 30 000 parameters: times of some rows of its Hessian in memory and to a file, in turn.
  private static func stream(_ path: String, rows: Int) throws -> [String] {
    let X = sin(Tensor<Double>.arange(200 * 100) * 0.37).reshaped(to: [200, 100])
    let w = 0.1 * sin(Tensor<Double>.arange(30_000) * 1.7)
    let hidden = tanh(matmul(X, w[..<25_000].reshaped(to: [100, 250])))
    let scores = matmul(hidden, w[25_000...].reshaped(to: [250, 20]))
    let labels = sin(Tensor<Double>.arange(200 * 20)).reshaped(to: [200, 20])
    let H = Curvature.hessian(square(scores - labels).sum(), w)
    let clock = ContinuousClock()
    let blocks = try H.rowBlocks(rows: 0..<rows)
    _ = try blocks.read(block: 0)
    var lines = ["\(blocks.count) blocks of \(blocks.rowsPerBlock) rows"]
    for _ in 0..<(rows < 30_000 ? 3 : 1) {
      var memory = Duration.zero
      if rows < 30_000 {
        let start = clock.now
        for block in 0..<blocks.count { _ = try blocks.read(block: block) }
        memory = clock.now - start
      }
      let start = clock.now
      try blocks.write(to: path, sharedBy: SingleProcess())
      lines.append("in memory \(memory), to a file \(clock.now - start)")
    }
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    lines.append(contentsOf: status.split(separator: "\n").filter { $0.hasPrefix("VmHWM") }.map(String.init))
    return lines
  }

  /// Logistic regression with 500 columns over pieces of 10 000 rows, which are computed: time and memory of its Hessian.
  private static func pieces(_ world: Communicator, _ count: Int) throws -> [String] {
    let columns = Tensor<Double>.arange(500) * 0.11
    @Sendable func rows(_ number: Int) -> Tensor<Double> {
      (Tensor<Double>.arange(10_000) + Double(10_000 * number)).reshaped(to: [10_000, 1])
    }
    let X = DataPieces<Double>(count: count) { sin(rows($0) * 0.7 + columns) }
    let t = DataPieces<Double>(count: count) { sign(sin(rows($0).reshaped(to: [10_000]) * 1.3) + 0.01) }
    let w = 0.01 * sin(Tensor<Double>.arange(500))
    let plan = try SumPlan(like: w, over: X, t, method: .dense) { w, X, t in softplus(-t * matmul(X, w)).sum() }
    try plan.share(on: world)
    let clock = ContinuousClock()
    let start = clock.now
    let matrix = try plan.hessian(at: w)
    let time = clock.now - start
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let memory = status.split(separator: "\n").filter { $0.hasPrefix("VmHWM") }.map(String.init)
    return ["\(10_000 * count) rows: \(time), trace \(matrix.diagonal().sum().item())"] + memory
  }
}
