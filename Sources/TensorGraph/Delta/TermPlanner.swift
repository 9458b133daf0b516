/// Chooses how sums of terms are computed: what is opened, what is merged, in which order factors are multiplied, and
/// which products are packed. One function prices a term and decides its method.
package final class TermPlanner {
  package let space: TermSpace
  package let model: CostModel
  /// Sums that are planned already and cost nothing more.
  private var planned: Set<Int> = []
  /// How many output terms need a sum.
  private var users: [Int: Int] = [:]
  private var dependencies: [Int: [Int]] = [:]
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
      for term in terms { for sum in sums(neededBy: term) { users[sum, default: 0] += 1 } }
    }
    var groups: [(pattern: [[Int]], terms: [Term])] = []
    for term in terms {
      let pattern = space.windowPattern(term.directions + term.axes)
      if let i = groups.firstIndex(where: { $0.pattern == pattern }) {
        groups[i].terms.append(term)
      } else {
        groups.append((pattern, [term]))
      }
    }
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
      for level in 0..<8 {
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
    for term in best.terms { planned.formUnion(sums(neededBy: term)) }
    return best.terms
  }

  /// The best partition of terms into merged sums: all partitions up to four terms, pairwise greedy above.
  private func merging(_ terms: [Term]) -> (terms: [Term], cost: Cost) {
    let candidates = terms.map(MergeCandidate.init)
    var known: [[Int]: (terms: [Term], cost: Cost)] = [:]
    func part(_ members: [Int]) -> (terms: [Term], cost: Cost) {
      let members = members.sorted()
      if let known = known[members] { return known }
      let chosen = members.map { candidates[$0] }
      let single = members.count == 1
      var best: (terms: [Term], cost: Cost) = (chosen.map(\.term), single ? totalCost([chosen[0].term]) : .impossible)
      if !single {
        let hasDeltas = chosen.contains { !$0.frame.repeatedNames.isEmpty }
        for avoidsDeltas in hasDeltas ? [false, true] : [false] {
          guard let sum = space.merged(chosen, avoidsDeltas: avoidsDeltas) else { continue }
          let cost = totalCost([sum])
          if cost < best.cost { best = ([sum], cost) }
        }
      }
      known[members] = best
      return best
    }
    func price(_ partition: [[Int]]) -> Cost { partition.reduce(.zero) { $0 + part($1).cost } }
    // Merging saves at most about the cheaper of two terms; what cannot save a hundredth is not tried.
    let total = price(terms.indices.map { [$0] })
    let threshold = max(model.planningThreshold, 0.01 * total.nanoseconds)
    let worthwhile = terms.indices.filter { part([$0]).cost.nanoseconds > threshold }
    let rest = terms.indices.filter { !worthwhile.contains($0) }.map { [$0] }
    var partitions: [[[Int]]]
    if worthwhile.count <= 4 {
      partitions = Self.partitions(of: worthwhile)
    } else {
      var current = worthwhile.map { [$0] }
      while current.count > 1 {
        var best: (gain: Double, i: Int, j: Int)?
        for j in current.indices {
          for i in 0..<j {
            let separate = (part(current[i]).cost.nanoseconds, part(current[j]).cost.nanoseconds)
            guard min(separate.0, separate.1) > max(threshold, 0.5 * (best?.gain ?? 0)) else { continue }
            let gain = separate.0 + separate.1 - part(current[i] + current[j]).cost.nanoseconds
            if gain > best?.gain ?? 0 { best = (gain, i, j) }
          }
        }
        guard let best else { break }
        current[best.i] += current.remove(at: best.j)
      }
      partitions = [current]
    }
    var best = partitions[0] + rest
    var bestCost = price(best)
    for partition in partitions.dropFirst() {
      let cost = price(partition + rest)
      if cost < bestCost { (best, bestCost) = (partition + rest, cost) }
    }
    return (best.flatMap { part($0).terms }, bestCost)
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
      sums(neededBy: term).reduce(total + method(for: term).cost) { total, sum in
        planned.contains(sum) ? total : total + cost(ofSum: sum) * (1 / Double(users[sum] ?? 1))
      }
    }
  }

  /// The cost of a term with the sums it needs as given.
  package func cost(of terms: [Term]) -> Cost { terms.reduce(.zero) { $0 + method(for: $1).cost } }

  private func cost(ofSum source: Int) -> Cost {
    if let known = sumCosts[source] { return known }
    guard case .sum(let sum) = space.sources[source] else { return .zero }
    var cost = cost(of: sum.terms)
    if sum.terms.count > 1 { cost += model.elementwise(Double(sum.shape.reduce(1, *))) }
    sumCosts[source] = cost
    return cost
  }

  /// All sums that a term needs, directly or not.
  private func sums(neededBy term: Term) -> [Int] {
    var found: [Int] = []
    var pending = term.factors.map(\.source)
    while let source = pending.popLast() {
      guard case .sum(let sum) = space.sources[source], !found.contains(source) else { continue }
      found.append(source)
      if let known = dependencies[source] {
        for other in known where !found.contains(other) { found.append(other) }
      } else {
        for term in sum.terms { pending += term.factors.map(\.source) }
      }
    }
    if term.factors.count == 1, dependencies[term.factors[0].source] == nil {
      dependencies[term.factors[0].source] = found
    }
    return found
  }

  /// The cheapest method for one term.
  package func method(for term: Term) -> Method {
    let plain = order(term)
    var best = Method(term: term, packed: [], pairs: plain.pairs, cost: plain.cost + outputCost(term))
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
    let size = space.size(term.outputLabels)
    return Cost(nanoseconds: model.element * size, flops: size)
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
    let factors = term.factors.map { mask($0.labels) }
    let output = mask(term.outputLabels)
    precondition(bits.count <= 64, "a term has at most 64 labels")
    let problem = ContractionProblem(factors: factors, output: output, extents: bits.map { space.labels[$0] })
    if let known = orders[problem] { return known }
    let order = problem.order(model)
    orders[problem] = order
    return order
  }
}

extension TermSpace {
  /// The product of the extents of labels.
  func size(_ labels: [Label]) -> Double { labels.reduce(1) { $0 * Double(self.labels[$1]) } }
}
