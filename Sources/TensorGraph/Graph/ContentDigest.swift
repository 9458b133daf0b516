/// 128 bits that stand for some bytes: FNV-1a (Fowler, Noll & Vo, IETF draft-eastlake-fnv). It is no protection against who
/// wants two contents to look alike.
package struct ContentDigest {
  private var state: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

  package init() {}

  package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { state = (state ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
  }

  package mutating func append(_ integer: Int) {
    withUnsafeBytes(of: Int64(integer).littleEndian) { append($0) }
  }

  /// The bits in hexadecimal digits.
  package var digits: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
