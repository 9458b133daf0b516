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
    func derivative(_ nodes: [Node]) -> Derivative {
      Derivative(of: nodes.dropFirst().reduce(nodes[0]) { $0 + $1 }, in: columns.node)
    }
    var (carried, others): ([Node], [Node]) = ([], [])
    // All trials together take no more planning than the whole.
    let trial = PlanningEffort.units(effort.budget(dense: productCost(columns.count)) / summands.count)
    for summand in summands {
      let isCarried = try derivative([summand]).wholeTermContent(part, of: pattern, trial) != nil
      if isCarried { carried.append(summand) } else { others.append(summand) }
    }
    guard !carried.isEmpty, !others.isEmpty,
      let terms = try derivative(carried).wholeTermContent(part, of: pattern, effort)
    else { return nil }
    let rest = derivative(others)
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
}
