import CPUEngine
import SparseStructure
import TensorGraph

/// BridgeStan's functions of a log density, for its clients in Python, R, Julia and Rust: Roualdes, Ward, Carpenter, Seyboldt & Axen,
/// "BridgeStan: Efficient in-memory access to the methods of a Stan model" (J. Open Source Software 8 (2023) 5236).
///
/// Parameters are unconstrained as they are, and constants are not dropped. Elements of matrices have Stan's order, in which the
/// first index runs fastest.
struct BridgeStanInterface: ForeignInterface {
  static let roles: Set<FunctionRole> = [.value, .valueAndGradient, .valueGradientAndHessian, .valueAndProduct]

  private let functions: GeneratedFunctions
  private let calls: [(name: String, function: StandaloneFunction)]
  private let count: Int

  init(_ functions: GeneratedFunctions) throws(TensorError) {
    func required(_ role: FunctionRole, _ inputCount: Int = 1) throws(TensorError) -> StandaloneFunction {
      try functions.required(
        role, inputCount: inputCount,
        "the interface bridgestan is for log densities of float64 that have no data: Hessian plans of a function of the parameters "
          + "alone, or formulas of one element, whose data are given by --let; else take the interface plain")
    }
    for variable in functions.variables where variable.name.contains(where: { ".,\"\\".contains($0) }) {
      throw TensorError("generate: '\(variable.name)' is no name of a parameter in Stan; use letters, digits and '_'")
    }
    self.functions = functions
    calls = [
      ("value", try required(.value)),
      ("gradient", try required(.valueAndGradient)),
      ("hessian", try required(.valueGradientAndHessian)),
      ("product", try required(.valueAndProduct, 2)),
    ]
    count = calls[0].function.inputs[0].count
  }

  var declarations: String { StandaloneSource.file("interfaces/bridgestan_declarations.inc") }

  var text: String {
    let variables = functions.variables
    let isReordered = variables.contains { $0.shape.count > 1 }
    let pattern = functions.pattern(.hessian)
    let isTriangle = pattern.map { $0.transposed() != $0 } ?? false
    let names = variables.reduce(0) { bytes, variable in
      bytes + variable.elementCount
        * (variable.name.utf8.count + 1 + variable.shape.reduce(0) { $0 + "\($1)".count + 1 })
    }
    var text = "\n"
    for (name, function) in calls {
      // Functions of our own call them: variables of BridgeStan's functions may have the same names.
      text += Self.call("bs_call_\(name)", function)
      text += "#define BS_\(name.uppercased())_MEMORY \(function.memoryCount)\n"
    }
    let entries = pattern?.nonzeroCount ?? count * count
    text += """
      #define BS_NAME \(GeneratedFunctions.literal(functions.name))
      #define BS_COUNT \(count)
      #define BS_NAMES_BYTES \(names)
      #define BS_VARIABLE_COUNT \(variables.count)
      #define BS_IS_REORDERED \(isReordered ? 1 : 0)
      #define BS_IS_WHOLE \(pattern == nil && !isReordered ? 1 : 0)
      #define BS_IS_TRIANGLE \(isTriangle ? 1 : 0)
      #define BS_ENTRY_COUNT \(entries)
      #define BS_ROW(k) \(pattern == nil ? "((k) / BS_COUNT)" : "\(functions.name)_hessian_rows[k]")
      #define BS_COLUMN(k) \(pattern == nil ? "((k) % BS_COUNT)" : "\(functions.name)_hessian_columns[k]")
      typedef struct {
        const char *name;
        int first, count, rank, axes[\(max(variables.map(\.shape.count).max() ?? 0, 1))];
      } bs_variable;
      static const bs_variable bs_variables[] = {

      """
    var first = 0
    for variable in variables {
      let axes = variable.shape.isEmpty ? "0" : variable.shape.map(String.init).joined(separator: ", ")
      text += "  {\(GeneratedFunctions.literal(variable.name)), \(first), \(variable.elementCount), "
      text += "\(variable.shape.count), {\(axes)}},\n"
      first += variable.elementCount
    }
    return text + "};\n" + StandaloneSource.file("interfaces/bridgestan.inc")
  }

  /// A function that calls another.
  private static func call(_ name: String, _ function: StandaloneFunction) -> String {
    let inputs = function.inputs.indices.map { "bs_in\($0)" }
    let outputs = function.outputs.indices.map { "bs_out\($0)" }
    let parameters = inputs.map { "const double *\($0)" } + outputs.map { "double *\($0)" } + ["void *bs_memory"]
    return """
      static int \(name)(\(parameters.joined(separator: ", "))) {
        return \(function.name)(\((inputs + outputs + ["bs_memory"]).joined(separator: ", ")));
      }

      """
  }

  // MARK: Test

  /// Characters of JSON that the test holds as one string: a compiler need not take more.
  private static let mostCharacters = 4000

  var test: (text: String, call: String)? {
    guard let known = functions.check(.valueGradientAndHessian), let product = functions.check(.valueAndProduct) else {
      return nil
    }
    let starts = functions.variables.reduce(into: [0]) { $0.append($0.last! + $1.elementCount) }
    let order = zip(functions.variables, starts).flatMap { variable, start in
      variable.elementsFirstIndexFastest.map { start + $0 }
    }
    func reordered(_ values: [Double]) -> [Double] { order.map { values[$0] } }
    var hessian = [Double](repeating: 0, count: count * count)
    if let pattern = functions.pattern(.hessian) {
      let (rows, columns) = pattern.coordinateArrays()
      for (k, value) in known.outputs[2].enumerated() {
        hessian[Int(rows[k]) * count + Int(columns[k])] = value
        hessian[Int(columns[k]) * count + Int(rows[k])] = value
      }
    } else {
      hessian = known.outputs[2]
    }
    let whole = order.flatMap { i in order.map { hessian[i * count + $0] } }
    let members = zip(functions.variables, starts).map { variable, start in
      "\"\(variable.name)\": " + variable.json(known.inputs[0][start..<(start + variable.elementCount)])
    }
    let json = "{\(members.joined(separator: ", "))}"
    guard json.utf8.count <= Self.mostCharacters else { return nil }
    let text =
      "#define BS_TEST_COUNT \(count)\n"
      + GeneratedFunctions.array("static const double bs_test_point[]", reordered(known.inputs[0]))
      + GeneratedFunctions.array("static const double bs_test_direction[]", reordered(product.inputs[1]))
      + "static const double bs_test_value = \(GeneratedFunctions.text(known.outputs[0][0]));\n"
      + GeneratedFunctions.array("static const double bs_test_gradient[]", reordered(known.outputs[1]))
      + GeneratedFunctions.array("static const double bs_test_hessian[]", whole)
      + GeneratedFunctions.array("static const double bs_test_product[]", reordered(product.outputs[1]))
      + "static const char bs_test_json[] = \(GeneratedFunctions.literal(json));\n"
      + StandaloneSource.file("interfaces/bridgestan_test.inc")
    return (text, "test_bridgestan()")
  }
}

extension GeneratedBlock {
  /// The places of its elements, which are row-major, in the order in which the first index runs fastest.
  fileprivate var elementsFirstIndexFastest: [Int] {
    (0..<elementCount).map { element in
      var (rest, stride, place) = (element, elementCount, 0)
      for axis in shape {
        stride /= axis
        place += rest % axis * stride
        rest /= axis
      }
      return place
    }
  }

  /// Its elements as nested lists.
  fileprivate func json(_ elements: ArraySlice<Double>) -> String {
    var texts = elements.map { "\($0)" }
    for axis in shape.reversed() {
      texts = stride(from: 0, to: texts.count, by: max(axis, 1)).map { start in
        "[" + texts[start..<(start + axis)].joined(separator: ", ") + "]"
      }
    }
    return texts.joined()
  }
}
