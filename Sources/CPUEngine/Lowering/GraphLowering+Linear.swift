import TensorGraph

/// Linear primitives: movement of what lies in one place, of boxes that are not together yet, steps and sums.
extension GraphLowering {
  mutating func value(
    _ primitive: LinearPrimitive, _ operands: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Value {
    let operand = operands[0]
    switch primitive {
    case .broadcast(let target, let axes): return .handle(moved(operand) { $0.broadcast(to: target, axes: axes) })
    case .permute(let order):
      return isInBoxes(operand)
        ? .boxes(boxes(operand).permuted(order), type) : .handle(moved(operand) { $0.permuted(order) })
    case .slice(let slices):
      if isInBoxes(operand), let part = boxes(operand).sliced(slices) { return .boxes(part, type) }
      return .handle(moved(operand) { $0.sliced(slices) })
    case .reshape(let target):
      if case .handle(let handle) = values[operand], let access = handle.access.reshaped(to: target) {
        return .handle(Handle(item: handle.item, access: access, type: type))
      }
      if let moved = boxes(operand).reshaped(to: target.dimensions) { return .boxes(moved, type) }
      let handle = handle(operand)
      guard let access = handle.access.reshaped(to: target) else {
        return .handle(Handle(item: view(handle), access: Access(target), type: type))
      }
      return .handle(Handle(item: handle.item, access: access, type: type))
    case .embed(let target, let slices):
      guard shapes[operand].count > 0 else { return .handle(zeros(shape, type)) }
      if !isInBoxes(operand), slices.allSatisfy(\.isRun) {
        return .handle(moved(operand) { $0.embedded(in: target, slices)! })
      }
      return .boxes(boxes(operand).embedded(in: target, slices), type)
    case .gather(let axis):
      let (x, offset) = consecutive(handle(operand))
      let (indices, first) = consecutive(handle(operands[1]))
      let step = LoweredGraph.Step.gather(
        Self.lines(shapes[operand], axis), axis: axis, count: shapes[operands[1]].count, offsets: [offset, first])
      return .handle(whole(.step(step), [x, indices], shape, type))
    case .scatterAdd(let axis, _):
      let count = shapes[operands[1]].count
      guard count > 0 else { return .handle(zeros(shape, type)) }
      let parts = shape.rank == 1 && isInBoxes(operand) ? boxes(operand).runs : nil
      let added = parts?.map { Handle(item: $0.item, access: $0.access, type: type) } ?? [handle(operand)]
      let runs = added.map { (consecutive($0), $0.access.count) }
      let (indices, first) = consecutive(handle(operands[1]))
      let step = LoweredGraph.Step.scatterAdd(
        Self.lines(shape, axis), axis: axis, count: count,
        runs: runs.map { LoweredGraph.Run(offset: $0.0.offset, count: $0.1) }, first: first)
      return .handle(whole(.step(step), runs.map(\.0.item) + [indices], shape, type))
    case .sum(let axes): return .handle(reduction(.sum, operand, axes, shape, type))
    case .cumulativeSum(let axis, let reversed):
      let (x, offset) = consecutive(handle(operand))
      let step = LoweredGraph.Step.cumulativeSum(Self.lines(shape, axis), reversed: reversed, offset: offset)
      return .handle(whole(.step(step), [x], shape, type))
    }
  }

  private mutating func moved(_ operand: Int, _ move: (Access) -> Access) -> Handle {
    var handle = handle(operand)
    handle.access = move(handle.access)
    return handle
  }

  /// Operands one after another along an axis, as boxes.
  mutating func concatenation(_ operands: [Int], _ axis: Int, _ shape: Shape) -> PlacedBoxes {
    var result = PlacedBoxes(shape: shape.dimensions, parts: [], isSum: false)
    var start = 0
    for operand in operands {
      let extent = shapes[operand][axis]
      defer { start += extent }
      guard shapes[operand].count > 0 else { continue }
      if isInBoxes(operand), boxes(operand).parts.count + result.parts.count > PlacedBoxes.partLimit {
        _ = handle(operand)
      }
      let piece = boxes(operand)
      result.isSum = result.isSum || piece.isSum
      result.parts += piece.embedded(in: shape, shape.slices(axis: axis, start, extent)).parts
    }
    return result
  }

  // MARK: Reductions

  mutating func reduction(
    _ reduction: Reduction, _ operand: Int, _ axes: [Int], _ shape: Shape, _ type: ScalarType
  ) -> Handle {
    let from = shapes[operand]
    guard from.count > 0 else {
      let start: Literal =
        switch (reduction, type.isInteger) {
        case (.sum, _): .integer(0)
        case (.maximum, false): .real(-.infinity)
        case (.minimum, false): .real(.infinity)
        case (.maximum, true): .integer(.min)
        case (.minimum, true): .integer(.max)
        }
      return repeated(literal(.fixed(start, type)), shape, type)
    }
    let item = reduce(reduction, flat(handle(operand)), from.dimensions, Set(axes), type)
    return Handle(item: item, access: Access(shape), type: type)
  }

  /// Reduces runs of neighbouring axes, the last run first.
  mutating func reduce(
    _ reduction: Reduction, _ item: Int, _ dimensions: [Int], _ axes: Set<Int>, _ type: ScalarType
  ) -> Int {
    var extents: [(extent: Int, reduced: Bool)] = []
    for (axis, extent) in dimensions.enumerated() where extent != 1 {
      let reduced = axes.contains(axis)
      if let last = extents.last, last.reduced == reduced {
        extents[extents.count - 1].extent *= extent
      } else {
        extents.append((extent, reduced))
      }
    }
    var item = item
    while let run = extents.lastIndex(where: \.reduced) {
      let shape = LoweredGraph.ReductionShape(
        outer: extents[..<run].reduce(1) { $0 * $1.extent }, rows: extents[run].extent,
        columns: extents[(run + 1)...].reduce(1) { $0 * $1.extent })
      item = graph.append(.reduce(reduction, shape), [item], count: shape.outer * shape.columns, type: type)
      extents.remove(at: run)
    }
    return item
  }
}
