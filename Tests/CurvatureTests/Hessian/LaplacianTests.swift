import Curvature
import Testing

@Suite struct LaplacianTests {
  /// Every kind of linear map has a part: scales, contractions, masks, movement, extrema.
  private func function(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> {
    let h = tanh(matmul(x, w)) * exp(x[..., 0..<2])
    let gram = einsum("bi,bj->bij", h, x)
    let chosen = (x[..., 0] .> 0).select(sqrt(1 + square(x[..., 1])), sin(x[..., 2]) / (2 + cos(x[..., 0])))
    return gram.sum(axes: [1, 2]) + chosen * x.max(axes: [1]) + pow(h[..., 0], h[..., 1]).cumulativeSum(axis: 0) * 0
      + Tensor.concatenate([h, x], axis: 1).product(axes: [1])
  }

  @Test func itIsTheTraceOfTheHessian() {
    var generator = SeededGenerator(seed: 5)
    let x = abs(Tensor<Double>.randn([4, 3], using: &generator)) + 0.3
    let w = abs(Tensor<Double>.randn([3, 2], using: &generator))
    for row in 0..<4 {
      let point = Tensor(x[row..<(row + 1)].scalars, shape: [1, 3])
      let y = function(point, w).sum()
      let H = hessian(y, point)[...].reshaped(to: [3, 3])
      #expect(laplacian(y, point).isClose(to: H.trace(), relative: 1e-12))
    }
  }

  @Test func aBatchGivesOneForEachSlice() {
    var generator = SeededGenerator(seed: 7)
    let x = Tensor<Double>.randn([5, 3], using: &generator)
    let w = Tensor<Double>.randn([3, 4], using: &generator)
    let y = (tanh(matmul(x, w)) * sin(matmul(x, w))).sum(axes: [1])
    let whole = hessian(y, x, batchAxis: 0)[...].trace()
    #expect(laplacian(y, x, batchAxis: 0).isClose(to: whole, relative: 1e-12))
    #expect(laplacian(x.sum(), x).item() == 0)
  }

  @Test("Of eigenvalues that repeat, or nearly do, and of batches of them", arguments: [0, 1e-14, 1e-9, 0.5])
  func eigenvalues(gap: Double) {
    let x = Tensor<Double>([2, 0, 0, 2 + gap, 3, 1, 1, 3], shape: [2, 2, 2])
    let values = x.symmetricEigen.values
    let y = (values * log(values)).sum(axes: [1])
    // Second derivatives 1/w beside the mean of 1/w between two eigenvalues.
    func expected(_ a: Double, _ b: Double) -> Double {
      1 / a + 1 / b + (b - a > 1e-6 ? log(Tensor<Double>(b / a)).item() / (b - a) : 2 / (a + b))
    }
    let all = Tensor<Double>([expected(2, 2 + gap), expected(2, 4)])
    #expect(laplacian(y, x, batchAxis: 0).isClose(to: all, relative: 1e-11))
    #expect(laplacian(y.sum(), x).isClose(to: all.sum(), relative: 1e-11))
  }
}
