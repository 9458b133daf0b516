import CPUEngine
import SparseStructure
import TensorGraph

/// The cnlp interface of nonlinear programs in shared libraries, version 0.1, for `CNLPModels` in Julia and `cnlpmodels` in Python: start
/// and bounds, objective, gradient, constraints, and the entries of the Jacobian and of the lower triangle of the Lagrangian's Hessian.
///
/// Data are parameters, which each instance has for itself.
struct CNLPInterface: ForeignInterface {
  static let roles: Set<FunctionRole> = [
    .objective, .objectiveGradient, .constraints, .constraintJacobian, .lagrangianHessian,
  ]

  private let functions: GeneratedFunctions
  private let problem: GeneratedCode.Problem
  private let calls: [(macro: String, arguments: [String], function: StandaloneFunction)]
  private let (jacobian, hessian): (SparsityPattern, SparsityPattern)
  /// Variables and constraints.
  private let (variableCount, constraintCount): (Int, Int)

  init(_ functions: GeneratedFunctions) throws(TensorError) {
    let remedy =
      "the interface cnlp is for objectives and constraints of float64: a LagrangianPlan, or a formula with --subject-to; else take "
      + "the interface plain"
    guard let jacobian = functions.pattern(.constraintJacobian), let hessian = functions.pattern(.lagrangianHessian)
    else { throw TensorError("generate: \(remedy)") }
    let count = functions.data.count
    func required(_ role: FunctionRole, more: Int = 0) throws(TensorError) -> StandaloneFunction {
      try functions.required(role, inputCount: 1 + count + more, remedy)
    }
    calls = [
      ("OBJECTIVE", ["value"], try required(.objective)),
      ("GRADIENT", ["gradient"], try required(.objectiveGradient)),
      ("CONSTRAINTS", ["constraints"], try required(.constraints)),
      ("JACOBIAN", ["entries"], try required(.constraintJacobian)),
      ("HESSIAN", ["factor", "multipliers", "entries"], try required(.lagrangianHessian, more: 2)),
    ]
    (variableCount, constraintCount) = (jacobian.columnCount, jacobian.rowCount)
    guard let problem = functions.problem else {
      throw TensorError(
        "generate: the interface cnlp tells a solver where to start and the bounds; give them as problem:")
    }
    try problem.require(
      variables: variableCount, constraints: constraintCount,
      parameters: functions.data.reduce(0) { $0 + $1.elementCount })
    (self.functions, self.problem, self.jacobian, self.hessian) = (functions, problem, jacobian, hessian)
  }

  private var name: String { functions.name }

  /// How functions of a prefix are called.
  private var prefix: String { "#define CNLP(function) \(name)_##function\n" }

  var declarations: String {
    StandaloneSource.file("interfaces/cnlp_declarations.inc")
      + """
      CURVATURE_CNLP_MODEL(\(name))
      #undef CURVATURE_CNLP_MODEL
      int32_t cnlp_nmodels(void);
      int32_t cnlp_model_name(int32_t k, uint8_t *buf, int32_t cap);

      """
  }

  var text: String {
    var text = "\n" + prefix
    var offsets: [Int] = []
    var parameterCount = 0
    for block in functions.data {
      offsets.append(parameterCount)
      parameterCount += block.elementCount
    }
    for (macro, results, function) in calls {
      let data = offsets.map { "(p) + \($0)" }
      text += "#define CNLP_\(macro)(x, p, \(results.joined(separator: ", ")), w) "
      text += "\(function.name)(\((["x"] + data + results + ["w"]).joined(separator: ", ")))\n"
      text += "#define CNLP_\(macro)_MEMORY \(function.memoryCount)\n"
    }
    let blocks = self.blocks
    text += """
      #define CNLP_NAME \(GeneratedFunctions.literal(name))
      #define CNLP_VARIABLE_COUNT \(variableCount)
      #define CNLP_CONSTRAINT_COUNT \(constraintCount)
      #define CNLP_JACOBIAN_COUNT \(jacobian.nonzeroCount)
      #define CNLP_HESSIAN_COUNT \(hessian.nonzeroCount)
      #define CNLP_PARAMETER_COUNT \(parameterCount)
      #define CNLP_BLOCK_COUNT \(blocks.count)

      """
    text += Self.table("START", problem.start, count: variableCount, else: 0)
    text += Self.table("LOWER", problem.lowerBounds, count: variableCount, else: -.infinity)
    text += Self.table("UPPER", problem.upperBounds, count: variableCount, else: .infinity)
    text += Self.table("CONSTRAINT_LOWER", problem.constraintLowerBounds, count: constraintCount, else: -.infinity)
    text += Self.table("CONSTRAINT_UPPER", problem.constraintUpperBounds, count: constraintCount, else: .infinity)
    text += Self.table("PARAMETER", problem.parameters, count: parameterCount, else: 0)
    text += "typedef struct {\n  int32_t kind, first, count;\n  const char *name;\n} cnlp_block;\n"
    text += "static const cnlp_block cnlp_blocks[] = {\n"
    for (kind, first, block) in blocks {
      text += "  {\(kind), \(first), \(block.elementCount), \(GeneratedFunctions.literal(block.name))},\n"
    }
    return text + "};\n" + StandaloneSource.file("interfaces/cnlp.inc")
  }

  /// What has a name: kind (0 for variables, 1 for constraints, 2 for parameters), first element, and itself.
  private var blocks: [(kind: Int, first: Int, block: GeneratedBlock)] {
    var blocks: [(kind: Int, first: Int, block: GeneratedBlock)] = []
    for (kind, group) in [functions.variables, functions.constraints, functions.data].enumerated() {
      var first = 0
      for block in group {
        blocks.append((kind, first, block))
        first += block.elementCount
      }
    }
    return blocks
  }

  /// A macro that gives numbers by their places: an array, or one number for all.
  private static func table(_ macro: String, _ values: [Double]?, count: Int, else standard: Double) -> String {
    let values = values ?? [Double](repeating: standard, count: count)
    let first = values.first ?? standard
    guard values.contains(where: { $0 != first }) else {
      return "#define CNLP_\(macro)(i) (\(GeneratedFunctions.text(first)))\n"
    }
    let name = "cnlp_\(macro.lowercased())"
    return GeneratedFunctions.array("static const double \(name)[]", values) + "#define CNLP_\(macro)(i) \(name)[i]\n"
  }

  var test: (text: String, call: String)? {
    guard let objective = functions.check(.objective), let gradient = functions.check(.objectiveGradient),
      let constraints = functions.check(.constraints), let entries = functions.check(.constraintJacobian),
      let second = functions.check(.lagrangianHessian)
    else { return nil }
    let counts = [variableCount, constraintCount, jacobian.nonzeroCount, hessian.nonzeroCount]
    var text = prefix
    for (name, count) in zip(["VARIABLE", "CONSTRAINT", "JACOBIAN", "HESSIAN"], counts) {
      text += "#define CNLP_TEST_\(name)_COUNT \(count)\n"
    }
    let data = objective.inputs.dropFirst().flatMap { $0 }
    text += "#define CNLP_TEST_MOST \(max(counts.max() ?? 0, data.count))\n"
    func array(_ name: String, _ values: [Double]) {
      text += GeneratedFunctions.array("static const double cnlp_test_\(name)[]", values)
    }
    array("point", objective.inputs[0])
    array("parameters", data)
    array("multipliers", second.inputs[second.inputs.count - 1])
    array("gradient", gradient.outputs[0])
    array("constraints", constraints.outputs[0])
    array("jacobian", entries.outputs[0])
    array("hessian", second.outputs[0])
    let weight = second.inputs[second.inputs.count - 2][0]
    text += "static const double cnlp_test_objective = \(GeneratedFunctions.text(objective.outputs[0][0]));\n"
    text += "static const double cnlp_test_weight = \(GeneratedFunctions.text(weight));\n"
    return (text + StandaloneSource.file("interfaces/cnlp_test.inc"), "test_cnlp()")
  }
}
