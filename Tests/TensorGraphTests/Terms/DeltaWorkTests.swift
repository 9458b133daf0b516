import TensorGraph
import TestSupport
import Testing

/// What the calculus saves, counted: numbers that must not grow unnoticed.
@Suite struct DeltaWorkTests {
  private static func random(_ generator: inout RepeatableGenerator, _ shape: Shape) -> Node {
    .input(generator.reals(shape.count), shape)
  }

  /// The mean cross entropy of a network with tanh between its layers, all parameters in one vector.
  private static func network(_ sizes: [Int], samples: Int) throws -> (variable: Node, loss: Node) {
    var generator = RepeatableGenerator(seed: 3)
    let count = zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
    let parameters = random(&generator, [count])
    var x = random(&generator, [samples, sizes[0]])
    let classes = sizes.last!
    var labels = [Double](repeating: 0, count: samples * classes)
    for i in 0..<samples { labels[i * classes + generator.integer(in: 0...(classes - 1))] = 1 }
    var offset = 0
    func part(_ shape: Shape) -> Node {
      defer { offset += shape.count }
      return parameters.sliced([AxisSlice(start: offset, step: 1, count: shape.count)]).reshaped(to: shape)
    }
    for (layer, (rows, columns)) in zip(sizes, sizes.dropFirst()).enumerated() {
      if layer > 0 { x = Node.elementwise(.tanh, x) }
      let weights = part([rows, columns])
      x = try Operations.add(Operations.matmul(x, weights), part([columns]))
    }
    let chosen = try Operations.multiply(.input(labels, [samples, classes]), Operations.logSoftmax(x))
    return (parameters, try Operations.apply(.negate, Operations.mean(Operations.sum(chosen, [1]))))
  }

  private static func logistic(samples: Int, features: Int) throws -> (variable: Node, loss: Node) {
    var generator = RepeatableGenerator(seed: 4)
    let data = random(&generator, [samples, features])
    let targets = random(&generator, [samples])
    let weights = random(&generator, [features])
    let z = try Operations.multiply(targets, Operations.matmul(data, weights))
    let penalty = 0.5e-3 * Node.elementwise(.square, weights).summed(over: [0])
    return (weights, try Operations.add(Operations.mean(Operations.apply(.softplus, z)), penalty))
  }

  private static func softplusSum(_ rows: Int, _ columns: Int) throws -> (variable: Node, loss: Node) {
    var generator = RepeatableGenerator(seed: 5)
    let a = random(&generator, [rows, columns])
    let x = random(&generator, [columns])
    return (x, try Operations.sum(Operations.apply(.softplus, Operations.matmul(a, x))))
  }

  private static func plan(_ problem: (variable: Node, loss: Node), _ demand: DeltaDemand) throws -> DeltaPlan {
    let gradient = try #require(gradient(of: problem.loss, to: [problem.variable])[0])
    return try #require(DeltaPlan(gradient: gradient, variable: problem.variable, demand: demand))
  }

  /// Dense directions: 1 740 Mflop.
  @Test func hessianOfANetwork() throws {
    let plan = try Self.plan(Self.network([20, 32, 10], samples: 256), .matrix)
    #expect(plan.denseCost.flops > 1.7e9)
    #expect(plan.estimatedCost.flops < 230e6)
  }

  @Test func diagonalOfANetwork() throws {
    let plan = try Self.plan(Self.network([20, 32, 10], samples: 256), .diagonal)
    #expect(plan.estimatedCost.flops < 2.1e6)
  }

  /// Three quarters of the work of dense directions goes: the identity pushed through X w is X, and half of X' v X is
  /// enough, because v = s (1 - s) has a root.
  @Test func logisticRegression() throws {
    let plan = try Self.plan(Self.logistic(samples: 10_000, features: 500), .matrix)
    #expect(plan.denseCost.flops > 10.0e9)
    #expect(plan.estimatedCost.flops < 2.6e9)
  }

  /// Σ A² s (1 - s), the same number of operations as by hand.
  @Test func diagonalOfASumOfSoftplus() throws {
    let plan = try Self.plan(Self.softplusSum(2000, 1000), .diagonal)
    #expect(plan.estimatedCost.flops < 6.1e6)
  }

  /// The plan computes what it should, at a size that the interpreter can follow.
  @Test(arguments: [[3, 4, 2], [3, 4, 3, 2]]) func valuesOfANetwork(sizes: [Int]) throws {
    let problem = try Self.network(sizes, samples: 5)
    let gradient = try #require(gradient(of: problem.loss, to: [problem.variable])[0])
    let n = problem.variable.shape.count
    let identity = (0..<n * n).map { $0 / n == $0 % n ? 1.0 : 0.0 }
    let dense = try #require(
      pushforward(of: [gradient], seeds: [(problem.variable, .input(identity, [n, n]))], lift: 1)[0])
    let plan = try #require(
      DeltaPlan(derivativeOf: gradient, variable: problem.variable, demand: .matrix, isSymmetric: true))
    let hessian = dense.interpreted
    #expect(mismatch(plan.result.interpreted, hessian, relative: 1e-10, absolute: 1e-12) == nil)
    let diagonal = try #require(
      DeltaPlan(derivativeOf: gradient, variable: problem.variable, demand: .diagonal, isSymmetric: true))
    #expect(
      mismatch(
        diagonal.result.interpreted, (0..<n).map { hessian[$0 * n + $0] }, relative: 1e-10, absolute: 1e-12) == nil)
  }

  /// Half of a product is enough, with weights that have roots (softplus) and with weights of any sign (sine).
  @Test(arguments: [ScalarFunction.softplus, .sin]) func halvesOfProducts(function: ScalarFunction) throws {
    var generator = RepeatableGenerator(seed: 6)
    let (rows, columns) = (7, 50)
    let data = Self.random(&generator, [rows, columns])
    let x = Self.random(&generator, [columns])
    let y = try Operations.sum(Operations.apply(function, Operations.matmul(data, x)))
    let gradient = try #require(gradient(of: y, to: [x])[0])
    let plan = try #require(DeltaPlan(derivativeOf: gradient, variable: x, demand: .matrix, isSymmetric: true))
    #expect(plan.description.contains("half"))
    let a = data.interpreted
    let u = (0..<rows).map { i in (0..<columns).reduce(0) { $0 + a[i * columns + $1] * x.interpreted[$1] } }
    let weights = try Operations.apply(function == .sin ? .sin : .sigmoid, .vector(u)).interpreted
      .map { function == .sin ? -$0 : $0 * (1 - $0) }
    let expected = (0..<columns * columns).map { place in
      (0..<rows).reduce(0) {
        $0 + weights[$1] * a[$1 * columns + place / columns] * a[$1 * columns + place % columns]
      }
    }
    #expect(mismatch(plan.result.interpreted, expected, relative: 1e-11, absolute: 1e-13) == nil)
  }
}
