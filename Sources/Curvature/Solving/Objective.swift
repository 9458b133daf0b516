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
  /// The diagonal of the Hessian, if it costs no more than a few products.
  let diagonal: (([Double]) throws(TensorError) -> [Double])?

  init(
    count: Int, precision: Double = .ulpOfOne, value: @escaping ([Double]) throws(TensorError) -> Double,
    gradient: @escaping ([Double]) throws(TensorError) -> [Double],
    hessian: @escaping ([Double]) throws(TensorError) -> HessianMatrix,
    product: @escaping ([Double], [Double]) throws(TensorError) -> [Double],
    diagonal: (([Double]) throws(TensorError) -> [Double])? = nil
  ) {
    (self.count, self.precision) = (count, precision)
    (self.value, self.gradient, self.hessian, self.product) = (value, gradient, hessian, product)
    self.diagonal = diagonal
  }
}

/// A function of one vector and of data, with its derivatives, each compiled when it is first asked for.
struct ObjectiveProgram: Sendable {
  private let count: Int
  private let scalarType: ScalarType
  private let value: PlanProgram
  private let gradient: PlanProgram
  let second: SecondDerivatives

  /// - Parameters:
  ///   - result: the function's value over placeholders.
  ///   - variable: the placeholder of the vector.
  ///   - data: those of the data.
  ///   - method: whether the whole Hessian is to be computed, and in what form.
  /// - Throws: `TensorError` if the value has more than one element or needs elements that nobody has given, or a sparse Hessian
  ///   has factors that are too large.
  init(of result: Node, in variable: Node, data: [Node], method: SearchMethod) throws(TensorError) {
    let slope = try Gradients.of(result, [variable])[0]
    let arguments = SecondDerivatives.arguments(variable, data)
    count = variable.shape.count
    scalarType = variable.scalarType
    value = try PlanProgram([.init(node: result, name: "the value")], of: arguments)
    gradient = try PlanProgram([.init(node: slope, name: "the gradient")], of: arguments)
    second = try SecondDerivatives(
      Derivative(of: slope, in: variable, isSymmetric: true), of: arguments, method: method)
  }

  /// The non-zeros, if the Hessian is sparse.
  var entries: SecondDerivatives.SparseEntries? { second.entries }

  /// The function for some data.
  ///
  /// - Parameter model: what takes the place of the second derivatives, where it says so.
  func objective(data: [Node], model: ChosenModel? = nil) -> Objective {
    let (n, type) = (count, scalarType)
    func node(_ x: [Double]) -> Node { Node(.from(x, scalarType: type), shape: [n]) }
    let exact = second.functions(data: data)
    func chosen() -> SecondDerivatives.Functions { model?.functions ?? exact }
    var diagonal: (([Double]) throws(TensorError) -> [Double])?
    if second.diagonal != nil { diagonal = { (x) throws(TensorError) in try chosen().diagonal(x) } }
    return Objective(
      count: n, precision: type == .float32 ? Double(Float.ulpOfOne) : .ulpOfOne,
      value: { (x) throws(TensorError) in try value([node(x)] + data)[0].doubles[0] },
      gradient: { (x) throws(TensorError) in try gradient([node(x)] + data)[0].doubles },
      hessian: { (x) throws(TensorError) in try chosen().hessian(x) },
      product: { (x, v) throws(TensorError) in try chosen().product(x, v) }, diagonal: diagonal)
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
