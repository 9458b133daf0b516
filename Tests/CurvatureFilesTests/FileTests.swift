import Curvature
import CurvatureFiles
import Foundation
import TensorGraph
import TestSupport
import Testing

@Suite struct FileTests {
  static let a: [Double] = [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]

  static let arrays: [(String, [Int], [Double])] = [
    ("A_little_f8", [2, 3], a), ("A_big_f8", [2, 3], a), ("A_little_f4", [2, 3], a), ("A_big_f4", [2, 3], a),
    ("A_little_f2", [2, 3], a), ("A_fortran", [2, 3], a), ("A_version2", [2, 3], a), ("A_version3", [2, 3], a),
    ("whole_i1", [2], [-3, 100]), ("whole_big_i2", [2], [-3, 100]), ("whole_little_i4", [2], [-3, 100]),
    ("whole_big_i4", [2], [-3, 100]), ("whole_little_i8", [2], [-3, 100]), ("whole_big_i8", [2], [-3, 100]),
    ("natural_u1", [2], [3, 200]), ("natural_little_u2", [2], [3, 200]), ("natural_big_u4", [2], [3, 200]),
    ("natural_little_u8", [2], [3, 200]), ("mask", [2], [1, 0]), ("scalar", [], [2.5]), ("empty", [0, 3], []),
    ("cube_fortran", [2, 3, 4], (0..<24).map(Double.init)),
    ("half_special", [3], [.infinity, 0x1p-24, -65504]),
  ]

  @Test(arguments: arrays)
  func readsWhatNumPyWrites(_ name: String, _ shape: [Int], _ elements: [Double]) throws {
    let array = try ArrayFile.read(arrayFixture(name + ".npy"))
    #expect(array.shape == shape)
    #expect(array.doubles == elements)
  }

  @Test(arguments: ["stored", "deflated"])
  func readsArchives(_ name: String) throws {
    let array = try ArrayFile.read(arrayFixture(name + ".npz") + ":a")
    #expect(array.shape == [2, 3] && array.doubles == FileTests.a)
    #expect(try ArrayFile.read(arrayFixture(name + ".npz") + ":a.npy").doubles == FileTests.a)
    let missing = #expect(throws: TensorError.self) { try ArrayFile.read(arrayFixture(name + ".npz") + ":aa") }
    #expect(missing?.message.contains("no member 'aa'") == true && missing?.message.contains("it has a, ") == true)
    let unnamed = #expect(throws: TensorError.self) { try ArrayFile.read(arrayFixture(name + ".npz")) }
    #expect(unnamed?.message.contains("has 2 members") == true)
  }

  @Test(arguments: [
    ("refused_complex", "'<c16'"), ("refused_text", "'<U1'"), ("refused_record", "a record"),
    ("refused_large", "9223372036854775808"),
  ])
  func refusesOtherElements(_ name: String, _ fragment: String) throws {
    let error = #expect(throws: TensorError.self) { try ArrayFile.read(arrayFixture(name + ".npy")) }
    #expect(error?.message.contains(fragment) == true)
  }

  static let written: [(ScalarType, [Double])] = [
    (ScalarType.float64, [1.5, -2, .infinity]), (.float32, [1.5, -2, -.infinity]), (.int64, [1, -2, 3]),
    (.int32, [1, -2, 3]), (.bool, [1, 0, 1]),
  ]

  @Test(arguments: written)
  func writesWhatItReads(_ type: ScalarType, _ elements: [Double]) throws {
    let storage: Storage =
      switch type {
      case .float64: Storage(elements)
      case .float32: Storage(elements.map(Float.init))
      case .int64: Storage(elements.map(Int64.init))
      case .int32: Storage(elements.map(Int32.init))
      case .bool: Storage(elements.map { $0 != 0 })
      }
    for shape in [[3], [3, 1], [1, 1, 3]] {
      let written = ArrayValue(shape: shape, storage: storage)
      let bytes = NPY.write(written)
      #expect((bytes.count - elements.count * type.byteCount) % 64 == 0)
      let read = try NPY.read(bytes[...], name: "x")
      #expect(read.shape == shape && read.doubles == elements)
      let archive = try #require(ZipArchive.archive([("a.npy", bytes), ("x,y.npy", bytes)]))
      let members = try ZipArchive.members(of: archive, name: "x")
      #expect(members.map(\.name) == ["a.npy", "x,y.npy"])
      #expect(Array(try ZipArchive.contents(of: members[1], in: archive, name: "x")) == bytes)
    }
  }

  @Test func damagedFilesAreRefused() throws {
    for name in ["A_little_f8.npy", "A_version2.npy", "stored.npz", "deflated.npz"] {
      let bytes = try FileAccess.read(arrayFixture(name))
      let scratch = try Scratch()
      for count in stride(from: 0, to: bytes.count, by: 7) {
        let path = try scratch.file(name)
        try Data(bytes[..<count]).write(to: URL(fileURLWithPath: path))
        #expect(throws: TensorError.self) { try ArrayFile.read(path + (name.hasSuffix("z") ? ":a" : "")) }
      }
      // One bit flipped anywhere gives an error or an array, never a trap.
      for i in 0..<bytes.count {
        var changed = bytes
        changed[i] ^= 1 << (i % 8)
        _ = try? ArrayFile.array(in: changed, path: "f" + name.suffix(4), member: name.hasSuffix("z") ? "a" : nil)
      }
    }
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904, 0), }"
    let bytes = NPY.magic + [1, 0, UInt8(huge.utf8.count), 0] + Array(huge.utf8)
    #expect(throws: TensorError.self) { try NPY.read(bytes[...], name: "x") }
  }

  @Test func textForms() {
    #expect(NumberText.exact(0.1) == "0.10000000000000001")
    #expect(
      NumberText.exact(-3) == "-3" && NumberText.exact(-0.0) == "-0"
        && NumberText.exact(1e300) == "1.0000000000000001e+300")
    #expect(JSON.text(of: array([2, 1], [0.5, .nan])) == #"{"shape": [2, 1], "values": [[0.5], ["nan"]]}"#)
    #expect(JSON.text(of: array([], [-Double.infinity])) == #"{"shape": [], "values": "-inf"}"#)
    #expect(JSON.text(of: array([2, 0, 3], [Double]())) == #"{"shape": [2, 0, 3], "values": [[], []]}"#)
    #expect(JSON.text(of: array([0, 3], [Double]())) == #"{"shape": [0, 3], "values": []}"#)
    #expect(
      JSON.text(of: array([2, 1, 2], [1.0, 2, 3, 4])) == #"{"shape": [2, 1, 2], "values": [[[1, 2]], [[3, 4]]]}"#)
    let blocks = JSON.text(ofBlocks: [[array([1], [1.0]), array([], [2.0])]])
    #expect(blocks == #"{"blocks": [[{"shape": [1], "values": [1]}, {"shape": [], "values": 2}]]}"#)
    #expect(
      String(decoding: CSV.write(array([2, 2], [1.0, 0.1, 3, .nan])), as: UTF8.self) == "1,0.10000000000000001\n3,nan\n"
    )
    #expect(String(decoding: CSV.write(array([2], [1.0, 2])), as: UTF8.self) == "1\n2\n")
    let market = array([2, 2], [1.5, 0, 0, 2]).matrixMarket!
    #expect(
      String(decoding: market, as: UTF8.self)
        == "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1.5\n2 2 2\n")
    #expect(array([1, 1, 1], [1.0]).matrixMarket == nil)
  }

  @Test func placesThatAreNoFiles() throws {
    let scratch = try Scratch()
    for (path, fragment) in [
      (scratch.path, "is a directory"), (scratch.path + "/none.npy", "no such file"), ("", "names no file"),
      ("a\u{0}b", "names no file"),
    ] {
      let error = #expect(throws: TensorError.self) { try FileAccess.read(path) }
      #expect(error?.message.contains(fragment) == true)
    }
    for (path, fragment) in [
      (scratch.path, "is a directory"), (scratch.path + "/none/x.npy", "no folder"), ("/dev/null", "no regular file"),
    ] {
      let error = #expect(throws: TensorError.self) { try FileAccess.write([1], to: path) }
      #expect(error?.message.contains(fragment) == true)
    }
    let file = try scratch.file("x.csv")
    try FileAccess.write([49], to: file)
    try FileAccess.write([50], to: file)
    #expect(try FileAccess.read(file) == [50])
    #expect(scratch.contents == ["x.csv"])
  }
}
