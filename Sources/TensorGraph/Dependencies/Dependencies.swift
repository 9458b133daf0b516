import SparseStructure

/// On which elements of a variable each element of some nodes depends: the sparsity pattern of a Jacobian, read off the
/// graph by carrying sets of elements in place of numbers.
///
/// The rules are those of `Linearization`: where a partial derivative is nil there is no dependency, and elsewhere sets
/// go the way of tangents. The result is a superset of the non-zeros of the Jacobian:
///
/// - everywhere (*global* pattern), if no values are used but those of masks and indices that are computed from
///   constants alone;
/// - as long as comparisons come out as they do at one point, and inputs other than the variable keep their values
///   (*local* pattern), if an evaluator is given. It is smaller: branches that `where` and maxima do not take drop out,
///   and so do constant factors that are zero.
///
/// The idea is Griewank & Walther 2008, "Evaluating derivatives", §7.1 (index domains); Hill & Dalle 2025, "Sparser,
/// better, faster, stronger", distinguish global and local. Equal sets are shared, so a sum of a million elements that is
/// broadcast back costs one set.
package struct Dependencies {
  /// Evaluates nodes at the point of a local pattern.
  package typealias Evaluator = ([Node]) throws(TensorError) -> [[Double]]

  /// Node by node and slow.
  package static func interpreter(_ nodes: [Node]) throws(TensorError) -> [[Double]] {
    try Interpreter.values(of: nodes)
  }

  /// The nodes whose elements, one after another, are the rows.
  package let outputs: [Node]
  /// The node whose elements are the columns.
  package let variable: Node
  private let pool: DependencySets
  private let tables: [DependencyTable]
  let known: KnownValues

  /// How many elements of sets an analysis stores before it takes whole variables for sets.
  package static let defaultBudget = 1 << 27

  /// - Parameters:
  ///   - outputs: the nodes whose dependencies are wanted.
  ///   - variable: the node on which they depend; what it is computed from is not looked at.
  ///   - evaluate: gives values at the point for the local pattern; nil for the global pattern.
  ///   - integers: computes whole numbers and masks that follow from constants and given ones.
  ///   - budget: how many elements of sets may be stored; beyond it sets widen to the whole variable.
  /// - Throws: what the evaluators throw; an index outside its axis.
  /// - Complexity: O(elements of all nodes between variable and outputs + sizes of the sets made on the way).
  package init(
    of outputs: [Node], in variable: Node, at evaluate: Evaluator? = nil,
    integers: Evaluator = Dependencies.interpreter, budget: Int = Dependencies.defaultBudget
  ) throws(TensorError) {
    self.outputs = outputs
    self.variable = variable
    var sweep = try DependencySweep(outputs, variable, evaluate, integers: integers, budget: budget)
    tables = sweep.run()
    pool = sweep.pool
    known = sweep.known
  }

  /// The number of rows: of elements of all outputs.
  package var rowCount: Int { outputs.reduce(0) { $0 + $1.shape.count } }

  /// The number of entries of the pattern, without making it.
  ///
  /// - Complexity: O(rows).
  package var nonzeroCount: Int {
    zip(outputs, tables).reduce(0) { total, entry in
      switch entry.1 {
      case .uniform(let set): total + entry.0.shape.count * pool.size(set)
      case .each(let sets): sets.reduce(total) { $0 + pool.size($1) }
      }
    }
  }

  /// The pattern: row after row the elements of the outputs, column after column those of the variable.
  ///
  /// - Throws: `TensorError` if there would be more non-zeros than allowed; the matrix is then better kept dense.
  /// - Complexity: O(rows + non-zeros).
  package func pattern(maximumNonzeroCount: Int = 1 << 28) throws(TensorError) -> SparsityPattern {
    let count = nonzeroCount
    guard count <= maximumNonzeroCount, max(rowCount, variable.shape.count) <= SparsityPattern.maximumExtent else {
      throw TensorError(
        "pattern: \(count) of \(rowCount)×\(variable.shape.count) entries may be different from zero, more than the "
          + "\(maximumNonzeroCount) allowed; ask for products, rows or blocks instead of the sparse whole")
    }
    var rowStarts = [0]
    rowStarts.reserveCapacity(rowCount + 1)
    var columns: [Int32] = []
    columns.reserveCapacity(count)
    for (node, table) in zip(outputs, tables) {
      for element in 0..<node.shape.count {
        columns.append(contentsOf: pool.elements(table[element]))
        rowStarts.append(columns.count)
      }
    }
    return SparsityPattern(
      rowCount: rowCount, columnCount: variable.shape.count, rowStarts: rowStarts, columnIndices: columns)
  }

  /// Whether a row depends on a column.
  package func contains(row: Int, column: Int) -> Bool {
    guard let (output, element) = place(ofRow: row) else { return false }
    return pool.contains(tables[output][element], column)
  }

  /// The output and the element in it to which a row belongs.
  func place(ofRow row: Int) -> (output: Int, element: Int)? {
    guard row >= 0 else { return nil }
    var element = row
    for (output, node) in outputs.enumerated() {
      if element < node.shape.count { return (output, element) }
      element -= node.shape.count
    }
    return nil
  }
}

extension SparsityPattern {
  /// The pattern of the Jacobian of nodes in a variable; see `Dependencies`.
  package static func jacobian(
    of outputs: [Node], in variable: Node, at evaluate: Dependencies.Evaluator? = nil,
    maximumNonzeroCount: Int = 1 << 28
  ) throws(TensorError) -> SparsityPattern {
    try Dependencies(of: outputs, in: variable, at: evaluate).pattern(maximumNonzeroCount: maximumNonzeroCount)
  }

  /// The pattern of the Hessian of a one-element node in a variable: of the Jacobian of its gradient, cut with its
  /// transpose, since both cover a symmetric matrix.
  package static func hessian(
    of output: Node, in variable: Node, at evaluate: Dependencies.Evaluator? = nil,
    maximumNonzeroCount: Int = 1 << 28
  ) throws(TensorError) -> SparsityPattern {
    guard let gradient = gradient(of: output, to: [variable])[0] else {
      return .zero(rowCount: variable.shape.count, columnCount: variable.shape.count)
    }
    return try jacobian(of: [gradient], in: variable, at: evaluate, maximumNonzeroCount: maximumNonzeroCount)
      .symmetricCore()
  }
}
