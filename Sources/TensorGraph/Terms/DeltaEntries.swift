/// The entries of a derivative that can be other than zero, read off its terms: deltas tie rows to columns, and what they
/// leave is strided. Bands, blocks and borders need no products with directions and no colouring.
package struct DeltaEntries {
  /// Entries over a box of labels.
  package struct Box {
    /// The values, an axis for each label.
    package let values: Node
    /// Where they stand in the matrix, whose rows and columns number the elements of output and variable row-major.
    package let rows: Form
    package let columns: Form

    /// The extents of the labels.
    package var extents: [Int] { values.shape.dimensions }
  }

  /// offset + Σ stride · label, with a stride for each label.
  package struct Form: Hashable, Sendable {
    package var offset: Int
    package var strides: [Int]

    fileprivate func range(_ extents: [Int]) -> ClosedRange<Int> {
      let reaches = zip(strides, extents).map { $0 * ($1 - 1) }
      return (offset + reaches.reduce(0) { $0 + min($1, 0) })...(offset + reaches.reduce(0) { $0 + max($1, 0) })
    }
  }

  /// No two have the same places.
  package let boxes: [Box]
  /// Whether an entry and its mirror image have the same bits: blocks are mirrored or lie on the diagonal.
  package let isExactlySymmetric: Bool
  /// The expected cost of the values, primal values excluded.
  package let estimatedCost: Cost
  /// A line for every product, for people.
  package let steps: [String]

  /// The entries of a derivative, or nil if there is no differentiable path of one element type, or more to plan than
  /// anybody waits for.
  ///
  /// - Parameters:
  ///   - isSymmetric: whether the derivative is known to be symmetric, as that of a gradient is.
  ///   - limit: how many entries all terms may have together.
  ///   - effort: how much planning it is worth.
  package init?(
    derivativeOf output: Node, variable: Node, isSymmetric: Bool, limit: Int, effort: PlanningEffort = .often,
    costModel: CostModel = .default
  ) {
    do {
      let sweep = try DeltaSweep(
        derivativeOf: output, variable: variable, demand: .matrix, costModel: costModel, termCap: DeltaPlan.termCap,
        effort: effort)
      guard let sweep, sweep.entryCount <= Double(limit) else { return nil }
      try self.init(sweep, output.shape, variable.shape, isSymmetric: isSymmetric)
    } catch { return nil }
  }

  private init(
    _ sweep: DeltaSweep, _ output: Shape, _ variable: Shape, isSymmetric: Bool
  ) throws(PlanningLimit) {
    let (space, realization) = (sweep.space, sweep.realization)
    let terms = sweep.planner.plan(sweep.terms, isOutput: true)
    var order: [Place] = []
    var placed: [Place: [(term: Term, labels: [Label])]] = [:]
    for term in terms {
      let (place, labels) = Place.of(term, space.labels, output, variable)
      if placed[place] == nil { order.append(place) }
      placed[place, default: []].append((term, labels))
    }
    var boxes: [Box] = []
    var values: [Place: Node] = [:]
    var mirrored: Set<Place> = []
    for place in order {
      // Of two blocks that are each other's transposes one is computed, if nothing else adds to their entries.
      let (mirror, axes) = place.transposed
      if isSymmetric, let known = values[mirror], Self.areAlone([place, mirror], among: order) {
        mirrored.formUnion([place, mirror])
        // Axis k of the mirror is axis axes[k] here.
        let inverse = axes.indices.map { axes.firstIndex(of: $0)! }
        boxes.append(Box(values: known.permuted(inverse), rows: place.rows, columns: place.columns))
        continue
      }
      var parts: [Node] = []
      for (term, labels) in placed[place]! {
        parts.append(try realization.value(of: term).arranged(labels, space.labels))
      }
      values[place] = parts.dropFirst().reduce(parts[0]) { $0 + $1 }
      boxes.append(Box(values: values[place]!, rows: place.rows, columns: place.columns))
    }
    self.boxes = boxes
    isExactlySymmetric = order.allSatisfy { $0.rows == $0.columns || mirrored.contains($0) }
    estimatedCost = realization.cost
    steps = realization.log
  }

  /// Whether no other place may have entries in common with two.
  private static func areAlone(_ pair: [Place], among places: [Place]) -> Bool {
    guard places.count <= 256 else { return false }
    return places.allSatisfy { place in pair.contains(place) || !pair.contains { $0.mayMeet(place) } }
      && !pair[0].mayMeet(pair[1])
  }

  /// Where the entries of a term stand: equal for terms that differ in the names and the order of labels only.
  private struct Place: Hashable {
    let extents: [Int]
    let rows: Form
    let columns: Form

    /// The place with labels in an order of its own, and that order.
    private init(_ extents: [Int], _ rows: Form, _ columns: Form, order: [Int]) {
      self.extents = order.map { extents[$0] }
      self.rows = Form(offset: rows.offset, strides: order.map { rows.strides[$0] })
      self.columns = Form(offset: columns.offset, strides: order.map { columns.strides[$0] })
    }

    private static func ordered(_ extents: [Int], _ rows: Form, _ columns: Form) -> (place: Place, order: [Int]) {
      let order = extents.indices.sorted { i, j in
        let (a, b) = ((rows.strides[i], columns.strides[i]), (rows.strides[j], columns.strides[j]))
        return a != b ? a > b : i < j
      }
      return (Place(extents, rows, columns, order: order), order)
    }

    static func of(
      _ term: Term, _ table: LabelTable, _ output: Shape, _ variable: Shape
    ) -> (place: Place, labels: [Label]) {
      let labels = term.outputLabels
      func form(_ indices: [AffineIndex], _ shape: Shape) -> Form {
        var flat = AffineIndex(0)
        for (index, stride) in zip(indices, shape.strides) { flat.add(index, times: stride) }
        return Form(
          offset: flat.offset, strides: labels.map { label in flat.parts.first { $0.label == label }?.stride ?? 0 })
      }
      let (place, order) = ordered(labels.map { table[$0] }, form(term.axes, output), form(term.directions, variable))
      return (place, order.map { labels[$0] })
    }

    /// Whether an entry may belong to both: not if rows, columns or diagonals differ.
    func mayMeet(_ other: Place) -> Bool {
      [(1, 0), (0, 1), (-1, 1)].allSatisfy { weights in
        let (a, b) = (form(weights), other.form(weights))
        let (low, high) = (a.range(extents), b.range(other.extents))
        let step = (a.strides + b.strides).reduce(0) { greatestCommonDivisor($0, abs($1)) }
        let distance = a.offset - b.offset
        return low.overlaps(high) && (step == 0 ? distance == 0 : distance % step == 0)
      }
    }

    private func form(_ weights: (rows: Int, columns: Int)) -> Form {
      Form(
        offset: weights.rows * rows.offset + weights.columns * columns.offset,
        strides: zip(rows.strides, columns.strides).map { weights.rows * $0 + weights.columns * $1 })
    }

    /// The place of the transposed entries, and for each of its axes the axis here.
    var transposed: (place: Place, axes: [Int]) {
      let (place, order) = Self.ordered(extents, columns, rows)
      return (place, order)
    }
  }
}
