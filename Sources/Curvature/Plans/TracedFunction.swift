import TensorGraph

/// A function called once on a placeholder, and the parts of plans that follow from it.
struct TracedFunction {
  /// Stands for the point; it has no elements.
  let argument: Node
  let result: Node
  /// What is done at singular points, if something is.
  let singularities: PlanSingularities?

  init<Scalar: DifferentiableScalar>(
    like x: Tensor<Scalar>, _ resolvingSingularPoints: Bool, of f: (Tensor<Scalar>) throws -> Tensor<Scalar>
  ) throws {
    argument = Node(.input(x.node.shape, Scalar.scalarType))
    result = try f(Tensor(argument)).node
    singularities = PlanSingularities(of: result, in: [argument], isWanted: resolvingSingularPoints)
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
