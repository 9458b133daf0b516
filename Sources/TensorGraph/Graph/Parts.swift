/// A primitive for a box of its result.
package struct PrimitivePart {
  /// What computes the box.
  package let primitive: Primitive
  /// What it needs of each operand; nil if the box is zero.
  package let operands: [[Range<Int>]]?
  /// The box that is computed: the one that was asked for, but the whole of axes whose indices are not made apart.
  package let box: [Range<Int>]
}

extension Primitive {
  /// What computes a box of the result, and what it needs of the operands.
  ///
  /// - Parameters:
  ///   - wanted: a range along each axis of the result.
  ///   - shape: that of the result.
  ///   - operands: the shapes of the operands; one at least.
  package func part(_ wanted: [Range<Int>], of shape: Shape, _ operands: [Shape]) -> PrimitivePart {
    var box = wanted
    var needed = operands.map { $0.dimensions.map { 0..<$0 } }
    for axis in box.indices {
      for i in operands.indices {
        if case .mixed = origin(ofAxis: axis, in: i, operands) { box[axis] = 0..<shape[axis] }
      }
    }
    for axis in box.indices {
      for i in operands.indices {
        if case .axis(let place) = origin(ofAxis: axis, in: i, operands) { needed[i][place] = box[axis] }
      }
    }
    let unchanged = PrimitivePart(primitive: self, operands: needed, box: box)
    guard case .linear(let movement) = self else { return unchanged }
    switch movement {
    case .broadcast(_, let axes):
      return PrimitivePart(primitive: .linear(.broadcast(Shape(box), axes: axes)), operands: needed, box: box)
    case .reshape:
      return PrimitivePart(primitive: .linear(.reshape(Shape(box))), operands: needed, box: box)
    case .slice(let slices):
      let parts = zip(slices, wanted).map { $0.reading($1) }
      return PrimitivePart(
        primitive: .linear(.slice(parts.map(\.slice))), operands: [parts.map(\.needed)], box: wanted)
    case .embed(_, let slices):
      let parts = zip(slices, wanted).map { $0.writing($1) }
      let isZero = parts.contains { $0.needed.isEmpty }
      return PrimitivePart(
        primitive: .linear(.embed(Shape(wanted), parts.map(\.slice))), operands: isZero ? nil : [parts.map(\.needed)],
        box: wanted)
    case .permute, .gather, .scatterAdd, .sum, .cumulativeSum: return unchanged
    }
  }
}

extension Shape {
  /// The extents of a box.
  fileprivate init(_ box: [Range<Int>]) { self.init(box.map(\.count)) }
}

extension AxisSlice {
  /// For a range of the result what is read of the operand, and how of that.
  fileprivate func reading(_ range: Range<Int>) -> (slice: AxisSlice, needed: Range<Int>) {
    guard !range.isEmpty else { return (AxisSlice(start: 0, step: 1, count: 0), 0..<0) }
    let (first, last) = (start + step * range.lowerBound, start + step * (range.upperBound - 1))
    let needed = min(first, last)..<max(first, last) + 1
    return (AxisSlice(start: first - needed.lowerBound, step: step, count: range.count), needed)
  }

  /// For a range of the places that are written to what of the operand is written, and where.
  fileprivate func writing(_ range: Range<Int>) -> (slice: AxisSlice, needed: Range<Int>) {
    // Operand i is written to start + step · i.
    let (low, high) =
      step >= 0
      ? (range.lowerBound - start, range.upperBound - 1 - start)
      : (start - range.upperBound + 1, start - range.lowerBound)
    let distance = max(abs(step), 1)
    let first = max(0, -Self.floorDivide(-low, distance))
    let end = min(count, Self.floorDivide(high, distance) + 1)
    guard first < end else { return (AxisSlice(start: 0, step: 1, count: 0), 0..<0) }
    return (AxisSlice(start: start + step * first - range.lowerBound, step: step, count: end - first), first..<end)
  }

  private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }
}

extension Node {
  /// A box of a tensor as an expression that computes little more than the box: it is taken of the operands where an operation makes
  /// the indices of an axis apart from each other, down to the variable.
  ///
  /// What several boxes of one node need is computed once, as the box around them.
  /// - Parameters:
  ///   - box: a range along each axis.
  ///   - variable: what does not depend on it is sliced as it is.
  /// - Complexity: O(operations).
  package func part(_ box: [Range<Int>], of variable: Node) -> Node {
    var dependents: Set<Node> = [variable]
    let order = Node.topologicalOrder([self], entering: VariableFloor(variable).isBelow)
    for node in order where node !== variable && node.operands.contains(where: dependents.contains) {
      dependents.insert(node)
    }
    var needed: [Node: [Range<Int>]] = [self: box]
    var parts: [Node: PrimitivePart] = [:]
    for node in order.reversed() where node !== variable && dependents.contains(node) {
      guard let wanted = needed[node] else { continue }
      let part = node.primitive.part(wanted, of: node.shape, node.operands.map(\.shape))
      parts[node] = part
      for (operand, ranges) in zip(node.operands, part.operands ?? []) {
        needed[operand] = needed[operand].map { zip($0, ranges).map { $0.around($1) } } ?? ranges
      }
    }
    var made: [Node: Node] = [:]
    /// Some of a node, of which a box was made.
    func read(_ node: Node, _ ranges: [Range<Int>]) -> Node {
      let origin = parts[node]?.box.map(\.lowerBound) ?? node.shape.dimensions.map { _ in 0 }
      let slices = zip(ranges, origin).map { AxisSlice(start: $0.lowerBound - $1, step: 1, count: $0.count) }
      return (made[node] ?? node).sliced(slices)
    }
    for node in order {
      guard let part = parts[node] else { continue }
      if let operands = part.operands {
        made[node] = Node(part.primitive, zip(node.operands, operands).map(read))
      } else {
        made[node] = .zeros(Shape(part.box), node.scalarType)
      }
    }
    return read(self, box)
  }
}

extension Range<Int> {
  /// The least range that has both.
  fileprivate func around(_ other: Range) -> Range {
    Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
