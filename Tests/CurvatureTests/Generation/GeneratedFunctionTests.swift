import Curvature
import Testing

/// Which functions a file of generated code has.
@Suite struct GeneratedFunctionTests {
  private static let point = Tensor<Double>([0.5, -1, 2])

  private static func energy(_ x: Tensor<Double>) -> Tensor<Double> { (exp(x[1...]) * sin(x[..<(-1)])).sum() }

  private typealias Generate = (Set<GeneratedCode.Function>?, GeneratedCode.Interface) throws -> GeneratedCode

  /// A kind of plan, and the functions that it has.
  private static func generators() throws -> [(all: [GeneratedCode.Function], generate: Generate)] {
    let dense = try HessianPlan(like: point, of: energy)
    let sparse = try SparseHessianPlan(like: point, of: energy)
    let slope = try GradientPlan(like: point, of: energy)
    let jacobian = try SparseJacobianPlan(like: point) { x in x[1...] * x[..<(-1)] }
    return [
      ([.all, .value, .gradient, .hessian], { try dense.generateC("f", interface: $1, functions: $0) }),
      ([.all, .value, .gradient, .hessian], { try sparse.generateC("f", interface: $1, functions: $0) }),
      ([.all, .value, .gradient], { try slope.generateC("f", interface: $1, functions: $0) }),
      ([.all, .value, .jacobian], { try jacobian.generateC("f", interface: $1, functions: $0) }),
    ]
  }

  private static func name(_ function: GeneratedCode.Function) -> String {
    function == .all ? "int f(" : "int f_\(function.rawValue)("
  }

  @Test("A file has the functions that are asked for and no others, in fewer bytes") func choices() throws {
    for (all, generate) in try Self.generators() {
      let whole = try generate(nil, .plain)
      for function in all { #expect(whole.header.contains(Self.name(function))) }
      for number in 1..<(1 << all.count) {
        let asked = Set(all.indices.filter { number >> $0 & 1 == 1 }.map { all[$0] })
        let code = try generate(asked, .plain)
        for function in GeneratedCode.Function.allCases {
          #expect(code.header.contains(Self.name(function)) == asked.contains(function), "\(asked) \(function)")
          #expect(code.source.contains(Self.name(function)) == asked.contains(function), "\(asked) \(function)")
        }
        if asked.count < all.count { #expect(code.source.utf8.count < whole.source.utf8.count) }
        // Places of entries are there for those who are given entries.
        let hasEntries = !asked.isDisjoint(with: [.all, .hessian, .jacobian])
        #expect(!code.header.contains("_rows[]") || hasEntries && whole.header.contains("_rows[]"))
        #expect(code.header.contains("_rows[]") || !hasEntries || !whole.header.contains("_rows[]"))
      }
    }
  }

  @Test("An interface has the functions that it calls, whatever is asked for") func interfaces() throws {
    let plan = try HessianPlan(like: Self.point, of: Self.energy)
    let code = try plan.generateC("f", interface: .casadi, functions: [.value])
    for text in ["int f_all(", "int f_value(", "int f_gradient(", "int f_hessian("] {
      #expect(code.header.contains(text) == (text != "int f_all("), "\(text)")
    }
  }

  @Test("A function that there is not is refused with those that there are") func missing() throws {
    for (all, generate) in try Self.generators() {
      for function in GeneratedCode.Function.allCases where !all.contains(function) {
        let error = #expect(throws: TensorError.self) { _ = try generate([.value, function], .plain) }
        #expect("\(error!)".contains("'\(function.rawValue)'") && "\(error!)".contains("'all', 'value'"), "\(error!)")
      }
      let error = #expect(throws: TensorError.self) { _ = try generate([], .plain) }
      #expect("\(error!)".contains("no function is asked for"))
    }
  }

  @Test("Short axes are loops in the text: twice as long a one makes it no longer") func shortAxes() throws {
    func size(_ lanes: Int) throws -> Int {
      let x = Tensor<Double>.full([40 * lanes], 0.5)
      let plan = try SparseJacobianPlan(like: x) { x in
        let rows = x.reshaped(to: [40, lanes])
        return sin(rows * rows[0]) * exp(rows)
      }
      return try plan.generateC("f", functions: [.value]).source.utf8.count
    }
    #expect(try size(6) <= size(3) + 64)
  }
}
