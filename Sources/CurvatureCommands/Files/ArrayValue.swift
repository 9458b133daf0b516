import Foundation
import TensorGraph

/// Evaluated elements with their shape: what files hold and what commands print.
package struct ArrayValue: Sendable {
  package let shape: [Int]
  /// Row-major.
  package let storage: Storage

  package init(shape: [Int], storage: Storage) {
    precondition(storage.count == shape.reduce(1, *), "\(storage.count) elements for shape \(shape)")
    self.shape = shape
    self.storage = storage
  }

  package init(shape: [Int], _ elements: [Double]) {
    self.init(shape: shape, storage: Storage(elements))
  }

  package var count: Int { storage.count }

  /// Element `i` in row-major order as a double; a whole number beyond 2^53 is rounded, a mask is 0 or 1.
  package subscript(i: Int) -> Double {
    switch storage.scalarType {
    case .float32: Double(storage.buffer(as: Float.self)[i])
    case .float64: storage.buffer(as: Double.self)[i]
    case .bool: storage.buffer(as: Bool.self)[i] ? 1 : 0
    case .int32: Double(storage.buffer(as: Int32.self)[i])
    case .int64: Double(storage.buffer(as: Int64.self)[i])
    }
  }

  /// All elements as doubles.
  package var doubles: [Double] { (0..<count).map { self[$0] } }
}

/// What fits into this machine.
package enum Memory {
  /// The most bytes that one tensor or file may have: half of the memory of the machine.
  package static let limit: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages / 2 * size : 1 << 32
  }()

  /// A number of bytes as people write it.
  package static func text(_ bytes: Double) -> String {
    var value = bytes
    for unit in ["bytes", "kB", "MB", "GB", "TB", "PB"] {
      if value < 1000 {
        return unit == "bytes" ? "\(Int(value)) bytes" : "\((value * 10).rounded() / 10) \(unit)"
      }
      value /= 1000
    }
    return "\(value.rounded()) EB"
  }

  /// The number of elements of a shape, if so many elements of a type fit. Extents beside a 0 must fit too.
  package static func count(_ shape: [Int], bytesEach: Int = 8) -> Int? {
    var count = 1
    for extent in shape where extent != 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product >= 0 else { return nil }
      count = product
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: bytesEach)
    return overflow || bytes > limit ? nil : shape.contains(0) ? 0 : count
  }
}
