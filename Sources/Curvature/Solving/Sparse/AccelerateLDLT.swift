#if canImport(Accelerate)
  import Accelerate
  import SparseStructure
  import TensorGraph

  /// Factors of sparse symmetric matrices by the sparse solvers of Apple's systems, which are part of Accelerate: no library has to
  /// be installed.
  ///
  /// <!-- not compiled -->
  /// ```swift
  /// let factors = try H.factorized(by: AccelerateLDLT())
  /// let fit = try minimize(from: x, method: .sparse(AccelerateLDLT()), of: energy)
  /// ```
  ///
  /// Factors are L D Lᵀ without exchanges, for any matrix whose pivots do not vanish. The library keeps L to itself: systems,
  /// inertia of definite matrices and determinants are there, entries of the inverse are not.
  public struct AccelerateLDLT: SparseFactorizer, Hashable {
    /// How rows are ordered, so that factors have few entries.
    public enum Order: String, CaseIterable, Hashable, Sendable {
      /// Approximate minimum degree (Amestoy, Davis & Duff, SIAM J. Matrix Anal. Appl. 17, 1996).
      case minimumDegree
      /// Nested dissection by METIS (Karypis & Kumar, SIAM J. Sci. Comput. 20, 1998).
      case nestedDissection
    }

    /// How rows are ordered.
    public let order: Order

    /// A factorizer.
    ///
    /// - Parameter order: `minimumDegree` unless told otherwise.
    public init(order: Order = .minimumDegree) { self.order = order }

    public func analysis(of pattern: SparsityPattern) throws(TensorError) -> any SparseAnalysis {
      try Analysis(pattern, order)
    }
  }

  /// An order and the symbolic factors.
  private final class Analysis: SparseAnalysis, @unchecked Sendable {
    // Nothing changes after initialization; the library takes symbolic factors for several matrices at once.
    private let symbolic: SparseOpaqueSymbolicFactorization
    private let starts: [Int]
    private let columns: [Int32]
    let factorCount: Int

    init(_ pattern: SparsityPattern, _ order: AccelerateLDLT.Order) throws(TensorError) {
      // Compressed rows of the lower triangle are compressed columns of the upper one.
      (starts, columns) = (pattern.rowStarts, pattern.columnIndices)
      let options = SparseSymbolicFactorOptions(
        control: SparseDefaultControl,
        orderMethod: order == .minimumDegree ? SparseOrderAMD : SparseOrderMetis, order: nil, ignoreRowsAndColumns: nil,
        malloc: { malloc($0) }, free: { free($0) },
        // Without a function here an error would end the program; the status tells it.
        reportError: { _ in })
      symbolic = withStructure(starts, columns) { SparseFactor(SparseFactorizationLDLTUnpivoted, $0, options) }
      guard symbolic.status == SparseStatusOK else {
        throw TensorError(
          "AccelerateLDLT: the analysis of a matrix with \(pattern.rowCount) rows failed with status "
            + "\(symbolic.status.rawValue); it may be too large")
      }
      factorCount = Int(symbolic.factorSize_Double) / MemoryLayout<Double>.size
    }

    deinit { SparseCleanup(symbolic) }

    /// At least so many: columns of one length would take them.
    var operationCount: Double { Double(factorCount) * Double(factorCount) / Double(max(1, starts.count - 1)) }

    func factors(of values: [Double]) throws(TensorError) -> (any SparseFactors)? {
      precondition(values.count == columns.count, "\(values.count) values for \(columns.count) entries")
      // Pivots are those of the matrix itself: a user's scaling that is nil is none.
      let options = SparseNumericFactorOptions(
        control: SparseDefaultControl, scalingMethod: SparseScalingUser, scaling: nil, pivotTolerance: 0,
        zeroTolerance: 0)
      var values = values
      let factors = values.withUnsafeMutableBufferPointer { values in
        withStructure(starts, columns) { structure in
          SparseFactor(symbolic, SparseMatrix_Double(structure: structure, data: values.baseAddress!), options)
        }
      }
      switch factors.status {
      case SparseStatusOK: return Factors(factors, rowCount: starts.count - 1)
      case SparseMatrixIsSingular, SparseFactorizationFailed:
        SparseCleanup(factors)
        return nil
      default:
        SparseCleanup(factors)
        throw TensorError("AccelerateLDLT: the factorization failed with status \(factors.status.rawValue)")
      }
    }
  }

  /// Calls the library with the structure of an upper triangle in the memory of arrays.
  private func withStructure<Result>(
    _ starts: [Int], _ columns: [Int32], _ body: (SparseMatrixStructure) -> Result
  ) -> Result {
    var attributes = SparseAttributes_t()
    attributes.triangle = SparseUpperTriangle
    attributes.kind = SparseSymmetric
    return starts.withUnsafeBufferPointer { starts in
      columns.withUnsafeBufferPointer { columns in
        body(
          SparseMatrixStructure(
            rowCount: Int32(starts.count - 1), columnCount: Int32(starts.count - 1),
            columnStarts: UnsafeMutablePointer(mutating: starts.baseAddress!),
            rowIndices: UnsafeMutablePointer(mutating: columns.baseAddress!), attributes: attributes, blockSize: 1))
      }
    }
  }

  /// Numeric factors.
  private final class Factors: SparseFactors, @unchecked Sendable {
    // Nothing changes after initialization; the library solves several systems at once.
    private let factors: SparseOpaqueFactorization_Double
    let pivots: [Double]

    init(_ factors: SparseOpaqueFactorization_Double, rowCount: Int) {
      self.factors = factors
      // D times a vector of ones.
      let diagonal = SparseCreateSubfactor(SparseSubfactorD, factors)
      defer { SparseCleanup(diagonal) }
      var pivots = [Double](repeating: 1, count: rowCount)
      pivots.withUnsafeMutableBufferPointer {
        SparseMultiply(diagonal, DenseVector_Double(count: Int32(rowCount), data: $0.baseAddress!))
      }
      self.pivots = pivots
    }

    deinit { SparseCleanup(factors) }

    func solve(_ right: inout [Double], columnCount: Int) {
      let rowCount = Int32(pivots.count)
      right.withUnsafeMutableBufferPointer {
        SparseSolve(
          factors,
          DenseMatrix_Double(
            rowCount: rowCount, columnCount: Int32(columnCount), columnStride: rowCount,
            attributes: SparseAttributes_t(),
            data: $0.baseAddress!))
      }
    }

    func triangle() -> UnitTriangle? { nil }
  }
#endif
