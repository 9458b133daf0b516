import CPUEngine
import TensorGraph

/// A compiled function of some tensors, run on the caller's memory.
///
/// What does not depend on the arguments has been computed when it was made. A run allocates nothing: contexts (the
/// memory of one run) wait for the next caller, one for each caller at a time.
package final class PreparedFunction: Sendable {
  private let contexts: ContextPool
  private let results: [(shape: Shape, type: ScalarType)]

  /// - Parameters:
  ///   - keepsMemory: whether the memory of a run waits for the next one.
  ///   - execution: how it runs; nil for what is standard.
  /// - Throws: `TensorError` if the outputs need elements that nobody has given.
  package init(
    outputs: [Node], inputs: [Node], keepsMemory: Bool = true, execution: ExecutionMode? = nil
  ) throws(TensorError) {
    let program = try Program(outputs: Self.prepared(outputs, inputs: inputs), inputs: inputs)
    contexts = ContextPool(program, execution: execution, capacity: keepsMemory ? .max : 0)
    results = outputs.map { ($0.shape, $0.scalarType) }
  }

  /// The same outputs with what does not depend on the inputs computed, once where it is written several times. Nothing is left
  /// to do to what was prepared before.
  package static func prepared(_ outputs: [Node], inputs: [Node]) throws(TensorError) -> [Node] {
    let arguments = Set(inputs)
    let roots = Node.unifying(Node.invariants(of: outputs, arguments: arguments), in: outputs)
    let invariants = Node.invariants(of: roots, arguments: arguments)
    if invariants.isEmpty { return roots }
    // Tables of places take half the memory, and are read in half the time, in 32 bits.
    let tables = Node.tables(among: invariants, of: roots)
    let narrow = invariants.map { tables.contains($0) ? $0.cast(to: .int32) : $0 }
    try Engine.evaluate(narrow)
    var replacements: [Node: Node] = [:]
    for (node, table) in zip(invariants, narrow) where node !== table {
      replacements[node] = Node(table.value!, shape: table.shape)
    }
    return replacements.isEmpty ? roots : Node.substituting(replacements, in: roots)
  }

  /// How many contexts have been made: one for each caller at a time, no more however often it runs.
  var contextsMade: Int { contexts.contextsMade }

  var program: Program { contexts.program }

  /// Computes the outputs into the caller's memory, which holds as many elements as each output has.
  func run(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) throws(TensorError) {
    try contexts.run(inputs: inputs, outputs: outputs)
  }

  /// Runs as `run` does.
  ///
  /// - Returns: what is to be thrown; nil if all went well.
  func attempt(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) -> TensorError? { contexts.attempt(inputs: inputs, outputs: outputs) }

  /// Computes the outputs into memory of their own.
  package func run(_ inputs: [Storage]) throws(TensorError) -> [Storage] {
    var storages: [Storage] = []
    for (shape, type) in results { storages.append(try Engine.storage(count: shape.count, scalarType: type)) }
    try run(inputs: inputs.map { UnsafeRawPointer($0.base) }, outputs: storages.map(\.base))
    withExtendedLifetime(inputs) {}
    return storages
  }
}

/// Runs a function on each of many points, in parallel over points, with results one after another.
extension PreparedFunction {
  /// - Parameters:
  ///   - count: how many points.
  ///   - inputs: for each input the elements of the first point, and the bytes from one point to the next.
  ///   - outputs: likewise for outputs.
  ///   - finish: is called after each point with where its outputs are.
  func run(
    count: Int, inputs: [(base: UnsafeRawPointer, stride: Int)],
    outputs: [(base: UnsafeMutableRawPointer, stride: Int)],
    finish: @escaping @Sendable (UnsafePointer<UnsafeMutableRawPointer>) -> Void
  ) throws(TensorError) {
    try contexts.run(count: count, inputs: inputs, outputs: outputs, finish: finish)
  }
}
