import Synchronization
import TensorGraph

/// Evaluation of graphs on the processor.
///
/// A graph is compiled to a `Program`, which is kept by the structure of the graph: the same expression with other
/// data or other constants finds it again.
package enum Engine {
  private static let cache = ProgramCache(bound: 1 << 20)
  /// Programs whose arguments are the caller's memory, which is not padded as that of nodes is.
  private static let preparedCache = ProgramCache(bound: 1 << 18)
  private static let counters = Mutex(Counters())
  private static let limit = Atomic<Int>(Int.max)

  private struct Counters {
    var compiled = 0
    var reused = 0
    var elements = 0
  }

  /// Computes every node that has no value yet, sharing work, and keeps the elements in the nodes.
  ///
  /// Nodes that have a value are inputs, whatever they were made of.
  /// - Throws: an index outside its axis, an input without elements, memory that cannot be had.
  package static func evaluate(_ nodes: [Node]) throws(TensorError) {
    var wanted: [Node] = []
    var seen = Set<ObjectIdentifier>()
    for node in nodes where seen.insert(ObjectIdentifier(node)).inserted {
      if try node.readyValue() == nil { wanted.append(node) }
    }
    guard !wanted.isEmpty else { return }
    var arguments: [Node] = []
    var literals: [(Literal, ScalarType)] = []
    let structure = structure(below: &wanted, &arguments, &literals)
    var storages: [Storage] = []
    storages.reserveCapacity(arguments.count)
    for argument in arguments {
      guard let value = try argument.readyValue() else {
        throw TensorError(
          "evaluate: an input of shape \(argument.shape) has no elements; give it a value. What stands for an argument of a "
            + "plan, or for a row or a state in scan, iterate and vmap, has none: use operations on it")
      }
      storages.append(value)
    }
    let entry = try entry(for: structure)
    var results: [Storage] = []
    results.reserveCapacity(wanted.count)
    for node in wanted {
      results.append(try BufferPool.shared.storage(count: node.shape.count, scalarType: node.scalarType))
    }
    if let slices = entry.slices {
      try slices.run(arguments: storages, outputs: results, literals: literals, workerLimit: workerLimit)
    } else {
      let context = try entry.take()
      context.workerLimit = limit.load(ordering: .relaxed)
      for (n, storage) in storages.enumerated() { context.setArgument(n, storage.base) }
      for (n, storage) in results.enumerated() { context.setOutput(n, storage.base) }
      context.setLiterals(literals)
      try context.run()
      entry.give(context)
    }
    withExtendedLifetime(storages) {}
    for (node, storage) in zip(wanted, results) {
      node.setValue(storage)
      History.noteKnown(node)
    }
  }

  /// What computes some nodes, and others that are worth keeping.
  private static func structure(
    below wanted: inout [Node], _ arguments: inout [Node], _ literals: inout [(Literal, ScalarType)]
  ) -> GraphStructure {
    // Nobody may end the history that is walked here.
    let history = HistoryPin.keeping(unknown: wanted)
    defer { withExtendedLifetime(history) {} }
    let order = Node.topologicalOrder(wanted, entering: { !$0.isInput && !$0.isReady })
    wanted += KeptValues.chosen(in: order, besides: wanted)
    return GraphStructure(
      wanted,
      isArgument: { node in
        if node.isInput { return true }
        return node.isReady
      }, order: order, arguments: &arguments, literals: &literals)
  }

  /// The steps by which `evaluate` computes nodes.
  package static func description(of nodes: [Node]) throws(TensorError) -> String {
    var arguments: [Node] = []
    var literals: [(Literal, ScalarType)] = []
    let structure = GraphStructure(
      nodes,
      isArgument: { node in
        if node.isInput { return true }
        return node.value != nil
      }, arguments: &arguments, literals: &literals)
    let entry = try entry(for: structure, in: cache, argumentsArePadded: true)
    return entry.slices?.description ?? entry.program.description
  }

  private static func entry(for structure: GraphStructure) throws(TensorError) -> ProgramCache.Entry {
    let entry = try entry(for: structure, in: cache, argumentsArePadded: true)
    counters.withLock { $0.elements += entry.elementCount }
    return entry
  }

  /// The program of a structure that runs on the caller's memory, without arguments and constants.
  static func program(for structure: GraphStructure) throws(TensorError) -> Program {
    try entry(for: structure, in: preparedCache, argumentsArePadded: false).program
  }

  private static func entry(
    for structure: GraphStructure, in cache: ProgramCache, argumentsArePadded: Bool
  ) throws(TensorError) -> ProgramCache.Entry {
    if let known = cache.find(structure) {
      counters.withLock { $0.reused += 1 }
      return known
    }
    let entry: ProgramCache.Entry
    if argumentsArePadded, let slices = try SlicedProgram(structure) {
      entry = ProgramCache.Entry(slices)
    } else {
      entry = ProgramCache.Entry(
        try Program(structure, arguments: [], literalValues: [], argumentsArePadded: argumentsArePadded))
    }
    cache.insert(entry, structure)
    counters.withLock { $0.compiled += 1 }
    return entry
  }

  /// What the engine has done since the process started.
  package struct Statistics: Sendable {
    /// Programs that were compiled.
    package var programsCompiled: Int
    /// Evaluations and plans that found their program.
    package var programsReused: Int
    /// Programs that are kept.
    package var programsKept: Int
    /// Elements that steps have walked over.
    package var elementsMoved: Int
    /// Memory in use now, in bytes.
    package var bytesUsed: Int
    /// The most memory that was in use at a time, in bytes.
    package var bytesHighWater: Int
    /// Memory taken from the system, ever, in bytes.
    package var bytesAllocated: Int
    /// The instruction set of the kernels.
    package var instructionSet: String
  }

  package static var statistics: Statistics {
    let usage = BufferPool.shared.usage
    let counters = counters.withLock { $0 }
    return Statistics(
      programsCompiled: counters.compiled, programsReused: counters.reused,
      programsKept: cache.count + preparedCache.count,
      elementsMoved: counters.elements, bytesUsed: usage.used, bytesHighWater: usage.highWater,
      bytesAllocated: usage.allocated, instructionSet: Kernels.shared.instructionSet)
  }

  /// The most workers that `evaluate` uses at a time.
  package static var workerLimit: Int {
    get { min(limit.load(ordering: .relaxed), ProgramContext.workerCount) }
    set { limit.store(max(newValue, 1), ordering: .relaxed) }
  }

  /// An uninitialised storage of memory that was used before, if there is some, and will be used again.
  package static func storage(count: Int, scalarType: ScalarType) throws(TensorError) -> Storage {
    try BufferPool.shared.storage(count: count, scalarType: scalarType)
  }

  /// Forgets all programs and returns unused memory to the system.
  package static func emptyCaches() {
    cache.empty()
    preparedCache.empty()
    BufferPool.shared.empty()
  }
}
