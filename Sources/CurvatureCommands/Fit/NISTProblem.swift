import Algorithms
import CurvatureFiles

/// A nonlinear regression problem of NIST's Statistical Reference Datasets, with its certified solution.
package struct NISTProblem: Sendable {
  package let problem: FitProblem
  /// The starting values, the far ones first.
  package let starts: [[Double]]
  package let certified: Certified

  /// The solution that NIST certifies to 11 digits.
  package struct Certified: Sendable {
    package let parameters: [Double]
    package let standardDeviations: [Double]
    package let residualSumOfSquares: Double
  }

  package var name: String { problem.name }

  /// Reads the text of a StRD file.
  ///
  /// - Parameter file: the name of the file, for messages.
  /// - Throws: `ToolError` with file and line for what is missing or malformed.
  package init(_ text: String, file: String) throws(ToolError) {
    let reader = NISTReader(text, file: file)
    self = try reader.problem()
  }

  package init(problem: FitProblem, starts: [[Double]], certified: Certified) {
    self.problem = problem
    self.starts = starts
    self.certified = certified
  }
}

/// Reads NIST's notation: sections that begin with a title at the start of a line, in free form.
private struct NISTReader {
  private let lines: [Substring]
  private let file: String

  init(_ text: String, file: String) {
    lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    self.file = file
  }

  func problem() throws(ToolError) -> NISTProblem {
    let name = try self.name()
    let modelLine = try line(startingWith: "Model:")
    let (count, model, startsLine) = try self.model(after: modelLine)
    let parameters = try self.parameters(after: startsLine, count: count)
    let columns = try self.columns()
    let observations = columns[0].values.count
    let (stated, statedLine) = try number(titled: "Number of Observations:")
    guard stated == Double(observations) else {
      throw error("\(observations) observations were read, but the file says \(describe(stated))", line: statedLine)
    }
    // The stated degrees of freedom are not read: those of Rat43 are wrong (9 instead of 11) in NIST's file.
    let (rss, _) = try number(titled: "Residual Sum of Squares:")
    return NISTProblem(
      problem: FitProblem(name: name, model: model, columns: columns, parameterNames: parameters.map(\.name)),
      starts: (0..<2).map { k in parameters.map { $0.numbers[k] } },
      certified: NISTProblem.Certified(
        parameters: parameters.map { $0.numbers[2] }, standardDeviations: parameters.map { $0.numbers[3] },
        residualSumOfSquares: rss))
  }

  private func error(_ message: String, line: Int?) -> ToolError {
    ToolError(line.map { "\(file):\($0 + 1): \(message)" } ?? "\(file): \(message)", status: .data)
  }

  private func describe(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

  private func words(_ line: some StringProtocol) -> [String] {
    Substring(line).split { $0.isWhitespace }.map { String($0) }
  }

  private func line(startingWith title: String) throws(ToolError) -> Int {
    guard let line = lines.firstIndex(where: { $0.hasPrefix(title) }) else {
      throw error("no line begins with '\(title)'; expected a file of NIST's StRD nonlinear regression", line: nil)
    }
    return line
  }

  private func number(_ word: String, line: Int, what: String) throws(ToolError) -> Double {
    guard let value = FileNumber.parse(Array(word.utf8)[...]), value.isFinite else {
      throw error("found '\(word)' where \(what) was expected", line: line)
    }
    return value
  }

  private func number(titled title: String) throws(ToolError) -> (Double, line: Int) {
    let line = try line(startingWith: title)
    guard let word = words(lines[line].dropFirst(title.count)).first else {
      throw error("nothing follows '\(title)'", line: line)
    }
    return (try number(word, line: line, what: "a number"), line)
  }

  private func name() throws(ToolError) -> String {
    let title = "Dataset Name:"
    let line = try line(startingWith: title)
    guard let name = words(lines[line].dropFirst(title.count)).first else {
      throw error("nothing follows '\(title)'", line: line)
    }
    return name
  }

  /// The number of parameters, the model in our notation, and the line of the starting values' title.
  private func model(after first: Int) throws(ToolError) -> (count: Int, FitModel, startsLine: Int) {
    var count: Int?
    var text = ""
    for i in (first + 1)..<lines.count {
      let line = String(lines[i].trimming(while: \.isWhitespace))
      if line.lowercased().hasPrefix("starting values") {
        guard let count else { throw error("the model has no line 'N Parameters'", line: first) }
        return (count, try translate(text, line: first), i)
      }
      let words = words(line)
      if words.count > 1, words[1].hasPrefix("Parameter") {
        guard let n = Int(words[0]), n > 0 else {
          throw error("found '\(words[0])' where the number of parameters was expected", line: i)
        }
        count = n
      } else if words.first == "pi" {
        // The constant is known; a file that means something else by it is refused.
        guard words.count == 3, words[1] == "=", Double(words[2]) == .pi else {
          throw error("found '\(line)'; pi is a known constant", line: i)
        }
      } else {
        text += " " + line
      }
    }
    throw error("no line 'Starting values' follows the model", line: first)
  }

  /// From `log[y] = b1*exp[-b2*x]  +  e` to response and prediction in the formula language.
  private func translate(_ text: String, line: Int) throws(ToolError) -> FitModel {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false).map { side in
      words(side.replacing("[", with: "(").replacing("]", with: ")")).joined(separator: " ")
    }
    let model = text.trimming(while: \.isWhitespace)
    guard sides.count == 2, !sides[0].isEmpty else {
      throw error("the model '\(model)' is not of the form 'response = formula + e'", line: line)
    }
    let errorTerm = "+ e"
    guard sides[1].hasSuffix(errorTerm) else {
      throw error("the model '\(model)' does not end in the error term '+ e'", line: line)
    }
    let prediction = sides[1].dropLast(errorTerm.count).trimming(while: \.isWhitespace)
    return FitModel(response: sides[0], prediction: String(prediction))
  }

  /// Lines `b1 = start start value deviation`.
  private func parameters(after first: Int, count: Int) throws(ToolError) -> [(name: String, numbers: [Double])] {
    var result: [(name: String, numbers: [Double])] = []
    for i in (first + 1)..<lines.count {
      let words = words(lines[i])
      guard words.count > 1, words[1] == "=" else {
        if lines[i].hasPrefix("Residual Sum") { break }
        continue
      }
      guard words.count == 6 else {
        throw error("expected two starts, a value and a deviation after '\(words[0]) ='", line: i)
      }
      var numbers: [Double] = []
      for word in words[2...] { numbers.append(try number(word, line: i, what: "a number")) }
      result.append((words[0], numbers))
    }
    guard result.count == count else {
      throw error("\(result.count) lines of parameters follow, but the model has \(count)", line: first)
    }
    return result
  }

  /// The data: the last `Data:` line has the names, numbers follow to the end.
  private func columns() throws(ToolError) -> [FitProblem.Column] {
    guard let title = lines.lastIndex(where: { $0.hasPrefix("Data:") }) else {
      throw error("no line begins with 'Data:'", line: nil)
    }
    let names = words(lines[title].dropFirst("Data:".count))
    guard names.count > 1, names.allSatisfy({ $0.allSatisfy { $0.isLetter || $0.isNumber } }) else {
      throw error("expected the names of the columns after 'Data:'", line: title)
    }
    var values = [[Double]](repeating: [], count: names.count)
    for i in (title + 1)..<lines.count {
      let words = words(lines[i])
      if words.isEmpty { continue }
      guard words.count == names.count else {
        throw error("\(words.count) numbers for \(names.count) columns (\(names.joined(separator: ", ")))", line: i)
      }
      for (column, word) in words.enumerated() {
        values[column].append(try number(word, line: i, what: "a number"))
      }
    }
    guard !values[0].isEmpty else { throw error("no data follow", line: title) }
    return zip(names, values).map { FitProblem.Column(name: $0, values: $1) }
  }
}
