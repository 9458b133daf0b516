import CSuiteSparse
@_exported import Curvature
import Synchronization

/// Factors of sparse symmetric matrices by SuiteSparse's CHOLMOD (Chen, Davis, Hager & Rajamanickam, "Algorithm 887: CHOLMOD,
/// supernodal sparse Cholesky factorization and update/downdate", ACM Transactions on Mathematical Software 35, 2008).
///
/// ```swift
/// let factors = try H.factorized(by: CHOLMOD())
/// try factors.solve(b); factors.logDeterminant; try factors.inverseDiagonal()
/// let fit = try minimize(from: x, method: .sparse(CHOLMOD())) { x in … }
/// ```
///
/// The licence of what is called differs: the orders and the `simplicial` factors are under the LGPL, the `supernodal` ones under
/// the GPL, which then holds for a program that is passed on.
public struct CHOLMOD: SparseFactorizer, Hashable {
  /// How the factors are computed.
  public enum Method: String, CaseIterable, Hashable, Sendable {
    /// L D Lᵀ column by column, for any matrix whose pivots do not vanish. Under the LGPL.
    case simplicial
    /// L Lᵀ by dense blocks, for positive definite matrices: several times faster where factors are large. Under the GPL.
    case supernodal
  }

  /// How rows are ordered, so that factors have few entries.
  public enum Order: String, CaseIterable, Hashable, Sendable {
    /// Approximate minimum degree (Amestoy, Davis & Duff, SIAM J. Matrix Anal. Appl. 17, 1996).
    case minimumDegree
    /// Nested dissection by METIS (Karypis & Kumar, SIAM J. Sci. Comput. 20, 1998): slower to find, and fewer entries for grids
    /// and meshes.
    case nestedDissection
    /// As they are.
    case natural
  }

  /// How the factors are computed.
  public let method: Method
  /// How rows are ordered.
  public let order: Order

  /// A factorizer.
  ///
  /// - Parameters:
  ///   - method: `simplicial` unless told otherwise.
  ///   - order: `minimumDegree` unless told otherwise.
  public init(_ method: Method = .simplicial, order: Order = .minimumDegree) {
    (self.method, self.order) = (method, order)
  }

  public func analysis(of pattern: SparsityPattern) throws(TensorError) -> any SparseAnalysis {
    try Analysis(pattern, method, order)
  }
}

/// CHOLMOD's state, which one task uses at a time: behind the lock of who holds it.
private final class Workspace: @unchecked Sendable {
  var common = cholmod_common()

  init(_ method: CHOLMOD.Method) {
    cholmod_start(&common)
    // Errors come back as a status; nothing is printed.
    common.print = 0
    common.supernodal = method == .simplicial ? CHOLMOD_SIMPLICIAL : CHOLMOD_SUPERNODAL
    common.final_ll = 0
    common.final_asis = 1
  }

  deinit { cholmod_finish(&common) }

  /// - Throws: `TensorError` if the last call failed otherwise than at a pivot.
  func check(_ operation: String) throws(TensorError) {
    switch common.status {
    case CHOLMOD_OUT_OF_MEMORY: throw TensorError("CHOLMOD: there is no memory for the \(operation)")
    case CHOLMOD_TOO_LARGE:
      throw TensorError(
        "CHOLMOD: the \(operation) is larger than its 32-bit indices; another order may have fewer entries")
    case CHOLMOD_INVALID, CHOLMOD_NOT_INSTALLED, CHOLMOD_GPU_PROBLEM:
      throw TensorError("CHOLMOD: the \(operation) failed with status \(common.status); is another order installed?")
    default: break
    }
  }
}

/// An order and the symbolic factors, from which numeric ones are copied.
private final class Analysis: SparseAnalysis {
  private struct State: ~Copyable, @unchecked Sendable {
    let workspace: Workspace
    let symbolic: UnsafeMutablePointer<cholmod_factor>
  }

  private let state: Mutex<State>
  private let starts: [Int32]
  private let columns: [Int32]
  private let method: CHOLMOD.Method
  let factorCount: Int
  let operationCount: Double

  init(_ pattern: SparsityPattern, _ method: CHOLMOD.Method, _ order: CHOLMOD.Order) throws(TensorError) {
    guard pattern.nonzeroCount < Int(Int32.max) else {
      throw TensorError("CHOLMOD: a matrix with \(pattern.nonzeroCount) entries is larger than its 32-bit indices")
    }
    // Compressed rows of the lower triangle are compressed columns of the upper one.
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    starts.reserveCapacity(pattern.rowCount + 1)
    columns.reserveCapacity(pattern.nonzeroCount)
    for row in 0..<pattern.rowCount {
      columns.append(contentsOf: pattern[row: row].lazy.map { Int32($0) })
      starts.append(Int32(columns.count))
    }
    let workspace = Workspace(method)
    let ordering =
      switch order {
      case .minimumDegree: CHOLMOD_AMD
      case .nestedDissection: CHOLMOD_METIS
      case .natural: CHOLMOD_NATURAL
      }
    curvature_cholmod_order(&workspace.common, ordering)
    let symbolic = withMatrix(starts, columns, values: nil) { cholmod_analyze($0, &workspace.common) }
    try workspace.check("analysis of a matrix with \(pattern.rowCount) rows")
    guard let symbolic else { throw TensorError("CHOLMOD: the analysis of the matrix failed") }
    factorCount = Int(workspace.common.lnz)
    operationCount = workspace.common.fl
    (self.starts, self.columns, self.method) = (starts, columns, method)
    state = Mutex(State(workspace: workspace, symbolic: symbolic))
  }

  deinit {
    state.withLock { state in
      var symbolic: UnsafeMutablePointer<cholmod_factor>? = state.symbolic
      cholmod_free_factor(&symbolic, &state.workspace.common)
    }
  }

  func factors(of values: [Double]) throws(TensorError) -> (any SparseFactors)? {
    precondition(values.count == columns.count, "\(values.count) values for \(columns.count) entries")
    let workspace = Workspace(method)
    let copy = state.withLock { state in
      cholmod_copy_factor(state.symbolic, &workspace.common).map { Factors(workspace, $0) }
    }
    try workspace.check("factor")
    guard let copy else { throw TensorError("CHOLMOD: there is no memory for the factor") }
    return try copy.factor(starts, columns, values) ? copy : nil
  }
}

/// Calls CHOLMOD with the upper triangle of a matrix in the memory of arrays.
private func withMatrix<Result>(
  _ starts: [Int32], _ columns: [Int32], values: [Double]?, _ body: (UnsafeMutablePointer<cholmod_sparse>) -> Result
) -> Result {
  starts.withUnsafeBufferPointer { starts in
    columns.withUnsafeBufferPointer { columns in
      (values ?? []).withUnsafeBufferPointer { entries in
        var matrix = cholmod_sparse()
        matrix.nrow = starts.count - 1
        matrix.ncol = starts.count - 1
        matrix.nzmax = columns.count
        matrix.p = UnsafeMutableRawPointer(mutating: starts.baseAddress)
        matrix.i = UnsafeMutableRawPointer(mutating: columns.baseAddress)
        matrix.x = values == nil ? nil : UnsafeMutableRawPointer(mutating: entries.baseAddress)
        matrix.stype = 1
        matrix.itype = CHOLMOD_INT
        matrix.xtype = values == nil ? CHOLMOD_PATTERN : CHOLMOD_REAL
        matrix.dtype = CHOLMOD_DOUBLE
        matrix.sorted = 1
        matrix.packed = 1
        return body(&matrix)
      }
    }
  }
}

/// Numeric factors.
private final class Factors: SparseFactors {
  private struct State: ~Copyable, @unchecked Sendable {
    let workspace: Workspace
    let factor: UnsafeMutablePointer<cholmod_factor>
  }

  private let state: Mutex<State>
  private let diagonal = Mutex<[Double]>([])

  init(_ workspace: Workspace, _ factor: UnsafeMutablePointer<cholmod_factor>) {
    state = Mutex(State(workspace: workspace, factor: factor))
  }

  deinit {
    state.withLock { state in
      var factor: UnsafeMutablePointer<cholmod_factor>? = state.factor
      cholmod_free_factor(&factor, &state.workspace.common)
    }
  }

  var pivots: [Double] { diagonal.withLock { $0 } }

  /// Factors a matrix, and reads the pivots. False where one vanishes or, for dense blocks, is negative.
  func factor(_ starts: [Int32], _ columns: [Int32], _ values: [Double]) throws(TensorError) -> Bool {
    let isComplete = state.withLock { state in
      _ = withMatrix(starts, columns, values: values) {
        cholmod_factorize($0, state.factor, &state.workspace.common)
      }
      return state.factor.pointee.minor == state.factor.pointee.n
    }
    try state.withLock { (state) throws(TensorError) in try state.workspace.check("factor") }
    guard isComplete else { return false }
    let pivots = state.withLock { state in
      let factor = state.factor.pointee
      let n = Int(factor.n)
      let values = factor.x.assumingMemoryBound(to: Double.self)
      if factor.is_super == 0 {
        let starts = factor.p.assumingMemoryBound(to: Int32.self)
        return (0..<n).map { j in
          let value = values[Int(starts[j])]
          return factor.is_ll == 0 ? value : value * value
        }
      }
      var pivots: [Double] = []
      pivots.reserveCapacity(n)
      forEachSupernode(factor) { columns, rows, place in
        for k in 0..<columns.count {
          let value = values[place + k + rows.count * k]
          pivots.append(value * value)
        }
      }
      return pivots
    }
    diagonal.withLock { $0 = pivots }
    return true
  }

  func solve(_ right: inout [Double], columnCount: Int) {
    state.withLock { state in
      let n = Int(state.factor.pointee.n)
      right.withUnsafeMutableBufferPointer { right in
        var dense = cholmod_dense()
        (dense.nrow, dense.ncol, dense.nzmax, dense.d) = (n, columnCount, n * columnCount, n)
        dense.x = UnsafeMutableRawPointer(right.baseAddress)
        (dense.xtype, dense.dtype) = (CHOLMOD_REAL, CHOLMOD_DOUBLE)
        var solution = cholmod_solve(CHOLMOD_A, state.factor, &dense, &state.workspace.common)
        guard let found = solution else {
          // Without memory for the solution there is none: the caller sees that by its elements.
          for i in right.indices { right[i] = .nan }
          return
        }
        let elements = found.pointee.x.assumingMemoryBound(to: Double.self)
        for i in right.indices { right[i] = elements[i] }
        cholmod_free_dense(&solution, &state.workspace.common)
      }
    }
  }

  func triangle() -> UnitTriangle? {
    state.withLock { state in
      let factor = state.factor.pointee
      let n = Int(factor.n)
      let values = factor.x.assumingMemoryBound(to: Double.self)
      let permutation = Array(UnsafeBufferPointer(start: factor.Perm.assumingMemoryBound(to: Int32.self), count: n))
      var columnStarts = [0]
      columnStarts.reserveCapacity(n + 1)
      var (rows, entries): ([Int32], [Double]) = ([], [])
      if factor.is_super == 0 {
        let (starts, counts, indices) = (
          factor.p.assumingMemoryBound(to: Int32.self), factor.nz.assumingMemoryBound(to: Int32.self),
          factor.i.assumingMemoryBound(to: Int32.self)
        )
        let total = (0..<n).reduce(0) { $0 + Int(counts[$1]) - 1 }
        rows.reserveCapacity(total)
        entries.reserveCapacity(total)
        for j in 0..<n {
          let (start, count) = (Int(starts[j]), Int(counts[j]))
          rows.append(contentsOf: UnsafeBufferPointer(start: indices + start + 1, count: count - 1))
          let scale = factor.is_ll == 0 ? 1 : 1 / values[start]
          for place in (start + 1)..<(start + count) { entries.append(values[place] * scale) }
          columnStarts.append(rows.count)
        }
      } else {
        forEachSupernode(factor) { columns, below, place in
          for k in 0..<columns.count {
            rows.append(contentsOf: UnsafeBufferPointer(rebasing: below[(k + 1)...]))
            let column = values + place + below.count * k
            let scale = 1 / column[k]
            for i in (k + 1)..<below.count { entries.append(column[i] * scale) }
            columnStarts.append(rows.count)
          }
        }
      }
      return UnitTriangle(permutation: permutation, columnStarts: columnStarts, rows: rows, values: entries)
    }
  }
}

/// Calls a function with the columns of each supernode, its rows, of which the columns are the first, and where its values are.
private func forEachSupernode(
  _ factor: cholmod_factor, _ body: (Range<Int>, UnsafeBufferPointer<Int32>, Int) -> Void
) {
  let (first, rowStarts, valueStarts, rows) = (
    factor.super.assumingMemoryBound(to: Int32.self), factor.pi.assumingMemoryBound(to: Int32.self),
    factor.px.assumingMemoryBound(to: Int32.self), factor.s.assumingMemoryBound(to: Int32.self)
  )
  for s in 0..<Int(factor.nsuper) {
    let below = UnsafeBufferPointer(start: rows + Int(rowStarts[s]), count: Int(rowStarts[s + 1] - rowStarts[s]))
    body(Int(first[s])..<Int(first[s + 1]), below, Int(valueStarts[s]))
  }
}
