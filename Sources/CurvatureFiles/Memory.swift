import Foundation

/// What fits into this machine.
package enum Memory {
  /// The most bytes that one tensor or file may have: half of the memory of the machine.
  package static let limit: Int = {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages / 2 * size : 1 << 32
  }()

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
