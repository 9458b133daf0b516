import CKernels
import TensorGraph

/// The text of the function.
extension GroupSource {
  var block: Int { nest.block }

  /// What stands before a loop that is written out.
  var unrolled: String { isUnrolled ? "UNROLLED " : "" }

  mutating func write() {
    text.line("static \(isUnrolled ? "INLINED " : "")void \(name)(char *const *b, int64_t from, int64_t to) {")
    declareBuffers()
    if group.accumulator_count > 0 { writeAccumulation() } else { writeUnits() }
    text.line("}")
    // What `finish` needs is in the table as well.
    for i in 0..<Int(group.accumulator_count) {
      _ = buffer(group.accumulators[i].partial_buffer)
      _ = buffer(group.accumulators[i].buffer)
    }
  }

  /// A buffer of the program, or of the function's own table.
  private mutating func buffer(_ number: Int32) -> String { "b[\(place(of: number))]" }

  private mutating func place(of number: Int32) -> Int {
    guard hasOwnTable else { return Int(number) }
    if let place = buffers.firstIndex(of: number) { return place }
    buffers.append(number)
    return buffers.count - 1
  }

  private mutating func writeUnits() {
    declareArrays()
    let total = nest.total
    let isOneLoop = phases.count <= 1 && arrays.isEmpty
    if units == 1 {
      text.line("const int64_t t0 = 0, t1 = \(total);")
      text.line("(void)from, (void)to, (void)t0, (void)t1;")
    } else {
      if !isOneLoop { text.line("\(unrolled)for (int64_t unit = from; unit < to; ++unit) {") }
      let (first, end) = isOneLoop ? ("from", "to") : ("unit", "(unit + 1)")
      text.line("const int64_t t0 = \(first) * \(chunk);")
      text.line("const int64_t t1 = \(end) * \(chunk) < \(total) ? \(end) * \(chunk) : \(total);")
    }
    writePhases()
    if !isWrittenOut { for reduction in reductions { write(reduction) } }
    if units > 1, !isOneLoop { text.line("}") }
  }

  private mutating func declareArrays() {
    for (slot, family) in arrays.sorted(by: { $0.key < $1.key }) {
      text.line("\(family.nativeType) w\(slot)[\(chunk)];")
    }
  }

  private mutating func write(_ reduction: BlockReduction) {
    let function = "reduce_\(reduction.reduction.nativeName)_\(reduction.family.nativeSuffix)"
    let count = "(t1 - t0) / \(reduction.block)"
    let from = arrayPointer(reduction.operand, reduction.family)
    if case .scalar = values[reduction.operand] {
      text.line("\(unrolled)for (int64_t i = 0; i < \(chunk); ++i) w\(reduction.operand)[i] = h\(reduction.operand);")
    }
    let place = "s\(reduction.store) + t0 / \(reduction.rows)"
    let type = reduction.family.nativeType
    if reduction.type == reduction.family.memoryType {
      text.line("\(function)((\(type) *)(\(place)), \(from), \(reduction.rows), \(reduction.columns), \(count));")
      return
    }
    text.line("{")
    text.line("\(type) r[\(chunk / reduction.rows)];")
    text.line("\(function)(r, \(from), \(reduction.rows), \(reduction.columns), \(count));")
    text.line(
      "\(unrolled)for (int64_t i = 0; i < (t1 - t0) / \(reduction.rows); ++i) (\(place))[i] = (\(reduction.type.nativeType))r[i];"
    )
    text.line("}")
  }

  // MARK: Buffers and scalars

  private mutating func declareBuffers() {
    for i in 0..<Int(group.hoisted_count) { declareScalar(group.hoisted[i]) }
    for i in 0..<Int(group.constant_count) { declareScalar(group.constants[i]) }
    var declared = Set<Int>()
    for instruction in instructions {
      for (operand, family) in Self.readOperands(instruction) {
        guard values[operand] == nil, let direct = directs[operand], declared.insert(operand).inserted else { continue }
        declare("d\(operand)", family.memoryType, direct.buffer, Int(direct.offset), isConst: true)
      }
      for slot in [instruction.out, instruction.second ?? instruction.out] {
        guard let type = outputs[slot], let direct = directs[slot], declared.insert(slot).inserted else { continue }
        declare("d\(slot)", type, direct.buffer, Int(direct.offset), isConst: false)
      }
      switch instruction.form {
      case .load(let type, _):
        let slot = group.slots[instruction.operands[0]]
        guard declared.insert(instruction.operands[0]).inserted else { continue }
        declare(
          "l\(instruction.operands[0])", type, slot.buffer, Int(slot.access.pointee.offset) * type.byteCount,
          isConst: true)
      case .store(_, let type):
        guard declared.insert(instruction.out).inserted else { continue }
        declare("s\(instruction.out)", type, group.slots[instruction.out].buffer, 0, isConst: false)
      case .elementwise, .pair, .convert, .fill, .iota, .accumulate, .reduceBlocks: break
      }
    }
  }

  private mutating func declareScalar(_ instruction: ck_instruction) {
    guard case .fill(let type, let family) = Kernels.shared.form(of: instruction.kernel) else { return }
    let slot = group.slots[Int(instruction.a)]
    text.line(
      "SCALAR(\(family.nativeType), h\(instruction.out), \(type.nativeSuffix), \(place(of: slot.buffer)), \(slot.offset));"
    )
  }

  private mutating func declare(_ name: String, _ type: ScalarType, _ buffer: Int32, _ offset: Int, isConst: Bool) {
    text.line("\(isConst ? "READ" : "WRITTEN")(\(type.nativeSuffix), \(name), \(place(of: buffer)), \(offset));")
  }

  /// The operands of elements, with the family in which they are read.
  static func readOperands(_ instruction: Instruction) -> [(Int, Family)] {
    switch instruction.form {
    case .elementwise(_, _, let family, _), .pair(_, _, let family, _), .convert(let family, _), .store(let family, _):
      instruction.operands.map { ($0, family) }
    case .accumulate(_, let family), .reduceBlocks(_, let family): [(instruction.operands[0], family)]
    case .load, .fill, .iota: []
    }
  }

  /// The operands of elements.
  static func elementOperands(_ instruction: Instruction) -> [Int] {
    switch instruction.form {
    case .load, .iota, .fill: []
    case .accumulate, .reduceBlocks: [instruction.operands[0]]
    case .elementwise, .pair, .convert, .store: instruction.operands
    }
  }

  /// Where the elements of a value begin that passes from one loop to another.
  func arrayPointer(_ slot: Int, _ family: Family) -> String {
    directs[slot] != nil ? "((const \(family.nativeType) *)d\(slot) + t0)" : "w\(slot)"
  }

  // MARK: Accumulation

  private mutating func writeAccumulation() {
    let (rows, columns, tileRows) = (Int(group.rows), Int(group.columns), Int(group.tile_rows))
    let (tiles, pieces, tile) = (Int(group.column_tiles), Int(group.pieces), Int(group.tile))
    let lanes = tiles == 1 ? tileRows * columns : tile
    let accumulators = (0..<Int(group.accumulator_count)).map { group.accumulators[$0] }
    for a in accumulators { text.line("\(accumulatorType(Int(a.slot))) a\(a.slot)[\(lanes)];") }
    declareArrays()
    text.line("\(unrolled)for (int64_t unit = from; unit < to; ++unit) {")
    text.line("const int64_t piece = unit % \(pieces), walk = unit / \(pieces);")
    text.line("const int64_t first = walk % \(tiles) * \(tile), outer = walk / \(tiles);")
    text.line("(void)first, (void)piece;")
    text.line(
      tiles == 1
        ? "const int64_t width = \(columns);"
        : "const int64_t width = \(columns) - first < \(tile) ? \(columns) - first : \(tile);")
    let tileCount = (rows + tileRows - 1) / tileRows
    text.line("int64_t row_end = \(tileCount) * (piece + 1) / \(pieces) * \(tileRows);")
    text.line("if (row_end > \(rows)) row_end = \(rows);")
    for a in accumulators {
      let (family, reduction) = Self.accumulation(a)
      text.line(
        "\(unrolled)for (int64_t i = 0; i < \(lanes); ++i) a\(a.slot)[i] = \(reduction.nativeIdentity(family));")
    }
    text.line(
      "\(unrolled)for (int64_t at = \(tileCount) * piece / \(pieces) * \(tileRows); at < row_end; at += \(tileRows)) {")
    text.line("const int64_t height = at + \(tileRows) < row_end ? \(tileRows) : row_end - at;")
    text.line("const int64_t t0 = (outer * \(rows) + at) * \(columns) + first, t1 = t0 + height * width;")
    writePhases()
    text.line("}")
    text.line("const int64_t place = outer * \(columns) + first;")
    for a in accumulators {
      let (family, reduction) = Self.accumulation(a)
      writeFold("a\(a.slot)", family, reduction, rows: tileRows, width: "width")
      if pieces == 1 {
        writeStore(a, from: "a\(a.slot)", at: "place", count: "width")
      } else {
        let type = family.memoryType.nativeMemory
        text.line(
          "\(type) *const p\(a.slot) = (\(type) *)\(buffer(a.partial_buffer)) + piece * \(group.outer * group.columns) + place;"
        )
        text.line("\(unrolled)for (int64_t i = 0; i < width; ++i) p\(a.slot)[i] = a\(a.slot)[i];")
      }
    }
    text.line("}")
  }

  private static func accumulation(_ accumulator: ck_accumulator) -> (Family, Reduction) {
    (
      Family(rawValue: Int32(accumulator.family.rawValue))!, Reduction(rawValue: Int(accumulator.reduction.rawValue))!
    )
  }

  /// Combines rows of results into the first, in pairs.
  private mutating func writeFold(_ values: String, _ family: Family, _ reduction: Reduction, rows: Int, width: String)
  {
    var rows = rows
    let function = "combine_\(reduction.nativeName)_\(family.nativeSuffix)"
    while rows > 1 {
      let half = (rows + 1) / 2
      text.line(
        "\(unrolled)for (int64_t i = 0; i < \(rows - half) * \(width); ++i) \(values)[i] = \(function)(\(values)[i], \(values)[i + \(half) * \(width)]);"
      )
      rows = half
    }
  }

  private mutating func writeStore(_ a: ck_accumulator, from values: String, at place: String, count: String) {
    let type = ScalarType.inTables[Int(a.type.rawValue)]
    text.line(
      "\(unrolled)for (int64_t i = 0; i < \(count); ++i) ((\(type.nativeMemory) *)\(buffer(a.buffer)))[\(place) + i] = (\(type.nativeType))\(values)[i];"
    )
  }

  /// The function that combines what the pieces have left; nil where there is but one piece.
  func finish(name: String) -> String? {
    guard group.pieces > 1 else { return nil }
    var result = self
    result.text = NativeText()
    result.text.line("static void \(name)(char *const *b) {")
    for i in 0..<Int(group.accumulator_count) {
      let a = group.accumulators[i]
      let (family, reduction) = Self.accumulation(a)
      let type = family.memoryType.nativeMemory
      result.text.line("\(type) *const p\(i) = (\(type) *)\(result.buffer(a.partial_buffer));")
      let results = Int(group.outer * group.columns)
      result.writeFold("p\(i)", family, reduction, rows: Int(group.pieces), width: "\(results)")
      result.writeStore(a, from: "p\(i)", at: "0", count: "\(results)")
    }
    result.text.line("}")
    return result.text.text
  }
}
