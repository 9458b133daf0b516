/// Which part of a derivative is wanted. Rows belong to the differentiated node, columns to the variable.
package enum DeltaDemand: Hashable, Sendable {
  /// Everything: the shape of the output, then that of the variable.
  case matrix
  /// Slices of the output's axes (rows) and of the variable's (columns).
  case block(rows: [AxisSlice], columns: [AxisSlice])
  /// The derivative in direction of one element of the variable: the shape of the output. A row of a Hessian as well.
  case column([Int])
  /// One element.
  case element(row: [Int], column: [Int])
  /// Elements whose row and column are the same: the shape of the variable, which is that of the output.
  case diagonal
  /// The sum of the diagonal: a scalar.
  case trace
  /// One matrix for each index b along an axis that variable and output share: b, then the other axes of the output,
  /// then the other axes of the variable. Rows b of the output must depend on rows b of the variable only.
  case batched(axis: Int)
}

extension TermSpace {
  /// The tangent of the variable, with zero terms for none.
  func seed(_ demand: DeltaDemand, variable: Shape) -> [Term] {
    switch demand {
    case .matrix, .diagonal, .trace:
      let axes = variable.dimensions.map { labels.freshIndex($0) }
      return [Term(directions: axes, axes: axes)]
    case .block(_, let columns):
      let directions = columns.map { labels.freshIndex($0.count) }
      let axes = zip(directions, columns).map { direction, slice in
        var axis = direction.scaled(by: slice.step)
        axis.offset += slice.start
        return axis
      }
      return [Term(directions: directions, axes: axes)]
    case .column(let position), .element(_, let position):
      return [Term(axes: position.map { AffineIndex($0) })]
    case .batched(let batch):
      let axes = variable.dimensions.map { labels.freshIndex($0) }
      return [Term(directions: axes.indices.filter { $0 != batch }.map { axes[$0] }, axes: axes)]
    }
  }

  /// The part of the finished terms that is wanted, or nil if it is no sum of terms: then the terms must be made dense.
  ///
  /// Terms that are left have an index for each row axis in `axes` and for each column axis in `directions`.
  func demanded(_ terms: [Term], _ demand: DeltaDemand) -> [Term]? {
    var result: [Term] = []
    for term in terms {
      work.spend(term.weight)
      switch demand {
      case .matrix, .column: result.append(term)
      case .block(let rows, _):
        guard let part = slice(term, rows) else { return nil }
        if let part { result.append(part) }
      case .element(let row, _):
        guard let part = equate(term, { $0.axes }, { _ in row.map { AffineIndex($0) } }) else { return nil }
        if var part {
          part.axes = []
          result.append(part)
        }
      case .diagonal:
        guard let part = equate(term, { $0.axes }, { $0.directions }) else { return nil }
        if var part {
          part.directions = []
          result.append(part)
        }
      case .trace:
        guard let part = equate(term, { $0.axes }, { $0.directions }) else { return nil }
        if var part {
          let before = part.labels
          part.directions = []
          part.axes = []
          absorbIdleLabels(before: before, &part)
          result.append(part)
        }
      case .batched(let batch):
        var part = term
        part.axes.insert(part.axes.remove(at: batch), at: 0)
        result.append(part)
      }
    }
    return combined(result.compactMap(normalized))
  }

  /// The part of a term where two lists of indices agree.
  private func equate(
    _ term: Term, _ left: (Term) -> [AffineIndex], _ right: (Term) -> [AffineIndex]
  ) -> Term?? {
    var result = term
    for i in left(term).indices {
      switch labels.solve(left(result)[i], equals: right(result)[i]) {
      case .impossible: return .some(nil)
      case .unknown: return .none
      case .substitution(let substitution): result = result.substituting(substitution)
      }
    }
    return result
  }

  /// The shape of what is demanded.
  static func shape(_ demand: DeltaDemand, output: Shape, variable: Shape) -> [Int] {
    switch demand {
    case .matrix: output.dimensions + variable.dimensions
    case .block(let rows, let columns): rows.map(\.count) + columns.map(\.count)
    case .column: output.dimensions
    case .element, .trace: []
    case .diagonal: output.dimensions
    case .batched(let batch):
      [output[batch]] + output.removing(axes: [batch]).dimensions + variable.removing(axes: [batch]).dimensions
    }
  }

  /// The number of directions that a dense computation pushes.
  static func directionCount(_ demand: DeltaDemand, variable: Shape) -> Int {
    switch demand {
    case .matrix, .diagonal, .trace: variable.count
    case .block(_, let columns): columns.reduce(1) { $0 * $1.count }
    case .column, .element: 1
    case .batched(let batch): variable.removing(axes: [batch]).count
    }
  }
}
