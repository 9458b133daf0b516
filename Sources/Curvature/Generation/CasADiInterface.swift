import CPUEngine
import SparseStructure
import TensorGraph

/// CasADi's external functions: `NAME` for the value, `jac_NAME` for its Jacobian, `jac_jac_NAME` for the Jacobian of that, each with
/// sparsities and names, as Andersson, Gillis, Horn, Rawlings & Diehl, "CasADi" (Math. Prog. Comp. 11 (2019) 1), section 5, load them.
struct CasADiInterface: ForeignInterface {
  static let roles: Set<FunctionRole> = [.value, .gradient, .hessian, .jacobian]
  static let takesName = true

  /// An input or output: its name, its sparsity.
  private struct Port {
    var name: String
    var sparsity: String
  }

  /// An external function, which calls one of ours; further outputs have no entries.
  private struct External {
    var name: String
    var function: StandaloneFunction
    var inputs: [Port]
    var outputs: [Port]
    /// Where each value is among those of our function.
    var order: [Int]?
    var expected: GeneratedFunctions.Check?

    /// Numbers of memory: our function's, and a point of zeros and the values where they are needed.
    var workCount: Int { function.memoryCount + function.inputs[0].count + function.outputs[0].count + 1 }
  }

  private let externals: [External]

  init(_ functions: GeneratedFunctions) throws(TensorError) {
    let name = functions.name
    func required(_ role: FunctionRole) throws(TensorError) -> StandaloneFunction {
      try functions.required(
        role,
        "the interface casadi is for functions of one vector of float64 that have no data; make data part of the vector, or take "
          + "the interface plain")
    }
    let value = try required(.value)
    let (rows, columns) = (value.outputs[0].count, value.inputs[0].count)
    let x = Port(name: "x", sparsity: Self.dense(columns))
    let y = Port(name: "value", sparsity: Self.dense(rows))
    let out = Port(name: "out_value", sparsity: y.sparsity)
    var externals = [
      External(name: name, function: value, inputs: [x], outputs: [y], expected: functions.check(.value))
    ]
    if let pattern = functions.pattern(.jacobian) {
      let (sparsity, order) = Self.compressed(pattern)
      externals.append(
        External(
          name: "jac_\(name)", function: try required(.jacobian), inputs: [x, out],
          outputs: [Port(name: "jac_value_x", sparsity: sparsity)], order: order, expected: functions.check(.jacobian)))
    } else if functions[.gradient] != nil {
      let row = Port(name: "jac_value_x", sparsity: "1, \(columns), 1")
      externals.append(
        External(
          name: "jac_\(name)", function: try required(.gradient), inputs: [x, out], outputs: [row],
          expected: functions.check(.gradient)))
      if functions[.hessian] != nil {
        let pattern = functions.pattern(.hessian)
        guard pattern.map({ $0.transposed() == $0 }) ?? true else {
          throw TensorError("generate: the interface casadi takes whole Hessians; make the plan with triangle: .both")
        }
        let (sparsity, order): (String, [Int]?) =
          pattern.map { Self.compressed($0) } ?? ("\(columns), \(columns), 1", nil)
        externals.append(
          External(
            name: "jac_jac_\(name)", function: try required(.hessian),
            inputs: [x, out, Port(name: "out_jac_value_x", sparsity: row.sparsity)],
            outputs: [
              Port(name: "jac_jac_value_x_x", sparsity: sparsity),
              Port(name: "jac_jac_value_x_out_value", sparsity: Self.empty(columns, 1)),
            ], order: order, expected: functions.check(.hessian)))
      }
    }
    self.externals = externals
  }

  var declarations: String {
    """
    /* CasADi's external functions. */
    #ifndef casadi_real
    #define casadi_real double
    #endif
    #ifndef casadi_int
    #define casadi_int long long int
    #endif

    """
      + externals.map {
        "int \($0.name)(const casadi_real **arg, casadi_real **res, casadi_int *iw, casadi_real *w, int mem);\n"
          + "int \($0.name)_work(casadi_int *sz_arg, casadi_int *sz_res, casadi_int *sz_iw, casadi_int *sz_w);\n"
      }.joined()
  }

  var text: String {
    "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n" + externals.map(Self.text).joined()
      + "#ifdef __cplusplus\n}\n#endif\n"
  }

  var test: (text: String, call: String)? {
    guard externals.allSatisfy({ $0.expected != nil }) else { return nil }
    let body = externals.map(Self.test).joined()
    return ("static int test_casadi(void) {\n  int failures = 0;\n\(body)  return failures;\n}\n", "test_casadi()")
  }

  private static func test(_ external: External) -> String {
    guard let check = external.expected else { return "" }
    let values = external.order.map { order in order.map { check.outputs[0][$0] } } ?? check.outputs[0]
    let arguments = ["own_point"] + [String](repeating: "0", count: external.inputs.count - 1)
    let results = ["own_found"] + [String](repeating: "0", count: external.outputs.count - 1)
    return "  {\n"
      + GeneratedFunctions.array("    static const double own_point[]", check.inputs[0])
      + GeneratedFunctions.array("    static const double own_expected[]", values)
        + """
            static double own_found[\(values.count + 1)], own_room[\(external.workCount)];
            const double *own_arguments[] = {\(arguments.joined(separator: ", "))};
            double *own_results[] = {\(results.joined(separator: ", "))};
            casadi_int own_count = 0;
            failures += \(external.name)_work(0, 0, 0, &own_count) != 0 || own_count != \(external.workCount);
            failures += \(external.name)(own_arguments, own_results, 0, own_room, 0);
            failures += differ_at("\(external.name)", own_found, own_expected, \(values.count));
          }

        """
  }

  private static func dense(_ count: Int) -> String { "\(count), 1, 1" }

  private static func empty(_ rows: Int, _ columns: Int) -> String {
    ([rows, columns] + [Int](repeating: 0, count: columns + 1)).map(String.init).joined(separator: ", ")
  }

  /// A pattern by columns, and where each of its entries is among those by rows.
  private static func compressed(_ pattern: SparsityPattern) -> (sparsity: String, order: [Int]?) {
    let byColumns = pattern.transposed()
    let numbers =
      [pattern.rowCount, pattern.columnCount] + byColumns.rowStarts + byColumns.columnIndices.map(Int.init)
    return (numbers.map(String.init).joined(separator: ", "), pattern.transposedPositions().map(Int.init))
  }

  private static func text(_ external: External) -> String {
    let (name, function, order) = (external.name, external.function, external.order)
    let (count, result, memory) = (function.inputs[0].count, function.outputs[0].count, function.memoryCount)
    func choice(_ kind: String, _ type: String, _ ports: [String]) -> String {
      let cases = ports.enumerated().map { "    case \($0): return \($1);\n" }.joined()
      return "\(type) \(name)_\(kind)(casadi_int i) {\n  switch (i) {\n\(cases)    default: return 0;\n  }\n}\n"
    }
    func sparsities(_ kind: String, _ ports: [Port]) -> String {
      let arrays = ports.enumerated().map { "static const casadi_int \(name)_\(kind)_\($0)[] = {\($1.sparsity)};\n" }
        .joined()
      return arrays + choice("sparsity_\(kind)", "const casadi_int *", ports.indices.map { "\(name)_\(kind)_\($0)" })
        + choice("name_\(kind)", "const char *", ports.map { "\"\($0.name)\"" })
    }
    var text = sparsities("in", external.inputs) + sparsities("out", external.outputs)
    text += "casadi_int \(name)_n_in(void) { return \(external.inputs.count); }\n"
    text += "casadi_int \(name)_n_out(void) { return \(external.outputs.count); }\n"
    text += """
      int \(name)_work(casadi_int *sz_arg, casadi_int *sz_res, casadi_int *sz_iw, casadi_int *sz_w) {
        if (sz_arg) *sz_arg = \(external.inputs.count);
        if (sz_res) *sz_res = \(external.outputs.count);
        if (sz_iw) *sz_iw = 0;
        if (sz_w) *sz_w = \(external.workCount);
        return 0;
      }

      """
    if let order { text += GeneratedFunctions.array("static const int \(name)_order[]", order) }
    text += """
      int \(name)(const casadi_real **arg, casadi_real **res, casadi_int *iw, casadi_real *w, int mem) {
        const casadi_real *x = arg[0];
        casadi_real *const zeros = w + \(memory), *const values = zeros + \(count);
        (void)iw, (void)mem, (void)values;
        if (!res[0]) return 0;
        if (!x) {
          for (casadi_int i = 0; i < \(count); ++i) zeros[i] = 0;
          x = zeros;
        }

      """
    if order != nil {
      text += "  if (\(function.name)(x, values, w)) return 1;\n"
      text += "  for (casadi_int i = 0; i < \(result); ++i) res[0][i] = values[\(name)_order[i]];\n  return 0;\n}\n\n"
    } else {
      text += "  return \(function.name)(x, res[0], w);\n}\n\n"
    }
    return text
  }
}
