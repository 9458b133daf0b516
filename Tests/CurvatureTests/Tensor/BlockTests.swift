import Curvature
import Testing

@Suite("Writing at computed places") struct BlockTests {
  private let x = Tensor<Double>([1, 2, 3, 4, 5, 6], shape: [2, 3])

  @Test func values() {
    let put = x.putting([[10], [20]], along: 1, indices: [[2], [0]])
    #expect(put == [[1, 2, 10], [20, 5, 6]])
    #expect(x.segmentSums([1, 1], count: 3) == [[0, 0, 0], [5, 7, 9], [0, 0, 0]])
    let starts: [Tensor<Int64>] = [Tensor(Int64(1)), Tensor(Int64(2))]
    // Moved to fit.
    #expect(x.block(startingAt: starts, extents: [1, 2]) == [[5, 6]])
    // Counted from the end, and moved where they count too far.
    #expect(x.block(startingAt: [Tensor(Int64(-1)), Tensor(Int64(-2))], extents: [1, 2]) == [[5, 6]])
    #expect(x.block(startingAt: [Tensor(Int64(-7)), Tensor(Int64(-3))], extents: [1, 1]) == [[1]])
    #expect(x.replacingBlock(startingAt: starts, with: [[7, 8]]) == [[1, 2, 3], [4, 7, 8]])
  }

  @Test func whatIsReplacedHasNoDerivative() {
    let total = square(x.putting(x[..., ..<1] * 3, along: 1, indices: [[2], [0]])).sum()
    // 3 x₀₀ stands in the place of x₀₂, 3 x₁₀ in that of x₁₀ itself.
    #expect(gradient(total, x) == [[2 + 18, 4, 0], [72, 10, 12]])
    #expect(hessian(total, x)[1, 0, 1, 0].item() == 18)
  }
}
