import Synchronization
import TensorGraph

/// Programs by the structure of their graphs, the least recently used forgotten first.
final class ProgramCache: Sendable {
  /// A program and the contexts that wait to be used again.
  final class Entry: Sendable {
    let program: Program
    /// How the program is run slice by slice, if it is.
    let slices: SlicedProgram?
    private let contexts: ContextPool

    init(_ program: Program) {
      self.program = program
      slices = nil
      contexts = Self.pool(program)
    }

    init(_ slices: SlicedProgram) {
      program = slices.program
      self.slices = slices
      contexts = Self.pool(program)
    }

    /// Contexts wait for the next caller unless they hold much memory, which others may need more.
    private static func pool(_ program: Program) -> ContextPool {
      ContextPool(program, capacity: program.temporaryByteCount <= 1 << 20 ? 4 : 0)
    }

    /// Elements that the steps of a run write or walk over.
    var elementCount: Int { slices?.elementCount ?? program.elementCount }

    /// A context that nobody else uses.
    func take() throws(TensorError) -> ProgramContext { try contexts.take() }

    /// Keeps a context for the next caller.
    func give(_ context: ProgramContext) { contexts.give(context) }
  }

  private struct State {
    var entries: [GraphStructure: (entry: Entry, use: Int)] = [:]
    var size = 0
    var clock = 0
  }

  private let state = Mutex(State())
  /// The most graph nodes that the kept programs may have together.
  private let bound: Int

  init(bound: Int) { self.bound = bound }

  func find(_ structure: GraphStructure) -> Entry? {
    state.withLock { state in
      guard let known = state.entries[structure]?.entry else { return nil }
      state.clock += 1
      state.entries[structure]!.use = state.clock
      return known
    }
  }

  func insert(_ entry: Entry, _ structure: GraphStructure) {
    guard structure.entries.count <= bound / 4 else { return }
    state.withLock { state in
      state.clock += 1
      if state.entries.updateValue((entry, state.clock), forKey: structure) == nil {
        state.size += structure.entries.count
      }
      guard state.size > bound else { return }
      // Half goes at once, so that forgetting is rare.
      for (structure, _) in state.entries.sorted(by: { $0.value.use < $1.value.use }) where state.size > bound / 2 {
        state.entries[structure] = nil
        state.size -= structure.entries.count
      }
    }
  }

  func empty() {
    state.withLock { state in
      state.entries = [:]
      state.size = 0
    }
  }

  var count: Int { state.withLock { $0.entries.count } }
}
