import CKernels
import TensorGraph

/// What a register of the tile machine holds.
enum Family: Int32 {
  case float32, float64, integer

  /// The family in which elements of a type are computed. Masks have no family of their own.
  init(_ type: ScalarType) {
    switch type {
    case .float32: self = .float32
    case .float64: self = .float64
    case .bool, .int32, .int64: self = .integer
    }
  }

  /// Bytes of one element in a register.
  var byteCount: Int { self == .float32 ? 4 : 8 }

  /// The type whose memory layout equals that of the register.
  var memoryType: ScalarType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .integer: .int64
    }
  }
}

extension ScalarType {
  /// The types in the order of the C tables.
  static let inTables: [ScalarType] = [.float32, .float64, .bool, .int32, .int64]

  /// The number that the C tables know this type by.
  var tableIndex: Int { Self.inTables.firstIndex(of: self)! }

  var ckType: ck_type { ck_type(rawValue: UInt32(tableIndex)) }
}

/// The reductions that kernels know.
enum Reduction: Int, Hashable {
  case sum, maximum, minimum
}

/// The kernels of this machine by their Swift names.
struct Kernels: @unchecked Sendable {
  typealias Kernel = ck_kernel

  static let shared = Kernels(ck_kernels_of_this_machine())

  let table: UnsafePointer<ck_kernels>
  private let functions: [ScalarFunction: ck_function]
  /// By the address of the kernel.
  private let forms: [Int: KernelForm]

  init(_ table: UnsafePointer<ck_kernels>) {
    self.table = table
    var named: [String: ck_function] = [:]
    for i in 0..<Int(table.pointee.function_count) {
      let function = table.pointee.functions[i]
      named[String(cString: function.name)] = function
    }
    functions = Dictionary(
      uniqueKeysWithValues: ScalarFunction.allCases.compactMap { function in
        named[function.rawValue].map { (function, $0) }
      })
    forms = KernelForm.all(table)
  }

  /// What a kernel does.
  func form(of kernel: Kernel) -> KernelForm { forms[KernelForm.address(kernel)]! }

  /// The name of the instruction set.
  var instructionSet: String { String(cString: table.pointee.instruction_set) }

  /// The kernel of a scalar function; nil where the function does not exist for the family.
  func function(_ function: ScalarFunction, _ family: Family) -> Kernel? {
    guard let kernels = functions[function]?.kernels else { return nil }
    switch family {
    case .float32: return kernels.0
    case .float64: return kernels.1
    case .integer: return kernels.2
    }
  }

  /// A kernel that computes a function together with another one of the same operand, for less than both cost; and
  /// whether the function is its first result.
  func pair(_ function: ScalarFunction, _ family: Family) -> (other: ScalarFunction, kernel: Kernel, isFirst: Bool)? {
    guard let other = function.facts.partner else { return nil }
    for (first, kernels) in [(ScalarFunction.sin, \ck_kernels.sine_and_cosine), (.tanh, \.tanh_and_sech)]
    where first == function || first == other {
      return entry(kernels, Int(family.rawValue)).map { (other, $0, first == function) }
    }
    return nil
  }

  func compare(_ comparison: Comparison, _ family: Family) -> Kernel {
    entry(\.compare, Comparison.allCases.firstIndex(of: comparison)! * 3 + Int(family.rawValue))!
  }

  func logical(_ function: LogicalFunction, _ family: Family) -> Kernel {
    entry(\.logical, LogicalFunction.allCases.firstIndex(of: function)! * 3 + Int(family.rawValue))!
  }

  func select(_ family: Family) -> Kernel { entry(\.select, Int(family.rawValue))! }
  func multiplyAdd(_ family: Family) -> Kernel { entry(\.multiply_add, Int(family.rawValue))! }
  func multiplySubtract(_ family: Family) -> Kernel { entry(\.multiply_subtract, Int(family.rawValue))! }
  func subtractProduct(_ family: Family) -> Kernel { entry(\.subtract_product, Int(family.rawValue))! }
  func isNonzero(_ family: Family) -> Kernel { entry(\.is_nonzero, Int(family.rawValue))! }
  func iota(_ family: Family) -> Kernel { entry(\.iota, Int(family.rawValue))! }
  var wrapToInt32: Kernel { table.pointee.wrap_to_i32 }
  var clampToInt32: Kernel { table.pointee.clamp_to_i32 }

  func convert(from source: Family, to target: Family) -> Kernel {
    entry(\.convert, Int(source.rawValue) * 3 + Int(target.rawValue))!
  }

  /// Reads elements of a type into a register; nil where type and family do not meet.
  func load(_ type: ScalarType, _ family: Family) -> Kernel? {
    entry(\.load, type.tableIndex * 3 + Int(family.rawValue))
  }

  /// Repeats one element of a type over a register; nil where type and family do not meet.
  func fill(_ type: ScalarType, _ family: Family) -> Kernel? {
    entry(\.fill, type.tableIndex * 3 + Int(family.rawValue))
  }

  /// Writes a register as elements of a type; nil where family and type do not meet.
  func store(_ family: Family, _ type: ScalarType) -> Kernel? {
    entry(\.store, Int(family.rawValue) * 5 + type.tableIndex)
  }

  func accumulate(_ reduction: Reduction, _ family: Family) -> Kernel {
    entry(\.accumulate, reduction.rawValue * 3 + Int(family.rawValue))!
  }

  func reduceBlocks(_ reduction: Reduction, _ family: Family) -> Kernel {
    entry(\.reduce_blocks, reduction.rawValue * 3 + Int(family.rawValue))!
  }

  /// Entry i of an array of the table, which Swift sees as a tuple.
  private func entry<Tuple>(_ array: KeyPath<ck_kernels, Tuple>, _ i: Int) -> Kernel? {
    guard let offset = MemoryLayout<ck_kernels>.offset(of: array) else { fatalError("the kernel table is a C struct") }
    return (UnsafeRawPointer(table) + offset).load(
      fromByteOffset: i * MemoryLayout<Kernel?>.stride, as: Optional<Kernel>.self)
  }
}
