import Curvature
import TestSupport
import Testing

@Suite("Gauss-Newton matrices and Fisher's information") struct GaussNewtonTests {
  private static let X = Tensor<Double>([[1, 0.5, -1], [1, -0.2, 0.3], [1, 1.5, 2], [1, 0, -0.7], [1, -1, 0.4]])
  private static let y = Tensor<Double>([1, 0, 1, 1, 0])
  private static let w = Tensor<Double>([0.2, -0.4, 0.7])

  @Test("Sparse where the residuals are, without products") func sparse() throws {
    let x = Tensor<Double>.linspace(-1, 2, 300)
    let residuals = { (x: Tensor<Double>) in
      Tensor<Double>.concatenate([10 * (x[1...] - square(x[..<(-1)])), 1 - x[..<(-1)]])
    }
    let G = gaussNewton(at: x, of: residuals)
    #expect(G.pattern.nonzeroCount == 3 * 300 - 2)
    let S = try G.sparse()
    #expect(G.productsEvaluated <= 3)
    let J = jacobian(at: x, of: residuals)[...]
    #expect(Tensor(S).isClose(to: matmul(J.transposed(), J), relative: 1e-12, absolute: 1e-12))
    // The Hessian itself has what the residuals' curvature adds.
    #expect(!hessian(at: x) { square(residuals($0)).sum() / 2 }[...].isClose(to: Tensor(S), relative: 1e-3))
  }

  @Test("Expected information through natural parameters: XᵀWX") func expected() throws {
    let natural = matmul(Self.X, Self.w), transposed = Self.X.transposed()
    let p = sigmoid(natural), rate = exp(natural)
    func closed(_ weights: Tensor<Double>) -> Tensor<Double> {
      matmul(transposed, Self.X * weights.reshaped(to: [5, 1]))
    }
    let logistic = gaussNewton(at: Self.w, loss: { softplus($0).sum() }) { matmul(Self.X, $0) }
    #expect(logistic[...].isClose(to: closed(p * (1 - p)), relative: 1e-12))
    let poisson = gaussNewton(at: Self.w, loss: { exp($0).sum() }) { matmul(Self.X, $0) }
    #expect(poisson[...].isClose(to: closed(rate), relative: 1e-12))
    // With a link that is not canonical the expected information differs from the observed one, which has the data in it.
    func predictor(_ w: Tensor<Double>) -> Tensor<Double> { 2 * log1p(exp(matmul(Self.X, w))) - 1 }
    let expected = gaussNewton(at: Self.w, loss: { softplus($0).sum() }, of: predictor)
    let J = jacobian(at: Self.w, of: predictor)[...], q = sigmoid(predictor(Self.w))
    let weights = (q * (1 - q)).reshaped(to: [5, 1])
    #expect(expected[...].isClose(to: matmul(J.transposed(), J * weights), relative: 1e-12))
    let observed = hessian(at: Self.w) { w in (softplus(predictor(w)) - Self.y * predictor(w)).sum() }
    #expect(!observed[...].isClose(to: expected[...], relative: 1e-2))
    // Its mean over the observations that the model draws, here by their two values each, is the expected one.
    var mean = Tensor<Double>.zeros(3, 3)
    for i in 0..<5 {
      for value in [0.0, 1] {
        let chance = value == 1 ? q[i] : 1 - q[i]
        let part = hessian(at: Self.w) { w in softplus(predictor(w)[i]) - value * predictor(w)[i] }
        mean = mean + chance * part[...]
      }
    }
    #expect(mean.isClose(to: expected[...], relative: 1e-10))
  }

  @Test("Empirical information: the sum of squares of the scores") func empirical() throws {
    let terms = { (w: Tensor<Double>) in
      let z = matmul(Self.X, w)
      return softplus(z) - Self.y * z
    }
    let scores = Self.X * (sigmoid(matmul(Self.X, Self.w)) - Self.y).reshaped(to: [5, 1])
    #expect(gaussNewton(at: Self.w, of: terms)[...].isClose(to: matmul(scores.transposed(), scores), relative: 1e-12))
  }
}
