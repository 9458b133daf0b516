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
    let lines = min(matrix.output.shape.count, matrix.variable.shape.count)
    let directions = max(coloring.colorCount, 1)
    let colored = denseDirectionsCost(
      of: matrix.output, variable: matrix.variable, directions: directions, model: .default)
    let dense: () -> (node: Node, cost: Cost, steps: String) = {
      DenseNonzeros.expression(matrix, lines: lines)
    }
    var whole: (node: Node, cost: Cost, steps: String)?
    let chosen: EvaluationMethod
    if let method {
      chosen = method
    } else if coloring.colorCount <= 2 || coloring.colorCount * 16 <= lines {
      chosen = .colors
    } else {
      whole = dense()
      chosen = whole!.cost < colored ? .dense : .colors
    }
    self.method = chosen
    pattern = part
    switch chosen {
    case .colors:
      values = GroupedProducts.nonzeros(matrix, coloring, part)
      steps = "\(coloring.colorCount) products, one for each colour (\(coloring.problem))"
      cost = colored
    case .dense:
      let whole = whole ?? dense()
      let columns = matrix.variable.shape.count
      // Rounding may differ between an entry of a symmetric matrix and its mirror image; the upper one counts.
      let places = part.coordinates.map { row, column in
        matrix.isSymmetric && row > column ? Int64(column * columns + row) : Int64(row * columns + column)
      }
      values = whole.node.gathered(Node(Storage(places), shape: [places.count]), axis: 0)
      steps = "the whole matrix: \(whole.steps)"
      cost = whole.cost
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
      of: output, in: variable, demand: .matrix, isSymmetric: matrix.isSymmetric)
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
