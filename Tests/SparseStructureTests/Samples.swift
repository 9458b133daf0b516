import SparseStructure

/// A repeatable source of random numbers (xorshift64*).
struct Repeatable: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

enum Samples {
  static func random(
    _ rowCount: Int, _ columnCount: Int, density: Double, seed: Int
  ) -> SparsityPattern {
    var generator = Repeatable(seed)
    return SparsityPattern(rowCount: rowCount, columnCount: columnCount) { _, _ in
      Double.random(in: 0..<1, using: &generator) < density
    }
  }

  /// Symmetric; some diagonal entries are missing.
  static func randomSymmetric(_ count: Int, density: Double, seed: Int) -> SparsityPattern {
    random(count, count, density: density / 2, seed: seed).symmetrized()
  }

  /// A first row, a first column and the diagonal.
  static func arrow(_ count: Int) -> SparsityPattern {
    try! SparsityPattern(
      rowCount: count, columnCount: count,
      coordinates: (0..<count).flatMap { [(0, $0), ($0, 0), ($0, $0)] })
  }

  /// Unknowns on a grid, each coupled to itself and its neighbours; with corners the nine-point stencil, else five-point.
  static func grid(_ height: Int, _ width: Int, corners: Bool = false) -> SparsityPattern {
    var coordinates: [(Int, Int)] = []
    for y in 0..<height {
      for x in 0..<width {
        for dy in -1...1 {
          for dx in -1...1 where corners || abs(dx) + abs(dy) <= 1 {
            let (v, u) = (y + dy, x + dx)
            if v >= 0, v < height, u >= 0, u < width { coordinates.append((y * width + x, v * width + u)) }
          }
        }
      }
    }
    return try! SparsityPattern(
      rowCount: height * width, columnCount: height * width, coordinates: coordinates)
  }

  static func cycle(_ count: Int) -> SparsityPattern {
    try! SparsityPattern(
      rowCount: count, columnCount: count,
      coordinates: (0..<count).flatMap { [($0, $0), ($0, ($0 + 1) % count), (($0 + 1) % count, $0)] })
  }

  /// Vertex i > 0 hangs from a random earlier one.
  static func tree(_ count: Int, seed: Int) -> SparsityPattern {
    var generator = Repeatable(seed)
    let edges = (1..<count).map { ($0, Int.random(in: 0..<$0, using: &generator)) }
    return try! SparsityPattern(
      rowCount: count, columnCount: count,
      coordinates: edges + edges.map { ($0.1, $0.0) } + (0..<count).map { ($0, $0) })
  }

  /// Whole numbers, so that sums and differences are exact.
  static func matrix(_ pattern: SparsityPattern, seed: Int) -> SparseMatrix<Double> {
    var generator = Repeatable(seed)
    return SparseMatrix(
      pattern: pattern,
      values: (0..<pattern.nonzeroCount).map { _ in Double(Int.random(in: 1...1000, using: &generator)) })
  }

  static func symmetricMatrix(_ pattern: SparsityPattern, seed: Int) -> SparseMatrix<Double> {
    matrix(pattern.lowerTriangle(), seed: seed).mirrored()
  }

  static let orders: [VertexOrder] = [
    .natural, .largestFirst, .smallestLast, .incidenceDegree, .dynamicLargestFirst, .random(seed: 7),
  ]
}

extension Coloring {
  /// All colours as the definitions want them: a number for each vertex.
  var plainColumnColors: [Int] { (0..<pattern.columnCount).map { color(ofColumn: $0) ?? -1 } }
}
