import Curvature
import Foundation
import TensorGraph

extension GeneratedCode {
  /// Writes the files into a folder, which is made if it is not there. Files of these names are replaced, each as a whole.
  ///
  /// - Parameter folder: the folder's path.
  /// - Returns: the paths of the files.
  /// - Throws: `TensorError` if a file cannot be written.
  @discardableResult public func write(to folder: String) throws(TensorError) -> [String] {
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw TensorError("\(folder): the folder cannot be made: \(error.localizedDescription)")
    }
    var paths: [String] = []
    for (name, text) in files {
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      try FileAccess.write(Array(text.utf8), to: path)
      paths.append(path)
    }
    return paths
  }
}
