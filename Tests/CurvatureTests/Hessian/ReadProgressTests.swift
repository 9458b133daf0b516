import Curvature
import Synchronization
import Testing

/// Long reads can be watched and stopped.
@Suite struct ReadProgressTests {
  /// A full Hessian of 120 rows in chunks of less: its tangents are long, and a recurrence has no terms.
  private static func matrix() -> Hessian<Double> {
    let x = Tensor<Double>.linspace(0, 1, 120)
    let mixing = sin(Tensor<Double>.arange(120 * 120)).reshaped(to: [120, 120])
    let end = iterate(x.expandingDimensions(at: 0).broadcast(to: [1200, 120]), count: 2) { sin(matmul($0, mixing)) }
    let H = hessian((end * end).sum(), x)
    // Less than all of it: some rows are not worth the whole.
    H.cacheByteLimit = 100_000
    return H
  }

  /// Ways to read all of it.
  private static let reads: [@Sendable (Hessian<Double>) throws -> Void] = [
    { _ = try $0.read() }, { _ = $0[...] }, { _ = $0.diagonal }, { _ = try $0.read(at: 0..<40) },
  ]

  @Test("Progress grows to its end, with the matrix's own counter", arguments: reads.indices)
  func watched(_ number: Int) throws {
    let H = Self.matrix()
    let seen = Mutex<[ReadProgress]>([])
    try withProgress({ progress in
      seen.withLock { $0.append(progress) }
      #expect(progress.completedProducts == H.productsEvaluated)
    }) { try Self.reads[number](H) }
    let all = seen.withLock { $0 }
    let last = try #require(all.last)
    #expect(
      zip(all, all.dropFirst()).allSatisfy { $0.completedProducts <= $1.completedProducts && $0.bytes <= $1.bytes })
    // Lines come in chunks; what is one program arrives at once.
    if number == 3 { #expect(all.count > 2 && all[0].completedProducts == 0 && all[0].remaining == nil) }
    #expect(last.completedProducts == last.totalProducts && last.completedProducts == H.productsEvaluated)
    #expect(last.remaining == .zero && "\(last)".hasPrefix("\(last.totalProducts) of \(last.totalProducts) products, "))
  }

  @Test("A cancelled read ends after a chunk, and the next one goes on from there") func cancelled() async throws {
    let H = Self.matrix()
    let task = Task {
      try withProgress({ if $0.completedProducts > 0 { withUnsafeCurrentTask { $0?.cancel() } } }) {
        try H.read(at: 0..<40)
      }
    }
    let error = await #expect(throws: TensorError.self) { try await task.value }
    let done = H.productsEvaluated
    #expect(error?.isCancellation == true && done > 0 && done < 40)
    #expect(error?.message.contains("cancelled after \(done) of 40 products, which are kept") == true)
    let rows = try H.read(at: 0..<40)
    #expect(H.productsEvaluated == 40 && rows.isClose(to: Self.matrix()[0..<40], relative: 1e-12))
  }

  @Test("Who cannot throw reads to the end") func unthrowing() async {
    let task = Task {
      let H = Self.matrix()
      withUnsafeCurrentTask { $0?.cancel() }
      return H[0..<40].shape
    }
    #expect(await task.value == [40, 120])
  }

  @Test("Progress as a sequence ends with the read") func sequence() async throws {
    let (updates, report, finish) = ReadProgress.makeStream()
    let reading = Task {
      defer { finish() }
      return try withProgress(report) { try Self.matrix().read(at: 0..<40).shape }
    }
    var last: ReadProgress?
    for await update in updates { last = update }
    #expect(try await reading.value == [40, 120] && last?.completedProducts == 40)
  }
}
