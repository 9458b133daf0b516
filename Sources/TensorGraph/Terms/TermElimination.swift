extension TermSpace {
  /// The term with every summed label gone: factors which summed labels connect become one sum, remembered as such.
  ///
  /// This bounds the factors of a term and lets terms share what they have in common.
  func eliminated(_ term: Term) -> Term {
    var term = term
    let output = placeLabels(of: term)
    while true {
      work.spend(term.weight)
      guard let first = term.factorLabels.first(where: { !output.contains($0) }) else { return term }
      // All factors reached from one summed label through summed labels.
      var summed = [first]
      var mine: [Factor] = []
      var rest = term.factors
      var grew = true
      while grew {
        grew = false
        for i in rest.indices.reversed() where rest[i].labels.contains(where: summed.contains) {
          for label in rest[i].labels where !output.contains(label) && !summed.contains(label) { summed.append(label) }
          mine.append(rest.remove(at: i))
          grew = true
        }
      }
      mine.sort { $0.source < $1.source }
      var kept: [Label] = []
      for factor in mine {
        for label in factor.labels where output.contains(label) && !kept.contains(label) { kept.append(label) }
      }
      if mine.count < term.factors.count, hasLookups(term) { (mine, kept) = lookedUp(mine, kept, of: term) }
      let axes = kept.map { AffineIndex(label: $0) }
      let sum = source(of: [Term(factors: mine, axes: axes)], shape: kept.map { labels[$0] })
      term.factors = rest + [Factor(source: sum, indices: axes)]
    }
  }

  /// Factors of a term, and labels that they share with it, where labels follow from others of these: over both there would
  /// be far more elements than are read.
  private func lookedUp(_ factors: [Factor], _ kept: [Label], of term: Term) -> (factors: [Factor], kept: [Label]) {
    let lookups = lookups(of: term)
    var (factors, kept) = (factors, kept)
    for label in kept where lookups[label] != nil {
      let index = AffineIndex(label: label)
      let free = lookups.freeLabels(of: [index])
      guard free.contains(where: kept.contains) else { continue }
      let chain = lookups.freeLabels(of: [index], withDetermined: true)
      for factor in term.factors where isLookup(factor.source) && !factors.contains(factor) {
        if let label = factor.indices[0].plainLabel, chain.contains(label) { factors.append(factor) }
      }
      kept.removeAll { $0 == label }
      kept += free.filter { !kept.contains($0) }
    }
    return (factors, kept)
  }

  /// The term with no more factors than a few, if it can be had: factors over the same labels become one, remembered as
  /// such. A long chain of elementwise functions would have a factor for each.
  func withFewFactors(_ term: Term) -> Term {
    guard term.factors.count > Self.factorLimit else { return term }
    var groups: [[Label]: [Int]] = [:]
    var order: [[Label]] = []
    var factors: [Factor] = []
    for (i, factor) in term.factors.enumerated() {
      // A mask must find what may be infinite, and places must find what they follow from.
      let isKept =
        switch sources[factor.source] {
        case .node(let node): isSingular(node)
        case .sum: false
        case .lookup: true
        }
      if isKept {
        factors.append(factor)
        continue
      }
      let labels = factor.labels.sorted()
      if groups[labels] == nil { order.append(labels) }
      groups[labels, default: []].append(i)
    }
    work.spend(2 * term.weight)
    for labels in order {
      let members = groups[labels]!.map { term.factors[$0] }
      guard members.count > 1 else {
        factors += members
        continue
      }
      let axes = labels.map { AffineIndex(label: $0) }
      let product = source(of: [Term(factors: members, axes: axes)], shape: labels.map { self.labels[$0] })
      factors.append(Factor(source: product, indices: axes))
    }
    var result = term
    result.factors = factors
    return result
  }

  /// One level opened: sums of a single term are replaced by its factors. Nil if there is none.
  ///
  /// - Parameter isWanted: which sources are opened, by their numbers.
  func inlined(_ term: Term, where isWanted: (Int) -> Bool = { _ in true }) -> Term? {
    work.spend(2 * term.weight)
    var factors: [Factor] = []
    var coefficient = term.coefficient
    var found = false
    for factor in term.factors {
      guard case .sum(let sum) = sources[factor.source], sum.terms.count == 1, isWanted(factor.source),
        let inner = opened(sum.terms[0], sum.shape, at: factor.indices)
      else {
        factors.append(factor)
        continue
      }
      coefficient *= sum.terms[0].coefficient
      factors += inner
      found = true
    }
    guard found else { return nil }
    var result = Term(coefficient: coefficient, factors: factors, directions: term.directions, axes: term.axes)
    // A sum may repeat along an axis: then the label of that axis is gone from the factors.
    absorbIdleLabels(before: term.labels, &result)
    return normalized(result)
  }

  /// The factors of a term whose axes are plain distinct labels over the whole of each axis, read at other indices.
  private func opened(_ term: Term, _ shape: [Int], at indices: [AffineIndex]) -> [Factor]? {
    var substitution = Substitution()
    for (axis, index) in indices.enumerated() where shape[axis] > 1 {
      guard let label = term.axes[axis].plainLabel, labels[label] == shape[axis], substitution[label] == nil else {
        return nil
      }
      substitution[label] = index
    }
    for label in term.factorLabels where substitution[label] == nil {
      substitution[label] = labels.freshIndex(labels[label])
    }
    return term.factors.map { $0.substituting(substitution) }
  }

  /// Terms made dense: for each shape of direction windows one sum with an axis for each direction label, and the term
  /// that reads it. Windows stay; deltas are lost.
  func materialized(_ terms: [Term], shape: Shape) -> [Term] {
    grouped(terms) { $0.directions }.map { group in
      let extents = group.pattern.flatMap { window in
        stride(from: 1, to: window.count, by: 2).map { window[$0 + 1] }
      }
      let sums = group.terms.map { term in
        let digits = term.directions.flatMap { index in index.descending.map { AffineIndex(label: $0.label) } }
        return Term(coefficient: term.coefficient, factors: term.factors, axes: digits + term.axes)
      }
      let dense = source(of: sums, shape: extents + shape.dimensions)
      let digits = extents.map { labels.freshIndex($0) }
      let axes = shape.dimensions.map { labels.freshIndex($0) }
      var next = 0
      let directions = group.pattern.map { window in
        var index = AffineIndex(window[0])
        for i in stride(from: 1, to: window.count, by: 2) {
          index.add(digits[next], times: window[i])
          next += 1
        }
        return index
      }
      return Term(factors: [Factor(source: dense, indices: digits + axes)], directions: directions, axes: axes)
    }
  }

  /// Terms of which those that put elements in the same places are added up. Where layers add to what passes by, there
  /// would be a term for each.
  ///
  /// - Parameters:
  ///   - factorCount: how many factors terms have at most that are added: one, and nothing is lost.
  ///   - enlarges: whether a sum may have more elements than each factor has.
  func withLikeTermsAdded(_ terms: [Term], factorCount: Int, enlarges: Bool = true) -> [Term] {
    var result: [Term] = []
    var groups: [[Int]: [Term]] = [:]
    var order: [[Int]] = []
    for term in terms {
      let (frame, lookups, box) = (frame(of: term), lookups(of: term), boxLabels(of: term))
      let factors = term.factors.filter { !isLookup($0.source) }.map { lookups.freeLabels(of: $0.indices) }
      let labels = factors.reduce(into: Set()) { $0.formUnion($1) }
      guard (1...factorCount).contains(factors.count), box.allSatisfy(labels.contains),
        enlarges || factors.contains(where: { size($0) >= size(box) })
      else {
        result.append(term)
        continue
      }
      let places = termKey(frame)
      if groups[places] == nil { order.append(places) }
      groups[places, default: []].append(term)
    }
    for places in order {
      let members = groups[places]!
      guard members.count > 1 else {
        result += members
        continue
      }
      // Labels in the order in which the key names them, so that those of all members correspond.
      func axes(_ term: Term) -> [Label] {
        var names = LabelNames()
        names.add(labelsOf: term.directions)
        names.add(labelsOf: term.axes)
        _ = factorKey(of: frame(of: term).factors, &names)
        let box = boxLabels(of: term)
        return names.labels.filter(box.contains)
      }
      let sums = members.compactMap { term in
        withSimpleLookups(
          Term(coefficient: term.coefficient, factors: term.factors, axes: axes(term).map { AffineIndex(label: $0) }))
      }
      var sum = members[0]
      let shared = axes(sum)
      let multiple = multiple(of: sums, shape: shared.map { labels[$0] })
      sum.coefficient = multiple.coefficient
      sum.factors =
        frame(of: sum).factors + [Factor(source: multiple.source, indices: shared.map { AffineIndex(label: $0) })]
      result.append(sum)
    }
    return result
  }

  /// Where a term puts elements, without what it puts there.
  private func frame(of term: Term) -> Term {
    Term(factors: term.factors.filter { isLookup($0.source) }, directions: term.directions, axes: term.axes)
  }

  /// Terms by where some of their indices put their labels, in order of occurrence.
  func grouped(
    _ terms: [Term], by indices: (Term) -> [AffineIndex]
  ) -> [(pattern: [[Int]], terms: [Term])] {
    var groups: [(pattern: [[Int]], terms: [Term])] = []
    var place: [[[Int]]: Int] = [:]
    for term in terms {
      let pattern = windowPattern(indices(term))
      work.spend(pattern.count + 1)
      if let i = place[pattern] {
        groups[i].terms.append(term)
      } else {
        place[pattern] = groups.count
        groups.append((pattern, [term]))
      }
    }
    return groups
  }

  /// Offset, then stride and extent of each digit, for each index: where indices put their labels, without names.
  func windowPattern(_ indices: [AffineIndex]) -> [[Int]] {
    indices.map { index in
      index.descending.reduce(into: [index.offset]) { $0 += [$1.stride, labels[$1.label]] }
    }
  }
}
