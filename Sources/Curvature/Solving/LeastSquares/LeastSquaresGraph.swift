import TensorGraph

/// The graphs of residuals and of their exact derivatives, compiled: what every least-squares fit is made of.
package struct LeastSquaresGraph: Sendable {
  private let value: PreparedFunction
  private let derivatives: PreparedFunction
  private let (parameterCount, residualCount): (Int, Int)
  private let scalarType: ScalarType

  /// - Parameters:
  ///   - residuals: n elements.
  ///   - parameters: the placeholder of all parameters, of p elements.
  ///   - data: placeholders of data.
  /// - Throws: `TensorError` if what does not depend on the parameters cannot be computed.
  package init(residuals: Node, parameters: Node, data: [Node] = []) throws(TensorError) {
    let (p, n) = (parameters.shape.count, residuals.shape.count)
    let type = parameters.scalarType
    let flat = residuals.reshaped(to: [n])
    let identity = Node(.from(DenseMatrix.identity(p).elements, scalarType: type), shape: [p, p])
    // (∂r/∂b)ᵀ, p x n: n tangents for each of p directions pushed forward at once.
    let jacobian = pushforward(of: [flat], seeds: [(parameters, identity)], lift: 1)[0] ?? .zeros([p, n], type)
    // Σᵢ rᵢ ∇²rᵢ, p x p: the Hessian of Σᵢ r̄ᵢ rᵢ where r̄ = r but constant for derivatives, by forward over reverse mode.
    let gradient = pullback(of: [(flat, flat.detached())], to: [parameters])[0]
    let curvature =
      gradient.flatMap { pushforward(of: [$0], seeds: [(parameters, identity)], lift: 1)[0] } ?? .zeros([p, p], type)
    value = try PreparedFunction(outputs: [flat], inputs: [parameters] + data)
    derivatives = try PreparedFunction(outputs: [flat, jacobian, curvature], inputs: [parameters] + data)
    (parameterCount, residualCount, scalarType) = (p, n, type)
  }

  /// Residuals and derivatives as functions of the parameters, for some data.
  package func objective(data: [Storage] = []) -> LeastSquaresObjective {
    let (p, n, type) = (parameterCount, residualCount, scalarType)
    func run(_ function: PreparedFunction, at b: [Double]) throws(TensorError) -> [[Double]] {
      try function.run([.from(b, scalarType: type)] + data).map { $0.doubles }
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
