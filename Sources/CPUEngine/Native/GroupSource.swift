import CKernels
import TensorGraph

/// A fused group as a function in C: one loop does what the interpreter does instruction by instruction.
///
/// Every element is computed by the same expressions, and reductions combine in the same order, so that the bits are those of the
/// interpreter. Instructions that no compiler vectorises have loops of their own over short arrays between the others.
struct GroupSource {
  /// Expressions written out in one loop beyond which blocks of the space are not written out, and beyond which nothing is compiled.
  private static let mostBlockExpressions = 512
  static let mostInstructions = 4096
  /// Elements of an array between two loops, more or less.
  private static let chunkElements = 512

  /// Iterations that make whole vectors, which a loop takes better than what is written out element by element.
  static let vectorElements = 8

  let group: ck_group
  let name: String
  /// Whether it is written out, element by element, in the function of its program.
  let isUnrolled: Bool
  /// Whether the function is given a table of the buffers that it uses: the text is the same in any program then.
  let hasOwnTable: Bool
  var buffers: [Int32] = []
  /// Independent parts of the work: the argument of the function.
  private(set) var units = 1
  /// The families of all values.
  private(set) var families = Set<Family>()
  /// Whether every operand moves by constant strides.
  private(set) var isRegular = true
  var text = NativeText()

  private(set) var nest: LoopNest
  private(set) var phases: [Phase] = []
  private(set) var accesses: [Int: NestedAccess] = [:]
  /// The axes of operands that do not fit the nest.
  private(set) var otherAxes: [Int: [OperandAxis]] = [:]
  /// The slots of direct operands that instructions write, with the type there.
  private(set) var outputs: [Int: ScalarType] = [:]
  private(set) var directs: [Int: ck_direct] = [:]
  private(set) var values: [Int: Value] = [:]
  private(set) var reductions: [BlockReduction] = []
  /// Values that one loop leaves for another.
  private(set) var arrays: [Int: Family] = [:]
  /// Elements of an array.
  private(set) var chunk = GroupSource.chunkElements
  /// Whether the parts of the space that are computed at a time consist of whole runs along the vector axis.
  private(set) var hasWholeRows = false

  /// Whether the places of a block are a loop of their own, so that the text says once what is done at each: the compiler writes it out.
  private(set) var loopsOverPlaces = false

  let instructions: [Instruction]

  struct Instruction {
    var form: KernelForm
    var out: Int
    var operands: [Int]
    var second: Int?
  }

  /// Instructions of one loop, or those that have loops of their own.
  struct Phase {
    var isLoop: Bool
    var instructions: [Int] = []
  }

  enum Value {
    /// The same for the whole run.
    case scalar
    case load(ScalarType, Family)
    case iota(Family)
    /// By an instruction of a phase.
    case computed(phase: Int, Family)
  }

  /// The reduction of blocks and where its results go.
  struct BlockReduction {
    /// The slot of the results.
    var result: Int
    var operand: Int
    var reduction: Reduction
    var family: Family
    var rows: Int
    var columns: Int
    var store: Int
    var type: ScalarType
    var block: Int { rows * columns }
  }

  /// An axis of an operand: index i, of which so many elements of the space lie behind each, is so far from the first, and zero where it
  /// is outside a range.
  struct OperandAxis {
    var behind: Int
    var extent: Int
    var stride: Int
    var first: Int
    var valid: Int
    var isMasked: Bool { first > 0 || valid < extent }
  }

  /// - Parameters:
  ///   - name: that of the function.
  ///   - isUnrolled: whether it is written out where it is called.
  ///   - hasOwnTable: whether it is given the buffers that it uses alone.
  init(_ group: ck_group, name: String, isUnrolled: Bool = false, hasOwnTable: Bool = false) {
    self.group = group
    self.name = name
    self.isUnrolled = isUnrolled
    self.hasOwnTable = hasOwnTable
    instructions = (0..<Int(group.body_count)).map { Self.instruction(group.body[$0]) }
    nest = LoopNest(total: Int(group.total))
    for i in 0..<Int(group.direct_count) { directs[Int(group.directs[i].slot)] = group.directs[i] }
    findValues()
    chooseNest()
    loopsOverPlaces =
      hasOwnTable && nest.block > 2 && reductions.isEmpty && accesses.values.allSatisfy(\.isLinearInPlaces)
    findPhases()
    write()
  }

  private static func instruction(_ instruction: ck_instruction) -> Instruction {
    let form = Kernels.shared.form(of: instruction.kernel)
    let operands = [Int(instruction.a), Int(instruction.b), Int(instruction.c)]
    var result = Instruction(form: form, out: Int(instruction.out), operands: [], second: nil)
    switch form {
    case .elementwise(_, let arity, _, _): result.operands = Array(operands[..<arity])
    case .pair:
      result.operands = [operands[0]]
      result.second = operands[2]
    case .convert, .load, .fill, .iota, .store: result.operands = [operands[0]]
    case .accumulate, .reduceBlocks: result.operands = Array(operands[..<2])
    }
    return result
  }

  /// How the work is cut, and how many units a worker takes at a time.
  struct Cut {
    var units: Int
    var unitsPerWorker: Int
  }

  /// - Parameter unitsPerWorker: that of the interpreter; 0 if one worker does everything.
  func cut(unitsPerWorker: Int) -> Cut {
    guard unitsPerWorker > 0, units > 1 else { return Cut(units: units, unitsPerWorker: 0) }
    if group.accumulator_count > 0 { return Cut(units: units, unitsPerWorker: unitsPerWorker) }
    // An element takes about half as long as in the interpreter.
    let share = 2 * unitsPerWorker * Int(group.tile) / chunk
    return Cut(units: units, unitsPerWorker: max(1, min(share, units / 4)))
  }

  // MARK: Reading the group

  private mutating func findValues() {
    for i in 0..<Int(group.hoisted_count) { addScalar(group.hoisted[i]) }
    for i in 0..<Int(group.constant_count) { addScalar(group.constants[i]) }
    for (i, instruction) in instructions.enumerated() {
      switch instruction.form {
      case .elementwise(_, _, let family, _): noteOutput(instruction.out, family)
      case .convert(let from, let family):
        families.insert(from)
        noteOutput(instruction.out, family)
      case .pair(_, _, let family, _):
        noteOutput(instruction.out, family)
        noteOutput(instruction.second!, family)
      case .load(let type, let family):
        noteOutput(instruction.out, family)
        values[instruction.out] = .load(type, family)
      case .iota(let family):
        noteOutput(instruction.out, family)
        values[instruction.out] = .iota(family)
      case .fill: break
      case .store(let family, _), .accumulate(_, let family): families.insert(family)
      case .reduceBlocks(let reduction, let family):
        families.insert(family)
        let blocks = group.slots[instruction.operands[1]]
        let store = instructions[i...].first { candidate in
          if case .store = candidate.form { return candidate.operands == [instruction.out] }
          return false
        }!
        guard case .store(_, let type) = store.form else { continue }
        reductions.append(
          BlockReduction(
            result: instruction.out, operand: instruction.operands[0], reduction: reduction, family: family,
            rows: Int(blocks.stride),
            columns: Int(blocks.extent), store: store.out, type: type))
      }
    }
  }

  private mutating func addScalar(_ instruction: ck_instruction) {
    values[Int(instruction.out)] = .scalar
    if case .fill(_, let family) = Kernels.shared.form(of: instruction.kernel) { families.insert(family) }
  }

  private mutating func noteOutput(_ slot: Int, _ family: Family) {
    families.insert(family)
    if directs[slot] != nil { outputs[slot] = family.memoryType }
  }

  // MARK: The nest

  private mutating func chooseNest() {
    let block = reductions.first?.block ?? 1
    if group.accumulator_count > 0 {
      _ = nest.cut(at: [Int(group.columns), Int(group.rows * group.columns)].filter { $0 > 0 })
    } else if !reductions.isEmpty {
      _ = nest.cut(at: [block])
    }
    var axes: [(slot: Int, axes: [OperandAxis])] = []
    for instruction in instructions {
      switch instruction.form {
      case .load: axes.append((instruction.operands[0], Self.axes(group.slots[instruction.operands[0]].access.pointee)))
      case .iota:
        let (stride, extent) = (
          Int(group.slots[instruction.operands[0]].stride), Int(group.slots[instruction.operands[0]].extent)
        )
        let reach = min(max(nest.total / max(stride, 1), 1), extent)
        axes.append(
          (instruction.operands[0], [OperandAxis(behind: stride, extent: reach, stride: 1, first: 0, valid: reach)]))
      case .elementwise, .pair, .convert, .fill, .store, .accumulate, .reduceBlocks: break
      }
    }
    var fitting: [Int] = []
    for i in axes.indices {
      let cuts = axes[i].axes.flatMap { [$0.behind, $0.behind * $0.extent] }
      if nest.cut(at: cuts) {
        fitting.append(i)
      } else {
        isRegular = false
        otherAxes[axes[i].slot] = axes[i].axes
      }
    }
    chooseVectorAxis(block)
    for i in fitting {
      var access = NestedAccess(places: [Int](repeating: 0, count: nest.block))
      for axis in axes[i].axes {
        let coordinate = nest.coordinate(behind: axis.behind, extent: axis.extent)
        access.rows += coordinate.rows.map { ($0.axis, $0.factor * axis.stride) }
        access.vector += coordinate.vector * axis.stride
        for place in access.places.indices { access.places[place] += coordinate.places[place] * axis.stride }
        if axis.isMasked { access.masks.append((coordinate, axis.first, axis.valid)) }
      }
      accesses[axes[i].slot] = access
    }
  }

  /// The axes of an access with the elements of the space behind each.
  private static func axes(
    _ access: ck_access
  ) -> [OperandAxis] {
    var behind = 1
    var axes: [OperandAxis] = []
    for axis in (0..<Int(access.rank)).reversed() {
      let extent = Int(access.extents[axis])
      let isMasked = access.first != nil
      axes.append(
        OperandAxis(
          behind: behind, extent: extent, stride: Int(access.strides[axis]),
          first: isMasked ? Int(access.first[axis]) : 0,
          valid: isMasked ? Int(access.valid[axis]) : extent))
      behind *= extent
    }
    return axes
  }

  private mutating func chooseVectorAxis(_ reduced: Int) {
    let most = max(Self.mostBlockExpressions / max(instructions.count, 1), 1)
    if group.accumulator_count > 0 {
      let (tile, height) = (Int(group.tile), Int(group.tile_rows * group.columns))
      isRegular = nest.chooseVectorAxis(unit: 1, mostElements: most) && isRegular
      let divides =
        group.column_tiles > 1
        ? tile.isMultiple(of: nest.block) && Int(group.columns).isMultiple(of: nest.block)
        : height.isMultiple(of: nest.block) && Int(group.rows * group.columns).isMultiple(of: nest.block)
      if !divides { isRegular = nest.chooseVectorAxis(unit: 1, mostElements: 1) && isRegular }
      hasWholeRows =
        group.column_tiles == 1 && height.isMultiple(of: nest.rowElements)
        && Int(group.rows * group.columns).isMultiple(of: nest.rowElements)
      chunk = tile
      units = Int(group.units)
      return
    }
    let written = reduced <= min(most, 15) ? reduced : 1
    isRegular = nest.chooseVectorAxis(unit: written, mostElements: most) && isRegular
    var whole = Self.leastCommonMultiple(nest.block, reduced)
    let rows = Self.leastCommonMultiple(whole, nest.rowElements)
    if rows <= 8 * Self.chunkElements {
      whole = rows
      hasWholeRows = true
    }
    chunk = min((Self.chunkElements + whole - 1) / whole * whole, max(nest.total, whole))
    units = max((nest.total + chunk - 1) / chunk, 1)
  }

  private static func leastCommonMultiple(_ x: Int, _ y: Int) -> Int {
    var (a, b) = (x, y)
    while b != 0 { (a, b) = (b, a % b) }
    return x / a * y
  }

  // MARK: Phases

  /// Loops come first, then what has loops of its own, and so on: an instruction belongs to the first for which its operands are there.
  private mutating func findPhases() {
    for (i, instruction) in instructions.enumerated() {
      let isLoop: Bool
      let family: Family
      switch instruction.form {
      case .load, .iota, .fill, .store, .accumulate, .reduceBlocks: continue
      case .elementwise(_, _, let f, let style), .pair(_, _, let f, let style):
        (isLoop, family) = (style == .expression, f)
      case .convert(_, let f): (isLoop, family) = (true, f)
      }
      var phase = isLoop ? 0 : 1
      for operand in instruction.operands {
        guard let value = values[operand] else { continue }
        switch value {
        case .scalar: break
        case .load, .iota: phase = max(phase, isLoop ? 0 : 1)
        case .computed(let p, _): phase = max(phase, p.isMultiple(of: 2) == isLoop ? p : p + 1)
        }
      }
      values[instruction.out] = .computed(phase: phase, family)
      if let second = instruction.second { values[second] = .computed(phase: phase, family) }
      add(i, to: phase)
    }
    // What leaves the group goes where its operand is made; what was only moved, in the first loop.
    for (i, instruction) in instructions.enumerated() {
      switch instruction.form {
      case .load, .iota: if outputs[instruction.out] != nil { add(i, to: 0) }
      case .store:
        if !reductions.contains(where: { $0.store == instruction.out }) {
          add(i, to: loopPhase(of: instruction.operands[0]))
        }
      case .accumulate: add(i, to: loopPhase(of: instruction.operands[0]))
      case .reduceBlocks: if isWrittenOut { add(i, to: loopPhase(of: instruction.operands[0])) }
      case .elementwise, .pair, .convert, .fill: break
      }
    }
    findArrays()
  }

  /// Whether blocks that are reduced lie in one iteration.
  var isWrittenOut: Bool { reductions.allSatisfy { nest.block.isMultiple(of: $0.block) && $0.rows < 16 } }

  private mutating func add(_ instruction: Int, to phase: Int) {
    while phases.count <= phase { phases.append(Phase(isLoop: phases.count.isMultiple(of: 2))) }
    phases[phase].instructions.append(instruction)
  }

  private func loopPhase(of slot: Int) -> Int {
    guard case .computed(let phase, _) = values[slot] else { return 0 }
    return phase.isMultiple(of: 2) ? phase : phase + 1
  }

  private mutating func findArrays() {
    var needed = Set<Int>()
    for (p, phase) in phases.enumerated() {
      for i in phase.instructions {
        let instruction = instructions[i]
        for operand in Self.elementOperands(instruction) {
          switch values[operand] {
          case .computed(let made, _): if made != p || !phase.isLoop { needed.insert(operand) }
          case .load, .iota: if !phase.isLoop { needed.insert(operand) }
          case .scalar, nil: break
          }
        }
        if !phase.isLoop { needed.formUnion([instruction.out] + (instruction.second.map { [$0] } ?? [])) }
      }
    }
    if !isWrittenOut {
      for reduction in reductions where values[reduction.operand] != nil { needed.insert(reduction.operand) }
    }
    for slot in needed where outputs[slot] == nil { arrays[slot] = family(of: slot) }
    // Loads that are needed as arrays are made in the first loop.
    for (i, instruction) in instructions.enumerated()
    where needed.contains(instruction.out) && outputs[instruction.out] == nil {
      switch instruction.form {
      case .load, .iota: add(i, to: 0)
      case .elementwise, .pair, .convert, .fill, .store, .accumulate, .reduceBlocks: break
      }
    }
  }

  private func family(of slot: Int) -> Family {
    switch values[slot] {
    case .load(_, let family), .iota(let family), .computed(_, let family): family
    case .scalar, nil: reductions.first { $0.operand == slot }!.family
    }
  }
}
