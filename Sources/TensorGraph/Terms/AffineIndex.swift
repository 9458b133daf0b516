/// A name that ranges over 0 ..< extent; the extents are in a `LabelTable`.
package typealias Label = Int

/// The extents of labels. Labels are never reused, so a table only grows.
package struct LabelTable: Sendable {
  package private(set) var extents: [Int] = []

  package init() {}

  package subscript(label: Label) -> Int { extents[label] }

  package mutating func fresh(_ extent: Int) -> Label {
    extents.append(extent)
    return extents.count - 1
  }

  /// A fresh label as an index; an extent of 1 needs no label.
  package mutating func freshIndex(_ extent: Int) -> AffineIndex {
    extent == 1 ? AffineIndex(0) : AffineIndex(label: fresh(extent))
  }
}

/// An affine form in labels, offset + Σ stride · label: the position along one axis.
///
/// Slices, padding, reshapes, one-hot directions and diagonals are substitutions in such forms and cost nothing.
package struct AffineIndex: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package var label: Label
    package var stride: Int
  }

  /// Labels with their strides. One, the common case, needs no memory of its own.
  package struct Parts: RandomAccessCollection, Hashable, Sendable {
    /// The label is -1 if there is none.
    private var first = Part(label: -1, stride: 0)
    private var rest: [Part] = []

    init() {}

    init(_ part: Part) { first = part }

    init(_ parts: [Part]) {
      guard let part = parts.first else { return }
      first = part
      rest = Array(parts.dropFirst())
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { first.label < 0 ? 0 : 1 + rest.count }
    package subscript(position: Int) -> Part { position == 0 ? first : rest[position - 1] }
  }

  package var offset: Int
  /// In increasing order of labels; no stride is zero.
  package private(set) var parts: Parts

  package init(_ offset: Int) {
    self.offset = offset
    parts = Parts()
  }

  package init(label: Label) {
    offset = 0
    parts = Parts(Part(label: label, stride: 1))
  }

  /// The form with the given strides; labels may repeat.
  package init(offset: Int, _ parts: [(label: Label, stride: Int)]) {
    self.init(offset)
    for part in parts { add(part.stride, times: part.label) }
  }

  package var isConstant: Bool { parts.isEmpty }

  /// The label that this form is, if it is nothing else.
  package var plainLabel: Label? {
    offset == 0 && parts.count == 1 && parts[0].stride == 1 ? parts[0].label : nil
  }

  package func contains(_ label: Label) -> Bool { parts.contains { $0.label == label } }

  private mutating func add(_ stride: Int, times label: Label) {
    guard stride != 0 else { return }
    guard !parts.isEmpty else {
      parts = Parts(Part(label: label, stride: stride))
      return
    }
    var all = Array(parts)
    let i = all.firstIndex { $0.label >= label } ?? all.count
    if i < all.count, all[i].label == label {
      all[i].stride += stride
      if all[i].stride == 0 { all.remove(at: i) }
    } else {
      all.insert(Part(label: label, stride: stride), at: i)
    }
    parts = Parts(all)
  }

  package mutating func add(_ other: AffineIndex, times factor: Int = 1) {
    offset += other.offset * factor
    for part in other.parts { add(part.stride * factor, times: part.label) }
  }

  package static func - (left: AffineIndex, right: AffineIndex) -> AffineIndex {
    var difference = left
    difference.add(right, times: -1)
    return difference
  }

  /// The form multiplied by a whole number.
  package func scaled(by factor: Int) -> AffineIndex {
    var result = AffineIndex(0)
    result.add(self, times: factor)
    return result
  }

  /// The form divided by a whole number, if that divides the offset and all strides.
  package func divided(by divisor: Int) -> AffineIndex? {
    guard offset.isMultiple(of: divisor), parts.allSatisfy({ $0.stride.isMultiple(of: divisor) }) else { return nil }
    var result = self
    result.offset /= divisor
    result.parts = Parts(parts.map { Part(label: $0.label, stride: $0.stride / divisor) })
    return result
  }

  /// The smallest and the largest value.
  package func range(_ labels: LabelTable) -> ClosedRange<Int> {
    var low = offset
    var high = offset
    for part in parts {
      let reach = part.stride * (labels[part.label] - 1)
      if reach < 0 { low += reach } else { high += reach }
    }
    return low...high
  }

  /// Parts from the largest stride to the smallest.
  package var descending: Parts {
    parts.count < 2 ? parts : Parts(parts.sorted { ($0.stride, $1.label) > ($1.stride, $0.label) })
  }

  /// Whether different values of the labels always give different values of the form: strides positive, each larger
  /// than the reach of all smaller ones together.
  package func isInjective(_ labels: LabelTable) -> Bool {
    var reach = 0
    for part in descending.reversed() {
      guard part.stride > reach else { return false }
      reach += part.stride * (labels[part.label] - 1)
    }
    return true
  }
}

/// Affine forms in place of labels.
package struct Substitution: Sendable {
  /// Few, so that a search is faster than a table.
  private var images: [(label: Label, image: AffineIndex)] = []

  package init() {}

  package init(_ label: Label, _ image: AffineIndex) { images = [(label, image)] }

  package var isEmpty: Bool { images.isEmpty }

  package subscript(label: Label) -> AffineIndex? {
    get { images.first { $0.label == label }?.image }
    set {
      images.removeAll { $0.label == label }
      if let newValue { images.append((label, newValue)) }
    }
  }

  package func callAsFunction(_ index: AffineIndex) -> AffineIndex {
    guard index.parts.contains(where: { part in images.contains { $0.label == part.label } }) else { return index }
    var result = AffineIndex(index.offset)
    for part in index.parts {
      if let image = self[part.label] {
        result.add(image, times: part.stride)
      } else {
        result.add(AffineIndex(label: part.label), times: part.stride)
      }
    }
    return result
  }

  /// One substitution after another.
  func followed(by next: Substitution) -> Substitution {
    var result = next
    for (label, image) in images { result[label] = next(image) }
    return result
  }
}

extension AxisSlice {
  /// What an index of the slice is on the axis.
  func position(of index: AffineIndex) -> AffineIndex {
    var moved = index.scaled(by: step)
    moved.offset += start
    return moved
  }
}
