import Curvature
import CurvatureFiles
import Foundation
import TestSupport
import Testing

/// Files of arrays from Swift.
@Suite struct TensorFileTests {
  private static let matrix = Tensor<Double>([[1, 2.5, -0.1], [.infinity, 1e-300, 4]])

  @Test("What is written is read back to the last bit", arguments: ["x.npy", "x.csv"]) func tensors(_ name: String)
    throws
  {
    let scratch = try Scratch()
    let file = scratch.path + "/" + name
    for tensor in [Self.matrix, Self.matrix[0], Tensor([7.0])] {
      try tensor.write(toFile: file)
      #expect(try Tensor<Double>(contentsOfFile: file) == tensor)
      #expect(try Tensor<Float>(contentsOfFile: file).shape == tensor.shape)
    }
    #expect(scratch.contents == [name])
  }

  @Test("Every element type goes through every kind of archive", arguments: ["a.npz", "a.safetensors"])
  func archives(_ name: String) throws {
    let scratch = try Scratch()
    let file = scratch.path + "/" + name
    let single = Tensor<Float>([1.5, -.infinity, Float(sign: .plus, exponent: -140, significand: 1)])
    let (long, mask) = (Tensor<Int64>([-1, .max]), Self.matrix .> 1)
    var archive = TensorArchive()
    archive["double"] = try .init(Self.matrix)
    archive["single"] = try .init(single)
    archive["long"] = try .init(long)
    archive["mask"] = try .init(mask)
    archive["int"] = try .init(Tensor<Int32>([3, -4]))
    archive["empty \"name\""] = try .init(Tensor<Double>.zeros([0, 2]))
    archive["gone"] = try .init(single)
    archive["gone"] = nil
    try archive.write(toFile: file)
    let read = try TensorArchive(contentsOfFile: file)
    #expect(Set(read.names) == Set(archive.names) && read.names.count == 6)
    #expect(try read.tensor(named: "double") == Self.matrix && read.tensor(named: "single") == single)
    #expect(try read.tensor(named: "long") == long && read.tensor(named: "mask") == mask)
    #expect(try read.tensor(named: "int", as: Int64.self).scalars == [3, -4])
    #expect(try read.tensor(named: "int", as: Double.self).scalars == [3, -4])
    #expect(read["empty \"name\""]?.shape == [0, 2] && read["mask"]?.scalarType == .bool)
    #expect(try Tensor<Double>(contentsOfFile: file + ":double") == Self.matrix)
    let missing = #expect(throws: TensorError.self) { try read.tensor(named: "singel", as: Float.self) }
    #expect(missing?.message.contains("did you mean 'single'?") == true)
    #expect(throws: TensorError.self) { try read.tensor(named: "single", as: Int64.self) }
    #expect(throws: TensorError.self) { try read.tensor(named: "long", as: Bool.self) }
  }

  @Test("A file of safetensors by hand: halves of both kinds, gaps, metadata") func safeTensors() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/x.safetensors"
    func write(_ header: String, _ body: [UInt8]) throws {
      let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
      try Data(length + Array(header.utf8) + body).write(to: URL(fileURLWithPath: file))
    }
    try write(
      #"{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},"#
        + #""h":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}"#, [0x00, 0x3C, 0x00, 0xC1, 0xC0, 0x3F, 0x80, 0xFF])
    let archive = try TensorArchive(contentsOfFile: file)
    #expect(archive.names == ["h", "b"])
    #expect(try archive.tensor(named: "h", as: Float.self) == [[1, -2.5]])
    #expect(try archive.tensor(named: "b", as: Double.self).scalars == [1.5, -.infinity])
    for (header, body) in [
      (#"{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}"#, 8),
      (#"{"x":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, 8),
      (#"{"x":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#, 8),
      (#"{"x":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#, 8),
      (#"{"x":{"dtype":"F64","shape":[9223372036854775807,8],"data_offsets":[0,8]}}"#, 8), (#"{"x":1}"#, 8), ("[]", 0),
      ("{", 0),
    ] {
      try write(header, [UInt8](repeating: 0, count: body))
      #expect(throws: TensorError.self, "\(header)") { try TensorArchive(contentsOfFile: file) }
    }
    try Data([255, 255, 255, 255, 255, 255, 255, 255, 0]).write(to: URL(fileURLWithPath: file))
    #expect(throws: TensorError.self) { try TensorArchive(contentsOfFile: file) }
  }

  @Test("A mapped file is a tensor like any other") func mapping() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/x.npy"
    for count in [1, 7, 512, 496, 5000] {
      let x = Tensor<Double>.linspace(-1, 1, count)
      try x.write(toFile: file)
      var mapped: Tensor<Double>? = try Tensor(mappingFile: file)
      #expect(mapped == x && gradient((mapped! * mapped!).sum(), mapped!) == 2 * x)
      mapped = nil
      #expect(throws: TensorError.self) { try Tensor<Float>(mappingFile: file) }
      #expect(throws: TensorError.self) { try Tensor<Int64>(mappingFile: file) }
    }
    #expect(throws: TensorError.self) { try Tensor<Double>(mappingFile: arrayFixture("A_fortran.npy")) }
    #expect(throws: TensorError.self) { try Tensor<Double>(mappingFile: arrayFixture("A_big_f8.npy")) }
    #expect(throws: TensorError.self) { try Tensor<Double>(mappingFile: scratch.path) }
    #expect(throws: TensorError.self) { try Tensor<Double>(mappingFile: scratch.path + "/none.npy") }
  }

  @Test("A file that cannot be written leaves nothing") func refusals() throws {
    let scratch = try Scratch()
    for name in ["x.mat", "x", "x.npz"] {
      #expect(throws: TensorError.self) { try Self.matrix.write(toFile: scratch.path + "/" + name) }
    }
    #expect(throws: TensorError.self) { try TensorArchive().write(toFile: scratch.path + "/x.zip") }
    #expect(throws: TensorError.self) { try Self.matrix.write(toFile: scratch.path + "/none/x.npy") }
    #expect(scratch.contents.isEmpty)
  }

  @Test("Sparse matrices go to Matrix Market and back, as tensors too") func sparse() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/x.mtx"
    let x = Tensor<Double>([1, 2, 3])
    let matrix = try hessian((x * x * x).sum() + x[0] * x[2], x).sparse()
    for triangle in StoredTriangle.allCases {
      try matrix.write(toFile: file, triangle: triangle)
      let read = try SparseMatrix<Double>(contentsOfFile: file)
      #expect(read.pattern == matrix.pattern && read.values == matrix.values)
    }
    let dense = Tensor(matrix)
    #expect(dense == [[6, 0, 1], [0, 12, 0], [1, 0, 18]] && SparseMatrix(dense).pattern == matrix.pattern)
    let skew = try scratch.file(
      "s.mtx", "%%MatrixMarket matrix coordinate real skew-symmetric\n% of one entry\n\n2 2 1\n2 1 5e-1\n")
    #expect(Tensor(try SparseMatrix<Double>(contentsOfFile: skew)) == [[0, -0.5], [0.5, 0]])
    let pattern = try scratch.file(
      "p.mtx", "%%MatrixMarket matrix coordinate pattern general\r\n1 3 2\r\n1 1\r\n1 3\r\n")
    #expect(Tensor(try SparseMatrix<Float>(contentsOfFile: pattern)) == [[1, 0, 1]])
    for text in [
      "", "1 1 1\n1 1 1\n", "%%MatrixMarket matrix array real general\n1 1\n2\n",
      "%%MatrixMarket matrix coordinate complex general\n",
      "%%MatrixMarket matrix coordinate real hermitian\n", "%%MatrixMarket matrix coordinate real general\n2 2 1\n",
      "%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n",
      "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 x\n",
      "%%MatrixMarket matrix coordinate real general\n2 2\n",
      "%%MatrixMarket matrix coordinate real general\n0 0 1\n1 1 1\n",
    ] {
      let wrong = try scratch.file("w.mtx", text)
      #expect(throws: TensorError.self, "\(text)") { try SparseMatrix<Double>(contentsOfFile: wrong) }
    }
  }

  @Test("PETSc's form of a matrix, byte for byte") func petsc() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/x.petsc"
    let matrix = try SparseMatrix<Double>(
      rowCount: 2, columnCount: 3, entries: [(0, 2, 1.5), (1, 0, -2), (1, 1, 0.25)])
    try matrix.write(toFile: file)
    let words = [1_211_216, 2, 3, 3, 1, 2, 2, 0, 1].flatMap { n in (0..<4).map { UInt8(n >> (24 - 8 * $0) & 255) } }
    // 1.5, -2 and 0.25 by IEEE 754.
    let values: [UInt8] = [0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0xD0, 0, 0, 0, 0, 0, 0]
    #expect(FileManager.default.contents(atPath: file) == Data(words + values))
    #expect(throws: TensorError.self) { try matrix.write(toFile: file, triangle: .lower) }
    #expect(throws: TensorError.self) { try matrix.write(toFile: scratch.path + "/x.csv") }
    let shared = scratch.path + "/y.petsc"
    try matrix.write(toFile: shared, sharedBy: SingleProcess())
    #expect(FileManager.default.contents(atPath: shared) == Data(words + values))
    #expect(scratch.contents == ["x.petsc", "y.petsc"])
    let form = #expect(throws: TensorError.self) {
      try matrix.write(toFile: scratch.path + "/x.mtx", sharedBy: SingleProcess())
    }
    #expect(form?.message.contains(".petsc") == true)
    #expect(throws: TensorError.self) {
      try matrix.write(toFile: scratch.path + "/no/x.petsc", sharedBy: SingleProcess())
    }
    #expect(scratch.contents == ["x.petsc", "y.petsc"])
  }
}
