import Curvature
import TensorGraph
import TestSupport
import Testing

/// Bands, blocks along the diagonal and single entries: what they cost, and that they are those of the whole.
@Suite struct MatrixPartTests {
  private func input(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Double> {
    SparseDerivativeTests.input(shape, seed: seed)
  }

  private func band(_ dense: Tensor<Double>, _ offsets: ClosedRange<Int>) -> [Double] {
    let (rows, columns) = (dense.shape[0], dense.shape[1])
    return offsets.flatMap { offset in
      (0..<columns).map { j in
        (0..<rows).contains(j - offset) ? dense.scalars[(j - offset) * columns + j] : 0
      }
    }
  }

  @Test("Bands of a banded matrix cost its colours, once") func bands() {
    let x = input([500])
    let H = hessian(SparseProblems.rosenbrock(x), x)
    let bands = H.bands(-1...1)
    #expect(bands.shape == [3, 500] && H.productsEvaluated == 3)
    #expect(bands.scalars == band(H[...], -1...1))
    #expect(bands[0, 0].item() == H[1, 0].item() && bands[2, 1].item() == H[0, 1].item() && bands[2, 0].item() == 0)
    #expect(H.productsEvaluated == 3)
    let wide = hessian(SparseProblems.rosenbrock(x), x)
    #expect(wide.bands(2...4).scalars.allSatisfy { $0 == 0 } && wide.productsEvaluated == 0)
  }

  @Test("The diagonal alone takes fewer groups than the whole") func diagonal() {
    let x = input([40, 40])
    let y = SparseProblems.gridEnergy(x)
    let H = hessian(y, x)
    let diagonal = H.bands(0...0)
    #expect(H.productsEvaluated == 2 && H.coloring.colorCount == 5)
    #expect(diagonal.scalars.elementsEqual(hessian(y, x).diagonal.scalars) { abs($0 - $1) <= 4 * $1.ulp })
    #expect(H.diagonal.scalars == diagonal.scalars && H.productsEvaluated == 2)
  }

  @Test("Blocks along the diagonal") func blocks() {
    let x = input([60])
    let H = hessian(SparseProblems.blocks(x, size: 3), x)
    let blocks = H.blockDiagonal(3)
    #expect(blocks.shape == [20, 3, 3] && H.productsEvaluated == 3)
    for i in 0..<20 { #expect(blocks[i] == H[(3 * i)..<(3 * i + 3), (3 * i)..<(3 * i + 3)]) }
    // Of a full matrix: as many products as it has columns, and equal values.
    let full = hessian(exp(0.1 * x[..<6].sum()), x)
    #expect(full.blockDiagonal(2)[1] == full[2..<4, 2..<4])
  }

  @Test("Entries at any pairs, repeated and outside the pattern", arguments: 0..<20)
  func entries(_ seed: UInt64) {
    let x = input([25], seed: seed &+ 40)
    let H = hessian(SparseProblems.random(x, seed: seed), x)
    var generator = RepeatableGenerator(seed: seed)
    let rows = (0..<30).map { _ in generator.integer(in: -25...24) }
    let columns = (0..<30).map { _ in generator.integer(in: -25...24) }
    let entries = H.entries(rows: rows, columns: columns)
    let whole = hessian(SparseProblems.random(x, seed: seed), x)
    whole.evaluationMethod = .dense
    let dense = whole[...]
    for (k, (i, j)) in zip(rows, columns).enumerated() {
      let (a, b) = (entries.scalars[k], dense[i, j].item())
      #expect(abs(a - b) <= max(a.ulp, b.ulp), "(\(i), \(j))")
    }
    #expect(H[...] == H[...].transposed())
    let ys = tanh(x[3...] * x[..<(-3)] + x[1..<23])
    let J = jacobian(ys, x)
    let bands = J.bands(-2...3)
    #expect(bands.scalars.elementsEqual(band(jacobian(ys, x)[...], -2...3)) { abs($0 - $1) <= $1.ulp })
    #expect(J.productsEvaluated <= 4)
  }

  @Test("Parts of batches and of transposed blocks") func batches() {
    let x = input([4, 12])
    let H = hessian(square(x[..., 1...] * x[..., ..<(-1)]).sum(axes: [1]), x, batchAxis: 0)
    let bands = H.bands(0...1)
    #expect(bands.shape == [4, 2, 12] && H.blockDiagonal(4).shape == [4, 3, 4, 4])
    for b in 0..<4 { #expect(bands[b].scalars == band(H[b], 0...1)) }
    let z = input([11], seed: 7)
    let blocks = hessian((x[0, ..<(-1)] * square(z)).sum() + (x[1, 1...] * sin(z)).sum(), z, x)
    let tall = blocks[1, 0]
    let dense = tall[...].reshaped(to: [48, 11])
    #expect(tall.bands(-20...3).scalars == band(dense, -20...3))
    #expect(
      tall.entries(rows: [0, 13, -1], columns: [0, 0, 0]).scalars == [dense[0, 0].item(), dense[13, 0].item(), 0])
  }

  @Test("Parts have derivatives of their own") func derivatives() {
    let x = input([6])
    let y = (exp(x[1...]) * sin(x[..<(-1)])).sum()
    let bands = hessian(y, x).bands(-1...1)
    let third = jacobian(bands.flattened(), x)[...]
    let expected = jacobian(hessian(y, x)[...].flattened(), x)[...]
    for k in 0..<3 {
      for j in 0..<6 where (0..<6).contains(j - k + 1) {
        #expect(third[k * 6 + j].isClose(to: expected[(j - k + 1) * 6 + j], relative: 1e-13, absolute: 1e-13))
      }
    }
    let entry = hessian(y, x).entries(rows: [0, 0], columns: [1, 5])
    #expect(jacobian(entry, x)[...].isClose(to: jacobian(hessian(y, x)[0][[1, 5]], x)[...], relative: 1e-13))
  }

  @Test("What does not fit is refused in words") func errors() {
    let x = input([6])
    let H = hessian(sin(x).sum(), x)
    #expect(throws: TensorError.self) { try H.readBands(-6...0) }
    #expect(throws: TensorError.self) { try H.readEntries(rows: [0], columns: [6]) }
    let ragged = #expect(throws: TensorError.self) { try H.readEntries(rows: [0, 1], columns: [6]) }
    #expect(ragged?.message == "entries: 2 rows and 1 columns; give one column for each row")
    let blocks = #expect(throws: TensorError.self) { try H.readBlockDiagonal(4) }
    #expect(blocks?.message.contains("do not divide a 6×6 matrix") == true)
  }
}
