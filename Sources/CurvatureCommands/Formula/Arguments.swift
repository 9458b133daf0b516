import CurvatureFiles
import TensorGraph

/// The arguments of one call, matched with the parameters of its function.
struct Arguments {
  let function: FormulaFunction
  /// The name by which the function was called.
  private let called: String
  /// The type of real numbers.
  let real: ScalarType
  private let formula: Formula
  private let variables: [Node]
  private var values: [String: FormulaValue] = [:]
  private var ranges: [String: Range<Int>] = [:]

  /// Whole numbers beyond this are no axis, size or shift of anything.
  private static let integerLimit = 1 << 40

  init(
    _ function: FormulaFunction, called: String, receiver: FormulaValue?,
    _ given: [(Expression.Argument, FormulaValue)],
    in formula: Formula, real: ScalarType, variables: [Node]
  ) throws {
    self.function = function
    self.called = called
    self.formula = formula
    self.real = real
    self.variables = variables
    let positional = function.parameters.filter { !$0.isKeywordOnly }
    var next = 0
    var variadic: [FormulaValue] = []
    if let receiver {
      guard positional[0].isVariadic == false else {
        throw ValueFault(message: "'\(called)' is a function, no method; write '\(function.signature)'")
      }
      values[positional[0].name] = receiver
      next = 1
    }
    for (argument, value) in given {
      let range = formula.expressions[argument.value].range
      guard let keyword = argument.keyword else {
        guard next < positional.count else {
          throw ToolError(
            "\(called) takes at most \(positional.count) arguments by position: \(function.signature)",
            at: range, in: formula.source)
        }
        let parameter = positional[next]
        ranges[parameter.name] = ranges[parameter.name].map { $0.lowerBound..<range.upperBound } ?? range
        if parameter.isVariadic {
          variadic.append(value)
          values[parameter.name] = .tuple(variadic)
        } else {
          values[parameter.name] = value
          next += 1
        }
        continue
      }
      guard let parameter = function.parameters.first(where: { $0.name == keyword }) else {
        let near = Suggestions.remark(for: keyword, among: function.parameters.map(\.name))
        throw ToolError(
          "\(called) has no argument '\(keyword)'\(near.isEmpty ? ": \(function.signature)" : near)",
          at: argument.keywordRange ?? range, in: formula.source)
      }
      guard values[keyword] == nil else {
        throw ToolError(
          "the argument '\(keyword)' is given twice: \(function.signature)", at: argument.keywordRange ?? range,
          in: formula.source)
      }
      values[keyword] = parameter.isVariadic ? .tuple([value]) : value
      ranges[keyword] = range
    }
    for parameter in function.parameters where values[parameter.name] == nil {
      if let value = parameter.defaultValue {
        values[parameter.name] = value
      } else if parameter.isVariadic {
        values[parameter.name] = .tuple([])
      } else {
        throw ValueFault(message: "\(called) misses its argument '\(parameter.name)': \(function.signature)")
      }
    }
  }

  /// The value of a parameter; names come from the function's own signature.
  subscript(name: String) -> FormulaValue {
    guard let value = values[name] else { fatalError("\(function.signature) has no parameter '\(name)'") }
    return value
  }

  func isGiven(_ name: String) -> Bool {
    if case .none = self[name] { false } else { true }
  }

  /// An error that points at an argument.
  func fault(_ name: String, _ message: String, status: ToolError.Status = .usage) -> Error {
    let text = "\(called): \(message)"
    guard let range = ranges[name] else { return ValueFault(message: text, status: status) }
    return ToolError(text, at: range, in: formula.source, status: status)
  }

  private func located<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let fault as ValueFault {
      throw self.fault(name, fault.message, status: fault.status)
    }
  }

  /// A function with so many parameters.
  func function(_ name: String, of count: Int) throws -> FormulaClosure {
    guard case .function(let function) = self[name] else {
      throw fault(name, "found \(self[name].description), expected a function such as 'lambda x: x**2'")
    }
    guard function.parameters.count == count else {
      throw fault(name, "found a function of \(function.parameters.count), expected one of \(count)")
    }
    return function
  }

  /// A tensor of real numbers, or several in a tuple.
  func reals(_ name: String) throws -> (nodes: [Node], isTuple: Bool) {
    guard case .tuple(let items) = self[name] else { return ([try real(name)], false) }
    return (try items.map { item in try located(name) { try item.node(as: .real, real: real) } }, true)
  }

  // MARK: Tensors

  /// A tensor of whatever elements.
  func any(_ name: String) throws -> Node {
    try located(name) { try self[name].node(as: self[name].kind(), real: real) }
  }

  /// A tensor of numbers; masks become 0 and 1.
  func number(_ name: String) throws -> Node { try numbers(name)[0] }

  /// A tensor of real numbers.
  func real(_ name: String) throws -> Node { try numbers(name, least: .real)[0] }

  /// Tensors of one common type of numbers, whose shapes may be joined.
  func numbers(_ names: String..., least: ElementKind = .whole) throws -> [Node] {
    var kind = least
    for name in names { kind = max(kind, try located(name) { try self[name].kind() }) }
    let nodes = try names.map { name in try located(name) { try self[name].node(as: kind, real: real) } }
    try Sizes.checkBroadcast(nodes)
    return nodes
  }

  func reals(_ first: String, _ second: String) throws -> (Node, Node) {
    let nodes = try numbers(first, second, least: .real)
    return (nodes[0], nodes[1])
  }

  /// The tensors of a list, in one common type if `isPromoting`.
  func tensors(_ name: String, least: ElementKind = .mask, isPromoting: Bool = true) throws -> [Node] {
    var items: [FormulaValue]
    switch self[name] {
    case .list(let list), .tuple(let list): items = list
    case .tensor(let node) where node.shape.rank > 0:
      items = try (0..<node.shape[0]).map { .tensor(try Operations.index(node, [.integer($0)])) }
    default: throw fault(name, "found \(self[name].description), expected a list of tensors")
    }
    // einsum('…', a, b) and meshgrid(a, b) name their tensors one by one, concatenate([a, b]) in a list.
    if items.count == 1, function.parameters.contains(where: { $0.name == name && $0.isVariadic }),
      case .list(let inner) = items[0], inner.contains(where: { !$0.isPlainNumber })
    {
      items = inner
    }
    return try located(name) {
      var kind = least
      for item in items { kind = max(kind, try item.kind()) }
      let nodes = try items.map { try $0.node(as: isPromoting ? kind : $0.kind(), real: real) }
      try Sizes.checkBroadcast(nodes)
      return nodes
    }
  }

  /// A mask.
  func mask(_ name: String) throws -> Node {
    let node = try any(name)
    guard node.scalarType == .bool else {
      throw fault(name, "found numbers, expected a mask; compare first, as in 'x > 0'")
    }
    return node
  }

  /// Indices along an axis; those that do not depend on variables are checked now.
  ///
  /// - Parameter countsFromEnd: whether negative indices are allowed.
  func indices(_ name: String, axis: Int, of shape: Shape, countsFromEnd: Bool = true) throws -> Node {
    let node = try any(name)
    guard node.scalarType.isInteger else {
      throw fault(name, "found real numbers or a mask, expected whole numbers; write '.astype(int)'")
    }
    do {
      _ = try node.constantValue(besides: variables)
      try Operations.requireInside(node, axis: axis, extent: shape[axis], countsFromEnd: countsFromEnd)
    } catch let error as TensorError {
      throw fault(name, error.message, status: .data)
    }
    return node
  }

  // MARK: Plain values

  func flag(_ name: String) throws -> Bool {
    switch self[name] {
    case .boolean(let value): return value
    case .integer(0): return false
    case .integer(1): return true
    default: throw fault(name, "found \(self[name].description), expected True or False")
    }
  }

  func double(_ name: String) throws -> Double {
    guard let value = self[name].double else {
      throw fault(name, "found \(self[name].description), expected a plain number")
    }
    return value
  }

  func integer(_ name: String) throws -> Int {
    guard let value = try integers(self[name], name), value.count == 1, !self[name].isSequence else {
      throw fault(name, "found \(self[name].description), expected a whole number")
    }
    return value[0]
  }

  func optionalInteger(_ name: String) throws -> Int? { isGiven(name) ? try integer(name) : nil }

  /// One whole number or several; nil for None.
  func axes(_ name: String) throws -> [Int]? {
    guard isGiven(name) else { return nil }
    return try integers(name)
  }

  /// One whole number or several.
  func integers(_ name: String) throws -> [Int] {
    // reshape(x, 2, 3) and reshape(x, (2, 3)) say the same.
    if case .tuple(let items) = self[name], items.count == 1, items[0].isSequence,
      let list = try integers(items[0], name)
    {
      return list
    }
    guard let list = try integers(self[name], name) else {
      throw fault(name, "found \(self[name].description), expected whole numbers")
    }
    return list
  }

  private func integers(_ value: FormulaValue, _ name: String) throws -> [Int]? {
    switch value {
    case .integer(let number):
      guard abs(number.clamped) <= Arguments.integerLimit else {
        throw fault(name, "\(number) is out of range", status: .data)
      }
      return [number]
    case .list(let items), .tuple(let items):
      var list: [Int] = []
      for item in items {
        guard case .integer = item, let number = try integers(item, name) else { return nil }
        list += number
      }
      return list
    case .tensor(let node):
      guard node.shape.rank <= 1, node.scalarType == .int64, let known = node.value else { return nil }
      return try integers(.list((0..<known.count).map { .integer(Int(known.literal(at: $0).integer)) }), name)
    case .real, .boolean, .string, .none, .ellipsis, .slice, .module, .function: return nil
    }
  }

  /// A shape that fits into memory, with elements of a type.
  func shape(_ name: String, of type: ScalarType) throws -> Shape {
    let dimensions = try integers(name)
    try located(name) { try Sizes.check(dimensions, type) }
    return Shape(dimensions)
  }

  /// One of several words.
  func word<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, _: Choice.Type) throws -> Choice {
    let words = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    guard case .string(let text) = self[name], let choice = Choice(rawValue: text) else {
      throw fault(name, "found \(self[name].description), expected one of \(words)")
    }
    return choice
  }

  func text(_ name: String) throws -> String {
    guard case .string(let text) = self[name] else {
      throw fault(name, "found \(self[name].description), expected a string")
    }
    return text
  }
}

extension Int {
  /// Int.min has no magnitude; its neighbour does.
  fileprivate var clamped: Int { Swift.max(self, -Int.max) }
}
