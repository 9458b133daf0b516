import SparseStructure
import Synchronization
import TensorGraph

/// Systems with matrices of one pattern within a graph, by the factors of a library. The factors of the last matrix are kept:
/// a derivative solves several systems with it.
final class FactorizedSystems: SparseSystemSolver {
  private let factorizer: any SparseFactorizer
  private let pattern: SparsityPattern
  private let analysis: any SparseAnalysis
  private let last = Mutex<(values: [Double], factors: SparseFactorization<Double>?)>(([], nil))

  /// - Parameter pattern: a lower triangle with its whole diagonal.
  init(_ pattern: SparsityPattern, _ factorizer: any SparseFactorizer, _ analysis: any SparseAnalysis) {
    (self.pattern, self.factorizer, self.analysis) = (pattern, factorizer, analysis)
  }

  var name: String { "\(factorizer)" }

  func isSame(as other: any SparseSystemSolver) -> Bool {
    guard let other = other as? FactorizedSystems else { return false }
    if let own = factorizer as? any Hashable, let others = other.factorizer as? any Hashable {
      return AnyHashable(own) == AnyHashable(others)
    }
    return self === other
  }

  func solve(_ values: [Double], _ right: inout [Double], columnCount: Int) {
    let n = pattern.rowCount
    let factors = factors(of: values)
    for column in 0..<columnCount {
      let range = (column * n)..<((column + 1) * n)
      let part = Array(right[range])
      let solution = try? factors?.solution(of: part)
      right.replaceSubrange(range, with: solution ?? [Double](repeating: .nan, count: n))
    }
  }

  /// The factors of a matrix; nil if it has none.
  private func factors(of values: [Double]) -> SparseFactorization<Double>? {
    if let known = last.withLock({ $0.values == values ? $0.factors : nil }) { return known }
    let matrix = SparseSymmetricMatrix(pattern: pattern, values: values)
    let factors = try? SparseFactorization<Double>(matrix, by: analysis, shape: [pattern.rowCount])
    last.withLock { $0 = (values, factors) }
    return factors
  }
}
