/// What is known of the coloured neighbours of vertices that have many: one neighbour of each colour.
///
/// All neighbours of one colour around a vertex are in one star (or tree), so one of them can speak for all. Where a
/// vertex has few neighbours it is cheaper to look at them.
struct HighDegreeVertices {
  static let threshold = 48

  /// The colours around each crowded vertex, each once.
  private(set) var colors: [[Int32]]
  private var representatives: [[Int32: (vertex: Int32, edge: Int32)]]
  private var indices: [Int32: Int]

  init(_ graph: AdjacencyGraph) {
    indices = [:]
    for vertex in 0..<graph.vertexCount where graph.degree(of: vertex) > HighDegreeVertices.threshold {
      indices[Int32(vertex)] = indices.count
    }
    colors = [[Int32]](repeating: [], count: indices.count)
    representatives = [[Int32: (vertex: Int32, edge: Int32)]](repeating: [:], count: indices.count)
  }

  /// The number of crowded vertices.
  var count: Int { colors.count }

  /// The number of a crowded vertex; nil if the vertex has few neighbours.
  @inline(__always)
  func index(of vertex: Int32) -> Int? { indices.isEmpty ? nil : indices[vertex] }

  /// A neighbour that has the colour, and the edge to it.
  func neighbor(of crowd: Int, colored color: Int32) -> (vertex: Int32, edge: Int32)? {
    representatives[crowd][color]
  }

  /// Notes a coloured neighbour of a vertex if the vertex is crowded.
  mutating func add(_ neighbor: Int32, around vertex: Int32, color: Int32, edge: Int32) {
    guard let crowd = index(of: vertex), representatives[crowd][color] == nil else { return }
    representatives[crowd][color] = (neighbor, edge)
    colors[crowd].append(color)
  }
}
