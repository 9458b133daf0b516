import TensorGraph

// What the chain rule leaves undetermined at a singular point is found by expansion, or refused.

extension LazyMatrix {
  /// Elements [batch, row, column] of a region with the numbers in place of NaN that the function has there.
  ///
  /// - Throws: if one does not exist. In a batch, where others may be right, it stays NaN.
  func determined(_ elements: Storage, _ region: MatrixRegion) throws(TensorError) -> Storage {
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
    guard let singularPoints, elements.containsNaN else { return elements }
    return try singularPoints.determined(Scalar.self, elements, isBatched: isBatched, place)
  }

  /// Products with directions [K] + columns (transposed: rows), with the numbers in place of NaN that derivatives along
  /// the directions have there.
  ///
  /// - Throws: if one does not exist. In a batch, where others may be right, it stays NaN.
  func determined(products: Storage, with seeds: Storage, transposed: Bool) throws(TensorError) -> Storage {
    guard let singularPoints, products.containsNaN else { return products }
    let (from, to) = transposed ? (rows, columns) : (columns, rows)
    let (seedCount, count) = (from.node.shape.count, to.node.shape.count)
    let result = Storage(products.elements(of: Scalar.self))
    let elements = result.base.assumingMemoryBound(to: Scalar.self)
    for k in 0..<(count == 0 ? 0 : products.count / count) {
      let part = UnsafeMutableBufferPointer(start: elements + k * count, count: count)
      guard UnsafeBufferPointer(part).containsNaN else { continue }
      let seed = seeds.withElements(of: Scalar.self) { Storage($0[(k * seedCount)..<((k + 1) * seedCount)]) }
      try singularPoints.along(seed, transposed: transposed).determine(part, isBatched: isBatched) { element in
        let (slice, number) = to.place(of: element)
        return singularPoints.isFirstOrder && transposed ? (slice, 0, number) : (slice, number, 0)
      }
    }
    return result
  }

  private var isBatched: Bool { rows.batchAxis != nil || columns.batchAxis != nil }
}
