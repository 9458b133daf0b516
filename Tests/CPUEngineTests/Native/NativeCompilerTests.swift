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

  /// x² + k x of many elements for k = 1, 2, …, in pieces that lie side by side: their places are said in the text.
  private struct LongSum {
    private let program: Program
    private let context: ProgramContext
    private let input = Storage((0..<100_000).map(Double.init))
    private let output = Storage(count: 100_000, scalarType: .float64)

    init(_ execution: ExecutionMode) throws {
      let x = Node(.input([input.count], .float64))
      let pieces = (0..<8).map { piece -> Node in
        let part = x.sliced([AxisSlice(start: piece * 12_500, step: 1, count: 12_500)])
        return part * part + Double(piece + 1) * part
      }
      program = try Program(outputs: [.concatenate(pieces, axis: 0)], inputs: [x])
      context = try ProgramContext(program, execution: execution)
    }

    /// How often it has run when it is compiled or was asked to be.
    func runsUntilCompiled(waiting microseconds: UInt32 = 0) throws -> Int {
      var runs = 0
      while !program.description.contains("compiled"), runs < 1_000_000 {
        try run()
        runs += 1
        if microseconds > 0 { usleep(microseconds) }
      }
      return runs
    }

    /// Whether it runs compiled, and right.
    func isCompiled() throws -> Bool {
      program.compile()
      try run()
      return program.description.contains("runs as compiled code") && output.literal(at: 3) == .real(12)
    }

    private func run() throws { try context.run(inputs: [UnsafeRawPointer(input.base)], outputs: [output.base]) }
  }

  @Test("What has run for long is compiled in the background, and what has not is not") func automatic() async {
    await #expect(processExitsWith: .success) {
      let folder = Self.emptyFolder()
      let sum = try LongSum(.automatic)
      let runs = try sum.runsUntilCompiled()
      #expect(runs > 500 && runs < 1_000_000)
      #expect(try sum.isCompiled())
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test("What was compiled before is taken after a few runs") func takenSoon() async {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("compiler-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for isFirst in [true, false] {
      await #expect(processExitsWith: .success) { [folder = folder as String, isFirst = isFirst as Bool] in
        setenv("XDG_CACHE_HOME", folder, 1)
        let sum = try LongSum(.automatic)
        if !isFirst {
          let runs = try sum.runsUntilCompiled(waiting: 1000)
          #expect(runs > 1 && runs < 500)
        }
        #expect(try sum.isCompiled())
      }
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
