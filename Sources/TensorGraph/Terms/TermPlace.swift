/// Where the entries of a term stand in a matrix: equal for terms that differ in the names and the order of labels only.
struct TermPlace: Hashable {
  /// The extents of the box's labels, those of rows before those of columns, as far as labels differ in where they lead.
  let extents: [Int]
  let rows: DeltaEntries.Form
  let columns: DeltaEntries.Form

  /// The place with labels in an order of its own, and that order.
  private static func ordered(
    _ extents: [Int], _ rows: DeltaEntries.Form, _ columns: DeltaEntries.Form
  ) -> (place: TermPlace, order: [Int]) {
    let looks = extents.indices.map { rows.look(of: $0) + [.min] + columns.look(of: $0) }
    let order = extents.indices.sorted { i, j in
      looks[i] != looks[j] ? looks[j].lexicographicallyPrecedes(looks[i]) : i < j
    }
    let place = TermPlace(
      extents: order.map { extents[$0] }, rows: rows.arranged(order), columns: columns.arranged(order))
    return (place, order)
  }

  /// The place of a term, and the labels of its box in order.
  static func of(
    _ term: Term, in space: TermSpace, _ output: Shape, _ variable: Shape
  ) -> (place: TermPlace, labels: [Label]) {
    let lookups = space.lookups(of: term)
    let labels = lookups.freeLabels(of: term.directions + term.axes)
    func form(_ indices: [AffineIndex], _ shape: Shape) -> DeltaEntries.Form {
      let flat = space.flattened(indices, shape)
      var form = DeltaEntries.Form(
        offset: flat.offset, strides: labels.map { label in flat.parts.first { $0.label == label }?.stride ?? 0 })
      for part in flat.parts {
        guard let lookup = lookups[part.label], case .lookup(_, let extent, let origin) = space.sources[lookup.source]
        else { continue }
        let table = space.positions(of: AffineIndex(label: part.label), lookups)
        form.lookups.append(
          .init(
            stride: part.stride, source: space.source(table.node), table: space.interned(table.node),
            extent: extent, axes: table.labels.map { labels.firstIndex(of: $0)! },
            origin: .init(
              source: space.source(origin),
              window: lookup.indices.contains(where: lookups.reads)
                ? nil : lookup.indices.map { $0.range(space.labels) })))
      }
      return form
    }
    let (place, order) = ordered(
      labels.map { space.labels[$0] }, form(term.axes, output), form(term.directions, variable))
    return (place, order.map { labels[$0] })
  }

  /// The place of the transposed entries, and for each of its axes the axis here.
  var transposed: (place: TermPlace, axes: [Int]) {
    let (place, order) = Self.ordered(extents, columns, rows)
    return (place, order)
  }

  /// Whether different labels of the box have different entries where tables name no element twice.
  var isInjective: Bool { rows.isInjective(extents) && columns.isInjective(extents) }

  var hasLookups: Bool { !rows.lookups.isEmpty || !columns.lookups.isEmpty }

  /// Whether an entry may belong to both, whatever numbers tables hold: not if rows, columns or diagonals differ.
  func mayMeet(_ other: TermPlace) -> Bool {
    if hasLookups || other.hasLookups { return mayMeetSomewhere(other) }
    return [(1, 0), (0, 1), (-1, 1)].allSatisfy { weights in
      form(weights).mayMeet(other.form(weights), extents, other.extents)
    }
  }

  /// Whether an entry may belong to both where no two elements of tables are equal.
  private func mayMeetSomewhere(_ other: TermPlace) -> Bool {
    for (form, second) in [(rows, other.rows), (columns, other.columns)] {
      guard form.mayMeet(second, extents, other.extents), !form.isElsewhere(second) else { return false }
    }
    // One is on the diagonal alone, the other never there.
    func isDiagonal(_ place: TermPlace) -> Bool { place.rows == place.columns }
    func isOffDiagonal(_ place: TermPlace) -> Bool { place.rows.isElsewhere(place.columns) }
    return !(isDiagonal(self) && isOffDiagonal(other) || isOffDiagonal(self) && isDiagonal(other))
  }

  private func form(_ weights: (rows: Int, columns: Int)) -> DeltaEntries.Form {
    DeltaEntries.Form(
      offset: weights.rows * rows.offset + weights.columns * columns.offset,
      strides: zip(rows.strides, columns.strides).map { weights.rows * $0 + weights.columns * $1 })
  }
}

extension DeltaEntries {
  /// offset + Σ stride · label, with a stride for each label, + Σ stride · table[labels].
  package struct Form: Hashable {
    package var offset: Int
    package var strides: [Int]
    package var lookups: [Lookup]

    package init(offset: Int, strides: [Int], lookups: [Lookup] = []) {
      self.offset = offset
      self.strides = strides
      self.lookups = lookups
    }

    /// The element of a table at some of the labels.
    package struct Lookup: Hashable {
      package let stride: Int
      /// The number of the table among the sources of its space.
      fileprivate let source: Int
      package let table: Node
      /// One more than the largest element that the table may have.
      fileprivate let extent: Int
      /// The label of each axis of the table.
      package let axes: [Int]
      fileprivate let origin: Origin
    }

    /// Elements of a table that the graph is given, from which places on an axis follow.
    fileprivate struct Origin: Hashable {
      /// The number of the table.
      let source: Int
      /// Where they stand in it; nil if that follows from tables.
      let window: [ClosedRange<Int>]?
    }

    /// Whether no element is in both forms where all elements of all tables differ.
    fileprivate func isElsewhere(_ other: Form) -> Bool {
      guard !lookups.isEmpty, !other.lookups.isEmpty else { return false }
      if lookups.count == 1, other.lookups.count == 1 {
        let (a, b) = (lookups[0].origin, other.lookups[0].origin)
        guard a.source == b.source else { return true }
        guard let window = a.window, let second = b.window else { return false }
        return zip(window, second).contains { !$0.overlaps($1) }
      }
      return Set(lookups.map(\.origin.source)) != Set(other.lookups.map(\.origin.source))
    }

    /// The distance of which all elements are apart.
    fileprivate func step(_ other: Form) -> Int {
      (strides + other.strides + (lookups + other.lookups).map(\.stride)).reduce(0) {
        greatestCommonDivisor($0, abs($1))
      }
    }

    /// Whether an element may be in both.
    fileprivate func mayMeet(_ other: Form, _ extents: [Int], _ others: [Int]) -> Bool {
      let (step, distance) = (step(other), offset - other.offset)
      return range(extents).overlaps(other.range(others)) && (step == 0 ? distance == 0 : distance % step == 0)
    }

    fileprivate func range(_ extents: [Int]) -> ClosedRange<Int> {
      let reaches =
        zip(strides, extents).map { $0 * ($1 - 1) } + lookups.map { $0.stride * ($0.extent - 1) }
      return (offset + reaches.reduce(0) { $0 + min($1, 0) })...(offset + reaches.reduce(0) { $0 + max($1, 0) })
    }

    /// The values for all labels of some extents, row-major.
    package func values(_ extents: [Int], _ tables: [Node: [Int]]) -> [Int] {
      let parts = lookups.map { lookup in
        let strides = lookup.table.shape.strides
        var steps = [Int](repeating: 0, count: extents.count)
        for (axis, label) in lookup.axes.enumerated() { steps[label] += strides[axis] }
        return (stride: lookup.stride, table: tables[lookup.table]!, steps: steps)
      }
      let count = extents.reduce(1, *)
      var values: [Int] = []
      values.reserveCapacity(count)
      var index = [Int](repeating: 0, count: extents.count)
      var affine = offset
      var places = [Int](repeating: 0, count: parts.count)
      for _ in 0..<count {
        var value = affine
        for (part, place) in zip(parts, places) { value += part.stride * part.table[place] }
        values.append(value)
        var axis = extents.count - 1
        while axis >= 0 {
          let isCarried = index[axis] + 1 == extents[axis]
          let step = isCarried ? -index[axis] : 1
          index[axis] += step
          affine += step * strides[axis]
          for i in parts.indices { places[i] += step * parts[i].steps[axis] }
          if !isCarried { break }
          axis -= 1
        }
      }
      return values
    }

    /// Whether row or column say what the labels and the tables' elements are of which it is made.
    fileprivate func isInjective(_ extents: [Int]) -> Bool {
      var reach = 0
      let parts = zip(strides, extents).filter { $0.0 != 0 } + lookups.map { ($0.stride, $0.extent) }
      for (stride, extent) in parts.sorted(by: { $0.0 < $1.0 }) {
        guard stride > reach else { return false }
        reach += stride * (extent - 1)
      }
      return true
    }

    /// The form with labels in another order, and lookups in an order of their own.
    fileprivate func arranged(_ order: [Int]) -> Form {
      let moved = lookups.map { lookup in
        Lookup(
          stride: lookup.stride, source: lookup.source, table: lookup.table, extent: lookup.extent,
          axes: lookup.axes.map { order.firstIndex(of: $0)! }, origin: lookup.origin)
      }
      return Form(
        offset: offset, strides: order.map { strides[$0] },
        lookups: moved.sorted {
          ([$0.source, $0.stride] + $0.axes).lexicographicallyPrecedes([$1.source, $1.stride] + $1.axes)
        })
    }

    /// Where a label leads, without its number.
    fileprivate func look(of label: Int) -> [Int] {
      let reads = lookups.filter { $0.axes.contains(label) }
        .map { [$0.source, $0.stride, $0.axes.firstIndex(of: label)!] }
      return reads.sorted { $0.lexicographicallyPrecedes($1) }.reduce([strides[label]]) { $0 + $1 }
    }
  }
}
