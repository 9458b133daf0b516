import ArgumentParser
import CurvatureFiles

/// `curvature functions`
struct FunctionsCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "functions", abstract: "List the functions that formulas can call.")

  @Argument(help: "Only functions with this in their name or description.")
  var word: String?

  func run(_ console: Console) throws {
    let wanted = word?.lowercased() ?? ""
    let lines = FunctionTable.all.map { function in
      let aliases = function.aliases.isEmpty ? "" : " (also \(function.aliases.joined(separator: ", ")))"
      return "\(function.signature)\(aliases)\n    \(function.summary)"
    }.filter { wanted.isEmpty || $0.lowercased().contains(wanted) }
    guard !lines.isEmpty else {
      let name = word.map(PrintableText.printable) ?? ""
      throw ToolError(
        "no function has '\(name)' in its name or description"
          + Suggestions.remark(for: name, among: FunctionTable.byName.keys), status: .usage)
    }
    console.print(lines.joined(separator: "\n"))
  }
}
