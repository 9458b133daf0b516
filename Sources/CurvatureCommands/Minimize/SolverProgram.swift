import Foundation

/// The program that has a solver for constraints, which the tool itself has not.
enum SolverProgram {
  static let name = "curvature-ipopt"
  static let variable = "CURVATURE_IPOPT"

  /// The environment in which programs beside the running one are found before others.
  static var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    if let own = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent().path {
      environment["PATH"] = own + ":" + (environment["PATH"] ?? "")
    }
    return environment
  }

  /// Where it is: where the environment says, or in `PATH`.
  ///
  /// - Throws: `ToolError` that says how to get it.
  static func path(_ environment: [String: String]) throws(ToolError) -> String {
    if let named = environment[variable], !named.isEmpty {
      guard isProgram(named) else {
        throw ToolError("\(variable) names '\(named)', which is no program that can be run", status: .data)
      }
      return named
    }
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    guard let found = folders.lazy.map({ $0 + "/" + name }).first(where: isProgram) else {
      throw ToolError(
        "--subject-to needs the program '\(name)', which solves constrained problems by Ipopt and is built in "
          + "Integrations/Ipopt ('swift build -c release' there); put it beside this program or in PATH, or name it in "
          + "\(variable)", status: .data)
    }
    return found
  }

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }
}

/// Ends a run of the tool whose command line another program is to run.
struct HandOver: Error {
  let path: String
}
