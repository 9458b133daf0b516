import Curvature
import Testing

/// Lazy matrices as operands.
@Suite struct MatrixOperatorTests {
  private let x = Tensor<Double>([0.5, 1.5, 2])
  private var H: Hessian<Double> { hessian(exp(0.1 * x.sum()) * (x * x * x).sum(), x) }
  private var J: Jacobian<Double> { jacobian(x * x * x.sum(), x) }
  private let t = Tensor<Double>([[1, 2, 3], [4, 5, 6], [7, 8, 9]])

  @Test("O1: arithmetic with numbers, tensors and other matrices on either side gives tensors")
  func arithmetic() {
    let (h, j) = (H[...], J[...])
    func same(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Bool { a.isClose(to: b, relative: 1e-12) }
    #expect(same(H + 1, h + 1) && same(1 + H, 1 + h) && same(H - 1, h - 1) && same(1 - H, 1 - h))
    #expect(same(H * 2, h * 2) && same(2 * H, 2 * h) && same(H / 2, h / 2) && same(2 / H, 2 / h))
    #expect(same(H + t, h + t) && same(t + H, t + h) && same(H - t, h - t) && same(t - H, t - h))
    #expect(same(H * t, h * t) && same(t * H, t * h) && same(H / t, h / t) && same(t / H, t / h))
    #expect(same(H + J, h + j) && same(J + H, j + h) && same(H - J, h - j) && same(J - H, j - h))
    #expect(same(H * J, h * j) && same(J * H, j * h) && same(H / J, h / j) && same(J / H, j / h))
    #expect(same(H + H, 2 * h) && same(H * H, h * h) && same(H - H, 0 * h) && same(H / H, .ones([3, 3])))
    #expect(same(J + J, 2 * j) && same(J * 2, j * 2) && same(-J, -j) && same(-H, -h) && same(t - J, t - j))
    let s = 2.5
    #expect(same(H * s, h * s) && same(s * H, s * h) && same(H + s, h + s) && same(s - H, s - h) && same(H / s, h / s))
    let row = x
    #expect(same(H * row, h * row) && same(row + H, row + h), "shapes broadcast")
  }

  @Test("O1: powers and matrix products on either side")
  func powersAndProducts() {
    let (h, j) = (H[...], J[...])
    #expect(pow(H, 2).isClose(to: pow(h, 2)) && pow(H, x).isClose(to: pow(h, x)) && pow(x, H).isClose(to: pow(x, h)))
    #expect(pow(2, H).isClose(to: pow(2, h)) && pow(H, J).isClose(to: pow(h, j)) && pow(J, 3).isClose(to: pow(j, 3)))
    for (lazy, dense) in [
      (matmul(H, t), matmul(h, t)), (matmul(t, H), matmul(t, h)), (matmul(H, H), matmul(h, h)),
      (matmul(H, J), matmul(h, j)), (matmul(J, H), matmul(j, h)), (matmul(H, x), matmul(h, x)),
      (matmul(x, H), matmul(x, h)), (matmul(J, x), matmul(j, x)), (matmul(x, J), matmul(x, j)),
      (matmul(H, t[.all, ..<2]), matmul(h, t[.all, ..<2])), (matmul(t[..<2], J), matmul(t[..<2], j)),
    ] {
      #expect(lazy.shape == dense.shape && lazy.isClose(to: dense, relative: 1e-12))
    }
  }

  @Test("O1: comparisons on either side give masks")
  func comparisons() {
    let (h, j) = (H[...], J[...])
    #expect((H .> 1) == (h .> 1) && (1 .> H) == (1 .> h) && (H .< t) == (h .< t) && (t .< H) == (t .< h))
    #expect((H .>= J) == (h .>= j) && (J .<= H) == (j .<= h) && (J .>= 2) == (j .>= 2) && (2 .<= J) == (2 .<= j))
    let twin = H
    #expect((twin .== twin).all().item() && !(twin .!= twin).any().item() && (twin .== twin[...]).all().item())
    #expect((H .== 0) == (h .== 0) && (0 .!= H) == (0 .!= h) && (t .== H) == (t .== h) && (t .!= H) == (t .!= h))
    #expect((t .>= H) == (t .>= h) && (t .<= H) == (t .<= h) && (t .> H) == (t .> h) && (H .< J) == (h .< j))
  }

  @Test("O1: blocks and batched matrices too")
  func blocksAndBatches() {
    let z = Tensor<Double>([1, 2])
    let blocks = hessian(x.sum() * x.sum() * (z * z).sum(), (x, z))
    #expect((blocks[0, 1] * 2).isClose(to: 2 * blocks[0, 1][...]))
    #expect(matmul(blocks[1, 0], blocks[0, 1]).isClose(to: matmul(blocks[1, 0][...], blocks[0, 1][...])))
    #expect(matmul(blocks[0, 1], z).isClose(to: matmul(blocks[0, 1][...], z)))
    #expect(matmul(blocks[1, 0], x).isClose(to: matmul(blocks[1, 0][...], x)))
    let rows = Tensor<Double>([[1, 2], [3, 4]])
    let batched = hessian((rows * rows * rows).sum(axes: [1]), rows, batchAxis: 0)
    #expect((batched - 1).isClose(to: batched[...] - 1) && matmul(batched, z).isClose(to: matmul(batched[...], z)))
    #expect(matmul(z, batched).isClose(to: matmul(z, batched[...])))
  }

  @Test("O2: products with vectors and thin matrices cost one product for each column, and no matrix")
  func thinProducts() {
    let thin = t[.all, ..<2]
    for (count, body) in [
      (1, { H in H.product(self.x) }), (1, { H in matmul(H, self.x) }), (2, { H in matmul(H, thin) }),
      (1, { H in matmul(self.x, H) }), (2, { H in matmul(self.t[..<2], H) }),
    ] as [(Int, (Hessian<Double>) -> Tensor<Double>)] {
      let H = self.H
      _ = body(H).scalars
      #expect(H.productsEvaluated == count && H.cachedByteCount == 0)
    }
    let H = self.H
    _ = matmul(H, t).scalars
    #expect(H.productsEvaluated == 3 && H.cachedByteCount == 72)
    #expect(H.product(x).isClose(to: matmul(H[...], x), relative: 1e-12))
    let J = jacobian(outer(x, x), x)
    #expect(J.product(x).shape == [3, 3] && J.productsEvaluated == 1)
    #expect(J.product(x).isClose(to: 2 * outer(x, x), relative: 1e-12))
  }

  @Test("O2: a product of the wrong shape says which is needed")
  func wrongProduct() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor<Double>([1, 2])
      _ = hessian((x * x).sum(), x).product(.ones([3]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("product: the direction has shape [3], [2] is needed; reshape it"))
  }

  @Test("O3: print shows shape, type, how much is known, and the values of a small matrix")
  func description() {
    let x = Tensor<Double>([1, 2])
    let H = hessian((x * x * x).sum(), x)
    #expect(
      "\(H)"
        == "Hessian<Double>(shape: [2, 2], float64, rows and columns computed: 0, products: 0)\n[[ 6.  0.]\n [ 0. 12.]]"
    )
    #expect("\(H)".hasPrefix("Hessian<Double>(shape: [2, 2], float64, rows and columns computed: 2, products: 2)\n"))
    let large = Tensor<Float>.ones([300])
    let J = jacobian(large * large, large)
    _ = J[7]
    #expect("\(J)" == "Jacobian<Float>(shape: [300, 300], float32, rows and columns computed: 1, products: 1)")
    #expect(J.productsEvaluated == 1)
  }
}
