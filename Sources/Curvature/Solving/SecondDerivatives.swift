import TensorGraph

/// The second derivatives of a function of a vector in the form that a search asks for, compiled.
struct SecondDerivatives: Sendable {
  /// How the whole is computed.
  private enum Whole {
    case dense(PlanProgram)
    case sparse(PlanProgram, SparseEntries)
  }

  /// The non-zeros as an expression, and how they are factored.
  struct SparseEntries: Sendable {
    /// The entries of the lower triangle with its whole diagonal, over the placeholders.
    let values: Node
    let places: SparseSymmetricMatrix.Places
    let factorizer: any SparseFactorizer
    let analysis: any SparseAnalysis
  }

  private let whole: Whole?
  private let product: PlanProgram
  let diagonal: PlanProgram?
  private let constants: [Node]
  private let count: Int
  private let scalarType: ScalarType

  /// How many products a diagonal may cost that makes the variables of a search with products alike.
  private static let diagonalProducts = 4

  /// What a program is given: the point, and data.
  static func arguments(_ variable: Node, _ data: [Node]) -> [PlanProgram.Argument] {
    [.init(node: variable)] + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) }
  }

  /// - Parameters:
  ///   - derivative: of a gradient, symmetric.
  ///   - arguments: those of `arguments(_:_:)`.
  ///   - constants: what is put in the place of the last ones.
  init(
    _ derivative: Derivative, of arguments: [PlanProgram.Argument], constants: [Node] = [], method: SearchMethod
  ) throws(TensorError) {
    let variable = derivative.columns.node
    (count, scalarType, self.constants) = (variable.shape.count, variable.scalarType, constants)
    var diagonal: PlanProgram?
    switch method {
    case .products:
      whole = nil
      if let elements = try derivative.diagonal(cheaperThan: Self.diagonalProducts) {
        diagonal = try PlanProgram([.init(node: elements, name: "the Hessian's diagonal")], of: arguments)
      }
    case .dense:
      whole = .dense(
        try PlanProgram(
          [.init(node: try derivative.whole(.often).result, name: "the Hessian", symmetricSize: count)], of: arguments))
    case .sparse(let factorizer):
      let nonzeros = try PlannedNonzeros(derivative, .lower, nil)
      let places = SparseSymmetricMatrix.Places(nonzeros.pattern)
      whole = .sparse(
        try PlanProgram([.init(node: nonzeros.values, name: "the Hessian's entries")], of: arguments),
        SparseEntries(
          values: places.spread(nonzeros.values), places: places, factorizer: factorizer,
          analysis: try factorizer.analysis(of: places.pattern)))
    }
    self.diagonal = diagonal
    let direction = Node(.input(variable.shape, variable.scalarType))
    let products = DerivativeProducts(.forward, of: derivative).expression(
      seeds: direction.reshaped(to: [1] + direction.shape))
    product = try PlanProgram(
      [.init(node: products, name: "the product")],
      of: arguments + [.init(node: direction, name: "the direction", plural: "directions")], isDeferred: true)
  }

  /// The non-zeros, if the matrix is sparse.
  var entries: SparseEntries? { if case .sparse(_, let entries) = whole { entries } else { nil } }

  /// Second derivatives as functions of a point.
  struct Functions {
    let hessian: ([Double]) throws(TensorError) -> HessianMatrix
    /// The product of the matrix at the first with the second.
    let product: ([Double], [Double]) throws(TensorError) -> [Double]
    let diagonal: ([Double]) throws(TensorError) -> [Double]
  }

  /// The functions for some data.
  func functions(data: [Node]) -> Functions {
    let (n, type, given) = (count, scalarType, data + constants)
    func node(_ x: [Double]) -> Node { Node(.from(x, scalarType: type), shape: [n]) }
    let factorizations = WorkCounter()
    return Functions { (x) throws(TensorError) in
      switch whole {
      case .dense(let program):
        return .dense(
          DenseMatrix(rows: n, columns: n, rowMajor: try program([node(x)] + given)[0].doubles), factorizations)
      case .sparse(let program, let entries):
        return .sparse(
          HessianMatrix.SparseHessian(
            matrix: entries.places.matrix(try program([node(x)] + given)[0].doubles), analysis: entries.analysis,
            factorizations: factorizations))
      case nil: fatalError("the plan was made for products")
      }
    } product: { (x, v) throws(TensorError) in
      try product([node(x)] + given + [node(v)])[0].doubles
    } diagonal: { (x) throws(TensorError) in
      try diagonal!([node(x)] + given)[0].doubles
    }
  }
}

/// What takes the place of second derivatives in a search for now: nothing, if they are exact.
final class ChosenModel {
  var functions: SecondDerivatives.Functions?
}
