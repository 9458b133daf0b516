import Curvature
import Testing

/// The diagonal and the trace of a Hessian, which need no matrix.
@Suite struct DiagonalTests {
  private func point(_ shape: [Int]) -> Tensor<Double> {
    var generator = SeededGenerator(seed: 2)
    return .randn(shape, using: &generator)
  }

  @Test("The diagonal has the shape of xs and costs at most one product for each coordinate")
  func diagonal() {
    for shape in [[], [1], [5], [2, 3]] {
      let x = point(shape)
      let y = exp(x.sum()) * (x * x * x).sum()
      let H = hessian(y, x)
      let whole = hessian(y, x)[...].reshaped(to: [x.count, x.count])
      #expect(H.diagonal.shape == shape && H.trace.shape == [])
      #expect(H.diagonal.isClose(to: whole.diagonal().reshaped(to: shape), relative: 1e-12))
      #expect(H.trace.isClose(to: whole.trace(), relative: 1e-12))
      #expect(H.trace.isClose(to: laplacian(y, x), relative: 1e-10))
      #expect(H.productsEvaluated <= x.count)
      #expect(H.cachedByteCount == x.count * 8)
    }
  }

  @Test("The diagonal and rows that were read agree bit for bit, whichever came first")
  func agreement() {
    let x = point([7])
    let y = exp(0.3 * x.sum()) * sin(x).sum()
    let rowsFirst = hessian(y, x)
    let rows = rowsFirst[1..<4]
    let diagonal = rowsFirst.diagonal
    #expect(rowsFirst.productsEvaluated <= 7)
    for i in 1..<4 { #expect(diagonal[i] == rows[i - 1, i]) }
    let diagonalFirst = hessian(y, x)
    let before = diagonalFirst.diagonal
    #expect(diagonalFirst[...].diagonal() == before && diagonalFirst[5, 5] == before[5])
    #expect(diagonalFirst[2..., 4][2] == before[4] && diagonalFirst[3, 1..<5][2] == before[3])
    #expect(diagonalFirst[...] == diagonalFirst[...].transposed())
  }

  @Test func batchesHaveOneDiagonalForEachSlice() {
    let x = point([4, 3])
    let y = exp(x.sum(axes: [1])) * (x * x).sum(axes: [1])
    let H = hessian(y, x, batchAxis: 0)
    let whole = hessian(y, x, batchAxis: 0)[...]
    #expect(H.diagonal.shape == [4, 3] && H.trace.shape == [4])
    #expect(H.diagonal.isClose(to: whole.diagonal(), relative: 1e-12))
    #expect(H.trace.isClose(to: laplacian(y, x, batchAxis: 0), relative: 1e-10))
    #expect(H.productsEvaluated <= 3)
  }

  @Test func theyAreDifferentiable() {
    let x = point([4])
    let y = (x * x * x * x).sum() + exp(x.sum())
    let H = hessian(y, x)
    #expect(gradient(H.diagonal[1], x).isClose(to: gradient(H[1, 1], x), relative: 1e-12))
    let whole = H[...]
    #expect(gradient(H.trace, x).isClose(to: gradient(whole.trace(), x), relative: 1e-12))
    let again = hessian(H.trace, x)
    #expect(again[...].isClose(to: hessian(whole.trace(), x)[...], relative: 1e-10))
  }

  @Test func blocksOfEqualShapesHaveADiagonalToo() async {
    let (a, b) = (point([3]), point([3]) + 1)
    let data = Tensor(b.scalars)
    let H = hessian(exp((a * data).sum()), a, data)
    #expect(H[0, 1].diagonal.isClose(to: H[0, 1][...].diagonal(), relative: 1e-12))
    #expect(H[1, 0].diagonal == H[0, 1].diagonal)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (a, b) = (Tensor<Double>([1, 2]), Tensor<Double>([1, 2, 3]))
      _ = hessian(a.sum() * b.sum(), a, b)[0, 1].diagonal
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("diagonal: a block of shape [2, 3] has rows of shape [2] and columns of shape [3]"))
  }
}
