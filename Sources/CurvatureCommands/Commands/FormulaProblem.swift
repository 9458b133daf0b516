import Algorithms
import Curvature
import CurvatureFiles
import TensorGraph

/// A formula with the values of its names: what a command line says, turned into a graph.
struct FormulaProblem {
  struct Variable {
    let name: String
    let node: Node
  }

  let formula: Formula
  let variables: [Variable]
  /// What is given in each call of generated code, besides the variables.
  let arguments: [Variable]
  let evaluator: FormulaEvaluator
  /// The formula's value, of real numbers.
  let result: Node

  /// - Parameters:
  ///   - needsVariables: whether a command is of no use without `--at`.
  ///   - arguments: what `--argument` says.
  init(
    _ options: FormulaOptions, _ console: Console, needsVariables: Bool, arguments definitions: [String] = []
  ) throws(ToolError) {
    let text: String
    var name = "formula"
    switch (options.formula, options.file) {
    case (let formula?, nil): text = formula.hasPrefix(" ") ? String(formula.drop { $0 == " " }) : formula
    case (nil, let file?):
      let bytes = try console.read(file, for: "--file")
      guard let decoded = String(validating: bytes, as: UTF8.self) else {
        throw ToolError("\(file): is no text", status: .data)
      }
      text = decoded.first == "\u{FEFF}" ? String(decoded.dropFirst()) : decoded
      name = file == "-" ? "standard input" : file
    case (_?, _?): throw ToolError("found a formula and --file; give one of them", status: .usage)
    case (nil, nil): throw ToolError("found no formula; give one, or --file with one", status: .usage)
    }
    let real = options.dtype.scalarType
    formula = try Parser.parse(text, name: name)
    var names: [String: FormulaValue] = [:]
    for definition in options.constants {
      let (name, value) = try FormulaProblem.split(definition, option: "--let", names)
      names[name] = try FormulaProblem.value(value, "--let \(name)", names, real, console)
    }
    var arguments: [Variable] = []
    for definition in definitions {
      let (name, value) = try FormulaProblem.split(definition, option: "--argument", names)
      let given = try FormulaProblem.value(value, "--argument \(name)", names, real, console)
      // Whole numbers stay what they are: they may be indices.
      let node = if case .tensor(let known) = given { known } else { try FormulaProblem.input(given, "--argument \(name)", real) }
      arguments.append(Variable(name: name, node: node))
      names[name] = .tensor(node)
    }
    var variables: [Variable] = []
    for definition in options.variables {
      let (name, value) = try FormulaProblem.split(definition, option: "--at", names)
      let given = try FormulaProblem.value(
        value, "--at \(name)", names.filter { key, _ in !variables.contains { $0.name == key } }, real, console)
      let node = try FormulaProblem.input(given, "--at \(name)", real)
      variables.append(Variable(name: name, node: node))
      names[name] = .tensor(node)
    }
    guard !needsVariables || !variables.isEmpty else {
      throw ToolError("found no variable to differentiate in; name one, as in --at 'x=[1, 2, 3]'", status: .usage)
    }
    (self.variables, self.arguments) = (variables, arguments)
    evaluator = FormulaEvaluator(names: names, variables: variables.map(\.node), real: real)
    let node = try evaluator.tensor(formula)
    result = needsVariables ? node.cast(to: real) : node
  }

  /// The index between brackets that the command line asks for; all by default.
  func index(_ part: IndexOption) throws(ToolError) -> [IndexComponent] {
    guard let text = part.index else { return [.ellipsis] }
    return try evaluator.index(text, name: "--index")
  }

  /// The formula's value over one vector of all variables' elements in order, and the elements.
  ///
  /// - Throws: `ToolError` if the formula needs the values of its variables, or they are no numbers.
  func traced() throws(ToolError) -> (result: Node, vector: Node, elements: [Double]) {
    let elements = try elements()
    let vector = Node(.input([elements.count], evaluator.real))
    return (try evaluator(over: vector).tensor(formula).cast(to: evaluator.real), vector, elements)
  }

  /// The elements of all variables, in order.
  func elements() throws(ToolError) -> [Double] {
    var elements: [Double] = []
    do { for variable in variables { elements += try Evaluation.storage(variable.node).doubles } } catch {
      throw located(error)
    }
    return elements
  }

  /// An evaluator to which the variables are parts of a vector of all their elements in order.
  func evaluator(over vector: Node) -> FormulaEvaluator {
    var names = evaluator.names
    var parts: [Node] = []
    var start = 0
    for variable in variables {
      let count = variable.node.shape.count
      let part = vector.sliced([AxisSlice(start: start, step: 1, count: count)]).reshaped(to: variable.node.shape)
      names[variable.name] = .tensor(part)
      parts.append(part)
      start += count
    }
    return FormulaEvaluator(names: names, variables: parts, real: evaluator.real)
  }

  /// A name for each element of the variables: `x[0, 1]`, and `x` of a number.
  var elementNames: [String] {
    variables.flatMap { variable in
      Tensor<Double>(Node.zeros(variable.node.shape, .float64)).variableNames.map { variable.name + $0 }
    }
  }

  /// An error of tensors, shown at the formula's result.
  func located(_ error: TensorError) -> ToolError {
    if error.isCancellation {
      return ToolError("\(error.message.prefix { $0 != "," }); nothing was written", status: .interrupted)
    }
    let range = formula.statements.last.map { formula.expressions[$0.value].range } ?? 0..<0
    // The library's messages name its own ways out, and steps of programs that no formula names.
    let text = error.message.replacing("batchAxis", with: "--batch-axis")
    var message = String(text.trimmingPrefix(/[A-Za-z]+: (?=index -?\d+ is outside)/))
    if message.contains("MemoryBudget") {
      message = message.prefix { $0 != ";" } + "; compute a part of it with --index"
    }
    return ToolError(message, at: range, in: formula.source, status: .data)
  }

  // MARK: Names and values

  /// `name=value` in its parts.
  private static func split(
    _ definition: String, option: String, _ known: [String: FormulaValue]
  ) throws(ToolError) -> (name: String, value: String) {
    guard let equals = definition.firstIndex(of: "=") else {
      throw ToolError(
        "\(option): found '\(PrintableText.printable(definition))', expected 'name=value'"
          + (ArrayFile.isFileName(definition) ? ", as in \(option) x=\(PrintableText.printable(definition))" : ""),
        status: .usage)
    }
    let text = definition[..<equals].trimming(while: \.isWhitespace)
    guard let name = Lexer.name(text) else {
      throw ToolError(
        "\(option): '\(PrintableText.printable(String(text)))' cannot be a name; names are letters, digits and '_'",
        status: .usage)
    }
    guard known[name] == nil else {
      throw ToolError("\(option): '\(name)' is given twice; give it one value", status: .usage)
    }
    return (name, String(definition[definition.index(after: equals)...]))
  }

  /// A value from a file, or from a formula without variables.
  static func value(
    _ text: String, _ origin: String, _ names: [String: FormulaValue], _ real: ScalarType, _ console: Console
  ) throws(ToolError) -> FormulaValue {
    let trimmed = String(text.trimming(while: \.isWhitespace))
    guard ArrayFile.isFileName(trimmed) else {
      do {
        let formula = try Parser.parse(text, name: origin, noun: "value")
        let evaluator = FormulaEvaluator(names: names, real: real)
        let value = try evaluator.evaluate(formula)
        // A plain number stays one: it may be an axis or a size. A list is meant as data.
        return value.isSequence ? .tensor(try evaluator.tensor(formula)) : value
      } catch { throw ArrayFile.refusal(of: trimmed, for: origin) ?? error }
    }
    let (path, member) = ArrayFile.parts(of: trimmed)
    let bytes = try console.read(path, for: origin)
    let array = try withFiles { () throws(TensorError) in
      try ArrayFile.array(in: bytes, path: path, member: member)
    }
    let node = Node(array.storage, shape: Shape(array.shape))
    guard ElementKind(node.scalarType) == .real, node.scalarType != real else { return .tensor(node) }
    return .tensor(try input(.tensor(node), origin, real))
  }

  /// A value as a leaf of real numbers.
  static func input(
    _ value: FormulaValue, _ origin: String, _ real: ScalarType
  ) throws(ToolError) -> Node {
    do {
      let node = try value.node(as: .real, real: real)
      return Node(try Evaluation.storage(node), shape: node.shape)
    } catch let fault as ValueFault {
      throw ToolError("\(origin): \(fault.message)", status: fault.status)
    } catch let error as TensorError {
      throw ToolError("\(origin): \(error.message)", status: .data)
    } catch {
      throw ToolError("\(origin): \(error)", status: .data)
    }
  }
}

extension FormulaEvaluator {
  /// The components of an index given as text, as in `0, 1:`.
  package func index(_ text: String, name: String) throws(ToolError) -> [IndexComponent] {
    let (formula, items) = try Parser.parseIndex(text, name: name)
    var components: [IndexComponent] = []
    for item in items {
      // The expressions up to an item are those of it and of the items before: none of them has a result of its own.
      var single = formula
      single.statements = [Statement(targets: [], targetRanges: [], value: item)]
      let value = try evaluate(single)
      let place = formula.expressions[item].range
      do {
        guard let component = try FormulaIndexing(real: real, variables: variables).component(value) else {
          throw ValueFault(message: "found \(value.description), expected whole numbers, slices or lists")
        }
        components.append(component)
      } catch let fault as ValueFault {
        throw ToolError(fault.message, at: place, in: formula.source, status: fault.status)
      } catch {
        throw ToolError("\(error)", at: place, in: formula.source, status: .data)
      }
    }
    return components
  }
}
