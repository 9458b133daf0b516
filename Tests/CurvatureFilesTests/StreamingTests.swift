import Curvature
import CurvatureFiles
import Foundation
import Synchronization
import TensorGraph
import TestSupport
import Testing

/// Matrices of derivatives that are written to files block by block.
@Suite struct StreamingTests {
  private static let n = 23
  private static let mixing = sin(Tensor<Double>.arange(n * n)).reshaped(to: [n, n])

  /// A full Hessian that no structure makes cheap.
  private static func hessian(at start: Double = 0, scale: Double = 1) -> Hessian<Double> {
    let x = Tensor<Double>.linspace(start, start + 1, n)
    let y = sin(matmul(mixing, x))
    let first = (y * y * x).sum()
    let second = exp(x * x[2]).sum()
    return Curvature.hessian(scale * first + second, x)
  }

  /// Rows of a block in these tests: 23 columns of 8 bytes.
  private static let blockBytes = 3 * n * 8

  private static func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

  // MARK: Contents

  @Test("A file holds what a read gives, for every kind of matrix, rows and type") func contents() throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    func check<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ tolerance: Double, _ name: String) throws
    where Matrix.Scalar: BinaryFloatingPoint {
      for blockBytes in [1, 100, 1 << 20] {
        try matrix.write(to: path, blockBytes: blockBytes)
        let file = try Tensor<Matrix.Scalar>(contentsOfFile: path)
        #expect(file.shape == matrix.shape, "\(name)")
        let (found, expected) = (file.scalars, matrix[...].scalars)
        for (a, b) in zip(found, expected) {
          let (one, other) = (Double(a), Double(b))
          #expect(abs(one - other) <= tolerance * max(1, abs(other)), "\(name)")
        }
      }
      #expect(scratch.contents == ["m.npy"], "\(name)")
    }
    let x = Tensor<Double>.linspace(0.1, 1, 6)
    let z = Tensor<Double>.linspace(-1, 1, 4)
    try check(Self.hessian(), 1e-12, "a Hessian")
    try check(jacobian(exp(x * x[1]), x), 1e-12, "a square Jacobian")
    try check(jacobian(sin(matmul(Self.mixing[..., ..<6], x)), x), 1e-12, "a tall Jacobian")
    try check(jacobian(x[..<2] * x.sum(), x), 1e-12, "a wide Jacobian")
    let product = (x * x.sum()).sum() * (z * z).sum()
    let blocks = Curvature.hessian(product + exp(z * x[0]).sum(), x, z)
    try check(blocks[0, 1], 1e-12, "a block")
    try check(blocks[1, 0], 1e-12, "a block seen transposed")
    let w = Tensor<Double>.linspace(0.1, 1, 6).reshaped(to: [2, 3])
    try check(Curvature.hessian(exp(w * w.sum()).sum(), w), 1e-12, "a Hessian in a matrix")
    let s = Tensor<Float>.linspace(0.1, 1, 5)
    try check(Curvature.hessian(exp(s * s.sum()).sum(), s), 1e-5, "single precision")
    try check(Curvature.hessian((x * x).sum(), Tensor<Double>(2) + x[0]), 0, "a variable that does not matter")
  }

  @Test("Some rows, in any order that an index names") func rows() throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    let (H, whole) = (Self.hessian(), Self.hessian()[...])
    func check(_ rows: some TensorIndex, _ expected: Tensor<Double>) throws {
      try H.write(to: path, rows: rows, blockBytes: Self.blockBytes)
      #expect(try Tensor<Double>(contentsOfFile: path).isClose(to: expected, relative: 1e-12))
    }
    try check(4..<9, whole[4..<9])
    try check(20..., whole[20...])
    try check(-3..., whole[20...])
    try check(AxisRange.every(-5), whole[AxisRange.every(-5)])
    try check([7, 0, 7], whole[[7, 0, 7]])
    try check(5, whole[5..<6])
    try H.write(to: path, rows: 30...)
    #expect(try Tensor<Double>(contentsOfFile: path).shape == [0, Self.n])
    #expect(throws: TensorError.self) { try H.write(to: path, rows: [Self.n]) }
    #expect(throws: TensorError.self) { try H.write(to: path, rows: .newAxis) }
    #expect(scratch.contents == ["m.npy"])
  }

  @Test("Triangles are those of the matrix, row after row", arguments: [StoredTriangle.lower, .upper])
  func triangles(_ triangle: StoredTriangle) throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    let whole = Self.hessian()[...].scalars
    let expected = (0..<Self.n).flatMap { i in
      (triangle == .lower ? 0..<(i + 1) : i..<Self.n).map { whole[i * Self.n + $0] }
    }
    for blockBytes in [1, Self.blockBytes, 1 << 20] {
      try Self.hessian().write(to: path, triangle: triangle, blockBytes: blockBytes)
      let file = try Tensor<Double>(contentsOfFile: path)
      #expect(file.shape == [Self.n * (Self.n + 1) / 2])
      #expect(file.isClose(to: Tensor(expected), relative: 1e-12))
    }
    let x = Tensor<Double>([1, 2])
    #expect(throws: TensorError.self) { try jacobian(x * x, x).write(to: path, triangle: triangle) }
    #expect(throws: TensorError.self) { try Self.hessian().write(to: path, rows: 0..<3, triangle: triangle) }
  }

  // MARK: Memory

  @Test("Blocks keep to their size, and nothing is kept of them") func memory() throws {
    let H = Self.hessian()
    for (blockBytes, rows) in [(1, 1), (Self.blockBytes, 3), (4 * Self.blockBytes, 12), (1 << 20, Self.n)] {
      let blocks = try H.rowBlocks(blockBytes: blockBytes)
      #expect(blocks.rowsPerBlock == rows && blocks.count == (Self.n + rows - 1) / rows)
      #expect((0..<blocks.count).flatMap { Array(blocks.places(ofBlock: $0)) } == Array(0..<Self.n))
      for block in 0..<blocks.count {
        let part = try blocks.read(block: block)
        #expect(part.count * 8 <= max(blockBytes, Self.n * 8))
        #expect(part.isClose(to: H[AxisRange(blocks.places(ofBlock: block))], relative: 1e-12))
      }
      H.removeCachedValues()
      let before = H.productsEvaluated
      for block in 0..<blocks.count { _ = try blocks.read(block: block) }
      #expect(H.cachedByteCount == 0 && H.productsEvaluated - before == Self.n)
      #expect(throws: TensorError.self) { try blocks.read(block: blocks.count) }
      #expect(throws: TensorError.self) { try blocks.read(block: -1) }
    }
    #expect(throws: TensorError.self) { try H.rowBlocks(blockBytes: 0) }
    let batch = Tensor<Double>.linspace(0, 1, 6).reshaped(to: [2, 3])
    #expect(throws: TensorError.self) {
      try Curvature.hessian((batch * batch).sum(axis: 1), batch, batchAxis: 0).rowBlocks()
    }
  }

  @Test("A point where a derivative is found by expansion, and one where there is none") func singular() throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    let x = Tensor<Double>.zeros([3])
    let smooth = square(x.norm())
    try Curvature.hessian(smooth, x).write(to: path)
    #expect(try Tensor<Double>(contentsOfFile: path).scalars == Curvature.hessian(smooth, x)[...].scalars)
    let error = #expect(throws: TensorError.self) { try Curvature.hessian(x.norm(), x).write(to: path + ".npy") }
    #expect(error?.message.isEmpty == false && scratch.contents == ["m.npy"])
  }

  // MARK: Going on

  /// A write that is cancelled when some products are done.
  private static func interrupt(_ H: Hessian<Double>, _ path: String, after products: Int) async -> TensorError? {
    let task = Task {
      try withProgress({ progress in
        if progress.completedProducts >= products { withUnsafeCurrentTask { $0?.cancel() } }
      }) { try H.write(to: path, resuming: true, blockBytes: blockBytes) }
    }
    do {
      try await task.value
      return nil
    } catch { return error as? TensorError }
  }

  @Test("What was cancelled goes on without computing a block again, to the same bytes", arguments: 0..<21)
  func cancelled(_ products: Int) async throws {
    let scratch = try Scratch()
    let (whole, path) = (try scratch.file("whole.npy"), try scratch.file("m.npy"))
    try Self.hessian().write(to: whole, blockBytes: Self.blockBytes)
    let error = try #require(await Self.interrupt(Self.hessian(), path, after: products))
    #expect(error.isCancellation)
    let kept = (products + 2) / 3 * 3
    if kept > 0 {
      #expect(error.message.contains("\(kept) of 23 rows are kept"), "\(error)")
      #expect(scratch.contents == ["m.npy.journal", "m.npy.partial", "whole.npy"])
      let refusal = #expect(throws: TensorError.self) {
        try Self.hessian().write(to: path, blockBytes: Self.blockBytes)
      }
      #expect(refusal?.message.contains("resuming: true") == true)
    } else {
      #expect(scratch.contents == ["whole.npy"])
    }
    let H = Self.hessian()
    let seen = Mutex<[ReadProgress]>([])
    try withProgress({ progress in seen.withLock { $0.append(progress) } }) {
      try H.write(to: path, resuming: true, blockBytes: Self.blockBytes)
    }
    #expect(H.productsEvaluated == 23 - kept)
    #expect(seen.withLock { $0.last }.map { [$0.completedProducts, $0.totalProducts] } == [23 - kept, 23 - kept])
    #expect(Self.bytes(path) == Self.bytes(whole) && scratch.contents == ["m.npy", "whole.npy"])
  }

  @Test("A journal that was cut off anywhere is gone on with, or begun anew") func torn() async throws {
    let scratch = try Scratch()
    let (whole, path) = (try scratch.file("whole.npy"), try scratch.file("m.npy"))
    try Self.hessian().write(to: whole, blockBytes: Self.blockBytes)
    _ = await Self.interrupt(Self.hessian(), path, after: 10)
    let journal = try #require(Self.bytes(path + ".journal"))
    let partial = try #require(Self.bytes(path + ".partial"))
    let lines = journal.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 5)
    var tested = 0
    for end in 0...journal.count where end % 7 == 0 || end > journal.count - 14 {
      for tail in [Data(), Data("garbage".utf8)] {
        try (journal[..<end] + tail).write(to: URL(fileURLWithPath: path + ".journal"))
        try partial.write(to: URL(fileURLWithPath: path + ".partial"))
        let isHeaderWhole = end > lines[0].count
        let done = isHeaderWhole ? journal[..<end].split(separator: 10, omittingEmptySubsequences: false).count - 2 : 0
        let H = Self.hessian()
        try H.write(to: path, resuming: true, blockBytes: Self.blockBytes)
        #expect(H.productsEvaluated == 23 - 3 * done, "cut at \(end)")
        #expect(Self.bytes(path) == Self.bytes(whole))
        try FileManager.default.removeItem(atPath: path)
        tested += 1
      }
    }
    #expect(tested > 40)
  }

  @Test("An end between the new name and the end of the journal") func named() async throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    let blocks = try Self.hessian().rowBlocks(blockBytes: Self.blockBytes)
    let writer = try MatrixFileWriter(path, blocks: blocks)
    try writer.writeMissingBlocks()
    let journal = try #require(Self.bytes(path + ".journal"))
    try writer.finish()
    let file = Self.bytes(path)
    try journal.write(to: URL(fileURLWithPath: path + ".journal"))
    let H = Self.hessian()
    try H.write(to: path, resuming: true, blockBytes: Self.blockBytes)
    #expect(H.productsEvaluated == 0 && Self.bytes(path) == file && scratch.contents == ["m.npy"])
  }

  // MARK: Refusals

  @Test("Another function, point, type, rows, blocks or part is refused in words, and nothing is lost") func others()
    async throws
  {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    _ = await Self.interrupt(Self.hessian(), path, after: 10)
    let (journal, partial) = (Self.bytes(path + ".journal"), Self.bytes(path + ".partial"))
    let x = Tensor<Float>.linspace(0, 1, Self.n)
    let single = Curvature.hessian(exp(x * x[2]).sum(), x)
    let double = Tensor<Double>.linspace(0, 1, Self.n)
    let size = Self.blockBytes
    let cases: [(String, () throws -> Void)] = [
      (
        "another point, or of other data",
        { try Self.hessian(at: 0.5).write(to: path, resuming: true, blockBytes: size) }
      ),
      ("another function", { try Self.hessian(scale: 2).write(to: path, resuming: true, blockBytes: size) }),
      (
        "another function",
        { try Curvature.hessian(sin(double).sum(), double).write(to: path, resuming: true, blockBytes: size) }
      ),
      ("type float64, now it is float32", { try single.write(to: path, resuming: true, blockBytes: size) }),
      ("3, now it is 2", { try Self.hessian().write(to: path, resuming: true, blockBytes: 2 * Self.n * 8) }),
      (
        "shape [23, 23], now it is [5, 23]",
        { try Self.hessian().write(to: path, rows: 0..<5, resuming: true, blockBytes: size) }
      ),
      (
        "other rows",
        { try Self.hessian().write(to: path, rows: AxisRange.every(-1), resuming: true, blockBytes: size) }
      ),
      (
        "'lower' are wanted",
        { try Self.hessian().write(to: path, triangle: .lower, resuming: true, blockBytes: size) }
      ),
    ]
    for (text, write) in cases {
      let error = #expect(throws: TensorError.self) { try write() }
      #expect(error?.message.contains(text) == true, "\(text): \(error?.message ?? "no error")")
      #expect(error?.message.contains("m.npy.journal to begin anew") == true)
    }
    #expect(Self.bytes(path + ".journal") == journal && Self.bytes(path + ".partial") == partial)
    try Data("short".utf8).write(to: URL(fileURLWithPath: path + ".partial"))
    let changed = #expect(throws: TensorError.self) {
      try Self.hessian().write(to: path, resuming: true, blockBytes: size)
    }
    #expect(changed?.message.contains("is not there or was changed") == true)
  }

  @Test("Operations that another process would not know are written, and not gone on with") func anonymous()
    async throws
  {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    func make(_ identifier: String?) -> Hessian<Double> {
      let rule = CustomDerivative<Double>(
        "cube", identifier: identifier, function: { $0[0] * $0[0] * $0[0] },
        tangent: { x, _, change in 3 * x[0] * x[0] * change[0] })
      let x = Tensor<Double>.linspace(0, 1, Self.n)
      return Curvature.hessian((rule(x) * x.sum()).sum(), x)
    }
    for identifier in ["cube", nil] {
      let error = try #require(await Self.interrupt(make(identifier), path, after: 10))
      #expect(error.message.contains("12 of 23 rows are kept"))
      if identifier == nil {
        let refusal = #expect(throws: TensorError.self) {
          try make(nil).write(to: path, resuming: true, blockBytes: Self.blockBytes)
        }
        #expect(refusal?.message.contains("identifier") == true)
      } else {
        try make(identifier).write(to: path, resuming: true, blockBytes: Self.blockBytes)
      }
    }
  }

  @Test("Two writers at once, no room, no folder, another kind of file") func places() throws {
    let scratch = try Scratch()
    let path = try scratch.file("m.npy")
    let blocks = try Self.hessian().rowBlocks(blockBytes: Self.blockBytes)
    let first = try MatrixFileWriter(path, blocks: blocks)
    try first.write(block: 0)
    for resuming in [false, true] {
      let second = #expect(throws: TensorError.self) { try Self.hessian().write(to: path, resuming: resuming) }
      #expect(second?.message.contains("another process is writing it") == true)
    }
    let early = #expect(throws: TensorError.self) { try first.finish() }
    #expect(early?.message.contains("7 of 8 blocks are missing") == true)
    try first.writeMissingBlocks()
    try first.finish()
    #expect(scratch.contents == ["m.npy"])
    let x = Tensor<Double>.zeros([10_000_000])
    let large = #expect(throws: TensorError.self) {
      try Curvature.hessian((x * x).sum(), x).write(to: scratch.file("large.npy"))
    }
    #expect(large?.message.contains("takes 800.0 TB") == true && large?.message.contains("are free there") == true)
    #expect(throws: TensorError.self) { try Self.hessian().write(to: path + "/x.npy") }
    #expect(throws: TensorError.self) { try Self.hessian().write(to: scratch.path + "/no/x.npy") }
    #expect(throws: TensorError.self) { try Self.hessian().write(to: scratch.path + "/x.csv") }
    #expect(scratch.contents == ["m.npy"])
  }

  // MARK: Several writers

  @Test(
    "Writers that share the blocks make the same file, and another number of them goes on", arguments: [1, 2, 3, 7])
  func shared(_ count: Int) throws {
    let scratch = try Scratch()
    let (whole, path) = (try scratch.file("whole.npy"), try scratch.file("m.npy"))
    try Self.hessian().write(to: whole, blockBytes: Self.blockBytes)
    func blocks() throws -> RowBlocks<Double> { try Self.hessian().rowBlocks(blockBytes: Self.blockBytes) }
    // One block is left out.
    do {
      let first = try MatrixFileWriter(path, blocks: blocks())
      let missing = first.missingBlocks
      let others = try (1..<count).map { try MatrixFileWriter(joining: path, blocks: blocks(), number: $0) }
      for (i, block) in missing.dropLast().enumerated() { try ([first] + others)[i % count].write(block: block) }
    }
    let next = try MatrixFileWriter(path, blocks: blocks(), resuming: true)
    #expect(next.missingBlocks == [7])
    #expect(scratch.contents == ["m.npy.journal", "m.npy.partial", "whole.npy"])
    do {
      let helper = try MatrixFileWriter(joining: path, blocks: blocks(), number: 1)
      try helper.write(block: 7)
      let early = #expect(throws: TensorError.self) { try next.finish() }
      #expect(early?.message.contains("another process is writing it") == true)
      withExtendedLifetime(helper) {}
    }
    try next.finish()
    #expect(Self.bytes(path) == Self.bytes(whole) && scratch.contents == ["m.npy", "whole.npy"])
    #expect(throws: TensorError.self) { try MatrixFileWriter(joining: path, blocks: blocks(), number: 1) }
  }
}
