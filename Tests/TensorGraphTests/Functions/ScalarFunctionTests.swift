import TensorGraph
import TestSupport
import Testing

@Suite("Scalar functions against mpmath") struct ScalarFunctionTests {
  @Test("The table has every function") func tableIsComplete() {
    for function in ScalarFunction.allCases {
      #expect(function.references.count >= 8, "\(function)")
      #expect(function.singlePrecisionReferences.count >= 8, "\(function)")
    }
  }

  @Test("The simplest formula gives the value", arguments: ScalarFunction.allCases)
  func values(function: ScalarFunction) {
    let rows = function.references.compactMap { row in row.derivatives[0].map { (row, $0) } }
    #expect(4 * rows.count >= 3 * function.references.count)
    for (row, expected) in rows {
      let value = function.value(row.point)
      #expect(
        isClose(value, expected, relative: 4e-15, absolute: .leastNonzeroMagnitude),
        "\(row): \(value), expected \(expected)")
    }
  }

  @Test("Derivatives to third order in double precision", arguments: ScalarFunction.allCases)
  func doubleDerivatives(function: ScalarFunction) {
    let problems = function.mismatches(with: function.references, .float64, relative: 1e-13) {
      Interpreter.evaluate($0)
    }
    #expect(problems == [])
  }

  @Test("Derivatives to third order in single precision", arguments: ScalarFunction.allCases)
  func floatDerivatives(function: ScalarFunction) {
    let problems = function.mismatches(with: function.singlePrecisionReferences, .float32, relative: 1e-4) {
      Interpreter.evaluate($0)
    }
    #expect(problems == [])
  }
}
