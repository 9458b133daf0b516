import TensorGraph

// What the chain rule leaves undetermined at a singular point is found by expansion, or refused.

extension LazyMatrix {
  /// Elements [batch, row, column] of a region with the numbers in place of NaN that the function has there.
  ///
  /// - Throws: if one does not exist. In a batch, where others may be right, it stays NaN.
  func determined(_ elements: Storage, _ region: MatrixRegion) throws(TensorError) -> Storage {
    guard elements.withElements(of: Scalar.self, \.containsNaN) else { return elements }
    let (lines, others) = (region.rows, region.columns)
    return try determined(elements) { place in
      let (batch, rest) = place.quotientAndRemainder(dividingBy: lines.count * others.count)
      let (i, j) = (lines[rest / others.count], others[rest % others.count])
      return region.isTransposed ? (batch, j, i) : (batch, i, j)
    }
  }

  /// Elements with the numbers in place of NaN that the function has there.
  ///
  /// - Parameter place: slice, row and column of an element.
  func determined(
    _ elements: Storage, _ place: (Int) -> (batch: Int, row: Int, column: Int)
  ) throws(TensorError) -> Storage {
    guard elements.withElements(of: Scalar.self, \.containsNaN) else { return elements }
    let isBatched = rows.batchAxis != nil || columns.batchAxis != nil
    func refuse(_ reason: String) throws(TensorError) {
      if !isBatched { throw TensorError(reason) }
    }
    if let text = try undefinedDerivativeExplanation(of: columnProducts.results.node) {
      try refuse(text)
      return elements
    }
    guard let singularPoints else { return elements }
    if let text = singularPoints.refusal {
      try refuse(text)
      return elements
    }
    var numbers: [Scalar] = elements.elements()
    for i in numbers.indices where numbers[i].isNaN {
      let (batch, row, column) = place(i)
      switch singularPoints.entry(batch: batch, row: row, column: column) {
      case .number(let number): numbers[i] = Scalar(number)
      case .missing(let reason): try refuse(reason)
      case .unknown: break
      }
    }
    return Storage(numbers)
  }
}
