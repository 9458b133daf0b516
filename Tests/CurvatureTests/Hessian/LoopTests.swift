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
    #expect(try Self.sizes(tensors: tensors, steps: 40, detaches: detaches) == few)
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
