import SparseStructure
import Testing

@Suite struct VertexOrderTests {
  @Test(arguments: Samples.orders)
  func ordersArePermutations(order: VertexOrder) throws {
    for seed in 0..<10 {
      let graph = try AdjacencyGraph(symmetric: Samples.randomSymmetric(30, density: 0.02 * Double(seed), seed: seed))
      #expect(order.vertices(of: graph).sorted() == Array(0..<30))
      #expect(order.vertices(of: graph) == order.vertices(of: graph))
    }
  }

  /// Each order's definition, evaluated by counting.
  @Test(arguments: 0..<10)
  func definitions(seed: Int) throws {
    let graph = try AdjacencyGraph(symmetric: Samples.randomSymmetric(25, density: 0.2, seed: seed))
    func degrees(of candidates: some Sequence<Int>, among others: Set<Int>) -> [Int] {
      candidates.map { vertex in graph.neighbors(of: vertex).count { others.contains($0) } }
    }
    let largest = VertexOrder.largestFirst.vertices(of: graph)
    #expect(zip(largest, largest.dropFirst()).allSatisfy { graph.degree(of: $0) >= graph.degree(of: $1) })

    let smallestLast = VertexOrder.smallestLast.vertices(of: graph)
    let dynamic = VertexOrder.dynamicLargestFirst.vertices(of: graph)
    let incidence = VertexOrder.incidenceDegree.vertices(of: graph)
    for i in smallestLast.indices {
      let first = Set(smallestLast[...i])
      #expect(degrees(of: [smallestLast[i]], among: first)[0] == degrees(of: first, among: first).min())
      let rest = Set(dynamic[i...])
      #expect(degrees(of: [dynamic[i]], among: rest)[0] == degrees(of: rest, among: rest).max())
      let done = Set(incidence[..<i])
      #expect(degrees(of: [incidence[i]], among: done)[0] == degrees(of: incidence[i...], among: done).max())
    }
  }

  @Test func bipartiteGraphHasRowsFirst() {
    let pattern = Samples.random(5, 7, density: 0.4, seed: 3)
    let graph = AdjacencyGraph(bipartite: pattern)
    #expect(graph.vertexCount == 12 && graph.edgeCount == pattern.nonzeroCount)
    for row in 0..<5 { #expect(Array(graph.neighbors(of: row)) == pattern[row: row].map { $0 + 5 }) }
    for column in 0..<7 {
      #expect(Array(graph.neighbors(of: 5 + column)) == (0..<5).filter { pattern.contains(row: $0, column: column) })
    }
  }

  @Test func symmetricGraphRefusesOtherPatterns() {
    #expect {
      try AdjacencyGraph(symmetric: SparsityPattern.banded(rowCount: 3, columnCount: 3, offsets: 0...1))
    } throws: { "\($0)".contains("symmetrized()") }
  }
}
