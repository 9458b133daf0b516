import Foundation

/// Numbers as text.
package enum NumberText {
  /// 17 significant digits: reading them gives the same double. `nan`, `inf`, `-inf` where there is no number.
  package static func exact(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return String(whole) }
    return printf("%.17g", value)
  }

  /// As `exact`, but a string where JSON has no number.
  package static func json(_ value: Double) -> String {
    value.isFinite ? exact(value) : "\"\(exact(value))\""
  }

  /// With a fixed number of digits behind the point.
  package static func fixed(_ value: Double, digits: Int) -> String { printf("%.\(digits)f", value) }

  /// With an exponent and a fixed number of digits behind the point.
  package static func scientific(_ value: Double, digits: Int) -> String { printf("%.\(digits)e", value) }

  /// With a number of significant digits at most, and no zeros behind them.
  package static func rounded(_ value: Double, digits: Int) -> String { printf("%.\(digits)g", value) }

  private static func printf(_ format: String, _ value: Double) -> String {
    withVaList([value]) { arguments in
      // The longest is -1.8e308 in full, with digits behind the point.
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
        let length = vsnprintf(buffer.baseAddress!, buffer.count, format, arguments)
        return String(decoding: buffer[..<Int(length)].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }
}
