import Curvature

/// A small piece of the machinery, timed alone.
struct Microbenchmark {
  let name: String
  /// What the time is divided by, and its name.
  let count: Int
  let unit: String
  let run: () -> Void

  init(_ name: String, per count: Int, _ unit: String, run: @escaping () -> Void) {
    self.name = name
    self.count = count
    self.unit = unit
    self.run = run
  }

  /// Seconds per run: the median of at least five samples of at least 0.2 ms each.
  func seconds(budget: Double) -> Double {
    run()
    let once = ContinuousClock.now
    run()
    let inner = max(1, min(10000, Int(2e-4 / max(once.secondsSince, 1e-9))))
    var samples: [Double] = []
    let start = ContinuousClock.now
    while samples.count < 5 || start.secondsSince < budget {
      let sample = ContinuousClock.now
      for _ in 0..<inner { run() }
      samples.append(sample.secondsSince / Double(inner))
    }
    return samples.sorted()[samples.count / 2]
  }
}

enum Microbenchmarks {
  /// Prints nanoseconds per unit of everything whose name contains `filter`.
  static func report(matching filter: String, budget: Double) {
    let all =
      elementwise(Double.self) + elementwise(Float.self) + movement() + products() + tracing() + evaluation()
    for benchmark in all where filter.isEmpty || benchmark.name.contains(filter) {
      let nanoseconds = benchmark.seconds(budget: budget) * 1e9 / Double(benchmark.count)
      let digits = nanoseconds < 100 ? 100.0 : 1.0
      let text = "\((nanoseconds * digits).rounded() / digits)"
      let padding = String(repeating: " ", count: max(0, 44 - benchmark.name.count))
      let indent = String(repeating: " ", count: max(0, 12 - text.count))
      print("\(benchmark.name)\(padding)\(indent)\(text) ns per \(benchmark.unit)")
    }
  }

  /// Scalar functions, over arrays that fit the second-level cache and arrays that do not.
  private static func elementwise<Scalar: DifferentiableScalar & Sendable>(_: Scalar.Type) -> [Microbenchmark] {
    typealias Function = (Tensor<Scalar>) -> Tensor<Scalar>
    let functions: [(String, Function)] = [
      ("exp", { exp($0) }), ("log", { log($0) }), ("log(onePlus:)", { log(onePlus: $0) }),
      ("expMinusOne", { expMinusOne($0) }), ("sin", { sin($0) }), ("tanh", { tanh($0) }), ("erf", { erf($0) }),
      ("softplus", { softplus($0) }), ("sqrt", { sqrt($0) }), ("x * x + x", { $0 * $0 + $0 }),
      ("gradient of softplus(a x + b)", { x in gradient(softplus(3 * x + 1).sum(), x) }),
      ("sum", { $0.sum() }), ("max", { $0.max() }),
    ]
    var result: [Microbenchmark] = []
    for count in [1 << 14, 1 << 20] {
      let x = Tensor<Scalar>((0..<count).map { Scalar($0 % 1000 + 1) / 500 })
      for (name, function) in functions {
        let title = "\(name), \(count) x \(Scalar.scalarType.rawValue)"
        result.append(Microbenchmark(title, per: count, "element") { function(x).finish() })
      }
    }
    return result
  }

  private static func movement() -> [Microbenchmark] {
    let x = Tensor<Double>(Array(repeating: 1, count: 1_000_000), shape: [1000, 1000])
    let indices = Tensor<Int64>((0..<1000).map { Int64($0 * 7 % 1000) })
    return [
      Microbenchmark("transposition, 1000 x 1000", per: x.count, "element") { x.transposed().finish() },
      Microbenchmark("row sums, 1000 x 1000", per: x.count, "element") { x.sum(axes: [1]).finish() },
      Microbenchmark("column sums, 1000 x 1000", per: x.count, "element") { x.sum(axes: [0]).finish() },
      Microbenchmark("gather of rows, 1000 x 1000", per: x.count, "element") { x.gathered(at: indices).finish() },
      Microbenchmark("row scaling, 1000 x 1000", per: x.count, "element") { (x * x[0]).finish() },
    ]
  }

  private static func products() -> [Microbenchmark] {
    [8, 64, 512].map { n in
      let a = Tensor<Double>((0..<(n * n)).map { Double($0 % 13) }, shape: [n, n])
      return Microbenchmark("matmul, \(n) x \(n)", per: 2 * n * n * n, "floating-point operation") {
        matmul(a, a).finish()
      }
    }
  }

  /// A chain of operations on a scalar.
  private static func chain(_ x: Tensor<Double>, _ length: Int) -> Tensor<Double> {
    var y = x
    for i in 0..<length { y = i % 2 == 0 ? y * x : y + x }
    return y
  }

  private static func tracing() -> [Microbenchmark] {
    let x = Tensor<Double>(0.5)
    let length = 10_000
    let y = chain(x, length)
    return [
      Microbenchmark("recording an operation", per: length, "operation") { _ = chain(x, length) },
      Microbenchmark("building a gradient", per: length, "operation") { _ = gradient(y, x) },
    ]
  }

  private static func evaluation() -> [Microbenchmark] {
    let length = 10_000
    let x = Tensor<Double>(0.5)
    // A constant that differs each time makes a program that was not seen before.
    var constant = 0.0
    let points = (0..<10).map { i in Tensor<Double>((0..<10).map { Double($0 + i) / 7 }) }
    var k = 0
    func rosenbrock(_ x: Tensor<Double>) -> Tensor<Double> { Rosenbrock.function(x) }
    return [
      Microbenchmark("chain, a program known already", per: length, "operation") { chain(x, length).finish() },
      Microbenchmark("chain, a new program each time", per: length, "operation") {
        constant += 1
        chain(x + constant, length).finish()
      },
      Microbenchmark("Rosenbrock of 10 variables, value", per: 1, "call") {
        k += 1
        rosenbrock(points[k % 10]).finish()
      },
      Microbenchmark("Rosenbrock of 10 variables, gradient", per: 1, "call") {
        k += 1
        gradient(at: points[k % 10], of: rosenbrock).finish()
      },
      Microbenchmark("Rosenbrock of 10 variables, Hessian", per: 1, "call") {
        k += 1
        hessian(at: points[k % 10], of: rosenbrock)[...].finish()
      },
    ]
  }
}
