import Curvature
import Foundation
import TensorGraph

/// An open file of which it is known what has reached the disk, with errors in words.
final class DurableFile {
  let path: String
  private let descriptor: Int32

  /// - Parameters:
  ///   - creates: whether it is made if it is not there.
  ///   - empties: whether what is in it is dropped.
  init(_ path: String, creates: Bool, empties: Bool = false) throws(TensorError) {
    self.path = path
    descriptor = open(path, O_RDWR | O_CLOEXEC | (creates ? O_CREAT : 0) | (empties ? O_TRUNC : 0), 0o666)
    guard descriptor >= 0 else { throw TensorError("\(path): cannot be written: \(FileAccess.reason())") }
  }

  deinit {
    // A process that another thread begins right now has the descriptor, too, until it runs its own program.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private func require(_ isDone: Bool) throws(TensorError) {
    if !isDone { throw TensorError("\(path): cannot be written: \(FileAccess.reason())") }
  }

  /// Takes the file for this process, until it is closed; false if another one has it, or it was removed meanwhile.
  func lock() -> Bool {
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
    var (own, named) = (stat(), stat())
    return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
      && own.st_dev == named.st_dev
  }

  var size: Int {
    var information = stat()
    return fstat(descriptor, &information) == 0 ? Int(information.st_size) : 0
  }

  func contents() throws(TensorError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress! + done, $0.count - done, off_t(done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TensorError("\(path): cannot be read: \(FileAccess.reason())") }
      done += count
    }
    return bytes
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(TensorError) {
    try require(FileAccess.write(bytes, to: descriptor, at: offset))
  }

  func write(_ elements: [some BitwiseCopyable], at offset: Int) throws(TensorError) {
    let isDone = elements.withUnsafeBytes { FileAccess.write($0, to: descriptor, at: offset) }
    try require(isDone)
  }

  func truncate(to size: Int) throws(TensorError) { try require(ftruncate(descriptor, off_t(size)) == 0) }

  /// Makes the file as long as this, with room on the disk where the file system can promise that.
  func reserve(_ size: Int) throws(TensorError) {
    try Self.requireRoom(size, at: path)
    #if os(Linux)
      let failure = posix_fallocate(descriptor, 0, off_t(size))
      if failure == 0 { return }
      errno = failure
      if failure != EOPNOTSUPP, failure != EINVAL { try require(false) }
    #endif
    try truncate(to: size)
  }

  /// Refuses what the disk has no room for.
  ///
  /// - Parameter path: of something that is on the disk.
  static func requireRoom(_ size: Int, at path: String) throws(TensorError) {
    var room = statvfs()
    guard statvfs(path, &room) == 0 else { return }
    let free = Double(room.f_bavail) * Double(room.f_frsize)
    guard Double(size) > free else { return }
    throw TensorError(
      "\(path): takes \(MemoryBudget.text(bytes: Double(size))), and \(MemoryBudget.text(bytes: free)) are free there; "
        + "write single rows, a triangle, or to another disk")
  }

  /// Waits until what was written has reached the disk.
  func synchronize() throws(TensorError) { try require(fsync(descriptor) == 0) }

  /// Gives the file another name, at which it then is whatever happens.
  func rename(to name: String) throws(TensorError) {
    guard Foundation.rename(path, name) == 0 else {
      throw TensorError("\(name): cannot be written: \(FileAccess.reason())")
    }
    Self.synchronizeFolder(of: name)
  }

  func remove() {
    unlink(path)
    Self.synchronizeFolder(of: path)
  }

  /// Makes names of a folder durable, where its file system can.
  static func synchronizeFolder(of path: String) {
    let folder = open(FileAccess.folder(of: path), O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
