import Curvature
import CurvatureFiles
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Matrices of derivatives as Zarr arrays.
@Suite struct ZarrTests {
  private static let n = 23
  private static let mixing = sin(Tensor<Double>.arange(n * n)).reshaped(to: [n, n])

  private static func hessian(at start: Double = 0) -> Hessian<Double> {
    let x = Tensor<Double>.linspace(start, start + 1, n)
    return Curvature.hessian(square(sin(matmul(mixing, x))).sum() + exp(x * x[2]).sum(), x)
  }

  /// Three rows of 23 columns of 8 bytes.
  private static let blockBytes = 3 * n * 8

  /// The array in a folder, read by what the specification of version 2 says and nothing else.
  private static func read<Element: BitwiseCopyable>(
    _ path: String, as _: Element.Type
  ) throws -> (shape: [Int], chunks: [Int], elements: [Element]) {
    let file = try Data(contentsOf: URL(fileURLWithPath: path + "/.zarray"))
    let metadata = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    #expect(metadata["zarr_format"] as? Int == 2 && metadata["order"] as? String == "C")
    #expect(metadata["compressor"] is NSNull && metadata["filters"] is NSNull)
    #expect(metadata["dtype"] as? String == "<f\(MemoryLayout<Element>.size)")
    #expect(metadata["dimension_separator"] as? String == "." && metadata["fill_value"] as? Double == 0)
    let shape = try #require(metadata["shape"] as? [Int])
    let chunks = try #require(metadata["chunks"] as? [Int])
    #expect(Set(metadata.keys).count == 9 && shape.count == chunks.count)
    let (row, chunkRow) = (shape.dropFirst().reduce(1, *), chunks.dropFirst().reduce(1, *))
    #expect(Array(chunks.dropFirst()) == shape.dropFirst().map { max(1, $0) })
    var elements: [Element] = []
    for start in stride(from: 0, to: shape[0], by: chunks[0]) where row > 0 {
      let name = ([start / chunks[0]] + shape.dropFirst().map { _ in 0 }).map(String.init).joined(separator: ".")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
      // Every chunk is whole, whatever the array's end.
      #expect(bytes.count == chunks[0] * chunkRow * MemoryLayout<Element>.size)
      let chunk = bytes.withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
      elements += chunk[..<(min(chunks[0], shape[0] - start) * row)]
    }
    return (shape, chunks, elements)
  }

  @Test("An array holds what a file does, to the last bit, for every kind of matrix, rows and type") func contents()
    throws
  {
    let scratch = try Scratch()
    let (array, file) = (scratch.path + "/m.zarr", scratch.path + "/m.npy")
    func check<Matrix: DerivativeMatrix>(_ matrix: Matrix, _ shape: [Int], _ name: String) throws {
      for blockBytes in [1, 3 * shape.dropFirst().reduce(8, *), 1 << 20] {
        try matrix.write(to: array, blockBytes: blockBytes)
        try matrix.write(to: file, blockBytes: blockBytes)
        let found = try Self.read(array, as: Matrix.Scalar.self)
        #expect(found.shape == shape, "\(name)")
        #expect(try found.elements == Tensor<Matrix.Scalar>(contentsOfFile: file).scalars, "\(name)")
        #expect(scratch.contents == ["m.npy", "m.zarr"], "\(name)")
      }
    }
    let x = Tensor<Double>.linspace(0.1, 1, 6)
    try check(Self.hessian(), [23, 23], "a Hessian")
    try check(jacobian(x[..<2] * x.sum(), x), [2, 6], "a wide Jacobian")
    let w = Tensor<Double>.linspace(0.1, 1, 6).reshaped(to: [2, 3])
    try check(Curvature.hessian(exp(w * w.sum()).sum(), w), [6, 6], "a Hessian in a matrix")
    try check(jacobian(w.sum(axis: 1) * w.sum(), w), [2, 2, 3], "rows of one axis, columns of two")
    let s = Tensor<Float>.linspace(0.1, 1, 5)
    try check(Curvature.hessian(exp(s * s.sum()).sum(), s), [5, 5], "single precision")
    try Self.hessian().write(to: array, rows: [7, 0, 7], blockBytes: 1)
    try Self.hessian().write(to: file, rows: [7, 0, 7], blockBytes: 1)
    let rows = try Self.read(array, as: Double.self)
    #expect(rows.shape == [3, 23] && rows.chunks == [1, 23])
    #expect(try rows.elements == Tensor<Double>(contentsOfFile: file).scalars)
    try Self.hessian().write(to: array, rows: 30...)
    #expect(try Self.read(array, as: Double.self).shape == [0, 23])
  }

  @Test(
    "What was cancelled goes on without computing a block again, and looks like no array until it is whole",
    arguments: [2, 9, 20])
  func resumed(_ products: Int) async throws {
    let scratch = try Scratch()
    let (whole, path) = (scratch.path + "/whole.zarr", scratch.path + "/m.zarr")
    try Self.hessian().write(to: whole, blockBytes: Self.blockBytes)
    let task = Task {
      try withProgress({ progress in
        if progress.completedProducts >= products { withUnsafeCurrentTask { $0?.cancel() } }
      }) { try Self.hessian().write(to: path, resuming: true, blockBytes: Self.blockBytes) }
    }
    await #expect(throws: TensorError.self) { try await task.value }
    let kept = (products + 2) / 3 * 3
    #expect(scratch.contents == ["m.zarr.journal", "m.zarr.partial", "whole.zarr"])
    #expect(!FileManager.default.fileExists(atPath: path + ".partial/.zarray"))
    let refusal = #expect(throws: TensorError.self) {
      try Self.hessian(at: 0.5).write(to: path, resuming: true, blockBytes: Self.blockBytes)
    }
    #expect(refusal?.message.contains("another point") == true)
    let H = Self.hessian()
    try H.write(to: path, resuming: true, blockBytes: Self.blockBytes)
    #expect(H.productsEvaluated == 23 - kept && scratch.contents == ["m.zarr", "whole.zarr"])
    let (found, expected) = (try Self.read(path, as: Double.self), try Self.read(whole, as: Double.self))
    #expect(found.elements == expected.elements && found.chunks == [3, 23])
  }

  @Test("An array is replaced as a whole; another folder and a file are not, and triangles have no chunks")
  func refused() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/m.zarr"
    try Self.hessian(at: 0.5).write(to: path, blockBytes: 1)
    try Self.hessian().write(to: path, blockBytes: Self.blockBytes)
    #expect(try Self.read(path, as: Double.self).chunks == [3, 23])
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 9)
    let triangle = #expect(throws: TensorError.self) { try Self.hessian().write(to: path, triangle: .lower) }
    #expect(triangle?.message.contains("leave out the triangle") == true)
    #expect(scratch.contents == ["m.zarr"])
    let folder = scratch.path + "/mine.zarr"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/text"))
    let refusal = #expect(throws: TensorError.self) { try Self.hessian().write(to: folder) }
    #expect(refusal?.message.contains("a folder without .zarray") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["text"])
    #expect(scratch.contents == ["m.zarr", "mine.zarr"])
    let other = #expect(throws: TensorError.self) { try Self.hessian().write(to: scratch.path + "/m.h5") }
    #expect(other?.message.contains(".npy or .zarr") == true)
  }

  @Test("An end between the new name and the end of the journal") func named() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/m.zarr"
    let blocks = try Self.hessian().rowBlocks(blockBytes: Self.blockBytes)
    let writer = try MatrixFileWriter(path, blocks: blocks)
    try writer.writeMissingBlocks()
    let journal = try #require(FileManager.default.contents(atPath: path + ".journal"))
    try writer.finish()
    let elements = try Self.read(path, as: Double.self).elements
    try journal.write(to: URL(fileURLWithPath: path + ".journal"))
    let H = Self.hessian()
    try H.write(to: path, resuming: true, blockBytes: Self.blockBytes)
    #expect(try H.productsEvaluated == 0 && Self.read(path, as: Double.self).elements == elements)
    #expect(scratch.contents == ["m.zarr"])
  }
}
