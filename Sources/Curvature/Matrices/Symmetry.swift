/// Making matrices that are symmetric by mathematics symmetric to the last bit.
enum Symmetry {
  /// Copies the entries above the diagonal below it.
  ///
  /// - Complexity: O(size²) moves, tile by tile, so that reads and writes both stay in the first-level cache.
  static func mirrorUpperTriangle<Scalar>(_ matrix: UnsafeMutablePointer<Scalar>, size: Int) {
    let tile = 32
    for firstRow in stride(from: 0, to: size, by: tile) {
      let rows = firstRow..<min(firstRow + tile, size)
      for firstColumn in stride(from: firstRow, to: size, by: tile) {
        let end = min(firstColumn + tile, size)
        for i in rows {
          var source = matrix + i * size + max(firstColumn, i + 1)
          var target = matrix + max(firstColumn, i + 1) * size + i
          var j = max(firstColumn, i + 1)
          while j < end {
            target.pointee = source.pointee
            source += 1
            target += size
            j += 1
          }
        }
      }
    }
  }
}
