import ArgumentParser
import Curvature
import CurvatureFiles
import TensorGraph

/// `curvature value`
struct ValueCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "value", abstract: "Print the value of a formula.")

  @OptionGroup var options: FormulaOptions
  @OptionGroup var result: ResultOptions

  func run(_ console: Console) throws {
    try result.evaluate(options, console, needsVariables: false) { problem, index, _ in
      return .array(try problem.evaluated(Operations.index(problem.result, index)))
    }
  }
}

/// `curvature gradient`
struct GradientCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "gradient", abstract: "Print the gradient of a formula of one element.")

  @OptionGroup var options: FormulaOptions
  @OptionGroup var batch: BatchOption
  @OptionGroup var result: ResultOptions

  func run(_ console: Console) throws {
    try result.evaluate(options, console) { problem, index, _ in
      let y = problem.result
      let variables = problem.variables.map(\.node)
      let axis = batch.batchAxis
      try console.noteRepeatedValues(problem)
      let gradients = try axis.map { try BatchGradients.of(y, variables, $0) } ?? Gradients.of(y, variables)
      // Together, so that what they share is computed once.
      try Evaluation.evaluate(gradients)
      let arrays = try zip(gradients, variables).map { gradient, variable in
        let elements = try Gradients.elements(gradient, of: y, in: variable, batchAxis: axis)
        var part = Node(elements, shape: gradient.shape)
        if let axis { part = try Operations.moveAxis(part, from: axis, to: 0) }
        return try problem.evaluated(Operations.index(part, index))
      }
      return problem.result(of: [arrays], titles: [problem.variables.map(\.name)])
    }
  }
}

/// `curvature jacobian`
struct JacobianCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "jacobian", abstract: "Print the Jacobian of a formula.")

  @OptionGroup var options: FormulaOptions
  @OptionGroup var batch: BatchOption
  @OptionGroup var result: ResultOptions

  @OptionGroup var rows: StreamOptions

  @Flag(help: "The entries that can be other than zero, and no others; .npz files are then SciPy's.")
  var sparse = false

  func run(_ console: Console) throws {
    try result.evaluate(options, console) { problem, index, statistics in
      switch options.dtype {
      case .float32: try blocks(Float.self, problem, index, &statistics, console)
      case .float64: try blocks(Double.self, problem, index, &statistics, console)
      }
    }
  }

  private func blocks<Scalar: DifferentiableScalar>(
    _: Scalar.Type, _ problem: FormulaProblem, _ index: [IndexComponent], _ statistics: inout Statistics,
    _ console: Console
  ) throws -> CommandResult? {
    let y = Tensor<Scalar>(problem.result)
    try console.noteRepeatedValues(problem)
    func matrix(_ x: Node) throws -> Jacobian<Scalar> { try Jacobian(of: y, withRespectTo: Tensor<Scalar>(x)) }
    if let text = try rows.explanation(of: matrix, problem) {
      console.print(text)
      return nil
    }
    let written = try rows.written(
      matrix, of: problem, index, batch, isSparse: sparse,
      to: ResultOutput(result), by: console.team)
    if let written {
      statistics.add(written)
      return nil
    }
    if let x = try result.sparseVariable(problem, batch, isForced: sparse) {
      let matrix = try Jacobian(of: y, withRespectTo: Tensor<Scalar>(x.node))
      if let entries = try result.coordinates(matrix, isForced: sparse, &statistics) { return entries }
    }
    var arrays: [ArrayValue] = []
    for variable in problem.variables {
      let matrix = try Jacobian(of: y, withRespectTo: Tensor<Scalar>(variable.node), batchAxis: batch.batchAxis)
      arrays.append(try problem.evaluated(matrix.read(index).node))
      statistics.add(matrix)
    }
    return problem.result(of: [arrays], titles: [problem.variables.map(\.name)])
  }
}

/// `curvature hessian`
struct HessianCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "hessian", abstract: "Print the Hessian of a formula of one element, or a part of it.")

  @OptionGroup var options: FormulaOptions
  @OptionGroup var batch: BatchOption
  @OptionGroup var result: ResultOptions

  @OptionGroup var rows: StreamOptions

  @Flag(help: "The entries that can be other than zero, and no others; .npz files are then SciPy's.")
  var sparse = false

  func run(_ console: Console) throws {
    try result.evaluate(options, console) { problem, index, statistics in
      switch options.dtype {
      case .float32: try blocks(Float.self, problem, index, &statistics, console)
      case .float64: try blocks(Double.self, problem, index, &statistics, console)
      }
    }
  }

  private func blocks<Scalar: DifferentiableScalar>(
    _: Scalar.Type, _ problem: FormulaProblem, _ index: [IndexComponent], _ statistics: inout Statistics,
    _ console: Console
  ) throws -> CommandResult? {
    let variables = problem.variables
    func whole(_ x: Node) throws -> Hessian<Scalar> {
      try Hessian(of: Tensor<Scalar>(problem.result), withRespectTo: Tensor<Scalar>(x))
    }
    if let text = try rows.explanation(of: whole, problem) {
      console.print(text)
      return nil
    }
    let written = try rows.written(
      whole, of: problem, index,
      batch, isSparse: sparse, to: ResultOutput(result), by: console.team)
    if let written {
      statistics.add(written)
      return nil
    }
    if let x = try result.sparseVariable(problem, batch, isForced: sparse) {
      let matrix = try Hessian(of: Tensor<Scalar>(problem.result), withRespectTo: Tensor<Scalar>(x.node))
      if let entries = try result.coordinates(matrix, isForced: sparse, &statistics) { return entries }
    }
    let matrix = try BlockHessian(
      of: Tensor<Scalar>(problem.result), withRespectTo: variables.map { Tensor<Scalar>($0.node) },
      batchAxis: batch.batchAxis)
    var arrays: [[ArrayValue]] = []
    for i in variables.indices {
      var row: [ArrayValue] = []
      for j in variables.indices {
        row.append(try problem.evaluated(matrix[i, j].read(index).node))
      }
      arrays.append(row)
    }
    statistics.add(matrix[0, 0])
    let titles = variables.map { row in variables.map { "\(row.name),\($0.name)" } }
    return problem.result(of: arrays, titles: titles)
  }
}

extension ResultOptions {
  /// The frame of every command: finds errors first, computes, then writes what is not written yet.
  fileprivate func evaluate(
    _ options: FormulaOptions, _ console: Console, needsVariables: Bool = true,
    _ body: (FormulaProblem, [IndexComponent], inout Statistics) throws -> CommandResult?
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let output = try ResultOutput(self)
    let problem = try FormulaProblem(options, console, needsVariables: needsVariables)
    let index = try problem.index(part)
    var statistics = Statistics()
    let result: CommandResult?
    do {
      result = try body(problem, index, &statistics)
      if needsVariables, let result, result.containsNaN,
        let text = try undefinedDerivativeExplanation(of: problem.result)
      {
        throw TensorError(text)
      }
    } catch let error as TensorError {
      throw problem.located(error)
    }
    if let result { try output.write(result, to: console) }
    if stats { console.note(statistics.text(problem, time: clock.now - start)) }
  }
}

extension Console {
  /// Says where first derivatives are those of a convention, since eigenvalues or singular values repeat.
  fileprivate func noteRepeatedValues(_ problem: FormulaProblem) throws(TensorError) {
    let variables = problem.variables.map(\.node)
    guard let text = try repeatedValueExplanation(of: problem.result, in: variables) else { return }
    note("note: " + text)
  }
}

extension ResultOptions {
  /// The variable in which the non-zeros alone are wanted, if they are.
  fileprivate func sparseVariable(
    _ problem: FormulaProblem, _ batch: BatchOption, isForced: Bool
  ) throws -> FormulaProblem.Variable? {
    let isWhole = part.index == nil && batch.batchAxis == nil && problem.variables.count == 1
    if isForced, !isWhole {
      throw ToolError(
        "--sparse: is for the whole matrix in one variable; leave out --index and --batch-axis, or --sparse",
        status: .usage)
    }
    let wantsCoordinates = try ResultOutput(self).wantsCoordinates
    return isWhole && (isForced || wantsCoordinates) ? problem.variables.first : nil
  }

  /// The non-zeros of a matrix, if it is sparse or they are asked for.
  fileprivate func coordinates<Matrix: DerivativeMatrix>(
    _ matrix: Matrix, isForced: Bool, _ statistics: inout Statistics
  ) throws -> CommandResult? {
    guard try isForced || matrix.readEvaluationMethod() != .dense else { return nil }
    let result = try matrix.sparse()
    statistics.add(matrix)
    return .sparse(SparseArray(result))
  }
}

extension FormulaProblem {
  /// The elements of a node.
  fileprivate func evaluated(_ node: Node) throws -> ArrayValue {
    ArrayValue(shape: node.shape.dimensions, storage: try Evaluation.storage(node))
  }

  /// One array for one variable, blocks for several.
  fileprivate func result(of arrays: [[ArrayValue]], titles: [[String]]) -> CommandResult {
    guard variables.count > 1 else { return .array(arrays[0][0]) }
    return .blocks(
      zip(arrays, titles).map { row, names in
        zip(row, names).map { CommandResult.Block(title: $1, array: $0) }
      })
  }
}

/// What a computation took.
private struct Statistics {
  private var products: [String: Int] = [:]
  private var bytes = 0

  mutating func add<Matrix: DerivativeMatrix>(_ matrix: Matrix) {
    let name = Matrix.self == Hessian<Matrix.Scalar>.self ? "Hessian products" : "Jacobian products"
    products[name, default: 0] += matrix.productsEvaluated
    bytes += matrix.cachedByteCount
  }

  func text(_ problem: FormulaProblem, time: Duration) -> String {
    let nodes = Node.topologicalOrder([problem.result]).count
    let milliseconds = Double(time.components.attoseconds) / 1e15 + Double(time.components.seconds) * 1e3
    let evaluation = EvaluationStatistics.current
    return products.map { "\($0): \($1)\n" }.joined() + """
      graph nodes: \(nodes)
      programs: \(evaluation.programsCompiled) compiled, \(evaluation.programsReused) reused
      buffers: \(evaluation.bytesHighWater) bytes at most, \(evaluation.elementsMoved) elements moved
      bytes cached: \(bytes)
      time: \(NumberText.fixed(milliseconds, digits: 3)) ms
      """
  }
}

/// Gradients of a batch of functions.
private enum BatchGradients {
  /// The gradient of each slice, with the axis of the batch where it is in the variable.
  static func of(_ y: Node, _ variables: [Node], _ axis: Int) throws -> [Node] {
    // The Hessian's rules are those of the batch: they find slices that depend on each other.
    let total = try Operations.sum(y)
    var results: [Node] = []
    for (variable, gradient) in zip(variables, try Gradients.of(total, variables)) {
      let resolved = try ShapeRules.axis(axis, rank: variable.shape.rank, operation: "gradient: batch axis")
      guard y.shape.count == variable.shape[resolved] else {
        throw TensorError(
          "gradient: y has \(y.shape.count) elements, axis \(axis) of \(variable.shape) has \(variable.shape[resolved]); "
            + "a batch has one value for each slice")
      }
      results.append(gradient)
    }
    return results
  }
}
