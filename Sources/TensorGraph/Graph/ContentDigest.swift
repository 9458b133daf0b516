/// 128 bits that stand for some bytes: FNV-1a (Fowler, Noll & Vo, IETF draft-eastlake-fnv). It is no protection against who
/// wants two contents to look alike.
package struct ContentDigest {
  private var state: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D

  package init() {}

  package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    for byte in bytes { state = (state ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
  }

  /// Appends elements of some type, a word at a time: for many of them. Not the digest of their bytes.
  package mutating func append(words bytes: UnsafeRawBufferPointer) {
    let wordCount = bytes.count / 32 * 4
    // Four states that do not wait for each other.
    var states = (state, ~state, state &+ 1, state &- 1)
    let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
    for word in stride(from: 0, to: wordCount * 8, by: 32) {
      func load(_ place: Int) -> UInt128 {
        UInt128(bytes.loadUnaligned(fromByteOffset: word + place, as: UInt64.self))
      }
      states.0 = (states.0 ^ load(0)) &* prime
      states.1 = (states.1 ^ load(8)) &* prime
      states.2 = (states.2 ^ load(16)) &* prime
      states.3 = (states.3 ^ load(24)) &* prime
    }
    for part in [states.0, states.1, states.2, states.3] { withUnsafeBytes(of: part) { append($0) } }
    append(UnsafeRawBufferPointer(rebasing: bytes[(wordCount * 8)...]))
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
