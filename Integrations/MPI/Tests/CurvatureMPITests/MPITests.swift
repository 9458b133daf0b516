import Foundation
import Testing

/// Programs under `mpirun`, with several numbers of processes.
@Suite(.serialized) struct MPITests {
  private static let sizes = [1, 2, 3, 4, 8]

  private struct Outcome {
    var output: String
    var errors: String
    var status: Int32
  }

  private static func run(_ size: Int, _ program: String, _ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let path = Bundle.main.bundleURL.deletingLastPathComponent().appendingPathComponent(program).path
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
      program)
    let found = FileManager.default.isExecutableFile(atPath: path) ? path : beside.path
    process.arguments = ["mpirun", "--oversubscribe", "--allow-run-as-root", "-n", "\(size)", found] + arguments
    // More processes than cores are not to wait for each other in loops.
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
      "OPENBLAS_NUM_THREADS": "1",
    ]) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let mistakes = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(output: text, errors: mistakes, status: process.terminationStatus)
  }

  private static func sample(_ size: Int, _ arguments: String...) throws -> Outcome {
    try run(size, "MPISamples", arguments)
  }

  private static func scratch() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("curvature-mpi-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test("What is exchanged arrives", arguments: sizes) func exchange(_ size: Int) throws {
    let outcome = try Self.sample(size, "exchange")
    let ranks = (0..<size).reduce(0, +)
    #expect(
      outcome.output == """
        \(Array(0..<size).map { min($0, 3) })
        [1.5, 2.5]
        [\(Double(size)), \(Double(ranks))]
        \((0..<24).map(Double.init))

        """, "\(outcome.errors)")
  }

  @Test(
    "Hessians and sums have the same bits whatever the number of processes", arguments: ["hessian", "sparse", "sum"])
  func bits(_ name: String) throws {
    let alone = try Self.sample(1, name)
    #expect(alone.status == 0 && alone.output.split(separator: "\n").count >= 6, "\(alone.output) \(alone.errors)")
    #expect(!alone.output.contains("error"), "\(alone.output)")
    for size in Self.sizes.dropFirst() {
      #expect(try Self.sample(size, name).output == alone.output, "\(size) processes")
    }
  }

  @Test(
    "Processes that have something else are found before anything is computed",
    arguments: [
      ("function", "process 2 has something else than process 0: it is of another function"),
      ("point", "process 2 has something else than process 0: it is of the same function at another point"),
      ("sparse function", "process 2 has something else than process 0: it is of another function"),
      ("sparse point", "process 2 has something else than process 0: it is of the same function at another point"),
      ("sparse move", "process 2 of 3: moved: the matrix is of another function, or of other data"),
      ("shape", "process 2 has something else than process 0: it is of shape [37, 37], now it is [36, 36]"),
      ("pieces", "processes have [3, 3, 2] pieces of the data"), ("piece", "process 2 of 3: piece 7 is gone"),
    ])
  func different(_ what: String, _ text: String) throws {
    let outcome = try Self.sample(3, "differ", what)
    #expect(outcome.output.contains(text), "\(outcome.output) \(outcome.errors)")
  }

  @Test("Sums have the same bits, and with 2, 4 and 8 processes take as few bytes as any", arguments: [1, 8, 23, 24])
  func bytes(_ count: Int) throws {
    var sums: Set<Substring> = []
    for size in Self.sizes {
      let outcome = try Self.sample(size, "bytes", "\(count)", "20001")
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count == 2, "\(outcome.output) \(outcome.errors)")
      sums.insert(lines[0])
      let ratio = try #require(Double(lines[1]))
      // Processes without a vector send their part of the total alone.
      #expect(
        ratio >= (count >= size ? 1 : 0.5) && ratio < (size.nonzeroBitCount == 1 ? 1.01 : 2.5), "\(size): \(ratio)")
    }
    #expect(sums.count == 1)
  }

  @Test("Sparse matrices are written in PETSc's form by all as by one", arguments: sizes) func petsc(_ size: Int) throws
  {
    let folder = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Self.sample(size, "petsc", folder.path + "/")
    #expect(
      outcome.output.hasPrefix("written\n") && outcome.output.contains("by several processes to .petsc"),
      "\(outcome.output)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names == (0..<5).flatMap { ["\($0)-alone.petsc", "\($0).petsc"] }, "\(outcome.errors)")
    for number in 0..<5 {
      let files = try ["\(number).petsc", "\(number)-alone.petsc"].map {
        try Data(contentsOf: folder.appendingPathComponent($0))
      }
      #expect(files[0] == files[1] && files[0].starts(with: [0, 0x12, 0x7B, 0x50]))
    }
  }

  @Test("A job one of whose processes dies ends, and another number of them goes on", arguments: [2, 3, 8])
  func killed(_ size: Int) throws {
    let folder = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (whole, path) = (folder.appendingPathComponent("whole.npy"), folder.appendingPathComponent("m.npy"))
    #expect(try Self.sample(1, "write", whole.path).output == "written\n")
    let expected = try Data(contentsOf: whole)
    let killed = try Self.sample(size, "write", path.path, "4")
    #expect(killed.status != 0 && killed.errors.contains("signal 9"), "\(killed.output) \(killed.errors)")
    #expect(!FileManager.default.fileExists(atPath: path.path))
    #expect(FileManager.default.fileExists(atPath: path.path + ".journal"))
    let resumed = try Self.sample(size - 1, "write", path.path)
    #expect(resumed.output == "written\n", "\(resumed.output) \(resumed.errors)")
    #expect(try Data(contentsOf: path) == expected)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["m.npy", "whole.npy"])
  }

  @Test("A Zarr array that was left by some processes is gone on with by others", arguments: [2, 3, 8])
  func killedArray(_ size: Int) throws {
    let folder = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (whole, path) = (folder.appendingPathComponent("whole.zarr"), folder.appendingPathComponent("m.zarr"))
    #expect(try Self.sample(1, "write", whole.path).output == "written\n")
    let killed = try Self.sample(size, "write", path.path, "4")
    #expect(killed.status != 0 && !FileManager.default.fileExists(atPath: path.path))
    let resumed = try Self.sample(size - 1, "write", path.path)
    #expect(resumed.output == "written\n", "\(resumed.output) \(resumed.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: whole.path).sorted()
    // 37 rows, two in each of 19 chunks.
    #expect(try names.count == 20 && FileManager.default.contentsOfDirectory(atPath: path.path).sorted() == names)
    for name in names {
      let files = try [whole, path].map { try Data(contentsOf: $0.appendingPathComponent(name)) }
      #expect(files[0] == files[1], "\(name)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["m.zarr", "whole.zarr"])
  }

  @Test("The tool writes by all processes what it writes by one, and its errors are those of one", arguments: sizes)
  func tool(_ size: Int) throws {
    let folder = try Self.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    func tool(_ size: Int, _ name: String, _ more: String...) throws -> Outcome {
      try Self.run(
        size, "curvature-mpi",
        [
          "hessian", "sum(sin(outer(x, x))*x)", "--at", "x=linspace(0, 1, 40)", "--block-bytes", "1000", "--output",
          folder.appendingPathComponent(name).path,
        ] + more)
    }
    let alone = try tool(1, "a.npy", "--stream")
    #expect(alone.status == 0, "\(alone.errors)")
    let outcome = try tool(size, "b.npy", "--stream")
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
    let (a, b) = (folder.appendingPathComponent("a.npy"), folder.appendingPathComponent("b.npy"))
    #expect(try Data(contentsOf: a) == Data(contentsOf: b))
    #expect(try tool(1, "a.petsc", "--stream").status == 0)
    let sparse = try tool(size, "b.petsc", "--stream")
    #expect(sparse.status == 0 && sparse.output.isEmpty, "\(sparse.errors)")
    let files = try ["a.petsc", "b.petsc"].map { try Data(contentsOf: folder.appendingPathComponent($0)) }
    #expect(files[0] == files[1] && files[0].count > 40 * 40 * 12)
    let failed = try tool(size, "c.csv", "--stream")
    #expect(
      failed.status != 0 && failed.errors.components(separatedBy: "name one by --output").count == 2, "\(failed.errors)"
    )
    let printed = try Self.run(size, "curvature-mpi", ["hessian", "x**3", "--at", "x=2"])
    #expect(printed.status == 0 && printed.output == "12.0\n", "\(printed.errors)")
  }
}
