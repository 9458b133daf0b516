import Algorithms
import SparseStructure
import TensorGraph

/// Products that give a matrix' columns, and products that give its rows.
struct LineProducts: Sendable {
  let columns: DerivativeProducts
  let rows: DerivativeProducts

  /// Likewise with the groups of a colouring.
  func grouped(by coloring: Coloring) -> LineProducts {
    LineProducts(
      columns: columns.grouped(by: coloring.columnColors), rows: rows.grouped(by: coloring.rowColors))
  }

  /// Entries at pairs of a row and a column as an expression [batch, pair], read from products with the groups of a direct
  /// colouring. Zero outside its pattern.
  func entries(_ pairs: some Sequence<(row: Int, column: Int)>, _ coloring: Coloring) -> Node {
    let (batchCount, scalarType) = (columns.results.batchCount, columns.results.node.scalarType)
    let sources = pairs.map { row, column in
      coloring.pattern.position(row: row, column: column).map { coloring.source(ofNonzeroAt: $0, row: row) }
    }
    var isUsed = [Bool](repeating: false, count: coloring.colorCount)
    for case let source? in sources { isUsed[source.color] = true }
    let used = isUsed.indices.filter { isUsed[$0] }
    guard !used.isEmpty else { return .zeros([batchCount, sources.count], scalarType) }
    var starts = [Int](repeating: -1, count: coloring.colorCount)
    var parts: [Node] = []
    var length = 0
    let split = used.partitioningIndex { coloring.isRowColor($0) }
    let groups = grouped(by: coloring)
    for (colors, products) in [(Array(used[..<split]), groups.columns), (Array(used[split...]), groups.rows)] {
      let elements = products.results.count
      // Tangents stay within the budget of a chunk.
      for chunk in colors.chunks(ofCount: products.derivative.chunkSize).lazy.map(Array.init) {
        for (slot, color) in chunk.enumerated() { starts[color] = length + slot * elements }
        let all = products.expression(.table(chunk))
        parts.append(all.permuted([1, 0, 2]).reshaped(to: [batchCount, chunk.count * elements]))
        length += chunk.count * elements
      }
    }
    // A place behind the last product holds the zero of entries that are outside the pattern.
    if sources.contains(where: { $0 == nil }) { parts.append(.zeros([batchCount, 1], scalarType)) }
    let places = sources.map { source in source.map { starts[$0.color] + $0.element } ?? length }
    return Node.concatenate(parts, axis: 1).gathered(.places(places), axis: 1)
  }
}
