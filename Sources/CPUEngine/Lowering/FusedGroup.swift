import CKernels
import TensorGraph

/// A fused group in its final form, with how it is cut into tiles and units.
struct FusedGroup {
  let group: UnsafePointer<ck_group>
  /// Bytes of scratch memory for each worker.
  let scratchBytes: Int
  /// All buffers that the group touches.
  let buffers: [Int32]
  /// Time for the whole in nanoseconds or so.
  let cost: Double
  /// Units that a worker takes at a time; 0 if the group is not worth a second worker.
  let unitsPerWorker: Int
  /// The number of instructions.
  let instructionCount: Int

  /// The time below which one worker does everything, in nanoseconds or so.
  static let parallelThreshold = 8_000.0

  /// The scratch memory of a tile should stay well within the first cache, in bytes.
  static let tileBytes = 24_576

  init(
    _ builder: GroupBuilder, _ table: inout BufferTable, argumentsArePadded: Bool, tile fixedTile: Int? = nil
  ) {
    var instructions = builder.instructions
    let memory = builder.memory
    let total = builder.cluster.count
    let shape = builder.cluster.shape

    // Tile.
    let isNarrow = instructions.values.allSatisfy { value in
      switch value {
      case .register(let family), .pinned(let family), .constant(let family): family == .float32
      case .direct(_, _, let type, _): type.byteCount == 4
      case .slot: true
      }
    }
    let width = isNarrow ? 4 : 8
    var directs = 0
    for case .direct in instructions.values { directs += 1 }
    for case .constant in instructions.values { directs += 1 }
    let hot = RegisterAllocation(instructions).registerCount + directs + builder.reductions.count
    var tile = min(max(Self.tileBytes / (width * max(hot, 1)) & ~63, 64), isNarrow ? 1024 : 512)
    tile = fixedTile ?? min(tile, (total + 7) & ~7)
    var accumulates = false
    var (tileRows, columnTiles, pieces, units) = (1, 1, 1, 0)
    if let shape {
      let block = shape.rows * shape.columns
      if block <= tile {
        let blocks = tile / block
        tile = (blocks >= 8 ? blocks & ~7 : blocks) * block
        units = (total + tile - 1) / tile
      } else {
        accumulates = true
        if shape.columns <= tile {
          let rows = tile / shape.columns
          tileRows = min(rows >= 8 ? rows & ~7 : rows, shape.rows)
          tile = tileRows * shape.columns
        } else {
          columnTiles = (shape.columns + tile - 1) / tile
        }
        let walks = shape.outer * columnTiles
        let tiles = (shape.rows + tileRows - 1) / tileRows
        // Pieces of some 64 tiles, so that there is work to share and sums stay accurate.
        pieces = walks >= 64 ? 1 : min(max((tiles + 63) / 64, 1), 64)
        units = walks * pieces
      }
    } else {
      units = (total + tile - 1) / tile
    }

    // Reductions.
    var accumulators: [(name: Int, item: Int, reduction: Reduction, family: Family, partial: Int32)] = []
    let tileSlot = builder.reductions.isEmpty ? -1 : instructions.slot(ck_slot_tile)
    for (item, value) in builder.reductions {
      guard case .reduce(let reduction, let shape) = builder.graph.items[item].operation else { continue }
      let type = builder.graph.items[item].type
      let family = Family(type)
      if accumulates {
        let name = instructions.name(.pinned(family))
        instructions.body.append(
          .init(kernel: builder.kernels.accumulate(reduction, family), out: name, operands: [value, tileSlot]))
        let results = shape.outer * shape.columns
        let partial = pieces > 1 ? table.addScratch(bytes: pieces * results * family.byteCount + 64) : 0
        accumulators.append((name, item, reduction, family, partial))
      } else {
        let blocks = instructions.slot(ck_slot_blocks, stride: shape.rows, extent: shape.columns)
        let result = instructions.emit(
          builder.kernels.reduceBlocks(reduction, family), [value, blocks], family)
        let place = instructions.slot(ck_slot_store, buffer: table[item], stride: shape.rows)
        instructions.body.append(
          .init(kernel: builder.kernels.store(family, type)!, out: place, operands: [result]))
      }
      instructions.cost += 0.2
    }

    // Slots: those that need no buffer first.
    let allocation = RegisterAllocation(instructions)
    let stride = ((tile + 7) & ~7) * width
    var scratch = allocation.registerCount * stride
    var constantBytes = 0
    var slotOf = [Int32](repeating: 0, count: instructions.values.count)
    var fixed: [ck_slot] = []
    var bound: [(name: Int, slot: ck_slot)] = []
    var directOperands: [ck_direct] = []
    var touched = Set<Int32>()
    for (name, value) in instructions.values.enumerated() {
      var slot = ck_slot()
      switch value {
      case .register, .pinned:
        slot.kind = ck_slot_register
        slot.offset = Int64(allocation.registers[name] * stride)
      case .constant:
        slot.kind = ck_slot_constant
        slot.offset = Int64(constantBytes)
        constantBytes += stride
      case .direct(let buffer, let offset, let type, let isOutput):
        slot.kind = ck_slot_direct
        let isCallers = buffer < table.argumentCount || (buffer >= table.output(0) && buffer < table.firstTemporary)
        let bytes = isCallers && !argumentsArePadded ? 0 : table.sizes[Int(buffer)] - offset
        directOperands.append(
          ck_direct(
            slot: Int32(fixed.count), buffer: buffer, offset: Int64(offset), element_bytes: Int64(type.byteCount),
            capacity: Int64(bytes / type.byteCount), scratch: Int64(scratch), is_output: isOutput ? 1 : 0))
        scratch += stride
        touched.insert(buffer)
      case .slot(let given):
        slot = given
        if slot.kind == ck_slot_element || slot.kind == ck_slot_load || slot.kind == ck_slot_store {
          touched.insert(slot.buffer)
          bound.append((name, slot))
          continue
        }
      }
      slotOf[name] = Int32(fixed.count)
      fixed.append(slot)
    }
    let firstBound = fixed.count
    for (name, slot) in bound {
      slotOf[name] = Int32(fixed.count)
      fixed.append(slot)
    }
    // A load into a register may leave the elements where they are.
    for instruction in instructions.body {
      guard case .register = instructions.values[instruction.out], let operand = instruction.operands.first,
        case .slot(let slot) = instructions.values[operand], slot.kind == ck_slot_load
      else { continue }
      fixed[Int(slotOf[operand])].target = Int64(slotOf[instruction.out])
    }
    func final(_ instruction: GroupInstructions.Instruction) -> ck_instruction {
      let operands = instruction.operands.map { slotOf[$0] }
      let out = slotOf[instruction.out]
      return ck_instruction(
        kernel: instruction.kernel, out: out, a: operands.first ?? out, b: operands.count > 1 ? operands[1] : out,
        c: instruction.second.map { slotOf[$0] } ?? (operands.count > 2 ? operands[2] : out))
    }
    let finalAccumulators = accumulators.map { accumulator in
      let type = builder.graph.items[accumulator.item].type
      touched.insert(table[accumulator.item])
      if pieces > 1 { touched.insert(accumulator.partial) }
      return ck_accumulator(
        slot: slotOf[accumulator.name], reduction: ck_reduction(UInt32(accumulator.reduction.rawValue)),
        family: ck_family(UInt32(accumulator.family.rawValue)), type: type.ckType,
        accumulate: builder.kernels.accumulate(accumulator.reduction, accumulator.family),
        store: builder.kernels.store(accumulator.family, type), buffer: table[accumulator.item],
        partial_buffer: accumulator.partial)
    }

    group = memory.keep(
      ck_group(
        slot_count: Int64(fixed.count), slots: memory.keep(fixed), first_bound_slot: Int64(firstBound),
        direct_count: Int64(directOperands.count), directs: memory.keep(directOperands),
        hoisted_count: Int64(instructions.hoisted.count), hoisted: memory.keep(instructions.hoisted.map(final)),
        constant_count: Int64(instructions.constants.count),
        constants: memory.keep(instructions.constants.map(final)), constant_bytes: Int64(constantBytes),
        body_count: Int64(instructions.body.count), body: memory.keep(instructions.body.map(final)),
        total: Int64(total), tile: Int64(tile), units: Int64(units),
        accumulator_count: Int64(finalAccumulators.count), accumulators: memory.keep(finalAccumulators),
        outer: Int64(shape?.outer ?? 1), rows: Int64(shape?.rows ?? 1), columns: Int64(shape?.columns ?? 1),
        tile_rows: Int64(tileRows), column_tiles: Int64(columnTiles), pieces: Int64(pieces)))
    scratchBytes = scratch
    buffers = Array(touched)
    cost = instructions.cost * Double(total) * Double(width) / 8
    instructionCount = instructions.body.count
    let share = Self.parallelThreshold / 8 / (cost / Double(units) + 1)
    unitsPerWorker = cost < Self.parallelThreshold || units < 2 ? 0 : max(1, min(Int(share), units / 4))
  }
}
