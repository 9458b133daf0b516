/// An undirected graph without loops: who must be told apart from whom when a matrix is compressed.
///
/// Neighbours stand in compressed lists, increasing, so the memory is proportional to vertices plus edges.
public struct AdjacencyGraph: Sendable {
  /// Where the neighbours of each vertex start; one more than there are vertices.
  package let starts: [Int]
  /// The neighbours of all vertices, vertex after vertex: each edge is here twice, once from each end.
  package let neighbors: [Int32]

  /// The adjacency graph of a symmetric matrix: vertex i for row and column i, an edge for each pair of off-diagonal
  /// non-zeros (Gebremedhin, Manne & Pothen 2005, §2.2).
  ///
  /// - Complexity: O(rows + non-zeros).
  public init(symmetric pattern: SparsityPattern) throws(SparseStructureError) {
    guard pattern.isSymmetric else {
      throw SparseStructureError(
        "the \(pattern.rowCount)×\(pattern.columnCount) pattern is not symmetric; take symmetrized() of it, "
          + "or symmetricCore() if the matrix is symmetric")
    }
    self.init(knownSymmetric: pattern)
  }

  /// The adjacency graph of a pattern that equals its transpose.
  package init(knownSymmetric pattern: SparsityPattern) {
    var starts = [0]
    starts.reserveCapacity(pattern.rowCount + 1)
    var neighbors: [Int32] = []
    neighbors.reserveCapacity(pattern.nonzeroCount)
    for row in 0..<pattern.rowCount {
      for position in pattern.range(ofRow: row) where pattern.columnIndices[position] != row {
        neighbors.append(pattern.columnIndices[position])
      }
      starts.append(neighbors.count)
    }
    self.starts = starts
    self.neighbors = neighbors
  }

  /// The bipartite graph of a matrix: first a vertex for each row, then one for each column, and an edge for each
  /// non-zero (Gebremedhin, Manne & Pothen 2005, §2.2). It is the adjacency graph of the symmetric matrix [0 A; Aᵀ 0].
  ///
  /// - Complexity: O(rows + columns + non-zeros).
  public init(bipartite pattern: SparsityPattern) {
    let transpose = pattern.transposed()
    let shift = Int32(pattern.rowCount)
    starts = pattern.rowStarts + transpose.rowStarts.dropFirst().map { $0 + pattern.nonzeroCount }
    neighbors = pattern.columnIndices.map { $0 + shift } + transpose.columnIndices
  }

  /// The number of vertices.
  public var vertexCount: Int { starts.count - 1 }

  /// The number of edges.
  public var edgeCount: Int { neighbors.count / 2 }

  /// The number of neighbours of a vertex.
  public func degree(of vertex: Int) -> Int { starts[vertex + 1] - starts[vertex] }

  /// The neighbours of a vertex, increasing.
  public func neighbors(of vertex: Int) -> IndexList { IndexList(neighbors[range(of: vertex)]) }

  /// The positions of a vertex's neighbours in `neighbors`.
  @inline(__always)
  func range(of vertex: Int) -> Range<Int> { starts[vertex]..<starts[vertex + 1] }

  /// For each position in `neighbors` the number of its edge; the two ends of an edge have the same number.
  ///
  /// - Complexity: O(vertices + edges).
  func edgeNumbers() -> [Int32] {
    var next = starts
    var count: Int32 = 0
    return [Int32](unsafeUninitializedCapacity: neighbors.count) { buffer, initialized in
      for vertex in 0..<vertexCount {
        for position in range(of: vertex) where neighbors[position] > vertex {
          // The smaller ends come in increasing order, which is the order in which the larger end lists them.
          let other = Int(neighbors[position])
          buffer[position] = count
          buffer[next[other]] = count
          next[other] += 1
          count += 1
        }
      }
      initialized = neighbors.count
    }
  }
}
