import CKernels
import TensorGraph

/// What a kernel of the table does: for descriptions of programs, and for what is compiled instead of them.
enum KernelForm {
  /// How the function of the same elements is computed.
  enum Style {
    /// By an expression.
    case expression
    /// By an expression, and by another where a condition fails.
    case guarded
    /// By the C library.
    case called
  }

  /// A function of the elements at one place, under its name in the kernels' sources.
  case elementwise(String, arity: Int, Family, Style)
  /// Two functions of the same operand.
  case pair(String, String, Family, Style)
  case convert(Family, Family)
  case load(ScalarType, Family)
  /// Repeats one element.
  case fill(ScalarType, Family)
  case iota(Family)
  case store(Family, ScalarType)
  case accumulate(Reduction, Family)
  case reduceBlocks(Reduction, Family)

  static func address(_ kernel: Kernels.Kernel) -> Int {
    Int(bitPattern: unsafeBitCast(kernel, to: UnsafeRawPointer.self))
  }

  /// The forms of all kernels of a table, by their addresses.
  static func all(_ table: UnsafePointer<ck_kernels>) -> [Int: KernelForm] {
    var forms: [Int: KernelForm] = [:]
    func add(_ kernel: Kernels.Kernel?, _ form: KernelForm) {
      if let kernel { forms[address(kernel)] = form }
    }
    /// All entries of an array of the table, which Swift sees as a tuple.
    func add<Tuple>(_ array: KeyPath<ck_kernels, Tuple>, _ form: (Int) -> KernelForm) {
      guard let offset = MemoryLayout<ck_kernels>.offset(of: array) else {
        fatalError("the kernel table is a C struct")
      }
      for i in 0..<(MemoryLayout<Tuple>.size / MemoryLayout<Kernels.Kernel?>.stride) {
        add(
          (UnsafeRawPointer(table) + offset).load(
            fromByteOffset: i * MemoryLayout<Kernels.Kernel?>.stride, as: Optional<Kernels.Kernel>.self), form(i))
      }
    }
    func family(_ i: Int) -> Family { Family(rawValue: Int32(i % 3))! }
    func named(_ names: [String], arity: [Int]) -> (Int) -> KernelForm {
      { .elementwise(names[$0 / 3], arity: arity[$0 / 3], family($0), .expression) }
    }
    for i in 0..<Int(table.pointee.function_count) {
      let function = table.pointee.functions[i]
      let name = String(cString: function.name)
      let style = [Style.expression, .guarded, .called][Int(function.style.rawValue)]
      let arity = ScalarFunction(rawValue: name)!.arity
      add(function.kernels.0, .elementwise(name, arity: arity, .float32, style))
      add(function.kernels.1, .elementwise(name, arity: arity, .float64, style))
      add(function.kernels.2, .elementwise(name, arity: arity, .integer, .expression))
    }
    let comparisons = ["equal", "not_equal", "less", "less_or_equal", "greater", "greater_or_equal"]
    add(\.compare, named(comparisons.map { "compare_" + $0 }, arity: [2, 2, 2, 2, 2, 2]))
    add(\.logical, named(["logical_and", "logical_or", "logical_not"], arity: [2, 2, 1]))
    add(\.select, named(["select"], arity: [3]))
    add(\.multiply_add, named(["multiply_add"], arity: [3]))
    add(\.multiply_subtract, named(["multiply_subtract"], arity: [3]))
    add(\.subtract_product, named(["subtract_product"], arity: [3]))
    add(\.is_nonzero, named(["is_nonzero"], arity: [1]))
    add(\.sine_and_cosine) { .pair("sin", "cos", family($0), .guarded) }
    add(\.tanh_and_sech) { .pair("tanh", "sech", family($0), .expression) }
    add(\.convert) { .convert(family($0 / 3), family($0)) }
    add(table.pointee.wrap_to_i32, .elementwise("wrap_to_i32", arity: 1, .integer, .expression))
    add(table.pointee.clamp_to_i32, .elementwise("clamp_to_i32", arity: 1, .integer, .expression))
    add(\.load) { .load(ScalarType.inTables[$0 / 3], family($0)) }
    add(\.fill) { .fill(ScalarType.inTables[$0 / 3], family($0)) }
    add(\.iota) { .iota(family($0)) }
    add(\.store) { .store(family($0 / 5), ScalarType.inTables[$0 % 5]) }
    add(\.accumulate) { .accumulate(Reduction(rawValue: $0 / 3)!, family($0)) }
    add(\.reduce_blocks) { .reduceBlocks(Reduction(rawValue: $0 / 3)!, family($0)) }
    return forms
  }
}

extension Kernels {
  /// A name for a kernel, for descriptions of programs.
  func name(of kernel: Kernel) -> String {
    switch form(of: kernel) {
    case .elementwise(let name, _, _, _):
      if name.hasPrefix("compare_") { return "compare" }
      if name.hasPrefix("logical_") { return "logical" }
      let names = [
        "multiply_add": "multiplyAdd", "multiply_subtract": "multiplySubtract", "subtract_product": "subtractProduct",
        "is_nonzero": "isNonzero", "wrap_to_i32": "wrap", "clamp_to_i32": "clamp",
      ]
      return names[name] ?? name
    case .pair(let first, let second, _, _): return first == "sin" ? "sinCos" : first + second.capitalized
    case .convert: return "convert"
    case .load: return "load"
    case .fill: return "fill"
    case .iota: return "iota"
    case .store: return "store"
    case .accumulate: return "accumulate"
    case .reduceBlocks: return "reduceBlocks"
    }
  }
}
