import CPUEngine
import TensorGraph

/// Why derivatives of a node may be NaN although its value is a number: repeated eigenvalues and singular values, at which
/// single values and their vectors are not differentiable, and pseudoinverses where the rank changes.
///
/// - Returns: a text that names the matrix and the values; nil if nothing of the kind is found.
/// - Throws: if the matrices cannot be evaluated.
package func undefinedDerivativeExplanation(of output: Node) throws(TensorError) -> String? {
  for node in Node.topologicalOrder([output]) {
    if let mask = PseudoInverse.withoutDerivatives(node) {
      let isUndefined = try Evaluation.storage(mask)
      if (0..<isUndefined.count).contains(where: { isUndefined.literal(at: $0).integer != 0 }) {
        return
          "pinv, lstsq: a matrix of shape \(node.operands[1].shape) has a smaller rank here than almost everywhere near: "
          + "there is no derivative, since a small change makes the rank larger. Derivatives exist where the rank stays"
      }
    }
    guard case .matrix(let function) = node.primitive else { continue }
    let (name, row): (String, Int)
    switch function {
    case .symmetricEigen: (name, row) = ("eigenvalues", 0)
    case .singularValues: (name, row) = ("singular values", node.operands[0].shape[node.operands[0].shape.rank - 2])
    case .cholesky, .qr, .lu, .logDeterminant: continue
    }
    let values = try Evaluation.storage(node.rows(row, 1))
    let n = node.shape[node.shape.rank - 1]
    let resolution = node.scalarType == .float32 ? 1e-6 : 1e-15
    for start in stride(from: 0, to: values.count, by: max(n, 1)) {
      let numbers = (0..<n).map { values.literal(at: start + $0).double }
      let largest = numbers.reduce(0) { max($0, $1.magnitude) }
      guard let i = (1..<max(n, 1)).first(where: { (numbers[$0] - numbers[$0 - 1]).magnitude <= resolution * largest })
      else { continue }
      return
        "\(name) \(i - 1) and \(i) of a matrix of shape \(node.operands[0].shape) are equal (\(numbers[i])): single "
        + "\(name) and their vectors have no derivatives there. Symmetric functions of the values, such as their sum, "
        + "have first and second ones"
    }
  }
  return nil
}
