/// The solutions of an equation or restriction between affine indices.
package enum IndexSolution: Sendable {
  /// No values of the labels solve it.
  case impossible
  /// Exactly the values which the substitution leaves solve it.
  case substitution(Substitution)
  /// The solutions are not affine, or not seen to be.
  case unknown
}

extension LabelTable {
  /// Labels for which two forms are equal (`unify`): the law behind diagonals, elements and repeated labels.
  package mutating func solve(_ a: AffineIndex, equals b: AffineIndex) -> IndexSolution {
    let form = a - b
    let range = form.range(self)
    if !range.contains(0) { return .impossible }
    if form.isConstant { return .substitution(Substitution()) }
    if let solution = solveByDigits(form) { return solution }
    if form.parts.count == 2, form.parts[0].stride == -form.parts[1].stride { return solvePair(form) }
    if let solution = solvePairwise(form) { return solution }
    // A label of stride 1 that can take every value of the rest.
    for part in form.parts where abs(part.stride) == 1 {
      var rest = form
      rest.add(AffineIndex(label: part.label), times: -part.stride)
      let image = rest.scaled(by: -part.stride)
      let reach = image.range(self)
      if reach.lowerBound >= 0, reach.upperBound < self[part.label] {
        return .substitution(Substitution(part.label, image))
      }
    }
    return .unknown
  }

  /// All strides of one sign: the offset fixes every digit.
  private func solveByDigits(_ form: AffineIndex) -> IndexSolution? {
    let positive = form.parts[0].stride > 0 ? form : form.scaled(by: -1)
    guard positive.isInjective(self) else { return nil }
    var rest = -positive.offset
    var substitution = Substitution()
    for part in positive.descending {
      // Digits below this one reach less than one stride, so the quotient is the digit.
      let digit = rest / part.stride
      guard rest >= 0, digit < self[part.label] else { return .impossible }
      substitution[part.label] = AffineIndex(digit)
      rest -= digit * part.stride
    }
    return rest == 0 ? .substitution(substitution) : .impossible
  }

  /// s (l - m) + c = 0: one label over the values that both can take.
  private mutating func solvePair(_ form: AffineIndex) -> IndexSolution {
    let (l, m) = (form.parts[0], form.parts[1])
    guard form.offset.isMultiple(of: l.stride) else { return .impossible }
    let difference = -form.offset / l.stride  // l = m + difference
    let low = max(0, difference)
    let high = min(self[l.label] - 1, self[m.label] - 1 + difference)
    guard low <= high else { return .impossible }
    var substitution = Substitution()
    if difference == 0, self[l.label] == self[m.label] {
      substitution[m.label] = AffineIndex(label: l.label)
      return .substitution(substitution)
    }
    var image = freshIndex(high - low + 1)
    image.offset += low
    substitution[l.label] = image
    image.offset -= difference
    substitution[m.label] = image
    return .substitution(substitution)
  }

  /// Two forms with the same digits, offset 0: equal digit by digit.
  private func solvePairwise(_ form: AffineIndex) -> IndexSolution? {
    guard form.offset == 0, form.parts.count.isMultiple(of: 2) else { return nil }
    let positive = AffineIndex(offset: 0, form.parts.filter { $0.stride > 0 }.map { ($0.label, $0.stride) })
    let negative = AffineIndex(offset: 0, form.parts.filter { $0.stride < 0 }.map { ($0.label, -$0.stride) })
    let (left, right) = (positive.descending, negative.descending)
    guard left.count == right.count, positive.isInjective(self) else { return nil }
    var substitution = Substitution()
    for (l, r) in zip(left, right) {
      guard l.stride == r.stride, self[l.label] == self[r.label] else { return nil }
      substitution[r.label] = AffineIndex(label: l.label)
    }
    return .substitution(substitution)
  }

  /// Labels for which a form lies in start + step · (0 ..< count), the law of slices.
  package mutating func restrict(_ form: AffineIndex, to slice: AxisSlice) -> IndexSolution {
    guard slice.count > 0 else { return .impossible }
    let last = slice.start + slice.step * (slice.count - 1)
    let window = min(slice.start, last)...max(slice.start, last)
    let step = abs(slice.step)
    let range = form.range(self)
    if !range.overlaps(window) { return .impossible }
    let inside = range.lowerBound >= window.lowerBound && range.upperBound <= window.upperBound
    let aligned = (form.offset - slice.start).isMultiple(of: step)
    if inside, form.parts.allSatisfy({ $0.stride.isMultiple(of: step) }) {
      return aligned ? .substitution(Substitution()) : .impossible
    }
    if form.parts.count == 1 { return restrictLabel(form, window: window, start: slice.start, step: step) }
    guard step == 1, let outer = form.descending.first, outer.stride > 0 else { return .unknown }
    // Several labels: exact if for each value of the outermost one the others are wholly inside or wholly outside.
    var inner = form
    inner.add(AffineIndex(label: outer.label), times: -outer.stride)
    let reach = inner.range(self)
    var kept: [Int] = []
    for value in 0..<self[outer.label] {
      let low = reach.lowerBound + value * outer.stride
      let high = reach.upperBound + value * outer.stride
      if low >= window.lowerBound, high <= window.upperBound {
        kept.append(value)
      } else if high >= window.lowerBound, low <= window.upperBound {
        return .unknown
      }
    }
    guard let first = kept.first else { return .impossible }
    var image = freshIndex(kept.count)
    image.offset += first
    return .substitution(Substitution(outer.label, image))
  }

  /// One label with any stride: the values inside are an arithmetic progression.
  private mutating func restrictLabel(
    _ form: AffineIndex, window: ClosedRange<Int>, start: Int, step: Int
  ) -> IndexSolution {
    let part = form.parts[0]
    // Values inside the window; a negative stride runs through it backwards.
    let (near, far) =
      part.stride > 0
      ? (window.lowerBound - form.offset, window.upperBound - form.offset)
      : (form.offset - window.upperBound, form.offset - window.lowerBound)
    let stride = abs(part.stride)
    let low = max(0, near <= 0 ? 0 : (near + stride - 1) / stride)
    let high = min(self[part.label] - 1, far < 0 ? -1 : far / stride)
    // Alignment repeats with a period of at most one step.
    func isAligned(_ value: Int) -> Bool { (form.offset + part.stride * value - start).isMultiple(of: step) }
    guard low <= high, let first = (low...min(high, low + step - 1)).first(where: isAligned) else { return .impossible }
    let spacing = (1...step).first { isAligned(first + $0) } ?? step
    var image = freshIndex((high - first) / spacing + 1).scaled(by: spacing)
    image.offset += first
    return .substitution(Substitution(part.label, image))
  }

  /// The digits of a form in mixed radix: the position along each of several axes that are merged in row-major order.
  ///
  /// - Parameter splits: whether a label that runs over a boundary may be split in two; the substitution says how.
  /// - Returns: nil if a digit would carry or the strides do not respect the radices.
  package mutating func digits(
    of form: AffineIndex, radices: [Int], splits: Bool
  ) -> (digits: [AffineIndex], substitution: Substitution)? {
    var form = form
    var total = Substitution()
    let places = Shape(radices).strides
    while true {
      guard form.offset >= 0 else { return nil }
      var digits: [AffineIndex] = []
      var rest = form.offset
      for place in places {
        digits.append(AffineIndex(rest / place))
        rest %= place
      }
      var split: (label: Label, low: Int)?
      for part in form.parts {
        guard part.stride > 0, let i = places.firstIndex(where: { part.stride.isMultiple(of: $0) }) else { return nil }
        let stride = part.stride / places[i]
        if stride * (self[part.label] - 1) < radices[i] || i == 0 {
          digits[i].add(AffineIndex(label: part.label), times: stride)
          continue
        }
        let low = radices[i] / stride
        guard splits, radices[i].isMultiple(of: stride), low > 1, self[part.label].isMultiple(of: low) else {
          return nil
        }
        split = (part.label, low)
        break
      }
      guard let (label, low) = split else {
        for (digit, radix) in zip(digits, radices) {
          let range = digit.range(self)
          guard range.lowerBound >= 0, range.upperBound < radix else { return nil }
        }
        return (digits, total)
      }
      var image = freshIndex(self[label] / low).scaled(by: low)
      image.add(freshIndex(low))
      let step = Substitution(label, image)
      total = total.followed(by: step)
      form = step(form)
    }
  }
}
