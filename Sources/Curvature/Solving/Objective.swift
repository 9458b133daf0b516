import TensorGraph

/// A function of a vector with the derivatives that a solver asks for, whatever form its variables have.
package struct Objective {
  /// The number of variables.
  package let count: Int
  /// The relative rounding error of the type in which it is computed.
  package let precision: Double
  package let value: ([Double]) throws(TensorError) -> Double
  package let gradient: ([Double]) throws(TensorError) -> [Double]
  let hessian: ([Double]) throws(TensorError) -> HessianMatrix
  /// The product of the Hessian at the first with the second.
  package let product: ([Double], [Double]) throws(TensorError) -> [Double]

  init(
    count: Int, precision: Double = .ulpOfOne, value: @escaping ([Double]) throws(TensorError) -> Double,
    gradient: @escaping ([Double]) throws(TensorError) -> [Double],
    hessian: @escaping ([Double]) throws(TensorError) -> HessianMatrix,
    product: @escaping ([Double], [Double]) throws(TensorError) -> [Double]
  ) {
    (self.count, self.precision) = (count, precision)
    (self.value, self.gradient, self.hessian, self.product) = (value, gradient, hessian, product)
  }
}

/// A function of one vector and of data, with its derivatives, each compiled when it is first asked for.
struct ObjectiveProgram: Sendable {
  private let count: Int
  private let scalarType: ScalarType
  private let value: PlanProgram
  private let gradient: PlanProgram
  private let hessian: WholeHessian?
  private let product: PlanProgram

  /// How the whole Hessian is computed.
  private enum WholeHessian {
    case dense(PlanProgram)
    case sparse(PlanProgram, SparseEntries)
  }

  /// The non-zeros of a Hessian as an expression, and how they are factored.
  struct SparseEntries: Sendable {
    /// The entries of the lower triangle with its whole diagonal, over the placeholders.
    let values: Node
    let places: SparseSymmetricMatrix.Places
    let factorizer: any SparseFactorizer
    let analysis: any SparseAnalysis
  }

  /// The non-zeros, if the Hessian is sparse.
  var entries: SparseEntries? { if case .sparse(_, let entries) = hessian { entries } else { nil } }

  /// - Parameters:
  ///   - result: the function's value over placeholders.
  ///   - variable: the placeholder of the vector.
  ///   - data: those of the data.
  ///   - method: whether the whole Hessian is to be computed, and in what form.
  /// - Throws: `TensorError` if the value has more than one element or needs elements that nobody has given, or a sparse Hessian
  ///   has factors that are too large.
  init(of result: Node, in variable: Node, data: [Node], method: SearchMethod) throws(TensorError) {
    let slope = try Gradients.of(result, [variable])[0]
    let derivative = Derivative(of: slope, in: variable, isSymmetric: true)
    let arguments: [PlanProgram.Argument] =
      [.init(node: variable)] + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) }
    count = variable.shape.count
    scalarType = variable.scalarType
    value = try PlanProgram([.init(node: result, name: "the value")], of: arguments)
    gradient = try PlanProgram([.init(node: slope, name: "the gradient")], of: arguments)
    switch method {
    case .products: hessian = nil
    case .dense:
      hessian = .dense(
        try PlanProgram(
          [.init(node: try derivative.whole(.often).result, name: "the Hessian", symmetricSize: count)], of: arguments))
    case .sparse(let factorizer):
      let nonzeros = try PlannedNonzeros(derivative, .lower, nil)
      let places = SparseSymmetricMatrix.Places(nonzeros.pattern)
      hessian = .sparse(
        try PlanProgram([.init(node: nonzeros.values, name: "the Hessian's entries")], of: arguments),
        SparseEntries(
          values: places.spread(nonzeros.values), places: places, factorizer: factorizer,
          analysis: try factorizer.analysis(of: places.pattern)))
    }
    let direction = Node(.input(variable.shape, variable.scalarType))
    let products = DerivativeProducts(.forward, of: derivative).expression(
      seeds: direction.reshaped(to: [1] + direction.shape))
    product = try PlanProgram(
      [.init(node: products, name: "the product")],
      of: arguments + [.init(node: direction, name: "the direction", plural: "directions")], isDeferred: true)
  }

  /// The function for some data.
  func objective(data: [Node]) -> Objective {
    func node(_ x: [Double]) -> Node { Node(.from(x, scalarType: scalarType), shape: [count]) }
    let n = count
    let factorizations = WorkCounter()
    return Objective(count: count, precision: scalarType == .float32 ? Double(Float.ulpOfOne) : .ulpOfOne) {
      (x) throws(TensorError) in
      try value([node(x)] + data)[0].doubles[0]
    } gradient: { (x) throws(TensorError) in
      try gradient([node(x)] + data)[0].doubles
    } hessian: { (x) throws(TensorError) in
      switch hessian {
      case .dense(let program):
        return .dense(DenseMatrix(rows: n, columns: n, rowMajor: try program([node(x)] + data)[0].doubles))
      case .sparse(let program, let entries):
        return .sparse(
          HessianMatrix.SparseHessian(
            matrix: entries.places.matrix(try program([node(x)] + data)[0].doubles), analysis: entries.analysis,
            factorizations: factorizations))
      case nil: fatalError("the plan was made for products")
      }
    } product: { (x, v) throws(TensorError) in
      try product([node(x)] + data + [node(v)])[0].doubles
    }
  }
}

extension Storage {
  /// Real elements as doubles.
  package var doubles: [Double] {
    scalarType == .float32 ? withElements(of: Float.self) { $0.map(Double.init) } : elements()
  }

  /// Doubles as elements of a type of real numbers.
  package static func from(_ elements: [Double], scalarType: ScalarType) -> Storage {
    scalarType == .float32 ? Storage(elements.map { Float($0) }) : Storage(elements)
  }
}
