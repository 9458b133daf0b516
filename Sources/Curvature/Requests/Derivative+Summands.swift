import SparseStructure
import TensorGraph

/// Sums of which some summands have no entries by terms: these go by products with directions, all others by their terms.
extension Derivative {
  /// Into so many summands a derivative is taken apart at most.
  private static let mostSummands = 12

  /// The non-zeros by the terms of those summands that have them, and by the products with groups of directions that the others
  /// take; nil where there are not both.
  ///
  /// A summand's derivative need not be symmetric though the sum's is.
  func summandContent(
    _ part: SparsityPattern, of pattern: SparsityPattern, _ effort: PlanningEffort
  ) throws(TensorError) -> DerivativeProgram.Content? {
    let summands = rows.node.summands(limit: Self.mostSummands)
    guard summands.count > 1 else { return nil }
    let (carried, others, _) = try divided(summands, part, of: pattern, effort)
    guard !carried.isEmpty, !others.isEmpty,
      let terms = try derivative(of: carried).wholeTermContent(part, of: pattern, effort)
    else { return nil }
    let rest = derivative(of: others)
    let (own, coloring) = (try rest.pattern(), try rest.coloring())
    var (places, entries): ([Int], [(row: Int, column: Int)]) = ([], [])
    for (place, (row, column)) in part.coordinates.enumerated() where own.contains(row: row, column: column) {
      places.append(place)
      entries.append((row, column))
    }
    let products = LineProducts(
      columns: DerivativeProducts(.forward, of: rest), rows: DerivativeProducts(.reverse, of: rest))
    let values = products.entries(entries, coloring).reshaped(to: [entries.count])
      .scatterAdded(.places(places), axis: 0, extent: part.nonzeroCount)
    let sum = terms.result + values
    let isMirrored = isSymmetric ? part.upperSources : nil
    return .init(
      result: isMirrored.map { sum.gathered(.places($0), axis: 0) } ?? sum,
      cost: terms.cost + rest.productCost(coloring.colorCount) + Self.placingCost(entries.count),
      steps: terms.steps
        + "\n\(coloring.colorCount) products for \(entries.count) entries of what has no terms",
      weight: terms.weight + entries.count)
  }

  private func derivative(of summands: [Node]) -> Derivative {
    Derivative(of: summands.dropFirst().reduce(summands[0]) { $0 + $1 }, in: columns.node)
  }

  /// The summands that have terms, and the others. All trials together take no more planning than the whole may.
  package func divided(
    _ summands: [Node], _ part: SparsityPattern, of pattern: SparsityPattern, _ effort: PlanningEffort
  ) throws(TensorError) -> (carried: [Node], others: [Node], work: Int) {
    let budget = effort.budget(dense: productCost(columns.count)) / summands.count
    var (carried, others, spent): ([Node], [Node], Int) = ([], [], 0)
    for summand in summands {
      let work = PlanningWork(budget: budget)
      let content = try derivative(of: [summand]).wholeTermContent(part, of: pattern, effort, within: work)
      if content != nil { carried.append(summand) } else { others.append(summand) }
      spent += work.spent
    }
    return (carried, others, spent)
  }
}
