/// The order in which the off-diagonal entries of a matrix follow from each other under an acyclic colouring.
///
/// Each entry is an edge of a tree whose vertices alternate between two colours. With the tree hung from a root, the edge
/// from vertex v up to its parent p is found in the product of p's group: element v there is the sum of the edges from v
/// to all vertices of p's colour, which are this edge and the edges from v's children (Gebremedhin, Tarafdar, Pothen &
/// Walther 2009, §3.3). The root is a tree's centre, so that as few subtractions as possible follow on each other.
///
/// Edges stand in postorder: an edge's descendants stand immediately before it, its last child next to it.
struct SubstitutionForest: Sendable {
  /// For each edge the group of its parent vertex.
  private(set) var groups: [Int32]
  /// For each edge the element of the product that belongs to its lower vertex.
  private(set) var elements: [Int32]
  /// For each edge the number of edges that are subtracted.
  private(set) var childCounts: [Int32]
  /// For each edge the number of its descendants.
  private(set) var descendantCounts: [Int32]
  /// For each non-zero in row order, its edge; -1 for diagonal entries, which are no edges.
  let edgeOfNonzero: [Int32]

  /// - Parameters:
  ///   - edges: the number of the edge at each place of the graph's neighbour lists.
  ///   - treeOfEdge: a number that the edges of a tree share, smaller than the number of edges.
  ///   - keys: the group of each vertex.
  ///   - groups: receives the groups that are read.
  ///   - positions: the element of a product that belongs to each vertex.
  ///   - nonzeroEdges: the edge number of each non-zero in row order, -1 for diagonal entries.
  init(
    _ graph: AdjacencyGraph, edges: [Int32], treeOfEdge: [Int32], keys: [Int32], groups: inout UsedGroups,
    positions: [Int32], nonzeroEdges: [Int32]
  ) {
    let edgeCount = graph.edgeCount
    var ends = [(Int32, Int32)](repeating: (0, 0), count: edgeCount)
    for vertex in 0..<graph.vertexCount {
      for place in graph.range(of: vertex) where graph.neighbors[place] > vertex {
        ends[Int(edges[place])] = (Int32(vertex), graph.neighbors[place])
      }
    }
    let sorted = SparsityPattern.countingSort(
      Array(0..<Int32(edgeCount)), by: treeOfEdge,
      keyCount: edgeCount)
    var peeling = Peeling(vertexCount: graph.vertexCount, edgeCount: edgeCount)
    var single: [Int32] = []
    for tree in 0..<edgeCount {
      let members = sorted.values[sorted.starts[tree]..<sorted.starts[tree + 1]]
      if members.count == 1 { single.append(members.first!) }
      if members.count > 1 { peeling.hang(members, ends) }
    }
    for edge in 0..<edgeCount where peeling.parents[edge] >= 0 { groups.use(keys[Int(peeling.parents[edge])]) }
    for edge in single {
      let (a, b) = ends[Int(edge)]
      peeling.hangSingle(edge, parent: groups.prefers(keys[Int(b)], over: keys[Int(a)]) ? b : a)
      groups.use(keys[Int(peeling.parents[Int(edge)])])
    }

    self.groups = [Int32](repeating: 0, count: edgeCount)
    elements = self.groups
    childCounts = self.groups
    descendantCounts = self.groups
    for edge in 0..<edgeCount {
      let (a, b) = ends[edge]
      let parent = peeling.parents[edge]
      let place = Int(peeling.places[edge])
      self.groups[place] = keys[Int(parent)]
      elements[place] = positions[Int(parent == a ? b : a)]
      childCounts[place] = peeling.childCounts[edge]
      descendantCounts[place] = peeling.descendantCounts[edge]
    }
    edgeOfNonzero = nonzeroEdges.map { $0 < 0 ? -1 : peeling.places[Int($0)] }
  }

  /// The same with other numbers for the groups.
  func renumbered(_ number: (Int32) -> Int32) -> SubstitutionForest {
    var result = self
    result.groups = groups.map(number)
    return result
  }

  /// Calls `body` with each group that an edge needs.
  func forEachGroup(of edge: Int, _ body: (Int) -> Void) {
    body(Int(groups[edge]))
    // Generations alternate between two groups.
    if childCounts[edge] > 0 { body(Int(groups[edge - 1])) }
  }

  /// The number of edges.
  var edgeCount: Int { groups.count }

  /// The edges of the non-zeros at a range of positions in row order.
  func edges(of positions: Range<Int>) -> [Int] {
    edgeOfNonzero[positions].lazy.filter { $0 >= 0 }.map(Int.init)
  }

  /// Calls `keep` with the value of each edge of a range that holds the descendants of its edges.
  ///
  /// - Parameter stack: room for the values that wait for their parents.
  func evaluate<Scalar: AdditiveArithmetic>(
    _ edges: Range<Int>, _ products: [UnsafePointer<Scalar>?], _ stack: inout [Scalar], _ keep: (Scalar) -> Void
  ) {
    for edge in edges {
      var value = products[Int(groups[edge])]![Int(elements[edge])]
      for _ in 0..<childCounts[edge] { value -= stack.removeLast() }
      stack.append(value)
      keep(value)
    }
  }
}

/// Hangs trees from their centres by taking leaves off until one vertex is left.
///
/// Trees are given as lists of edges. Each vertex holds its degree and the exclusive or of its edges, so a leaf knows its
/// only edge and no neighbour lists are needed.
private struct Peeling {
  /// By edge: the upper vertex.
  private(set) var parents: [Int32]
  private(set) var childCounts: [Int32]
  private(set) var descendantCounts: [Int32]
  /// By edge: its place in postorder.
  private(set) var places: [Int32]
  private var placeCount: Int32 = 0

  /// By vertex, of the tree in work.
  private var degree: [Int32]
  private var incident: [Int32]
  private var children: [Int32]
  private var descendants: [Int32]
  private var cursor: [Int32]
  private var queue: [(vertex: Int32, edge: Int32)] = []

  init(vertexCount: Int, edgeCount: Int) {
    parents = [Int32](repeating: -1, count: edgeCount)
    childCounts = [Int32](repeating: 0, count: edgeCount)
    descendantCounts = childCounts
    places = childCounts
    degree = [Int32](repeating: 0, count: vertexCount)
    incident = degree
    children = degree
    descendants = degree
    cursor = degree
  }

  mutating func hangSingle(_ edge: Int32, parent: Int32) {
    parents[Int(edge)] = parent
    places[Int(edge)] = placeCount
    placeCount += 1
  }

  mutating func hang(_ edges: ArraySlice<Int32>, _ ends: [(Int32, Int32)]) {
    for edge in edges {
      for vertex in [ends[Int(edge)].0, ends[Int(edge)].1] {
        degree[Int(vertex)] = 0
        incident[Int(vertex)] = 0
        children[Int(vertex)] = 0
        descendants[Int(vertex)] = 0
      }
    }
    for edge in edges {
      let (a, b) = ends[Int(edge)]
      degree[Int(a)] += 1
      degree[Int(b)] += 1
      incident[Int(a)] ^= edge
      incident[Int(b)] ^= edge
    }
    queue.removeAll(keepingCapacity: true)
    for edge in edges {
      let (a, b) = ends[Int(edge)]
      if degree[Int(a)] == 1 { queue.append((a, edge)) }
      if degree[Int(b)] == 1 { queue.append((b, edge)) }
    }
    // First leaves, then what becomes a leaf: the last vertex is a centre.
    var head = 0
    while head < edges.count {
      let (vertex, _) = queue[head]
      let edge = incident[Int(vertex)]
      queue[head].edge = edge
      head += 1
      let (a, b) = ends[Int(edge)]
      let parent = a == vertex ? b : a
      parents[Int(edge)] = parent
      childCounts[Int(edge)] = children[Int(vertex)]
      descendantCounts[Int(edge)] = descendants[Int(vertex)]
      children[Int(parent)] += 1
      descendants[Int(parent)] += descendants[Int(vertex)] + 1
      incident[Int(parent)] ^= edge
      degree[Int(parent)] -= 1
      if degree[Int(parent)] == 1 { queue.append((parent, incident[Int(parent)])) }
    }
    // From the root down, each edge takes the places of its descendants and the next one from its parent's.
    let root = parents[Int(queue[head - 1].edge)]
    cursor[Int(root)] = placeCount
    for (vertex, edge) in queue[..<head].reversed() {
      let parent = Int(parents[Int(edge)])
      let start = cursor[parent]
      cursor[Int(vertex)] = start
      places[Int(edge)] = start + descendantCounts[Int(edge)]
      cursor[parent] = places[Int(edge)] + 1
    }
    placeCount += Int32(edges.count)
  }
}
