/// How labels of a term follow from others through tables of whole numbers: what gathering and scattering make of indices.
///
/// A lookup is a factor, 1 where its first index is the table's element at the others and 0 elsewhere, so that the laws of
/// products and the substitutions in indices hold for it as for any other. Where its first index is a label over all that
/// the table may name, it says what the label is: no sum runs over such a label, and what is read there is gathered.
struct TermLookups {
  /// A label that is the element of a table at some indices.
  struct Determined {
    let label: Label
    let source: Int
    let indices: [AffineIndex]
  }

  private(set) var determined: [Determined] = []
  /// The factors that are multiplied: all others.
  private(set) var operands: [Factor] = []

  fileprivate init(_ term: Term, _ space: TermSpace) {
    for factor in term.factors {
      if space.isLookup(factor.source), let label = space.wholeLabel(factor), self[label] == nil,
        !freeLabels(of: factor.indices[1...], withDetermined: true).contains(label)
      {
        determined.append(Determined(label: label, source: factor.source, indices: Array(factor.indices[1...])))
      } else {
        operands.append(factor)
      }
    }
  }

  var isEmpty: Bool { determined.isEmpty }

  /// Where a label is looked up; nil for one that is free.
  subscript(label: Label) -> Determined? { determined.first { $0.label == label } }

  /// The labels from which indices follow, each once.
  ///
  /// - Parameter withDetermined: whether those on the way belong to them.
  func freeLabels(of indices: some Sequence<AffineIndex>, withDetermined: Bool = false) -> [Label] {
    var result: [Label] = []
    for index in indices {
      for part in index.descending where !result.contains(part.label) {
        guard let lookup = self[part.label] else {
          result.append(part.label)
          continue
        }
        if withDetermined { result.append(part.label) }
        for label in freeLabels(of: lookup.indices, withDetermined: withDetermined) where !result.contains(label) {
          result.append(label)
        }
      }
    }
    return result
  }

  /// Whether an index follows from a table.
  func reads(_ index: AffineIndex) -> Bool { index.parts.contains { self[$0.label] != nil } }
}

extension TermSpace {
  func lookups(of term: Term) -> TermLookups { TermLookups(term, self) }

  func isLookup(_ source: Int) -> Bool { if case .lookup = sources[source] { true } else { false } }

  /// Whether a factor of a term is a lookup.
  func hasLookups(_ term: Term) -> Bool { term.factors.contains { isLookup($0.source) } }

  /// The labels that a term's places need: those of its output and those from which they follow.
  func placeLabels(of term: Term) -> [Label] {
    hasLookups(term)
      ? lookups(of: term).freeLabels(of: term.directions + term.axes, withDetermined: true) : term.outputLabels
  }

  /// The labels of the boxes that a term fills: as `placeLabels`, without those that follow from others.
  func boxLabels(of term: Term) -> [Label] {
    hasLookups(term) ? lookups(of: term).freeLabels(of: term.directions + term.axes) : term.outputLabels
  }

  /// The first index of a lookup if that is a label over all that the table may name.
  fileprivate func wholeLabel(_ lookup: Factor) -> Label? {
    guard let label = lookup.indices[0].plainLabel, labels[label] == shape(lookup.source)[0] else { return nil }
    return label
  }

  /// A term with many elements whose places follow from tables, for each value of labels with few: components of vectors.
  ///
  /// A step then runs over elements alone, and of blocks that are their own mirror images half is computed.
  func unrolled(_ term: Term) -> [Term] {
    let lookups = lookups(of: term)
    let elements = lookups.freeLabels(of: lookups.determined.flatMap(\.indices))
    let components = boxLabels(of: term).filter { !elements.contains($0) }
    guard !lookups.isEmpty, size(elements) >= 256, size(components) <= 128 else { return [term] }
    work.spend(Int(size(components)) * term.weight)
    return components.reduce([term]) { terms, label in
      terms.flatMap { term in (0..<labels[label]).map { term.substituting(Substitution(label, AffineIndex($0))) } }
    }
  }

  /// Whether a label of a term, or of a sum that is a factor of some, follows from two tables.
  func hasJoins(_ terms: [Term]) -> Bool {
    terms.contains(where: isJoin)
      || sources.contains { source in
        if case .sum(let sum) = source { sum.terms.contains(where: isJoin) } else { false }
      }
  }

  /// Whether a label of a term follows from two tables.
  func isJoin(_ term: Term) -> Bool {
    hasLookups(term) && lookups(of: term).operands.contains { isLookup($0.source) }
  }

  // MARK: Laws

  /// The factors by which an index is a table's element at some places; nil if they are not seen.
  ///
  /// An index in several labels, or over a part of the axis, is looked up digit by digit.
  ///
  /// - Parameter origin: the table of the graph from which this one follows, if it does from another.
  func lookupFactors(
    _ index: AffineIndex, in table: Node, extent: Int, at places: [AffineIndex], origin: Node? = nil
  ) -> [Factor]? {
    let origin = origin ?? table
    if extent == 1 { return [] }
    if let label = index.plainLabel, labels[label] == extent {
      return [Factor(source: lookup(in: table, extent: extent, origin: origin), indices: [index] + places)]
    }
    guard index.range(labels).lowerBound >= 0, index.range(labels).upperBound < extent, index.isInjective(labels) else {
      return nil
    }
    work.spend(extent / 64 + 1)
    // For each position on the axis its digits, and whether there is one.
    let digits = index.descending
    var values = digits.map { _ in [Int](repeating: 0, count: extent) }
    var hits = [Double](repeating: 0, count: extent)
    for (position, digit) in positions(of: index).enumerated() {
      hits[digit] = 1
      var rest = position
      for (i, part) in digits.enumerated().reversed() {
        values[i][digit] = rest % labels[part.label]
        rest /= labels[part.label]
      }
    }
    var factors = zip(digits, values).map { part, values in
      Factor(
        source: lookup(
          in: Self.table(values).gathered(table, axis: 0), extent: labels[part.label], origin: origin),
        indices: [AffineIndex(label: part.label)] + places)
    }
    if hits.contains(0) {
      let hit = Node(Storage(hits), shape: [extent]).cast(to: scalarType)
      factors.append(factor(hit.gathered(table, axis: 0), at: places))
    }
    return factors
  }

  /// A term without lookups that say nothing or the same twice, and with others digit by digit. Nil if it is zero.
  func withSimpleLookups(_ term: Term) -> Term? {
    guard hasLookups(term) else { return term }
    var term = term
    var i = 0
    next: while i < term.factors.count {
      let factor = term.factors[i]
      guard isLookup(factor.source) else {
        i += 1
        continue
      }
      work.spend(term.factors.count)
      // Two lookups at one place are of one element.
      for j in 0..<i
      where term.factors[j].source == factor.source && term.factors[j].indices[1...] == factor.indices[1...] {
        switch labels.solve(term.factors[j].indices[0], equals: factor.indices[0]) {
        case .impossible: return nil
        case .unknown: continue
        case .substitution(let substitution):
          term.factors.remove(at: i)
          term = term.substituting(substitution)
          i = substitution.isEmpty ? i : 0
          continue next
        }
      }
      guard let label = wholeLabel(factor) else {
        if case .lookup(let table, let extent, let origin) = sources[factor.source],
          let digits = lookupFactors(
            factor.indices[0], in: table, extent: extent, at: Array(factor.indices[1...]), origin: origin)
        {
          term.factors.replaceSubrange(i...i, with: digits)
        } else {
          i += 1
        }
        continue
      }
      var others = term
      others.factors.remove(at: i)
      // Exactly one value of such a label is the table's.
      if !others.labels.contains(label), !factor.indices[1...].contains(where: { $0.contains(label) }) {
        absorbIdleLabels(before: Factor(source: factor.source, indices: Array(factor.indices[1...])).labels, &others)
        term = others
      } else {
        i += 1
      }
    }
    return term
  }

  // MARK: Reading

  /// The value of an index at each value of the labels from which it follows, as whole numbers with an axis for each.
  func positions(of index: AffineIndex, _ lookups: TermLookups) -> LabelledNode {
    let free = lookups.freeLabels(of: [index])
    if let label = index.plainLabel, let lookup = lookups[label] {
      return element(lookup.source, lookup.indices, lookups)
    }
    let shape = Shape(free.map { labels[$0] })
    var sum: Node?
    for part in index.descending {
      let value: Node
      if let lookup = lookups[part.label] {
        value = element(lookup.source, lookup.indices, lookups).arranged(free, labels)
      } else {
        value = Node(.iota(shape, axis: free.firstIndex(of: part.label)!, .int64))
      }
      let scaled = part.stride == 1 ? value : Double(part.stride) * value
      sum = sum.map { $0 + scaled } ?? scaled
    }
    let node =
      sum.map { index.offset == 0 ? $0 : Double(index.offset) + $0 } ?? Self.table([index.offset], shape: .scalar)
    return LabelledNode(node: node, labels: free)
  }

  /// The element of a lookup's table at some indices.
  func element(_ source: Int, _ indices: [AffineIndex], _ lookups: TermLookups) -> LabelledNode {
    guard case .lookup(let table, _, _) = sources[source] else { fatalError("a lookup has a table") }
    return read(table, at: indices, lookups)
  }

  /// 1 where a lookup holds, for one that determines no label.
  func indicator(_ lookup: Factor, _ lookups: TermLookups) -> LabelledNode {
    let (index, value) = (
      positions(of: lookup.indices[0], lookups), element(lookup.source, Array(lookup.indices[1...]), lookups)
    )
    let free = index.labels + value.labels.filter { !index.labels.contains($0) }
    let holds = Node.compare(.equal, index.arranged(free, labels), value.arranged(free, labels))
    return LabelledNode(node: holds.cast(to: scalarType), labels: free)
  }

  /// A node read at indices of which some follow from tables: axes that share labels are gathered at once.
  func read(_ node: Node, at indices: [AffineIndex], _ lookups: TermLookups) -> LabelledNode {
    var joint = indices.indices.filter { lookups.reads(indices[$0]) }
    if joint.isEmpty { return read(node, at: indices) }
    var free = lookups.freeLabels(of: joint.map { indices[$0] })
    var grew = true
    while grew {
      grew = false
      for axis in indices.indices
      where !joint.contains(axis) && indices[axis].parts.contains(where: { free.contains($0.label) }) {
        joint.append(axis)
        free += lookups.freeLabels(of: [indices[axis]]).filter { !free.contains($0) }
        grew = true
      }
    }
    joint.sort()
    // Others are read as they are, these as a whole.
    var places = indices
    var wholes: [Label] = []
    for axis in joint {
      wholes.append(labels.fresh(node.shape[axis]))
      places[axis] = AffineIndex(label: wholes.last!)
    }
    let others = read(node, at: places)
    if joint.count == 1 {
      let axis = others.labels.firstIndex(of: wholes[0])!
      let table = positions(of: indices[joint[0]], lookups)
      var names = others.labels
      names.replaceSubrange(axis...axis, with: table.labels)
      return LabelledNode(node: others.node.gathered(table.node, axis: axis), labels: names)
    }
    let rest = others.labels.filter { !wholes.contains($0) }
    let extents = wholes.map { labels[$0] }
    let flat = others.arranged(wholes + rest, labels)
      .reshaped(to: Shape([extents.reduce(1, *)] + rest.map { labels[$0] }))
    let table = positions(of: flattened(joint.map { indices[$0] }, Shape(extents)), lookups)
    return LabelledNode(node: flat.gathered(table.node, axis: 0), labels: table.labels + rest)
  }

  /// The place in row-major order.
  func flattened(_ indices: [AffineIndex], _ shape: Shape) -> AffineIndex {
    var flat = AffineIndex(0)
    for (index, stride) in zip(indices, shape.strides) { flat.add(index, times: stride) }
    return flat
  }

  // MARK: Writing

  /// A tensor of the shape with the elements of a labelled node added at indices of which some follow from tables, and zeros
  /// elsewhere.
  func place(_ part: LabelledNode, at indices: [AffineIndex], in shape: [Int], _ lookups: TermLookups) -> Node {
    guard indices.contains(where: lookups.reads) else { return place(part, at: indices, in: shape) }
    let free = lookups.freeLabels(of: indices)
    let values = part.arranged(free, labels)
    let table = positions(of: flattened(indices, Shape(shape)), lookups).arranged(free, labels)
    let count = values.shape.count
    return values.reshaped(to: [count])
      .scatterAdded(table.reshaped(to: [count]), axis: 0, extent: shape.reduce(1, *))
      .reshaped(to: Shape(shape))
  }
}
