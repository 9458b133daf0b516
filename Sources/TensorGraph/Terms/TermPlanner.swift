/// Chooses how sums of terms are computed: what is opened, what is merged, in which order factors are multiplied, and
/// which products are packed. One function prices a term and decides its method.
package final class TermPlanner {
  package let space: TermSpace
  package let model: CostModel
  private var work: PlanningWork { space.work }
  /// Sums that are planned already and cost nothing more.
  private var planned: Set<Int> = []
  /// How many output terms need a sum.
  private var users: [Int: Int] = [:]
  /// For a sum the sums that it reads.
  private var dependencies: [Int: [Int]] = [:]
  /// For each source the last visit that met it.
  private var marks: [Int] = []
  private var visits = 0
  private var sumCosts: [Int: Cost] = [:]
  private var orders: [ContractionProblem: ContractionOrder] = [:]

  package init(space: TermSpace, model: CostModel) {
    self.space = space
    self.model = model
  }

  /// How one term is computed.
  package struct Method {
    /// The term that is multiplied out; where pairs are packed its labels are those of packed triangles.
    var term: Term
    /// Pairs of labels that are computed for one order only, and the label of the packed triangle.
    var packed: [(direction: Label, axis: Label, packed: Label)]
    var pairs: [(Int, Int)]
    package var cost: Cost
    /// What is done instead, if half of the product is enough.
    var symmetric: SymmetricProduct?
  }

  // MARK: Plans

  /// The terms of an output in the form in which they are best computed, dearest group first.
  package func plan(_ terms: [Term], isOutput: Bool) -> [Term] {
    if isOutput {
      users = [:]
      planned = []
      for term in terms where work.allowsSearch { for sum in unplannedSums(of: term) { users[sum, default: 0] += 1 } }
    }
    guard work.allowsSearch else { return terms }
    let groups = space.grouped(terms) { $0.directions + $0.axes }
    let dearestFirst = groups.map { (terms: $0.terms, cost: totalCost($0.terms)) }.sorted { $1.cost < $0.cost }
    return dearestFirst.flatMap { bestForm($0.terms, $0.cost) }
  }

  /// Candidates: as it is, opened one level, two levels, ...; each with its best merging.
  ///
  /// What is cheap as it is is left alone: planning takes time, too.
  private func bestForm(_ group: [Term], _ cost: Cost) -> [Term] {
    var best = (terms: group, cost: cost)
    if cost.nanoseconds > model.planningThreshold {
      var candidate = group
      var failures = 0
      for level in 0..<8 where work.allowsSearch {
        let form = merging(candidate)
        if form.cost < best.cost {
          best = form
          failures = 0
        } else if level > 0 {
          failures += 1
        }
        if failures == 2 { break }
        var opened = false
        candidate = candidate.map { term in
          guard let inner = space.inlined(term), inner.factors.count <= 12, inner.labels.count <= 40 else {
            return term
          }
          opened = true
          return inner
        }
        if !opened { break }
        candidate = space.combined(candidate)
        if candidate.isEmpty { return [] }
      }
    }
    for term in best.terms where work.allowsSearch { planned.formUnion(unplannedSums(of: term)) }
    return best.terms
  }

  /// Terms and what they cost.
  private typealias Form = (terms: [Term], cost: Cost)

  /// The best partition of terms into merged sums: all partitions up to four terms, pairwise greedy above.
  private func merging(_ terms: [Term]) -> Form {
    let single = terms.map { totalCost([$0]) }
    let total = single.reduce(.zero, +)
    // Merging saves at most about the cheaper of two terms; what cannot save a hundredth is not tried.
    let threshold = max(model.planningThreshold, 0.01 * total.nanoseconds)
    let worthwhile = terms.indices.filter { single[$0].nanoseconds > threshold }
    guard worthwhile.count > 1 else { return (terms, total) }
    let groups = worthwhile.map {
      Group(candidates: [MergeCandidate(terms[$0], number: $0)], form: ([terms[$0]], single[$0]))
    }
    let best = groups.count <= 4 ? bestPartition(groups) : greedyPartition(groups, threshold)
    let rest = terms.indices.filter { !worthwhile.contains($0) }
    return (
      best.flatMap(\.form.terms) + rest.map { terms[$0] },
      rest.reduce(best.reduce(.zero) { $0 + $1.form.cost }) { $0 + single[$1] }
    )
  }

  /// Terms that become one sum, and the best form of that.
  private struct Group {
    /// In the order of the terms.
    let candidates: [MergeCandidate]
    let form: Form

    func joined(with other: Group) -> [MergeCandidate] {
      (candidates + other.candidates).sorted { $0.number < $1.number }
    }
  }

  /// Some terms as one merged sum, impossible if they have nothing in common.
  private func merged(_ candidates: [MergeCandidate]) -> Group {
    var best: Form = (candidates.map(\.term), .impossible)
    let hasDeltas = candidates.contains { !$0.frame.repeatedNames.isEmpty }
    for avoidsDeltas in hasDeltas ? [false, true] : [false] where work.allowsSearch {
      guard let sum = space.merged(candidates, avoidsDeltas: avoidsDeltas) else { continue }
      let cost = totalCost([sum])
      if cost < best.cost { best = ([sum], cost) }
    }
    return Group(candidates: candidates, form: best)
  }

  /// The cheapest of all partitions of at most four.
  private func bestPartition(_ groups: [Group]) -> [Group] {
    var known: [[Int]: Group] = [:]
    func part(_ members: [Int]) -> Group {
      if members.count == 1 { return groups[members[0]] }
      if let known = known[members] { return known }
      let group = merged(members.flatMap { groups[$0].candidates })
      known[members] = group
      return group
    }
    var best = groups
    var bestCost = groups.reduce(Cost.zero) { $0 + $1.form.cost }
    for partition in Self.partitions(of: Array(groups.indices)).dropFirst() {
      let parts = partition.map(part)
      let cost = parts.reduce(Cost.zero) { $0 + $1.form.cost }
      if cost < bestCost { (best, bestCost) = (parts, cost) }
    }
    return best
  }

  /// Two groups after another become one, those first that gain most. What two groups gain is found out once.
  private func greedyPartition(_ groups: [Group], _ threshold: Double) -> [Group] {
    var current = groups.enumerated().map { (number: $0, group: $1) }
    var next = current.count
    var pairs: [PairKey: Group] = [:]
    while current.count > 1, work.allowsSearch {
      var best: (gain: Double, i: Int, j: Int, group: Group)?
      for j in current.indices {
        let second = current[j].group.form.cost.nanoseconds
        guard second > max(threshold, 0.5 * (best?.gain ?? 0)) else { continue }
        for i in 0..<j {
          let first = current[i].group.form.cost.nanoseconds
          guard first > max(threshold, 0.5 * (best?.gain ?? 0)) else { continue }
          let key = PairKey(current[i].number, current[j].number)
          let pair = pairs[key] ?? merged(current[i].group.joined(with: current[j].group))
          pairs[key] = pair
          let gain = first + second - pair.form.cost.nanoseconds
          if gain > best?.gain ?? 0 { best = (gain, i, j, pair) }
        }
        work.spend(j / 8 + 1)
      }
      guard let best else { break }
      current.remove(at: best.j)
      current[best.i] = (next, best.group)
      next += 1
    }
    return current.map(\.group)
  }

  /// Two groups by their numbers.
  private struct PairKey: Hashable {
    let first: Int
    let second: Int

    init(_ first: Int, _ second: Int) { (self.first, self.second) = (min(first, second), max(first, second)) }
  }

  /// All partitions of a set of at most four.
  static func partitions(of members: [Int]) -> [[[Int]]] {
    members.reduce([[]]) { partial, member in
      partial.flatMap { partition in
        [partition + [[member]]]
          + partition.indices.map { i in
            var joined = partition
            joined[i].append(member)
            return joined
          }
      }
    }
  }

  // MARK: Prices

  /// The cost of terms and of the sums they need that nobody has planned yet, shared among their users.
  private func totalCost(_ terms: [Term]) -> Cost {
    terms.reduce(.zero) { total, term in
      unplannedSums(of: term).reduce(total + method(for: term).cost) { total, sum in
        total + cost(ofSum: sum) * (1 / Double(users[sum] ?? 1))
      }
    }
  }

  /// The cost of a term with the sums it needs as given.
  package func cost(of terms: [Term]) -> Cost { terms.reduce(.zero) { $0 + method(for: $1).cost } }

  private func cost(ofSum source: Int) -> Cost {
    if let known = sumCosts[source] { return known }
    guard case .sum(let sum) = space.sources[source] else { return .zero }
    var cost = cost(of: sum.terms)
    if sum.terms.count > 1 { cost += model.elementwise(space.size(ofShape: sum.shape)) }
    sumCosts[source] = cost
    return cost
  }

  /// How many sums are looked at for the price of a term: what lies deeper is shared with everything else.
  private static let visitLimit = 256

  /// The sums that a term needs, directly or not, and that are not planned yet. What planned sums need is planned, too.
  private func unplannedSums(of term: Term) -> [Int] {
    visits += 1
    marks += Array(repeating: 0, count: max(0, space.sources.count - marks.count))
    var found: [Int] = []
    func visit(_ source: Int) {
      guard marks[source] != visits else { return }
      marks[source] = visits
      if case .sum = space.sources[source], !planned.contains(source) { found.append(source) }
    }
    for factor in term.factors { visit(factor.source) }
    var next = 0
    while next < found.count, found.count < Self.visitLimit {
      for source in operands(ofSum: found[next]) { visit(source) }
      next += 1
    }
    work.spend(1 + found.count / 2)
    return found
  }

  /// The sums that the terms of a sum read.
  private func operands(ofSum source: Int) -> [Int] {
    if let known = dependencies[source] { return known }
    guard case .sum(let sum) = space.sources[source] else { return [] }
    var found: [Int] = []
    var seen: Set<Int> = []
    for term in sum.terms {
      for factor in term.factors where seen.insert(factor.source).inserted {
        if case .sum = space.sources[factor.source] { found.append(factor.source) }
      }
      work.spend(term.factors.count)
    }
    dependencies[source] = found
    return found
  }

  /// The cheapest method for one term.
  package func method(for term: Term) -> Method {
    let plain = order(term)
    var best = Method(term: term, packed: [], pairs: plain.pairs, cost: plain.cost + outputCost(term))
    // Halves take some steps more.
    guard plain.cost.nanoseconds > 2 * model.step, work.allowsSearch else { return best }
    if let symmetric = space.symmetricProduct(term) {
      let cost = cost(of: symmetric) + outputCost(term)
      if cost < best.cost { best = Method(term: term, packed: [], pairs: [], cost: cost, symmetric: symmetric) }
    }
    let pairs = space.exchangeablePairs(of: term)
    guard !pairs.isEmpty else { return best }
    var substitution = Substitution()
    var packed: [(direction: Label, axis: Label, packed: Label)] = []
    for pair in pairs {
      let extent = space.labels[pair.direction]
      packed.append((pair.direction, pair.axis, space.labels.fresh(extent * (extent + 1) / 2)))
      substitution[pair.direction] = AffineIndex(label: pair.direction)
    }
    let packedOrder = order(term, packed: packed)
    var cost = packedOrder.cost
    // Triangles are picked from the factors and spread over the output, one pair after another.
    for factor in term.factors {
      let touched = packed.filter { pair in factor.labels.contains { $0 == pair.direction || $0 == pair.axis } }
      if !touched.isEmpty { cost += model.gather(space.size(packedLabels(factor.labels, packed))) }
    }
    var sizes = space.size(packedLabels(term.outputLabels, packed))
    for pair in packed {
      let extent = Double(space.labels[pair.direction])
      sizes *= 2 * extent / (extent + 1)
      cost += model.gather(sizes)
    }
    cost += outputCost(term)
    if cost < best.cost { best = Method(term: term, packed: packed, pairs: packedOrder.pairs, cost: cost) }
    return best
  }

  /// Labels with those of packed pairs replaced.
  func packedLabels(
    _ labels: [Label], _ packed: [(direction: Label, axis: Label, packed: Label)]
  ) -> [Label] {
    var result: [Label] = []
    for label in labels {
      let name = packed.first { $0.direction == label || $0.axis == label }?.packed ?? label
      if !result.contains(name) { result.append(name) }
    }
    return result
  }

  private func outputCost(_ term: Term) -> Cost {
    let lookups = space.lookups(of: term)
    let size = space.size(lookups.freeLabels(of: term.directions + term.axes))
    let gathers = lookups.operands.filter { $0.indices.contains(where: lookups.reads) }
    return gathers.reduce(Cost(nanoseconds: model.element * size, flops: size)) { cost, factor in
      cost + model.gather(space.size(lookups.freeLabels(of: factor.indices)))
    }
  }

  private func order(
    _ term: Term, packed: [(direction: Label, axis: Label, packed: Label)] = []
  ) -> ContractionOrder {
    var bits: [Label] = []
    func mask(_ labels: [Label]) -> UInt64 {
      packedLabels(labels, packed).reduce(into: 0) { mask, label in
        let bit =
          bits.firstIndex(of: label)
          ?? {
            bits.append(label)
            return bits.count - 1
          }()
        mask |= 1 << UInt64(bit)
      }
    }
    let lookups = space.lookups(of: term)
    let factors = lookups.operands.map { mask(lookups.freeLabels(of: $0.indices)) }
    let output = mask(lookups.freeLabels(of: term.directions + term.axes))
    // A product over more labels than bits, of which each has an extent of 2 at least, fits no memory.
    guard bits.count <= 64 else { return ContractionOrder(pairs: [], cost: .impossible) }
    let problem = ContractionProblem(factors: factors, output: output, extents: bits.map { space.labels[$0] })
    work.spend(2 * term.weight)
    if let known = orders[problem] { return known }
    let order = problem.order(model, exactCount: work.allowsSearch ? 6 : 3)
    work.spend(problem.orderingWork)
    orders[problem] = order
    return order
  }
}

extension TermSpace {
  /// The product of the extents of labels.
  func size(_ labels: [Label]) -> Double { labels.reduce(1) { $0 * Double(self.labels[$1]) } }

  /// The product of extents.
  func size(ofShape shape: [Int]) -> Double { shape.reduce(1) { $0 * Double($1) } }
}
