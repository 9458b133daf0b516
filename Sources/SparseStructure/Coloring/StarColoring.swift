/// A colouring of a symmetric graph in which every path of four vertices has three colours.
///
/// Edges between two colours then form stars, and a symmetric matrix whose columns are summed colour by colour can be
/// read entry by entry: entry (i, j) stands alone in the sum of the hub's colour. Coleman & Moré 1984; the algorithm is
/// Gebremedhin, Tarafdar, Manne & Pothen 2007, "New acyclic and star coloring algorithms with application to computing
/// Hessians", §4, which keeps the stars as it goes.
///
/// Time O(Σ over edges of the smaller of the neighbour's degree and its number of distinct neighbouring colours), for
/// the vertices beyond `crowd` neighbours; so one vertex joined to all others costs no more than its edges.
struct StarColoring {
  /// The colour of each vertex.
  private(set) var colors: [Int32]
  private(set) var colorCount = 0
  /// The star of each edge.
  private var starOfEdge: [Int32]
  /// The hub of each star; -1 for a star of one edge, in which either end may be it.
  private var hubs: [Int32] = []

  private let graph: AdjacencyGraph
  private let edges: [Int32]
  private var highDegree: HighDegreeVertices
  /// Colours at vertices of `highDegree` that are hubs of stars in which the vertex is a leaf.
  private var hubColors: [[Int32]]

  init(_ graph: AdjacencyGraph, edges: [Int32], order: VertexOrder) {
    self.graph = graph
    self.edges = edges
    colors = [Int32](repeating: -1, count: graph.vertexCount)
    starOfEdge = [Int32](repeating: -1, count: graph.edgeCount)
    highDegree = HighDegreeVertices(graph)
    hubColors = [[Int32]](repeating: [], count: highDegree.count)
    color(order.vertices(of: AdjacentVertices(graph: graph)))
  }

  /// The hub of the star to which an edge belongs; nil if the edge is a star by itself.
  func hub(ofEdge edge: Int) -> Int? {
    let hub = hubs[Int(starOfEdge[edge])]
    return hub < 0 ? nil : Int(hub)
  }

  private mutating func color(_ vertices: [Int32]) {
    var forbidden = [Int32](repeating: -1, count: graph.vertexCount + 1)
    var treated = [Int32](repeating: -1, count: graph.vertexCount)
    // For each colour, the last vertex that saw a neighbour of this colour, and where that neighbour stands.
    var seenBy = [Int32](repeating: -1, count: graph.vertexCount + 1)
    var seenAt = [Int](repeating: 0, count: graph.vertexCount + 1)

    for vertex in vertices {
      let range = graph.range(of: Int(vertex))
      for position in range {
        let neighbor = graph.neighbors[position]
        let color = Int(colors[Int(neighbor)])
        if color < 0 { continue }
        forbidden[color] = vertex
        if seenBy[color] == vertex {
          // Two neighbours of one colour: this vertex becomes their hub, so their other neighbours must differ from it.
          let first = graph.neighbors[seenAt[color]]
          if treated[Int(first)] != vertex { forbidAll(around: first, for: vertex, &forbidden, &treated) }
          forbidAll(around: neighbor, for: vertex, &forbidden, &treated)
        } else {
          seenBy[color] = vertex
          seenAt[color] = position
          // The neighbour is a leaf of these hubs, so this vertex must differ from them.
          forbidHubs(around: neighbor, for: vertex, &forbidden)
        }
      }
      var color = 0
      while forbidden[color] == vertex { color += 1 }
      colors[Int(vertex)] = Int32(color)
      colorCount = max(colorCount, color + 1)
      joinStars(vertex, seenBy, seenAt)
    }
  }

  private func forbidAll(
    around neighbor: Int32, for vertex: Int32, _ forbidden: inout [Int32], _ treated: inout [Int32]
  ) {
    treated[Int(neighbor)] = vertex
    if let crowd = highDegree.index(of: neighbor) {
      for color in highDegree.colors[crowd] { forbidden[Int(color)] = vertex }
    } else {
      for position in graph.range(of: Int(neighbor)) {
        let color = colors[Int(graph.neighbors[position])]
        if color >= 0 { forbidden[Int(color)] = vertex }
      }
    }
  }

  private func forbidHubs(around neighbor: Int32, for vertex: Int32, _ forbidden: inout [Int32]) {
    if let crowd = highDegree.index(of: neighbor) {
      for color in hubColors[crowd] { forbidden[Int(color)] = vertex }
    } else {
      for position in graph.range(of: Int(neighbor)) {
        let other = graph.neighbors[position]
        let color = colors[Int(other)]
        if color >= 0, other != vertex, hubs[Int(starOfEdge[Int(edges[position])])] == other {
          forbidden[Int(color)] = vertex
        }
      }
    }
  }

  /// Puts the edges from a vertex, just coloured, to coloured neighbours into stars.
  private mutating func joinStars(_ vertex: Int32, _ seenBy: [Int32], _ seenAt: [Int]) {
    let color = colors[Int(vertex)]
    for position in graph.range(of: Int(vertex)) {
      let neighbor = graph.neighbors[position]
      let neighborColor = colors[Int(neighbor)]
      if neighborColor < 0 { continue }
      let edge = Int(edges[position])
      if let (other, otherEdge) = sameColored(color, around: neighbor, except: vertex) {
        let star = starOfEdge[Int(otherEdge)]
        if hubs[Int(star)] != neighbor {
          hubs[Int(star)] = neighbor
          addLeaf(other, hubColor: neighborColor)
        }
        starOfEdge[edge] = star
        addLeaf(vertex, hubColor: neighborColor)
      } else {
        let first = seenAt[Int(neighborColor)]
        if seenBy[Int(neighborColor)] == vertex, first != position {
          let star = starOfEdge[Int(edges[first])]
          if hubs[Int(star)] != vertex {
            hubs[Int(star)] = vertex
            addLeaf(graph.neighbors[first], hubColor: color)
          }
          starOfEdge[edge] = star
          addLeaf(neighbor, hubColor: color)
        } else {
          starOfEdge[edge] = Int32(hubs.count)
          hubs.append(-1)
        }
      }
      highDegree.add(vertex, around: neighbor, color: color, edge: Int32(edge))
      highDegree.add(neighbor, around: vertex, color: neighborColor, edge: Int32(edge))
    }
  }

  /// A neighbour with the colour, and the edge to it.
  private func sameColored(
    _ color: Int32, around neighbor: Int32, except vertex: Int32
  ) -> (vertex: Int32, edge: Int32)? {
    // Which of several it is does not matter: they are in one star.
    if let crowd = highDegree.index(of: neighbor) { return highDegree.neighbor(of: crowd, colored: color) }
    for position in graph.range(of: Int(neighbor)) {
      let other = graph.neighbors[position]
      if other != vertex, colors[Int(other)] == color { return (other, edges[position]) }
    }
    return nil
  }

  private mutating func addLeaf(_ leaf: Int32, hubColor: Int32) {
    if let crowd = highDegree.index(of: leaf) { hubColors[crowd].append(hubColor) }
  }
}
