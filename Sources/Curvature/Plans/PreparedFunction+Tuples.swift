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

extension Storage {
  /// A copy of the elements. `Scalar` must be the type of the storage.
  func elements<Scalar: TensorScalar>() -> [Scalar] {
    // Without this the memory could be gone once its address is known.
    withExtendedLifetime(self) { Array(buffer(as: Scalar.self)) }
  }
}
