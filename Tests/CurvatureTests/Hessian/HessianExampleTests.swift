import Curvature
import Testing

@Suite struct HessianExampleTests {
  /// The example of the original documentation, as written.
  @Test func theExampleRunsAsWritten() {
    var x1 = Tensor<Float>.randn([3])
    var x2 = Tensor<Float>.randn([4])
    x1.stopGradient = false
    x2.stopGradient = false
    let y = x1.sum() + x2.sum()

    let H = hessian(y, (x1, x2))
    let h11 = H[0][0][...]
    let h12 = H[0][1][...]
    let h21 = H[1][0][...]
    let h22 = H[1, 1][...]
    #expect(h11.shape == [3, 3] && h12.shape == [3, 4] && h21.shape == [4, 3] && h22.shape == [4, 4])
    #expect(h11 == .zeros([3, 3]) && h12 == .zeros([3, 4]) && h21 == .zeros([4, 3]) && h22 == .zeros([4, 4]))
  }

  @Test func aSmallHessianHasItsKnownValues() {
    let x = Tensor<Double>([1, 2, 3])
    let H = hessian((x * x * x).sum() + x[0] * x[1], x)
    #expect(H[...] == [[6, 1, 0], [1, 12, 0], [0, 0, 18]])
    #expect(H[-1, 2].item() == 18)
    #expect(gradient(H[0, 0], x) == [6, 0, 0])
  }
}
