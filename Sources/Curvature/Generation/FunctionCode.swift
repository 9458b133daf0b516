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
  ///   - functions: which of them; nil for all.
  ///   - result: the function's value.
  ///   - vector: the placeholder of the vector.
  ///   - variables: what the vector consists of.
  ///   - data: the placeholders of what else is given in each call.
  ///   - isSparse: whether the entries of the Hessian are given that can be other than zero, and no others.
  ///   - point: the vector and the data for which the test program calls the functions.
  /// - Throws: `TensorError` if the name is none in C, a step has no form in C, or a function is asked for that there is not.
  package static func generate(
    _ name: String, interface: GeneratedCode.Interface, functions: Set<GeneratedCode.Function>? = nil, of result: Node,
    in vector: Node, variables: [GeneratedBlock],
    data: [Node], isSparse: Bool, at point: [Node]
  ) throws(TensorError) -> GeneratedCode {
    let arguments =
      [PlanProgram.Argument(node: vector)]
      + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) }
    var generator = try CodeGenerator(name, interface, of: arguments, functions: functions)
    generator.name(variables: variables)
    let value = PlanProgram.Result(node: result, name: "the value")
    guard result.shape.count == 1 else {
      let entries = try PlannedNonzeros(Derivative(of: result, in: vector), .both, nil)
      let jacobian = entries.result("the Jacobian's entries", PlanSingularities.Part.jacobianEntries, nil)
      try generator.add(value: value, jacobian: jacobian, entries.pattern, of: arguments, at: point)
      return try generator.generated()
    }
    let gradient = PlanProgram.Result(node: try Gradients.of(result, [vector])[0], name: "the gradient")
    let derivative = Derivative(of: gradient.node, in: vector, isSymmetric: true)
    if isSparse {
      let entries = try PlannedNonzeros(derivative, .both, nil)
      let hessian = entries.result("the Hessian's entries", PlanSingularities.Part.hessianEntries, nil)
      try generator.add(
        value: value, gradient: gradient, hessian: hessian, entries.pattern, of: arguments, at: point)
    } else {
      let hessian = PlanProgram.Result(
        node: try derivative.whole(.often).result, name: "the Hessian", symmetricSize: vector.shape.count)
      try generator.add(value: value, gradient: gradient, hessian: hessian, nil, of: arguments, at: point)
    }
    return try generator.generated()
  }

  /// C functions of a nonlinear program: of an objective and constraints, functions of one vector and data.
  ///
  /// - Parameters:
  ///   - name: what the functions' names begin with.
  ///   - interface: how they are called.
  ///   - objective: a value of one element.
  ///   - constraints: their values, a vector.
  ///   - vector: the placeholder of the vector.
  ///   - data: the placeholders of what else is given in each call.
  ///   - blocks: what the vector, the constraints and the data consist of.
  ///   - problem: what a solver is told besides.
  ///   - point: the vector and the data for which the test program calls the functions.
  /// - Throws: `TensorError` if the name is none in C, or a step has no form in C.
  package static func generate(
    _ name: String, interface: GeneratedCode.Interface, objective: Node, constraints: Node, in vector: Node,
    data: [Node], blocks: (variables: [GeneratedBlock], constraints: [GeneratedBlock], data: [GeneratedBlock]),
    problem: GeneratedCode.Problem, at point: [Node]
  ) throws(TensorError) -> GeneratedCode {
    let plan = try LagrangianPlan<Double>(objective: objective, constraints: constraints, in: vector, data: data)
    return try plan.generated(name, interface, problem, blocks: blocks, at: point)
  }
}

extension CodeGenerator {
  /// The functions of a function of one element: of value, gradient and Hessian, and what the interface wants besides.
  ///
  /// - Parameter pattern: that of a Hessian's entries; nil for a whole one.
  mutating func add(
    value: PlanProgram.Result, gradient: PlanProgram.Result, hessian: PlanProgram.Result, _ pattern: SparsityPattern?,
    of arguments: [PlanProgram.Argument], at point: [Node]? = nil
  ) throws(TensorError) {
    func add(
      _ role: FunctionRole, _ suffix: String, _ comment: String, _ results: PlanProgram.Result...,
      along direction: PlanProgram.Argument? = nil
    ) throws(TensorError) {
      let more = direction.map { [$0] } ?? []
      let point = point.map { point in point + more.map { Self.probe($0.node) } }
      try self.add(
        role, suffix, PlanProgram(results, of: arguments + more, isDeferred: true), comment, at: point)
    }
    let entries = pattern == nil ? "Hessian" : "entries of the Hessian"
    try add(.valueGradientAndHessian, "", "Value, gradient and \(entries).", value, gradient, hessian)
    try add(.value, "value", "The value.", value)
    try add(.gradient, "gradient", "The gradient.", gradient)
    try add(.hessian, "hessian", "The \(entries).", hessian)
    if let pattern { self.add(.hessian, "hessian", pattern: pattern) }
    if isWanted(.valueAndGradient) {
      try add(.valueAndGradient, "value_and_gradient", "Value and gradient.", value, gradient)
    }
    if isWanted(.valueAndProduct) {
      let argument = arguments[0].node
      let direction = PlanProgram.Argument(
        node: Node(.input(argument.shape, argument.scalarType)), name: "the direction", plural: "directions")
      let product = Derivative(of: gradient.node, in: argument, isSymmetric: true).product(along: direction.node)
      try add(
        .valueAndProduct, "value_and_product", "The value, and the product of the Hessian with a direction.", value,
        .init(node: product, name: "the product"), along: direction)
    }
  }

  /// The functions of a function of several elements: of its value and the entries of its Jacobian.
  mutating func add(
    value: PlanProgram.Result, jacobian: PlanProgram.Result, _ pattern: SparsityPattern,
    of arguments: [PlanProgram.Argument], at point: [Node]? = nil
  ) throws(TensorError) {
    func program(_ results: PlanProgram.Result...) throws(TensorError) -> PlanProgram {
      try PlanProgram(results, of: arguments, isDeferred: true)
    }
    try add(
      .valueAndJacobian, "", program(value, jacobian), "The value and the entries of the Jacobian.", at: point)
    try add(.value, "value", program(value), "The value.", at: point)
    try add(.jacobian, "jacobian", program(jacobian), "The entries of the Jacobian.", at: point)
    add(.jacobian, "jacobian", pattern: pattern)
  }

  /// Numbers for an argument of a test that no user has given: a direction, multipliers.
  static func probe(_ placeholder: Node) -> Node {
    let values = (0..<placeholder.shape.count).map { Double($0 % 7) * 0.5 - 1.25 }
    return Node(Storage(values), shape: placeholder.shape).cast(to: placeholder.scalarType)
  }
}
