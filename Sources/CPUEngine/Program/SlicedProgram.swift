import Synchronization
import TensorGraph

/// A program for a few slices of a batch, run for all of them, some at a time on each core.
final class SlicedProgram: Sendable {
  /// Bytes between the steps of a part: they should stay in a core's second-level cache.
  private static let cacheBytes = 256 << 10
  /// Bytes between the steps of the whole below which nothing is gained.
  private static let worthwhileBytes = 1 << 20
  /// Slices of the part that is compiled to see what a slice takes.
  private static let trialSize = 64
  /// The fewest slices of a part: products of few rows are slow.
  private static let leastSize = 16

  private let tiling: BatchTiling
  private let elementBytes: (arguments: [Int], outputs: [Int])
  /// Slices of a part.
  let size: Int
  private let part: ProgramCache.Entry
  /// What is left over.
  private let rest: ProgramCache.Entry?

  /// - Returns: nil if the graph is no batch, or if it is too small to be worth it.
  init?(_ structure: GraphStructure) throws(TensorError) {
    guard let tiling = BatchTiling(structure, largestPartCount: Self.partCount) else { return nil }
    let count = tiling.sliceCount
    guard tiling.computedByteCount >= Self.worthwhileBytes else { return nil }
    let trial = try Self.compile(tiling, Self.trialSize)
    let bytes = max(1, trial.temporaryByteCount / Self.trialSize)
    guard bytes * count >= Self.worthwhileBytes else { return nil }
    size = Self.size(count, most: max(Self.leastSize, Self.cacheBytes / bytes))
    guard size <= count / 4 else { return nil }
    self.tiling = tiling
    part = ProgramCache.Entry(size == Self.trialSize ? trial : try Self.compile(tiling, size))
    rest = count % size == 0 ? nil : ProgramCache.Entry(try Self.compile(tiling, count % size))
    elementBytes = (
      zip(tiling.arguments, tiling.argumentTypes).map { $0.elementsPerSlice * $1.byteCount },
      zip(tiling.outputElementsPerSlice, tiling.outputTypes).map { $0 * $1.byteCount }
    )
  }

  private static func partCount(_ count: Int) -> Int { (count + leastSize - 1) / leastSize }

  private static func compile(_ tiling: BatchTiling, _ count: Int) throws(TensorError) -> Program {
    // Parts lie within larger buffers: nothing past them may be touched.
    try Program(tiling.structure(of: count), arguments: [], literalValues: [], argumentsArePadded: false)
  }

  /// A size that leaves nothing over, if there is one not much smaller; whole vectors if possible.
  private static func size(_ count: Int, most: Int) -> Int {
    let sizes = (max(1, most / 2)...most).reversed().filter { count % $0 == 0 }
    return sizes.first { $0 % 8 == 0 } ?? sizes.first ?? most
  }

  /// Elements that the steps write or walk over.
  var elementCount: Int {
    part.program.elementCount * (tiling.sliceCount / size) + (rest?.program.elementCount ?? 0)
  }

  /// The program of a part.
  var program: Program { part.program }

  /// The steps, one a line.
  var description: String { "\(tiling.sliceCount) slices, \(size) at a time; \(program)" }

  /// Runs all parts. Which worker runs a part does not change its bits.
  func run(
    arguments: [Storage], outputs: [Storage], literals: [(Literal, ScalarType)], workerLimit: Int
  ) throws(TensorError) {
    let parts = tiling.sliceCount / size
    let workers = min(max(workerLimit, 1), ProgramContext.workerCount, parts)
    let next = Atomic<Int>(0)
    let failure = FirstError()
    @Sendable func work(_: Int) {
      do throws(TensorError) {
        let context = try part.take()
        context.workerLimit = 1
        context.setLiterals(literals)
        while true {
          let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard number < parts else { break }
          try run(context, first: number * size, arguments, outputs)
        }
        part.give(context)
      } catch {
        failure.note(error)
      }
    }
    ThreadTeam.perform(workers, work)
    try failure.check()
    if let rest {
      let context = try rest.take()
      context.workerLimit = workerLimit
      context.setLiterals(literals)
      try run(context, first: parts * size, arguments, outputs)
      rest.give(context)
    }
  }

  private func run(
    _ context: ProgramContext, first: Int, _ arguments: [Storage], _ outputs: [Storage]
  ) throws(TensorError) {
    for (n, argument) in tiling.arguments.enumerated() {
      context.setArgument(n, arguments[argument.position].base + first * elementBytes.arguments[n])
    }
    for (n, output) in outputs.enumerated() { context.setOutput(n, output.base + first * elementBytes.outputs[n]) }
    try context.run()
  }
}
