import Foundation

/// What a program finds, beside what other systems found for the same data (`Data/figures.csv`).
public struct Comparison {
  private let program: String
  private let figures: [String: (value: Double, source: String)]
  private var lines: [(quantity: String, value: Double, figure: Double, source: String, holds: Bool)] = []

  public init(_ program: String) throws {
    self.program = program
    let text = try String(contentsOfFile: dataFile("figures.csv"), encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    figures = Dictionary(
      uniqueKeysWithValues: rows.filter { $0[0] == program }.map { ($0[1], (Double($0[2])!, $0[3])) })
  }

  /// Compares a number with the figure of the same name.
  ///
  /// - Parameter tolerance: the greatest difference that is no error, relative to the figure.
  public mutating func check(_ quantity: String, _ value: Double, within tolerance: Double = 1e-6) {
    guard let figure = figures[quantity] else { fatalError("figures.csv has no '\(quantity)' of \(program)") }
    let holds = abs(value - figure.value) <= tolerance * abs(figure.value)
    lines.append((quantity, value, figure.value, figure.source, holds))
  }

  /// Prints the table, and ends the program with status 1 if a number differs.
  public func finish() {
    func row(_ cells: [String]) -> String {
      let first = cells[0].padding(toLength: 36, withPad: " ", startingAt: 0)
      return "  " + first + cells[1...2].map { String(repeating: " ", count: max(18 - $0.count, 1)) + $0 }.joined()
        + "  " + cells[3]
    }
    func number(_ value: Double) -> String { String(format: "%.9g", value) }
    print("\(program)\n" + row(["", "Curvature", "compared with", ""]))
    for line in lines {
      print(
        row([line.quantity, number(line.value), number(line.figure), line.source + (line.holds ? "" : "  DIFFERS")]))
    }
    if lines.contains(where: { !$0.holds }) { exit(1) }
  }
}

/// The path of one of the data files.
public func dataFile(_ name: String) -> String { Bundle.module.bundleURL.appending(path: "Data/\(name)").path }
