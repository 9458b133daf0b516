import CPUEngine
import SparseStructure
import TensorGraph

/// What a generated function computes.
enum FunctionRole {
  case value, gradient, hessian, product
  case valueAndGradient, valueGradientAndHessian, valueAndProduct
  /// The entries of the Jacobian of a value.
  case jacobian
  case valueAndJacobian
  // Of a nonlinear program.
  case objective, objectiveGradient, constraints
  /// The entries of the Jacobian of the constraints, and of the lower triangle of the Lagrangian's Hessian.
  case constraintJacobian, lagrangianHessian
  /// Objective, gradient, constraints and the entries of their Jacobian.
  case firstOrder
}

/// A part of a vector that has a name.
package struct GeneratedBlock {
  let name: String
  let shape: [Int]
  var elementCount: Int { shape.reduce(1, *) }

  package init(name: String, shape: [Int]) { (self.name, self.shape) = (name, shape) }
}

/// The functions of a file, for what calls them: interfaces of other systems, tests.
struct GeneratedFunctions {
  /// What a function must give at a point.
  struct Check {
    var inputs: [[Double]]
    var outputs: [[Double]]
  }

  /// A function and what is known of it.
  struct Entry {
    let role: FunctionRole
    let function: StandaloneFunction
    let comment: String
    let check: Check?
  }

  /// What the functions' names begin with.
  let name: String
  var entries: [Entry] = []
  /// Where the values of sparse results stand, and what the arrays' names begin with.
  var patterns: [(role: FunctionRole, name: String, pattern: SparsityPattern)] = []
  /// The variables, parts of the vector in order; the constraints; the data.
  var variables: [GeneratedBlock] = []
  var constraints: [GeneratedBlock] = []
  var data: [GeneratedBlock] = []
  /// What a solver of a nonlinear program is told besides.
  var problem: GeneratedCode.Problem?

  /// The function of a role; nil if there is none.
  subscript(role: FunctionRole) -> StandaloneFunction? { entries.first { $0.role == role }?.function }

  func pattern(_ role: FunctionRole) -> SparsityPattern? { patterns.first { $0.role == role }?.pattern }

  func check(_ role: FunctionRole) -> Check? { entries.first { $0.role == role }?.check }

  /// The macro for the bytes of memory that suffice for every function.
  var memoryName: String { name.uppercased() + "_MEMORY_BYTES" }

  /// Bytes of memory that suffice for every function.
  var memoryByteCount: Int { max(entries.map(\.function.memoryByteCount).max() ?? 0, 8) }

  // MARK: Text

  /// An array of whole numbers; one zero if there are none.
  static func array(_ declaration: String, _ numbers: some Collection<some BinaryInteger>) -> String {
    array(declaration, numbers.map { "\($0)" })
  }

  /// An array of real numbers; one zero if there are none.
  static func array(_ declaration: String, _ numbers: [Double]) -> String { array(declaration, numbers.map(text)) }

  private static func array(_ declaration: String, _ numbers: [String]) -> String {
    var text = "\(declaration) = {"
    for (n, number) in numbers.enumerated() {
      text += (n == 0 ? "" : n.isMultiple(of: 16) ? ",\n  " : ", ") + number
    }
    return text + (numbers.isEmpty ? "0};\n" : "};\n")
  }

  /// A real number in C, with `<math.h>`.
  static func text(_ value: Double) -> String {
    value.isNaN ? "NAN" : value.isInfinite ? (value < 0 ? "-INFINITY" : "INFINITY") : "\(value)"
  }

  /// A string in C.
  static func literal(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar -> String in
      switch scalar {
      case "\"", "\\", "?": "\\\(scalar)"
      case " "..."~": "\(scalar)"
      default: String(scalar).utf8.map { "\\" + String(Int($0) + 512, radix: 8).dropFirst() }.joined()
      }
    }
    return "\"\(escaped.joined())\""
  }
}

extension StandaloneFunction {
  /// Its memory in numbers of double precision.
  var memoryCount: Int { (memoryByteCount + 7) / 8 }
}
