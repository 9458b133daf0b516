import CurvatureFiles
import TensorGraph
import TestSupport
import Testing

/// What counts as a number in files.
@Suite struct FileNumberTests {
  static let numbers: [(String, Double)] = [
    ("1", 1), ("-1", -1), ("+3.", 3), ("-.5", -0.5), ("1e5", 1e5), ("1E+05", 1e5), ("2.5e-3", 2.5e-3),
    ("1.5D+03", 1500), ("1.5d+03", 1500), ("0.5D+00", 0.5), ("-1.d-2", -0.01), (".5D1", 5), ("1D0", 1),
    ("1e-999", 0), ("1.7976931348623157e308", .greatestFiniteMagnitude), ("5e-324", .leastNonzeroMagnitude),
    (String(repeating: "0", count: 500) + "1", 1), ("0." + String(repeating: "3", count: 800), 1.0 / 3),
    ("inf", .infinity), ("-inf", -.infinity), ("+Inf", .infinity), ("Infinity", .infinity), ("-INFINITY", -.infinity),
  ]

  @Test(arguments: numbers)
  func areRead(_ text: String, _ value: Double) { #expect(FileNumber.parse(Array(text.utf8)[...]) == value) }

  @Test(arguments: ["nan", "NaN", "NAN", "-nan", "+NaN", "nan(0x8000)", "-nan(ind)"])
  func notANumberIsRead(_ text: String) { #expect(FileNumber.parse(Array(text.utf8)[...])?.isNaN == true) }

  @Test(arguments: [
    "", " ", "+", "-", ".", "-.", "e5", "D5", "1e", "1e+", "1D", "1D+", "1 ", " 1", "1,5", "1_000", "1 000", "0x10",
    "0b1",
    "1.2.3", "1e5.5", "1e5e5", "1.5D+03D", "--1", "+-1", "1-", "1+2j", "1/2", "5%", "2O", "l", "na", "NA", "nano",
    "info",
    "in", "nan(", "infinit", "\u{2212}1", "１", "1e999", "-1D999", "1.#INF", "1.0-100", "true", "½",
  ])
  func othersAreNot(_ text: String) { #expect(FileNumber.parse(Array(text.utf8)[...]) == nil) }
}
