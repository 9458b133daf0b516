/// The entries of a derivative that can be other than zero, read off its terms: deltas tie rows to columns, and what they
/// leave is strided. Bands, blocks and borders need no products with directions and no colouring.
package struct DeltaEntries {
  /// What else a box stands for in a symmetric matrix.
  package enum Mirror {
    case none
    /// The transposed entries, which are no others of the box.
    case transposed
    /// Entry i and entry j are each other's mirror images where j's axis k is i's axis `axes[k]`.
    case own(axes: [Int])
  }

  /// Entries over a box of labels.
  package struct Box {
    /// The values, an axis for each label.
    package let values: Node
    /// Where they stand in the matrix, whose rows and columns number the elements of output and variable row-major.
    package let rows: Form
    package let columns: Form
    /// Whether the box stands for its mirror image as well.
    package var mirror = Mirror.none

    /// The extents of the labels.
    package var extents: [Int] { values.shape.dimensions }

    /// For each entry, row-major, the number of the one in the box that is its mirror image; nil if that is in none.
    package var images: [Int]? {
      guard case .own(let axes) = mirror else { return nil }
      var form = Form(offset: 0, strides: extents)
      for (stride, axis) in zip(Shape(extents).strides, axes) { form.strides[axis] = stride }
      return form.values(extents, [:])
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
  /// What planning took, in units of `PlanningWork`.
  package let planningWork: Int

  /// The entries of a derivative, or nil if there is no differentiable path of one element type, or more to plan than
  /// anybody waits for.
  ///
  /// - Parameters:
  ///   - isSymmetric: whether the derivative is known to be symmetric, as that of a gradient is.
  ///   - limit: how many entries all terms may have together that follow from no tables.
  ///   - effort: how much planning it is worth.
  ///   - integers: the elements of tables; nil for those that are not known.
  package init?(
    derivativeOf output: Node, variable: Node, isSymmetric: Bool, limit: Int, effort: PlanningEffort = .often,
    work: PlanningWork? = nil, costModel: CostModel = .default, integers: ([Node]) -> [[Int]]? = { _ in nil }
  ) {
    do {
      let sweep = try DeltaSweep(
        derivativeOf: output, variable: variable, demand: .matrix, costModel: costModel, termCap: DeltaPlan.termCap,
        effort: effort, work: work)
      guard let sweep, sweep.entryCount <= Double(limit) else { return nil }
      let terms = sweep.terms.flatMap { sweep.space.joined($0, limit: limit, elements: integers) }
      try self.init(sweep, terms, output.shape, variable.shape, isSymmetric: isSymmetric)
    } catch { return nil }
  }

  private init(
    _ sweep: DeltaSweep, _ terms: [Term], _ output: Shape, _ variable: Shape, isSymmetric: Bool
  ) throws(PlanningLimit) {
    let (space, realization) = (sweep.space, sweep.realization)
    let terms = sweep.planner.plan(terms.flatMap(space.unrolled), isOutput: true)
    var order: [TermPlace] = []
    var placed: [TermPlace: [(term: Term, labels: [Label])]] = [:]
    for term in terms {
      let (place, labels) = TermPlace.of(term, in: space, output, variable)
      if placed[place] == nil { order.append(place) }
      placed[place, default: []].append((term, labels))
    }
    var boxes: [Box] = []
    var values: [TermPlace: Node] = [:]
    var mirrored: Set<TermPlace> = []
    // Terms with joins do not hold for any tables.
    let mayMirror =
      isSymmetric && order.contains(where: \.hasLookups) && !space.hasJoins(sweep.terms) && !space.hasJoins(terms)
    for place in order {
      if mayMirror, place.hasLookups, let mirror = Self.mirror(of: place, among: order) {
        // The first of two stands for both.
        if mirrored.contains(place) { continue }
        if case .transposed = mirror { mirrored.insert(place.transposed.place) }
        boxes.append(
          Box(
            values: try Self.value(of: placed[place]!, realization), rows: place.rows, columns: place.columns,
            mirror: mirror))
        continue
      }
      // Of two blocks that are each other's transposes one is computed, if nothing else adds to their entries.
      let (mirror, axes) = place.transposed
      if isSymmetric, let known = values[mirror], Self.areAlone([place, mirror], among: order) {
        mirrored.formUnion([place, mirror])
        // Axis k of the mirror is axis axes[k] here.
        let inverse = axes.indices.map { axes.firstIndex(of: $0)! }
        boxes.append(Box(values: known.permuted(inverse), rows: place.rows, columns: place.columns))
        continue
      }
      values[place] = try Self.value(of: placed[place]!, realization)
      boxes.append(Box(values: values[place]!, rows: place.rows, columns: place.columns))
    }
    self.boxes = boxes
    isExactlySymmetric = order.allSatisfy { !$0.hasLookups && ($0.rows == $0.columns || mirrored.contains($0)) }
    estimatedCost = realization.cost
    steps = realization.log
    planningWork = space.work.spent
  }

  /// The sum of terms at one place.
  private static func value(
    of terms: [(term: Term, labels: [Label])], _ realization: TermRealization
  ) throws(PlanningLimit) -> Node {
    // What all have is multiplied once.
    let scale = TermSpace.scale(of: terms.map(\.term), leading: terms[0].term.coefficient)
    func multiplications(_ scale: Double) -> Int {
      terms.count { abs($0.term.coefficient) != abs(scale) } + (abs(scale) == 1 ? 0 : 1)
    }
    let isWorthIt = multiplications(scale) <= multiplications(1)
    let divisor = terms.count == 1 ? 1 : isWorthIt ? scale : scale.sign == .minus ? -1 : 1
    var parts: [Node] = []
    for (term, labels) in terms {
      let part = try realization.value(of: term.divided(by: divisor))
      parts.append(part.arranged(labels, realization.space.labels))
    }
    return divisor * parts.dropFirst().reduce(parts[0]) { $0 + $1 }
  }

  /// What entries at a place with lookups stand for besides themselves; nil if that is not seen.
  ///
  /// Terms hold for any tables. Where these name different elements no entry at the place but its mirror image is equal to
  /// it by Schwarz' theorem, so that the terms of one are those of the other.
  private static func mirror(of place: TermPlace, among places: [TermPlace]) -> Mirror? {
    let (mirror, axes) = place.transposed
    if mirror == place {
      let isAlone = places.allSatisfy { $0 == place || !$0.mayMeet(place) }
      return isAlone && place.isInjective ? .own(axes: axes) : nil
    }
    return places.contains(mirror) && areAlone([place, mirror], among: places) ? .transposed : nil
  }

  /// Whether no other place may have entries in common with two.
  private static func areAlone(_ pair: [TermPlace], among places: [TermPlace]) -> Bool {
    guard places.count <= 1024 else { return false }
    return places.allSatisfy { place in pair.contains(place) || !pair.contains { $0.mayMeet(place) } }
      && !pair[0].mayMeet(pair[1])
  }
}
