/// K unit directions of a tensor, known by the positions of their ones: direction k is 1 where every axis is at its
/// index, and 0 elsewhere.
///
/// A unit direction goes through movement as arithmetic on indices, and through a product by reading the other operand
/// at an index: a row of a matrix instead of a product with a matrix that is zero almost everywhere. It becomes an
/// ordinary tensor where that no longer helps. The indices are nodes, so one program serves all directions.
package struct UnitTensor {
  /// The shape of one direction.
  package let shape: Shape
  let scalarType: ScalarType
  /// For each axis the index of the one in each direction (int64, [K]); outside the axis, the direction is zero. An
  /// axis without an index holds the same everywhere along it.
  private let indices: [Node?]
  /// Directions that are not zero by axes that are gone (bool, [K]); nil for all of them.
  private let presence: Node?
  /// K.
  let count: Int

  private init(_ shape: Shape, _ scalarType: ScalarType, _ indices: [Node?], _ presence: Node?, count: Int) {
    self.shape = shape
    self.scalarType = scalarType
    self.indices = indices
    self.presence = presence
    self.count = count
  }

  /// Direction k has its one at element `positions[k]`, in row-major order, of every slice along `batchAxis`.
  ///
  /// - Parameter positions: int64, [K]. A position outside the slice gives a zero direction.
  package init(at positions: Node, shape: Shape, scalarType: ScalarType, batchAxis: Int? = nil) {
    let slice = batchAxis.map { shape.removing(axes: [$0]) } ?? shape
    let count = positions.shape[0]
    // Without elements there is nothing to point at.
    guard slice.count > 0 else {
      self.init(shape, scalarType, shape.dimensions.map { _ in nil }, nil, count: count)
      return
    }
    let whole = UnitTensor([slice.count], scalarType, [positions], nil, count: count).reshaped(to: slice)!
    var indices = whole.indices
    if let batchAxis { indices.insert(nil, at: batchAxis) }
    self.init(shape, scalarType, indices, whole.presence, count: count)
  }

  // MARK: As an ordinary tensor

  /// The directions with all their zeros, [K] + shape.
  package var dense: Node {
    let mask = mask(over: Array(indices.enumerated()).map { ($1, $0) }, shape)
    let all: Shape = [count] + shape
    return mask?.cast(to: scalarType) ?? .fill(.real(1), shape: all, scalarType: scalarType)
  }

  /// Where indices of axes of a shape are met and the direction is present: bool, [K] + shape; nil for everywhere.
  private func mask(over axes: [(index: Node?, axis: Int)], _ shape: Shape) -> Node? {
    let all: Shape = [count] + shape
    var masks = axes.compactMap { index, axis in
      index.map { Node.compare(.equal, Node(.iota(all, axis: axis + 1, .int64)), $0.broadcast(to: all, axes: [0])) }
    }
    if let presence { masks.append(presence.broadcast(to: all, axes: [0])) }
    guard let first = masks.first else { return nil }
    return masks.dropFirst().reduce(first) { .logical(.and, $0, $1) }
  }

  // MARK: Arithmetic of indices

  private func integer(_ value: Int) -> Node {
    .fill(.integer(Int64(value)), shape: [count], scalarType: .int64)
  }

  /// Whether an index is inside an axis of the given extent: bool, [K].
  private func isInside(_ index: Node, _ extent: Int) -> Node {
    .logical(
      .and, .compare(.greaterOrEqual, index, integer(0)), .compare(.less, index, integer(extent)))
  }

  private func both(_ a: Node?, _ b: Node) -> Node { a.map { .logical(.and, $0, b) } ?? b }

  /// Several axes as one, in row-major order: -1 if one of the indices is outside its axis.
  private func merged(_ indices: [Node], _ extents: [Int]) -> Node {
    if indices.count == 1 { return indices[0] }
    var position = integer(0)
    var isInside: Node?
    for (index, extent) in zip(indices, extents) {
      position = position * integer(extent) + index
      isInside = both(isInside, self.isInside(index, extent))
    }
    return isInside.map { .select($0, position, integer(-1)) } ?? position
  }

  /// An index of one axis as indices of several, the inverse of `merged`: the first is outside if the index was.
  private func digits(_ index: Node, _ extents: [Int]) -> [Node] {
    var rest = index
    var result: [Node] = []
    for extent in extents.dropFirst().reversed() {
      let digit = Node.elementwise(.modulo, rest, integer(extent))
      result.append(digit)
      rest = (rest - digit) / integer(extent)
    }
    return [rest] + result.reversed()
  }
}

// MARK: Linear maps

extension UnitTensor {
  /// The image under a linear map.
  func applying(_ map: LinearMap, _ chain: ChainRule) -> Directions {
    let image: Directions? =
      switch map {
      case .identity: .units(self)
      case .scale, .mask, .solve, .expression, .opaque: nil
      case .cast(let type): .units(UnitTensor(shape, type, indices, presence, count: count))
      case .structural(let primitive, _): moved(by: primitive).map(Directions.units)
      case .contraction(let labels, let other, let otherLabels, let output):
        contracted(labels, other, otherLabels, output).map(Directions.dense)
      case .composed(let first, let second): applying(first, chain).applying(second, lift: 1, chain)
      }
    return image ?? .dense(map.apply(dense, lift: 1, chain))
  }

  /// The image under the transpose of a linear map, whose operand has the given shape.
  func applyingTranspose(_ map: LinearMap, to operand: Shape, _ chain: ChainRule) -> Directions {
    let image: Directions? =
      switch map {
      case .identity: .units(self)
      case .scale, .mask, .cast, .solve, .composed, .expression, .opaque: nil
      case .structural(let primitive, _): moved(byTransposeOf: primitive, to: operand).map(Directions.units)
      case .contraction(let labels, let other, let otherLabels, let output):
        contracted(output, other, otherLabels, labels).map(Directions.dense)
      }
    return image ?? .dense(map.applyTranspose(dense, to: operand, lift: 1, chain))
  }

  /// The image under a linear primitive; nil where units do not stay units.
  private func moved(by primitive: LinearPrimitive) -> UnitTensor? {
    switch primitive {
    case .broadcast(let target, let axes): broadcast(to: target, axes: axes)
    case .reshape(let target): reshaped(to: target)
    case .permute(let order): permuted(order)
    case .slice(let slices): sliced(slices)
    case .embed(let target, let slices): embedded(in: target, at: slices)
    case .sum(let axes): summed(over: axes)
    case .gather, .scatterAdd, .cumulativeSum: nil
    }
  }

  private func moved(byTransposeOf primitive: LinearPrimitive, to operand: Shape) -> UnitTensor? {
    // What repeats is added up, which would make other elements than ones.
    if case .broadcast = primitive { return nil }
    return moved(by: primitive.transposed(operand)[0])
  }

  private func permuted(_ order: [Int]) -> UnitTensor {
    UnitTensor(Shape(order.map { shape[$0] }), scalarType, order.map { indices[$0] }, presence, count: count)
  }

  private func sliced(_ slices: [AxisSlice]) -> UnitTensor? {
    guard slices.allSatisfy({ $0.step == 1 }) else { return nil }
    let moved = zip(indices, slices).map { index, slice in
      slice.start == 0 ? index : index.map { $0 - integer(slice.start) }
    }
    return UnitTensor(Shape(slices.map(\.count)), scalarType, moved, presence, count: count)
  }

  /// Every axis must have an index where zeros are added: an index outside the operand must not come to lie inside.
  private func embedded(in target: Shape, at slices: [AxisSlice]) -> UnitTensor? {
    var moved: [Node?] = []
    for (axis, slice) in slices.enumerated() {
      if slice.isAll(of: target[axis]) {
        moved.append(indices[axis])
        continue
      }
      guard slice.step == 1, let index = indices[axis] else { return nil }
      moved.append(.select(isInside(index, slice.count), index + integer(slice.start), integer(-1)))
    }
    return UnitTensor(target, scalarType, moved, presence, count: count)
  }

  private func broadcast(to target: Shape, axes: [Int]) -> UnitTensor {
    var moved = [Node?](repeating: nil, count: target.rank)
    var presence = presence
    for (axis, place) in axes.enumerated() {
      guard let index = indices[axis] else { continue }
      if shape[axis] == target[place] {
        moved[place] = index
      } else {
        presence = both(presence, isInside(index, shape[axis]))
      }
    }
    return UnitTensor(target, scalarType, moved, presence, count: count)
  }

  /// A sum over axes with an index; a sum over others counts, so its result has other elements than ones.
  private func summed(over axes: [Int]) -> UnitTensor? {
    guard axes.allSatisfy({ indices[$0] != nil }) else { return nil }
    let kept = shape.dimensions.indices.filter { !axes.contains($0) }
    let presence = axes.reduce(presence) { both($0, isInside(indices[$1]!, shape[$1])) }
    return UnitTensor(shape.removing(axes: axes), scalarType, kept.map { indices[$0] }, presence, count: count)
  }

  /// Groups of axes of equal size are merged and split; nil if a group has axes with and without an index.
  private func reshaped(to target: Shape) -> UnitTensor? {
    guard shape.count > 0 else { return nil }
    var moved: [Node?] = []
    var presence = presence
    for (own, new) in shape.groups(with: target) {
      let group = Array(indices[own])
      let known = group.compactMap { $0 }
      if known.isEmpty {
        moved += [Node?](repeating: nil, count: new.count)
        continue
      }
      // Axes of extent 1 need no index to be merged.
      let extents = Array(shape.dimensions[own])
      guard zip(group, extents).allSatisfy({ $0 != nil || $1 == 1 }) else { return nil }
      let position = merged(group.map { $0 ?? integer(0) }, extents)
      if new.isEmpty {
        presence = both(presence, isInside(position, 1))
      } else {
        moved += digits(position, Array(target.dimensions[new])).map(Optional.some)
      }
    }
    return UnitTensor(target, scalarType, moved, presence, count: count)
  }

  /// The product with another operand, summed over labels: the other operand read at the indices of the axes that
  /// both have, and placed at the indices of the axes that only this one has.
  private func contracted(_ labels: [Int], _ other: Node, _ otherLabels: [Int], _ output: [Int]) -> Node? {
    var read: [(axis: Int, index: Node)] = []
    for (axis, label) in otherLabels.enumerated() {
      guard let own = labels.firstIndex(of: label), let index = indices[own] else { continue }
      read.append((axis, index))
    }
    // The other operand with what is read in front, merged to one axis.
    let axes = read.map(\.axis)
    let kept = otherLabels.indices.filter { !axes.contains($0) }
    var factor: Node
    var isRead: Node?
    if read.isEmpty {
      factor = other.broadcast(leading: [count])
    } else {
      let extents = axes.map { other.shape[$0] }
      let size = extents.reduce(1, *)
      guard size > 0 else { return nil }
      let position = merged(read.map(\.index), extents)
      let inside = isInside(position, size)
      isRead = inside
      let safe = Node.select(inside, position, integer(0))
      // Neighbouring axes are merged in place, others are brought together.
      let isRun = zip(axes, axes.dropFirst()).allSatisfy { $1 == $0 + 1 }
      let arranged = isRun ? other : other.permuted(axes + kept)
      let first = isRun ? axes[0] : 0
      let dimensions = arranged.shape.dimensions
      let flat = Shape(Array(dimensions[..<first]) + [size] + dimensions[(first + axes.count)...])
      let gathered = arranged.reshaped(to: flat).gathered(safe, axis: first)
      let rank = gathered.shape.rank
      factor = gathered.permuted([first] + (0..<rank).filter { $0 != first })
    }
    // Labels of both that are summed but have no index, and those of the other alone.
    var keptLabels = kept.map { otherLabels[$0] }
    let summed = keptLabels.indices.filter { !output.contains(keptLabels[$0]) }
    factor = factor.summed(over: summed.map { $0 + 1 })
    keptLabels = keptLabels.indices.filter { !summed.contains($0) }.map { keptLabels[$0] }
    // In the order of the output, spread over its other axes.
    let order = keptLabels.indices.sorted {
      output.firstIndex(of: keptLabels[$0])! < output.firstIndex(of: keptLabels[$1])!
    }
    factor = factor.permuted([0] + order.map { $0 + 1 })
    let places = order.map { output.firstIndex(of: keptLabels[$0])! }
    let extents = Contraction(left: labels, right: otherLabels, output: output).resultShape(shape, other.shape)
    let result = factor.broadcast(to: [count] + extents, axes: [0] + places.map { $0 + 1 })
    // A label that is read and stays is in the output at its index only, as one that only this operand has.
    let placed = labels.indices.compactMap { axis in
      output.firstIndex(of: labels[axis]).map { (indices[axis], $0) }
    }
    let visible = UnitTensor(shape, scalarType, indices, isRead.map { both(presence, $0) } ?? presence, count: count)
    guard let mask = visible.mask(over: placed, extents) else { return result }
    return .select(mask, result, result.filled(with: 0))
  }
}
