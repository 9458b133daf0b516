import TensorGraph

/// Functions of functions: recurrences, maps over rows, and values that equations define.
extension FunctionTable {
  static let control: [FormulaFunction] = [
    FormulaFunction(
      "scan(f, init, xs=None, length=None, reverse=False)",
      "the last carry, and the results of f along a new axis: f(carry, row of xs) = (carry, result)", values: scan),
    FormulaFunction(
      "fori_loop(lower, upper, body_fun, init_val)", "x after x = body_fun(i, x) for i from lower up to upper",
      values: forLoop),
    FormulaFunction("map(f, xs)", "f of each row along the leading axis", aliases: ["vmap"], values: map),
    FormulaFunction("root(fun, x0, steps=12)", "the x with fun(x) = 0 near x0, by Newton's steps") { arguments in
      let bridge = Bridge(arguments, "fun", of: 1)
      return try bridge.run { call in
        try Operations.root(near: try arguments.real("x0"), steps: try arguments.integer("steps")) {
          (x) throws(TensorError) in try call.reals([.tensor(x)])[0]
        }
      }
    },
    FormulaFunction(
      "fixed_point(func, x0, maxiter=30)", "the x with func(x) = x to which iteration from x0 leads"
    ) { arguments in
      let bridge = Bridge(arguments, "func", of: 1)
      return try bridge.run { call in
        try Operations.fixedPoint(from: try arguments.real("x0"), iterations: try arguments.integer("maxiter")) {
          (x) throws(TensorError) in try call.reals([.tensor(x)])[0]
        }
      }
    },
  ]

  private static func scan(_ arguments: Arguments) throws -> FormulaValue {
    let (start, startIsTuple) = try arguments.reals("init")
    let (rows, rowsAreTuple) = arguments.isGiven("xs") ? try arguments.reals("xs") : ([], false)
    let given = arguments.isGiven("length") ? try arguments.integer("length") : nil
    guard let count = rows.first?.shape.dimensions.first ?? given else {
      throw arguments.fault("xs", "give xs with a leading axis, or a length")
    }
    if let given, given != count { throw arguments.fault("length", "length is \(given), xs has \(count) rows") }
    var outputsAreTuple = false
    let bridge = Bridge(arguments, "f", of: 2)
    let (last, outputs) = try bridge.run { call in
      try Operations.scan(
        start, over: rows, count: try checked(count, arguments), isReversed: try arguments.flag("reverse")
      ) { (states, rows) throws(TensorError) in
        let row: FormulaValue = rows.isEmpty ? .none : packed(rows, isTuple: rowsAreTuple)
        guard case .tuple(let both) = try call([packed(states, isTuple: startIsTuple), row]), both.count == 2 else {
          throw TensorError("f must give two values, the next carry and a result, as in 'lambda c, x: (c + x, c)'")
        }
        let (next, _) = try call.reals(both[0])
        if case .none = both[1] { return (next, []) }
        let results = try call.reals(both[1])
        outputsAreTuple = results.isTuple
        return (next, results.nodes)
      }
    }
    return .tuple([
      packed(last, isTuple: startIsTuple), outputs.isEmpty ? .none : packed(outputs, isTuple: outputsAreTuple),
    ])
  }

  private static func forLoop(_ arguments: Arguments) throws -> FormulaValue {
    let (lower, upper) = (try arguments.integer("lower"), try arguments.integer("upper"))
    let (start, isTuple) = try arguments.reals("init_val")
    let count = try checked(max(upper - lower, 0), arguments)
    let numbers =
      Node(.iota([count], axis: 0, .int64)) + .fill(.integer(Int64(lower)), shape: [count], scalarType: .int64)
    let bridge = Bridge(arguments, "body_fun", of: 2)
    let last = try bridge.run { call in
      try Operations.scan(start, over: [numbers], count: count) { (states, rows) throws(TensorError) in
        (try call.reals(try call([.tensor(rows[0]), packed(states, isTuple: isTuple)])).nodes, [])
      }.last
    }
    return packed(last, isTuple: isTuple)
  }

  private static func map(_ arguments: Arguments) throws -> FormulaValue {
    let (rows, rowsAreTuple) = try arguments.reals("xs")
    var resultsAreTuple = false
    let bridge = Bridge(arguments, "f", of: 1)
    let results = try bridge.run { call in
      try Operations.vmap(over: rows) { (rows) throws(TensorError) in
        let results = try call.reals(try call([packed(rows, isTuple: rowsAreTuple)]))
        resultsAreTuple = results.isTuple
        return results.nodes
      }
    }
    return packed(results, isTuple: resultsAreTuple)
  }

  /// A number of steps whose states fit the machine.
  private static func checked(_ count: Int, _ arguments: Arguments) throws -> Int {
    try Sizes.check([count], arguments.real)
    return count
  }

  private static func packed(_ nodes: [Node], isTuple: Bool) -> FormulaValue {
    isTuple ? .tuple(nodes.map(FormulaValue.tensor)) : .tensor(nodes[0])
  }
}

/// Lets operations of the library call a function of a formula, whose errors have places that theirs have not.
private struct Bridge {
  private let arguments: Arguments
  private let name: String
  private let count: Int

  init(_ arguments: Arguments, _ name: String, of count: Int) {
    (self.arguments, self.name, self.count) = (arguments, name, count)
  }

  /// What a body gives that may call the function; an error of the function is thrown as it is.
  func run<Result>(_ body: (Call) throws -> Result) throws -> Result {
    let call = Call(function: try arguments.function(name, of: count), real: arguments.real)
    do { return try body(call) } catch { throw call.failure ?? error }
  }

  final class Call {
    private let function: FormulaClosure
    private let real: ScalarType
    private(set) var failure: (any Error)?

    init(function: FormulaClosure, real: ScalarType) { (self.function, self.real) = (function, real) }

    private func bridged<Result>(_ body: () throws -> Result) throws(TensorError) -> Result {
      do { return try body() } catch {
        failure = error
        throw error as? TensorError ?? TensorError("\(error)")
      }
    }

    func callAsFunction(_ values: [FormulaValue]) throws(TensorError) -> FormulaValue {
      try bridged { try function(values) }
    }

    /// Tensors of real numbers, one or a tuple.
    func reals(_ value: FormulaValue) throws(TensorError) -> (nodes: [Node], isTuple: Bool) {
      try bridged {
        guard case .tuple(let items) = value else { return ([try value.node(as: .real, real: real)], false) }
        return (try items.map { try $0.node(as: .real, real: real) }, true)
      }
    }

    func reals(_ values: [FormulaValue]) throws(TensorError) -> [Node] { try reals(try self(values)).nodes }
  }
}
