import CPUEngine
import Dispatch
import TensorGraph

/// Making matrices that are symmetric by mathematics symmetric to the last bit.
enum Symmetry {
  /// Copies the entries above the diagonal below it, in each of several matrices that lie one after another.
  ///
  /// - Complexity: O(count · size²) moves, tile by tile, so that reads and writes both stay in the first-level cache;
  ///   many moves are shared among the cores.
  static func mirrorUpperTriangles(_ matrices: UnsafeMutableRawPointer, size: Int, count: Int, scalarType: ScalarType) {
    guard size > 1 else { return }
    switch scalarType.byteCount {
    case 1: mirror(matrices.assumingMemoryBound(to: UInt8.self), size, count)
    case 4: mirror(matrices.assumingMemoryBound(to: UInt32.self), size, count)
    default: mirror(matrices.assumingMemoryBound(to: UInt64.self), size, count)
    }
  }

  /// Rows and columns of a tile.
  private static let side = 32
  /// Elements below which one core does everything.
  private static let parallelThreshold = 1 << 16

  private static func mirror<Bits: FixedWidthInteger & Sendable>(
    _ matrices: UnsafeMutablePointer<Bits>, _ size: Int, _ count: Int
  ) {
    let bands = (size + side - 1) / side
    let workers = Engine.workerLimit
    guard workers > 1, size * size * count >= parallelThreshold else {
      for matrix in 0..<count {
        for band in 0..<bands { mirror(matrices + matrix * size * size, size, band: band) }
      }
      return
    }
    nonisolated(unsafe) let matrices = matrices
    // The bands of a matrix become shorter; whoever is done takes the next one.
    let tasks = bands * count
    let share = max(1, min(tasks / (4 * workers), tasks / bands))
    DispatchQueue.concurrentPerform(iterations: (tasks + share - 1) / share) { part in
      for task in (part * share)..<min((part + 1) * share, tasks) {
        mirror(matrices + task / bands * size * size, size, band: task % bands)
      }
    }
  }

  /// The tiles of one band of rows, from the diagonal on.
  @inline(__always)
  private static func mirror<Bits: FixedWidthInteger & Sendable>(
    _ matrix: UnsafeMutablePointer<Bits>, _ size: Int, band: Int
  ) {
    let firstRow = band * side
    let lastRow = min(firstRow + side, size)
    var firstColumn = firstRow
    while firstColumn < size {
      let end = min(firstColumn + side, size)
      var i = firstRow
      while i < lastRow {
        var j = max(firstColumn, i + 1)
        var source = matrix + (i * size + j)
        var target = matrix + (j * size + i)
        while j < end {
          target.pointee = source.pointee
          source += 1
          target += size
          j += 1
        }
        i += 1
      }
      firstColumn += side
    }
  }
}
