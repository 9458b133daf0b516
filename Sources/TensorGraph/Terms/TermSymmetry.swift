extension TermSpace {
  /// Classes of axes which may be exchanged without changing a sum: for each axis the first one of its class.
  func symmetricAxes(of terms: [Term], shape: [Int]) -> [Int] {
    var classes = Array(shape.indices)
    guard shape.count > 1, terms.count <= 16, work.allowsSearch else { return classes }
    var keys: [[Int]]?
    var looks: [Int]?
    for j in shape.indices {
      for i in 0..<j where shape[i] == shape[j] && shape[i] > 1 && classes[j] == j && classes[i] == i {
        let known = looks ?? axisLooks(of: terms, count: shape.count)
        looks = known
        // Most axes differ in what they touch, which is seen at once.
        guard known[i] == known[j] else { continue }
        let base = keys ?? sortedKeys(terms)
        keys = base
        let exchanged = terms.map { term in
          var term = term
          term.axes.swapAt(i, j)
          return term
        }
        if sortedKeys(exchanged) == base { classes[j] = i }
      }
    }
    return classes
  }

  /// A number for each axis, equal for axes that may be exchanged: what the labels of the axis touch, without names.
  private func axisLooks(of terms: [Term], count: Int) -> [Int] {
    var looks = [Int](repeating: 0, count: count)
    for term in terms {
      for (axis, index) in term.axes.enumerated() {
        var touched = 0
        for factor in term.factors {
          let classes = axisClasses[factor.source]
          for (position, other) in factor.indices.enumerated() {
            for part in other.parts where index.contains(part.label) {
              var touch = Hasher64(factor.source)
              touch.add(classes[position])
              touch.add(part.stride)
              touched &+= touch.value
            }
          }
        }
        var look = Hasher64(index.offset)
        for part in index.descending { look.add(part.stride) }
        look.add(touched)
        look.add(Int(bitPattern: UInt(truncatingIfNeeded: term.coefficient.bitPattern)))
        looks[axis] &+= look.value
      }
      work.spend(term.weight)
    }
    return looks
  }

  private func sortedKeys(_ terms: [Term]) -> [[Int]] {
    terms.map { termKey($0, withCoefficient: true) }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Pairs of a direction label and an axis label at the same place of equal windows, each of which may be exchanged
  /// alone without changing the term (Schwarz' symmetry, factor by factor).
  func exchangeablePairs(of term: Term) -> [(direction: Label, axis: Label)] {
    guard !term.directions.isEmpty, term.directions.count == term.axes.count, !hasLookups(term) else { return [] }
    var pairs: [(direction: Label, axis: Label)] = []
    for (direction, axis) in zip(term.directions, term.axes) {
      let (d, a) = (direction.descending, axis.descending)
      guard direction.offset == axis.offset, d.count == a.count else { return [] }
      for (d, a) in zip(d, a) {
        guard d.stride == a.stride, labels[d.label] == labels[a.label] else { return [] }
        if d.label != a.label { pairs.append((d.label, a.label)) }
      }
    }
    let outputs = term.outputLabels
    // A label that occurs in another place of the output too cannot be exchanged alone.
    let occurrences = (term.directions + term.axes).flatMap { $0.parts.map(\.label) }
    func isSingle(_ label: Label) -> Bool { occurrences.count { $0 == label } == 1 }
    var names = LabelNames()
    for label in outputs { names.add(label) }
    var scratch = names
    let key = factorKey(of: term.factors, &scratch)
    return pairs.filter { pair in
      guard isSingle(pair.direction), isSingle(pair.axis) else { return false }
      var exchange = Substitution(pair.direction, AffineIndex(label: pair.axis))
      exchange[pair.axis] = AffineIndex(label: pair.direction)
      var scratch = names
      return factorKey(of: term.factors.map { $0.substituting(exchange) }, &scratch) == key
    }
  }
}
