extension SparsityPattern {
  func columnColoring(_ order: VertexOrder) -> Coloring {
    let nothing = SparsityPattern.zero(rowCount: rowCount, columnCount: columnCount)
    let columns = PartitionColoring(recovered: self, covered: nothing, order: order)
    return Coloring(
      problem: .columns, pattern: self, columnColors: columns.colors, columnColorCount: columns.colorCount,
      rowColors: [Int32](repeating: -1, count: rowCount), rowColorCount: 0, recovery: .byColumn)
  }

  func rowColoring(_ order: VertexOrder) -> Coloring {
    let transpose = transposed()
    let nothing = SparsityPattern.zero(rowCount: columnCount, columnCount: rowCount)
    let rows = PartitionColoring(recovered: transpose, covered: nothing, order: order)
    return Coloring(
      problem: .rows, pattern: self, columnColors: [Int32](repeating: -1, count: columnCount), columnColorCount: 0,
      rowColors: rows.colors, rowColorCount: rows.colorCount, recovery: .byRow)
  }

  /// The best of a split between columns and rows, columns alone and rows alone.
  func bidirectionalColoring(_ order: VertexOrder) -> Coloring {
    let isRecoveredByRow = bidirectionalPartition()
    let byColumn = filteredPositions { !isRecoveredByRow[$0] }
    let byRow = filteredPositions { isRecoveredByRow[$0] }
    let columns = PartitionColoring(recovered: byColumn, covered: byRow, order: order)
    let rows = PartitionColoring(recovered: byRow.transposed(), covered: byColumn.transposed(), order: order)
    let split = Coloring(
      problem: .bidirectional(.direct), pattern: self, columnColors: columns.colors,
      columnColorCount: columns.colorCount,
      rowColors: rows.colors.map { $0 < 0 ? -1 : $0 + Int32(columns.colorCount) }, rowColorCount: rows.colorCount,
      recovery: .byEither(isRecoveredByRow))
    let candidates = [split, columnColoring(order), rowColoring(order)]
    return candidates.min { $0.colorCount < $1.colorCount }!.relabeled(.bidirectional(.direct))
  }

  /// An acyclic colouring of the bipartite graph, of which only the groups that are read are kept (Montoison, Dalle &
  /// Gebremedhin 2025, "Revisiting sparse matrix coloring and bicoloring").
  func bidirectionalSubstitutionColoring(_ order: VertexOrder) -> Coloring {
    let graph = AdjacencyGraph(bipartite: self)
    let edges = graph.edgeNumbers()
    var acyclic = AcyclicColoring(graph, edges: edges, order: order)
    // A row and a column of one colour are in different groups.
    let shift = Int32(acyclic.colorCount)
    let keys = acyclic.colors.enumerated().map { $0 < rowCount ? $1 + shift : $1 }
    var groups = UsedGroups(count: 2 * acyclic.colorCount)
    let forest = SubstitutionForest(
      graph, edges: edges, treeOfEdge: acyclic.treeOfEdge(), keys: keys, groups: &groups,
      positions: (0..<Int32(graph.vertexCount)).map { $0 < rowCount ? $0 : $0 - Int32(rowCount) },
      nonzeroEdges: Array(edges[..<nonzeroCount]))
    let columnColorCount = groups.renumber(upTo: acyclic.colorCount)
    let colors = keys.map { groups.number(of: $0) }
    return Coloring(
      problem: .bidirectional(.substitution), pattern: self, columnColors: Array(colors[rowCount...]),
      columnColorCount: columnColorCount, rowColors: Array(colors[..<rowCount]),
      rowColorCount: groups.count - columnColorCount,
      recovery: .bySubstitution(forest.renumbered { groups.number(of: $0) }))
  }

  func starColoring(_ graph: AdjacencyGraph, _ order: VertexOrder) -> Coloring {
    let edges = graph.edgeNumbers()
    let star = StarColoring(graph, edges: edges, order: order)
    var groups = UsedGroups(count: star.colorCount)
    useDiagonal(star.colors, &groups)
    var hubs = [Int32](repeating: -1, count: graph.edgeCount)
    for edge in 0..<graph.edgeCount {
      if let hub = star.hub(ofEdge: edge) {
        hubs[edge] = Int32(hub)
        groups.use(star.colors[hub])
      }
    }
    for vertex in 0..<graph.vertexCount {
      for position in graph.range(of: vertex) where hubs[Int(edges[position])] < 0 {
        let other = Int(graph.neighbors[position])
        let prefersOther = groups.prefers(star.colors[other], over: star.colors[vertex])
        hubs[Int(edges[position])] = Int32(prefersOther ? other : vertex)
        groups.use(star.colors[prefersOther ? other : vertex])
      }
    }
    _ = groups.renumber(upTo: star.colorCount)
    let colors = star.colors.map { groups.number(of: $0) }
    let nonzeroEdges = edgesOfNonzeros(edges)
    var readsRow = [Bool](repeating: false, count: nonzeroCount)
    for row in 0..<rowCount {
      for position in range(ofRow: row) where nonzeroEdges[position] >= 0 {
        readsRow[position] = hubs[Int(nonzeroEdges[position])] == row
      }
    }
    return Coloring(
      problem: .symmetric(.direct), pattern: self, columnColors: colors, columnColorCount: groups.count,
      rowColors: colors, rowColorCount: 0, recovery: .byEither(readsRow))
  }

  func acyclicColoring(_ graph: AdjacencyGraph, _ order: VertexOrder) -> Coloring {
    let edges = graph.edgeNumbers()
    var acyclic = AcyclicColoring(graph, edges: edges, order: order)
    var groups = UsedGroups(count: acyclic.colorCount)
    useDiagonal(acyclic.colors, &groups)
    let forest = SubstitutionForest(
      graph, edges: edges, treeOfEdge: acyclic.treeOfEdge(), keys: acyclic.colors, groups: &groups,
      positions: Array(0..<Int32(graph.vertexCount)), nonzeroEdges: edgesOfNonzeros(edges))
    _ = groups.renumber(upTo: acyclic.colorCount)
    let colors = acyclic.colors.map { groups.number(of: $0) }
    return Coloring(
      problem: .symmetric(.substitution), pattern: self, columnColors: colors, columnColorCount: groups.count,
      rowColors: colors, rowColorCount: 0, recovery: .bySubstitution(forest.renumbered { groups.number(of: $0) }))
  }

  /// Distance-1 colouring: entry (j, j) stands alone in its group's sum if row j has no other non-zero there.
  func diagonalColoring(_ order: VertexOrder) throws(SparseStructureError) -> Coloring {
    guard isSquare else {
      throw SparseStructureError("a \(rowCount)×\(columnCount) pattern is not square; its diagonal is not coloured")
    }
    let graph = AdjacencyGraph(knownSymmetric: symmetrized())
    let diagonal = filtered { $0 == $1 }
    var colors = [Int32](repeating: -1, count: rowCount)
    var forbidden = [Int32](repeating: -1, count: rowCount + 1)
    var colorCount = 0
    for vertex in order.vertices(of: AdjacentVertices(graph: graph)) where !diagonal[row: Int(vertex)].isEmpty {
      for position in graph.range(of: Int(vertex)) {
        let color = colors[Int(graph.neighbors[position])]
        if color >= 0 { forbidden[Int(color)] = vertex }
      }
      var color = 0
      while forbidden[color] == vertex { color += 1 }
      colors[Int(vertex)] = Int32(color)
      colorCount = max(colorCount, color + 1)
    }
    return Coloring(
      problem: .diagonal, pattern: diagonal, columnColors: colors, columnColorCount: colorCount,
      rowColors: [Int32](repeating: -1, count: rowCount), rowColorCount: 0, recovery: .byColumn)
  }

  /// For each non-zero of a symmetric pattern, in row order, the number of its edge; -1 on the diagonal.
  ///
  /// - Parameter edges: the numbers along the neighbour lists of its graph, which are its rows without the diagonal.
  private func edgesOfNonzeros(_ edges: [Int32]) -> [Int32] {
    var place = 0
    var result = [Int32](repeating: -1, count: nonzeroCount)
    for row in 0..<rowCount {
      for position in range(ofRow: row) where columnIndices[position] != row {
        result[position] = edges[place]
        place += 1
      }
    }
    return result
  }

  private func useDiagonal(_ colors: [Int32], _ groups: inout UsedGroups) {
    for row in 0..<rowCount where contains(row: row, column: row) { groups.use(colors[row]) }
  }
}

extension Coloring {
  fileprivate func relabeled(_ problem: ColoringProblem) -> Coloring {
    Coloring(
      problem: problem, pattern: pattern, columnColors: columnColors, columnColorCount: columnColorCount,
      rowColors: rowColors, rowColorCount: rowColorCount, recovery: recovery)
  }
}

/// Which groups are read: the others need no product (their members are given the neutral colour, in the words of
/// Gebremedhin, Manne & Pothen 2005, §6).
struct UsedGroups {
  private var isUsed: [Bool]
  private var numbers: [Int32]
  /// The number of used groups.
  private(set) var count = 0

  init(count: Int) {
    isUsed = [Bool](repeating: false, count: count)
    numbers = []
  }

  mutating func use(_ group: Int32) { isUsed[Int(group)] = true }

  /// Whether reading the first group rather than the second spares a product.
  func prefers(_ group: Int32, over other: Int32) -> Bool { isUsed[Int(group)] && !isUsed[Int(other)] }

  /// Numbers the used groups; returns how many of them are below the limit.
  mutating func renumber(upTo limit: Int) -> Int {
    numbers = isUsed.map { used in
      guard used else { return -1 }
      count += 1
      return Int32(count - 1)
    }
    return isUsed[..<limit].count { $0 }
  }

  /// The new number of a group; -1 if it is not used.
  func number(of group: Int32) -> Int32 { numbers[Int(group)] }
}
