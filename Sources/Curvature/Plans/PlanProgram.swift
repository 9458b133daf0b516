import CPUEngine
import Synchronization
import TensorGraph

/// Some results of a function, computed together in one run: what every plan is behind its name.
///
/// A run checks what it is given, computes, gives entries of symmetric matrices the value of the upper one, and finds
/// derivatives at singular points if the plan was asked to.
final class PlanProgram: Sendable {
  /// What a run is given.
  struct Argument: Sendable {
    /// The placeholder.
    let node: Node
    /// In errors: one of them, and many.
    var name = "the point"
    var plural = "points"
    /// Whether it is data: given as a tensor always.
    var isData = false

    var count: Int { node.shape.count }
  }

  /// What a run gives.
  struct Result: Sendable {
    let node: Node
    /// In errors.
    let name: String
    /// Rows of a symmetric matrix, of which rounding may have made an entry differ from its mirror image; 0 for other results.
    var symmetricSize = 0
    /// What derivative of which function it is, if singular points are resolved.
    var derivative: (of: PlanSingularities?, part: PlanSingularities.Part)?

    var count: Int { node.shape.count }
  }

  /// A derivative whose singular points are resolved, and the number of the result that it is.
  private struct Resolution: Sendable {
    let result: Int
    let function: PlanSingularities
    let part: PlanSingularities.Part
  }

  let arguments: [Argument]
  let results: [Result]
  /// The arguments that are data: those behind the first.
  private let dataCount: Int
  /// The number of arguments and of results, and the elements of the first of both: a run that allocates nothing looks at
  /// these alone, and not at lists.
  private let extents: (arguments: Int, results: Int)
  private let argumentCounts: SIMD8<Int>
  private let resultCounts: SIMD8<Int>
  private let mirrored: [(result: Int, size: Int, type: ScalarType)]
  private let resolutions: [Resolution]
  private let execution: ExecutionMode?
  private let compiled = AtomicLazyReference<PreparedFunction>()
  /// The address of what is compiled, or 0: finding it here takes no lock, and no count of references is touched.
  private let found = Atomic<UInt>(0)

  /// - Parameters:
  ///   - execution: how it runs; nil for what is standard.
  ///   - isDeferred: whether it is compiled when it is first run.
  /// - Throws: `TensorError` if the results need elements that nobody has given.
  init(
    _ results: [Result], of arguments: [Argument], execution: ExecutionMode? = nil, isDeferred: Bool = false
  ) throws(TensorError) {
    self.arguments = arguments
    self.execution = execution
    // Parts have in common what is prepared here.
    let nodes =
      isDeferred
      ? results.map(\.node) : try PreparedFunction.prepared(results.map(\.node), inputs: arguments.map(\.node))
    let results = zip(results, nodes).map { result, node in
      Result(node: node, name: result.name, symmetricSize: result.symmetricSize, derivative: result.derivative)
    }
    self.results = results
    dataCount = arguments.count { $0.isData }
    extents = (arguments.count, results.count)
    argumentCounts = Self.leading(arguments.map(\.count))
    resultCounts = Self.leading(results.map(\.count))
    mirrored = results.enumerated().compactMap {
      $1.symmetricSize > 1 ? ($0, $1.symmetricSize, $1.node.scalarType) : nil
    }
    resolutions = results.enumerated().compactMap { number, result in
      guard let (function, part) = result.derivative, let function else { return nil }
      return Resolution(result: number, function: function, part: part)
    }
    if !isDeferred { _ = try function() }
  }

  private static func leading(_ counts: [Int]) -> SIMD8<Int> {
    var leading = SIMD8<Int>(repeating: 0)
    for (number, count) in counts.prefix(8).enumerated() { leading[number] = count }
    return leading
  }

  /// The program for some of the results, compiled when it is first run.
  func part(_ numbers: Int...) -> PlanProgram {
    checked(try PlanProgram(numbers.map { results[$0] }, of: arguments, execution: execution, isDeferred: true))
  }

  private func function() throws(TensorError) -> PreparedFunction {
    if let known = compiled.load() { return known }
    let function = compiled.storeIfNil(
      try PreparedFunction(outputs: results.map(\.node), inputs: arguments.map(\.node), execution: execution))
    found.store(UInt(bitPattern: Unmanaged.passUnretained(function).toOpaque()), ordering: .releasing)
    return function
  }

  /// The steps of the program; empty until it is compiled.
  var description: String { compiled.load().map { "\($0.program)" } ?? "" }

  /// How often memory for a run was taken: once for each caller at a time.
  var contextsMade: Int { compiled.load()?.contextsMade ?? 0 }

  // MARK: Running

  /// The elements of all results for tensors that are computed first.
  ///
  /// - Throws: `TensorError` if one has the wrong shape or cannot be computed, or a derivative does not exist that was to be
  ///   found.
  func callAsFunction(_ tensors: [Node]) throws(TensorError) -> [Storage] {
    try require(tensors, of: arguments[...])
    return try run(Evaluation.storages(tensors))
  }

  private func require(_ tensors: [Node], of arguments: ArraySlice<Argument>) throws(TensorError) {
    try Self.require(tensors, of: arguments, dataCount: dataCount)
  }

  private static func require(
    _ tensors: [Node], of arguments: ArraySlice<Argument>, dataCount: Int
  ) throws(TensorError) {
    guard tensors.count == arguments.count else {
      let found = tensors.count - arguments.count + dataCount
      throw TensorError("plan: it was made for \(dataCount) tensors of data, found \(found)")
    }
    for (argument, tensor) in zip(arguments, tensors) {
      if tensor.scalarType != argument.node.scalarType {
        throw TensorError(
          "plan: it was made for \(argument.plural) of \(argument.node.scalarType), found \(tensor.scalarType); cast it"
        )
      }
      if tensor.shape != argument.node.shape {
        throw TensorError(
          "plan: it was made for \(argument.plural) of shape \(argument.node.shape), found \(tensor.shape); make another plan"
        )
      }
    }
  }

  /// Likewise for placeholders of data alone.
  static func require(_ data: [Node], of placeholders: [Node]) throws(TensorError) {
    let arguments = placeholders.map { Argument(node: $0, name: "the data", plural: "data", isData: true) }
    try require(data, of: arguments[...], dataCount: arguments.count)
  }

  /// The nodes of some tensors.
  static func nodes<each Data: TensorScalar>(_ data: repeat Tensor<each Data>) -> [Node] {
    var nodes: [Node] = []
    for tensor in repeat each data { nodes.append(tensor.node) }
    return nodes
  }

  private func run(_ inputs: [Storage]) throws(TensorError) -> [Storage] {
    var outputs: [Storage] = []
    for result in results {
      outputs.append(try Engine.storage(count: result.count, scalarType: result.node.scalarType))
    }
    try run(inputs: inputs.map { UnsafeRawPointer($0.base) }, outputs: outputs.map(\.base))
    withExtendedLifetime(inputs) {}
    return outputs
  }

  /// Runs on the caller's memory, given as a pointer or a tuple of pointers on the stack: nothing is allocated unless there
  /// are data.
  ///
  /// - Parameters:
  ///   - inputs: an `UnsafeRawPointer`, or a tuple of as many as there are arguments besides data: see `source`.
  ///   - outputs: an `UnsafeMutableRawPointer`, or a tuple of as many as there are results: see `target`.
  func run<Inputs: BitwiseCopyable, Outputs: BitwiseCopyable>(
    on inputs: Inputs, data: [Node], to outputs: Outputs
  ) throws(TensorError) {
    let size = MemoryLayout<UnsafeRawPointer>.size
    let count = extents.arguments - dataCount
    precondition(
      MemoryLayout<Inputs>.size == count * size && MemoryLayout<Outputs>.size == extents.results * size,
      "a pointer for each argument and result")
    if dataCount > 0 || !data.isEmpty { try require(data, of: arguments[1..<(1 + dataCount)]) }
    let outcome = withUnsafePointer(to: inputs) { inputs in
      withUnsafePointer(to: outputs) { outputs in
        Swift.Result { () throws(TensorError) in
          let inputs = UnsafeRawPointer(inputs).assumingMemoryBound(to: UnsafeRawPointer.self)
          let outputs = UnsafeRawPointer(outputs).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
          if data.isEmpty { return try run(inputs: inputs, outputs: outputs) }
          let storages = try Evaluation.storages(data)
          try run(
            inputs: [inputs[0]] + storages.map { UnsafeRawPointer($0.base) } + (1..<count).map { inputs[$0] },
            outputs: outputs)
          withExtendedLifetime(storages) {}
        }
      }
    }
    try outcome.get()
  }

  private func run(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>
  ) throws(TensorError) {
    if let known = UnsafeRawPointer(bitPattern: found.load(ordering: .acquiring)) {
      let function = Unmanaged<PreparedFunction>.fromOpaque(known)
      if let failure = function._withUnsafeGuaranteedRef({ $0.attempt(inputs: inputs, outputs: outputs) }) {
        throw failure
      }
    } else {
      try function().run(inputs: inputs, outputs: outputs)
    }
    mirror(outputs, sizes: 0..., count: 1)
    try resolve(inputs, outputs, inBatch: false)
  }

  /// Rows of a matrix of a batch up to which it is mirrored while it is near, by who has computed it.
  private static let mostMirroredAtOnce = 64

  private func mirror(
    _ outputs: UnsafePointer<UnsafeMutableRawPointer>, sizes: some RangeExpression<Int>, count: Int
  ) {
    for (result, size, type) in mirrored where sizes.contains(size) {
      Engine.mirrorUpperTriangles(outputs[result], size: size, count: count, scalarType: type)
    }
  }

  private func resolve(
    _ inputs: UnsafePointer<UnsafeRawPointer>, _ outputs: UnsafePointer<UnsafeMutableRawPointer>, inBatch: Bool
  ) throws(TensorError) {
    for resolution in resolutions {
      try resolution.function.determine(outputs[resolution.result], resolution.part, at: inputs, inBatch: inBatch)
    }
  }

  /// Runs at many points, shape [P] + that of the only argument: results [P] + theirs, one point after another.
  ///
  /// Points are independent and are shared among the cores. A derivative that does not exist stays NaN.
  func callAsFunction(batch points: Node) throws(TensorError) -> [Storage] {
    let argument = arguments[0]
    guard dataCount == 0 else {
      throw TensorError(
        "plan: a batch of points has no data; call the plan for each point, or make points part of the function")
    }
    guard points.shape.rank > 0, Shape(Array(points.shape.dimensions.dropFirst())) == argument.node.shape else {
      throw TensorError(
        "plan: it was made for points of shape \(argument.node.shape), and a batch has an axis before theirs; found "
          + "\(points.shape)")
    }
    let count = points.shape[0]
    let storage = try Evaluation.storage(points)
    var outputs: [Storage] = []
    for result in results {
      outputs.append(try Engine.storage(count: count * result.count, scalarType: result.node.scalarType))
    }
    func stride(_ node: Node) -> Int { node.shape.count * node.scalarType.byteCount }
    try function().run(
      count: count, inputs: [(UnsafeRawPointer(storage.base), stride(argument.node))],
      outputs: zip(outputs, results).map { ($0.base, stride($1.node)) },
      finish: { self.mirror($0, sizes: 0...Self.mostMirroredAtOnce, count: 1) })
    mirror(outputs.map(\.base), sizes: (Self.mostMirroredAtOnce + 1)..., count: count)
    for i in resolutions.isEmpty ? 0..<0 : 0..<count {
      try resolve(
        [UnsafeRawPointer(storage.base + i * stride(argument.node))],
        zip(outputs, results).map { $0.base + i * stride($1.node) }, inBatch: true)
    }
    withExtendedLifetime(storage) {}
    return outputs
  }

  // MARK: The caller's memory

  /// Where the elements start that a caller gives for an argument.
  ///
  /// - Throws: `TensorError` if there are others than it has.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  func source<Scalar>(_ elements: Span<Scalar>, _ number: Int = 0) throws(TensorError) -> UnsafeRawPointer {
    guard elements.count == (number < 8 ? argumentCounts[number] : arguments[number].count) else {
      throw Self.wrongCount(elements.count, arguments[number].count, arguments[number].name)
    }
    return elements.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) } ?? UnsafeRawPointer(Self.nowhere)
  }

  /// Where the elements of a result start that a run writes for a caller: memory that the caller lends for the whole call.
  ///
  /// - Throws: `TensorError` if there is room for others than it has.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  func target<Scalar>(
    _ elements: inout MutableSpan<Scalar>, _ number: Int
  ) throws(TensorError) -> UnsafeMutableRawPointer {
    guard elements.count == (number < 8 ? resultCounts[number] : results[number].count) else {
      throw Self.wrongCount(elements.count, results[number].count, results[number].name)
    }
    return elements.withUnsafeMutableBufferPointer { UnsafeMutableRawPointer($0.baseAddress) } ?? Self.nowhere
  }

  /// An address for no elements.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

  private static func wrongCount(_ found: Int, _ count: Int, _ name: String) -> TensorError {
    TensorError("plan: \(found) elements for \(name), which takes \(count); give memory for \(count)")
  }
}
