import CZlib
import TensorGraph

/// Zip archives, as far as .npz files need them: stored and deflated members, sizes beyond 4 GB when reading
/// (PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3).
package enum ZipArchive {
  package struct Member {
    package let name: String
    fileprivate let method: Int
    fileprivate let isEncrypted: Bool
    fileprivate let checksum: UInt32
    fileprivate let compressedSize: Int
    fileprivate let size: Int
    fileprivate let headerOffset: Int

    /// The name of the array in it.
    var title: String { name.hasSuffix(".npy") ? String(name.dropLast(4)) : name }
  }

  package static let magic: [UInt8] = [0x50, 0x4B, 0x03, 0x04]

  // MARK: Reading

  /// The list of members at the end of an archive.
  package static func members(of bytes: [UInt8], name: String) throws(TensorError) -> [Member] {
    func fail(_ reason: String) -> TensorError { TensorError("\(name): \(reason)") }
    // The end record is 22 bytes and a comment of at most 65535.
    var end = bytes.count - 22
    while end >= max(0, bytes.count - 22 - 65535), bytes.little(end, 4) != 0x0605_4B50 { end -= 1 }
    guard end >= 0, bytes.little(end, 4) == 0x0605_4B50 else {
      throw fail(bytes.isEmpty ? "is empty, expected a .npz archive" : "is no .npz archive, or is cut off")
    }
    var count = bytes.little(end + 10, 2) ?? 0
    var offset = bytes.little(end + 16, 4) ?? 0
    // The locator of the wide end record stands just before, if there is one.
    if bytes.little(end - 20, 4) == 0x0706_4B50, let wide = bytes.little(end - 12, 8),
      bytes.little(wide, 4) == 0x0606_4B50
    {
      count = bytes.little(wide + 32, 8) ?? 0
      offset = bytes.little(wide + 48, 8) ?? 0
    }
    var members: [Member] = []
    for _ in 0..<count {
      guard bytes.little(offset, 4) == 0x0201_4B50, let nameLength = bytes.little(offset + 28, 2),
        let extraLength = bytes.little(offset + 30, 2), let commentLength = bytes.little(offset + 32, 2),
        offset + 46 + nameLength + extraLength + commentLength <= bytes.count
      else { throw fail("has a damaged list of members") }
      var compressedSize = bytes.little(offset + 20, 4)!
      var size = bytes.little(offset + 24, 4)!
      var headerOffset = bytes.little(offset + 42, 4)!
      var extra = offset + 46 + nameLength
      let extraEnd = extra + extraLength
      while extra + 4 <= extraEnd {
        let length = bytes.little(extra + 2, 2)!
        if bytes.little(extra, 2) == 1 {
          var field = extra + 4
          func wide(_ value: inout Int) {
            guard value == 0xFFFF_FFFF, field + 8 <= extraEnd, let found = bytes.little(field, 8) else { return }
            value = found
            field += 8
          }
          wide(&size)
          wide(&compressedSize)
          wide(&headerOffset)
        }
        extra += 4 + length
      }
      members.append(
        Member(
          name: String(decoding: bytes[(offset + 46)..<(offset + 46 + nameLength)], as: UTF8.self),
          method: bytes.little(offset + 10, 2)!, isEncrypted: bytes.little(offset + 8, 2)! & 1 != 0,
          checksum: UInt32(bytes.little(offset + 16, 4)!), compressedSize: compressedSize, size: size,
          headerOffset: headerOffset))
      offset += 46 + nameLength + extraLength + commentLength
    }
    return members
  }

  /// The bytes of one member, checked against its checksum.
  package static func contents(
    of member: Member, in bytes: [UInt8], name: String
  ) throws(TensorError) -> ArraySlice<UInt8> {
    func fail(_ reason: String) -> TensorError { TensorError("\(name):\(member.name): \(reason)") }
    guard !member.isEncrypted else { throw fail("is encrypted") }
    guard bytes.little(member.headerOffset, 4) == 0x0403_4B50,
      let nameLength = bytes.little(member.headerOffset + 26, 2),
      let extraLength = bytes.little(member.headerOffset + 28, 2)
    else { throw fail("has a damaged header") }
    let start = member.headerOffset + 30 + nameLength + extraLength
    guard start <= bytes.count, member.compressedSize >= 0, member.compressedSize <= bytes.count - start else {
      throw fail("is cut off")
    }
    guard member.size >= 0, member.size <= Memory.limit else { throw fail("is larger than this machine's memory") }
    let compressed = bytes[start..<(start + member.compressedSize)]
    let contents: ArraySlice<UInt8>
    switch member.method {
    case 0:
      guard member.size == member.compressedSize else { throw fail("has a damaged header") }
      contents = compressed
    case 8:
      guard let inflated = inflated(compressed, size: member.size) else { throw fail("has damaged contents") }
      contents = inflated[...]
    default: throw fail("is compressed by method \(member.method); stored and deflated members are read")
    }
    guard checksum(contents) == member.checksum else { throw fail("has damaged contents: its checksum differs") }
    return contents
  }

  /// Raw deflate data unpacked to exactly `size` bytes; nil if the data is anything else.
  private static func inflated(_ bytes: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    // A bound of deflate: no stream expands more than 1032-fold, so a lying size costs no memory.
    guard size / 1032 <= bytes.count + 1 else { return nil }
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    let step = 1 << 30
    var isComplete = false
    let result = [UInt8](unsafeUninitializedCapacity: size) { output, count in
      bytes.withUnsafeBufferPointer { input in
        var consumed = 0
        while true {
          let available = min(step, input.count - consumed)
          let room = min(step, size - count)
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress).map { $0 + consumed }
          stream.avail_in = uInt(available)
          // At the end of the room a place of its own takes what would be too much.
          var spare: UInt8 = 0
          let status = withUnsafeMutablePointer(to: &spare) { spare in
            stream.next_out = room > 0 ? output.baseAddress! + count : spare
            stream.avail_out = uInt(max(room, 1))
            return inflate(&stream, Z_NO_FLUSH)
          }
          let produced = max(room, 1) - Int(stream.avail_out)
          if room == 0, produced > 0 { return }
          consumed += available - Int(stream.avail_in)
          count += room > 0 ? produced : 0
          if status == Z_STREAM_END {
            isComplete = count == size
            return
          }
          if status != Z_OK { return }
        }
      }
    }
    return isComplete ? result : nil
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      var value = crc32(0, nil, 0)
      var done = 0
      while done < buffer.count {
        let count = min(1 << 30, buffer.count - done)
        value = crc32(value, buffer.baseAddress! + done, uInt(count))
        done += count
      }
      return UInt32(truncatingIfNeeded: value)
    }
  }

  // MARK: Writing

  /// An archive of stored members; nil if one of its fields would need more than 32 bits.
  package static func archive(_ members: [(name: String, contents: [UInt8])]) -> [UInt8]? {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      guard member.contents.count < 0xFFFF_FFFF, bytes.count < 0xFFFF_FFFF, members.count < 0xFFFF else { return nil }
      let name = Array(member.name.utf8)
      var fields: [UInt8] = []
      // Version 2.0, names in UTF-8, stored, 1 January 1980: no times, so that the same result is the same file.
      for (value, count) in [(20, 2), (0x0800, 2), (0, 2), (0, 2), (0x21, 2)] { fields.appendLittle(value, count) }
      fields.appendLittle(Int(checksum(member.contents[...])), 4)
      fields.appendLittle(member.contents.count, 4)
      fields.appendLittle(member.contents.count, 4)
      fields.appendLittle(name.count, 2)
      fields.appendLittle(0, 2)
      directory.appendLittle(0x0201_4B50, 4)
      directory.appendLittle(20, 2)
      directory += fields
      for (value, count) in [(0, 2), (0, 2), (0, 2), (0, 4), (bytes.count, 4)] { directory.appendLittle(value, count) }
      directory += name
      bytes.appendLittle(0x0403_4B50, 4)
      bytes += fields
      bytes += name
      bytes += member.contents
    }
    let offset = bytes.count
    guard offset + directory.count < 0xFFFF_FFFF else { return nil }
    bytes += directory
    bytes.appendLittle(0x0605_4B50, 4)
    for (value, count) in [
      (0, 2), (0, 2), (members.count, 2), (members.count, 2), (directory.count, 4), (offset, 4), (0, 2),
    ] {
      bytes.appendLittle(value, count)
    }
    return bytes
  }
}

extension [UInt8] {
  /// The little-endian number of `length` bytes at an offset; nil where there are not so many or it exceeds an Int.
  fileprivate func little(_ offset: Int, _ length: Int) -> Int? {
    guard offset >= 0, offset <= count - length else { return nil }
    let value = (0..<length).reduce(UInt64(0)) { $0 | UInt64(self[offset + $1]) << UInt64(8 * $1) }
    return Int(exactly: value)
  }

  fileprivate mutating func appendLittle(_ value: Int, _ length: Int) {
    for i in 0..<length { append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
  }
}
