import SparseStructure
import TensorGraph

/// The non-zeros of a derivative as one expression: the place where the source of non-zeros is chosen.
///
/// A source gives the values of the wanted entries in row order as a node of shape [entries]; whoever compiles or
/// evaluates it does not care where they come from.
struct NonzeroExpression {
  /// The values, in row order of `pattern`.
  let values: Node
  /// Where the values stand.
  let pattern: SparsityPattern
  /// How they are computed.
  let method: EvaluationMethod
  /// How they are computed, in words.
  let steps: String
  /// The expected cost.
  let cost: Cost

  /// A derivative whose non-zeros are wanted.
  struct Matrix {
    /// What is differentiated: its elements are the rows.
    let output: Node
    /// Its elements are the columns.
    let variable: Node
    let isSymmetric: Bool

    var scalarType: ScalarType { variable.scalarType }
  }

  /// The values of the given entries of a matrix, a subset of what the colouring reads.
  ///
  /// - Parameters:
  ///   - coloring: how the matrix is read from products.
  ///   - part: the wanted entries, for example a triangle.
  ///   - method: how; nil for the cheapest.
  init(_ matrix: Matrix, coloring: Coloring, part: SparsityPattern, method: EvaluationMethod?) {
    let candidates = Candidates(matrix, coloring, part)
    let chosen = method.map { candidates.candidate($0) ?? candidates.groups } ?? candidates.cheapest
    (self.method, values, pattern, steps, cost) = (chosen.method, chosen.values(), part, chosen.steps, chosen.cost)
  }

  /// A way to compute the entries, and what it is expected to cost.
  private struct Candidate {
    let method: EvaluationMethod
    let cost: Cost
    let steps: String
    /// Builds the expression.
    let values: () -> Node
  }

  /// The ways there are. Each is looked at when it is asked for, since finding out takes time.
  private struct Candidates {
    let matrix: Matrix
    let coloring: Coloring
    let part: SparsityPattern

    init(_ matrix: Matrix, _ coloring: Coloring, _ part: SparsityPattern) {
      (self.matrix, self.coloring, self.part) = (matrix, coloring, part)
    }

    func candidate(_ method: EvaluationMethod) -> Candidate? {
      switch method {
      case .dense: whole
      case .colors: groups
      case .terms: terms
      }
    }

    /// Terms win where there are any, if they are expected to; the whole is looked at where there are many groups.
    var cheapest: Candidate {
      let groups = groups
      let best = terms.flatMap { $0.cost < groups.cost ? $0 : nil } ?? groups
      let isLarge = coloring.colorCount <= 2 || coloring.colorCount * 16 <= lines
      if isLarge || best.method == .terms { return best }
      let whole = whole
      return whole.cost < best.cost ? whole : best
    }

    private var lines: Int { min(matrix.output.shape.count, matrix.variable.shape.count) }

    var groups: Candidate {
      let cost = denseDirectionsCost(
        of: matrix.output, variable: matrix.variable, directions: max(coloring.colorCount, 1), model: .default)
      return Candidate(
        method: .colors, cost: cost + Self.placing(part.nonzeroCount),
        steps: "\(coloring.colorCount) products, one for each colour (\(coloring.problem))",
        values: { GroupedProducts.nonzeros(matrix, coloring, part) })
    }

    /// The entries of terms, if those are no more than twice as many as there are.
    private var terms: Candidate? {
      let entries = DeltaEntries(
        derivativeOf: matrix.output, variable: matrix.variable, isSymmetric: matrix.isSymmetric,
        limit: 2 * coloring.pattern.nonzeroCount + 64)
      guard let entries else { return nil }
      let size = entries.boxes.reduce(0) { $0 + $1.values.shape.count }
      return Candidate(
        method: .terms, cost: entries.estimatedCost + Self.placing(size),
        steps: (["\(entries.boxes.count) blocks or bands of entries, no products with directions"] + entries.steps)
          .joined(separator: "\n"),
        values: { EntryPlacement.values(entries, in: part, isSymmetric: matrix.isSymmetric, matrix.scalarType) })
    }

    private var whole: Candidate {
      let (all, cost, steps) = DenseNonzeros.expression(matrix, lines: lines)
      return Candidate(method: .dense, cost: cost, steps: "the whole matrix: \(steps)") {
        let columns = matrix.variable.shape.count
        // Rounding may differ between an entry of a symmetric matrix and its mirror image; the upper one counts.
        let places = part.coordinates.map { row, column in
          matrix.isSymmetric && row > column ? Int64(column * columns + row) : Int64(row * columns + column)
        }
        return all.gathered(Node(Storage(places), shape: [places.count]), axis: 0)
      }
    }

    private static func placing(_ count: Int) -> Cost {
      Cost(nanoseconds: CostModel.default.gather(0).nanoseconds + 0.6 * Double(count))
    }
  }
}

/// Non-zeros picked from the whole matrix.
private enum DenseNonzeros {
  /// The matrix, flattened.
  static func expression(
    _ matrix: NonzeroExpression.Matrix, lines: Int
  ) -> (node: Node, cost: Cost, steps: String) {
    let (output, variable) = (matrix.output, matrix.variable)
    let size: Shape = [output.shape.count * variable.shape.count]
    let structured = DerivativeTemplates.shared.derivative(
      of: output, in: variable, demand: .matrix, isSymmetric: matrix.isSymmetric, effort: .often)
    if let (result, plan) = structured { return (result.reshaped(to: size), plan.estimatedCost, "\(plan)") }
    let rows = UnitDirections(node: output, batchAxis: nil)
    let columns = UnitDirections(node: variable, batchAxis: nil)
    let isForward = columns.count <= rows.count || matrix.isSymmetric
    let products =
      isForward
      ? DerivativeProducts(directions: columns, results: rows, mode: .forward)
      : DerivativeProducts(directions: rows, results: columns, mode: .reverse)
    let all = products.expression(Node(.iota([isForward ? columns.count : rows.count], axis: 0, .int64)))
    let byRow = isForward ? all.permuted([2, 1, 0]) : all
    let cost = denseDirectionsCost(of: output, variable: variable, directions: lines, model: .default)
    return (byRow.reshaped(to: size), cost, "\(lines) products, one for each \(isForward ? "column" : "row")")
  }
}

/// Products with groups of unit directions, as expressions with constant directions.
enum GroupedProducts {
  /// The given entries of a matrix, a subset of those that a direct colouring reads.
  static func nonzeros(_ matrix: NonzeroExpression.Matrix, _ coloring: Coloring, _ part: SparsityPattern) -> Node {
    let used = coloring.requiredColors(forEntries: part.coordinates.lazy.map { ($0.row, $0.column) })
    guard part.nonzeroCount > 0 else { return .zeros([0], matrix.scalarType) }
    var starts = [Int](repeating: -1, count: coloring.colorCount)
    var parts: [Node] = []
    var length = 0
    let byColumn = used.filter { !coloring.isRowColor($0) }
    let byRow = used.filter { coloring.isRowColor($0) }
    let rows = UnitDirections(node: matrix.output, batchAxis: nil)
    let columns = UnitDirections(node: matrix.variable, batchAxis: nil)
    for (colors, groups, products) in [
      (byColumn, coloring.columnColors, DerivativeProducts(directions: columns, results: rows, mode: .forward)),
      (byRow, coloring.rowColors, DerivativeProducts(directions: rows, results: columns, mode: .reverse)),
    ] where !colors.isEmpty {
      // Directions are constants of the program, and their tangents stay within the budget of a chunk.
      for chunk in colors.chunked(by: products.chunkSize) {
        let seeds = products.directions.groupSeed(chunk, groups: groups)
        let elements = products.results.count
        for (slot, color) in chunk.enumerated() { starts[color] = length + slot * elements }
        parts.append(products.expression(seeds: seeds).reshaped(to: [chunk.count * elements]))
        length += chunk.count * elements
      }
    }
    var places: [Int64] = []
    places.reserveCapacity(part.nonzeroCount)
    for row in 0..<part.rowCount {
      for column in part[row: row] {
        let position = coloring.pattern.position(row: row, column: column)!
        let (color, element) = coloring.source(ofNonzeroAt: position, row: row)
        places.append(Int64(starts[color] + element))
      }
    }
    return Node.concatenate(parts, axis: 0).gathered(Node(Storage(places), shape: [places.count]), axis: 0)
  }
}
