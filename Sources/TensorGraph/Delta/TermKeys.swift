extension TermSpace {
  /// A key that is equal only for terms which are equal up to the names of labels.
  ///
  /// Output labels are numbered by their places, summed labels by what they touch, refined twice. Labels which that
  /// does not tell apart are numbered as they come, so equal terms may be missed; that costs speed only.
  func termKey(_ term: Term, withCoefficient: Bool = false) -> [Int] {
    var names: [Label: Int] = [:]
    for index in term.directions { for part in index.descending { name(part.label, &names) } }
    for index in term.axes { for part in index.descending { name(part.label, &names) } }
    let factors = nameSummedLabels(of: term.factors, &names)
    var key: [Int] = [term.directions.count, term.axes.count]
    for index in term.directions { append(index, to: &key, names) }
    for index in term.axes { append(index, to: &key, names) }
    for factor in factors { key += factor }
    if withCoefficient { key.append(Int(bitPattern: UInt(truncatingIfNeeded: term.coefficient.bitPattern))) }
    return key
  }

  private func name(_ label: Label, _ names: inout [Label: Int]) {
    if names[label] == nil { names[label] = names.count }
  }

  /// Keys of the factors, sorted, after every label has a name.
  func nameSummedLabels(of factors: [Factor], _ names: inout [Label: Int]) -> [[Int]] {
    var unnamed: [Label] = []
    for factor in factors {
      for index in factor.indices {
        for part in index.parts where names[part.label] == nil && !unnamed.contains(part.label) {
          unnamed.append(part.label)
        }
      }
    }
    if !unnamed.isEmpty {
      var signatures = [Int](repeating: 0, count: unnamed.count)
      for (i, label) in unnamed.enumerated() { signatures[i] = labels[label] }
      for _ in 0..<2 where unnamed.count > 1 {
        var next = signatures
        for factor in factors {
          // What the factor looks like: sums over axes are free of order, so symmetric axes look the same.
          let classes = axisClasses[factor.source]
          var looks: [Int] = []
          var whole = Hasher64(factor.source)
          var sum = 0
          for (position, index) in factor.indices.enumerated() {
            var look = Hasher64(classes[position])
            look.add(index.offset)
            for part in index.descending {
              look.add(part.stride)
              look.add(names[part.label] ?? signatures[unnamed.firstIndex(of: part.label)!])
            }
            looks.append(look.value)
            sum &+= look.value
          }
          whole.add(sum)
          for (position, index) in factor.indices.enumerated() {
            for part in index.parts where names[part.label] == nil {
              var mine = whole
              mine.add(looks[position])
              mine.add(part.stride)
              next[unnamed.firstIndex(of: part.label)!] &+= mine.value
            }
          }
        }
        signatures = next
      }
      let order = unnamed.indices.sorted { (signatures[$0], $0) < (signatures[$1], $1) }
      for i in order { names[unnamed[i]] = names.count }
    }
    return factors.map { factor in
      var parts = factor.indices.map { index in
        var part: [Int] = []
        append(index, to: &part, names)
        return part
      }
      // Axes that may be exchanged are put in order.
      let classes = axisClasses[factor.source]
      for first in classes.indices where classes[first] == first {
        let members = classes.indices.filter { classes[$0] == first }
        guard members.count > 1 else { continue }
        let sorted = members.map { parts[$0] }.sorted { $0.lexicographicallyPrecedes($1) }
        for (member, part) in zip(members, sorted) { parts[member] = part }
      }
      return parts.reduce(into: [-1, factor.source]) { $0 += $1 }
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private func append(_ index: AffineIndex, to key: inout [Int], _ names: [Label: Int]) {
    key.append(index.offset)
    key.append(index.parts.count)
    for part in index.descending {
      key.append(names[part.label] ?? -2 - part.label)
      key.append(part.stride)
      key.append(labels[part.label])
    }
  }

  /// Adds the coefficients of terms which are equal up to the names of labels; what adds up to zero vanishes.
  func combined(_ terms: [Term]) -> [Term] {
    if terms.count < 2 { return terms.filter { $0.coefficient != 0 } }
    var result: [Term] = []
    var place: [[Int]: Int] = [:]
    for term in terms {
      let key = termKey(term)
      if let i = place[key] {
        result[i].coefficient += term.coefficient
      } else {
        place[key] = result.count
        result.append(term)
      }
    }
    return result.filter { $0.coefficient != 0 }
  }
}

/// A small mixing function that gives the same values in every run (`Hasher` is seeded).
private struct Hasher64 {
  private(set) var value: Int

  init(_ seed: Int) {
    value = 0
    add(seed)
  }

  mutating func add(_ part: Int) {
    // The mixing step of splitmix64 (Steele, Lea & Flood, OOPSLA 2014).
    var z = UInt64(bitPattern: Int64(value)) &+ 0x9E37_79B9_7F4A_7C15 &+ UInt64(bitPattern: Int64(part))
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    value = Int(truncatingIfNeeded: z ^ (z >> 31))
  }
}
