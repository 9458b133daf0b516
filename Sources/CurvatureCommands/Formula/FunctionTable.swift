import Algorithms
import CurvatureFiles
import TensorGraph

/// One function of the formula language: how it is called, what it gives, how it is built.
package struct FormulaFunction: Sendable {
  package struct Parameter: Sendable {
    package let name: String
    /// nil where an argument must be given.
    let defaultValue: FormulaValue?
    let isKeywordOnly: Bool
    /// Takes all further arguments by position.
    let isVariadic: Bool
  }

  package let name: String
  /// How it is called, in Python's notation: `sum(x, axis=None, keepdims=False)`.
  package let signature: String
  /// Other names of the same function.
  package let aliases: [String]
  /// What it gives, in a few words.
  package let summary: String
  package let parameters: [Parameter]
  let build: @Sendable (Arguments) throws -> FormulaValue

  /// - Parameter signature: Python's notation, from which name, parameters and defaults are read.
  init(
    _ signature: String, _ summary: String, aliases: [String] = [],
    values build: @escaping @Sendable (Arguments) throws -> FormulaValue
  ) {
    self.signature = signature
    self.summary = summary
    self.aliases = aliases
    self.build = build
    let parts = signature.dropLast().split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    var isKeywordOnly = false
    var parameters: [Parameter] = []
    for item in parts[1].split(separator: ",") {
      let text = item.trimming { $0 == " " }
      if text == "*" {
        isKeywordOnly = true
        continue
      }
      let sides = text.split(separator: "=", maxSplits: 1)
      let isVariadic = sides[0].hasPrefix("*")
      parameters.append(
        Parameter(
          name: String(isVariadic ? sides[0].dropFirst() : sides[0]),
          defaultValue: sides.count == 2 ? FormulaFunction.value(of: sides[1]) : nil, isKeywordOnly: isKeywordOnly,
          isVariadic: isVariadic))
    }
    self.parameters = parameters
  }

  /// A function that gives one tensor.
  init(
    _ signature: String, _ summary: String, aliases: [String] = [],
    _ build: @escaping @Sendable (Arguments) throws -> Node
  ) {
    self.init(signature, summary, aliases: aliases, values: { .tensor(try build($0)) })
  }

  /// The value that a default in a signature stands for.
  private static func value(of text: Substring) -> FormulaValue {
    switch text {
    case "None": .none
    case "True": .boolean(true)
    case "False": .boolean(false)
    case "inf": .real(.infinity)
    default:
      if let whole = Int(text) {
        .integer(whole)
      } else if let number = Double(text) {
        .real(number)
      } else {
        .string(String(text.dropFirst().dropLast()))
      }
    }
  }
}

/// Every function that a formula can call.
package enum FunctionTable {
  /// The functions in the order in which they are documented.
  package static let all: [FormulaFunction] =
    elementwise + activations + special + reductions + movement + indexing + creation + products + linearAlgebra
    + windows
    + networks + control

  /// The functions by their names.
  package static let byName: [String: FormulaFunction] = {
    var table: [String: FormulaFunction] = [:]
    for function in all {
      for name in [function.name] + function.aliases { table[name] = function }
    }
    return table
  }()

  /// The functions that NumPy's arrays have as methods.
  package static let methods: Set<String> = Set([
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumprod", "cumsum", "diagonal", "dot",
    "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum",
    "swapaxes", "take", "trace", "transpose", "var",
  ]).filter { byName[$0] != nil }

  /// The result of a call.
  ///
  /// - Throws: a `ToolError` at the name or argument at fault, or what building the graph throws.
  static func call(
    _ name: String, receiver: FormulaValue?, _ given: [(Expression.Argument, FormulaValue)], at place: Range<Int>,
    in formula: Formula, knownNames: [String], real: ScalarType, variables: [Node]
  ) throws -> FormulaValue {
    var receiver = receiver
    var isMethod = receiver != nil
    if case .module = receiver { (receiver, isMethod) = (nil, false) }
    guard let function = byName[name], !isMethod || methods.contains(name) else {
      let shown = PrintableText.printable(name)
      if isMethod, byName[name] != nil {
        throw ValueFault(message: "'\(shown)' is a function, no method; write '\(shown)(…)'")
      }
      let known = isMethod ? Array(methods) : Array(byName.keys)
      let kind = isMethod ? "method" : "function"
      let near = Suggestions.remark(for: name, among: known)
      let list = isMethod ? "" : "; 'curvature functions' lists those that there are"
      throw ValueFault(message: "unknown \(kind) '\(shown)'\(near.isEmpty ? list : near)")
    }
    let arguments = try Arguments(
      function, called: name, receiver: receiver, given, in: formula, real: real, variables: variables)
    return try function.build(arguments)
  }
}
