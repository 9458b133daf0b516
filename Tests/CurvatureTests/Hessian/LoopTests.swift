import Curvature
import TensorGraph
import TestSupport
import Testing

/// Loops that go on from what they have computed: a step costs the same however many there were.
@Suite struct LoopTests {
  static let data = Tensor<Double>([0.5, -1, 2, 0.25])

  static func loss(_ parameters: [Tensor<Double>]) -> Tensor<Double> {
    let sum = parameters.dropFirst().reduce(sin(parameters[0]) * data) { $0 + exp(0.1 * $1) * $0 }
    return (sum * sum).sum()
  }

  /// Nodes between the loss and each parameter, and in the graph by which programs are found, after some steps.
  static func sizes(tensors: Int, steps: Int, detaches: Bool) throws -> [Int] {
    var parameters = (0..<tensors).map { Tensor<Double>([0.1, 0.2, 0.3, 0.4]) * Double($0 + 1) }
    for _ in 0..<steps {
      let slopes = gradient(loss(parameters), parameters)
      parameters = zip(parameters, slopes).map { $0 - 0.01 * $1 }
      for parameter in parameters { try evaluate(parameter) }
      if detaches { parameters = parameters.map { $0.detached() } }
    }
    let loss = loss(parameters)
    let gradients = gradient(loss, parameters)
    return parameters.map { LinearSweep([loss.node], from: $0.node).order.count }
      + zip(parameters, gradients).map { Derivative(of: $1.node, in: $0.node).nodeCount }
      + [Node.topologicalOrder(gradients.map(\.node), entering: { $0.value == nil }).count]
  }

  @Test("A step looks at as many nodes after many steps as after few", arguments: [1, 2, 20], [false, true])
  func constantWork(_ tensors: Int, _ detaches: Bool) throws {
    let few = try Self.sizes(tensors: tensors, steps: 3, detaches: detaches)
    // Deep nodes know when they were made, so that fewer of them are looked at.
    let many = try Self.sizes(tensors: tensors, steps: 40, detaches: detaches)
    #expect(zip(many, few).allSatisfy { $0 <= $1 }, "\(many), \(few)")
  }

  /// What an iteration of a loop over large parameters does besides the step.
  enum Reading: CaseIterable { case loss, lossFirst, parameters, gradients, detachedCopies, nothing }

  /// A loop of steps over some parameters of a megabyte each; afterwards its last loss, and how many of the tensors it has
  /// made are still there.
  static func run(
    _ tensors: Int, _ reading: Reading, steps: Int, each: ([Tensor<Double>]) throws -> Void = { _ in }
  ) throws -> (loss: Tensor<Double>, alive: Int) {
    struct Weak { weak var node: Node? }
    var made: [Weak] = []
    let size = (1 << 17) / tensors
    let data = Tensor<Double>.linspace(0, 1, size)
    var parameters = (0..<tensors).map { Tensor<Double>.linspace(0, 1, size) * Double($0 + 1) }
    func loss() -> Tensor<Double> {
      square(parameters.dropFirst().reduce(sin(parameters[0]) * data) { $0 + sin(0.1 * $1) * $0 }).sum()
    }
    for _ in 0..<steps {
      let loss = loss()
      if reading == .lossFirst { _ = loss.item() }
      let slopes = gradient(loss, parameters)
      switch reading {
      case .loss: _ = loss.item()
      case .parameters: for parameter in parameters { _ = parameter.scalars.count }
      case .gradients: for slope in slopes { _ = slope.scalars.count }
      case .detachedCopies: for parameter in parameters { _ = parameter.stoppingGradient().scalars.count }
      case .lossFirst, .nothing: break
      }
      parameters = zip(parameters, slopes).map { $0 - 1e-7 * $1 }
      made += parameters.map { Weak(node: $0.node) }
      try each(parameters)
    }
    let last = loss()
    _ = last.item()
    return (last, made.count { $0.node != nil })
  }

  /// What steps of first-order methods keep besides the parameters.
  enum Method: CaseIterable {
    case descent, momentum, scaling, adam

    /// The next parameters, and what is kept for the step after.
    func step(_ w: [Tensor<Double>], _ state: inout [[Tensor<Double>]], _ slopes: [Tensor<Double>], _ i: Int)
      -> [Tensor<Double>]
    {
      if self == .momentum || self == .adam { state[0] = state[0].combined(with: slopes) { 0.9 * $0 + 0.1 * $1 } }
      if self == .scaling || self == .adam {
        state[1] = state[1].combined(with: slopes) { 0.999 * $0 + 0.001 * square($1) }
      }
      switch self {
      case .descent: return w.combined(with: slopes) { $0 - 0.01 * $1 }
      case .momentum: return w.combined(with: state[0]) { $0 - 0.01 * $1 }
      case .scaling: return w.combined(with: state[1]) { $0 - 0.01 * sqrt($1) }
      case .adam:
        let moves = state[0].combined(with: state[1]) { mean, spread in
          0.01 * (mean / (1 - pow(0.9, Double(i)))) / (sqrt(spread / (1 - pow(0.999, Double(i)))) + 1e-8)
        }
        return w.combined(with: moves) { $0 - $1 }
      }
    }

    /// The elements that the engine moves in some steps, for parameters that nobody reads.
    func elementsMoved(steps: Int, withPlan: Bool) throws -> [Int] {
      let loss = { (w: [Tensor<Double>]) in square(square(w[0]).sum() + w[1].sum() - 1) }
      var w = [sin(Tensor<Double>.arange(64)), cos(Tensor<Double>.arange(4))]
      let plan = try TreeGradientPlan(like: w, of: loss)
      var state = [w.mapTensors { .zeros(like: $0) }, w.mapTensors { .zeros(like: $0) }]
      return try (1...steps).map { i in
        let before = EvaluationStatistics.current.elementsMoved
        let slopes = withPlan ? try plan(w).gradient : gradient(at: w, of: loss)
        if !withPlan { try evaluate(slopes[0], slopes[1]) }
        w = step(w, &state, slopes, i)
        return EvaluationStatistics.current.elementsMoved - before
      }
    }
  }

  // In processes of their own: what other tests do meanwhile keeps history, too.

  @Test("What a loop remembers is bounded, however it is read") func boundedHistory() async {
    await #expect(processExitsWith: .success) {
      for tensors in [1, 2, 20] {
        for reading in Reading.allCases {
          let steps = 300
          let (_, alive) = try Self.run(tensors, reading, steps: steps)
          // Of a megabyte for each step 64 are kept, and what is still pending.
          guard alive < tensors * 100 else {
            fatalError("\(reading): \(alive) of \(tensors * steps) tensors are there")
          }
        }
      }
    }
  }

  @Test("A late step of any method computes as much as an early one, whoever keeps what") func methods() async {
    await #expect(processExitsWith: .success) {
      for method in Method.allCases {
        for withPlan in [true, false] {
          let moved = try method.elementsMoved(steps: 400, withPlan: withPlan)
          let (early, late) = (moved[200..<240].reduce(0, +), moved[360..<400].reduce(0, +))
          guard early > 0, Double(late) < 1.1 * Double(early) else {
            fatalError("\(method), plan \(withPlan): \(early) elements early, \(late) late")
          }
        }
      }
    }
  }

  @Test("Derivatives through what is forgotten are refused; what does not go there is as ever") func refusedHistory()
    async
  {
    await #expect(processExitsWith: .success) {
      var first: Tensor<Double>?
      var early: Hessian<Double>?
      let weights = Tensor<Double>.linspace(1, 2, 1 << 17)
      var count = 0
      let (loss, _) = try Self.run(1, .parameters, steps: 300) { parameters in
        count += 1
        if count == 1 { first = parameters[0] }
        if count == 100 {
          // Between the point and the sum lies a value that is read, and deep.
          let inner = parameters[0] * parameters[0]
          try evaluate(inner)
          early = hessian((inner * inner * weights).sum(), parameters[0])
        }
      }
      guard let start = first, let early else { fatalError("the loop ran") }
      let requests: [() throws -> Void] = [
        { _ = try gradient(of: loss, withRespectTo: start) }, { _ = try Hessian(of: loss, withRespectTo: start) },
        { _ = try Jacobian(of: loss, withRespectTo: start) }, { _ = try laplacian(of: loss, withRespectTo: start) },
        { _ = try pullback(of: loss, withRespectTo: start, cotangent: Tensor(1)) },
        { _ = try pushforward(of: loss, withRespectTo: start, tangent: start) },
      ]
      for (number, request) in requests.enumerated() {
        do {
          try request()
          fatalError("request \(number) is not refused")
        } catch let error as TensorError {
          guard error.message.contains("no longer known what it was made of") else { fatalError(error.message) }
        }
      }
      let batch = Tensor<Double>([1, 2])
      let slope = gradient(loss * (batch * batch).sum(), batch)
      guard slope.isClose(to: 2 * batch * loss, relative: 1e-12) else { fatalError("\(slope)") }
      // A matrix keeps what it is made of: x⁴ w has the second derivative 12 x² w.
      let diagonal = early.diagonal
      guard diagonal[70_000].item() > 1 else { fatalError("\(diagonal)") }
    }
  }

  @Test("A coefficient that moves compiles nothing anew, lazily and with a plan") func movingCoefficient() async {
    await #expect(processExitsWith: .success) {
      func barrier(_ x: Tensor<Double>, _ mu: Tensor<Double>) -> Tensor<Double> {
        (x * x * x).sum() + (x[1...] * x[..<(-1)]).sum() - mu * log(x).sum()
      }
      let x = Tensor<Double>.linspace(1, 2, 40)
      let plan = try SparseHessianPlan(like: x, Tensor<Double>(1), of: barrier)
      var compiled: [Int] = []
      for mu in [1, 0.3, 0.1, 0.03] {
        let number = hessian(at: x) { (x: Tensor<Double>) in
          (x * x * x).sum() + (x[1...] * x[..<(-1)]).sum() - mu * log(x).sum()
        }
        let tensor = hessian(at: x) { barrier($0, Tensor(mu)) }
        let (values, sparse) = (number[...], try tensor.sparse())
        let planned = try plan(x, Tensor(mu)).hessian
        let expected = 12 + mu / 4  // 6 x + mu / x², at 2
        for value in [values[39, 39].item(), sparse[39, 39], planned[39, 39], number[39].scalars[39]] {
          guard abs(value - expected) < 1e-9 else { fatalError("\(value) is not \(expected)") }
        }
        compiled.append(EvaluationStatistics.current.programsCompiled)
      }
      // The second reading of a structure may be by another way.
      guard compiled[1] == compiled[3] else { fatalError("programs compiled: \(compiled)") }
    }
  }

  @Test("A detached tensor is a new variable of the same elements") func detached() throws {
    let x = Tensor<Double>([1, 2])
    let y = (x * x).detached()
    #expect(y.scalars == [1, 4] && gradient((y * y).sum(), y).scalars == [2, 8])
    #expect(gradient((y * x).sum(), x).scalars == [1, 4])
    let absent = Tensor<Double>(Node(.input([2], .float64)))
    #expect(throws: TensorError.self) { try (absent + x).readDetached() }
  }

  @Test("Derivatives go through a loop to where it began") func through() {
    let rate = Tensor<Double>([0.1])
    func end(_ rate: Tensor<Double>) -> Tensor<Double> {
      var w = Tensor<Double>([2.0])
      for _ in 0..<5 {
        w = w - rate * gradient((w * w * w).sum(), w)
        _ = w.scalars
      }
      return w.sum()
    }
    let step = 1e-6
    let quotient = (end(rate + step).item() - end(rate - step).item()) / (2 * step)
    #expect(abs(gradient(end(rate), rate).item() - quotient) < 1e-6)
    let blocks = hessian(end(rate), [rate, Tensor<Double>([1.0])])
    #expect(abs(blocks[0, 0][0, 0].item()) > 1)
  }
}
