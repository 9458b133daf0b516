import Curvature
import CurvatureCommands
import Foundation
import TensorGraph
import TestSupport
import Testing

/// Random compositions of two functions at points where their pieces are singular, against the table that
/// Tests/Reference/singular_points.py makes without any of this package's rules or expansions.
@Suite("Compositions at singular points") struct SingularCompositionTests {
  /// What a derivative is.
  struct Cell: Sendable, CustomStringConvertible {
    var description: String
    /// Nil where there is none.
    var number: Double?
    /// Whether all lines agree with it; if not a refusal is as good.
    var isCertain: Bool
    /// What a documented convention says where that is something else.
    var convention: Double?
    /// Whether the function is not defined on either side.
    var isIsolated: Bool

    init(_ text: Substring) {
      description = String(text)
      let parts = text.split(separator: "|")
      isCertain = !parts[0].hasPrefix("?")
      isIsolated = parts[0] == "*"
      number = parts[0] == "-" || isIsolated ? nil : Double(parts[0].drop { $0 == "?" })!
      convention = parts.count > 1 ? Double(parts[1])! : nil
    }
  }

  struct Row: Sendable {
    var formula: String
    var point: [Double]
    /// In x[0] and x[1]; in 00, 01, 11; in 000, 111.
    var cells: [Cell]

    init(_ line: Substring) {
      let parts = line.split(separator: ";")
      formula = String(parts[0])
      point = parts[1].split(separator: " ").map { Double($0)! }
      cells = parts[2...].map(Cell.init)
      precondition(cells.count == 7, "wrong length: \(line)")
    }
  }

  /// The table, or another that CURVATURE_SINGULAR_POINTS names.
  static let rows: [Row] = {
    let file =
      ProcessInfo.processInfo.environment["CURVATURE_SINGULAR_POINTS"]
      ?? ReferenceFiles.url("singular_points.csv").path
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { fatalError("cannot read \(file)") }
    return text.split(separator: "\n").map(Row.init)
  }()

  /// What was found in the place of a cell.
  enum Finding {
    case number(Double)
    case refusal(String)

    init(_ read: () throws(TensorError) -> Tensor<Double>) {
      do throws(TensorError) {
        let found = try read()
        try evaluate(found)
        self = .number(found.item())
      } catch {
        self = .refusal("\(error)")
      }
    }
  }

  enum Verdict: Hashable {
    case right, convention
    /// No number, though there is one: with a reason, or without.
    case refused, silent
    case wrong
  }

  static func verdict(_ finding: Finding, _ cell: Cell) -> Verdict {
    func isClose(_ a: Double, _ b: Double?) -> Bool { b.map { abs(a - $0) <= 1e-6 * max(1, abs($0)) } ?? false }
    switch finding {
    case .refusal: return cell.number != nil && cell.isCertain ? .refused : .right
    case .number(let number):
      // An infinity is no wrong number: the function may be as steep, and it is seen.
      guard number.isFinite else { return cell.number != nil && cell.isCertain ? .silent : .right }
      if cell.isIsolated || isClose(number, cell.number) { return .right }
      if isClose(number, cell.convention) { return .convention }
      return .wrong
    }
  }

  /// All derivatives of a row: as they are read, and as the rules alone give them.
  static func findings(_ row: Row) throws -> [(name: String, cell: Cell, finding: Finding, isRead: Bool)] {
    let x = Node.input(row.point, [2], .float64)
    let y = try FormulaEvaluator(names: ["x": .tensor(x)], variables: [x]).tensor(Parser.parse(row.formula))
      .reshaped(to: .scalar)
    let variable = Tensor<Double>(x)
    let jacobian = try Jacobian(of: Tensor<Double>(y), withRespectTo: variable)
    let hessian = try Hessian(of: Tensor<Double>(y), withRespectTo: variable)
    var result: [(name: String, cell: Cell, finding: Finding, isRead: Bool)] = []
    for i in 0..<2 {
      let read = Finding { () throws(TensorError) in try jacobian.read(at: i) }
      result.append(("slope \(i)", row.cells[i], read, true))
    }
    for (k, (i, j)) in [(0, 0), (0, 1), (1, 1)].enumerated() {
      let read = Finding { () throws(TensorError) in try hessian.read(at: i, j) }
      result.append(("second \(i)\(j)", row.cells[2 + k], read, true))
    }
    let gradient = try Tensor<Double>(Gradients.of(y, [x])[0])
    for i in 0..<2 {
      let axis = Tensor<Double>([i == 0 ? 1 : 0, i == 0 ? 0 : 1])
      let slope = gradient[i]
      let second = pushforward(slope, variable, tangent: axis)
      let third = pushforward(second, variable, tangent: axis)
      for (name, place, expression) in [("slope", i, slope), ("second", 2 + 2 * i, second), ("third", 5 + i, third)] {
        result.append(("rule for \(name) \(i)", row.cells[place], Finding { expression }, false))
      }
    }
    return result
  }

  static let groups = 10

  @Test("No number is wrong", arguments: 0..<groups) func numbers(group: Int) throws {
    for row in stride(from: group, to: Self.rows.count, by: Self.groups).map({ Self.rows[$0] }) {
      for (name, cell, finding, _) in try Self.findings(row) where Self.verdict(finding, cell) == .wrong {
        Issue.record("\(row.formula) at \(row.point): \(name) is \(finding), expected \(cell)")
      }
    }
  }

  @Test("What exists is nearly always found") func answers() throws {
    var counts: [Verdict: Int] = [:]
    var examples: [String] = []
    for row in Self.rows.prefix(1000) {
      for (name, cell, finding, isRead) in try Self.findings(row) where isRead && cell.number != nil {
        let verdict = Self.verdict(finding, cell)
        counts[verdict, default: 0] += 1
        if verdict == .silent || verdict == .refused {
          examples.append("\(row.formula) at \(row.point): \(name) \(finding), \(cell)")
        }
      }
    }
    let unanswered = counts[.silent, default: 0] + counts[.refused, default: 0]
    let all = counts.values.reduce(0, +)
    #expect(unanswered * 100 <= all, "\(counts)\n\(examples.prefix(20).joined(separator: "\n"))")
  }
}
