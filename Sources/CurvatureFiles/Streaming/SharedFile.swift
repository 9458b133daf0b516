import Curvature
import TensorGraph

/// A file that all processes of a team have open, and write parts of together.
///
/// Whatever is done with it is done by all of them, in the same order.
public protocol SharedFile: AnyObject {
  /// Writes the parts of all processes.
  ///
  /// - Parameters:
  ///   - bytes: that of this process: any number, none as well.
  ///   - offset: where it begins in the file.
  /// - Throws: `TensorError` if this process' part cannot be written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(TensorError)

  /// Waits until the disk has what all processes have written.
  ///
  /// - Throws: `TensorError` if it cannot.
  func synchronize() throws(TensorError)

  /// Ends the use of the file.
  ///
  /// - Throws: `TensorError` if what was written did not arrive.
  func finish() throws(TensorError)
}

extension SharedFile {
  func write(_ bytes: [UInt8], at offset: Int) throws(TensorError) {
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(TensorError) in try write(bytes, at: offset) } }
    try result.get()
  }
}

extension DurableFile: SharedFile {
  func finish() throws(TensorError) {}
}

extension ProcessTeam {
  /// A file of which each process writes its part by itself.
  ///
  /// - Parameter path: its name, on a disk that all processes see.
  /// - Throws: `TensorError` if it cannot be opened.
  public func openShared(_ path: String) throws(TensorError) -> any SharedFile {
    try DurableFile(path, creates: false)
  }

  /// What all do with a file that they have open together, which is closed afterwards.
  ///
  /// - Parameter body: fails in all processes or in none.
  func withShared(
    _ path: String, _ body: (any SharedFile) throws(TensorError) -> Void
  ) throws(TensorError) {
    let file = try agree { () throws(TensorError) in try openShared(path) }
    do throws(TensorError) { try body(file) } catch {
      try? file.finish()
      throw error
    }
    try agree { () throws(TensorError) in try file.finish() }
  }
}
