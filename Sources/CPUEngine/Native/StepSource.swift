import CKernels
import TensorGraph

/// What a step of a program is, for those who write it as text.
enum StepSource: @unchecked Sendable {
  case group(ck_group_step)
  case boxes(ck_boxes_step)
  case indexed(ck_index_step, isGather: Bool)
  case cumulativeSum(ck_line_step)
  case integerProduct(ck_integer_step)
  case matrixProduct(MatrixStep)
  case linearAlgebra(LinearAlgebraStep)
  case recurrence(RecurrenceStep)
  /// A step that has no text, and what it is.
  case other(String)

  /// The address of a place in C.
  static func at(_ place: ck_place) -> String {
    place.offset == 0 ? "b[\(place.buffer)]" : "(b[\(place.buffer)] + \(place.offset))"
  }

  /// Writes a step that needs nobody else; `return 1` where an index is outside its axis.
  ///
  /// - Returns: false if it cannot be written.
  func write(to text: inout NativeText) -> Bool {
    switch self {
    case .boxes(let step): Self.write(step, &text)
    case .indexed(let step, let isGather): Self.write(step, isGather: isGather, &text)
    case .cumulativeSum(let step): Self.write(step, &text)
    case .integerProduct(let step): Self.write(step, &text)
    case .matrixProduct(let step): Self.write(step, &text)
    case .linearAlgebra(let step): return Self.write(step, &text)
    case .group, .recurrence, .other: return false
    }
    return true
  }

  private static func each(_ variable: String, _ extent: Int64) -> String {
    "for (int64_t \(variable) = 0; \(variable) < \(extent); ++\(variable))"
  }

  private static func loop(_ variable: String, _ extent: Int64) -> String { each(variable, extent) + " {" }

  private static func sum(_ terms: [(String, Int64)]) -> String {
    let kept = terms.filter { $0.1 != 0 }.map { $0.1 == 1 ? $0.0 : "\($0.0) * \($0.1)" }
    return kept.isEmpty ? "0" : kept.joined(separator: " + ")
  }

  // MARK: Movement

  static func write(_ step: ck_boxes_step, isUnrolled: Bool = false, _ text: inout NativeText) {
    if step.clears != 0 { text.line("memset(b[\(step.to)], 0, \(step.total * step.element_bytes));") }
    var open: [Int64] = []
    for box in UnsafeBufferPointer(start: step.boxes, count: Int(step.box_count)) {
      // Boxes of equally many runs go side by side.
      let loops = isUnrolled || box.adds != 0 ? nil : copyLoops(box)
      if loops.map({ $0 != open }) ?? true {
        for _ in open { text.line("}") }
        open = loops ?? []
        for (axis, extent) in open.enumerated() { text.line(loop("i\(axis)", extent)) }
      }
      if loops == nil { writeElements(box, of: step, isUnrolled, &text) } else { writeRun(box, of: step, &text) }
    }
    for _ in open { text.line("}") }
  }

  /// The extents of the axes before those along which elements lie one after another on both sides; nil if none do.
  private static func copyLoops(_ box: ck_box) -> [Int64]? {
    let extents = (0..<Int(box.rank)).map { box.extents[$0] }
    let first = firstRunAxis(box)
    return first < extents.count || extents.allSatisfy { $0 == 1 } ? Array(extents[..<first]) : nil
  }

  private static func firstRunAxis(_ box: ck_box) -> Int {
    var step: Int64 = 1
    var first = Int(box.rank)
    while first > 0,
      box.extents[first - 1] == 1 || box.to_strides[first - 1] == step && box.from_strides[first - 1] == step
    {
      first -= 1
      step *= box.extents[first]
    }
    return first
  }

  private static func writeRun(_ box: ck_box, of step: ck_boxes_step, _ text: inout NativeText) {
    let (first, size) = (firstRunAxis(box), step.element_bytes)
    let bytes = (first..<Int(box.rank)).reduce(size) { $0 * box.extents[$1] }
    func address(_ buffer: Int32, _ offset: Int64, _ strides: UnsafePointer<Int64>?) -> String {
      let terms = (0..<first).map { ("i\($0)", strides![$0] * size) }.filter { $0.1 != 0 }
      let start = at(ck_place(buffer: buffer, offset: offset * size))
      return terms.isEmpty ? start : "\(start) + \(sum(terms))"
    }
    let to = address(step.to, box.to_offset, box.to_strides)
    text.line("memcpy(\(to), \(address(box.from, box.from_offset, box.from_strides)), \(bytes));")
  }

  private static func writeElements(
    _ box: ck_box, of step: ck_boxes_step, _ isUnrolled: Bool, _ text: inout NativeText
  ) {
    let type: ScalarType =
      switch (step.element_bytes, box.adds != 0) {
      case (1, _): .bool
      case (4, true): .float32
      case (4, false): .int32
      case (_, true): .float64
      case (_, false): .int64
      }
    let rank = Int(box.rank)
    let memory = type.nativeMemory
    text.line("{")
    text.line("\(memory) *const t = (\(memory) *)b[\(step.to)] + \(box.to_offset);")
    text.line("const \(memory) *const f = (const \(memory) *)b[\(box.from)] + \(box.from_offset);")
    for axis in 0..<rank {
      if isUnrolled { text.mark("UNROLLED") } else if axis == rank - 1 { text.mark("INDEPENDENT") }
      text.line(loop("i\(axis)", box.extents[axis]))
    }
    let to = sum((0..<rank).map { ("i\($0)", box.to_strides[$0]) })
    let from = sum((0..<rank).map { ("i\($0)", box.from_strides[$0]) })
    text.line("t[\(to)] \(box.adds != 0 ? "+=" : "=") f[\(from)];")
    for _ in 0..<rank { text.line("}") }
    text.line("}")
  }

  private static func write(_ step: ck_index_step, isGather: Bool, _ text: inout NativeText) {
    let type = ScalarType.inTables[Int(step.type.rawValue)]
    let memory = type.nativeMemory
    let index = step.index_bytes == 4 ? ScalarType.int32.nativeMemory : ScalarType.int64.nativeMemory
    text.line("{")
    text.line("const \(index) *const k = (const \(index) *)\(at(step.indices));")
    text.line("\(each("j", step.count)) if ((uint64_t)k[j] >= \(step.extent)u) return 1;")
    text.line("\(memory) *const t = (\(memory) *)\(at(step.to));")
    if isGather {
      text.line("const \(memory) *const f = (const \(memory) *)\(at(step.from));")
      let loops = [("o", step.outer), ("j", step.count), ("i", step.inner)].filter { $0.1 > 1 }
      for (variable, extent) in loops { text.line(loop(variable, extent)) }
      let row = step.count > 1 ? "j" : "0"
      let to = place(of: row, outer: step.outer, rows: step.count, inner: step.inner)
      let from = place(of: "k[\(row)]", outer: step.outer, rows: step.extent, inner: step.inner)
      text.line("t[\(to)] = f[\(from)];")
      for _ in loops { text.line("}") }
    } else {
      // The sums of the parts are added in their order.
      let size = step.extent * step.inner
      let bytes = step.element_bytes
      let (value, sum) = (type.nativeType, type.isInteger ? "u\(type.nativeType)" : type.nativeType)
      for part in 0..<step.parts {
        let (first, last) = (step.count * part / step.parts, step.count * (part + 1) / step.parts)
        let target = part == 0 ? "t" : "s\(part)"
        if part > 0 {
          text.line("\(memory) *const s\(part) = (\(memory) *)\(at(step.scratch)) + \((part - 1) * size);")
        }
        text.line("memset(\(target), 0, \((part == 0 ? step.outer : 1) * size * bytes));")
        var start: Int64 = 0
        for run in UnsafeBufferPointer(start: step.runs, count: Int(step.run_count)) {
          defer { start += run.count }
          let (begin, end) = (max(first - start, 0), min(last - start, run.count))
          guard begin < end else { continue }
          text.line("{")
          text.line("const \(memory) *const f = (const \(memory) *)\(at(run.from));")
          if step.outer > 1 { text.line(loop("o", step.outer)) }
          text.line("for (int64_t j = \(begin); j < \(end); ++j) {")
          if step.inner > 1 { text.line(loop("i", step.inner)) }
          let index = "k[\(start == 0 ? "j" : "j + \(start)")]"
          let to = place(of: index, outer: step.outer, rows: step.extent, inner: step.inner)
          let from = place(of: "j", outer: step.outer, rows: step.count, inner: step.inner)
          text.line("\(memory) *const place = \(target) + \(to);")
          text.line("*place = (\(value))((\(sum))*place + (\(sum))f[\(from)]);")
          for _ in 0..<(2 + (step.outer > 1 ? 1 : 0) + (step.inner > 1 ? 1 : 0)) { text.line("}") }
        }
      }
      if step.parts > 1 {
        for part in 1..<step.parts {
          text.line("\(each("i", size)) t[i] = (\(value))((\(sum))t[i] + (\(sum))s\(part)[i]);")
        }
      }
    }
    text.line("}")
  }

  /// The place of an element in rows behind each other, of an outer number `o`, a row and an inner number `i`.
  private static func place(of row: String, outer: Int64, rows: Int64, inner: Int64) -> String {
    let row = outer > 1 ? "o * \(rows) + \(row)" : row
    guard inner > 1 else { return row }
    return (outer > 1 ? "(\(row))" : row) + " * \(inner) + i"
  }

  private static func write(_ step: ck_line_step, _ text: inout NativeText) {
    let type = ScalarType.inTables[Int(step.type.rawValue)]
    let memory = type.nativeMemory
    let (value, sum) = (type.nativeType, type.isInteger ? "u\(type.nativeType)" : type.nativeType)
    let isReversed = step.reversed != 0
    text.line(loop("o", step.outer))
    text.line("\(memory) *const t = (\(memory) *)\(at(step.to)) + o * \(step.extent * step.inner);")
    text.line("const \(memory) *const f = (const \(memory) *)\(at(step.from)) + o * \(step.extent * step.inner);")
    text.line(loop("n", step.extent))
    text.line("const int64_t line = \(isReversed ? "\(step.extent - 1) - n" : "n");")
    text.line("const int64_t before = line \(isReversed ? "+" : "-") 1;")
    text.line(loop("i", step.inner))
    let element = "f[line * \(step.inner) + i]"
    let total = "(\(value))((\(sum))t[before * \(step.inner) + i] + (\(sum))\(element))"
    text.line("t[line * \(step.inner) + i] = n == 0 ? \(element) : \(total);")
    for _ in 0..<3 { text.line("}") }
  }

  // MARK: Products

  private static func write(_ step: ck_integer_step, _ text: inout NativeText) {
    let type = ScalarType.inTables[Int(step.type.rawValue)]
    let memory = type.nativeMemory
    let (rank, summed) = (Int(step.rank), Int(step.summed))
    let value = type.nativeType
    text.line("{")
    text.line("\(memory) *t = (\(memory) *)\(at(step.to));")
    for axis in 0..<(rank - summed) { text.line(loop("i\(axis)", step.extents[axis])) }
    text.line("uint64_t total = 0;")
    for axis in (rank - summed)..<rank { text.line(loop("i\(axis)", step.extents[axis])) }
    let left = sum((0..<rank).map { ("i\($0)", step.left_strides[$0]) })
    let right = sum((0..<rank).map { ("i\($0)", step.right_strides[$0]) })
    text.line("const \(value) l = ((const \(memory) *)\(at(step.left)))[\(left)];")
    text.line("const \(value) r = ((const \(memory) *)\(at(step.right)))[\(right)];")
    text.line("total += (uint64_t)l * (uint64_t)r;")
    for _ in 0..<summed { text.line("}") }
    text.line("*t++ = (\(value))\(type == .bool ? "(total != 0)" : "total");")
    for _ in 0..<(rank - summed) { text.line("}") }
    text.line("}")
  }

  /// Each sum in the order of its terms, with one rounding a term where the machine has that, as the kernel does.
  static func write(_ step: MatrixStep, isUnrolled: Bool = false, _ text: inout NativeText) {
    let type: ScalarType = step.isDouble ? .float64 : .float32
    let (memory, value) = (type.nativeMemory, type.nativeType)
    let unrolled = isUnrolled ? "UNROLLED " : ""
    func loop(_ variable: String, _ extent: Int64) -> String { unrolled + Self.loop(variable, extent) }
    let rank = step.batchRank
    text.line("{")
    for axis in 0..<rank { text.line(loop("n\(axis)", step.batchExtents![axis])) }
    var behind: Int64 = 1
    var number: [(String, Int64)] = []
    for axis in (0..<rank).reversed() {
      number.append(("n\(axis)", behind))
      behind *= step.batchExtents![axis]
    }
    func matrix(_ name: String, _ operand: MatrixStep.Operand) {
      let offset = sum((0..<rank).map { ("n\($0)", operand.batchStrides![$0]) })
      text.line("const \(memory) *const \(name) = (const \(memory) *)\(at(operand.place)) + \(offset);")
    }
    matrix("l", step.a)
    matrix("r", step.b)
    text.line("\(memory) *const t = (\(memory) *)\(at(step.c)) + (\(sum(number))) * \(step.m * step.n);")
    text.line(loop("i", Int64(step.m)))
    text.line("\(unrolled)\(each("j", Int64(step.n))) t[i * \(step.n) + j] = 0;")
    text.line(loop("k", Int64(step.k)))
    text.line("const \(value) x = l[i * \(step.a.rowStride) + k * \(step.a.columnStride)];")
    if !isUnrolled { text.mark("INDEPENDENT") }
    text.line(loop("j", Int64(step.n)))
    let (target, right) = (
      "t[i * \(step.n) + j]", "r[k * \(step.b.rowStride) + j * \(step.b.columnStride)]"
    )
    text.line("\(target) = fused_\(step.isDouble ? "f64" : "f32")(x, \(right), \(target));")
    for _ in 0..<3 { text.line("}") }
    for _ in 0..<rank { text.line("}") }
    text.line("}")
  }

  // MARK: Linear algebra

  private static func write(_ step: LinearAlgebraStep, _ text: inout NativeText) -> Bool {
    let type: ScalarType = step.isDouble ? .float64 : .float32
    let (value, suffix) = (type.nativeType, step.isDouble ? "f64" : "f32")
    let (rows, columns, size) = (step.rows, step.columns, step.rows * step.columns)
    func pointer(_ place: ck_place, _ stride: Int) -> String { "(\(value) *)\(at(place)) + i * \(stride)" }
    let from = "(const \(value) *)\(at(step.from)) + i * \(size)"
    let call: String
    switch step.work {
    case .eliminate: call = "eliminate_\(suffix)(\(pointer(step.to, size + rows)), \(from), \(rows))"
    case .solve(let matrix, let isTransposed):
      let to = pointer(step.to, size)
      let transposed = isTransposed ? 1 : 0
      let solved =
        matrix == .eliminated
        ? "solve_eliminated_\(suffix)((const \(value) *)\(at(step.other)) + i * \(rows * (rows + 1)), \(rows), \(to), \(columns), \(transposed))"
        : "solve_triangular_\(suffix)((const \(value) *)\(at(step.other)) + i * \(rows * rows), \(rows), \(to), \(columns), \(matrix == .lower ? 1 : 0), \(transposed), 0)"
      call = "memcpy(\(to), \(from), \(size * type.byteCount)); \(solved)"
    case .function(.cholesky): call = "cholesky_\(suffix)(\(pointer(step.to, size)), \(from), \(rows))"
    case .function(.logDeterminant):
      call =
        "log_determinant_\(suffix)(\(pointer(step.to, 2)), (const \(value) *)\(at(step.from)) + i * \(rows * (rows + 1)), \(rows))"
    case .function: return false
    }
    text.line(loop("i", Int64(step.count)))
    text.line(call + ";")
    text.line("}")
    return true
  }
}
