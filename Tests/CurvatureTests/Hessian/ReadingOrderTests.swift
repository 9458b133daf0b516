import Curvature
import TensorGraph
import TestSupport
import Testing

/// What was read before neither changes what is read later nor makes it dear.
@Suite struct ReadingOrderTests {
  /// Full, and with terms that give the whole for much less than products.
  static func logSumExp(_ x: Tensor<Double>) -> Tensor<Double> { log(exp(x).sum()) + 0.5 * (x * x).sum() }

  static func input(_ count: Int) -> Tensor<Double> {
    var generator = RepeatableGenerator(seed: 3)
    return Tensor(generator.reals(count, in: -1...1))
  }

  typealias Read = @Sendable (Hessian<Double>) -> Void
  static let reads: [(name: String, read: Read)] = [
    ("an entry", { _ = $0[7, 900] }),
    ("a row", { _ = $0[3] }),
    ("a column", { _ = $0[0..., 5] }),
    ("the diagonal", { _ = $0.diagonal }),
    ("a block", { _ = $0[0..<900, 100...] }),
    ("entries", { _ = $0.entries(rows: [1, 2, 3], columns: [4, 5, 1100]) }),
    ("rows one by one", { for i in 0..<300 { _ = $0[i] } }),
  ]

  @Test("The whole agrees with what was read before, bit for bit, and with the whole alone", arguments: 0..<reads.count)
  func whole(_ number: Int) {
    let x = Self.input(1200)
    let alone = hessian(Self.logSumExp(x), x)[...]
    let H = hessian(Self.logSumExp(x), x)
    Self.reads[number].read(H)
    let (row, diagonal, entry) = (H[3], H.diagonal, H[7, 900])
    let all = H[...]
    #expect(all[3] == row && all.diagonal() == diagonal && all[7, 900] == entry, "\(Self.reads[number].name)")
    #expect(all == all.transposed())
    #expect(all.isClose(to: alone, relative: 1e-12, absolute: 1e-14))
  }

  @Test("Lines are weighed against the whole whenever their number has doubled") func choices() throws {
    let x = Self.input(4000)
    let derivative = Derivative(of: gradient(Self.logSumExp(x), x).node, in: x.node, isSymmetric: true)
    #expect(try derivative.isWholeWorthwhile(insteadOf: 4000, spent: 0))
    #expect(try derivative.isWholeWorthwhile(insteadOf: 3999, spent: 1))
    #expect(try derivative.isWholeWorthwhile(insteadOf: 3600, spent: 0))
    #expect(try !derivative.isWholeWorthwhile(insteadOf: 1, spent: 0))
    #expect(try !derivative.isWholeWorthwhile(insteadOf: 1, spent: 2500))
    let worthwhile = try (0..<4000).filter { try derivative.isWholeWorthwhile(insteadOf: 1, spent: $0) }
    // Whoever reads row by row turns to the whole before it has read all rows; no more often than numbers double.
    #expect(!worthwhile.isEmpty && worthwhile.count <= 12, "\(worthwhile)")
  }
}
