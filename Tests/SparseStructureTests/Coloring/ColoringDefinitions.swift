import SparseStructure

/// The definitions behind the colourings, checked by going through all cases: slow and obviously right.
///
/// Each answers nil if the definition is met, or says which vertices or entries break it.
///
/// - GMP05: Gebremedhin, Manne & Pothen, "What color is your Jacobian? Graph coloring for computing derivatives", SIAM
///   Review 47 (2005).
/// - GTMP07: Gebremedhin, Tarafdar, Manne & Pothen, "New acyclic and star coloring algorithms with application to
///   computing Hessians", SIAM J. Sci. Comput. 29 (2007).
/// - GTPW09: Gebremedhin, Tarafdar, Pothen & Walther, "Efficient computation of sparse Hessians using coloring and
///   automatic differentiation", INFORMS J. Comput. 21 (2009).
enum ColoringDefinitions {
  /// GMP05, distance-k colouring: vertices get different colours whenever a path of at most k edges joins them; here
  /// k = 1.
  static func distanceOneViolation(_ graph: AdjacencyGraph, _ colors: [Int]) -> String? {
    for vertex in 0..<graph.vertexCount {
      for other in graph.neighbors(of: vertex) where colors[vertex] == colors[other] {
        return "neighbours \(vertex) and \(other) both have colour \(colors[vertex])"
      }
    }
    return nil
  }

  /// GMP05, structurally orthogonal partition: no two columns of a group have a
  /// non-zero in a common row.
  static func structuralOrthogonalityViolation(_ pattern: SparsityPattern, columnColors: [Int]) -> String? {
    for row in 0..<pattern.rowCount {
      for first in pattern[row: row] {
        for second in pattern[row: row] where first < second && columnColors[first] == columnColors[second] {
          return "columns \(first) and \(second) of colour \(columnColors[first]) meet in row \(row)"
        }
      }
    }
    return nil
  }

  /// GMP05 and GTMP07, star colouring: a distance-1 colouring in which every path on four vertices uses at least three
  /// colours.
  static func starViolation(_ graph: AdjacencyGraph, _ colors: [Int]) -> String? {
    if let violation = distanceOneViolation(graph, colors) { return violation }
    for b in 0..<graph.vertexCount {
      for c in graph.neighbors(of: b) {
        for a in graph.neighbors(of: b) where a != c && colors[a] == colors[c] {
          for d in graph.neighbors(of: c) where d != b && d != a && colors[d] == colors[b] {
            return "the path \(a), \(b), \(c), \(d) has the two colours \(colors[a]) and \(colors[b])"
          }
        }
      }
    }
    return nil
  }

  /// GMP05 and GTMP07, acyclic colouring: a distance-1 colouring in which every cycle uses at least three colours: the
  /// vertices of any two colours induce a forest.
  static func acyclicViolation(_ graph: AdjacencyGraph, _ colors: [Int]) -> String? {
    if let violation = distanceOneViolation(graph, colors) { return violation }
    let colorCount = (colors.max() ?? -1) + 1
    for first in 0..<colorCount {
      for second in first + 1..<max(colorCount, first + 1) {
        // Taking away vertices of degree one until none is left empties exactly the forests.
        var left = Set((0..<graph.vertexCount).filter { colors[$0] == first || colors[$0] == second })
        var removed = true
        while removed {
          let leaves = left.filter { vertex in graph.neighbors(of: vertex).count { left.contains($0) } <= 1 }
          left.subtract(leaves)
          removed = !leaves.isEmpty
        }
        if !left.isEmpty { return "colours \(first) and \(second) hold a cycle among \(left.sorted())" }
      }
    }
    return nil
  }

  /// GMP05, GTPW09, partition consistent with direct determination: every non-zero is found directly, that is, the group of its column has no other
  /// column with a non-zero in its row, or the group of its row has no other row with a non-zero in its column. For a
  /// symmetric matrix the group of row i is the group of column i; with groups of columns alone this is structural
  /// orthogonality.
  static func directRecoveryViolation(_ coloring: Coloring, full: SparsityPattern) -> String? {
    let transpose = full.transposed()
    for (row, column) in coloring.pattern.coordinates {
      let standsAloneInRow = coloring.color(ofColumn: column).map { color in
        full[row: row].count { coloring.color(ofColumn: $0) == color } == 1
      }
      let standsAloneInColumn = coloring.color(ofRow: row).map { color in
        transpose[row: column].count { coloring.color(ofRow: $0) == color } == 1
      }
      if standsAloneInRow != true && standsAloneInColumn != true {
        return "entry (\(row), \(column)) is not alone in the group of its column, nor in that of its row"
      }
    }
    return nil
  }

  /// GMP05, GTPW09, partition that is substitutable: non-zeros can be put in an order in which each stands, in the group of its
  /// column or of its row, alone but for non-zeros that come before it.
  static func substitutionViolation(_ coloring: Coloring) -> String? {
    let pattern = coloring.pattern
    let transpose = pattern.transposed()
    var isSymmetric = false
    if case .symmetric = coloring.problem { isSymmetric = true }
    struct Entry: Hashable { let row, column: Int }
    var unknown = Set(pattern.coordinates.map { Entry(row: $0.row, column: $0.column) })
    var progress = true
    while progress && !unknown.isEmpty {
      progress = false
      for entry in unknown {
        let byColumn = coloring.color(ofColumn: entry.column).map { color in
          pattern[row: entry.row].allSatisfy {
            $0 == entry.column || coloring.color(ofColumn: $0) != color
              || !unknown.contains(Entry(row: entry.row, column: $0))
          }
        }
        let byRow = coloring.color(ofRow: entry.row).map { color in
          transpose[row: entry.column].allSatisfy {
            $0 == entry.row || coloring.color(ofRow: $0) != color
              || !unknown.contains(Entry(row: $0, column: entry.column))
          }
        }
        if byColumn == true || byRow == true {
          unknown.remove(entry)
          if isSymmetric { unknown.remove(Entry(row: entry.column, column: entry.row)) }
          progress = true
        }
      }
    }
    return unknown.first.map { "entry (\($0.row), \($0.column)) follows from no order of substitutions" }
  }
}
