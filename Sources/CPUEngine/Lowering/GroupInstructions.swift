import CKernels
import TensorGraph

/// The instructions of a fused group before registers are allocated: every value has a name of its own.
struct GroupInstructions {
  /// What a name stands for.
  enum Value {
    /// A tile of scratch memory, for as long as somebody reads it.
    case register(Family)
    /// A tile of scratch memory for the whole run.
    case pinned(Family)
    /// Memory of a worker's own for one of the program's constants.
    case constant(Family)
    /// Consecutive elements of a buffer.
    case direct(buffer: Int32, offset: Int, type: ScalarType, isOutput: Bool)
    /// An argument of a kernel.
    case slot(ck_slot)
  }

  struct Instruction {
    var kernel: Kernels.Kernel
    var out: Int
    var operands: [Int]
    /// The name of a second result, which takes the place of the third operand.
    var second: Int?
  }

  var values: [Value] = []
  var hoisted: [Instruction] = []
  var constants: [Instruction] = []
  var body: [Instruction] = []
  /// Time per element of the space, in nanoseconds or so.
  var cost = 0.0

  mutating func name(_ value: Value) -> Int {
    values.append(value)
    return values.count - 1
  }

  mutating func slot(
    _ kind: ck_slot_kind, buffer: Int32 = 0, offset: Int = 0, stride: Int = 0, extent: Int = 0,
    access: UnsafePointer<ck_access>? = nil
  ) -> Int {
    name(
      .slot(
        ck_slot(
          kind: kind, buffer: buffer, offset: Int64(offset), stride: Int64(stride), extent: Int64(extent),
          access: access, target: -1)))
  }

  /// Appends an instruction with a result of its own.
  mutating func emit(_ kernel: Kernels.Kernel, _ operands: [Int], _ family: Family, cost: Double = 0.15) -> Int {
    let out = name(.register(family))
    body.append(Instruction(kernel: kernel, out: out, operands: operands))
    self.cost += cost
    return out
  }

  /// Appends an instruction with two results.
  mutating func emitPair(_ kernel: Kernels.Kernel, _ operand: Int, _ family: Family, cost: Double) -> (Int, Int) {
    let (first, second) = (name(.register(family)), name(.register(family)))
    body.append(Instruction(kernel: kernel, out: first, operands: [operand], second: second))
    self.cost += cost
    return (first, second)
  }
}

/// Registers for the names of a group: a register is free again after the last instruction that reads it.
struct RegisterAllocation {
  /// The register of each name that needs one, else -1.
  private(set) var registers: [Int]
  private(set) var registerCount = 0

  init(_ instructions: GroupInstructions) {
    registers = [Int](repeating: -1, count: instructions.values.count)
    var lastUse = [Int](repeating: -1, count: instructions.values.count)
    for (i, instruction) in instructions.body.enumerated() {
      for result in instruction.results { lastUse[result] = max(lastUse[result], i) }
      for operand in instruction.operands { lastUse[operand] = i }
    }
    for (name, value) in instructions.values.enumerated() {
      if case .pinned = value {
        registers[name] = registerCount
        registerCount += 1
      }
    }
    var free: [Int] = []
    for (i, instruction) in instructions.body.enumerated() {
      for result in instruction.results {
        guard case .register = instructions.values[result], registers[result] < 0 else { continue }
        if let register = free.popLast() {
          registers[result] = register
        } else {
          registers[result] = registerCount
          registerCount += 1
        }
      }
      // Only after the result has its register: kernels may assume that it overlaps no operand.
      for (position, operand) in instruction.operands.enumerated() {
        guard case .register = instructions.values[operand], lastUse[operand] == i,
          !instruction.operands[..<position].contains(operand)
        else { continue }
        free.append(registers[operand])
      }
      for result in instruction.results {
        if case .register = instructions.values[result], lastUse[result] == i { free.append(registers[result]) }
      }
    }
  }
}

extension GroupInstructions.Instruction {
  var results: [Int] { second.map { [out, $0] } ?? [out] }
}
