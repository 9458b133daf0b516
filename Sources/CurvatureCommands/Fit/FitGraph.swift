import Curvature
import TensorGraph

/// The residuals of a model as a graph in the parameters.
package struct FitGraph {
  /// All parameters as one vector of p elements.
  private let parameters: Node
  /// y - model, n elements.
  private let residuals: Node

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
  }

  /// Residuals and derivatives as functions of the parameters, compiled.
  ///
  /// - Throws: `TensorError` if what does not depend on the parameters cannot be computed.
  package func objective() throws(TensorError) -> LeastSquaresObjective {
    try LeastSquaresGraph(residuals: residuals, parameters: parameters).objective()
  }
}
