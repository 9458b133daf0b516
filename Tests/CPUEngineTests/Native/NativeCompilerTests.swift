import CPUEngine
import Foundation
import TensorGraph
import Testing

/// What happens where nothing can be compiled, and what is kept. Each in a process of its own, since a process looks for its compiler once.
@Suite("The compiler of compiled programs") struct NativeCompilerTests {
  /// A program of one group, its result at a point, and whether that is right.
  private static func sumOfSquares() throws -> (program: Program, isRight: () throws -> Bool) {
    let x = Node(.input([100], .float64))
    let program = try Program(outputs: [Node(.sum([0]), [x * x + x])], inputs: [x])
    return (
      program,
      {
        let input = Storage((0..<100).map(Double.init))
        let output = Storage(count: 1, scalarType: .float64)
        let context = try ProgramContext(program, execution: .compiled)
        try context.run(inputs: [UnsafeRawPointer(input.base)], outputs: [output.base])
        return output.literal(at: 0) == .real(333300)
      }
    )
  }

  private static func emptyFolder() -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("compiler-\(UUID().uuidString)").path
    setenv("XDG_CACHE_HOME", folder, 1)
    return folder
  }

  @Test("No compiler: the program runs, and says why it is interpreted") func noCompiler() async {
    await #expect(processExitsWith: .success) {
      let folder = Self.emptyFolder()
      setenv("CURVATURE_CC", "/nowhere/cc", 1)
      let (program, isRight) = try Self.sumOfSquares()
      let right = try isRight()
      #expect(right && program.compilationFailure?.contains("no C compiler") == true)
      #expect(program.description.contains("runs interpreted"))
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test("A compiler that fails: the program runs, and nothing stays behind") func failingCompiler() async {
    await #expect(processExitsWith: .success) {
      let folder = Self.emptyFolder()
      setenv("CURVATURE_CC", "/bin/false", 1)
      let (program, isRight) = try Self.sumOfSquares()
      let right = try isRight()
      #expect(right && program.compilationFailure?.contains("ended with status 1") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/curvature") == [])
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test("What has run for long is compiled in the background, and what has not is not") func automatic() async {
    await #expect(processExitsWith: .success) {
      let folder = Self.emptyFolder()
      let count = 100_000
      let x = Node(.input([count], .float64))
      let program = try Program(outputs: [x * x + x], inputs: [x])
      let context = try ProgramContext(program, execution: .automatic)
      let input = Storage((0..<count).map(Double.init))
      let output = Storage(count: count, scalarType: .float64)
      func run() throws { try context.run(inputs: [UnsafeRawPointer(input.base)], outputs: [output.base]) }
      try run()
      #expect(!program.description.contains("compiled"))
      var runs = 1
      while !program.description.contains("compiled"), runs < 1_000_000 {
        try run()
        runs += 1
      }
      #expect(runs > 100 && runs < 1_000_000)
      program.compile()
      try run()
      #expect(program.description.contains("runs as compiled code") && output.literal(at: 3) == .real(12))
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test("A library is made once, found by other processes, and made anew where the file is none") func kept()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("compiler-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for step in 0..<3 {
      await #expect(processExitsWith: .success) { [folder = folder as String] in
        setenv("XDG_CACHE_HOME", folder, 1)
        let (program, isRight) = try Self.sumOfSquares()
        let right = try isRight()
        #expect(right && program.compilationFailure == nil && program.description.contains("runs as compiled code"))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/curvature")
      #expect(names.count == 1 && names[0].hasSuffix(".so"))
      let path = "\(folder)/curvature/\(names[0])"
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(try #require(attributes[.size] as? Int) > 1000)
      if step == 1 { try Data("no library".utf8).write(to: URL(fileURLWithPath: path)) }
    }
  }
}
