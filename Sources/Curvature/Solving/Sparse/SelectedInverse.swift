#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif
import CPUEngine
import SparseStructure
import TensorGraph

/// The entries of A⁻¹ on the pattern of A, from the factors of A, without the others.
///
/// Takahashi's recurrence (Takahashi, Fagan & Chin, "Formation of a sparse bus impedance matrix and its application to short
/// circuit study", 8th PICA conference, 1973; Erisman & Tinney, Communications of the ACM 18, 1975): with P A Pᵀ = L D Lᵀ,
/// columns J and the rows R below them where they have entries, Z = (P A Pᵀ)⁻¹ has
///
///     Z_RJ = -Z_RR Y,   Z_JJ = L_JJ⁻ᵀ D_J⁻¹ L_JJ⁻¹ - Yᵀ Z_RJ,   Y = L_RJ L_JJ⁻¹,
///
/// and Z_RR is known when columns are taken from the last to the first. Columns that follow each other with one pattern are
/// taken together (supernodes, as in Campbell & Davis, "Computing the sparse inverse subset", TR-95-021, University of
/// Florida, 1995), so that nearly all work is in products of dense matrices. O(Σ |R|²|J|) operations, as the factorization;
/// memory beside the factors for the dense blocks on a path of the elimination tree.
struct SelectedInverse {
  private let triangle: UnitTriangle
  private let pivots: [Double]
  /// The first column of each supernode, and the number of columns behind the last.
  private let starts: [Int]
  /// The supernode of each column.
  private let supernodes: [Int32]
  /// The place of each row of A in the order of elimination.
  private let order: [Int32]

  init(_ triangle: UnitTriangle, pivots: [Double]) {
    (self.triangle, self.pivots) = (triangle, pivots)
    let n = pivots.count
    var order = [Int32](repeating: 0, count: n)
    for (place, row) in triangle.permutation.enumerated() { order[Int(row)] = Int32(place) }
    self.order = order
    var starts: [Int] = []
    var supernodes = [Int32](repeating: 0, count: n)
    for j in 0..<n {
      let before = j == 0 ? 0 : triangle.columnStarts[j] - triangle.columnStarts[j - 1]
      let isContinued =
        before > 0 && triangle.columnStarts[j + 1] - triangle.columnStarts[j] == before - 1
        && triangle.rows[triangle.columnStarts[j - 1]] == j
      if !isContinued { starts.append(j) }
      supernodes[j] = Int32(starts.count - 1)
    }
    (self.starts, self.supernodes) = (starts + [n], supernodes)
  }

  /// A dense symmetric block of Z by its lower triangle, over the columns of a supernode and the rows below them.
  private struct Front {
    let columns: Range<Int>
    let rows: ArraySlice<Int32>
    let elements: UnsafeMutableBufferPointer<Double>

    var size: Int { columns.count + rows.count }
  }

  /// Memory for blocks, given out again when they are done: large pieces that go back to the system come back as pages to be
  /// cleared.
  private final class FrontMemory {
    private var spare: [UnsafeMutableBufferPointer<Double>] = []

    /// Memory of at least so many elements, with any values.
    func take(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
      let fitting = spare.indices.filter { spare[$0].count >= count && spare[$0].count <= 4 * count + 4096 }
      guard let best = fitting.min(by: { spare[$0].count < spare[$1].count }) else {
        return .allocate(capacity: count + count / 4)
      }
      return spare.remove(at: best)
    }

    func give(back memory: UnsafeMutableBufferPointer<Double>) {
      spare.append(memory)
      if spare.count > 16 { spare.remove(at: spare.indices.min { spare[$0].count < spare[$1].count }!).deallocate() }
    }

    deinit { for memory in spare { memory.deallocate() } }
  }

  /// The entries of the inverse at those of a pattern within the factor's: the lower triangle of A, in row order.
  ///
  /// - Throws: `TensorError` when the task is cancelled.
  func values(at pattern: SparsityPattern) throws(TensorError) -> [Double] {
    let n = pivots.count
    // The entries by their columns in the order of elimination.
    var entryStarts = [Int](repeating: 0, count: n + 1)
    var entries = [Int32](repeating: 0, count: pattern.nonzeroCount)
    var entryRows = [Int32](repeating: 0, count: pattern.nonzeroCount)
    func forEachEntry(_ body: (_ column: Int, _ row: Int32, _ place: Int) -> Void) {
      for row in 0..<n {
        for place in pattern.range(ofRow: row) {
          let (a, b) = (order[row], order[Int(pattern.columnIndices[place])])
          body(Int(min(a, b)), max(a, b), place)
        }
      }
    }
    forEachEntry { column, _, _ in entryStarts[column + 1] += 1 }
    for j in 0..<n { entryStarts[j + 1] += entryStarts[j] }
    var next = entryStarts
    forEachEntry { column, row, place in
      entries[next[column]] = Int32(place)
      entryRows[next[column]] = row
      next[column] += 1
    }

    var result = [Double](repeating: 0, count: pattern.nonzeroCount)
    var fronts: [Int32: Front] = [:]
    let memory = FrontMemory()
    defer { for front in fronts.values { memory.give(back: front.elements) } }
    // The supernodes that wait for the front of another, by it: it is dropped behind the last of them.
    var waiting = [Int32](repeating: 0, count: starts.count)
    for s in 0..<(starts.count - 1) { if let parent = parent(s) { waiting[parent] += 1 } }
    var places = [Int32](repeating: 0, count: n)
    for s in stride(from: starts.count - 2, through: 0, by: -1) {
      if s % 4096 == 0 {
        try Cancellation.check { "cancelled with \(s) of \(starts.count - 1) blocks of the inverse left" }
      }
      let parent = parent(s)
      let front = front(s, below: parent.map { fronts[Int32($0)]! }, memory)
      if let parent {
        waiting[parent] -= 1
        if waiting[parent] == 0 { memory.give(back: fronts.removeValue(forKey: Int32(parent))!.elements) }
      }
      if waiting[s] > 0 { fronts[Int32(s)] = front }
      defer { if waiting[s] == 0 { memory.give(back: front.elements) } }
      for (k, row) in front.rows.enumerated() { places[Int(row)] = Int32(front.columns.count + k) }
      for (k, column) in front.columns.enumerated() { places[column] = Int32(k) }
      let size = front.size
      for (k, column) in front.columns.enumerated() {
        for e in entryStarts[column]..<entryStarts[column + 1] {
          result[Int(entries[e])] = front.elements[Int(places[Int(entryRows[e])]) + size * k]
        }
      }
    }
    return result
  }

  private func rows(_ s: Int) -> ArraySlice<Int32> {
    let last = starts[s + 1] - 1
    return triangle.rows[triangle.columnStarts[last]..<triangle.columnStarts[last + 1]]
  }

  /// The supernode of the first row below one: its parent in the tree.
  private func parent(_ s: Int) -> Int? { rows(s).first.map { Int(supernodes[Int($0)]) } }

  /// The block of a supernode, from that of its parent, which has all of its rows.
  private func front(_ s: Int, below parent: Front?, _ memory: FrontMemory) -> Front {
    let (columns, rows) = (starts[s]..<starts[s + 1], rows(s))
    let (width, count) = (columns.count, rows.count)
    let size = width + count
    let front = Front(columns: columns, rows: rows, elements: memory.take(size * size))
    let z = front.elements.baseAddress!
    // L_JJ with its unit diagonal, and Y.
    let parts = memory.take(size * width)
    defer { memory.give(back: parts) }
    let (lower, y) = (parts.baseAddress!, parts.baseAddress! + width * width)
    triangle.values.withUnsafeBufferPointer { values in
      for (j, column) in columns.enumerated() {
        let first = triangle.columnStarts[column]
        for i in 0..<j { lower[i + width * j] = 0 }
        lower[j + width * j] = 1
        for i in (j + 1)..<max(width, j + 1) { lower[i + width * j] = values[first + i - j - 1] }
        for i in 0..<count { y[i + count * j] = values[first + width - j - 1 + i] }
      }
    }
    if let parent {
      Self.gather(rows, from: parent, to: z + width + size * width, leading: size)
    }
    BLASThreads.suiting(rows: size) {
      if parent != nil { Self.product(y, lower, z, count, width, size) }
      diagonalBlock(lower, columns, y, z, count, size)
    }
    return front
  }

  /// Z_RR out of the parent's block.
  private static func gather(
    _ rows: ArraySlice<Int32>, from parent: Front, to target: UnsafeMutablePointer<Double>, leading: Int
  ) {
    var theirs = parent.rows.startIndex
    withUnsafeTemporaryAllocation(of: Int.self, capacity: rows.count) { places in
      for (k, row) in rows.enumerated() {
        if Int(row) < parent.columns.upperBound {
          places[k] = Int(row) - parent.columns.lowerBound
        } else {
          while parent.rows[theirs] != row { theirs += 1 }
          places[k] = parent.columns.count + theirs - parent.rows.startIndex
        }
      }
      let source = parent.elements.baseAddress!
      for j in places.indices {
        let column = source + places[j] * parent.size
        for i in j..<places.count { target[leading * j + i] = column[places[i]] }
      }
    }
  }

  /// Y = L_RJ L_JJ⁻¹ in the place of L_RJ, and Z_RJ = -Z_RR Y.
  private static func product(
    _ y: UnsafeMutablePointer<Double>, _ lower: UnsafePointer<Double>, _ z: UnsafeMutablePointer<Double>, _ count: Int,
    _ width: Int, _ size: Int
  ) {
    if width == 1 {
      // A column alone: Z_RR is read once, in its lower triangle.
      for i in 0..<count { z[1 + i] = 0 }
      for j in 0..<count {
        let column = z + 1 + size * (1 + j)
        let factor = y[j]
        var sum = column[j] * factor
        for i in (j + 1)..<max(count, j + 1) {
          z[1 + i] -= column[i] * factor
          sum += column[i] * y[i]
        }
        z[1 + j] -= sum
      }
      return
    }
    let (m, n, leading) = (Int32(count), Int32(width), Int32(size))
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasUnit, m, n, 1, lower, n, y, m)
    cblas_dsymm(
      CblasColMajor, CblasLeft, CblasLower, m, n, -1, z + width + size * width, leading, y, m, 0, z + width, leading)
  }

  /// Z_JJ = L_JJ⁻ᵀ D_J⁻¹ L_JJ⁻¹ - Yᵀ Z_RJ.
  private func diagonalBlock(
    _ lower: UnsafePointer<Double>, _ columns: Range<Int>, _ y: UnsafePointer<Double>,
    _ z: UnsafeMutablePointer<Double>, _ count: Int, _ size: Int
  ) {
    let width = columns.count
    if width == 1 {
      var sum = 1 / pivots[columns.lowerBound]
      for i in 0..<count { sum -= y[i] * z[1 + i] }
      z[0] = sum
      return
    }
    // L_JJ⁻¹, and its Gram matrix in the weights 1 / D.
    let (n, m, leading) = (Int32(width), Int32(count), Int32(size))
    var inverse = DenseMatrix.identity(width).elements
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasUnit, n, n, 1, lower, n, &inverse, n)
    for j in 0..<width {
      for i in 0..<width { z[i + size * j] = inverse[i + width * j] / pivots[columns.lowerBound + i] }
    }
    cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasUnit, n, n, 1, inverse, n, z, leading)
    if count > 0 {
      cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, n, m, -1, y, m, z + width, leading, 1, z, leading)
    }
  }
}
