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
    let invariants = Node.invariants(of: outputs, arguments: Set(inputs))
    try Engine.evaluate(invariants)
    let program = try Program(outputs: Node.unifying(invariants, in: outputs), inputs: inputs)
    contexts = ContextPool(program, execution: execution, capacity: keepsMemory ? .max : 0)
    results = outputs.map { ($0.shape, $0.scalarType) }
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
