import Curvature
import CurvatureCommands
import CurvatureFiles
import Foundation
import TestSupport
import Testing

/// `curvature hessian --stream`
@Suite struct StreamCommandTests {
  private static let formula = "sum(sin(outer(x, x))*x) + sum(exp(x*x[2]))"

  private static func arguments(_ path: String, _ more: String...) -> [String] {
    [
      "hessian", formula, "--at", "x=linspace(0, 1, 150)", "--output", path, "--block-bytes", "12000",
    ] + more
  }

  @Test("What is written row by row is what is printed") func contents() throws {
    let scratch = try Scratch()
    let (path, other) = (scratch.path + "/m.npy", scratch.path + "/other.npy")
    #expect(Tool.run(Self.arguments(path, "--stream")).status == 0)
    #expect(Tool.run(Self.arguments(other)).status == 0)
    let (found, expected) = (try Tensor<Double>(contentsOfFile: path), try Tensor<Double>(contentsOfFile: other))
    #expect(found.isClose(to: expected, relative: 1e-12, absolute: 1e-12))
    #expect(Tool.run(Self.arguments(path, "--stream", "--index", "10:20")).status == 0)
    #expect(try Tensor<Double>(contentsOfFile: path) == found[10..<20])
    #expect(Tool.run(Self.arguments(path, "--triangle", "lower", "--dtype", "float32")).status == 0)
    #expect(try Tensor<Float>(contentsOfFile: path).shape == [150 * 151 / 2])
    let outcome = run("jacobian", "x**2", "--at", "x=[1, 2, 3]", "--output", path, "--resume", "--stats")
    #expect(outcome.status == 0 && outcome.errors.contains("Jacobian products: 3\n"))
    #expect(try Tensor<Double>(contentsOfFile: path) == Tensor([[2, 0, 0], [0, 4, 0], [0, 0, 6]]))
    #expect(scratch.contents == ["m.npy", "other.npy"])
  }

  @Test(
    "What cannot be written row by row is refused before anything is computed",
    arguments: [
      (["--stream", "--output", "x.petsc", "--index", "0"], "for the whole matrix in one variable"),
      (["--resume", "--output", "x.petsc"], "write to an .npy file"),
      (["--output", "x.zarr", "--at", "y=2"], "in one variable"),
      (["--output", "x.zarr", "--index", "0, 1"], "name rows"),
      (["--output", "x.zarr", "--sparse"], "leave out --sparse"),
      (["--stream"], "name one by --output"), (["--stream", "--output", "x.csv"], "name one by --output"),
      (["--resume", "--output", "x.npy", "--at", "y=2"], "in one variable"),
      (["--stream", "--output", "x.npy", "--index", "0, 1"], "let --index name rows"),
      (["--stream", "--output", "x.npy", "--sparse"], "leave out --sparse"),
      (["--triangle", "lower", "--output", "x.npy", "--batch-axis", "0"], "--batch-axis"),
      (["--triangle", "left", "--output", "x.npy"], "lower"),
    ])
  func refused(_ arguments: [String], _ text: String) {
    let outcome = Tool.run(["hessian", "sum(x**3)", "--at", "x=[1, 2]"] + arguments)
    #expect(outcome.status == 2 && outcome.errors.contains(text), "\(outcome.errors)")
  }

  @Test("Rows by one number are refused where those between brackets are others", arguments: ["x.npy", "x.zarr"])
  func rowsOfSeveralAxes(_ name: String) {
    for (command, formula) in [("hessian", "sum(x**3)"), ("jacobian", "x**3"), ("jacobian", "x[0, 0]")] {
      let outcome = Tool.run([
        command, formula, "--at", "x=[[1, 2], [3, 4]]", "--stream", "--index", "1:", "--output", name,
      ])
      #expect(outcome.status == 2 && outcome.errors.contains("rows have one axis"), "\(outcome.errors)")
    }
  }

  @Test("A .zarr folder has the rows that an .npy file has") func zarr() throws {
    let scratch = try Scratch()
    let (array, file) = (scratch.path + "/m.zarr", scratch.path + "/m.npy")
    #expect(Tool.run(Self.arguments(array)).status == 0)
    #expect(Tool.run(Self.arguments(file, "--stream")).status == 0)
    let elements = (0..<15).flatMap {
      FileManager.default.contents(atPath: "\(array)/\($0).0").map { [UInt8]($0) } ?? []
    }
    #expect(try elements == Array(Data(contentsOf: URL(fileURLWithPath: file)).suffix(150 * 150 * 8)))
    #expect(FileManager.default.fileExists(atPath: array + "/.zarray") && scratch.contents == ["m.npy", "m.zarr"])
    // Over an array, and not over anything else.
    #expect(Tool.run(Self.arguments(array, "--resume")).status == 0)
    try FileManager.default.createDirectory(atPath: scratch.path + "/mine.zarr", withIntermediateDirectories: false)
    let refused = Tool.run(Self.arguments(scratch.path + "/mine.zarr"))
    #expect(refused.status == 1 && refused.errors.contains("a folder without .zarray"))
    let gradient = run("gradient", "sum(x**2)", "--at", "x=[1, 2]", "--output", array)
    #expect(gradient.status == 2 && gradient.errors.contains(".zarr holds rows of a Hessian or a Jacobian"))
  }

  @Test("Matrices and vectors in PETSc's form") func petsc() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/m.petsc"
    func read() throws -> (numbers: [Int], values: [Double]) {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      func word(_ place: Int) -> Int { (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 * place + $1]) } }
      let count = word(0) == 1_211_216 ? 4 + word(1) + word(3) : 2
      #expect(word(0) == 1_211_216 || word(0) == 1_211_214)
      let values = stride(from: 4 * count, to: bytes.count, by: 8).map { start in
        Double(bitPattern: (0..<8).reduce(0) { $0 << 8 | UInt64(bytes[start + $1]) })
      }
      return ((0..<count).map(word), values)
    }
    let chain = ["hessian", "sum((x[1:] - x[:-1])**2 * x[1:])", "--at", "x=[1, 2, 4]", "--output", path]
    for more in [["--sparse"], ["--stream"], []] {
      #expect(Tool.run(chain + more).status == 0)
      let (numbers, values) = try read()
      // (y - x)² y: second derivatives 2 y in x, 6 y - 4 x in y, 2 x - 4 y in both.
      #expect(numbers == [1_211_216, 3, 3, 7, 2, 3, 2, 0, 1, 0, 1, 2, 1, 2])
      #expect(values == [4, -6, -6, 16, -12, -12, 16])
    }
    #expect(run("gradient", "sum(x**2)", "--at", "x=[1, 2]", "--output", path).status == 0)
    let vector = try read()
    #expect(vector.numbers == [1_211_214, 2] && vector.values == [2, 4])
    #expect(run("hessian", "x[0]**2*x[1]", "--at", "x=[1, 2]", "--output", path).status == 0)
    let dense = try read()
    #expect(dense.numbers == [1_211_216, 2, 2, 3, 2, 1, 0, 1, 0] && dense.values == [4, 2, 2])
    let refused = run("hessian", "sum(x**2)", "--at", "x=ones((2, 2))", "--output", path, "--index", "...")
    #expect(refused.status == 1 && refused.errors.contains("found shape"), "\(refused.errors)")
    #expect(scratch.contents == ["m.petsc"])
  }

  @Test("An error of the file is about the file") func noRoom() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/m.npy"
    let outcome = run("hessian", "sum(x**2)", "--at", "x=zeros(10000000)", "--output", path)
    #expect(outcome.status == 1 && outcome.errors.contains("m.npy.partial: takes 800.0 TB, and "))
    #expect(!outcome.errors.contains("sum(x**2)") && scratch.contents.isEmpty)
  }

  @Test("How long some processes would take, by a model and from a block") func ranks() {
    var model = SharingModel(blockCount: 10, blockSeconds: 2, startSeconds: 0.5, bytes: 1e9)
    (model.latency, model.bandwidth, model.diskBandwidth) = (0.001, 1e6, 1e9)
    #expect(model.seconds(processes: 1) == 20.5)
    // The largest part has 4 blocks; two levels of a tree, 6 messages, and bytes of all.
    #expect(abs(model.seconds(processes: 3) - (8.5 + 12 * 0.001 + 3 * 266 / 1e6)) < 1e-12)
    #expect(model.seconds(processes: 1000) > 2.5 && model.seconds(processes: 1000) < 2.9)
    #expect(abs(model.efficiency(processes: 10) - 0.82) < 0.01)
    model.diskBandwidth = 1e8
    #expect(model.seconds(processes: 10) > 10 && model.seconds(processes: 1) == 20.5)
    let outcome = run("hessian", "sum(sin(outer(x, x)))", "--at", "x=linspace(0, 1, 30)", "--explain-ranks")
    let lines = outcome.outputText.split(separator: "\n")
    #expect(outcome.status == 0 && lines.count == 13 && lines[0].hasPrefix("1 blocks of "))
    #expect(lines.last?.hasPrefix(" 1000") == true)
    let refused = run("hessian", "x*y", "--at", "x=1", "--at", "y=2", "--explain-ranks")
    #expect(refused.status == 2 && refused.errors.contains("in one variable"))
  }

  /// Runs that are killed at random moments: 6, or as many as the environment's `CURVATURE_KILLS` says.
  @Test("A run that is killed at any moment is gone on with, to the same bytes") func killed() throws {
    let folders = [Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0])]
    let programs = folders.map { $0.deletingLastPathComponent().appendingPathComponent("curvature") }
    guard let program = programs.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else { return }
    let scratch = try Scratch()
    func start(_ path: String, _ more: String...) throws -> Process {
      let process = Process()
      process.executableURL = program
      process.arguments = Self.arguments(path) + more
      process.standardError = FileHandle.nullDevice
      try process.run()
      return process
    }
    let whole = scratch.path + "/whole.npy"
    let began = ContinuousClock.now
    try start(whole, "--stream").waitUntilExit()
    let time = (ContinuousClock.now - began) / .seconds(1)
    let expected = try #require(FileManager.default.contents(atPath: whole))
    let kills = ProcessInfo.processInfo.environment["CURVATURE_KILLS"].flatMap(Int.init) ?? 6
    var generator = RepeatableGenerator(seed: 18)
    var resumed = 0
    for number in 0..<kills {
      let path = scratch.path + "/\(number).npy"
      for delay in generator.reals(2, in: 0.1...1) {
        let process = try start(path, "--resume")
        Thread.sleep(forTimeInterval: delay * time)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // It has its name when it is whole, and not before.
        if FileManager.default.fileExists(atPath: path) {
          #expect(FileManager.default.contents(atPath: path) == expected)
        } else if FileManager.default.fileExists(atPath: path + ".journal") {
          resumed += 1
        }
      }
      let last = try start(path, "--resume")
      last.waitUntilExit()
      #expect(last.terminationStatus == 0 && FileManager.default.contents(atPath: path) == expected)
      try FileManager.default.removeItem(atPath: path)
    }
    #expect(scratch.contents == ["whole.npy"] && resumed > 0)
  }
}
