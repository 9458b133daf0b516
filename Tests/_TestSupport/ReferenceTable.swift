import Foundation
import TensorGraph

/// Values and partial derivatives of one scalar function at one point, made with high precision.
package struct ReferenceRow: Sendable, CustomStringConvertible {
  package let function: ScalarFunction
  /// One coordinate per operand.
  package let point: [Double]
  /// By order: for one operand f, f', f'', f'''; for two f, fx, fy, fxx, fxy, fyy, fxxx, fxxy, fxyy, fyyy. Nil where
  /// nothing is right.
  package let derivatives: [Double?]
  /// Where NaN will do.
  package let allowsNaN: [Bool]

  package var description: String { "\(function)\(point)" }

  /// Which operands are differentiated by, for each entry of `derivatives`.
  package static func orders(arity: Int) -> [[Int]] {
    arity == 1
      ? [[], [0], [0, 0], [0, 0, 0]]
      : [[], [0], [1], [0, 0], [0, 1], [1, 1], [0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]
  }
}

/// The table of `Tests/Reference`, which its script describes.
package enum ReferenceTable {
  /// All rows, in groups of one function.
  package static let scalarFunctions: [ScalarFunction: [ReferenceRow]] = {
    let file = ReferenceFiles.url("scalar_functions.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { fatalError("cannot read \(file.path)") }
    return Dictionary(grouping: text.split(separator: "\n").map(row), by: \.function)
  }()

  private static func row(_ line: Substring) -> ReferenceRow {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
    guard let function = ScalarFunction(rawValue: String(cells[0])) else { fatalError("unknown function in \(line)") }
    let point = cells[1..<(1 + function.arity)].map { Double($0)! }
    let derivatives = cells[3...].map { cell -> Double? in cell == "-" ? nil : Double(cell.drop { $0 == "~" })! }
    let allowsNaN = cells[3...].map { $0.hasPrefix("~") }
    precondition(derivatives.count == ReferenceRow.orders(arity: function.arity).count, "wrong length: \(line)")
    return ReferenceRow(function: function, point: point, derivatives: derivatives, allowsNaN: allowsNaN)
  }
}
