import TensorGraph

/// A mode of differentiation.
package enum Mode: CaseIterable, Sendable {
  case forward, reverse

  /// The derivatives of `y`, each of whose elements depends on one element of the variables, zeros where there is none.
  package func derivatives(of y: Node, in variables: [Node]) -> [Node] {
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

  /// Modes for the first, second and third derivative.
  package static let sequences: [[Mode]] = [
    [.reverse, .reverse, .reverse], [.forward, .forward, .forward], [.reverse, .forward, .reverse],
    [.forward, .reverse, .forward],
  ]
}

extension ScalarFunction {
  /// The rows of the reference table for this function.
  package var references: [ReferenceRow] { ReferenceTable.scalarFunctions[self] ?? [] }

  /// Rows whose every number survives in single precision.
  package var singlePrecisionReferences: [ReferenceRow] {
    references.filter { row in
      row.point.allSatisfy { $0.isNaN || Double(Float($0)) == $0 }
        && (row.point + row.derivatives.compactMap { $0 }).allSatisfy {
          $0 == 0 || !$0.isFinite || (1e-18...1e18).contains($0.magnitude)
        }
    }
  }

  /// What differs from the reference rows: the value and all partial derivatives to third order, by all sequences of
  /// modes.
  ///
  /// - Parameter evaluate: how nodes get their elements.
  package func mismatches(
    with rows: [ReferenceRow], _ type: ScalarType, relative: Double, evaluate: ([Node]) throws -> [[Double]]
  ) rethrows -> [String] {
    var problems: [String] = []
    for modes in Mode.sequences {
      let variables = (0..<arity).map { i in Node.vector(rows.map { $0.point[i] }, type) }
      let y = Node(.elementwise(self), variables)
      // Partial derivatives by the operands that were differentiated by, in that order.
      var partials: [(path: [Int], node: Node)] = [([], y)]
      for (order, mode) in modes.enumerated() {
        for (path, node) in partials where path.count == order {
          for (i, derivative) in mode.derivatives(of: node, in: variables).enumerated() {
            partials.append((path + [i], derivative))
          }
        }
      }
      for ((path, _), elements) in zip(partials, try evaluate(partials.map(\.node))) {
        let entry = ReferenceRow.orders(arity: arity).firstIndex(of: path.sorted())!
        let known = zip(rows, elements).compactMap { row, element in row.derivatives[entry].map { (row, element, $0) } }
        let compared = known.filter { row, element, _ in !(row.allowsNaN[entry] && element.isNaN) }
        if 3 * compared.count < 2 * rows.count {
          problems.append("\(self) by \(path): only \(compared.count) of \(rows.count) points have a number")
        }
        for (row, element, expected) in compared {
          let absolute = relative * row.cancelledSize(order: path.count)
          if !isClose(element, expected, relative: relative, absolute: absolute) {
            problems.append("\(row) by \(path) in modes \(modes): \(element), expected \(expected)")
          }
        }
      }
    }
    return problems
  }
}

extension ReferenceRow {
  /// The size of the partial derivatives of one order: where they are differences, this counts. With one operand
  /// nothing is excused.
  fileprivate func cancelledSize(order: Int) -> Double {
    guard function.arity > 1 else { return 0 }
    let orders = ReferenceRow.orders(arity: function.arity)
    let sizes = derivatives.indices.filter { orders[$0].count == order }.map { (derivatives[$0] ?? 0).magnitude }
    return sizes.filter(\.isFinite).max() ?? 0
  }
}
