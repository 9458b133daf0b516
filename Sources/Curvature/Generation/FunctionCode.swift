import CPUEngine
import SparseStructure
import TensorGraph

/// C code of a graph, for those who have no Swift function of it.
package enum FunctionCode {
  /// C functions of a function of one vector and data: of value, gradient and Hessian if its value is one element, else of value and
  /// Jacobian.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - result: the function's value.
  ///   - vector: the placeholder of the vector.
  ///   - data: the placeholders of what else is given in each call.
  ///   - isSparse: whether the entries of the Hessian are given that can be other than zero, and no others.
  ///   - point: the vector and the data for which the test program calls the functions.
  /// - Throws: `TensorError` if the name is none in C, or a step has no form in C.
  package static func generate(
    _ name: String, interface: GeneratedCode.Interface, of result: Node, in vector: Node, data: [Node], isSparse: Bool,
    at point: [Node]
  ) throws(TensorError) -> GeneratedCode {
    var generator = try CodeGenerator(name, interface)
    let arguments =
      [PlanProgram.Argument(node: vector)] + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) }
    let value = PlanProgram.Result(node: result, name: "the value")
    func add(
      _ suffix: String, _ comment: String, _ role: CasADiInterface.Role?, _ results: PlanProgram.Result...
    ) throws(TensorError) {
      try generator.add(suffix, PlanProgram(results, of: arguments), comment, role, at: point)
    }
    guard result.shape.count == 1 else {
      let entries = try PlannedNonzeros(Derivative(of: result, in: vector), .both, nil)
      let jacobian = entries.result("the Jacobian's entries", PlanSingularities.Part.jacobianEntries, nil)
      try add("", "The value and the entries of the Jacobian.", nil, value, jacobian)
      try add("value", "The value.", .value, value)
      try add("jacobian", "The entries of the Jacobian.", .jacobian, jacobian)
      generator.add("jacobian", pattern: entries.pattern)
      return try generator.generated()
    }
    let gradient = PlanProgram.Result(node: try Gradients.of(result, [vector])[0], name: "the gradient")
    let derivative = Derivative(of: gradient.node, in: vector, isSymmetric: true)
    let hessian: PlanProgram.Result
    if isSparse {
      let entries = try PlannedNonzeros(derivative, .both, nil)
      hessian = entries.result("the Hessian's entries", PlanSingularities.Part.hessianEntries, nil)
      generator.add("hessian", pattern: entries.pattern)
    } else {
      hessian = PlanProgram.Result(
        node: try derivative.whole(.often).result, name: "the Hessian", symmetricSize: vector.shape.count)
    }
    try add("", "Value, gradient and Hessian.", nil, value, gradient, hessian)
    try add("value", "The value.", .value, value)
    try add("gradient", "The gradient.", .gradient, gradient)
    try add("hessian", "The Hessian.", .hessian, hessian)
    return try generator.generated()
  }
}
