import Algorithms
import ArgumentParser
import Curvature
import CurvatureFiles
import Foundation
import TensorGraph

/// The command-line tool as a function: arguments in, texts and a status out.
package enum Tool {
  /// What a run of the tool leaves.
  package struct Outcome: Sendable {
    /// For standard output; empty if the run failed.
    package var output: [UInt8] = []
    /// For standard error.
    package var errors = ""
    /// What the shell is told: 0, or why not, as `ToolError.Status` says.
    package var status: Int32 = 0
    /// The program that is to run the same command line instead.
    package var successor: String?
  }

  /// Runs one command line, without the program's name.
  ///
  /// - Parameters:
  ///   - input: gives the bytes of standard input; asked for at most once.
  ///   - progress: is told how far reads of matrices and searches have come.
  ///   - constrainedSolver: solves what `minimize --subject-to` asks for; if there is none, another program does.
  ///   - environment: says where that program is.
  ///   - team: the processes that run the same command line together.
  package static func run(
    _ arguments: [String],
    input: @escaping () throws(ToolError) -> [UInt8] = { () throws(ToolError) in try readFile("-") },
    progress: @escaping @Sendable (ToolProgress) -> Void = { _ in },
    constrainedSolver: (any ConstrainedSolver)? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    team: any ProcessTeam = SingleProcess()
  ) -> Outcome {
    let console = Console(
      input: input, progress: progress, constrainedSolver: constrainedSolver, environment: environment, team: team)
    do {
      try checkCommand(arguments)
      var command = try CurvatureCommand.parseAsRoot(shieldingFormulas(arguments))
      guard let command = command as? any ToolCommand else {
        try command.run()
        return Outcome()
      }
      try withProgress {
        progress(.read($0))
      } _: {
        try command.run(console)
      }
      return Outcome(output: console.output, errors: console.notes, status: 0)
    } catch let handOver as HandOver {
      return Outcome(successor: handOver.path)
    } catch let error as ToolError {
      return Outcome(errors: console.notes + "\(error)\n", status: error.status.rawValue)
    } catch {
      let isSuccess = CurvatureCommand.exitCode(for: error) == .success
      var text = CurvatureCommand.fullMessage(for: error) + "\n"
      if text.contains("nexpected argument"), let remark = remark(arguments) {
        text = remark + (text.firstIndex(of: "\n").map { String(text[$0...]) } ?? "\n")
      }
      guard isSuccess else { return Outcome(errors: text, status: ToolError.Status.usage.rawValue) }
      return Outcome(output: Array(text.utf8), status: 0)
    }
  }

  /// Ends a run that reads a matrix, after the products at hand.
  package static func interrupt() { Cancellation.request() }

  /// Refuses a first word that is no command; the parser's message would be about what follows it.
  private static func checkCommand(_ arguments: [String]) throws(ToolError) {
    let known = CurvatureCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help", !known.contains(first) else { return }
    let begun = known.filter { $0.hasPrefix(first.lowercased()) && !first.isEmpty }
    let near =
      begun.isEmpty
      ? Suggestions.remark(for: first, among: known) : "; did you mean '\(begun.joined(separator: "' or '"))'?"
    throw ToolError(
      "there is no command '\(PrintableText.printable(String(first.prefix(60))))'"
        + (near.isEmpty
          ? "; the commands are \(known.joined(separator: ", ")), and a formula follows one of them" : near),
      status: .usage)
  }

  /// What may be meant by an argument that the parser does not expect: a variable without its option.
  private static func remark(_ arguments: [String]) -> String? {
    guard let command = arguments.first, FormulaOptions.commandNames.contains(command) else { return nil }
    var words: [String] = []
    var option: String?
    for argument in arguments.dropFirst() {
      if let name = option {
        option = nil
        if ["--at", "--let"].contains(name), !argument.contains("=") {
          return "error: \(name): found '\(PrintableText.printable(argument))', expected name=value in one word, as in "
            + "\(name) 'x=[1, 2]'"
        }
      } else if FormulaOptions.valueOptions.contains(argument) {
        option = argument
      } else if !argument.hasPrefix("-") {
        words.append(argument)
      }
    }
    let stray = words.dropFirst().first { word in
      word.firstIndex(of: "=").map { Lexer.name(word[..<$0].trimming(while: \.isWhitespace)) != nil } ?? false
    }
    return stray.map { "error: a variable and its value follow --at, as in --at '\(PrintableText.printable($0))'" }
  }

  /// Puts a blank before a formula that begins with a minus sign, which would else be taken for an option.
  private static func shieldingFormulas(_ arguments: [String]) -> [String] {
    guard let command = arguments.first, FormulaOptions.commandNames.contains(command) else { return arguments }
    var result: [String] = []
    var isValue = false
    for (i, argument) in arguments.enumerated() {
      if argument == "--", !isValue { return result + arguments[i...] }
      let isOption = argument.hasPrefix("--") || argument == "-h" || argument == "-" || !argument.hasPrefix("-")
      result.append(isValue || isOption ? argument : " " + argument)
      isValue = !isValue && FormulaOptions.valueOptions.contains(argument)
    }
    return result
  }
}

/// How far a command has come.
package enum ToolProgress: Sendable, CustomStringConvertible {
  case read(ReadProgress)
  /// A search after a step, in words, and the time since it began.
  case search(String, elapsed: Duration)

  package var elapsed: Duration {
    switch self {
    case .read(let progress): progress.elapsed
    case .search(_, let elapsed): elapsed
    }
  }

  package var description: String {
    switch self {
    case .read(let progress): "\(progress)"
    case .search(let text, _): text
    }
  }
}

/// A command of the tool. Its results go to the console, which writes them only if all went well.
package protocol ToolCommand: ParsableCommand {
  func run(_ console: Console) throws
}

/// Collects what a command says.
package final class Console {
  /// For standard output.
  package private(set) var output: [UInt8] = []
  /// For standard error: notes of a command that succeeds.
  package private(set) var notes = ""
  private let readInput: () throws(ToolError) -> [UInt8]
  private var inputUser: String?

  /// Is told how far a search has come.
  let progress: (ToolProgress) -> Void

  /// What solves constrained problems here.
  let constrainedSolver: (any ConstrainedSolver)?
  /// Says where other programs are.
  let environment: [String: String]
  /// Who runs this command together.
  let team: any ProcessTeam

  init(
    input: @escaping () throws(ToolError) -> [UInt8], progress: @escaping (ToolProgress) -> Void,
    constrainedSolver: (any ConstrainedSolver)?, environment: [String: String], team: any ProcessTeam
  ) {
    (readInput, self.progress) = (input, progress)
    (self.constrainedSolver, self.environment, self.team) = (constrainedSolver, environment, team)
  }

  package func print(_ text: String) { write(Array((text + "\n").utf8)) }

  package func write(_ bytes: [UInt8]) { output += bytes }

  package func note(_ text: String) { notes += text + "\n" }

  /// The bytes of a file, or of standard input for `-`, which only one value can take.
  package func read(_ path: String, for user: String) throws(ToolError) -> [UInt8] {
    guard path == "-" else { return try readFile(path) }
    if let inputUser {
      throw ToolError("\(inputUser) and \(user) both read standard input; give one of them a file", status: .usage)
    }
    inputUser = user
    return try readInput()
  }
}

/// `curvature`
package struct CurvatureCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "curvature",
    abstract: "Exact derivatives of formulas over tensors: values, gradients, Jacobians and lazy Hessians.",
    discussion: """
      A formula is what NumPy would understand: 'sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)'.
      Values are literals, arrays in files (.npy, .npz:member), tables in text files (.csv, .tsv, .txt, .dat), or - for \
      standard input. Tables have tabs, semicolons, commas or blanks between numbers; names in the first line are skipped, \
      as are comments behind '#'.
      Exit status: 0 on success, 1 for what values show (shapes, files, memory), 2 for a wrong command line or formula.
      """,
    version: "0.1.0",
    subcommands: [
      ValueCommand.self, GradientCommand.self, JacobianCommand.self, HessianCommand.self, PatternCommand.self,
      CheckCommand.self, GenerateCommand.self,
      MinimizeCommand.self, FunctionsCommand.self, ExampleCommand.self, FitCommand.self,
    ])

  package init() {}
}
