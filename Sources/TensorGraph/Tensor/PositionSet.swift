/// Ascending, distinct positions. A progression takes no memory, however long it is.
package struct PositionSet: RandomAccessCollection, Hashable, Sendable {
  private enum Form: Hashable, Sendable {
    /// first, first + step, …; the step is positive.
    case progression(first: Int, step: Int, count: Int)
    case list([Int])
  }

  private let form: Form

  /// The positions first, first + step, …; the step is positive.
  package init(from first: Int, step: Int = 1, count: Int) {
    self.init(.progression(first: first, step: step, count: count))
  }

  /// The positions 0 ..< count.
  package init(all count: Int) { self.init(from: 0, count: count) }

  /// The given positions, each once.
  package init(_ positions: some Collection<Int>) {
    self.init(
      positions.count == 1
        ? .progression(first: positions.first!, step: 1, count: 1) : .list(Set(positions).sorted()))
  }

  /// Row-major numbers of the elements whose index on each axis is one of the given positions.
  package init(rowMajor axes: [PositionSet], extents: [Int]) {
    var result = PositionSet(all: 1)
    var inner = 1
    for (axis, extent) in zip(axes, extents).reversed() {
      result = axis.nested(result, every: inner)
      inner *= extent
    }
    self = result
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int {
    switch form {
    case .progression(_, _, let count): count
    case .list(let positions): positions.count
    }
  }

  package subscript(i: Int) -> Int {
    switch form {
    case .progression(let first, let step, _): first + step * i
    case .list(let positions): positions[i]
    }
  }

  /// Where a position stands in the set, if it does.
  package func offset(of position: Int) -> Int? {
    switch form {
    case .progression(let first, let step, let count):
      let (offset, remainder) = (position - first).quotientAndRemainder(dividingBy: step)
      return remainder == 0 && offset >= 0 && offset < count ? offset : nil
    case .list(let positions):
      var (low, high) = (0, positions.count)
      while low < high {
        let middle = (low + high) / 2
        if positions[middle] < position { low = middle + 1 } else { high = middle }
      }
      return low < positions.count && positions[low] == position ? low : nil
    }
  }

  /// The slice of an axis that reads these positions, if they are a progression.
  package var slice: AxisSlice? {
    switch form {
    case .progression(let first, let step, let count):
      AxisSlice(start: count == 0 ? 0 : first, step: step, count: count)
    case .list: nil
    }
  }

  /// Whether these are the positions 0 ..< count.
  package func isAll(of count: Int) -> Bool { self.count == count && (count == 0 || self[count - 1] == count - 1) }

  /// For each of these positions p all of p · width + q, q in `inner`, which are below `width`.
  private func nested(_ inner: PositionSet, every width: Int) -> PositionSet {
    if isEmpty || inner.isEmpty { return PositionSet(all: 0) }
    if case .progression(let first, let step, let count) = inner.form,
      case .progression(let outerFirst, let outerStep, let outerCount) = form
    {
      let start = outerFirst * width + first
      if count == 1 { return PositionSet(from: start, step: outerStep * width, count: outerCount) }
      if outerCount == 1 { return PositionSet(from: start, step: step, count: count) }
      if outerStep * width == step * count { return PositionSet(from: start, step: step, count: count * outerCount) }
    }
    return PositionSet(.list(flatMap { position in inner.map { position * width + $0 } }))
  }

  private init(_ form: Form) { self.form = form }
}
