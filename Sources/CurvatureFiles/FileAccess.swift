import Curvature
import Foundation
import TensorGraph

/// Whole files read and written, with errors in words.
package enum FileAccess {
  /// The bytes of a file, or of standard input for `-`.
  package static func read(_ path: String) throws(TensorError) -> [UInt8] {
    if path == "-" { return try read(descriptor: 0, name: "standard input") }
    guard !path.isEmpty, !path.utf8.contains(0) else { throw TensorError("'\(path)' names no file") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TensorError("\(path): \(reason())") }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw TensorError("\(path): \(reason())") }
    if information.st_mode & S_IFMT == S_IFDIR {
      throw TensorError("\(path): is a directory, expected a file")
    }
    // Only opening must not wait for the other end of a pipe; reading may.
    _ = fcntl(descriptor, F_SETFL, 0)
    return try read(descriptor: descriptor, name: path)
  }

  private static func read(descriptor: Int32, name: String) throws(TensorError) -> [UInt8] {
    var bytes: [UInt8] = []
    var information = stat()
    if fstat(descriptor, &information) == 0, information.st_size > 0 {
      guard Int(information.st_size) <= Memory.limit else { throw tooLarge(name) }
      bytes.reserveCapacity(Int(information.st_size) + 1)
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw TensorError("\(name): \(reason())")
      }
      guard bytes.count + count <= Memory.limit else { throw tooLarge(name) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func tooLarge(_ name: String) -> TensorError {
    TensorError(
      "\(name): has more than \(MemoryBudget.text(bytes: Double(Memory.limit))), half of this machine's memory")
  }

  /// Writes a file as a whole: beside its place, then renamed, so that at no time half a file has its name.
  package static func write(_ bytes: [UInt8], to path: String) throws(TensorError) {
    try checkWritable(path)
    var template = Array((path + ".XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw TensorError("\(path): cannot be written: \(reason())") }
    let mask = umask(0)
    umask(mask)
    fchmod(descriptor, 0o666 & ~mask)
    var failure = bytes.withUnsafeBytes { write($0, to: descriptor, at: 0) } ? nil : reason()
    if close(descriptor) != 0, failure == nil { failure = reason() }
    if failure == nil, rename(template, path) != 0 { failure = reason() }
    if let failure {
      unlink(template)
      throw TensorError("\(path): cannot be written: \(failure)")
    }
  }

  /// Writes all bytes at a place of an open file; false if the system does not, which then says why.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Bool {
    var written = 0
    while written < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset + written))
      if count > 0 { written += count } else if errno != EINTR { return false }
    }
    return true
  }

  /// The folder in which a file of this name is.
  static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "." }

  /// Finds out before a long computation whether a file can be written.
  package static func checkWritable(_ path: String) throws(TensorError) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw TensorError("'\(path)' names no file") }
    var information = stat()
    if stat(path, &information) == 0 {
      if information.st_mode & S_IFMT == S_IFDIR {
        throw TensorError("\(path): is a directory, expected the name of a file to write")
      }
      guard information.st_mode & S_IFMT == S_IFREG else {
        throw TensorError("\(path): is no regular file and cannot be replaced")
      }
    }
    let folder = folder(of: path)
    guard stat(folder, &information) == 0 else {
      throw TensorError("\(path): there is no folder '\(folder)'")
    }
    guard access(folder, W_OK) == 0 else {
      throw TensorError("\(path): cannot be written: \(reason())")
    }
  }

  /// Whether there is a folder by this name.
  static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether there is anything by this name.
  static func exists(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0
  }

  /// Whether there is a file by this name.
  package static func isFile(_ path: String) -> Bool {
    var information = stat()
    return !path.isEmpty && !path.utf8.contains(0) && stat(path, &information) == 0
      && information.st_mode & S_IFMT == S_IFREG
  }

  /// What the system says about the last call.
  static func reason() -> String {
    let text = String(cString: strerror(errno))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
