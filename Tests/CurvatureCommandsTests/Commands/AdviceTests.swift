import CurvatureCommands
import Foundation
import Testing

/// Messages name only options that there are.
@Suite struct AdviceTests {
  static let commands = [
    "value", "gradient", "jacobian", "hessian", "pattern", "check", "minimize", "functions", "example", "fit",
    "generate",
  ]

  /// The options in a text: `--` and a word, behind no letter.
  private static func options(in text: some StringProtocol) -> Set<String> {
    Set(String(text).matches(of: /(?:^|[^-A-Za-z0-9])(--[a-z][a-z-]*)/).map { String($0.output.1) })
  }

  /// The options that a command's help declares.
  private static func declared(_ command: String) throws -> Set<String> {
    let help = Tool.run([command, "--help"]).outputText
    return options(in: help[try #require(help.range(of: "OPTIONS:")).upperBound...])
  }

  /// What no mistake is for some command is written here.
  static let written = NSTemporaryDirectory() + "AdviceTests.mtx"

  /// Command lines with a mistake, for any command.
  static let mistakes: [[String]] = [
    [], ["x"], ["x", "--at", "x=[1, 2]"], ["x", "--at", "x"], ["x", "--at", "x", "1"], ["x", "x=1"],
    ["x", "--at", "x=d.csv"],
    ["x + y", "--at", "x=1"], ["q + y", "--at", "x=1"], ["sin(x", "--at", "x=1"],
    ["sum(x)**2", "--at", "x=ones(10**6)"],
    ["x*y", "--at", "x=1", "--at", "y=2", "--format", "csv"], ["x*y", "--at", "x=1", "--at", "y=2", "--format", "mtx"],
    ["x*y", "--at", "x=1", "--at", "y=2", "--sparse"], ["x*y", "--at", "x=1", "--at", "y=2", "--png", "a.png"],
    ["x", "--at", "x=ones((2, 2, 2))", "--format", "mtx"], ["x", "--at", "x=ones((2, 2, 2))", "--output", written],
    ["x", "--at", "x=1", "--output", "a.xyz"], ["x", "--at", "x=1", "--output", "a.npy", "--format", "csv"],
    ["x", "--at", "x=1", "--file", "f.txt"], ["x", "--at", "x=1", "--let", "x=2"], ["x", "--let", "x=foo"],
    ["x", "--let", "x=d.json"],
    ["x", "--at", "x=-", "--let", "y=-"], ["x[:, 0]", "--at", "x=[[1, 2], [3, 4]]", "--batch-axis", "5"],
    ["sum(x)", "--at", "x=[[1, 2], [3, 4]]", "--batch-axis", "0"],
    ["cumsum(x[:, 0])", "--at", "x=[[1, 2], [3, 4]]", "--batch-axis", "0"],
    ["x", "--at", "x=1", "--index", "a b"], ["x", "--at", "x=1", "--order", "7"], ["x", "--at", "x=1", "--why", "a"],
    ["x", "--at", "x=1", "--dtype", "float16"], ["--data", "d.csv"], ["--model", "y = a"], ["--start", "a=1"],
    ["d.csv"], ["d.dat"],
    ["--data", "-", "--model", "y = a"], ["--data", "-", "--model", "y = a", "--start", "a"],
    ["--data", "-", "--model", "y = q*a", "--start", "a=1"], ["--data", "-", "--model", "q = a", "--start", "a=1"],
    ["--data", "-", "--model", "a*t", "--start", "a=1"], ["--data", "-", "--model", "y ~ a", "--start", "a=1"],
    ["--data", "-", "--model", "1 = a", "--start", "a=1"], ["--data", "-", "--model", "y = a", "--start", "t=1"],
    ["--data", "-", "--model", "y = a", "--start", "a=1", "--start", "b=1"], ["--max-iterations", "-1"],
    ["--tolerance", "2"],
    ["Misra1a", "--data", "-"], ["--batch-axis", "0", "--let", "x"], ["--wrong"], ["-x"],
  ]

  @Test func errorsAdviseWhatTheCommandHas() throws {
    // To the command that writes a folder, a name of a file without a known form is none of a mistake.
    defer { for path in [Self.written, "a.xyz"] { try? FileManager.default.removeItem(atPath: path) } }
    var advised = 0
    for command in Self.commands {
      let declared = try Self.declared(command)
      for mistake in Self.mistakes {
        let outcome = Tool.run([command] + mistake) { () throws(ToolError) in Array("t,y\n1,2\n2,3\n".utf8) }
        let typed = Set(mistake.filter { $0.hasPrefix("--") })
        let named = Self.options(in: outcome.errors).subtracting(typed)
        #expect(named.isSubset(of: declared), "\(command) \(mistake): \(outcome.errors)")
        advised += named.isEmpty || outcome.errors.contains("Usage:") ? 0 : 1
      }
    }
    #expect(advised >= 40, "\(advised)")
  }

  /// Every option that a text of the commands names is one of some command.
  @Test func textsNameOptionsThatThereAre() throws {
    let declared = try Self.commands.reduce(into: Set<String>()) { $0.formUnion(try Self.declared($1)) }
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../../Sources/CurvatureCommands"
    ).standardized
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let named = Self.options(in: line)
        count += named.count
        #expect(named.isSubset(of: declared), "\(file.lastPathComponent): \(line)")
      }
    }
    #expect(count > 50)
  }

  /// No command shows an option that it then refuses.
  @Test(arguments: [
    ("value", ["--batch-axis", "--sparse"]), ("gradient", ["--sparse", "--order"]),
    ("pattern", ["--index", "--format", "--output", "--stats"]),
    ("check", ["--batch-axis", "--format", "--output", "--stats"]),
  ])
  func helpShowsWhatIsTaken(_ command: String, _ others: [String]) throws {
    #expect(try Self.declared(command).isDisjoint(with: others))
    for option in others {
      let outcome = Tool.run([command, "x", "--at", "x=1", option, "0"])
      #expect(outcome.status == 2 && outcome.errors.contains("Unknown option '\(option)'"))
    }
  }
}
