import TensorGraph
import TestSupport
import Testing

/// A mode of differentiation.
enum Mode: CaseIterable {
  case forward, reverse

  /// The derivatives of elementwise-dependent `y` in each of the variables, zeros where there is none.
  func derivatives(of y: Node, in variables: [Node]) -> [Node] {
    switch self {
    case .reverse:
      return zip(pullback(of: [(y, y.filled(with: 1))], to: variables), variables).map { cotangent, variable in
        cotangent ?? variable.filled(with: 0)
      }
    case .forward:
      return variables.map { variable in
        pushforward(of: [y], seeds: [(variable, variable.filled(with: 1))])[0] ?? y.filled(with: 0)
      }
    }
  }
}

@Suite("Scalar functions against mpmath") struct ScalarFunctionTests {
  @Test("The table has every function") func tableIsComplete() {
    for function in ScalarFunction.allCases {
      #expect((ReferenceTable.scalarFunctions[function] ?? []).count >= 8, "\(function)")
    }
  }

  @Test("The simplest formula gives the value", arguments: ScalarFunction.allCases)
  func values(function: ScalarFunction) {
    for row in ReferenceTable.scalarFunctions[function]! {
      guard let expected = row.derivatives[0] else { continue }
      let value = function.value(row.point)
      #expect(
        isClose(value, expected, relative: 4e-15, absolute: .leastNonzeroMagnitude),
        "\(row): \(value), expected \(expected)")
    }
  }

  @Test("Derivatives to third order in double precision", arguments: ScalarFunction.allCases)
  func doubleDerivatives(function: ScalarFunction) {
    check(function, .float64, ReferenceTable.scalarFunctions[function]!, relative: 1e-13)
  }

  @Test("Derivatives to third order in single precision", arguments: ScalarFunction.allCases)
  func floatDerivatives(function: ScalarFunction) {
    // Rows whose every number survives in single precision.
    let rows = ReferenceTable.scalarFunctions[function]!.filter { row in
      row.point.allSatisfy { $0.isNaN || Double(Float($0)) == $0 }
        && (row.point + row.derivatives.compactMap { $0 }).allSatisfy {
          $0 == 0 || !$0.isFinite || (1e-18...1e18).contains(abs($0))
        }
    }
    #expect(rows.count >= 8)
    check(function, .float32, rows, relative: 1e-4)
  }

  /// Compares all partial derivatives, by all sequences of modes, with the rows.
  private func check(_ function: ScalarFunction, _ type: ScalarType, _ rows: [ReferenceRow], relative: Double) {
    let variables = (0..<function.arity).map { i in Node.vector(rows.map { $0.point[i] }, type) }
    let y = Node(.elementwise(function), variables)
    for modes in modeSequences {
      // Partial derivatives by the operands that were differentiated by, in that order.
      var partials: [[Int]: Node] = [[]: y]
      for (order, mode) in modes.enumerated() {
        for (path, node) in partials where path.count == order {
          for (i, derivative) in mode.derivatives(of: node, in: variables).enumerated() {
            partials[path + [i]] = derivative
          }
        }
      }
      let paths = Array(partials.keys)
      let values = Interpreter.evaluate(paths.map { partials[$0]! })
      for (path, elements) in zip(paths, values) {
        let entry = ReferenceRow.orders(arity: function.arity).firstIndex(of: path.sorted())!
        for (row, element) in zip(rows, elements) {
          guard let expected = row.derivatives[entry] else { continue }
          // Where partial derivatives of one order cancel, their size counts.
          let size = rowScale(row, order: path.count)
          #expect(
            isClose(element, expected, relative: relative, absolute: relative * size),
            "\(row) by \(path) in modes \(modes): \(element), expected \(expected)")
        }
      }
    }
  }

  private var modeSequences: [[Mode]] {
    [
      [.reverse, .reverse, .reverse], [.forward, .forward, .forward], [.reverse, .forward, .reverse],
      [.forward, .reverse, .forward],
    ]
  }

  private func rowScale(_ row: ReferenceRow, order: Int) -> Double {
    let orders = ReferenceRow.orders(arity: row.function.arity)
    let sizes = row.derivatives.indices.filter { orders[$0].count == order }.map { abs(row.derivatives[$0] ?? 0) }
    return row.function.arity == 1 ? 0 : sizes.filter(\.isFinite).max() ?? 0
  }
}
