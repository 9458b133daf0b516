import CKernels
import TensorGraph

/// How a tensor of placed boxes is carried out: which boxes are stored and which added, what runs at the same time.
///
/// By rows where every box takes rows of the result one after another: some rows at a time get everything, and stay in
/// the cache meanwhile. Else by boxes, in phases of boxes that do not overlap.
struct PlacedBoxesStep {
  /// Bytes of the result that one task of rows writes, more or less.
  private static let taskBytes = 1 << 15
  /// Elements of a box that one task takes, more or less.
  private static let taskElements = 1 << 14
  /// Elements to touch below which one worker does everything.
  private static let parallelThreshold = 1 << 14
  /// Up to how many boxes are compared with each other.
  private static let comparisonLimit = 512

  private struct Box {
    var part: PlacedBoxes.Part
    var item: Int
    var adds = false
    var phase = 0
  }

  let payload: ck_boxes_step
  let boxCount: Int

  /// - Parameters:
  ///   - isInPlace: whether a part, by its number, is in the result's buffer already.
  ///   - buffer: the buffer of an item.
  init(
    _ placed: PlacedBoxes, to: Int32, type: ScalarType, memory: ProgramMemory, isInPlace: (Int) -> Bool,
    buffer: (Int) -> Int32
  ) {
    var boxes = placed.parts.map { part in
      Box(part: part, item: part.item)
    }
    if placed.isSum, boxes.count > Self.comparisonLimit {
      for i in boxes.indices { (boxes[i].adds, boxes[i].phase) = (true, i) }
    } else if placed.isSum {
      for i in boxes.indices {
        for j in 0..<i where boxes[i].part.mayMeet(boxes[j].part) {
          boxes[i].adds = true
          boxes[i].phase = max(boxes[i].phase, boxes[j].phase + 1)
        }
      }
    }
    let covered = boxes.reduce(0) { $1.adds ? $0 : $0 + $1.part.count }
    let clears = covered < placed.count
    boxes = boxes.indices.filter { !isInPlace($0) }.map { boxes[$0] }
    let touched = boxes.reduce(clears ? placed.count : 0) { $0 + $1.part.count }

    let axes = placed.shape.indices.filter { placed.shape[$0] != 1 }
    let strides = Shape(placed.shape).strides
    let rowAxis = axes.first
    let rows = rowAxis.map { placed.shape[$0] } ?? 1
    let goesByRows = boxes.allSatisfy { box in
      guard let rowAxis else { return true }
      let walking = box.part.axes.filter { $0.steps[rowAxis] != 0 }
      return walking.count <= 1 && walking.allSatisfy { $0.steps[rowAxis] >= 1 }
    }
    let isShared = touched >= Self.parallelThreshold
    let byRows = goesByRows && (!isShared || rows >= 8)
    if !byRows {
      boxes = boxes.enumerated().sorted { ($0.element.phase, $0.offset) < ($1.element.phase, $1.offset) }
        .flatMap { Self.pieces($0.element) }
    }
    let rowElements = placed.count / rows
    let leastRows = boxes.contains { Self.transposes($0, rowAxis) } ? 32 : 1
    let rowsPerTask = max(leastRows, Self.taskBytes / max(1, rowElements * type.byteCount))
    // One task for all rows need not tell them apart.
    let isOneTask = byRows && rows <= rowsPerTask
    let kept = boxes.map { box in
      Self.box(box, rowAxis: byRows && !isOneTask ? rowAxis : nil, strides: strides, memory: memory, buffer: buffer)
    }
    var ends: [Int64] = []
    for (i, box) in boxes.enumerated() where i + 1 == boxes.count || boxes[i + 1].phase != box.phase {
      ends.append(Int64(i + 1))
    }
    boxCount = kept.count
    payload = ck_boxes_step(
      to: to, clears: clears ? 1 : 0, is_shared: isShared ? 1 : 0, element_bytes: Int64(type.byteCount),
      total: Int64(placed.count), boxes: memory.keep(kept), box_count: Int64(kept.count),
      rows: byRows ? (isOneTask ? 1 : Int64(rows)) : 0,
      row_elements: Int64(isOneTask ? placed.count : rowElements), rows_per_task: isOneTask ? 1 : Int64(rowsPerTask),
      phase_count: Int64(ends.count), phase_ends: memory.keep(ends))
  }

  /// A large box cut along its longest axis.
  private static func pieces(_ box: Box) -> [Box] {
    let wanted = min(64, box.part.count / taskElements)
    guard wanted > 1,
      let longest = box.part.axes.indices.max(by: { box.part.axes[$0].extent < box.part.axes[$1].extent })
    else { return [box] }
    let axis = box.part.axes[longest]
    let size = (axis.extent + wanted - 1) / wanted
    return stride(from: 0, to: axis.extent, by: size).map { first in
      var piece = box
      piece.part.axes[longest].extent = min(size, axis.extent - first)
      piece.part.offset += first * axis.stride
      for k in piece.part.start.indices { piece.part.start[k] += first * axis.steps[k] }
      return piece
    }
  }

  /// One axis of a box, with its strides in the result and in the source.
  private struct BoxAxis {
    var extent: Int
    var to: Int
    var from: Int
    var walksRows: Bool
  }

  private static func box(
    _ box: Box, rowAxis: Int?, strides: [Int], memory: ProgramMemory, buffer: (Int) -> Int32
  ) -> ck_box {
    func place(_ steps: [Int]) -> Int { zip(steps, strides).reduce(0) { $0 + $1.0 * $1.1 } }
    let order = box.part.axes.map { axis in
      BoxAxis(
        extent: axis.extent, to: place(axis.steps), from: axis.stride,
        walksRows: rowAxis.map { axis.steps[$0] != 0 } ?? false)
    }.sorted { abs($0.to) > abs($1.to) }
    // In the order of the result; axes that step together on both sides are one.
    var axes: [BoxAxis] = []
    for axis in order {
      if let last = axes.last, !last.walksRows, !axis.walksRows, last.to == axis.to * axis.extent,
        last.from == axis.from * axis.extent
      {
        axes[axes.count - 1] = BoxAxis(
          extent: last.extent * axis.extent, to: axis.to, from: axis.from, walksRows: false)
      } else {
        axes.append(axis)
      }
    }
    // The last two axes are done in blocks: if the last one jumps in the source, the other should not.
    if axes.count > 2, axes.last!.from != 1, axes.last!.from != 0,
      let consecutive = axes.indices.dropLast().first(where: { axes[$0].from == 1 })
    {
      axes.insert(axes.remove(at: consecutive), at: axes.count - 1)
    }
    return ck_box(
      from: buffer(box.item), adds: box.adds ? 1 : 0, from_offset: Int64(box.part.offset),
      to_offset: Int64(place(box.part.start)), rank: Int64(axes.count),
      extents: memory.keep(axes.map { Int64($0.extent) }), to_strides: memory.keep(axes.map { Int64($0.to) }),
      from_strides: memory.keep(axes.map { Int64($0.from) }),
      first_row: rowAxis.map { Int64(box.part.start[$0]) } ?? 0,
      row_step: rowAxis.flatMap { row in box.part.axes.first { $0.steps[row] != 0 }.map { Int64($0.steps[row]) } } ?? 1,
      row_axis: axes.firstIndex(where: \.walksRows).map(Int64.init) ?? -1)
  }

  /// Whether the source is read across, so that a few rows at a time would read little of each line of memory.
  private static func transposes(_ box: Box, _ rowAxis: Int?) -> Bool {
    guard let rowAxis else { return false }
    return box.part.axes.contains { $0.steps[rowAxis] != 0 && $0.stride == 1 && $0.extent > 1 }
      && box.part.axes.contains { $0.steps[rowAxis] == 0 && $0.stride != 0 }
  }
}
