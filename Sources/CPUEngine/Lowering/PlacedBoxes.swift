import TensorGraph

/// A tensor put together from boxes of elements that lie elsewhere: copied or added to their places, zero where no box
/// reaches.
///
/// Concatenations, zeros around a block, diagonals spread over a matrix and sums of those stay in this form while they
/// are moved and added, and are written once. Everything is counted in elements.
struct PlacedBoxes: Hashable {
  /// One axis of a box: an index is `stride` further on in the source, and `steps[k]` along axis k of the result.
  struct Axis: Hashable {
    var extent: Int
    var stride: Int
    var steps: [Int]
  }

  /// A box of an item's elements. Different elements go to different places.
  struct Part: Hashable {
    var item: Int
    /// The first element in the source.
    var offset: Int
    /// Its place in the result.
    var start: [Int]
    var axes: [Axis]

    var count: Int { axes.reduce(1) { $0 * $1.extent } }

    /// The places along one axis of the result between which the box lies.
    func range(_ k: Int) -> ClosedRange<Int> {
      var (low, high) = (start[k], start[k])
      for axis in axes {
        let span = axis.steps[k] * (axis.extent - 1)
        if span < 0 { low += span } else { high += span }
      }
      return low...high
    }

    /// Whether this and another part of the same result may have a place in common.
    ///
    /// Along an axis they have none if they lie in ranges that do not meet, or step past each other: places that are
    /// sums of multiples of steps agree only where the distance of the starts is a multiple of the steps' common divisor.
    func mayMeet(_ other: Part) -> Bool {
      start.indices.allSatisfy { k in
        guard range(k).overlaps(other.range(k)) else { return false }
        let step = (axes + other.axes).reduce(0) { greatestCommonDivisor($0, abs($1.steps[k])) }
        let distance = start[k] - other.start[k]
        return step == 0 ? distance == 0 : distance % step == 0
      }
    }
  }

  var shape: [Int]
  /// In the order in which they are added.
  var parts: [Part]
  /// Whether this is a sum, so that parts may overlap.
  var isSum: Bool

  /// The most parts that a concatenation follows into its operands for, and that a sum has.
  static let partLimit = 4096
  static let sumLimit = 256
  /// Up to how many parts are compared with each other.
  private static let comparisonLimit = 64

  init(shape: [Int], parts: [Part], isSum: Bool) {
    self.shape = shape
    self.parts = parts
    self.isSum = isSum
  }

  /// The elements that an access reads, without the zeros of its margins.
  init(_ item: Int, _ access: Access) {
    shape = access.axes.map(\.extent)
    isSum = false
    parts = []
    guard access.axes.allSatisfy({ $0.valid > 0 }) else { return }
    var part = Part(item: item, offset: access.offset, start: access.axes.map(\.first), axes: [])
    for (k, axis) in access.axes.enumerated() {
      part.offset += axis.first * axis.stride
      guard axis.valid > 1 else { continue }
      var steps = [Int](repeating: 0, count: shape.count)
      steps[k] = 1
      part.axes.append(Axis(extent: axis.valid, stride: axis.stride, steps: steps))
    }
    parts = [part]
  }

  var count: Int { shape.reduce(1, *) }

  /// Whether one part is all.
  private var isDense: Bool { parts.count == 1 && parts[0].count == count }

  /// How the elements are read where they lie, if they are one box along the axes.
  var access: Access? {
    guard parts.count == 1 else { return nil }
    let part = parts[0]
    var axes = zip(shape, part.start).map { extent, start in
      var axis = Access.Axis(extent: extent, stride: 0)
      (axis.first, axis.valid) = (start, 1)
      return axis
    }
    var offset = part.offset
    for axis in part.axes {
      guard let k = axis.steps.firstIndex(where: { $0 != 0 }), axis.steps[k] == 1, axes[k].valid == 1,
        axis.steps[(k + 1)...].allSatisfy({ $0 == 0 })
      else { return nil }
      axes[k].stride = axis.stride
      axes[k].valid = axis.extent
      offset -= axes[k].first * axis.stride
    }
    return Access(offset: offset, axes: axes)
  }

  /// Whether the first part is the whole, and lies just so in the `count` elements of its item.
  func startsWithAll(of count: Int) -> Bool {
    guard let first = parts.first else { return false }
    return PlacedBoxes(shape: shape, parts: [first], isSum: false).access?.isWhole(of: count) ?? false
  }

  /// Whether every element of the result is an element of exactly one part.
  var isTiling: Bool {
    guard parts.reduce(0, { $0 + $1.count }) == count else { return false }
    guard isSum else { return true }
    guard parts.count <= Self.comparisonLimit else { return false }
    return parts.indices.allSatisfy { i in !parts[..<i].contains { $0.mayMeet(parts[i]) } }
  }

  /// Whether parts that have no place in common are better written to their places than added to zeros: where they are everything, or
  /// so many that every element would be read as a zero too often.
  var isWorthPlacing: Bool { parts.count >= Self.scatteredParts || isTiling }

  /// As many parts are better placed, whatever lies between them.
  private static let scatteredParts = 4

  /// Whether this and another tensor of the same shape surely have no place in common.
  func isApart(from other: PlacedBoxes) -> Bool {
    parts.count * other.parts.count <= Self.comparisonLimit
      && parts.allSatisfy { part in !other.parts.contains { part.mayMeet($0) } }
  }

  /// The place of a part in the flat result if the part is all of an item's `count` elements, in their order and one
  /// after another: then it can be made there.
  func place(of part: Part, whole count: Int) -> Int? {
    guard part.count == count, part.offset == 0 else { return nil }
    let strides = Shape(shape).strides
    func flat(_ steps: [Int]) -> Int { zip(steps, strides).reduce(0) { $0 + $1.0 * $1.1 } }
    guard part.axes.allSatisfy({ $0.stride == flat($0.steps) }) else { return nil }
    return flat(part.start)
  }

  /// Up to how many runs a vector is read in.
  private static let runLimit = 1024

  /// The parts of a vector and how they are read, in the order of its elements, if they lie one after another in it and
  /// are everything. Nobody has to put such a vector together to read it in runs.
  var runs: [(item: Int, access: Access)]? {
    guard shape.count == 1, parts.count <= Self.runLimit else { return nil }
    var end = 0
    var runs: [(Int, Access)] = []
    for part in parts.sorted(by: { $0.start[0] < $1.start[0] }) {
      var step = 1
      for axis in part.axes.reversed() {
        guard axis.steps[0] == step else { return nil }
        step *= axis.extent
      }
      guard part.start[0] == end else { return nil }
      end += part.count
      runs.append(
        (
          part.item,
          Access(offset: part.offset, axes: part.axes.map { Access.Axis(extent: $0.extent, stride: $0.stride) })
        ))
    }
    return end == count ? runs : nil
  }

  /// The sum; a dense summand comes first, since the others can be added where it is.
  ///
  /// What lies side by side, here as in one item, becomes one part: another that comes between two in the order in which they are
  /// added must not meet any.
  func adding(_ other: PlacedBoxes) -> PlacedBoxes {
    let swaps = other.isDense && !isDense
    let (first, second) = swaps ? (other, self) : (self, other)
    var result = PlacedBoxes(shape: shape, parts: first.parts, isSum: true)
    for part in second.parts { result.add(part) }
    return result
  }

  /// Adds a part, to what lies beside it if there is something: it goes before others then, none of which meets it.
  private mutating func add(_ next: Part) {
    var (part, place) = (next, parts.count)
    var looked = 0
    var i = place - 1
    while i >= 0, looked < Self.neighbourLimit {
      if let joined = parts[i].joined(with: part) {
        parts.remove(at: i)
        (part, place) = (joined, i)
      } else if parts[i].mayMeet(part) {
        break
      }
      i -= 1
      looked += 1
    }
    parts.insert(part, at: place)
  }

  /// Up to how many parts are looked at for one beside another.
  private static let neighbourLimit = 16

  // MARK: Movement

  func permuted(_ order: [Int]) -> PlacedBoxes {
    var result = self
    result.shape = order.map { shape[$0] }
    for p in parts.indices {
      result.parts[p].start = order.map { parts[p].start[$0] }
      for a in parts[p].axes.indices { result.parts[p].axes[a].steps = order.map { parts[p].axes[a].steps[$0] } }
    }
    return result
  }

  func embedded(in target: Shape, _ slices: [AxisSlice]) -> PlacedBoxes {
    var result = self
    result.shape = target.dimensions
    for p in parts.indices {
      for (k, slice) in slices.enumerated() {
        result.parts[p].start[k] = slice.start + slice.step * parts[p].start[k]
        for a in parts[p].axes.indices { result.parts[p].axes[a].steps[k] *= slice.step }
      }
    }
    return result
  }

  /// The part in a window; nil where a box would have to be cut that is none then, or where elements are skipped.
  func sliced(_ slices: [AxisSlice]) -> PlacedBoxes? {
    var result = self
    result.shape = slices.map(\.count)
    for (k, slice) in slices.enumerated() where !slice.isAll(of: shape[k]) {
      guard slice.step == 1 else { return nil }
      var kept: [Part] = []
      for var part in result.parts {
        let range = part.range(k)
        let window = slice.start..<(slice.start + slice.count)
        guard range.overlaps(window) else { continue }
        if !(window.contains(range.lowerBound) && window.contains(range.upperBound)) {
          let moving = part.axes.indices.filter { part.axes[$0].steps[k] != 0 }
          guard moving.count == 1, part.axes[moving[0]].steps[k] == 1 else { return nil }
          let from = max(0, window.lowerBound - part.start[k])
          let to = min(part.axes[moving[0]].extent, window.upperBound - part.start[k])
          part.offset += from * part.axes[moving[0]].stride
          // An axis may run along a diagonal: then the part moves on in every direction that it has.
          for (place, step) in part.axes[moving[0]].steps.enumerated() { part.start[place] += from * step }
          part.axes[moving[0]].extent = to - from
          if to - from == 1 { part.axes.remove(at: moving[0]) }
        }
        part.start[k] -= slice.start
        kept.append(part)
      }
      result.parts = kept
    }
    return result
  }

  /// The same elements in row-major order under another shape; nil where boxes are none then.
  func reshaped(to target: [Int]) -> PlacedBoxes? {
    guard count > 0 else { return nil }
    let zeros = [Int](repeating: 0, count: target.count)
    var result = self
    result.shape = target
    for p in parts.indices {
      result.parts[p].start = zeros
      for a in parts[p].axes.indices { result.parts[p].axes[a].steps = zeros }
    }
    let old = shape.indices.filter { shape[$0] != 1 }
    let new = target.indices.filter { target[$0] != 1 }
    for (from, to) in Shape(old.map { shape[$0] }).groups(with: Shape(new.map { target[$0] })) {
      for p in parts.indices {
        guard result.parts[p].move(parts[p], shape, Array(old[from]), to: target, Array(new[to])) else { return nil }
      }
    }
    return result
  }
}

extension PlacedBoxes.Part {
  /// This and another part as one, if they are beside each other along one axis of the result, and in their item.
  func joined(with other: Self) -> Self? {
    guard item == other.item, let k = start.indices.first(where: { start[$0] != other.start[$0] }) else { return nil }
    guard start[k] < other.start[k] else { return other.joined(with: self) }
    let distance = other.start[k] - start[k]
    func along(_ axis: PlacedBoxes.Axis) -> Bool {
      axis.steps[k] == 1 && axis.steps.indices.allSatisfy { $0 == k || axis.steps[$0] == 0 }
    }
    guard start.indices.allSatisfy({ $0 == k || start[$0] == other.start[$0] }) else { return nil }
    // What is one element wide has no axis there.
    let (here, there) = (axes.firstIndex(where: along), other.axes.firstIndex(where: along))
    let extent = here.map { axes[$0].extent } ?? 1
    let stride = here.map { axes[$0].stride } ?? there.map { other.axes[$0].stride } ?? other.offset - offset
    guard distance == extent, other.offset == offset + extent * stride,
      there.map({ other.axes[$0].stride == stride }) ?? true
    else { return nil }
    var (mine, others) = (axes, other.axes)
    if let here { mine.remove(at: here) }
    if let there { others.remove(at: there) }
    // What steps along the result by other axes, too, would be told from others less easily (`mayMeet`).
    guard mine == others, mine.allSatisfy({ $0.steps[k] == 0 }) else { return nil }
    var axis = PlacedBoxes.Axis(
      extent: extent + (there.map { other.axes[$0].extent } ?? 1), stride: stride,
      steps: [Int](repeating: 0, count: start.count))
    axis.steps[k] = 1
    var result = self
    result.axes = mine
    let place = mine.firstIndex { axis in axis.steps[..<k].allSatisfy { $0 == 0 } } ?? mine.count
    result.axes.insert(axis, at: here ?? there ?? place)
    return result
  }
}

extension PlacedBoxes.Part {
  /// Sets the places along some axes of a result of shape `target`, which have taken the place of axes of `shape` along
  /// which `before` lies; false where the box is none then.
  fileprivate mutating func move(
    _ before: PlacedBoxes.Part, _ shape: [Int], _ old: [Int], to target: [Int], _ new: [Int]
  ) -> Bool {
    let oldStrides = Shape(old.map { shape[$0] }).strides
    let newStrides = Shape(new.map { target[$0] }).strides
    func flat(_ places: [Int]) -> Int { zip(old, oldStrides).reduce(0) { $0 + places[$1.0] * $1.1 } }
    func digits(_ flat: Int, _ set: (Int, Int) -> Void) {
      var rest = flat
      for (k, stride) in zip(new, newStrides) {
        set(k, rest / stride)
        rest %= stride
      }
    }
    digits(flat(before.start)) { start[$0] = $1 }
    // An axis may have become several, outer pieces first, when other axes were moved.
    var flats: [Int] = []
    for axis in before.axes {
      var inner = axis.extent
      while inner > 1 {
        inner /= axes[flats.count].extent
        flats.append(flat(axis.steps) * inner)
      }
    }
    var a = 0
    while a < axes.count {
      let step = flats[a]
      guard step >= 0 else { return false }
      // An axis that runs beyond one of the new axes becomes two.
      if let k = newStrides.firstIndex(where: { $0 <= step }) {
        let whole = newStrides[k] * target[new[k]]
        if k > 0, step * (axes[a].extent - 1) >= whole {
          let inner = whole / step
          guard whole % step == 0, inner > 1, axes[a].extent % inner == 0 else { return false }
          var outer = axes[a]
          outer.extent /= inner
          outer.stride *= inner
          for k in outer.steps.indices { outer.steps[k] *= inner }
          axes[a].extent = inner
          axes.insert(outer, at: a)
          flats.insert(whole, at: a)
          continue
        }
      }
      digits(step) { axes[a].steps[$0] = $1 }
      a += 1
    }
    return new.allSatisfy { range($0).upperBound < target[$0] }
  }
}
