import TensorGraph

/// A function called once on placeholders, and the parts of plans that follow from it.
struct TracedFunction {
  /// Stands for the point; it has no elements.
  let argument: Node
  /// Stand for data.
  let data: [Node]
  let result: Node
  /// What is done at singular points, if something is.
  let singularities: PlanSingularities?

  init<Scalar: DifferentiableScalar, each Data: TensorScalar>(
    like x: Tensor<Scalar>, _ data: repeat Tensor<each Data>, resolvingSingularPoints: Bool,
    of f: (Tensor<Scalar>, repeat Tensor<each Data>) throws -> Tensor<Scalar>
  ) throws {
    argument = Node(.input(x.node.shape, Scalar.scalarType))
    let placeholders = (repeat Self.placeholder(each data))
    result = try f(Tensor(argument), repeat each placeholders).node
    self.data = PlanProgram.nodes(repeat each placeholders)
    singularities = PlanSingularities(of: result, in: [argument] + self.data, isWanted: resolvingSingularPoints)
  }

  /// What stands for a tensor in a plan.
  static func placeholder<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    Tensor(Node(.input(tensor.node.shape, Scalar.scalarType)))
  }

  /// What a run is given: the point, the data, and what else the plan asks for.
  func arguments(_ more: PlanProgram.Argument...) -> [PlanProgram.Argument] {
    [.init(node: argument)] + data.map { .init(node: $0, name: "the data", plural: "data", isData: true) } + more
  }

  var value: PlanProgram.Result { .init(node: result, name: "the value") }

  /// The gradient of a function of one element.
  var gradient: PlanProgram.Result {
    get throws(TensorError) {
      .init(
        node: try Gradients.of(result, [argument])[0], name: "the gradient", derivative: (singularities, .jacobian))
    }
  }
}
