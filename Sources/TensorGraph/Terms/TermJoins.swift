import SparseStructure

/// Labels that follow from two tables at once: joins, for which the pairs of places that name the same element are found from
/// the elements of the tables, once.
///
/// A function of sums over neighbours couples the members of any two pairs whose sums are one: its terms are products over two
/// labels of pairs, of which few values go together.
extension TermSpace {
  /// What a term is, over the pairs of places alone instead of over all combinations where both are needed to say where its
  /// elements stand.
  ///
  /// - Parameters:
  ///   - limit: the most pairs that are worth it; with more a term stays as it is.
  ///   - elements: those of some tables, nil if they are not known.
  func joined(_ term: Term, limit: Int, elements: ([Node]) -> [[Int]]?) -> [Term] {
    var reaching: [Int: Bool] = [:]
    guard isJoin(term) || term.factors.contains(where: { reachesJoin($0.source, &reaching) }) else { return [term] }
    // What is summed still is summed first again.
    return opened(term, &reaching).compactMap { paired($0, limit: limit, elements).map(eliminated) }
  }

  /// How many terms a sum over joins becomes at most.
  private static let mostOpened = 16

  /// A term with the sums over joins in it opened: what they are read for says which of their elements are needed.
  private func opened(_ term: Term, _ reaching: inout [Int: Bool]) -> [Term] {
    var (done, waiting): ([Term], [Term]) = ([], [term])
    next: while let term = waiting.popLast() {
      if let opened = inlined(term, where: { reachesJoin($0, &reaching) }) {
        waiting.append(opened)
        continue
      }
      for (number, factor) in term.factors.enumerated() {
        guard reachesJoin(factor.source, &reaching), case .sum(let sum) = sources[factor.source], sum.terms.count > 1
        else { continue }
        guard done.count + waiting.count + sum.terms.count <= Self.mostOpened else { return [term] + done + waiting }
        for part in sum.terms {
          var summand = term
          summand.factors[number].source = source(of: [part], shape: sum.shape)
          waiting.append(summand)
        }
        continue next
      }
      done.append(term)
    }
    return done
  }

  /// A term over pairs; nil if there are none: then it is zero.
  private func paired(_ term: Term, limit: Int, _ elements: ([Node]) -> [[Int]]?) -> Term? {
    var term = term
    next: while hasLookups(term) {
      let lookups = lookups(of: term)
      let box = lookups.freeLabels(of: term.directions + term.axes)
      for (number, factor) in term.factors.enumerated() where isLookup(factor.source) {
        let places = Array(factor.indices[1...])
        guard let label = factor.indices[0].plainLabel, labels[label] == shape(factor.source)[0],
          let known = lookups[label], known.source != factor.source || known.indices != places
        else { continue }
        let sides = [element(known.source, known.indices, lookups), element(factor.source, places, lookups)]
        guard sides.allSatisfy({ $0.labels.allSatisfy(box.contains) }),
          let pairs = pairs(sides[0], sides[1], extent: labels[label], limit: limit, elements)
        else { continue }
        guard pairs.count > 0 else { return nil }
        let pair = AffineIndex(label: labels.fresh(pairs.count))
        term.factors.remove(at: number)
        for (label, values) in pairs.values {
          let table = Self.table(values)
          let source = lookup(in: table, extent: labels[label], origin: table)
          term.factors.append(Factor(source: source, indices: [AffineIndex(label: label), pair]))
        }
        continue next
      }
      break
    }
    return term
  }

  /// Whether a source is a sum over joins, or over what reaches some; each is looked at once.
  private func reachesJoin(_ source: Int, _ known: inout [Int: Bool]) -> Bool {
    if let known = known[source] { return known }
    guard case .sum(let sum) = sources[source] else { return false }
    var reaches = false
    for term in sum.terms where !reaches {
      work.spend(term.weight)
      reaches = isJoin(term) || term.factors.contains { reachesJoin($0.source, &known) }
    }
    known[source] = reaches
    return reaches
  }

  /// The values of the labels of two tables at which their elements are equal; nil if there are too many, or elements are not
  /// known.
  ///
  /// - Complexity: O(elements of both + pairs).
  private func pairs(
    _ first: LabelledNode, _ second: LabelledNode, extent: Int, limit: Int, _ elements: ([Node]) -> [[Int]]?
  ) -> (count: Int, values: [(label: Label, values: [Int])])? {
    // Places of both tables that have labels in common go together only where these are equal.
    let shared = first.labels.filter(second.labels.contains)
    let keyCount = shared.reduce(extent) { $0 * labels[$1] }
    let size = first.node.shape.count + second.node.shape.count
    work.spend((size + keyCount) / 64 + 1)
    guard keyCount <= min(4 * size + 4096, Int(Int32.max)), let known = elements([first.node, second.node]) else {
      return nil
    }
    func strides(_ side: LabelledNode, _ wanted: [Label]) -> [(label: Label, stride: Int)] {
      wanted.map { ($0, side.node.shape.strides[side.labels.firstIndex(of: $0)!]) }
    }
    func keys(_ side: LabelledNode, _ elements: [Int]) -> [Int32]? {
      guard elements.allSatisfy({ $0 >= 0 && $0 < extent }) else { return nil }
      let strides = strides(side, shared)
      return elements.enumerated().map { place, element in
        Int32(strides.reduce(element) { $0 * labels[$1.label] + place / $1.stride % labels[$1.label] })
      }
    }
    guard let own = keys(first, known[0]), let others = keys(second, known[1]),
      let places = Self.equalPairs(own, others, keyCount: keyCount, limit: limit)
    else { return nil }
    work.spend(places.count / 64)
    func values(_ strides: [(label: Label, stride: Int)], of places: [Int]) -> [(label: Label, values: [Int])] {
      strides.map { label, stride in (label, places.map { $0 / stride % labels[label] }) }
    }
    let rest = second.labels.filter { !shared.contains($0) }
    return (
      places.count,
      values(strides(first, first.labels), of: places.map(\.first))
        + values(strides(second, rest), of: places.map(\.second))
    )
  }

  /// The places of equal keys in two lists, in the order of the first; nil if there are too many.
  private static func equalPairs(
    _ first: [Int32], _ second: [Int32], keyCount: Int, limit: Int
  ) -> [(first: Int, second: Int)]? {
    let (ordered, starts) = SparsityPattern.countingSort(Array(0..<Int32(second.count)), by: second, keyCount: keyCount)
    let count = first.reduce(0) { $0 + starts[Int($1) + 1] - starts[Int($1)] }
    guard count <= limit else { return nil }
    var pairs: [(Int, Int)] = []
    pairs.reserveCapacity(count)
    for (place, key) in first.enumerated() {
      for other in ordered[starts[Int(key)]..<starts[Int(key) + 1]] { pairs.append((place, Int(other))) }
    }
    return pairs
  }
}
