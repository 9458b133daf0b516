/// Which part of a derivative is wanted. Rows belong to the differentiated node, columns to the variable.
package enum DeltaDemand: Hashable, Sendable {
  /// Everything: the shape of the output, then that of the variable.
  case matrix
  /// Elements whose row and column are the same: the shape of the variable, which is that of the output.
  case diagonal
  /// One matrix for each index b along an axis that variable and output share: b, then the other axes of the output,
  /// then the other axes of the variable. Rows b of the output must depend on rows b of the variable only.
  case batched(axis: Int)
}

extension TermSpace {
  /// The tangent of the variable, with zero terms for none.
  func seed(_ demand: DeltaDemand, variable: Shape) -> [Term] {
    switch demand {
    case .matrix, .diagonal:
      let axes = variable.dimensions.map { labels.freshIndex($0) }
      return [Term(directions: axes, axes: axes)]
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
      case .matrix: result.append(term)
      case .diagonal:
        guard let part = onDiagonal(term) else { return nil }
        if var part {
          part.directions = []
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

  /// The part of a term where row and column are the same; nil if that is no term, a nil inside if nothing is left.
  private func onDiagonal(_ term: Term) -> Term?? {
    var result = term
    for i in term.axes.indices {
      switch labels.solve(result.axes[i], equals: result.directions[i]) {
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
    case .diagonal: output.dimensions
    case .batched(let batch):
      [output[batch]] + output.removing(axes: [batch]).dimensions + variable.removing(axes: [batch]).dimensions
    }
  }

  /// The number of directions that a dense computation pushes.
  static func directionCount(_ demand: DeltaDemand, variable: Shape) -> Int {
    switch demand {
    case .matrix, .diagonal: variable.count
    case .batched(let batch): variable.removing(axes: [batch]).count
    }
  }
}
