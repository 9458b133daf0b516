import Foundation
import Synchronization
import TensorGraph

/// Bytes that a lazy matrix keeps by default before it drops what was not used for longest: 1 GiB.
public let defaultCacheByteLimit = 1 << 30

/// What the matrices of one call have done so far.
final class MatrixStatistics: Sendable {
  private let products = Atomic<Int>(0)

  var productsEvaluated: Int { products.load(ordering: .relaxed) }

  func count(products count: Int) { products.add(count, ordering: .relaxed) }
}

/// How much memory a read may take: it is refused before it starts if it wants more.
public enum MemoryBudget {
  private static let limit = Atomic<Int>(Int(clamping: ProcessInfo.processInfo.physicalMemory / 4 * 3))

  /// Bytes that the result of one read may have. Three quarters of the machine's memory unless set.
  public static var bytes: Int {
    get { limit.load(ordering: .relaxed) }
    set { limit.store(newValue, ordering: .relaxed) }
  }

  static func require(elements: Int, of type: ScalarType, region: MatrixRegion) throws(TensorError) {
    let (size, overflow) = elements.multipliedReportingOverflow(by: type.byteCount)
    guard overflow || size > bytes else { return }
    let gigabytes = String(format: "%.1f", Double(elements) * Double(type.byteCount) / 1e9)
    throw TensorError(
      "reading \(region.rows.count) rows and \(region.columns.count) columns takes \(gigabytes) GB, more than the "
        + "budget of \(bytes) bytes; read rows or blocks, use product(_:), or raise MemoryBudget.bytes")
  }
}
