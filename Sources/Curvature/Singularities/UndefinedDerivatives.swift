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

/// Why what rules give for a gradient is no derivative: the function tells eigenvalues or singular values from each other that
/// are equal, and each choice of vectors has slopes of its own.
///
/// - Parameters:
///   - output: the function, of any number of elements.
///   - variables: what it is differentiated in.
/// - Returns: a text; nil where the function is symmetric in values that repeat, or none do.
/// - Throws: if the values cannot be evaluated.
package func repeatedValueExplanation(of output: Node, in variables: [Node]) throws(TensorError) -> String? {
  guard output.scalarType.isDifferentiable, variables.contains(where: { output.hasSpectra(above: $0) }) else {
    return nil
  }
  // The slopes of all elements at once, in general position.
  let weighted = Node.scattered(output.shape, output.scalarType) * output
  let gradients = try Gradients.of(weighted.summed(over: Array(0..<output.shape.rank)), variables)
  for node in Node.topologicalOrder(gradients) {
    guard let (w, g) = Spectrum.slopes(node), let n = w.shape.dimensions.last, n > 0 else { continue }
    let (values, slopes) = (try Evaluation.storage(w), try Evaluation.storage(g))
    let resolution = w.scalarType == .float32 ? 1e-6 : 1e-15
    func row(_ storage: Storage, _ start: Int) -> [Double] { (0..<n).map { storage.literal(at: start + $0).double } }
    for start in stride(from: 0, to: slopes.count, by: n) {
      let (own, moved) = (row(values, start % values.count), row(slopes, start))
      let (size, steepest) = (own.largestMagnitude, moved.largestMagnitude)
      let place = "of a matrix of shape \(node.operands[1].shape)"
      let isSingular = Spectrum.valueName(node) != "eigenvalues"
      if isSingular, let i = (0..<n).first(where: { own[$0] <= resolution * size && abs(moved[$0]) > 1e-6 * steepest })
      {
        return
          "singular value \(i) \(place) is 0, and has a kink there: there is no derivative, and the slope is that for one choice of "
          + "its vectors"
      }
      func isTold(_ i: Int) -> Bool {
        abs(own[i] - own[i - 1]) <= resolution * size && abs(moved[i] - moved[i - 1]) > 1e-6 * steepest
      }
      guard let i = (1..<max(n, 1)).first(where: isTold) else { continue }
      return
        "\(Spectrum.valueName(node)) \(i - 1) and \(i) \(place) are equal (\(own[i])) and count differently: there is no "
        + "derivative, and the slope is that for one choice of their vectors"
    }
  }
  return nil
}
