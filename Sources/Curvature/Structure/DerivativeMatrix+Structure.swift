import SparseStructure
import TensorGraph

extension DerivativeMatrix {
  /// Which entries can be other than zero, whatever the values of the tensors: the exact structure of the computation.
  ///
  /// Rows and columns are the elements of the two tensors in row-major order, so the pattern is that of the flattened
  /// matrix; batched it is that of a slice, with the entries of all slices. Every entry that can be other than zero is
  /// in it; an entry of it may still vanish, as in x·y − x·y. Found once, without evaluating anything.
  ///
  /// Printing a pattern draws it. Stops the program where `readPattern(isLocal:)` throws.
  /// - Complexity: O(elements of the graph's tensors + entries) the first time, then none.
  public var pattern: SparsityPattern { checked(try readPattern()) }

  /// Which entries can be other than zero while comparisons come out as they do at the present point: smaller than
  /// `pattern` where `where`, maxima or sorting choose among elements, or where constant factors are zero.
  ///
  /// Stops the program where `readPattern(isLocal:)` throws.
  /// - Complexity: that of `pattern`, and the values on which the graph decides.
  public var localPattern: SparsityPattern { checked(try readPattern(isLocal: true)) }

  /// `pattern`, or `localPattern`, or what is wrong.
  ///
  /// - Throws: `TensorError` if there are more than 2²⁸ entries, or what a local pattern depends on cannot be computed.
  public func readPattern(isLocal: Bool = false) throws(TensorError) -> SparsityPattern {
    let pattern = try core.matrix.derivative.pattern(isLocal: isLocal)
    return core.isTransposed ? pattern.transposed() : pattern
  }

  /// Why an entry can be other than zero: the operation in which its two elements meet, and the way from one to the
  /// other. Or that it is zero at every point.
  ///
  /// ```swift
  /// let x = Tensor<Double>([1, 2, 3])
  /// print(hessian(exp(x[0] * x[2]) + x.sum(), x).why(0, 2))
  /// // entry (0, 2) can be other than zero: met in multiply of shape []: …
  /// ```
  /// Stops the program where `readWhy(_:_:)` throws.
  /// - Parameters:
  ///   - row: the number of the row, row-major; negative numbers count from the end.
  ///   - column: the number of the column, row-major.
  /// - Complexity: a search for the pattern, each time: O(elements of the graph's tensors + entries).
  public func why(_ row: Int, _ column: Int) -> EntryExplanation { checked(try readWhy(row, column)) }

  /// `why(_:_:)`, or what is wrong.
  ///
  /// - Throws: `TensorError` if there is no such row or column, or the graph is too large to be searched.
  public func readWhy(_ row: Int, _ column: Int) throws(TensorError) -> EntryExplanation {
    let i = try resolved(row, core.rows.count, "row")
    let j = try resolved(column, core.columns.count, "column")
    let (a, b) = core.isTransposed ? (j, i) : (i, j)
    return EntryExplanation(row: i, column: j, path: try core.matrix.derivative.path(row: a, column: b))
  }

  private func resolved(_ index: Int, _ count: Int, _ what: String) throws(TensorError) -> Int {
    guard index >= -count, index < count else {
      throw TensorError("why: \(what) \(index) is outside the \(count) \(what)s; rows and columns count row-major")
    }
    return index < 0 ? index + count : index
  }

  /// How entries are computed; chosen by the expected cost the first time somebody asks or a read is large enough.
  ///
  /// Setting it overrides the choice, and drops what was computed in another way. The values are equal. Stops the program
  /// where `readEvaluationMethod()` throws.
  /// - Complexity: that of `coloring` the first time, then none.
  public var evaluationMethod: EvaluationMethod {
    get { checked(try readEvaluationMethod()) }
    nonmutating set { core.matrix.setEvaluationMethod(newValue) }
  }

  /// `evaluationMethod`, or what is wrong.
  ///
  /// - Throws: `TensorError` as `readPattern(isLocal:)`.
  public func readEvaluationMethod() throws(TensorError) -> EvaluationMethod { try core.matrix.evaluationMethod() }

  /// Whether what is found about the structure of one matrix is known of the other.
  package func sharesStructure(with other: Self) -> Bool {
    core.matrix.derivative.facts === other.core.matrix.derivative.facts
  }

  /// The groups of columns and rows from which a sparse matrix is read: as many products as it has colours. Stops the
  /// program where `readColoring()` throws.
  ///
  /// - Complexity: that of `pattern` and of a colouring, about O(entries · largest row), the first time; then none.
  public var coloring: Coloring { checked(try readColoring()) }

  /// `coloring`, or what is wrong.
  ///
  /// - Throws: `TensorError` as `readPattern(isLocal:)`.
  public func readColoring() throws(TensorError) -> Coloring { try core.matrix.derivative.coloring() }

  /// The entries that can be other than zero, as a matrix of its own; batched, one for each slice.
  ///
  /// <!-- swift let x = Tensor<Double>([1, 2]), H = hessian((x * x).sum(), x) -->
  /// ```swift
  /// let S = try H.sparse()
  /// S.compressedRows         // CSR: offsets, columns, values; also .compressedColumns (CSC) and .coordinates (COO)
  /// try H.sparse(triangle: .lower)
  /// ```
  /// Indices are sorted. An entry of the pattern that happens to be zero is stored, so that the structure is the same
  /// at every point. What is computed serves every later read of the matrix, and is computed once.
  /// - Parameter triangle: which part to give.
  /// - Throws: `TensorError` if there are more than 2²⁸ entries, or memory is short.
  /// - Complexity: the search for structure at the first time; one product for each colour that is not known yet.
  public func sparse(triangle: StoredTriangle = .both) throws(TensorError) -> SparseMatrix<Scalar> {
    guard core.rows.batchAxis == nil else {
      throw TensorError(
        "sparse: the matrix of shape \(shape) is a batch of \(core.rows.batchCount); use sparseSlices, which gives a "
          + "matrix for each slice")
    }
    return try sparseSlices(triangle: triangle)[0]
  }

  /// The blocks that hold entries, each stored whole: block compressed rows, for solvers that use blocks of 3×3, 9×9 and the like.
  ///
  /// <!-- swift let x = Tensor<Double>([1, 2, 3, 4]), H = hessian((x * x).sum(), x) -->
  /// ```swift
  /// let B = try H.blocks(rows: [2, 2])
  /// B[block: 0, 0]           // [2.0, 0.0, 0.0, 2.0]
  /// ```
  /// - Parameters:
  ///   - rows: how long the runs of rows of the flattened matrix are, in order.
  ///   - columns: how long those of columns are; as the rows unless given.
  /// - Throws: `TensorError` as `sparse(triangle:)`, and if the runs are not as long as the matrix.
  /// - Complexity: as `sparse(triangle:)`, and the elements of the blocks.
  public func blocks(rows: [Int], columns: [Int]? = nil) throws(TensorError) -> BlockSparseMatrix<Scalar> {
    let matrix = try sparse()
    do { return try matrix.blocks(rows: rows, columns: columns) } catch { throw TensorError(error.message) }
  }

  /// `sparse(triangle:)` of each slice of a batch. All have one pattern.
  public func sparseSlices(triangle: StoredTriangle = .both) throws(TensorError) -> [SparseMatrix<Scalar>] {
    let (pattern, values) = try core.matrix.nonzeroValues()
    let count = pattern.nonzeroCount
    return (0..<core.rows.batchCount).map { batch in
      let slice = SparseMatrix(
        pattern: pattern,
        values: values.withElements(of: Scalar.self) { Array($0[batch * count..<(batch + 1) * count]) })
      let seen = core.isTransposed ? slice.transposed() : slice
      return switch triangle {
      case .both: seen
      case .lower: seen.lowerTriangle()
      case .upper: seen.upperTriangle()
      }
    }
  }
}

// MARK: Parts

extension DerivativeMatrix {
  /// The entries at pairs of a row and a column of the flattened matrix: a tensor of as many elements; batched
  /// [B, pairs]. Stops the program where `readEntries(rows:columns:)` throws.
  ///
  /// - Parameters:
  ///   - rows: the rows' numbers, row-major; negative numbers count from the end.
  ///   - columns: the columns' numbers, as many.
  /// - Complexity: one product for each group of a colouring that reads these entries alone.
  public func entries(rows: [Int], columns: [Int]) -> Tensor<Scalar> {
    checked(try readEntries(rows: rows, columns: columns))
  }

  /// The diagonals with the given numbers of the flattened matrix: 0 is the main one, 1 the one above it.
  ///
  /// The result has a row for each diagonal, ascending, and a column for each column of the matrix: entry [k, j] is
  /// the matrix's entry (j − offset of k, j), and zero where that is outside. This is the layout of SciPy's
  /// `dia_array` with ascending offsets, and LAPACK's band storage with its rows reversed. Batched [B, k, j].
  /// Stops the program where `readBands(_:)` throws.
  /// - Complexity: one product for each group of a colouring that reads these entries alone: three for `-1...1` of a
  ///   matrix whose pattern is a band of that width.
  public func bands(_ offsets: ClosedRange<Int>) -> Tensor<Scalar> {
    checked(try readBands(offsets))
  }

  /// The square blocks along the diagonal of the flattened matrix: [blocks, size, size]; batched [B, blocks, size, size].
  /// Stops the program where `readBlockDiagonal(_:)` throws.
  ///
  /// - Parameter size: the extent of a block, a divisor of the matrix' extent.
  /// - Complexity: one product for each group of a colouring that reads these entries alone: `size` if nothing else is
  ///   in their rows.
  public func blockDiagonal(_ size: Int) -> Tensor<Scalar> {
    checked(try readBlockDiagonal(size))
  }

  /// `entries(rows:columns:)`, or what is wrong.
  ///
  /// - Throws: `TensorError` if there are not as many columns as rows, an entry is outside the matrix, memory is short, or
  ///   a derivative does not exist.
  public func readEntries(rows: [Int], columns: [Int]) throws(TensorError) -> Tensor<Scalar> {
    guard rows.count == columns.count else {
      throw TensorError("entries: \(rows.count) rows and \(columns.count) columns; give one column for each row")
    }
    func resolve(_ indices: [Int], _ count: Int, _ what: String) throws(TensorError) -> [Int] {
      if let wrong = indices.first(where: { $0 < -count || $0 >= count }) {
        throw TensorError("entries: \(what) \(wrong) is outside the \(count) \(what)s of shape \(shape)")
      }
      return indices.map { $0 < 0 ? $0 + count : $0 }
    }
    let i = try resolve(rows, core.rows.count, "row")
    let j = try resolve(columns, core.columns.count, "column")
    return try read(i, j, shape: [rows.count])
  }

  /// `bands(_:)`, or what is wrong.
  ///
  /// - Throws: `TensorError` if a diagonal is outside the matrix, memory is short, or a derivative does not exist.
  public func readBands(_ offsets: ClosedRange<Int>) throws(TensorError) -> Tensor<Scalar> {
    let (rowCount, columnCount) = (core.rows.count, core.columns.count)
    let (first, last) = (1 - Swift.max(rowCount, 1), Swift.max(columnCount, 1) - 1)
    guard offsets.lowerBound >= first, offsets.upperBound <= last else {
      throw TensorError(
        "bands: \(offsets.lowerBound) to \(offsets.upperBound) leaves a \(rowCount)×\(columnCount) matrix; its "
          + "diagonals are \(first) to \(last)")
    }
    var pairs: (rows: [Int], columns: [Int]) = ([], [])
    var places: [Int64] = []
    for (k, offset) in offsets.enumerated() {
      let start = Swift.max(0, offset)
      for j in start..<Swift.max(start, Swift.min(columnCount, rowCount + offset)) {
        pairs.rows.append(j - offset)
        pairs.columns.append(j)
        places.append(Int64(k * columnCount + j))
      }
    }
    let entries = try read(pairs.rows, pairs.columns, shape: [pairs.rows.count])
    let batch = core.rows.batchAxis == nil ? [] : [core.rows.batchCount]
    let scattered = entries.node.scatterAdded(
      Node(Storage(places), shape: [places.count]), axis: batch.count, extent: offsets.count * columnCount)
    return Tensor(scattered.reshaped(to: Shape(batch + [offsets.count, columnCount])))
  }

  /// `blockDiagonal(_:)`, or what is wrong.
  ///
  /// - Throws: `TensorError` if the matrix is not square or `size` does not divide its extent, memory is short, or a
  ///   derivative does not exist.
  public func readBlockDiagonal(_ size: Int) throws(TensorError) -> Tensor<Scalar> {
    let count = core.rows.count
    guard count == core.columns.count, size > 0, count % size == 0 else {
      throw TensorError(
        "blockDiagonal: blocks of \(size) do not divide a \(count)×\(core.columns.count) matrix; give a divisor of the "
          + "extent of a square one")
    }
    var pairs: (rows: [Int], columns: [Int]) = ([], [])
    for block in 0..<count / size {
      for i in 0..<size {
        for j in 0..<size {
          pairs.rows.append(block * size + i)
          pairs.columns.append(block * size + j)
        }
      }
    }
    return try read(pairs.rows, pairs.columns, shape: [count / size, size, size])
  }

  /// Entries, batched with a leading axis, in a shape; with derivatives of their own.
  private func read(_ rows: [Int], _ columns: [Int], shape: [Int]) throws(TensorError) -> Tensor<Scalar> {
    let (i, j) = core.isTransposed ? (columns, rows) : (rows, columns)
    let matrix = core.matrix
    let whole = Shape((core.rows.batchAxis == nil ? [] : [core.rows.batchCount]) + shape)
    let elements = try matrix.entries(rows: i, columns: j)
    return Tensor(
      Node(elements, shape: whole, of: matrix.sources) {
        matrix.entriesExpression(rows: i, columns: j).reshaped(to: whole)
      })
  }
}
