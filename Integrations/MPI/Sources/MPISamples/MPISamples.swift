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
    case "sparse": try sparse(world)
    case "petsc": try petsc(world, arguments[1])
    case "bytes": try bytes(world, Int(arguments[1])!, length: Int(arguments[2])!)
    case "efficiency":
      try Efficiency(world, repeats: arguments.dropFirst(2).first.flatMap { Int($0) } ?? 9).measure(arguments[1])
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

  /// A function whose Hessian is a band, one on a grid, and one without structure, with the way in which one process reads them.
  private static func sparseHessians() -> [Hessian<Double>] {
    let x = Tensor<Double>.linspace(-1, 1, 101)
    let grid = sin(Tensor<Double>.arange(63)).reshaped(to: [9, 7])
    return [
      Curvature.hessian(Efficiency.chain(x), x), Curvature.hessian(Efficiency.surface(grid), grid), matrix(),
      Curvature.hessian(square(x[..<3]).sum(), x), Curvature.hessian((x[0] * x).sum(), x),
    ]
  }

  private static func sparse(_ world: Communicator) throws -> [String] {
    var lines: [String] = []
    for (plain, blockCount) in sparseHessians().flatMap({ H in [5, 32].map { (H, $0) } }) {
      let H = try DistributedSparseHessian(plain, on: world, blockCount: blockCount)
      let expected = try plain.sparse()
      let v = Tensor<Double>.linspace(-1, 2, plain.pattern.columnCount)
      let (whole, product, diagonal) = (try H.gathered(), try H.product(v), try H.readDiagonal())
      let checks = [
        whole.pattern == expected.pattern,
        try H.compute().pattern == whole.pattern.rows(H.ownRows),
        Tensor(whole.values).isClose(to: Tensor(expected.values), relative: 1e-12, absolute: 1e-12),
        product.isClose(to: Tensor(expected * v.scalars), relative: 1e-11, absolute: 1e-10),
        diagonal == Tensor(whole.diagonal),
      ]
      guard checks.allSatisfy({ $0 }) else {
        throw TensorError("another matrix than that of one process: \(checks), \(expected.pattern.summary)")
      }
      try H.move(to: plain)
      guard try H.gathered() == whole else { throw TensorError("other entries after a move to the same point") }
      let rows = try world.gather(elements: [Double(H.ownRows.count)])
      guard rows.reduce(0, { $0 + $1[0] }) == Double(H.shape[0]) else { throw TensorError("rows: \(rows)") }
      lines += try [bits(Tensor(whole.values)), bits(product), bits(diagonal)]
    }
    return lines
  }

  /// Files of sparse matrices that all processes write, and what becomes of a form that they do not.
  private static func petsc(_ world: Communicator, _ path: String) throws -> [String] {
    for (number, plain) in sparseHessians().enumerated() {
      let H = try DistributedSparseHessian(plain, on: world, blockCount: 7)
      try H.write(toFile: path + "\(number).petsc")
      // The same by one process.
      let whole = try H.gathered()
      if world.rank == 0 { try whole.write(toFile: path + "\(number)-alone.petsc") }
    }
    do {
      try DistributedSparseHessian(sparseHessians()[0], on: world).write(toFile: path + "x.mtx")
    } catch { return ["written", "\(error)"] }
    return ["a form that nobody writes together was written"]
  }

  /// A sum of so many vectors, and how many bytes it took: the least of any such sum is 2 n (size - 1) for vectors of n bytes.
  private static func bytes(_ world: Communicator, _ count: Int, length: Int) throws -> [String] {
    var part = PairwiseSum(count: count)
    for number in world.share(of: count) {
      part.add((0..<length).map { exp(sin(Double(number * length + $0) * 1.7) * 20) }, number: number)
    }
    let before = world.bytesSent
    let total = try world.sum(part)
    let sent = try world.gather(elements: [Double(world.bytesSent - before)]).reduce(0) { $0 + $1[0] }
    let least = Double(2 * 8 * length * (world.size - 1))
    return [try bits(Tensor(total)), "\(world.size > 1 ? sent / least : 1)"]
  }

  /// Processes that do not have the same, or of which one cannot go on.
  private static func differ(_ world: Communicator, _ what: String) throws -> [String] {
    let isLast = world.rank == world.size - 1
    switch what {
    case "function": _ = try DistributedHessian(matrix(scale: isLast ? 2 : 1), on: world)
    case "point": _ = try DistributedHessian(matrix(start: isLast ? 0.5 : 0), on: world)
    case "sparse function": _ = try DistributedSparseHessian(matrix(scale: isLast ? 2 : 1), on: world)
    case "sparse point":
      let H = try DistributedSparseHessian(matrix(), on: world)
      try H.move(to: matrix(start: isLast ? 0.5 : 0))
    case "sparse move":
      let H = try DistributedSparseHessian(matrix(), on: world)
      try H.move(to: matrix(scale: isLast ? 2 : 1))
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
