import Curvature
import CurvatureFiles
import TensorGraph

/// Turns a parsed formula into the graph that it means. Nothing is computed.
package struct FormulaEvaluator {
  /// The type of real numbers.
  package let real: ScalarType
  /// What names stand for.
  package var names: [String: FormulaValue]
  /// The tensors in which derivatives will be taken: nothing may depend on their values but values.
  package let variables: [Node]
  /// What to do about a name that has no value.
  private let remedy: String
  /// The calls of functions within which this is evaluated.
  private var depth = 0
  /// Names that have no value here but may be meant by one that is unknown.
  private let relatedNames: [String]

  /// - Parameters:
  ///   - names: the values that a formula can name.
  ///   - real: the type of real numbers, `float64` or `float32`.
  ///   - remedy: what a message says about a name that has no value.
  ///   - relatedNames: names that a message may suggest though they have no value here.
  package init(
    names: [String: FormulaValue] = [:], variables: [Node] = [], real: ScalarType = .float64,
    remedy: String = "give it a value with --at or --let", relatedNames: [String] = []
  ) {
    self.remedy = remedy
    self.relatedNames = relatedNames
    self.names = names
    self.variables = variables
    self.real = real
  }

  /// Names that are known without being given.
  package static let constants: [String: Double] = [
    "pi": .pi, "e": 2.718281828459045, "inf": .infinity, "nan": .nan, "euler_gamma": 0.5772156649015329,
  ]
  /// The names of element types, as in `x.astype(int)`.
  static let types: [String: ElementKind] = [
    "int": .whole, "int32": .whole, "int64": .whole, "float": .real, "float32": .real, "float64": .real,
    "double": .real, "bool": .mask,
  ]
  /// What may stand before a function's name, as in `np.linalg.inv`.
  private static let modules: Set<String> = [
    "np", "numpy", "jnp", "jax", "scipy", "torch", "linalg", "special", "nn", "functional", "fft", "lax",
  ]

  /// The value of a formula. O(n) in its length, without recursion.
  ///
  /// - Throws: a `ToolError` at the operator, name or call at fault.
  package func evaluate(_ formula: Formula) throws(ToolError) -> FormulaValue {
    var names = names
    var values: [FormulaValue] = []
    values.reserveCapacity(formula.expressions.count)
    var result = FormulaValue.none
    for statement in formula.statements {
      while values.count <= statement.value {
        let expression = formula.expressions[values.count]
        let value: FormulaValue
        do {
          value = try self.value(of: expression, values, names, formula)
          if case .tensor(let node) = value { try Sizes.check(node) }
        } catch let fault as ValueFault {
          throw ToolError(fault.message, at: expression.place, in: formula.source, status: fault.status)
        } catch let error as TensorError {
          let message = error.message(naming: expression.kind.spelling)
          throw ToolError(message, at: expression.place, in: formula.source, status: .data)
        } catch let error as ToolError {
          throw error
        } catch {
          throw ToolError("\(error)", at: expression.place, in: formula.source, status: .data)
        }
        values.append(value)
      }
      result = values[statement.value]
      guard let first = statement.targets.first else { continue }
      if statement.targets.count == 1 {
        names[first] = result
      } else {
        try unpack(result, statement, &names, formula)
      }
    }
    return result
  }

  /// The tensor that a formula means.
  ///
  /// - Throws: a `ToolError` also if the formula means several tensors, or something else.
  package func tensor(_ formula: Formula) throws(ToolError) -> Node {
    let value = try evaluate(formula)
    let place = formula.statements.last.map { formula.expressions[$0.value].range } ?? 0..<0
    do {
      if case .tuple(let items) = value, items.contains(where: { !$0.isPlainNumber }) {
        throw ValueFault(message: "the result is \(items.count) values; take one of them, as in 'f(x)[0]'")
      }
      let node = try value.node(as: value.kind(), real: real)
      try Sizes.check(node)
      return node
    } catch let fault as ValueFault {
      throw ToolError(fault.message, at: place, in: formula.source, status: fault.status)
    } catch let error as TensorError {
      throw ToolError(error.message, at: place, in: formula.source, status: .data)
    } catch {
      throw ToolError("\(error)", at: place, in: formula.source, status: .data)
    }
  }

  private func unpack(
    _ value: FormulaValue, _ statement: Statement, _ names: inout [String: FormulaValue], _ formula: Formula
  ) throws(ToolError) {
    var parts: [FormulaValue]?
    switch value {
    case .tuple(let items), .list(let items): parts = items
    case .tensor(let node) where node.shape.rank > 0 && node.shape[0] == statement.targets.count:
      parts = try? (0..<node.shape[0]).map { .tensor(try Operations.index(node, [.integer($0)])) }
    case .tensor, .integer, .real, .boolean, .string, .none, .ellipsis, .slice, .module, .function: break
    }
    guard let parts, parts.count == statement.targets.count else {
      throw ToolError(
        "found \(parts.map { "\($0.count) values" } ?? value.description), expected \(statement.targets.count) values "
          + "for \(statement.targets.joined(separator: ", "))",
        at: statement.targetRanges[0].lowerBound..<statement.targetRanges[statement.targets.count - 1].upperBound,
        in: formula.source)
    }
    for (name, part) in zip(statement.targets, parts) { names[name] = part }
  }

  // MARK: Expressions

  private func value(
    of expression: Expression, _ values: [FormulaValue], _ names: [String: FormulaValue], _ formula: Formula
  ) throws -> FormulaValue {
    let operators = FormulaOperators(real: real)
    switch expression.kind {
    case .integer(let value): return .integer(value)
    case .real(let value): return .real(value)
    case .boolean(let value): return .boolean(value)
    case .string(let text): return .string(text)
    case .none: return .none
    case .ellipsis: return .ellipsis
    case .name(let name): return try resolve(name, names)
    case .list(let items): return .list(items.map { values[$0] })
    case .tuple(let items): return .tuple(items.map { values[$0] })
    case .unary(let operation, let operand): return try operators.apply(operation, values[operand])
    case .binary(let operation, let left, let right):
      return try operators.apply(operation, values[left], values[right])
    case .attribute(let owner, let name): return try attribute(name, of: values[owner])
    case .slice(let start, let stop, let step):
      func bound(_ id: Expression.ID?) throws -> Int? {
        guard let id else { return nil }
        if case .none = values[id] { return nil }
        guard case .integer(let value) = values[id] else {
          throw ToolError(
            "found \(values[id].description) in a slice, expected a whole number",
            at: formula.expressions[id].range, in: formula.source)
        }
        return value
      }
      return .slice(start: try bound(start), stop: try bound(stop), step: try bound(step))
    case .lambda(let parameters, let body):
      return .function(
        FormulaClosure(parameters) { [self] (values, calls) throws(ToolError) in
          var inner = self
          inner.depth = max(depth, calls) + 1
          inner.names = names.merging(zip(parameters, values)) { _, own in own }
          return try inner.evaluate(body)
        })
    case .index(let owner, let items):
      return try FormulaIndexing(real: real, variables: variables).index(values[owner], items.map { values[$0] })
    case .call(let name, let receiver, let arguments):
      if receiver == nil, case .function(let function)? = names[name] {
        if let keyword = arguments.first(where: { $0.keyword != nil }) {
          throw ToolError(
            "'\(name)' takes its values by position", at: keyword.keywordRange ?? expression.place, in: formula.source)
        }
        return try function(arguments.map { values[$0.value] }, depth: depth)
      }
      if receiver == nil, let bound = names[name] {
        throw ValueFault(
          message: "'\(name)' is \(bound.description), no function; a product is written with '*'")
      }
      return try FunctionTable.call(
        name, receiver: receiver.map { values[$0] }, arguments.map { ($0, values[$0.value]) },
        at: expression.place, in: formula, knownNames: Array(names.keys), real: real, variables: variables)
    }
  }

  private func resolve(_ name: String, _ names: [String: FormulaValue]) throws -> FormulaValue {
    if let value = names[name] { return value }
    if let constant = FormulaEvaluator.constants[name] { return .real(constant) }
    if FormulaEvaluator.modules.contains(name) { return .module(name) }
    if FormulaEvaluator.types[name] != nil { return .string(name) }
    let isFunction = FunctionTable.byName[name] != nil
    if isFunction {
      throw ValueFault(message: "found the function '\(name)' without its arguments; expected '\(name)(…)'")
    }
    // A letter or two is near to many functions and means none of them.
    let functions = name.count > 2 ? Array(FunctionTable.byName.keys) : []
    let known = Array(names.keys) + relatedNames + FormulaEvaluator.constants.keys + functions
    let near = Suggestions.remark(for: name, among: known)
    throw ValueFault(
      message: "unknown name '\(PrintableText.printable(name))'"
        + (near.isEmpty ? "; \(remedy)" : "\(near) Otherwise \(remedy)"))
  }

  private func attribute(_ name: String, of owner: FormulaValue) throws -> FormulaValue {
    if case .module(let module) = owner {
      if let constant = FormulaEvaluator.constants[name] { return .real(constant) }
      if FormulaEvaluator.modules.contains(name) { return .module(name) }
      if name == "newaxis" { return .none }
      if FormulaEvaluator.types[name] != nil { return .string(name) }
      let near = Suggestions.remark(
        for: name, among: Array(FormulaEvaluator.constants.keys) + FunctionTable.byName.keys)
      throw ValueFault(message: "'\(module)' has no value '\(name)'\(near)")
    }
    guard case .tensor(let node) = owner else {
      throw ValueFault(message: "found \(owner.description) before '.\(name)', expected a tensor")
    }
    switch name {
    case "T": return .tensor(try Operations.transpose(node))
    case "mT": return .tensor(try Operations.swapAxes(node, -1, -2))
    case "shape": return .tuple(node.shape.dimensions.map(FormulaValue.integer))
    case "ndim": return .integer(node.shape.rank)
    case "size": return .integer(node.shape.count)
    default:
      if FunctionTable.methods.contains(name) {
        throw ValueFault(message: "found the method '.\(name)' without its arguments; expected '.\(name)(…)'")
      }
      let near = Suggestions.remark(for: name, among: ["T", "mT", "shape", "ndim", "size"] + FunctionTable.methods)
      throw ValueFault(message: "a tensor has no '.\(PrintableText.printable(name))'\(near)")
    }
  }
}
