import TensorGraph

extension SingularPoints {
  /// Elements with the numbers in place of NaN that the function has there.
  func determined<Scalar: DifferentiableScalar>(
    _: Scalar.Type, _ elements: Storage, isBatched: Bool, _ place: (Int) -> (batch: Int, row: Int, column: Int)
  ) throws(TensorError) -> Storage {
    let result = Storage(elements.elements(of: Scalar.self))
    let target = UnsafeMutableBufferPointer(
      start: result.base.assumingMemoryBound(to: Scalar.self), count: result.count)
    try determine(target, isBatched: isBatched, place)
    return result
  }

  /// Puts the numbers that the function has in the place of NaN.
  ///
  /// - Parameters:
  ///   - isBatched: whether others may be right where one is missing, which then stays NaN.
  ///   - place: slice, row and column of an element.
  /// - Throws: if a derivative does not exist, or is not looked for, with the reason.
  func determine<Scalar: DifferentiableScalar>(
    _ elements: UnsafeMutableBufferPointer<Scalar>, isBatched: Bool,
    _ place: (Int) -> (batch: Int, row: Int, column: Int)
  ) throws(TensorError) {
    guard UnsafeBufferPointer(elements).containsNaN else { return }
    if let text = try undefinedDerivativeExplanation(of: function) ?? refusal {
      if isBatched { return }
      throw TensorError(text)
    }
    for i in elements.indices where elements[i].isNaN {
      let (batch, row, column) = place(i)
      switch entry(batch: batch, row: row, column: column) {
      case .number(let number): elements[i] = Scalar(number)
      case .missing(let reason), .unknown(let reason?): if !isBatched { throw TensorError(reason) }
      case .unknown(nil): break
      }
    }
  }
}
