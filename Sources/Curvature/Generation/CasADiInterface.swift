import CPUEngine
import SparseStructure
import TensorGraph

/// CasADi's external functions: `NAME` for the value, `jac_NAME` for its Jacobian, `jac_jac_NAME` for the Jacobian of that, each with
/// sparsities and names, as Andersson, Gillis, Horn, Rawlings & Diehl, "CasADi" (Math. Prog. Comp. 11 (2019) 1), section 5, load them.
struct CasADiInterface {
  /// What a function is to CasADi.
  enum Role: Hashable {
    case value, gradient, hessian, jacobian
  }

  var functions: [Role: StandaloneFunction] = [:]
  /// That of a sparse Hessian or Jacobian.
  var pattern: SparsityPattern?

  /// An input or output: its name, its sparsity.
  private struct Port {
    var name: String
    var sparsity: String
  }

  /// - Throws: `TensorError` if CasADi has no form for these functions.
  func text(_ name: String) throws(TensorError) -> String {
    guard let value = functions[.value], value.inputs.count == 1, value.inputs[0].type == .float64 else {
      throw TensorError(
        "generate: the interface casadi is for functions of one vector of float64 that have no data; make data part of the vector, "
          + "or take the interface plain")
    }
    let (rows, columns) = (value.outputs[0].count, value.inputs[0].count)
    let x = Port(name: "x", sparsity: Self.dense(columns))
    let y = Port(name: "value", sparsity: Self.dense(rows))
    var text = """

      #ifndef casadi_real
      #define casadi_real double
      #endif
      #ifndef casadi_int
      #define casadi_int long long int
      #endif
      #ifdef __cplusplus
      extern "C" {
      #endif


      """
    text += Self.function(name, value, inputs: [x], outputs: [y], order: nil)
    if let jacobian = functions[.jacobian], let pattern {
      let (sparsity, order) = Self.compressed(pattern)
      let port = Port(name: "jac_value_x", sparsity: sparsity)
      text += Self.function(
        "jac_\(name)", jacobian, inputs: [x, Port(name: "out_value", sparsity: y.sparsity)], outputs: [port], order: order)
    } else if let gradient = functions[.gradient] {
      let row = Port(name: "jac_value_x", sparsity: "1, \(columns), 1")
      let out = Port(name: "out_value", sparsity: y.sparsity)
      text += Self.function("jac_\(name)", gradient, inputs: [x, out], outputs: [row], order: nil)
      if let hessian = functions[.hessian] {
        guard pattern.map({ $0.rowCount == columns && $0.transposed() == $0 }) ?? true else {
          throw TensorError("generate: the interface casadi takes whole Hessians; make the plan with triangle: .both")
        }
        let (sparsity, order): (String, [Int]?) =
          pattern.map { Self.compressed($0) } ?? ("\(columns), \(columns), 1", nil)
        text += Self.function(
          "jac_jac_\(name)", hessian, inputs: [x, out, Port(name: "out_jac_value_x", sparsity: row.sparsity)],
          outputs: [
            Port(name: "jac_jac_value_x_x", sparsity: sparsity),
            Port(name: "jac_jac_value_x_out_value", sparsity: Self.empty(columns, 1)),
          ], order: order)
      }
    }
    return text + "#ifdef __cplusplus\n}\n#endif\n"
  }

  private static func dense(_ count: Int) -> String { "\(count), 1, 1" }

  private static func empty(_ rows: Int, _ columns: Int) -> String {
    ([rows, columns] + [Int](repeating: 0, count: columns + 1)).map(String.init).joined(separator: ", ")
  }

  /// A pattern by columns, and where each of its entries is among those by rows.
  private static func compressed(_ pattern: SparsityPattern) -> (sparsity: String, order: [Int]?) {
    let coordinates = pattern.coordinateArrays()
    let (rows, columns) = (coordinates.rows.map(Int.init), coordinates.columns.map(Int.init))
    let order = rows.indices.sorted { (columns[$0], rows[$0]) < (columns[$1], rows[$1]) }
    var starts = [Int](repeating: 0, count: pattern.columnCount + 1)
    for column in columns { starts[column + 1] += 1 }
    for column in 0..<pattern.columnCount { starts[column + 1] += starts[column] }
    let indices: [Int] = order.map { rows[$0] }
    let numbers: [Int] = [pattern.rowCount, pattern.columnCount] + starts + indices
    return (numbers.map(String.init).joined(separator: ", "), order)
  }

  /// One external function, which calls one of ours; further outputs have no entries.
  private static func function(
    _ name: String, _ function: StandaloneFunction, inputs: [Port], outputs: [Port], order: [Int]?
  ) -> String {
    let (count, result) = (function.inputs[0].count, function.outputs[0].count)
    let memory = (function.memoryByteCount + 7) / 8
    func choice(_ kind: String, _ type: String, _ ports: [String]) -> String {
      let cases = ports.enumerated().map { "    case \($0): return \($1);\n" }.joined()
      return "\(type) \(name)_\(kind)(casadi_int i) {\n  switch (i) {\n\(cases)    default: return 0;\n  }\n}\n"
    }
    func sparsities(_ kind: String, _ ports: [Port]) -> String {
      let arrays = ports.enumerated().map { "static const casadi_int \(name)_\(kind)_\($0)[] = {\($1.sparsity)};\n" }.joined()
      return arrays + choice("sparsity_\(kind)", "const casadi_int *", ports.indices.map { "\(name)_\(kind)_\($0)" })
        + choice("name_\(kind)", "const char *", ports.map { "\"\($0.name)\"" })
    }
    var text = sparsities("in", inputs) + sparsities("out", outputs)
    text += "casadi_int \(name)_n_in(void) { return \(inputs.count); }\n"
    text += "casadi_int \(name)_n_out(void) { return \(outputs.count); }\n"
    text += """
      int \(name)_work(casadi_int *sz_arg, casadi_int *sz_res, casadi_int *sz_iw, casadi_int *sz_w) {
        if (sz_arg) *sz_arg = \(inputs.count);
        if (sz_res) *sz_res = \(outputs.count);
        if (sz_iw) *sz_iw = 0;
        if (sz_w) *sz_w = \(memory + count + result + 1);
        return 0;
      }

      """
    if let order {
      text += "static const int \(name)_order[] = {\(order.isEmpty ? "0" : order.map(String.init).joined(separator: ", "))};\n"
    }
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
