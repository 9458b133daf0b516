import CZlib
import Curvature
import Foundation
import TensorGraph

/// Which blocks of an unfinished file are durable: lines of text in a file beside it. Each has a checksum, so that one that was
/// cut off is none, and is written when the elements of its block have reached the disk.
final class BlockJournal {
  /// What the file is of.
  struct Header: Codable, Hashable {
    var version = 1
    var triangle: StoredTriangle
    var matrix: MatrixFingerprint

    /// Why a file of another header cannot be gone on with; nil if it can.
    func difference(from other: Header) -> String? {
      if version != other.version { return "it is of another version of the library" }
      if triangle != other.triangle {
        return "it has the entries of '\(other.triangle.rawValue)', now '\(triangle.rawValue)' are wanted"
      }
      return matrix.difference(from: other.matrix)
    }
  }

  private let file: DurableFile
  /// Nil while nothing has begun.
  private(set) var header: Header?
  private(set) var finished: Set<Int> = []
  /// Where the next line begins.
  private var end = 0

  /// Opens or makes a journal, for this process alone.
  ///
  /// - Throws: `TensorError` if another process has it.
  init(_ path: String, of target: String) throws(TensorError) {
    var opened = try DurableFile(path, creates: true)
    // One that was finished between opening and locking is no longer at its name.
    var attempts = 0
    while !opened.lock() {
      attempts += 1
      guard attempts < 3 else { throw TensorError("\(target): another process is writing it") }
      opened = try DurableFile(path, creates: true)
    }
    file = opened
    let bytes = try file.contents()
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      guard let text = Self.checked(line), take(text) else { break }
      end += line.count + 1
    }
  }

  var path: String { file.path }

  private func take(_ text: ArraySlice<UInt8>) -> Bool {
    guard header != nil else {
      header = try? JSONDecoder().decode(Header.self, from: Data(text))
      return header != nil
    }
    guard let block = Int(String(decoding: text, as: UTF8.self)), block >= 0 else { return false }
    finished.insert(block)
    return true
  }

  /// Begins anew.
  func begin(_ header: Header) throws(TensorError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let text = try? encoder.encode(header) else { throw TensorError("\(path): cannot be encoded") }
    (end, finished) = (0, [])
    try file.truncate(to: 0)
    try append(Array(text))
    self.header = header
  }

  /// Notes that a block is durable, which is so when this returns.
  func record(_ block: Int) throws(TensorError) {
    if finished.contains(block) { return }
    try append(Array("\(block)".utf8))
    finished.insert(block)
  }

  private func append(_ text: [UInt8]) throws(TensorError) {
    let line = Array(Self.checksum(text[...]).utf8) + [UInt8(ascii: " ")] + text + [UInt8(ascii: "\n")]
    // What is left of a line that was cut off goes.
    try file.truncate(to: end)
    try file.write(line, at: end)
    try file.synchronize()
    end += line.count
  }

  func remove() { file.remove() }

  // MARK: Lines

  private static func checksum(_ text: ArraySlice<UInt8>) -> String {
    let sum = text.withUnsafeBufferPointer { crc32(0, $0.baseAddress, uInt($0.count)) }
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The text of a line behind its checksum, if that is right.
  private static func checked(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let text = line.dropFirst(9)
    return line.count > 9 && line.prefix(9).elementsEqual((checksum(text) + " ").utf8) ? text : nil
  }
}
