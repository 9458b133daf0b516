/// A term that is a matrix times weights times the transpose of the same matrix: half of it is enough.
struct SymmetricProduct {
  /// Factors of the matrix, over summed and direction labels; those over axis labels are the same.
  let half: [Factor]
  /// Factors over summed labels only.
  let weights: [Factor]
  let summed: [Label]
  /// Corresponding labels of rows and columns.
  let directions: [Label]
  let axes: [Label]
  /// Whether the weights are known not to be negative: then their roots go to both sides, and the product is of one
  /// matrix with its own transpose.
  let hasRoots: Bool
}

extension TermSpace {
  /// The halves of a term, or nil if it has none.
  func symmetricProduct(_ term: Term) -> SymmetricProduct? {
    guard !hasLookups(term), let pairs = outputPairs(of: term), !pairs.isEmpty else { return nil }
    work.spend(2 * term.weight)
    let directions = pairs.map(\.direction)
    let axes = pairs.map(\.axis)
    // Below this the pieces are too small for their overhead.
    guard size(directions) >= 48 else { return nil }
    var exchange = Substitution()
    for pair in pairs { exchange[pair.direction] = AffineIndex(label: pair.axis) }
    var (half, other, weights) = ([Factor](), [Factor](), [Factor]())
    for factor in term.factors {
      let labels = factor.labels
      switch (labels.contains(where: directions.contains), labels.contains(where: axes.contains)) {
      case (true, true): return nil
      case (true, false): half.append(factor)
      case (false, true): other.append(factor)
      case (false, false): weights.append(factor)
      }
    }
    guard !half.isEmpty, half.count == other.count else { return nil }
    for factor in half {
      guard let i = other.firstIndex(of: factor.substituting(exchange)) else { return nil }
      other.remove(at: i)
    }
    var labels: [Label] = []
    for factor in half { labels.appendLabels(of: factor.indices) }
    let summed = labels.filter { !directions.contains($0) }
    guard !summed.isEmpty, directions.allSatisfy(labels.contains),
      weights.allSatisfy({ $0.labels.allSatisfy(summed.contains) })
    else { return nil }
    return SymmetricProduct(
      half: half, weights: weights, summed: summed, directions: directions, axes: axes,
      hasRoots: isNonNegative(weights))
  }

  /// Pairs of a direction label and an axis label at the same place of equal windows. Nil if a window differs or a
  /// label occurs twice.
  func outputPairs(of term: Term) -> [(direction: Label, axis: Label)]? {
    guard term.directions.count == term.axes.count else { return nil }
    var pairs: [(direction: Label, axis: Label)] = []
    var seen: Set<Label> = []
    for (direction, axis) in zip(term.directions, term.axes) {
      let (d, a) = (direction.descending, axis.descending)
      guard direction.offset == axis.offset, d.count == a.count else { return nil }
      for (d, a) in zip(d, a) {
        guard d.stride == a.stride, labels[d.label] == labels[a.label], seen.insert(d.label).inserted,
          seen.insert(a.label).inserted
        else { return nil }
        pairs.append((d.label, a.label))
      }
    }
    return pairs
  }

  /// Whether a product of factors is known not to be negative anywhere: squares are not.
  private func isNonNegative(_ factors: [Factor]) -> Bool {
    var single: [Factor] = []
    for factor in factors {
      if let i = single.firstIndex(of: factor) { single.remove(at: i) } else { single.append(factor) }
    }
    return single.allSatisfy { factor in
      if case .node(let node) = sources[factor.source] { isNonNegative(node) } else { false }
    }
  }

  /// Whether the primitives say that no element is negative (elements may be NaN).
  private func isNonNegative(_ node: Node) -> Bool {
    if let known = nonNegative[node] { return known }
    func passesSign(_ node: Node) -> Bool {
      switch node.primitive.facts.sign {
      case .likeAll, .likeAny: true
      case .unknown, .neverNegative: false
      }
    }
    for next in Node.topologicalOrder([node], entering: { self.nonNegative[$0] == nil && passesSign($0) })
    where nonNegative[next] == nil {
      nonNegative[next] =
        switch next.primitive.facts.sign {
        case .unknown: false
        case .neverNegative: true
        case .likeAll: next.operands.allSatisfy { nonNegative[$0]! }
        case .likeAny: next.operands.contains { nonNegative[$0]! }
        }
    }
    return nonNegative[node]!
  }
}

extension TermPlanner {
  /// Panels of a product whose weights have no roots.
  static let panelCount = 4

  /// The cost of a symmetric product by halves: the scaled matrix, then somewhat more than half of the products.
  func cost(of product: SymmetricProduct) -> Cost {
    let rows = space.size(product.directions)
    let inner = space.size(product.summed)
    let scaling = Double(product.half.count) * model.elementwise(rows * inner).nanoseconds
    let full = model.product(batch: 1, m: rows, n: rows, k: inner)
    let panels = Double(Self.panelCount)
    let fraction = product.hasRoots ? 0.5 * (1 + 1 / rows) : 0.5 * (1 + 1 / panels)
    return Cost(nanoseconds: scaling, flops: Double(product.half.count) * rows * inner)
      + Cost(nanoseconds: full.nanoseconds * (fraction + 0.05), flops: full.flops * fraction)
  }
}

extension TermRealization {
  /// The matrix of a symmetric product over direction and axis labels.
  func node(of product: SymmetricProduct, coefficient: Double) -> LabelledNode {
    let table = space.labels
    let half = multiplied(product.half.map { read($0) })
    let order = product.summed + product.directions
    var weight = product.weights.isEmpty ? nil : multiplied(product.weights.map { read($0) })
    let magnitude = abs(coefficient)
    if magnitude != 1 {
      weight =
        weight.map { LabelledNode(node: magnitude * $0.node, labels: $0.labels) }
        ?? LabelledNode(node: .fill(.real(magnitude), shape: .scalar, scalarType: space.scalarType), labels: [])
    }
    let labels = product.directions + product.axes
    let extents = Shape(labels.map { table[$0] })
    let matrix: Node
    if product.hasRoots {
      let root = weight.map { LabelledNode(node: .elementwise(.sqrt, $0.node), labels: $0.labels) }
      let plain = half.arranged(order, table)
      let scaled = root.map { space.chain.product(plain, $0.arranged(order, table)) } ?? plain
      matrix = .contraction(
        scaled, order, scaled, product.summed + product.axes, labels)
    } else {
      let flat = Shape([Int(space.size(product.summed)), Int(space.size(product.directions))])
      let plain = half.arranged(order, table).reshaped(to: flat)
      let scaled = space.chain.product(weight!.arranged(order, table).reshaped(to: flat), plain)
      matrix = Self.panels(plain, scaled).reshaped(to: extents)
    }
    return LabelledNode(node: coefficient < 0 ? -matrix : matrix, labels: labels)
  }

  /// x' y, known to be symmetric: panels of rows, each from the diagonal on, and what is left of it by reflection.
  private static func panels(_ x: Node, _ y: Node) -> Node {
    let count = x.shape[1]
    let size = (count + TermPlanner.panelCount - 1) / TermPlanner.panelCount
    let starts = Array(stride(from: 0, to: count, by: size))
    func columns(_ node: Node, _ start: Int, _ end: Int) -> Node {
      node.sliced(node.shape.slices(axis: 1, start, end - start))
    }
    let upper = starts.map { start in
      Node.contraction(
        columns(x, start, min(start + size, count)), [0, 1], columns(y, start, count), [0, 2], [1, 2])
    }
    let rows = starts.enumerated().map { i, start in
      let end = min(start + size, count)
      let left = (0..<i).map { j in columns(upper[j], start - starts[j], end - starts[j]).permuted([1, 0]) }
      return Node.concatenate(left + [upper[i]], axis: 1)
    }
    return Node.concatenate(rows, axis: 0)
  }
}
