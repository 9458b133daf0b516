/// The names of labels in a key: their places in a list.
struct LabelNames {
  private(set) var labels: [Label] = []

  /// The name of a label, if it has one. Terms have few labels, so that a search is faster than a table.
  subscript(label: Label) -> Int? { labels.firstIndex(of: label) }

  mutating func add(_ label: Label) { if !labels.contains(label) { labels.append(label) } }

  mutating func add(labelsOf indices: [AffineIndex]) {
    for index in indices { for part in index.descending { add(part.label) } }
  }
}

extension TermSpace {
  /// A key that is equal only for terms which are equal up to the names of labels.
  ///
  /// Output labels are numbered by their places, summed labels by what they touch, refined twice. Labels which that
  /// does not tell apart are numbered as they come, so equal terms may be missed; that costs speed only.
  func termKey(_ term: Term, withCoefficient: Bool = false) -> [Int] {
    var names = LabelNames()
    names.add(labelsOf: term.directions)
    names.add(labelsOf: term.axes)
    let factors = factorKey(of: term.factors, &names)
    var key: [Int] = []
    key.reserveCapacity(factors.count + 5 * (term.directions.count + term.axes.count) + 3)
    key.append(term.directions.count)
    key.append(term.axes.count)
    for index in term.directions { append(index, to: &key, names) }
    for index in term.axes { append(index, to: &key, names) }
    key += factors
    if withCoefficient { key.append(Int(bitPattern: UInt(truncatingIfNeeded: term.coefficient.bitPattern))) }
    return key
  }

  /// Keys of the factors, sorted and put together, after every label has been given a name.
  func factorKey(of factors: [Factor], _ names: inout LabelNames) -> [Int] {
    nameSummedLabels(of: factors, &names)
    var keys: [Int] = []
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(factors.count)
    for factor in factors {
      let start = keys.count
      keys.append(-1)
      keys.append(factor.source)
      append(factor, to: &keys, names)
      ranges.append(start..<keys.count)
    }
    work.spend(keys.count / 2)
    guard factors.count > 1 else { return keys }
    var sorted: [Int] = []
    sorted.reserveCapacity(keys.count)
    keys.withUnsafeBufferPointer { keys in
      ranges.sort { keys[$0].lexicographicallyPrecedes(keys[$1]) }
      for range in ranges { sorted.append(contentsOf: keys[range]) }
    }
    return sorted
  }

  /// Numbers labels without a name by what they touch.
  private func nameSummedLabels(of factors: [Factor], _ names: inout LabelNames) {
    var unnamed: [Label] = []
    for factor in factors {
      for index in factor.indices {
        for part in index.parts where names[part.label] == nil && !unnamed.contains(part.label) {
          unnamed.append(part.label)
        }
      }
    }
    guard unnamed.count > 1 else {
      if let label = unnamed.first { names.add(label) }
      return
    }
    var signatures = unnamed.map { labels[$0] }
    var looks: [Int] = []
    for _ in 0..<2 {
      var next = signatures
      for factor in factors {
        // What the factor looks like: sums over axes are free of order, so symmetric axes look the same.
        let classes = axisClasses[factor.source]
        looks.removeAll(keepingCapacity: true)
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
          for part in index.parts {
            guard let place = unnamed.firstIndex(of: part.label) else { continue }
            var mine = whole
            mine.add(looks[position])
            mine.add(part.stride)
            next[place] &+= mine.value
          }
        }
        work.spend(factor.indices.count)
      }
      signatures = next
    }
    let order = unnamed.indices.sorted { (signatures[$0], $0) < (signatures[$1], $1) }
    for i in order { names.add(unnamed[i]) }
  }

  /// The indices of a factor; those of axes that may be exchanged in an order of their own.
  private func append(_ factor: Factor, to key: inout [Int], _ names: LabelNames) {
    let classes = axisClasses[factor.source]
    guard zip(classes.indices, classes).contains(where: { $0 != $1 }) else {
      for index in factor.indices { append(index, to: &key, names) }
      return
    }
    var parts = factor.indices.map { index in
      var part: [Int] = []
      append(index, to: &part, names)
      return part
    }
    for first in classes.indices where classes[first] == first {
      let members = classes.indices.filter { classes[$0] == first }
      guard members.count > 1 else { continue }
      let sorted = members.map { parts[$0] }.sorted { $0.lexicographicallyPrecedes($1) }
      for (member, part) in zip(members, sorted) { parts[member] = part }
    }
    for part in parts { key += part }
  }

  private func append(_ index: AffineIndex, to key: inout [Int], _ names: LabelNames) {
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
struct Hasher64 {
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
