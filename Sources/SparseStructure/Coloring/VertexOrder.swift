/// The order in which a greedy colouring visits the vertices. It decides how many colours are needed.
///
/// The orders are those of Gebremedhin, Tarafdar, Pothen & Walther, "Efficient computation of sparse Hessians using
/// coloring and automatic differentiation" (2009), §4, and of ColPack. All but `random` are deterministic; ties go to
/// the vertex that became a candidate last, at first to the one with the smallest index.
public enum VertexOrder: Hashable, Sendable {
  /// 0, 1, 2, …: best for bands, whose natural order is already good.
  case natural
  /// By decreasing number of neighbours.
  case largestFirst
  /// The last vertex has the fewest neighbours; the one before it the fewest among the rest; and so on. Uses at most one
  /// colour more than the degeneracy of the graph in distance-1 colouring.
  case smallestLast
  /// Each vertex has the most neighbours among those already ordered.
  case incidenceDegree
  /// Each vertex has the most neighbours among those not yet ordered.
  case dynamicLargestFirst
  /// A shuffle that the seed determines.
  case random(seed: UInt64)

  /// The vertices of a graph in this order.
  ///
  /// - Complexity: O(vertices + edges).
  public func vertices(of graph: AdjacencyGraph) -> [Int] {
    vertices(of: AdjacentVertices(graph: graph)).map(Int.init)
  }

  func vertices(of graph: some Neighborhood) -> [Int32] {
    switch self {
    case .natural: return Array(0..<Int32(graph.vertexCount))
    case .largestFirst: return VertexOrder.largestFirst(graph)
    case .smallestLast:
      return Array(VertexOrder.removing(graph, largest: false).reversed())
    case .dynamicLargestFirst: return VertexOrder.removing(graph, largest: true)
    case .incidenceDegree: return VertexOrder.incidenceDegree(graph)
    case .random(let seed):
      var generator = SplitMix(state: seed)
      return Array(0..<Int32(graph.vertexCount)).shuffled(using: &generator)
    }
  }

  private static func largestFirst(_ graph: some Neighborhood) -> [Int32] {
    let degrees = graph.degrees()
    let largest = degrees.max() ?? 0
    return SparsityPattern.countingSort(
      Array(0..<Int32(graph.vertexCount)), by: degrees.map { largest - $0 }, keyCount: Int(largest) + 1
    ).values
  }

  /// The vertices in the order in which they are taken out of the graph, each having the most (or fewest) neighbours
  /// among those that are left (Matula & Beck 1983, "Smallest-last ordering").
  private static func removing(_ graph: some Neighborhood, largest: Bool) -> [Int32] {
    var queue = BucketQueue(keys: graph.degrees())
    var order: [Int32] = []
    order.reserveCapacity(graph.vertexCount)
    while let vertex = largest ? queue.popLargest() : queue.popSmallest() {
      order.append(vertex)
      graph.forEachNeighbor(of: Int(vertex)) { queue.decrease(Int32($0)) }
    }
    return order
  }

  private static func incidenceDegree(_ graph: some Neighborhood) -> [Int32] {
    var queue = BucketQueue(
      keys: [Int32](repeating: 0, count: graph.vertexCount), largestKey: graph.degrees().max() ?? 0)
    var order: [Int32] = []
    order.reserveCapacity(graph.vertexCount)
    while let vertex = queue.popLargest() {
      order.append(vertex)
      graph.forEachNeighbor(of: Int(vertex)) { queue.increase(Int32($0)) }
    }
    return order
  }
}

/// A graph whose neighbours can be listed: stored ones, or those at distance two in a bipartite graph.
protocol Neighborhood {
  var vertexCount: Int { get }
  /// Calls `body` once for each neighbour.
  func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void)
}

extension Neighborhood {
  func degrees() -> [Int32] {
    (0..<vertexCount).map { vertex in
      var degree: Int32 = 0
      forEachNeighbor(of: vertex) { _ in degree += 1 }
      return degree
    }
  }
}

struct AdjacentVertices: Neighborhood {
  let graph: AdjacencyGraph

  var vertexCount: Int { graph.vertexCount }

  func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void) {
    for position in graph.range(of: vertex) { body(Int(graph.neighbors[position])) }
  }
}

/// The columns of a matrix as vertices, joined if they meet in a row: the column intersection graph, never stored.
///
/// Rows with more than `longestRow` non-zeros are left out: they join almost all columns, hence hardly tell one from
/// another, and would cost the square of their length.
final class IntersectingColumns: Neighborhood {
  static let longestRow = 1000

  private let rows: SparsityPattern
  private let columns: SparsityPattern
  private var visited: [Int32]
  private var stamp: Int32 = 0

  init(rows: SparsityPattern, columns: SparsityPattern) {
    self.rows = rows
    self.columns = columns
    visited = [Int32](repeating: 0, count: rows.columnCount)
  }

  var vertexCount: Int { rows.columnCount }

  func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void) {
    if stamp == .max {
      visited = [Int32](repeating: 0, count: vertexCount)
      stamp = 0
    }
    stamp += 1
    visited[vertex] = stamp
    for row in columns.columnIndices[columns.range(ofRow: vertex)] {
      let range = rows.range(ofRow: Int(row))
      guard range.count <= IntersectingColumns.longestRow else { continue }
      for position in range {
        let other = Int(rows.columnIndices[position])
        if visited[other] != stamp {
          visited[other] = stamp
          body(other)
        }
      }
    }
  }
}

/// A generator of which nothing is asked but that a seed determines it (Steele, Lea & Flood 2014, "Fast splittable
/// pseudorandom number generators").
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
