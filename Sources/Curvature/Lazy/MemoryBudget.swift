import Foundation
import Synchronization
import TensorGraph

/// Bytes that the matrices of one call keep by default before they drop what was not used for longest: 1 GiB.
public let defaultCacheByteLimit = 1 << 30

/// How much memory a read may take: it is refused before it starts if it wants more.
public enum MemoryBudget {
  private static let limit = Atomic<Int>(Int(clamping: ProcessInfo.processInfo.physicalMemory / 4 * 3))

  /// Bytes that the result of one read may have. Three quarters of the machine's memory unless set.
  public static var bytes: Int {
    get { limit.load(ordering: .relaxed) }
    set { limit.store(newValue, ordering: .relaxed) }
  }

  /// A number of bytes as people write it.
  package static func text(bytes: Double) -> String {
    var value = bytes
    for unit in ["bytes", "kB", "MB", "GB", "TB", "PB"] {
      if value < 1000 {
        return unit == "bytes" ? "\(Int(value)) bytes" : "\((value * 10).rounded() / 10) \(unit)"
      }
      value /= 1000
    }
    return "\(value.rounded()) EB"
  }

  /// Refuses what would take more memory than allowed, before it starts.
  ///
  /// - Parameter operation: what is about to happen, for the error's text.
  static func require(elements: Int, of type: ScalarType, for operation: () -> String) throws(TensorError) {
    guard elements.multipliedClamping(by: type.byteCount) > bytes else { return }
    let size = text(bytes: Double(elements) * Double(type.byteCount))
    throw TensorError(
      "\(operation()) takes \(size), more than the budget of \(text(bytes: Double(bytes))); read single rows or smaller "
        + "blocks, use product(_:) or matmul with a thin matrix, diagonal or trace, or raise MemoryBudget.bytes")
  }
}

extension Int {
  /// The product, or the largest number if that is larger.
  func multipliedClamping(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// The sum, or the largest number if that is larger.
  func addingClamping(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
