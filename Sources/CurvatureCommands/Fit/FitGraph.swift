import Curvature
import TensorGraph

/// The residuals of a model as a graph in the parameters, with the graphs of its exact derivatives.
package struct FitGraph {
  /// All parameters as one vector of p elements.
  private let parameters: Node
  /// y - model, n elements.
  private let residuals: Node
  /// (∂r/∂b)ᵀ, p x n: n tangents for each of p directions pushed forward at once.
  private let jacobian: Node
  /// Σᵢ rᵢ ∇²rᵢ, p x p: the Hessian of Σᵢ r̄ᵢ rᵢ where r̄ = r but constant for derivatives, by forward over reverse mode.
  private let curvature: Node

  /// The graph for a response and a model.
  ///
  /// - Parameters:
  ///   - response: y, of shape [n].
  ///   - parameterCount: p.
  ///   - model: builds the prediction from p scalar nodes, of shape [n] or a shape that broadcasts to it.
  /// - Throws: `ToolError` if the prediction has another shape or is not real.
  package init(
    response: [Double], parameterCount p: Int, model: ([Node]) throws(ToolError) -> Node
  ) throws(ToolError) {
    let n = response.count
    let parameters = Node(.input([p], .float64))
    var scalars: [Node] = []
    for i in 0..<p { scalars.append(parameters.sliced([AxisSlice(start: i, step: 1, count: 1)]).reshaped(to: .scalar)) }
    let prediction = try model(scalars)
    guard prediction.scalarType == .float64 else {
      throw ToolError("the model gives \(prediction.scalarType), expected real numbers", status: .data)
    }
    guard prediction.shape == [n] || prediction.shape == .scalar || prediction.shape == [1] else {
      throw ToolError(
        "the model has shape \(prediction.shape), but there are \(n) observations; expected shape [\(n)]",
        status: .data)
    }
    let residuals: Node
    do throws(TensorError) {
      residuals = try Operations.subtract(Node(Storage(response), shape: [n]), prediction)
    } catch { throw ToolError(error.message, status: .data) }
    self.parameters = parameters
    self.residuals = residuals

    let identity = Node(Storage(DenseMatrix.identity(p).elements), shape: [p, p])
    jacobian =
      pushforward(of: [residuals], seeds: [(parameters, identity)], lift: 1)[0] ?? .zeros([p, n], .float64)
    let gradient = pullback(of: [(residuals, residuals.detached())], to: [parameters])[0]
    curvature =
      gradient.flatMap { pushforward(of: [$0], seeds: [(parameters, identity)], lift: 1)[0] }
      ?? .zeros([p, p], .float64)
  }

  /// Residuals and derivatives as functions of the parameters, compiled.
  ///
  /// - Throws: `TensorError` if what does not depend on the parameters cannot be computed.
  package func objective() throws(TensorError) -> LeastSquaresObjective {
    let (p, n) = (parameters.shape.count, residuals.shape.count)
    let value = try PreparedFunction(outputs: [residuals], inputs: [parameters])
    let derivatives = try PreparedFunction(outputs: [residuals, jacobian, curvature], inputs: [parameters])
    func run(_ function: PreparedFunction, at b: [Double]) throws(TensorError) -> [[Double]] {
      try function.run([Storage(b)]).map { $0.elements() }
    }
    return LeastSquaresObjective(parameterCount: p) { b in
      try run(value, at: b)[0]
    } derivatives: { b in
      let values = try run(derivatives, at: b)
      // A row-major p x n array is the column-major n x p one.
      var matrix = DenseMatrix(rows: n, columns: p)
      matrix.elements = values[1]
      return ResidualDerivatives(
        residuals: values[0], jacobian: matrix, curvature: DenseMatrix(rows: p, columns: p, rowMajor: values[2]))
    }
  }
}
