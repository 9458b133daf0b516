import Curvature
import Synchronization
import TensorGraph
import TestSupport
import Testing

/// Functions that are sums over pieces of data.
@Suite struct SumPlanTests {
  private static func data(_ rows: Int) -> (X: Tensor<Double>, t: Tensor<Double>) {
    var generator = RepeatableGenerator(seed: 7)
    let X = Tensor(generator.reals(rows * 4, in: -1...1), shape: [rows, 4])
    return (X, Tensor(generator.reals(rows, in: -1...1).map { $0 < 0 ? -1 : 1 }))
  }

  private static func loss(_ w: Tensor<Double>, _ X: Tensor<Double>, _ t: Tensor<Double>) -> Tensor<Double> {
    softplus(-t * matmul(X, w)).sum() + 0.01 * Double(X.shape[0]) * square(w).sum()
  }

  private static let w = Tensor<Double>([0.3, -0.2, 0.5, 1])

  @Test("Sums over pieces are what the whole gives, whatever their size", arguments: [1, 2, 3, 5, 30, 37, 100])
  func pieces(_ rows: Int) throws {
    let (X, t) = Self.data(37)
    let calls = Mutex(0)
    let plan = try SumPlan(like: Self.w, over: X.pieces(of: rows), t.pieces(of: rows)) { w, X, t in
      calls.withLock { $0 += 1 }
      return Self.loss(w, X, t)
    }
    #expect(plan.pieceCount == (37 + rows - 1) / rows)
    let (value, gradient, hessian) = try plan(Self.w)
    let (wholeValue, wholeGradient, whole) = valueGradientHessian(at: Self.w) { Self.loss($0, X, t) }
    #expect(abs(value - wholeValue.item()) < 1e-12 * abs(value))
    #expect(gradient.isClose(to: wholeGradient, relative: 1e-12, absolute: 1e-13))
    #expect(hessian.isClose(to: whole[...], relative: 1e-12, absolute: 1e-13))
    #expect(hessian.scalars == hessian.transposed().scalars)
    let direction = Tensor<Double>([1, 0, -2, 3])
    #expect(
      try plan.product(at: Self.w, along: direction).isClose(to: whole.product(direction), relative: 1e-12))
    #expect(try plan.value(at: Self.w) == value)
    // Once for each shape.
    #expect(calls.withLock { $0 } == (rows >= 37 || 37 % rows == 0 ? 1 : 2))
  }

  @Test("A search over pieces ends where that over the whole does", arguments: [true, false]) func search(
    _ isDense: Bool
  ) throws {
    let (X, t) = Self.data(37)
    let method: MinimizationMethod = isDense ? .dense : .matrixFree
    let plan = try SumPlan(like: Self.w, over: X.pieces(of: 10), t.pieces(of: 10), method: method, of: Self.loss)
    let fit = try plan.minimize(from: Self.w)
    let whole = try minimize(from: Self.w, X, t, method: method, of: Self.loss)
    // Without whole Hessians a search ends at the tolerance of the value, which leaves the point its root.
    #expect(fit.isConverged && fit.point.isClose(to: whole.point, relative: isDense ? 1e-7 : 1e-5))
    #expect(abs(fit.value - whole.value) < 1e-12)
    let upper = fit.point - 0.1
    let bounded = try plan.minimize(from: Self.w, upperBounds: upper)
    #expect(bounded.isConverged && (bounded.point - upper).scalars.allSatisfy { $0 <= 0 })
    if !isDense { #expect(throws: TensorError.self) { try plan.hessian(at: Self.w) } }
  }

  @Test("Points of several tensors, single precision, data of other types") func forms() throws {
    let X = Tensor<Float>.linspace(-1, 1, 33).reshaped(to: [11, 3])
    let labels = Tensor<Int64>((0..<11).map { Int64($0 % 2) })
    let start = [Tensor<Float>([0.1, 0.2, -0.1]), Tensor<Float>([0.3])]
    func loss(_ w: [Tensor<Float>], _ X: Tensor<Float>, _ labels: Tensor<Int64>) -> Tensor<Float> {
      square(matmul(X, w[0]) + w[1] - labels.cast(to: Float.self)).sum()
    }
    let plan = try SumPlan(like: start, over: X.pieces(of: 4), labels.pieces(of: 4), of: loss)
    let (value, gradient) = try plan.gradient(at: start)
    let whole = Curvature.gradient(at: start) { loss($0, X, labels) }
    #expect(abs(value - Double(loss(start, X, labels).item())) < 1e-5 * value)
    for (a, b) in zip(gradient, whole) { #expect(a.isClose(to: b, relative: 1e-5, absolute: 1e-5)) }
    #expect(try plan.hessian(at: start).shape == [4, 4])
    #expect(throws: TensorError.self) { try plan.value(at: [start[0]]) }
  }

  @Test("What is wrong is said before anything is computed") func refused() throws {
    let (X, t) = Self.data(8)
    let counts = #expect(throws: TensorError.self) {
      try SumPlan(like: Self.w, over: X.pieces(of: 4), t.pieces(of: 3), of: Self.loss)
    }
    #expect(counts?.message.contains("[2, 3] pieces") == true)
    let none = DataPieces<Double>(count: 0) { (_) throws(TensorError) in Tensor(0) }
    #expect(throws: TensorError.self) { try SumPlan(like: Self.w, over: none, none, of: Self.loss) }
    #expect(throws: TensorError.self) { try DataPieces(X, rows: 0) }
    #expect(throws: TensorError.self) { try DataPieces(Tensor<Double>(1), rows: 1) }
    #expect(throws: TensorError.self) { try X.pieces(of: 4).read(2) }
    let broken = DataPieces<Double>(count: 2) { (number) throws(TensorError) in
      if number == 1 { throw TensorError("piece 1 is gone") }
      return X[..<4]
    }
    let plan = try SumPlan(like: Self.w, over: broken, t.pieces(of: 4), of: Self.loss)
    let error = #expect(throws: TensorError.self) { try plan.value(at: Self.w) }
    #expect(error?.message == "piece 1 is gone")
  }

  @Test("A sum has the same bits in whatever order and groups its vectors come", arguments: 1..<20)
  func order(_ count: Int) {
    var generator = RepeatableGenerator(seed: UInt64(count))
    let vectors = (0..<count).map { _ in generator.reals(3, in: -1...1).map { exp(20 * $0) } }
    var inOrder = PairwiseSum(count: count)
    for (number, vector) in vectors.enumerated() {
      inOrder.add(vector, number: number)
      #expect(1 << (inOrder.nodes.count - 1) <= count)
    }
    #expect(inOrder.nodes.count == 1)
    // The tree halves the numbers.
    func halved(_ numbers: Range<Int>) -> [Double] {
      if numbers.count == 1 { return vectors[numbers.lowerBound] }
      let height = Int.bitWidth - (count - 1).leadingZeroBitCount
      // The first halving that tells some of the numbers from others.
      for depth in 1...height {
        let cuts = (0...(1 << depth)).map { (count * $0) >> depth }.filter {
          $0 > numbers.lowerBound && $0 < numbers.upperBound
        }
        if let cut = cuts.first {
          return zip(halved(numbers.lowerBound..<cut), halved(cut..<numbers.upperBound)).map(+)
        }
      }
      return []
    }
    #expect(inOrder.total == halved(0..<count))
    for groups in 1...4 {
      var sum = PairwiseSum(count: count)
      for group in (0..<groups).reversed() {
        var part = PairwiseSum(count: count)
        for number in stride(from: group, to: count, by: groups).reversed() {
          part.add(vectors[number], number: number)
        }
        for node in part.nodes { sum.add(node) }
      }
      #expect(sum.total == inOrder.total)
    }
    for i in 0..<3 {
      let plain = vectors.reduce(0) { $0 + $1[i] }
      #expect(abs(inOrder.total[i] - plain) <= 1e-14 * plain)
    }
    // Ranges of 2, 4, 8, … are one sum each.
    for groups in [2, 4, 8, 16] where groups <= count {
      for group in 0..<groups {
        var part = PairwiseSum(count: count)
        for number in (count * group / groups)..<(count * (group + 1) / groups) {
          part.add(vectors[number], number: number)
        }
        #expect(part.nodes.count == 1)
      }
    }
    #expect(PairwiseSum(count: count).total.isEmpty)
  }
}
