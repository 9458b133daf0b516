import TensorGraph

extension PreparedFunction {
  /// `run` for a pointer, or a tuple of pointers, on the stack: nothing is allocated.
  ///
  /// - Parameters:
  ///   - inputs: an `UnsafeRawPointer`, or a tuple of as many as there are inputs.
  ///   - outputs: an `UnsafeMutableRawPointer`, or a tuple of as many as there are outputs.
  func run<Inputs: BitwiseCopyable, Outputs: BitwiseCopyable>(
    on inputs: Inputs, to outputs: Outputs
  ) throws(TensorError) {
    let size = MemoryLayout<UnsafeRawPointer>.size
    precondition(
      MemoryLayout<Inputs>.size == inputCount * size && MemoryLayout<Outputs>.size == outputCount * size,
      "a pointer for each input and output")
    let result = withUnsafePointer(to: inputs) { inputs in
      withUnsafePointer(to: outputs) { outputs in
        Result { () throws(TensorError) in
          try run(
            inputs: UnsafeRawPointer(inputs).assumingMemoryBound(to: UnsafeRawPointer.self),
            outputs: UnsafeRawPointer(outputs).assumingMemoryBound(to: UnsafeMutableRawPointer.self))
        }
      }
    }
    try result.get()
  }
}

extension PreparedFunction {
  /// Where the elements start that a caller gives for a run.
  ///
  /// - Throws: `TensorError` if there are others than `count`.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  static func source<Scalar>(
    _ elements: Span<Scalar>, count: Int, _ name: String
  ) throws(TensorError) -> UnsafeRawPointer {
    try require(elements.count, count, name)
    return elements.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) } ?? UnsafeRawPointer(nowhere)
  }

  /// Where the elements start that a run writes for a caller: memory that the caller lends for the whole call.
  ///
  /// - Throws: `TensorError` if there is room for others than `count`.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  static func target<Scalar>(
    _ elements: inout MutableSpan<Scalar>, count: Int, _ name: String
  ) throws(TensorError) -> UnsafeMutableRawPointer {
    try require(elements.count, count, name)
    return elements.withUnsafeMutableBufferPointer { UnsafeMutableRawPointer($0.baseAddress) } ?? nowhere
  }

  /// An address for no elements.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

  private static func require(_ found: Int, _ count: Int, _ name: String) throws(TensorError) {
    guard found != count else { return }
    throw TensorError("plan: \(found) elements for \(name), which takes \(count); give memory for \(count)")
  }
}
