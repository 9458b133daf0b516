/// Sets of elements of a variable, each stored once and named by a number.
///
/// Nothing, everything, single elements and ranges take no memory beyond their name; other sets are increasing lists in
/// one array. Elements that depend on the same things thus share one set, and memory is proportional to what differs.
/// When the lists exceed a budget, further sets become the whole variable: a superset, hence still sound.
struct DependencySets {
  typealias Name = Int32

  static let empty: Name = 0
  static let everything: Name = 1

  /// The set of one element.
  static func single(_ element: Int) -> Name { Name(element + 2) }

  /// The number of elements of the variable.
  let elementCount: Int
  /// How many list elements may be stored.
  private let budget: Int
  /// Where each set starts in `members`, and its size.
  private var starts: [Int]
  private var sizes: [Int32]
  /// All elements of the variable in order, of which ranges are parts; behind them the lists.
  private var members: [Int32]
  /// The number of the last union in which an element was seen.
  private var seen: [Int32] = []
  private var unionNumber: Int32 = 0
  private var scratch: [Int32] = []
  /// Unions of two sets made lately, by a hash of their names: rows of a batch ask for the same ones again and again.
  private var recentPairs = [UInt64](repeating: 0, count: 1 << 12)
  private var recentUnions = [Name](repeating: DependencySets.empty, count: 1 << 12)

  init(elementCount: Int, budget: Int) {
    self.elementCount = elementCount
    self.budget = budget
    starts = [0, 0] + Array(0..<elementCount)
    sizes = [0, Int32(elementCount)] + [Int32](repeating: 1, count: elementCount)
    members = Array(0..<Int32(elementCount))
  }

  /// The number of elements of a set.
  func size(_ set: Name) -> Int { Int(sizes[Int(set)]) }

  /// The elements of a set, increasing.
  func elements(_ set: Name) -> ArraySlice<Int32> {
    members[starts[Int(set)]..<starts[Int(set)] + Int(sizes[Int(set)])]
  }

  func contains(_ set: Name, _ element: Int) -> Bool {
    let list = elements(set)
    var (low, high) = (list.startIndex, list.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < list.endIndex && list[low] == element
  }

  /// The elements of either set.
  ///
  /// - Complexity: O(1) for ranges that touch and for a pair that was asked for lately, else O(size of both).
  mutating func union(_ a: Name, _ b: Name) -> Name {
    let (sizeA, sizeB) = (Int(sizes[Int(a)]), Int(sizes[Int(b)]))
    if a == b || sizeB == 0 || sizeA == elementCount { return a }
    if sizeA == 0 || sizeB == elementCount { return b }
    // Names are not both 0 here, so no pair is taken for an unused place.
    let pair = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
    let place = Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 52)
    if recentPairs[place] == pair { return recentUnions[place] }
    let result = newUnion(a, b, sizeA, sizeB)
    recentPairs[place] = pair
    recentUnions[place] = result
    return result
  }

  private mutating func newUnion(_ a: Name, _ b: Name, _ sizeA: Int, _ sizeB: Int) -> Name {
    let (startA, startB) = (starts[Int(a)], starts[Int(b)])
    if startA < elementCount, startB < elementCount {
      let (start, end) = (min(startA, startB), max(startA + sizeA, startB + sizeB))
      if end - start == sizeA { return a }
      if end - start == sizeB { return b }
      if end - start <= sizeA + sizeB { return add(start: start, size: end - start) }
    }
    if members.count + sizeA + sizeB > elementCount + budget { return DependencySets.everything }
    let base = members.count
    members.append(contentsOf: repeatElement(0, count: sizeA + sizeB))
    let size = members.withUnsafeMutableBufferPointer { members in
      var (i, j, k) = (startA, startB, base)
      let (endA, endB) = (startA + sizeA, startB + sizeB)
      while i < endA, j < endB {
        let (left, right) = (members[i], members[j])
        members[k] = min(left, right)
        i += left <= right ? 1 : 0
        j += right <= left ? 1 : 0
        k += 1
      }
      while i < endA {
        members[k] = members[i]
        (i, k) = (i + 1, k + 1)
      }
      while j < endB {
        members[k] = members[j]
        (j, k) = (j + 1, k + 1)
      }
      return k - base
    }
    if size == sizeA || size == sizeB {
      members.removeLast(members.count - base)
      return size == sizeA ? a : b
    }
    return addList(from: base, size: size)
  }

  /// The elements of any of the sets.
  ///
  /// - Complexity: O(sum of sizes), and sorting if lists interleave.
  mutating func union(_ sets: some Collection<Name>) -> Name {
    var result = DependencySets.empty
    var rest = sets.startIndex
    // Sets in order that touch each other, such as a range of single elements, grow one range.
    var (low, high) = (0, 0)
    var grown = false
    while rest < sets.endIndex {
      let set = sets[rest]
      let (start, size) = (starts[Int(set)], Int(sizes[Int(set)]))
      if size == elementCount { return set }
      if size > 0 {
        if high == low {
          result = set
          guard start < elementCount else { break }
          (low, high) = (start, start + size)
        } else if set != result {
          guard start < elementCount, start <= high, low <= start + size else { break }
          let (newLow, newHigh) = (min(low, start), max(high, start + size))
          if (newLow, newHigh) != (low, high) {
            (low, high) = (newLow, newHigh)
            grown = true
          }
        }
      }
      rest = sets.index(after: rest)
    }
    if grown { result = add(start: low, size: high - low) }
    if rest == sets.endIndex { return result }
    return collect(result, sets[rest...])
  }

  private mutating func collect(_ first: Name, _ rest: some Collection<Name>) -> Name {
    if seen.isEmpty { seen = [Int32](repeating: 0, count: elementCount) }
    if unionNumber == .max {
      seen = [Int32](repeating: 0, count: elementCount)
      unionNumber = 0
    }
    unionNumber += 1
    scratch.removeAll(keepingCapacity: true)
    var isSorted = true
    var largest = 0
    var largestSet = first
    var previous = DependencySets.empty
    func gather(_ set: Name, _ pool: inout DependencySets) {
      if pool.size(set) > largest {
        largest = pool.size(set)
        largestSet = set
      }
      let start = pool.starts[Int(set)]
      for position in start..<start + Int(pool.sizes[Int(set)]) {
        let element = pool.members[position]
        if pool.seen[Int(element)] == pool.unionNumber { continue }
        pool.seen[Int(element)] = pool.unionNumber
        if let last = pool.scratch.last, last > element { isSorted = false }
        pool.scratch.append(element)
      }
    }
    gather(first, &self)
    for set in rest where set != previous {
      if size(set) == elementCount { return set }
      gather(set, &self)
      previous = set
    }
    if scratch.count == largest { return largestSet }
    if scratch.count == elementCount { return DependencySets.everything }
    if !isSorted { scratch.sort() }
    if Int(scratch.last! - scratch.first!) + 1 == scratch.count {
      return add(start: Int(scratch.first!), size: scratch.count)
    }
    if members.count + scratch.count > elementCount + budget { return DependencySets.everything }
    let base = members.count
    members.append(contentsOf: scratch)
    return add(start: base, size: scratch.count)
  }

  /// Names the list of the given size that begins at `base`, the end of what was stored before.
  private mutating func addList(from base: Int, size: Int) -> Name {
    let (first, last) = (members[base], members[base + size - 1])
    if Int(last - first) + 1 == size {
      members.removeLast(members.count - base)
      return add(start: Int(first), size: size)
    }
    members.removeLast(members.count - base - size)
    return add(start: base, size: size)
  }

  private mutating func add(start: Int, size: Int) -> Name {
    if size == elementCount, elementCount > 1 { return DependencySets.everything }
    guard starts.count < Int(Int32.max) else { return DependencySets.everything }
    starts.append(start)
    sizes.append(Int32(size))
    return Name(starts.count - 1)
  }
}
