/// In which order the factors of a product are multiplied.
struct ContractionOrder {
  /// Positions of two operands; the product goes to the end of the list of operands and both are spent.
  var pairs: [(Int, Int)]
  var cost: Cost
}

/// A product of labelled factors; labels are bits.
struct ContractionProblem: Hashable {
  let factors: [UInt64]
  let output: UInt64
  let extents: [Int]

  /// The number of label values of a set.
  func size(_ set: UInt64) -> Double {
    var rest = set
    var size = 1.0
    while rest != 0 {
      size *= Double(extents[rest.trailingZeroBitCount])
      rest &= rest - 1
    }
    return size
  }

  /// The cost of one product, and the labels of its result, of which `kept` are needed later.
  private func pair(_ a: UInt64, _ b: UInt64, kept: UInt64, _ model: CostModel) -> (cost: Cost, result: UInt64) {
    var cost = Cost.zero
    var (a, b) = (a, b)
    let result = (a | b) & kept
    let loneA = a & ~b & ~kept
    let loneB = b & ~a & ~kept
    if loneA != 0 {
      cost += sumCost(a, model)
      a &= ~loneA
    }
    if loneB != 0 {
      cost += sumCost(b, model)
      b &= ~loneB
    }
    let summed = a & b & ~kept
    if summed == 0 {
      cost += model.elementwise(size(result))
    } else {
      let batch = a & b & kept
      cost += model.product(
        batch: size(batch), m: size(a & ~b), n: size(b & ~a), k: size(summed))
    }
    return (cost, result)
  }

  private func sumCost(_ set: UInt64, _ model: CostModel) -> Cost {
    Cost(nanoseconds: model.step + 0.5 * model.element * size(set), flops: size(set))
  }

  /// Units of planning work for finding an order.
  var orderingWork: Int {
    let greedy = max(0, factors.count - 6)
    return [1, 1, 2, 5, 15, 50, 200][min(factors.count, 6)] + greedy * factors.count * factors.count / 2
  }

  /// The cheapest order: factors with the same labels first, then exact up to some operands, greedy above.
  func order(_ model: CostModel, exactCount: Int) -> ContractionOrder {
    var live: [(position: Int, labels: UInt64)] = []
    var pairs: [(Int, Int)] = []
    var cost = Cost.zero
    var next = factors.count
    for (position, labels) in factors.enumerated() {
      if let i = live.firstIndex(where: { $0.labels == labels }) {
        // Multiplying equal label sets first never enlarges anything.
        pairs.append((live[i].position, position))
        live[i].position = next
        next += 1
        cost += model.elementwise(size(labels))
      } else {
        live.append((position, labels))
      }
    }
    while live.count > exactCount {
      var best: (cost: Double, i: Int, j: Int)?
      for j in live.indices {
        for i in 0..<j {
          let kept = live.indices.reduce(output) { $1 == i || $1 == j ? $0 : $0 | live[$1].labels }
          let (cost, result) = pair(live[i].labels, live[j].labels, kept: kept, model)
          // Prefer products that shrink what is left to do.
          let growth = size(result) - size(live[i].labels) - size(live[j].labels)
          let score = cost.nanoseconds + model.element * growth
          if best.map({ score < $0.cost }) ?? true { best = (score, i, j) }
        }
      }
      let (_, i, j) = best!
      let kept = live.indices.reduce(output) { $1 == i || $1 == j ? $0 : $0 | live[$1].labels }
      let (stepCost, result) = pair(live[i].labels, live[j].labels, kept: kept, model)
      cost += stepCost
      pairs.append((live[i].position, live[j].position))
      live.remove(at: j)
      live[i] = (next, result)
      next += 1
    }
    let exact = exactOrder(live.map(\.labels), model)
    var positions = live.map(\.position)
    for (i, j) in exact.pairs {
      pairs.append((positions[i], positions[j]))
      positions.append(next)
      next += 1
    }
    cost += exact.cost
    if live.count == 1, live[0].labels & ~output != 0 { cost += sumCost(live[0].labels, model) }
    return ContractionOrder(pairs: pairs, cost: cost)
  }

  /// Dynamic programming over subsets of operands.
  private func exactOrder(_ operands: [UInt64], _ model: CostModel) -> ContractionOrder {
    let count = operands.count
    guard count > 1 else { return ContractionOrder(pairs: [], cost: .zero) }
    let all = (1 << count) - 1
    var union = [UInt64](repeating: 0, count: all + 1)
    for set in 1...all {
      let low = set.trailingZeroBitCount
      union[set] = union[set & (set - 1)] | operands[low]
    }
    var best = [(cost: Cost, split: Int)](repeating: (.zero, 0), count: all + 1)
    for set in 1...all where set & (set - 1) != 0 {
      let kept = output | union[all & ~set]
      var found: (cost: Cost, split: Int)?
      var part = (set - 1) & set
      while part > 0 {
        let other = set & ~part
        if part < other {
          let keptPart = output | union[all & ~part]
          let keptOther = output | union[all & ~other]
          let a = part & (part - 1) == 0 ? union[part] : union[part] & keptPart
          let b = other & (other - 1) == 0 ? union[other] : union[other] & keptOther
          let before = best[part].cost + best[other].cost
          if found.map({ before < $0.cost }) ?? true {
            let total = before + pair(a, b, kept: kept, model).cost
            if found.map({ total < $0.cost }) ?? true { found = (total, part) }
          }
        }
        part = (part - 1) & set
      }
      // All splits may be impossible within the budget; any one will do then, at infinite cost.
      best[set] = found ?? (.impossible, set & -set)
    }
    var pairs: [(Int, Int)] = []
    var position = [Int](repeating: -1, count: all + 1)
    for i in 0..<count { position[1 << i] = i }
    var stack = [all]
    var next = count
    while let set = stack.last {
      if position[set] >= 0 {
        stack.removeLast()
        continue
      }
      let (a, b) = (best[set].split, set & ~best[set].split)
      if position[a] >= 0, position[b] >= 0 {
        pairs.append((position[a], position[b]))
        position[set] = next
        next += 1
        stack.removeLast()
      } else {
        if position[a] < 0 { stack.append(a) }
        if position[b] < 0 { stack.append(b) }
      }
    }
    return ContractionOrder(pairs: pairs, cost: best[all].cost)
  }
}
