/// A colouring of a symmetric graph in which neighbours differ and every cycle has three colours.
///
/// Edges between two colours then form trees, and a symmetric matrix whose columns are summed colour by colour can be
/// read by substitution along each tree, from its leaves. Coleman & Cai 1986; the algorithm is Gebremedhin, Tarafdar,
/// Manne & Pothen 2007, §3, which keeps the trees in disjoint sets.
///
/// Time as `StarColoring`, times the inverse Ackermann function.
struct AcyclicColoring {
  /// The colour of each vertex.
  private(set) var colors: [Int32]
  private(set) var colorCount = 0
  /// The trees as sets of edges.
  private var trees: DisjointSets

  private let graph: AdjacencyGraph
  private let edges: [Int32]
  private var highDegree: HighDegreeVertices
  /// For each tree, by its representative, the vertex that met it last, and through which neighbour.
  private var metBy: [Int32]
  private var metThrough: [Int32]

  init(_ graph: AdjacencyGraph, edges: [Int32], order: VertexOrder) {
    self.graph = graph
    self.edges = edges
    colors = [Int32](repeating: -1, count: graph.vertexCount)
    trees = DisjointSets(count: graph.edgeCount)
    highDegree = HighDegreeVertices(graph)
    metBy = [Int32](repeating: -1, count: graph.edgeCount)
    metThrough = metBy
    color(order.vertices(of: AdjacentVertices(graph: graph)))
  }

  /// A number for each edge that the edges of a tree share.
  mutating func treeOfEdge() -> [Int32] {
    (0..<Int32(graph.edgeCount)).map { trees.representative(of: $0) }
  }

  private mutating func color(_ vertices: [Int32]) {
    var forbidden = [Int32](repeating: -1, count: graph.vertexCount + 1)
    var seenBy = [Int32](repeating: -1, count: graph.vertexCount + 1)
    var seenEdge = seenBy

    for vertex in vertices {
      let range = graph.range(of: Int(vertex))
      for position in range {
        let color = colors[Int(graph.neighbors[position])]
        if color >= 0 { forbidden[Int(color)] = vertex }
      }
      for position in range where colors[Int(graph.neighbors[position])] >= 0 {
        preventCycles(vertex, graph.neighbors[position], &forbidden)
      }
      var color = 0
      while forbidden[color] == vertex { color += 1 }
      colors[Int(vertex)] = Int32(color)
      colorCount = max(colorCount, color + 1)

      for position in range {
        let neighbor = graph.neighbors[position]
        let neighborColor = Int(colors[Int(neighbor)])
        if neighborColor < 0 { continue }
        let edge = edges[position]
        // Edges to neighbours of one colour share this vertex, and so a tree.
        if seenBy[neighborColor] == vertex {
          trees.unite(edge, seenEdge[neighborColor])
        } else {
          seenBy[neighborColor] = vertex
          seenEdge[neighborColor] = edge
        }
        joinTree(vertex, neighbor, Int32(color), edge)
      }
      for position in range where colors[Int(graph.neighbors[position])] >= 0 {
        let neighbor = graph.neighbors[position]
        highDegree.add(vertex, around: neighbor, color: Int32(color), edge: edges[position])
        highDegree.add(neighbor, around: vertex, color: colors[Int(neighbor)], edge: edges[position])
      }
    }
  }

  /// Forbids the colours with which the vertex would close a cycle in a tree that reaches it through two neighbours.
  private mutating func preventCycles(_ vertex: Int32, _ neighbor: Int32, _ forbidden: inout [Int32]) {
    if let crowd = highDegree.index(of: neighbor) {
      for color in highDegree.colors[crowd] where forbidden[Int(color)] != vertex {
        meet(highDegree.neighbor(of: crowd, colored: color)!.edge, vertex, neighbor, color, &forbidden)
      }
    } else {
      for position in graph.range(of: Int(neighbor)) {
        let color = colors[Int(graph.neighbors[position])]
        if color >= 0, forbidden[Int(color)] != vertex {
          meet(edges[position], vertex, neighbor, color, &forbidden)
        }
      }
    }
  }

  private mutating func meet(
    _ edge: Int32, _ vertex: Int32, _ neighbor: Int32, _ color: Int32, _ forbidden: inout [Int32]
  ) {
    let tree = Int(trees.representative(of: edge))
    if metBy[tree] != vertex {
      metBy[tree] = vertex
      metThrough[tree] = neighbor
    } else if metThrough[tree] != neighbor {
      forbidden[Int(color)] = vertex
    }
  }

  /// Unites an edge with the edges of the neighbour that go to the same colour.
  private mutating func joinTree(_ vertex: Int32, _ neighbor: Int32, _ color: Int32, _ edge: Int32) {
    if let crowd = highDegree.index(of: neighbor) {
      if let other = highDegree.neighbor(of: crowd, colored: color) { trees.unite(edge, other.edge) }
      return
    }
    for position in graph.range(of: Int(neighbor)) {
      let other = graph.neighbors[position]
      if other != vertex, colors[Int(other)] == color {
        trees.unite(edge, edges[position])
        return
      }
    }
  }
}

/// Disjoint sets with union by size and path halving (Tarjan & van Leeuwen 1984).
struct DisjointSets {
  private var parent: [Int32]
  private var size: [Int32]

  init(count: Int) {
    parent = Array(0..<Int32(count))
    size = [Int32](repeating: 1, count: count)
  }

  mutating func representative(of element: Int32) -> Int32 {
    var element = element
    while parent[Int(element)] != element {
      parent[Int(element)] = parent[Int(parent[Int(element)])]
      element = parent[Int(element)]
    }
    return element
  }

  mutating func unite(_ a: Int32, _ b: Int32) {
    var (a, b) = (representative(of: a), representative(of: b))
    if a == b { return }
    if size[Int(a)] < size[Int(b)] { swap(&a, &b) }
    parent[Int(b)] = a
    size[Int(a)] += size[Int(b)]
  }
}
