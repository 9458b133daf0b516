import CPUEngine
import TensorGraph

/// How another system calls generated functions, besides the plain ones.
protocol ForeignInterface {
  /// The functions that it calls, and that a file therefore has even where the plain interface has them not.
  static var roles: Set<FunctionRole> { get }
  /// Whether the name itself is a function of the interface, so that the plain one of that name is `NAME_all`.
  static var takesName: Bool { get }

  /// - Throws: `TensorError` if the other system has no form for these functions.
  init(_ functions: GeneratedFunctions) throws(TensorError)

  /// What the header declares.
  var declarations: String { get }
  /// The functions.
  var text: String { get }
  /// A function of a test program that calls them, and a call that gives the number of failures; nil if nothing is known to compare
  /// with. The program has `differ`, `differ_at` and the standard headers.
  var test: (text: String, call: String)? { get }
}

extension GeneratedCode.Interface {
  /// What the interface has besides the plain functions; nil for those alone.
  var foreign: (any ForeignInterface.Type)? {
    switch self {
    case .plain: nil
    case .casadi: CasADiInterface.self
    case .cnlp: CNLPInterface.self
    case .bridgestan: BridgeStanInterface.self
    }
  }
}

extension ForeignInterface {
  static var takesName: Bool { false }
}

extension GeneratedFunctions {
  /// The function of a role, for an interface that gives it numbers of double precision.
  ///
  /// - Parameters:
  ///   - inputCount: the arguments that the interface gives.
  ///   - remedy: what to do where there is none.
  func required(
    _ role: FunctionRole, inputCount: Int = 1, _ remedy: String
  ) throws(TensorError) -> StandaloneFunction {
    guard let function = self[role], function.inputs.count == inputCount,
      (function.inputs + function.outputs).allSatisfy({ $0.type == .float64 })
    else { throw TensorError("generate: \(remedy)") }
    return function
  }
}
