import Curvature
import Testing

private struct Layer: TensorStruct {
  var weights: Tensor<Double>
  var bias: Tensor<Double>
  static var tensors: TensorMembers<Layer, Double> { TensorMembers(\.weights, \.bias) }
}

private struct Network: TensorStruct {
  var layers: [Layer]
  var scale: Tensor<Double>
  let name = "two layers"
  static var tensors: TensorMembers<Network, Double> { TensorMembers(\.layers, \.scale) }

  func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
    layers.reduce(x) { tanh(matmul($0, $1.weights) + $1.bias) } * scale
  }
}

/// Points in the form in which a program has its parameters.
@Suite struct TensorTreeTests {
  private static let x = Tensor<Double>.linspace(-1, 1, 6).reshaped(to: [3, 2])
  private static let network = Network(
    layers: [
      Layer(weights: Tensor([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]), bias: Tensor([0.1, 0, -0.1])),
      Layer(weights: Tensor([[0.7], [-0.8], [0.9]]), bias: Tensor([0.05])),
    ], scale: Tensor(1.5))

  private static func loss(_ network: Network) -> Tensor<Double> {
    let error = network(x) - x.sum(axes: [1], keepingAxes: true)
    return (error * error).sum()
  }

  /// The same function of one vector.
  private static func flat(_ vector: Tensor<Double>) -> Tensor<Double> { loss(network.unflattened(vector)) }

  @Test("Elements are numbered in the order of the members, and go back to their places") func order() {
    let network = Self.network
    #expect(
      network.parameterCount == 6 + 3 + 3 + 1 + 1
        && network.allTensors.map(\.shape) == [[2, 3], [3], [3, 1], [1], []])
    #expect(network.unflattened(network.flattened).allTensors == network.allTensors)
    #expect(network.mapTensors { 2 * $0 }.layers[1].bias.scalars == [0.1])
    #expect(network.combined(with: network) { $0 - $1 }.flattened.scalars.allSatisfy { $0 == 0 })
    #expect([Tensor<Double>]().flattened.shape == [0])
  }

  @Test("The gradient has the form of the point, and is that of the vector") func gradients() throws {
    let expected = gradient(at: Self.network.flattened, of: Self.flat)
    let (value, slopes) = valueWithGradient(at: Self.network, of: Self.loss)
    #expect(value == Self.loss(Self.network) && slopes.name == "two layers")
    #expect(slopes.flattened.isClose(to: expected, relative: 1e-12))
    #expect(try gradient(of: Self.loss, at: Self.network).scale.isClose(to: slopes.scale, relative: 1e-12))
    #expect(gradient(at: Self.network.layers) { ($0[0].bias * $0[0].bias).sum() }[0].bias.scalars == [0.2, 0, -0.2])
  }

  @Test("Blocks by path are those of the whole matrix") func blocks() throws {
    let H = hessian(at: Self.network, of: Self.loss)
    let whole = hessian(at: Self.network.flattened, of: Self.flat)[...]
    #expect(H.shape == [14, 14] && H.matrix[...].isClose(to: whole, relative: 1e-10))
    let corner = H[\.layers[0].weights, \.layers[1].bias]
    #expect(corner.shape == [2, 3, 1] && corner.scalars == H.matrix[0..<6, 12].scalars)
    #expect(H[\.scale, \.scale].shape == [] && H[\.layers[0], \.scale].shape == [9])
    #expect(H[\.layers, \.layers].shape == [13, 13] && H[\.self, \.scale].shape == [14])
    #expect(H.diagonal.layers[0].bias.isClose(to: H[\.layers[0].bias, \.layers[0].bias].diagonal(), relative: 1e-10))
    let product = H.product(Self.network)
    #expect(product.flattened.isClose(to: matmul(whole, Self.network.flattened), relative: 1e-10))
    #expect(H.trace.isClose(to: whole.trace(), relative: 1e-10))
    #expect(try TreeHessian(of: Self.loss, at: Self.network).read(at: \.scale, \.layers[1].bias).shape == [1])
  }

  @Test("A block reads its own lines alone") func laziness() {
    let H = hessian(at: Self.network, of: Self.loss)
    _ = H[\.scale, \.layers[0].weights]
    #expect(H.matrix.productsEvaluated == 1)
  }

  @Test("Jacobians are read by paths") func jacobians() throws {
    let J = jacobian(at: Self.network) { $0(Self.x) }
    let whole = jacobian(at: Self.network.flattened) { Self.network.unflattened($0)(Self.x) }[...]
    #expect(J[\.layers[0].weights].shape == [3, 1, 2, 3] && J[\.scale].shape == [3, 1])
    #expect(J[\.layers[0].weights].reshaped(to: [3, 1, 6]).isClose(to: whole[..., 0..<6], relative: 1e-12))
    #expect(J.product(Self.network).isClose(to: matmul(whole, Self.network.flattened), relative: 1e-12))
    #expect(try TreeJacobian(of: { $0.scale * $0.scale }, at: Self.network).read(at: \.scale).item() == 3)
  }

  @Test("A plan of the vector serves a structure") func plans() throws {
    let network = Self.network
    let plan = try GradientPlan(like: network.flattened, of: Self.flat)
    let slopes = network.unflattened(try plan(network.flattened).gradient)
    #expect(slopes.scale.isClose(to: gradient(at: network, of: Self.loss).scale, relative: 1e-12))
  }

  @Test("What does not fit is refused") func refusals() {
    let H = hessian(at: Self.network, of: Self.loss)
    var other = Self.network
    other.scale = Tensor([1, 2])
    let wrong = other
    #expect(throws: TensorError.self) { try H.readProduct(wrong) }
    let outside = #expect(throws: TensorError.self) { try H.read(at: \.name.tree, \.scale) }
    #expect(outside?.message.contains("leads to none of the variables of Network") == true)
    #expect(throws: TensorError.self) { try TreeHessian(of: { $0(Self.x) }, at: Self.network) }
  }

  @Test("Plans take points and data in their forms, and give gradients and blocks in theirs") func formedPlans() throws
  {
    func loss(_ network: Network, _ x: Tensor<Double>) -> Tensor<Double> { square(network(x) - 1).sum() }
    let gradients = try TreeGradientPlan(like: Self.network, Self.x, of: loss)
    let hessians = try TreeHessianPlan(like: Self.network, Self.x, of: loss)
    for x in [Self.x, 2 * Self.x] {
      let expected = valueWithGradient(at: Self.network) { loss($0, x) }
      let H = hessian(at: Self.network) { loss($0, x) }
      let (value, slopes) = try gradients(Self.network, x)
      #expect(value == (try gradients.value(at: Self.network, x)) && slopes.name == "two layers")
      #expect(slopes.flattened.isClose(to: expected.gradient.flattened, relative: 1e-12))
      let all = try hessians(Self.network, x)
      #expect(all.value == value && all.gradient.flattened.isClose(to: slopes.flattened, relative: 1e-12))
      #expect(all.hessian.matrix.isClose(to: H.matrix[...], relative: 1e-12))
      let block = all.hessian[\.layers[0].weights, \.scale]
      #expect(block.shape == [2, 3] && block.isClose(to: H[\.layers[0].weights, \.scale], relative: 1e-12))
      #expect(all.hessian.diagonal.scale.isClose(to: H.diagonal.scale, relative: 1e-12))
    }
    var other = Self.network
    other.layers.removeLast()
    #expect(throws: TensorError.self) { try gradients(other, Self.x) }
    #expect(throws: TensorError.self) { try hessians(Self.network, Self.x[..<2]) }
    #expect(throws: TensorError.self) { try TreeMatrix(Tensor<Double>.eye(3), like: Self.network) }
  }
}

extension String {
  fileprivate var tree: Tensor<Double> { Tensor(0) }
}
