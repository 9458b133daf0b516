/// The law of distribution: Σ c G R = G · S with S = Σ c R, where S may have deltas inside.
extension TermSpace {
  /// Terms with the same output windows as one term, if they have common factors.
  ///
  /// - Parameter avoidsDeltas: whether factors that touch a delta label stay in the sum, which keeps it symmetric.
  func merged(_ candidates: [MergeCandidate], avoidsDeltas: Bool) -> Term? {
    work.spend(candidates.reduce(0) { $0 + 2 * $1.looks.count })
    guard let match = commonFactors(candidates, avoidsDeltas: avoidsDeltas) else { return nil }
    // Places must follow from tables in the same way.
    for (candidate, used) in zip(candidates, match.used) {
      for (i, factor) in candidate.term.factors.enumerated() where !used.contains(i) && isLookup(factor.source) {
        return nil
      }
    }
    let terms = candidates.map(\.term)
    work.spend(terms.reduce(0) { $0 + 2 * $1.weight })
    let frames = candidates.map(\.frame)
    let base = terms[0]
    // One frame for all: a fresh label for every output place and for every matched summed label.
    let slots = frames[0].labels.map { labels.fresh(labels[$0]) }
    var outer = Substitution()
    for (slot, label) in frames[0].labels.enumerated() where outer[label] == nil {
      outer[label] = AffineIndex(label: slots[slot])
    }
    let commonOfBase = match.used[0].sorted().map { base.factors[$0] }
    var matched: [(base: Label, fresh: Label)] = []
    for factor in commonOfBase {
      for label in factor.labels where outer[label] == nil {
        let fresh = labels.fresh(labels[label])
        matched.append((label, fresh))
        outer[label] = AffineIndex(label: fresh)
      }
    }
    // Which labels of the frame the sum needs as axes.
    var needed = [Bool](repeating: false, count: slots.count + matched.count)
    var remainders: [(rest: [Factor], names: [Label])] = []
    for (i, term) in terms.enumerated() {
      let rest = term.factors.indices.filter { !match.used[i].contains($0) }.map { term.factors[$0] }
      let restLabels = rest.reduce(into: [Label]()) { $0.appendLabels(of: $1.indices) }
      let frame = frames[i].labels
      for (slot, label) in frame.enumerated() {
        let repeats = frame.count { $0 == label } > 1
        if repeats || restLabels.contains(label) { needed[slot] = true }
      }
      let inner = matched.map { pair in match.maps[i].first { $0.base == pair.base }!.other }
      for (k, label) in inner.enumerated() where restLabels.contains(label) { needed[slots.count + k] = true }
      remainders.append((rest, frame + inner))
    }
    let frameLabels = slots + matched.map(\.fresh)
    let axes = needed.indices.filter { needed[$0] }
    let sums = zip(terms, remainders).compactMap { term, remainder in
      normalized(
        Term(
          coefficient: term.coefficient, factors: remainder.rest,
          axes: axes.map { AffineIndex(label: remainder.names[$0]) }))
    }
    let sum = source(of: combined(sums), shape: axes.map { labels[frameLabels[$0]] })
    var slot = 0
    let outputs = (base.directions + base.axes).map { index in
      var moved = AffineIndex(index.offset)
      for part in index.descending {
        moved.add(AffineIndex(label: slots[slot]), times: part.stride)
        slot += 1
      }
      return moved
    }
    return Term(
      factors: commonOfBase.map { $0.substituting(outer) }
        + [Factor(source: sum, indices: axes.map { AffineIndex(label: frameLabels[$0]) })],
      directions: Array(outputs[..<base.directions.count]), axes: Array(outputs[base.directions.count...]))
  }

  /// Factors that all terms share, with a consistent matching of summed labels. Nil if there are none.
  private func commonFactors(
    _ candidates: [MergeCandidate], avoidsDeltas: Bool
  ) -> (used: [Set<Int>], maps: [[(base: Label, other: Label)]])? {
    var used = [Set<Int>](repeating: [], count: candidates.count)
    var maps = [[(base: Label, other: Label)]](repeating: [], count: candidates.count)
    var repeated: Set<Int> = []
    if avoidsDeltas { for candidate in candidates { repeated.formUnion(candidate.frame.repeatedNames) } }
    let base = candidates[0]
    factors: for (i, factor) in base.term.factors.enumerated() {
      if avoidsDeltas, factor.labels.contains(where: { base.frame.name[$0].map(repeated.contains) ?? false }) {
        continue
      }
      guard let first = match(base.blanks[i], base.blanks[i], extending: maps[0]) else { continue }
      var picks: [(position: Int, map: [(base: Label, other: Label)])] = [(i, first)]
      others: for (t, candidate) in candidates.enumerated().dropFirst() {
        for position in candidate.looks.indices
        where candidate.looks[position] == base.looks[i] && !used[t].contains(position) {
          if let inner = match(base.blanks[i], candidate.blanks[position], extending: maps[t]) {
            picks.append((position, inner))
            continue others
          }
        }
        continue factors
      }
      for (t, pick) in picks.enumerated() {
        used[t].insert(pick.position)
        maps[t] = pick.map
      }
    }
    return used[0].isEmpty ? nil : (used, maps)
  }

  /// Pairs of labels added to a one-to-one map, or nil if they contradict it.
  private func match(
    _ base: [Label], _ other: [Label], extending map: [(base: Label, other: Label)]
  ) -> [(base: Label, other: Label)]? {
    var map = map
    for (b, o) in zip(base, other) {
      if let known = map.first(where: { $0.base == b || $0.other == o }) {
        guard known.base == b, known.other == o else { return nil }
      } else {
        guard labels[b] == labels[o] else { return nil }
        map.append((b, o))
      }
    }
    return map
  }
}

/// A term prepared for comparison with others that have the same output windows.
struct MergeCandidate {
  let term: Term
  /// Its place among those with which it is compared.
  let number: Int
  let frame: OutputFrame
  /// For each factor what it looks like without the names of summed labels.
  let looks: [[Int]]
  /// For each factor its summed labels in order, repetitions included.
  let blanks: [[Label]]

  init(_ term: Term, number: Int) {
    self.term = term
    self.number = number
    let frame = OutputFrame(term)
    self.frame = frame
    looks = term.factors.map(frame.look)
    blanks = term.factors.map(frame.unnamed)
  }
}

/// The places of labels in the output of a term: names by which terms with the same windows are compared.
struct OutputFrame {
  /// The label at each place, a place for every digit of every output index.
  let labels: [Label]
  /// The first place of each label.
  let name: [Label: Int]

  init(_ term: Term) {
    var labels: [Label] = []
    var name: [Label: Int] = [:]
    for index in term.directions + term.axes {
      for part in index.descending {
        if name[part.label] == nil { name[part.label] = labels.count }
        labels.append(part.label)
      }
    }
    self.labels = labels
    self.name = name
    repeatedNames = Set(labels.indices.filter { name[labels[$0]] != $0 }.map { name[labels[$0]]! })
  }

  /// Names of labels that occur in two places: deltas.
  let repeatedNames: Set<Int>

  /// A factor with names in place of output labels and a blank for every other.
  func look(of factor: Factor) -> [Int] {
    factor.indices.reduce(into: [factor.source]) { look, index in
      look += [index.offset, index.parts.count]
      for part in index.descending { look += [name[part.label] ?? -1, part.stride] }
    }
  }

  /// Labels of a factor without a name, in order, repetitions included.
  func unnamed(in factor: Factor) -> [Label] {
    factor.indices.flatMap { $0.descending.map(\.label).filter { name[$0] == nil } }
  }
}
