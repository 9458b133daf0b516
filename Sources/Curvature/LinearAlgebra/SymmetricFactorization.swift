#if canImport(Accelerate)
  import Accelerate
#else
  import COpenBLAS
#endif
import CPUEngine
import Foundation

/// The numbers of positive, negative and zero eigenvalues of a symmetric matrix.
public struct Inertia: Hashable, Sendable, CustomStringConvertible {
  /// How many are positive.
  public var positive: Int
  /// How many are negative.
  public var negative: Int
  /// How many are zero, to rounding.
  public var zero: Int

  /// An inertia of the given numbers.
  public init(positive: Int, negative: Int, zero: Int) {
    (self.positive, self.negative, self.zero) = (positive, negative, zero)
  }

  /// The signs of some eigenvalues, of which those count as zero that are at most `threshold` in magnitude.
  init(eigenvalues: [Double], threshold: Double) {
    self.init(positive: 0, negative: 0, zero: 0)
    for value in eigenvalues {
      if abs(value) <= threshold { zero += 1 } else if value > 0 { positive += 1 } else { negative += 1 }
    }
  }

  public var description: String { "\(positive) positive, \(negative) negative, \(zero) zero" }
}

/// A symmetric matrix in factors: Cholesky's L Lᵀ where it is positive definite, and otherwise Bunch and Kaufman's L D Lᵀ
/// with blocks of one and two rows in D (Bunch & Kaufman, "Some stable methods for calculating inertia and solving symmetric
/// linear systems", Mathematics of Computation 31, 1977), both by LAPACK.
package struct SymmetricFactorization: Sendable {
  package let count: Int
  /// Whether it is Cholesky's.
  package let isPositiveDefinite: Bool
  private let factors: [Double]
  private let pivots: [Int32]
  /// The largest sum of magnitudes in a column: the 1-norm.
  private let norm: Double

  /// Factors a matrix, of which the lower triangle is read. O(n³).
  ///
  /// - Parameter requiresDefiniteness: whether a matrix that is not positive definite is refused.
  /// - Throws: if an element is not finite, or it is not positive definite and has to be.
  package init(_ matrix: DenseMatrix, requiresDefiniteness: Bool = false) throws(LinearAlgebraError) {
    precondition(matrix.rows == matrix.columns, "factors of a \(matrix.rows) x \(matrix.columns) matrix")
    guard matrix.isFinite else { throw LinearAlgebraError("factorization: the matrix is not finite") }
    count = matrix.rows
    var norm = 0.0
    for j in 0..<matrix.columns {
      var sum = 0.0
      for i in 0..<matrix.rows { sum += abs(i >= j ? matrix[i, j] : matrix[j, i]) }
      norm = max(norm, sum)
    }
    self.norm = norm
    var (n, leading, info) = (Int32(count), max(1, Int32(count)), Int32(0))
    var a = matrix.elements
    BLASThreads.suiting(rows: count) {
      dpotrf_("L", &n, &a, &leading, &info)
    }
    if info == 0 {
      (isPositiveDefinite, factors, pivots) = (true, a, [])
      return
    }
    guard !requiresDefiniteness else { throw LinearAlgebraError("factorization: the matrix is not positive definite") }
    a = matrix.elements
    var exchanges = [Int32](repeating: 0, count: count)
    var workCount = Int32(max(1, 64 * count))
    var work = [Double](repeating: 0, count: Int(workCount))
    BLASThreads.suiting(rows: count) {
      dsytrf_("L", &n, &a, &leading, &exchanges, &work, &workCount, &info)
    }
    precondition(info >= 0, "dsytrf argument \(-info)")
    (isPositiveDefinite, factors, pivots) = (false, a, exchanges)
  }

  /// A⁻¹ B for columns B, in O(n² · columns).
  ///
  /// - Throws: if a pivot vanishes.
  package func solving(_ right: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    precondition(right.rows == count)
    guard count > 0, right.columns > 0 else { return right }
    guard inertia.zero == 0 else { throw LinearAlgebraError("solve: the matrix is singular") }
    var (n, columns, leading, info) = (Int32(count), Int32(right.columns), Int32(count), Int32(0))
    var leadingRight = leading
    var result = right
    if isPositiveDefinite {
      BLASThreads.suiting(rows: max(count, right.columns)) {
        dpotrs_("L", &n, &columns, factors, &leading, &result.elements, &leadingRight, &info)
      }
    } else {
      BLASThreads.suiting(rows: max(count, right.columns)) {
        dsytrs_("L", &n, &columns, factors, &leading, pivots, &result.elements, &leadingRight, &info)
      }
    }
    precondition(info == 0, "solve argument \(-info)")
    return result
  }

  /// A⁻¹ b.
  package func solving(_ right: [Double]) throws(LinearAlgebraError) -> [Double] {
    var column = DenseMatrix(rows: right.count, columns: 1)
    column.elements = right
    return try solving(column).elements
  }

  /// The blocks of D, each of one row (a, 0, 0) or of two (a, b, c) with b beside the diagonal.
  private var blocks: [(a: Double, b: Double, c: Double, isPair: Bool)] {
    var result: [(a: Double, b: Double, c: Double, isPair: Bool)] = []
    var i = 0
    while i < count {
      let a = factors[i + count * i]
      if isPositiveDefinite {
        result.append((a * a, 0, 0, false))
      } else if pivots[i] < 0, i + 1 < count {
        result.append((a, factors[i + 1 + count * i], factors[i + 1 + count * (i + 1)], true))
        i += 1
      } else {
        result.append((a, 0, 0, false))
      }
      i += 1
    }
    return result
  }

  /// The signs of the eigenvalues, by Sylvester's law those of the blocks of D; only exact zeros count as zero.
  package var inertia: Inertia {
    var result = Inertia(positive: 0, negative: 0, zero: 0)
    for block in blocks {
      // A block of two rows has one eigenvalue of each sign: that is when it is chosen.
      let signs = block.isPair ? [1.0, -1] : [block.a]
      for sign in signs {
        if sign > 0 { result.positive += 1 } else if sign < 0 { result.negative += 1 } else { result.zero += 1 }
      }
    }
    return result
  }

  /// The logarithm of the determinant's magnitude, and its sign.
  package var logDeterminant: (logarithm: Double, sign: Int) {
    var (sum, sign) = (0.0, 1)
    for block in blocks {
      if block.isPair {
        // |a c - b²| with b the largest of them.
        sum += 2 * log(abs(block.b)) + log(abs(block.a / block.b * (block.c / block.b) - 1))
        sign = -sign
      } else {
        sum += log(abs(block.a))
        if block.a < 0 { sign = -sign }
        if block.a == 0 { sign = 0 }
      }
    }
    return (sum, sign)
  }

  /// An estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁), never far below the true one; 0 for a singular matrix. O(n²).
  package var reciprocalCondition: Double {
    guard count > 0 else { return 1 }
    guard inertia.zero == 0 else { return 0 }
    var (n, leading, info, result, norm) = (Int32(count), Int32(count), Int32(0), 0.0, norm)
    var work = [Double](repeating: 0, count: 3 * count)
    var indices = [Int32](repeating: 0, count: count)
    if isPositiveDefinite {
      BLASThreads.suiting(rows: count) {
        dpocon_("L", &n, factors, &leading, &norm, &result, &work, &indices, &info)
      }
    } else {
      BLASThreads.suiting(rows: count) {
        dsycon_("L", &n, factors, &leading, pivots, &norm, &result, &work, &indices, &info)
      }
    }
    precondition(info == 0, "condition argument \(-info)")
    return result
  }
}
