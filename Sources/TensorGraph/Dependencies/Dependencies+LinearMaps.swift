import SparseStructure

extension LinearMap {
  /// The nodes whose values decide which elements the map connects.
  var companions: [Node] {
    switch self {
    case .identity, .cast: []
    case .scale(let factor): [factor]
    case .mask(let mask, _): [mask]
    case .structural(_, let indices): indices.map { [$0] } ?? []
    case .solve(_, let matrix): [matrix]
    case .contraction(_, let other, _, _): [other]
    case .composed(let first, let second): first.companions + second.companions
    case .expression, .opaque: []
    }
  }

  /// The table of the map's image: each element depends on what the operand's elements that it is computed from depend on.
  ///
  /// - Parameter shape: the shape of the operand.
  /// - Complexity: O(elements of operand and image), and the sizes of the sets that are made.
  func dependencies(
    _ table: DependencyTable, _ shape: Shape, _ known: KnownValues, _ pool: inout DependencySets
  ) -> DependencyTable {
    if table.isEmpty { return table }
    switch self {
    case .identity, .cast: return table
    case .scale(let factor): return table.keeping(shape.count, factors: known.factors(factor))
    case .mask(let mask, let keeping):
      guard let values = known.elements[mask] else { return table }
      return table.keeping(shape.count) { (values[$0] != 0) == keeping }
    case .structural(let primitive, let indices): return primitive.dependencies(table, shape, indices, known, &pool)
    case .contraction(let labels, let other, let otherLabels, let output):
      let product = DependencyContraction(
        labels: labels, shape: shape, otherLabels: otherLabels, otherShape: other.shape, output: output)
      return product.dependencies(table, factors: known.factors(other), &pool)
    case .solve:
      // Each column depends on all of its right-hand side.
      let rows = shape.rank - 2
      let union = table.reduced(shape, over: [rows], &pool)
      var columnStrides = shape.removing(axes: [rows]).strides
      columnStrides.insert(0, at: rows)
      return union.strided(shape, strides: columnStrides)
    case .composed(let first, let second):
      return second.dependencies(
        first.dependencies(table, shape, known, &pool), first.resultShape(for: shape), known, &pool)
    case .opaque(let map):
      return .each(map.dependencies(table.expanded(shape.count)) { pool.union($0) })
    case .expression(_, let result, _):
      // All of a matrix's result depends on all of the matrix; the batch before them stays apart.
      let batch = shape.rank - 2
      let union = table.reduced(shape, over: [batch, batch + 1], &pool)
      let strides = Shape(Array(shape.dimensions[..<batch])).strides
      return union.strided(
        result.shape, strides: strides + [Int](repeating: 0, count: result.shape.rank - batch))
    }
  }
}

extension LinearPrimitive {
  /// The table of the image from that of the operand, of the given shape.
  ///
  /// - Parameter indices: the operand of indices, whose elements may be known.
  func dependencies(
    _ table: DependencyTable, _ shape: Shape, _ indices: Node?, _ known: KnownValues, _ pool: inout DependencySets
  ) -> DependencyTable {
    let strides = shape.strides
    switch self {
    case .reshape: return table
    case .broadcast(let target, let axes):
      var targetStrides = [Int](repeating: 0, count: target.rank)
      for (axis, place) in axes.enumerated() where shape[axis] > 1 { targetStrides[place] = strides[axis] }
      return table.strided(target, strides: targetStrides)
    case .permute(let order):
      return table.strided(Shape(order.map { shape[$0] }), strides: order.map { strides[$0] })
    case .slice(let slices):
      let target = Shape(slices.map(\.count))
      return table.strided(
        target, offset: target.count == 0 ? 0 : zip(slices, strides).reduce(0) { $0 + $1.0.start * $1.1 },
        strides: zip(slices, strides).map { $0.step * $1 })
    case .embed(let target, let slices):
      let strides = target.strides
      return table.scattered(
        shape, into: target.count, offset: zip(slices, strides).reduce(0) { $0 + $1.0.start * $1.1 },
        strides: zip(slices, strides).map { $0.step * $1 })
    case .gather(let axis): return table.gathered(shape, axis: axis, known.indices(indices!), indices!.shape, &pool)
    case .scatterAdd(let axis, let extent):
      return table.scatterAdded(shape, axis: axis, extent: extent, known.indices(indices!), indices!.shape, &pool)
    case .sum(let axes): return table.reduced(shape, over: axes, &pool)
    case .cumulativeSum(let axis, let reversed):
      return table.accumulated(shape, axis: axis, reversed: reversed, &pool)
    }
  }
}

extension DependencyTable {
  /// Rows at known indices; those together that an index may mean, all rows at unknown ones.
  fileprivate func gathered(
    _ shape: Shape, axis: Int, _ indices: IndexRange?, _ indexShape: Shape, _ pool: inout DependencySets
  ) -> DependencyTable {
    let extent = shape[axis]
    let after = shape.dimensions[(axis + 1)...].reduce(1, *)
    let before = shape.dimensions[..<axis].reduce(1, *)
    if let indices, indices.count == 1, indices.offsets.allSatisfy((0..<extent).contains) {
      return gathered(indices.offsets, before, extent, after)
    }
    if let indices, case let (offsets, numbers) = indices.groups,
      let places = indices.places(of: offsets, below: extent)
    {
      let unions = gathered(places, before, extent, after)
        .reduced(Shape([before, offsets.count, indices.count, after]), over: [2], &pool)
      return unions.gathered(numbers, before, offsets.count, after)
    }
    let union = reduced(Shape([before, extent, after]), over: [1], &pool)
    return union.strided(Shape([before, indexShape.count, after]), strides: [after, 0, 1])
  }

  /// Rows of [before, extent, after].
  private func gathered(_ rows: [Int], _ before: Int, _ extent: Int, _ after: Int) -> DependencyTable {
    guard case .each(let sets) = self else { return self }
    var result: [DependencySets.Name] = []
    result.reserveCapacity(before * rows.count * after)
    for block in 0..<before {
      for row in rows {
        let start = (block * extent + row) * after
        result.append(contentsOf: sets[start..<start + after])
      }
    }
    return .each(result)
  }

  /// Unions of the rows with a known index, and of those that may have it; all rows together everywhere if indices are unknown.
  fileprivate func scatterAdded(
    _ shape: Shape, axis: Int, extent: Int, _ indices: IndexRange?, _ indexShape: Shape, _ pool: inout DependencySets
  ) -> DependencyTable {
    let before = shape.dimensions[..<axis].reduce(1, *)
    let after = shape.dimensions[(axis + indexShape.rank)...].reduce(1, *)
    if let indices, indices.count == 1, indices.offsets.allSatisfy((0..<extent).contains) {
      return scatterAdded(indices.offsets, before, extent, after, &pool)
    }
    if let indices, case let (offsets, numbers) = indices.groups,
      let places = indices.places(of: offsets, below: extent)
    {
      let unions = scatterAdded(numbers, before, offsets.count, after, &pool)
      let repeated = offsets.indices.flatMap { Array(repeating: $0, count: indices.count) }
      return unions.gathered(repeated, before, offsets.count, after).scatterAdded(places, before, extent, after, &pool)
    }
    let union = reduced(Shape([before, indexShape.count, after]), over: [1], &pool)
    return union.strided(Shape([before, extent, after]), strides: [after, 0, 1])
  }

  /// Unions of the rows of [before, rows, after] with a number.
  private func scatterAdded(
    _ rows: [Int], _ before: Int, _ extent: Int, _ after: Int, _ pool: inout DependencySets
  ) -> DependencyTable {
    let places = SparsityPattern.countingSort(
      (0..<Int32(rows.count)).map { $0 }, by: rows.map { Int32($0) }, keyCount: extent)
    var result: [DependencySets.Name] = []
    result.reserveCapacity(before * extent * after)
    for block in 0..<before {
      for row in 0..<extent {
        let own = places.values[places.starts[row]..<places.starts[row + 1]]
        for column in 0..<after {
          result.append(pool.union(own.map { self[(block * rows.count + Int($0)) * after + column] }))
        }
      }
    }
    return .each(result)
  }
}

/// A product with another operand as seen from one of the two.
struct DependencyContraction {
  let labels: [Int]
  let shape: Shape
  let otherLabels: [Int]
  let otherShape: Shape
  let output: [Int]

  private func extent(_ label: Int) -> Int {
    labels.firstIndex(of: label).map { shape[$0] } ?? otherShape[otherLabels.firstIndex(of: label)!]
  }

  /// The table of the product.
  ///
  /// - Parameter factors: nothing at elements of the other operand that are zero.
  func dependencies(
    _ table: DependencyTable, factors: DependencyTable, _ pool: inout DependencySets
  ) -> DependencyTable {
    switch factors {
    case .uniform(let set): set == DependencySets.empty ? factors : repeated(table, &pool)
    case .each(let sets):
      sets.contains(DependencySets.empty) ? selected(table, sets, &pool) : repeated(table, &pool)
    }
  }

  /// Without zeros: the union over the operand's summed labels, repeated along the labels of the other.
  private func repeated(_ table: DependencyTable, _ pool: inout DependencySets) -> DependencyTable {
    let summed = labels.indices.filter { !output.contains(labels[$0]) }
    let kept = labels.filter(output.contains)
    let reduced = table.reduced(shape, over: summed, &pool)
    let strides = Shape(kept.map(extent)).strides
    return reduced.strided(
      Shape(output.map(extent)), strides: output.map { label in kept.firstIndex(of: label).map { strides[$0] } ?? 0 })
  }

  /// With zeros: only elements that meet a factor which may be different from zero.
  ///
  /// - Complexity: O(non-zero factors · extents of the labels that they lack), and sorting.
  private func selected(
    _ table: DependencyTable, _ factors: [DependencySets.Name], _ pool: inout DependencySets
  ) -> DependencyTable {
    let outputShape = Shape(output.map(extent))
    let free = labels.filter { !otherLabels.contains($0) }
    let freeShape = Shape(free.map(extent))
    func strides(_ labels: [Int], _ shape: Shape, of wanted: [Int]) -> [Int] {
      let strides = shape.strides
      return wanted.map { label in labels.firstIndex(of: label).map { strides[$0] } ?? 0 }
    }
    let toOperand = strides(labels, shape, of: otherLabels)
    let toOutput = strides(output, outputShape, of: otherLabels)
    let freeToOperand = strides(labels, shape, of: free)
    let freeToOutput = strides(output, outputShape, of: free)
    var targets: [Int32] = []
    var sets: [DependencySets.Name] = []
    var factor = 0
    otherShape.forEachIndex { index in
      defer { factor += 1 }
      if factors[factor] == DependencySets.empty { return }
      let source = zip(index, toOperand).reduce(0) { $0 + $1.0 * $1.1 }
      let target = zip(index, toOutput).reduce(0) { $0 + $1.0 * $1.1 }
      freeShape.forEachIndex { index in
        targets.append(Int32(zip(index, freeToOutput).reduce(target) { $0 + $1.0 * $1.1 }))
        sets.append(table[zip(index, freeToOperand).reduce(source) { $0 + $1.0 * $1.1 }])
      }
    }
    let groups = SparsityPattern.countingSort(sets, by: targets, keyCount: outputShape.count)
    return .each(
      (0..<outputShape.count).map { pool.union(groups.values[groups.starts[$0]..<groups.starts[$0 + 1]]) })
  }
}
