import Foundation

/// The StRD problems that come with the tool.
package enum NISTCollection {
  /// The names of the problems, alphabetically.
  package static func names() throws(ToolError) -> [String] {
    let folder = try self.folder()
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".dat") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// A problem by name.
  package static func problem(named name: String) throws(ToolError) -> NISTProblem {
    try problem(atPath: folder().appendingPathComponent(name + ".dat").path)
  }

  /// A problem from a file in NIST's format.
  package static func problem(atPath path: String) throws(ToolError) -> NISTProblem {
    guard let text = String(validating: try readFile(path), as: UTF8.self) else {
      throw ToolError("\(path): the file is not text in UTF-8", status: .data)
    }
    return try NISTProblem(text, file: path)
  }

  /// The folder of the files: beside the executable, in the bundle that the build makes.
  ///
  /// Not `Bundle.module`, which stops the program where the executable was copied without its bundle.
  private static func folder() throws(ToolError) -> URL {
    let executable = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
    let places =
      [Bundle.main.bundleURL, Bundle.main.resourceURL, Bundle(for: Marker.self).bundleURL]
      .compactMap { $0 } + [Bundle(for: Marker.self).bundleURL, executable].map { $0.deletingLastPathComponent() }
    for place in places {
      for bundle in ["Curvature_CurvatureCommands.resources", "Curvature_CurvatureCommands.bundle"] {
        for inside in ["NIST", "Contents/Resources/NIST"] {
          let folder = place.appendingPathComponent(bundle).appendingPathComponent(inside)
          var isDirectory: ObjCBool = false
          if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory), isDirectory.boolValue {
            return folder
          }
        }
      }
    }
    throw ToolError(
      "the NIST problems are not beside the executable (\(places[0].path)); keep it together with the folder "
        + "'Curvature_CurvatureCommands.resources', or name .dat files", status: .data)
  }

  /// A class of this library, by which its bundle is found.
  private final class Marker {}
}
