import CKernels
import TensorGraph

/// The text of the loops.
extension GroupSource {
  /// What the text of a loop has asked for so far.
  private struct Loop {
    var phase: Int
    var text: [String] = []
    /// Values that have a name by now.
    var known = Set<String>()
    /// How often each value is an operand.
    var uses: [Int: Int] = [:]
    /// The expressions of values that are an operand once: they stand where the value is read.
    var expressions: [String: String] = [:]
    /// Loads, and arrays that are read or written.
    var loads: [Int] = []
    var arrays = Set<Int>()
    var accumulators = Set<Int>()
    var stores: [Int: (type: ScalarType, divisor: Int)] = [:]
  }

  mutating func writePhases() {
    for (number, phase) in phases.enumerated() where !phase.instructions.isEmpty {
      if phase.isLoop { writeLoop(number, phase) } else { for i in phase.instructions { writeCalls(instructions[i]) } }
    }
  }

  /// Instructions that no compiler vectorises, element by element, and those that are computed again where a condition fails.
  private mutating func writeCalls(_ instruction: Instruction) {
    func pointer(_ slot: Int, _ family: Family) -> String {
      switch values[slot] {
      case .scalar: "h\(slot)"
      case nil: "d\(slot)[t0 + i]"
      case .load, .iota, .computed: arrayPointer(slot, family) + "[i]"
      }
    }
    func target(_ slot: Int) -> String { outputs[slot] != nil ? "d\(slot)[t0 + i]" : "w\(slot)[i]" }
    let loop = unrolled + "for (int64_t i = 0; i < t1 - t0; ++i)"
    let results: [(name: String, out: Int)]
    let (family, style): (Family, KernelForm.Style)
    switch instruction.form {
    case .elementwise(let name, _, let f, let s): (results, family, style) = ([(name, instruction.out)], f, s)
    case .pair(let first, let second, let f, let s):
      (results, family, style) = ([(first, instruction.out), (second, instruction.second!)], f, s)
    case .convert, .load, .fill, .iota, .store, .accumulate, .reduceBlocks: return
    }
    let suffix = family.nativeSuffix
    let operands = instruction.operands.map { pointer($0, family) }.joined(separator: ", ")
    guard style == .guarded else {
      for result in results { text.line("\(loop) \(target(result.out)) = fn_\(result.name)_\(suffix)(\(operands));") }
      return
    }
    text.line("{")
    text.line("int any = 0;")
    text.line("\(loop) any |= !holds_\(results[0].name)_\(suffix)(\(operands));")
    text.mark(loopMark(nest.total))
    text.line("for (int64_t i = 0; i < t1 - t0; ++i) {")
    for result in results { text.line("\(target(result.out)) = fn_\(result.name)_\(suffix)(\(operands));") }
    text.line("}")
    text.line(isUnrolled ? "\(loop) {" : "for (int64_t i = 0; any && i < t1 - t0; ++i) {")
    text.line("if (\(isUnrolled ? "!any || " : "")holds_\(results[0].name)_\(suffix)(\(operands))) continue;")
    for result in results { text.line("\(target(result.out)) = otherwise_\(result.name)_\(suffix)(\(operands));") }
    text.line("}")
    text.line("}")
  }

  /// What stands before a loop of so many independent iterations: those that make whole vectors are never written out.
  private func loopMark(_ count: Int) -> String {
    isUnrolled && !count.isMultiple(of: Self.vectorElements) ? "UNROLLED" : "INDEPENDENT"
  }

  private mutating func writeLoop(_ number: Int, _ phase: Phase) {
    var loop = Loop(phase: number)
    for i in phase.instructions { for operand in instructions[i].operands { loop.uses[operand, default: 0] += 1 } }
    for i in phase.instructions { add(instructions[i], &loop) }
    let rows = nest.rowExtents
    text.line("{")
    if !startsAtZero { text.line("int64_t t = t0;") }
    if nest.hasRows {
      text.line("int64_t row = t / \(nest.rowElements);")
      if !hasWholeRows { text.line("int64_t v0 = (t - row * \(nest.rowElements)) / \(block);") }
      for (axis, extent) in rows.enumerated() {
        text.line(axis + 1 < rows.count ? "int64_t r\(axis) = row % \(extent);" : "int64_t r\(axis) = row;")
        if axis + 1 < rows.count { text.line("row /= \(extent);") }
        text.line("(void)r\(axis);")
      }
      text.line("\(unrolled)while (t < t1) {")
      if !hasWholeRows {
        text.line("int64_t n = \(nest.length) - v0;")
        text.line("if (n > (t1 - t) / \(block)) n = (t1 - t) / \(block);")
      }
    } else if !startsAtZero {
      text.line("const int64_t v0 = t / \(block), n = (t1 - t) / \(block);")
      text.line("(void)v0;")
    }
    for slot in loop.loads {
      guard let access = accesses[slot] else { continue }
      for (n, mask) in access.masks.enumerated() where !mask.coordinate.rows.isEmpty {
        let sum = mask.coordinate.rows.map { Self.product("r\($0.axis)", $0.factor) }.joined(separator: " + ")
        text.line("const int64_t m\(slot)_\(n) = \(sum);")
      }
      let begin = begin(access)
      guard hasName(begin) else { continue }
      // A place in memory, or a number that is counted.
      if let type = loadType(slot) {
        text.line("const \(type.nativeMemory) *const q\(slot) = \((["l\(slot)"] + begin).joined(separator: " + "));")
      } else {
        text.line("const int64_t q\(slot) = \(begin.isEmpty ? "0" : begin.joined(separator: " + "));")
      }
    }
    for slot in loop.arrays.sorted() {
      text.line("\(arrays[slot]!.nativeType) *const f\(slot) = w\(slot)\(startsAtZero ? "" : " + (t - t0)");")
    }
    for slot in loop.accumulators.sorted() {
      text.line("\(accumulatorType(slot)) *const c\(slot) = a\(slot) + (t - t0);")
    }
    for (slot, store) in loop.stores.sorted(by: { $0.key < $1.key }) {
      text.line(
        "\(store.type.nativeMemory) *const g\(slot) = s\(slot)\(startsAtZero ? "" : " + t / \(store.divisor)");")
    }
    text.mark(loopMark(nest.length))
    text.line("for (int64_t v = 0; v < \(startsAtRow ? "\(nest.length)" : "n"); ++v) {")
    if loopsOverPlaces {
      text.mark("UNROLLED")
      text.line("for (int64_t l = 0; l < \(block); ++l) {")
    }
    for line in loop.text { text.line(line) }
    if loopsOverPlaces { text.line("}") }
    text.line("}")
    if nest.hasRows {
      text.line(hasWholeRows ? "t += \(nest.rowElements);" : "t += n * \(block);")
      if !hasWholeRows { text.line("v0 = 0;") }
      for (axis, extent) in rows.enumerated().dropLast() {
        text.line("if (++r\(axis) == \(extent)) {")
        text.line("r\(axis) = 0;")
      }
      text.line("++r\(rows.count - 1);")
      for _ in rows.dropLast() { text.line("}") }
      text.line("}")
    }
    text.line("}")
  }

  /// The type of what is loaded; nil for numbers that are counted.
  private func loadType(_ slot: Int) -> ScalarType? {
    for instruction in instructions {
      if case .load(let type, _) = instruction.form, instruction.operands[0] == slot { return type }
    }
    return nil
  }

  func accumulatorType(_ slot: Int) -> String {
    for i in 0..<Int(group.accumulator_count) where Int(group.accumulators[i].slot) == slot {
      return Family(rawValue: Int32(group.accumulators[i].family.rawValue))!.nativeType
    }
    fatalError("slot \(slot) is no accumulator")
  }

  // MARK: Bodies

  /// The name of a value at a place.
  private func variable(_ slot: Int, _ place: Int) -> String {
    block == 1 || loopsOverPlaces ? "x\(slot)" : "x\(slot)_\(place)"
  }

  private func add(_ instruction: Instruction, _ loop: inout Loop) {
    for place in 0..<(loopsOverPlaces ? 1 : block) {
      switch instruction.form {
      case .elementwise(let name, _, let family, _):
        let operands = instruction.operands.map { operand($0, family, place, &loop) }
        define(instruction.out, family, place, family.nativeExpression(name, operands), &loop)
      case .pair(_, _, let family, _):
        let x = operand(instruction.operands[0], family, place, &loop)
        let second = variable(instruction.second!, place)
        loop.text.append("\(family.nativeType) \(second);")
        let call = "tanh_and_sech_\(family.nativeSuffix)(\(x), &\(second))"
        // Not where the first value is read: the second is there once it is called.
        name(instruction.out, family, place, call, &loop)
        keep(instruction.second!, place, &loop)
      case .convert(let from, let to):
        let x = operand(instruction.operands[0], from, place, &loop)
        define(instruction.out, to, place, Self.conversion(x, from, to), &loop)
      case .load(_, let family), .iota(let family):
        // Asked for as an operand, which gives it a name; here it is kept.
        _ = operand(instruction.out, family, place, &loop)
        keep(instruction.out, place, &loop)
      case .store(let family, let type):
        let x = operand(instruction.operands[0], family, place, &loop)
        loop.stores[instruction.out] = (type, 1)
        loop.text.append("g\(instruction.out)[\(index(place))] = (\(type.nativeType))\(x);")
      case .accumulate(let reduction, let family):
        let x = operand(instruction.operands[0], family, place, &loop)
        loop.accumulators.insert(instruction.out)
        let a = "c\(instruction.out)[\(index(place))]"
        loop.text.append("\(a) = combine_\(reduction.nativeName)_\(family.nativeSuffix)(\(a), \(x));")
      case .reduceBlocks, .fill: break
      }
    }
    if case .reduceBlocks = instruction.form, let reduction = reductions.first(where: { $0.result == instruction.out })
    {
      reduce(reduction, &loop)
    }
  }

  private static func conversion(_ x: String, _ from: Family, _ to: Family) -> String {
    switch (from, to) {
    case (.float32, .float64): "convert_f32_f64(\(x))"
    case (.float64, .float32): "convert_f64_f32(\(x))"
    case (_, .integer) where from != to: "to_i64_\(from.nativeSuffix)(\(x))"
    case (.integer, _) where from != to: "from_i64_\(to.nativeSuffix)(\(x))"
    default: x
    }
  }

  /// Characters of an expression beyond which its value has a name.
  private static let mostExpressionCharacters = 100

  /// A value that is computed: by name, or where it is read.
  private func define(_ slot: Int, _ family: Family, _ place: Int, _ value: String, _ loop: inout Loop) {
    if outputs[slot] == nil, arrays[slot] == nil, loop.uses[slot] == 1, reductions.isEmpty,
      value.utf8.count <= Self.mostExpressionCharacters
    {
      loop.expressions[variable(slot, place)] = "(\(value))"
    } else {
      name(slot, family, place, value, &loop)
    }
  }

  private func name(_ slot: Int, _ family: Family, _ place: Int, _ value: String, _ loop: inout Loop) {
    loop.text.append("\(family.nativeType) \(variable(slot, place)) = \(value);")
    keep(slot, place, &loop)
  }

  /// Writes a value to where it leaves the loop.
  private func keep(_ slot: Int, _ place: Int, _ loop: inout Loop) {
    let name = variable(slot, place)
    loop.known.insert(name)
    if outputs[slot] != nil {
      loop.text.append("\(direct(slot, place)) = \(name);")
    } else if arrays[slot] != nil {
      loop.arrays.insert(slot)
      loop.text.append("f\(slot)[\(index(place))] = \(name);")
    }
  }

  /// The value of an operand at a place.
  private func operand(_ slot: Int, _ family: Family, _ place: Int, _ loop: inout Loop) -> String {
    let name = variable(slot, place)
    if loop.known.contains(name) { return name }
    if let expression = loop.expressions[name] { return expression }
    let value: String
    switch values[slot] {
    case .scalar: return "h\(slot)"
    case nil: value = direct(slot, place)
    case .load(let type, _):
      value = loaded(slot, family, type, place, &loop)
    case .iota: value = counted(slot, family, place, &loop)
    case .computed:
      if outputs[slot] != nil {
        value = direct(slot, place)
      } else {
        loop.arrays.insert(slot)
        value = "f\(slot)[\(index(place))]"
      }
    }
    loop.known.insert(name)
    loop.text.append("\(family.nativeType) \(name) = \(value);")
    return name
  }

  private func source(of slot: Int) -> Int { instructions.first { $0.out == slot }!.operands[0] }

  private func loaded(
    _ slot: Int, _ family: Family, _ type: ScalarType, _ place: Int, _ loop: inout Loop
  ) -> String {
    let load = source(of: slot)
    guard let access = accesses[load] else {
      let (offset, condition) = dividedOffset(load, place)
      let value = "(\(family.nativeType))l\(load)[\(offset)]"
      return condition.isEmpty ? value : "\(condition) ? \(value) : 0"
    }
    if !loop.loads.contains(load) { loop.loads.append(load) }
    let begin = begin(access)
    let cast = type == family.memoryType ? "" : "(\(family.nativeType))"
    let value =
      cast + (hasName(begin) ? "q" : "l") + "\(load)[\(offset(access, place, behind: hasName(begin) ? [] : begin))]"
    let conditions = conditions(access, load, place)
    return conditions.isEmpty ? value : "\(conditions) ? \(value) : 0"
  }

  private func counted(_ slot: Int, _ family: Family, _ place: Int, _ loop: inout Loop) -> String {
    let pattern = source(of: slot)
    guard let access = accesses[pattern] else {
      return "(\(family.nativeType))(\(dividedOffset(pattern, place).offset))"
    }
    if !loop.loads.contains(pattern) { loop.loads.append(pattern) }
    let begin = begin(access)
    let offset = offset(access, place, behind: hasName(begin) ? ["q\(pattern)"] : begin)
    return "(\(family.nativeType))(\(offset))"
  }

  // MARK: Reductions

  /// Blocks that lie in one iteration, in the order of the interpreter.
  private func reduce(_ reduction: BlockReduction, _ loop: inout Loop) {
    let function = "combine_\(reduction.reduction.nativeName)_\(reduction.family.nativeSuffix)"
    loop.stores[reduction.store] = (reduction.type, reduction.rows)
    for first in stride(from: 0, to: block, by: reduction.block) {
      for column in 0..<reduction.columns {
        let x = (0..<reduction.rows).map {
          operand(reduction.operand, reduction.family, first + $0 * reduction.columns + column, &loop)
        }
        var result = x[0]
        if reduction.columns == 1, reduction.rows == 4 {
          result = "\(function)(\(function)(\(x[0]), \(x[1])), \(function)(\(x[2]), \(x[3])))"
        } else {
          for next in x.dropFirst() { result = "\(function)(\(result), \(next))" }
        }
        let place = first / reduction.rows + column
        let width = block / reduction.rows
        let index = width == 1 ? "v" : place == 0 ? "v * \(width)" : "v * \(width) + \(place)"
        loop.text.append("g\(reduction.store)[\(index)] = (\(reduction.type.nativeType))\(result);")
      }
    }
  }
}
