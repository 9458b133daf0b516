#if canImport(COpenBLAS)
  import COpenBLAS
#elseif canImport(Accelerate)
  import Accelerate
#endif

/// The routines of BLAS and LAPACK for one precision. Matrices are column-major where not said otherwise.
protocol LAPACKScalar: BinaryFloatingPoint {
  /// Solves a triangular system in place; everything row-major.
  static func solveTriangular(
    lower: Bool, transposed: Bool, unitDiagonal: Bool, _ n: Int, columns: Range<Int>, of stride: Int,
    _ a: UnsafePointer<Self>, _ b: UnsafeMutablePointer<Self>)
  static func eliminate(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ exchanges: UnsafeMutablePointer<Int32>)
  /// The upper factor in place; false if the matrix is not positive definite.
  static func cholesky(_ n: Int, _ a: UnsafeMutablePointer<Self>) -> Bool
  /// The reflections in place.
  static func reflect(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ scales: UnsafeMutablePointer<Self>)
  /// The columns of Q in the place of the reflections.
  static func assemble(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ scales: UnsafePointer<Self>)
  /// Eigenvectors in place; false without convergence.
  static func eigen(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ values: UnsafeMutablePointer<Self>) -> Bool
  /// U [m, min] and Vᵀ [min, n]; `a` is lost; false without convergence.
  static func singular(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ values: UnsafeMutablePointer<Self>,
    _ u: UnsafeMutablePointer<Self>, _ vt: UnsafeMutablePointer<Self>
  ) -> Bool
}

/// Memory of a routine for the time of a call.
private func withWork<Scalar, Result>(
  _ count: Int, _ type: Scalar.Type, _ body: (UnsafeMutablePointer<Scalar>) -> Result
) -> Result {
  withUnsafeTemporaryAllocation(of: type, capacity: max(count, 1)) { body($0.baseAddress!) }
}

extension Double: LAPACKScalar {
  static func solveTriangular(
    lower: Bool, transposed: Bool, unitDiagonal: Bool, _ n: Int, columns: Range<Int>, of stride: Int,
    _ a: UnsafePointer<Double>, _ b: UnsafeMutablePointer<Double>
  ) {
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, transposed ? CblasTrans : CblasNoTrans,
      unitDiagonal ? CblasUnit : CblasNonUnit, Int32(n), Int32(columns.count), 1, a, Int32(n),
      b + columns.lowerBound, Int32(stride))
  }

  static func eliminate(_ n: Int, _ a: UnsafeMutablePointer<Double>, _ exchanges: UnsafeMutablePointer<Int32>) {
    var (size, info) = (Int32(n), Int32(0))
    dgetrf_(&size, &size, a, &size, exchanges, &info)
  }

  static func cholesky(_ n: Int, _ a: UnsafeMutablePointer<Double>) -> Bool {
    var (size, info) = (Int32(n), Int32(0))
    dpotrf_("U", &size, a, &size, &info)
    return info == 0
  }

  static func reflect(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ scales: UnsafeMutablePointer<Double>
  ) {
    var (m, n, count, info) = (Int32(m), Int32(n), Int32(32 * n), Int32(0))
    withWork(Int(count), Double.self) { dgeqrf_(&m, &n, a, &m, scales, $0, &count, &info) }
  }

  static func assemble(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ scales: UnsafePointer<Double>) {
    var (m, n, count, info) = (Int32(m), Int32(n), Int32(32 * n), Int32(0))
    withWork(Int(count), Double.self) { dorgqr_(&m, &n, &n, a, &m, scales, $0, &count, &info) }
  }

  static func eigen(_ n: Int, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>) -> Bool {
    var (size, count, indexCount, info) = (Int32(n), Int32(1 + 6 * n + 2 * n * n), Int32(3 + 5 * n), Int32(0))
    withWork(Int(count), Double.self) { work in
      withWork(Int(indexCount), Int32.self) { indices in
        dsyevd_("V", "L", &size, a, &size, values, work, &count, indices, &indexCount, &info)
      }
    }
    return info == 0
  }

  static func singular(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>,
    _ u: UnsafeMutablePointer<Double>, _ vt: UnsafeMutablePointer<Double>
  ) -> Bool {
    let least = min(m, n)
    var (rows, columns, k, info) = (Int32(m), Int32(n), Int32(least), Int32(0))
    var count = Int32(8 * least * least + 16 * least + 2 * max(m, n))
    withWork(Int(count), Double.self) { work in
      withWork(8 * least, Int32.self) { indices in
        dgesdd_("S", &rows, &columns, a, &rows, values, u, &rows, vt, &k, work, &count, indices, &info)
      }
    }
    return info == 0
  }
}

extension Float: LAPACKScalar {
  static func solveTriangular(
    lower: Bool, transposed: Bool, unitDiagonal: Bool, _ n: Int, columns: Range<Int>, of stride: Int,
    _ a: UnsafePointer<Float>, _ b: UnsafeMutablePointer<Float>
  ) {
    cblas_strsm(
      CblasRowMajor, CblasLeft, lower ? CblasLower : CblasUpper, transposed ? CblasTrans : CblasNoTrans,
      unitDiagonal ? CblasUnit : CblasNonUnit, Int32(n), Int32(columns.count), 1, a, Int32(n),
      b + columns.lowerBound, Int32(stride))
  }

  static func eliminate(_ n: Int, _ a: UnsafeMutablePointer<Float>, _ exchanges: UnsafeMutablePointer<Int32>) {
    var (size, info) = (Int32(n), Int32(0))
    sgetrf_(&size, &size, a, &size, exchanges, &info)
  }

  static func cholesky(_ n: Int, _ a: UnsafeMutablePointer<Float>) -> Bool {
    var (size, info) = (Int32(n), Int32(0))
    spotrf_("U", &size, a, &size, &info)
    return info == 0
  }

  static func reflect(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ scales: UnsafeMutablePointer<Float>) {
    var (m, n, count, info) = (Int32(m), Int32(n), Int32(32 * n), Int32(0))
    withWork(Int(count), Float.self) { sgeqrf_(&m, &n, a, &m, scales, $0, &count, &info) }
  }

  static func assemble(_ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ scales: UnsafePointer<Float>) {
    var (m, n, count, info) = (Int32(m), Int32(n), Int32(32 * n), Int32(0))
    withWork(Int(count), Float.self) { sorgqr_(&m, &n, &n, a, &m, scales, $0, &count, &info) }
  }

  static func eigen(_ n: Int, _ a: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>) -> Bool {
    var (size, count, indexCount, info) = (Int32(n), Int32(1 + 6 * n + 2 * n * n), Int32(3 + 5 * n), Int32(0))
    withWork(Int(count), Float.self) { work in
      withWork(Int(indexCount), Int32.self) { indices in
        ssyevd_("V", "L", &size, a, &size, values, work, &count, indices, &indexCount, &info)
      }
    }
    return info == 0
  }

  static func singular(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>, _ vt: UnsafeMutablePointer<Float>
  ) -> Bool {
    let least = min(m, n)
    var (rows, columns, k, info) = (Int32(m), Int32(n), Int32(least), Int32(0))
    var count = Int32(8 * least * least + 16 * least + 2 * max(m, n))
    withWork(Int(count), Float.self) { work in
      withWork(8 * least, Int32.self) { indices in
        sgesdd_("S", &rows, &columns, a, &rows, values, u, &rows, vt, &k, work, &count, indices, &info)
      }
    }
    return info == 0
  }
}
