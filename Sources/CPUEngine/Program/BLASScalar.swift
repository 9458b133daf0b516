#if canImport(COpenBLAS)
  import COpenBLAS
#elseif canImport(Accelerate)
  import Accelerate
#endif

/// The element types of BLAS, with its routines by one name each. Matrices are row-major.
protocol BLASScalar: BitwiseCopyable, AdditiveArithmetic {
  /// c = a b + β c, for m × n elements of c and k summed ones; a and b as they lie or transposed.
  static func multiply(
    _ a: BLASMatrix<Self>, _ b: BLASMatrix<Self>, m: Int, n: Int, k: Int, beta: Self, to c: UnsafeMutablePointer<Self>,
    row: Int)
  /// y = a x, for n elements of y and k summed ones.
  static func multiply(
    _ a: BLASMatrix<Self>, n: Int, k: Int, vector x: UnsafePointer<Self>, step: Int, to y: UnsafeMutablePointer<Self>)
  /// The lower triangle of c = a aᵀ + β c, for n × n elements of c and k summed ones.
  static func square(
    _ a: BLASMatrix<Self>, n: Int, k: Int, beta: Self, to c: UnsafeMutablePointer<Self>, row: Int)
  static var one: Self { get }
}

/// A matrix in memory, perhaps as its transpose.
struct BLASMatrix<Scalar> {
  var base: UnsafePointer<Scalar>
  /// Elements from one row in memory to the next.
  var row: Int
  var isTransposed: Bool

  fileprivate var order: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

extension Double: BLASScalar {
  static let one = 1.0

  static func multiply(
    _ a: BLASMatrix<Double>, _ b: BLASMatrix<Double>, m: Int, n: Int, k: Int, beta: Double,
    to c: UnsafeMutablePointer<Double>, row: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, a.order, b.order, Int32(m), Int32(n), Int32(k), 1, a.base, Int32(a.row), b.base, Int32(b.row),
      beta,
      c, Int32(row))
  }

  static func multiply(
    _ a: BLASMatrix<Double>, n: Int, k: Int, vector x: UnsafePointer<Double>, step: Int,
    to y: UnsafeMutablePointer<Double>
  ) {
    let (rows, columns) = a.isTransposed ? (k, n) : (n, k)
    cblas_dgemv(
      CblasRowMajor, a.order, Int32(rows), Int32(columns), 1, a.base, Int32(a.row), x, Int32(step), 0, y, 1)
  }

  static func square(
    _ a: BLASMatrix<Double>, n: Int, k: Int, beta: Double, to c: UnsafeMutablePointer<Double>, row: Int
  ) {
    cblas_dsyrk(CblasRowMajor, CblasLower, a.order, Int32(n), Int32(k), 1, a.base, Int32(a.row), beta, c, Int32(row))
  }
}

extension Float: BLASScalar {
  static let one: Float = 1

  static func multiply(
    _ a: BLASMatrix<Float>, _ b: BLASMatrix<Float>, m: Int, n: Int, k: Int, beta: Float,
    to c: UnsafeMutablePointer<Float>, row: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, a.order, b.order, Int32(m), Int32(n), Int32(k), 1, a.base, Int32(a.row), b.base, Int32(b.row),
      beta,
      c, Int32(row))
  }

  static func multiply(
    _ a: BLASMatrix<Float>, n: Int, k: Int, vector x: UnsafePointer<Float>, step: Int, to y: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = a.isTransposed ? (k, n) : (n, k)
    cblas_sgemv(
      CblasRowMajor, a.order, Int32(rows), Int32(columns), 1, a.base, Int32(a.row), x, Int32(step), 0, y, 1)
  }

  static func square(
    _ a: BLASMatrix<Float>, n: Int, k: Int, beta: Float, to c: UnsafeMutablePointer<Float>, row: Int
  ) {
    cblas_ssyrk(CblasRowMajor, CblasLower, a.order, Int32(n), Int32(k), 1, a.base, Int32(a.row), beta, c, Int32(row))
  }
}
