import CKernels
import TensorGraph

/// Turns a lowered graph into the steps of a program.
struct ProgramBuilder {
  let graph: LoweredGraph
  let memory = ProgramMemory()
  private(set) var table: BufferTable
  private(set) var steps: [ck_step] = []
  /// What each step is, for people.
  private(set) var summaries: [StepSummary] = []
  /// What each step is, for those who write it as text.
  private(set) var sources: [StepSource] = []
  private(set) var groups: [UnsafePointer<ck_group>] = []
  private(set) var scratchBytes = 64
  private(set) var usesBLAS = false
  /// The time of a run in nanoseconds or so.
  private(set) var nanoseconds = 0.0
  private(set) var bodies: [Program] = []
  /// Per step the buffers that it touches.
  private var touched: [[Int32]] = []
  private let argumentsArePadded: Bool
  private(set) var literals: [LoweredGraph.LiteralSource]

  init(_ graph: LoweredGraph, argumentsArePadded: Bool, makesPanels: Bool) throws(TensorError) {
    self.graph = graph
    self.argumentsArePadded = argumentsArePadded
    literals = graph.literals
    let clustering = Clustering(graph, makesPanels: makesPanels)
    table = BufferTable(graph, isStored: clustering.isStored, panels: clustering.panels)
    for work in clustering.works {
      switch work {
      case .cluster(let cluster): add(cluster, clustering.isStored)
      case .step(let item): try add(step: item)
      case .panels(let panels): add(panels, clustering.isStored)
      }
    }
  }

  /// Where the temporary buffers go.
  func plan() -> BufferPlan {
    let first = table.firstTemporary
    var sizes = Array(table.sizes[first...])
    for alias in table.aliases.keys { sizes[Int(alias) - first] = 0 }
    return BufferPlan(
      sizes: sizes, touched: touched.map { $0.map { Int(table.root($0)) - first }.filter { $0 >= 0 } })
  }

  /// The time that a step takes besides its work, in nanoseconds or so.
  private static let stepNanoseconds = 100.0

  private mutating func append<Payload: BitwiseCopyable>(
    _ run: @escaping @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void, _ payload: Payload,
    _ buffers: [Int32], _ summary: StepSummary, _ source: StepSource? = nil
  ) {
    steps.append(ck_step(run: run, payload: UnsafeRawPointer(memory.keep(payload))))
    touched.append(buffers)
    summaries.append(summary)
    sources.append(source ?? .other("\(summary)"))
    nanoseconds += Self.stepNanoseconds
  }

  // MARK: Groups

  private mutating func add(_ cluster: Clustering.Cluster, _ isStored: [Bool]) {
    var cluster = cluster
    cluster.members.removeAll { addTransposition($0) }
    guard !cluster.members.isEmpty else { return }
    let builder = GroupBuilder(graph, cluster, isStored: isStored, buffers: table, memory: memory)
    let group = FusedGroup(builder, &table, argumentsArePadded: argumentsArePadded)
    nanoseconds += group.cost
    let payload = ck_group_step(
      group: group.group, native: memory.keepMutable(ck_native(run: nil, units: 0, units_per_worker: 0)),
      number: Int64(groups.count), units_per_worker: Int64(group.unitsPerWorker))
    groups.append(group.group)
    scratchBytes = max(scratchBytes, group.scratchBytes)
    append(ck_run_group, payload, group.buffers, .group(group.group), .group(payload))
  }

  /// A view that is written and does not read along its last axis goes in blocks instead of tiles.
  private mutating func addTransposition(_ member: Int) -> Bool {
    let item = graph.items[member]
    guard case .view(let view) = item.operation, !view.isMasked, let last = view.simplified.axes.last,
      last.stride != 1 && last.stride != 0
    else { return false }
    let step = PlacedBoxesStep(
      PlacedBoxes(item.operands[0], view.simplified), to: table[member], type: item.type, memory: memory,
      isInPlace: { _ in false }, buffer: { table[$0] })
    append(
      ck_run_boxes, step.payload, [table[member], table[item.operands[0]]], .named("transposition", item.count),
      .boxes(step.payload))
    return true
  }

  // MARK: Steps

  /// In how many parts lines are scattered, each into memory of its own, so that several workers can: few enough that adding their
  /// sums costs little beside it. The count follows from the sizes alone, and so do the bits of the sums.
  private static func scatterParts(_ count: Int, into extent: Int, _ inner: Int) -> Int {
    guard count * inner >= 65_536, 2 * count >= 3 * extent else { return 1 }
    return max(2, min(8, count / (4 * extent)))
  }

  /// A gather or scatter without its places.
  private static func indexed(
    _ type: ScalarType, _ lines: LoweredGraph.LineShape, _ axis: Int, _ count: Int, number: Int
  ) -> ck_index_step {
    var step = ck_index_step()
    (step.outer, step.extent, step.inner) = (Int64(lines.outer), Int64(lines.extent), Int64(lines.inner))
    (step.count, step.axis, step.number, step.parts) = (Int64(count), Int64(axis), Int64(number), 1)
    (step.element_bytes, step.type) = (Int64(type.byteCount), type.ckType)
    return step
  }

  private mutating func add(step i: Int) throws(TensorError) {
    let item = graph.items[i]
    guard case .step(let step) = item.operation else { return }
    func place(_ operand: Int, _ offset: Int) -> ck_place {
      let item = graph.items[item.operands[operand]]
      return ck_place(buffer: table[self.graph.items[i].operands[operand]], offset: Int64(offset * item.type.byteCount))
    }
    let to = ck_place(buffer: table[i], offset: 0)
    let buffers = [table[i]] + item.operands.map { table[$0] }
    switch step {
    case .gather(let lines, let axis, let count, let offsets):
      var payload = Self.indexed(item.type, lines, axis, count, number: steps.count)
      (payload.to, payload.from, payload.indices) = (to, place(0, offsets[0]), place(1, offsets[1]))
      payload.index_bytes = Int64(graph.items[item.operands[1]].type.byteCount)
      append(ck_run_gather, payload, buffers, .named("gather", item.count), .indexed(payload, isGather: true))
    case .scatterAdd(let lines, let axis, let count, let runs, let first):
      var payload = Self.indexed(item.type, lines, axis, count, number: steps.count)
      (payload.to, payload.indices) = (to, place(runs.count, first))
      payload.index_bytes = Int64(graph.items[item.operands[runs.count]].type.byteCount)
      // A single run has all lines.
      let kept = runs.enumerated().map { n, run in
        ck_index_run(from: place(n, run.offset), count: Int64(runs.count == 1 ? count : run.count))
      }
      (payload.runs, payload.run_count) = (memory.keep(kept), Int64(kept.count))
      let parts = lines.outer > 1 ? 1 : Self.scatterParts(count, into: lines.extent, lines.inner)
      var extra: [Int32] = []
      if parts > 1 {
        extra = [table.addScratch(bytes: (parts - 1) * lines.extent * lines.inner * item.type.byteCount)]
        (payload.parts, payload.scratch.buffer) = (Int64(parts), extra[0])
      }
      append(
        ck_run_scatter_add, payload, buffers + extra, .named("scatterAdd", item.count),
        .indexed(payload, isGather: false))
    case .cumulativeSum(let lines, let reversed, let offset):
      let payload = ck_line_step(
        to: to, from: place(0, offset), scratch: to, outer: Int64(lines.outer), extent: Int64(lines.extent),
        inner: Int64(lines.inner), reversed: reversed ? 1 : 0, type: item.type.ckType)
      append(ck_run_cumulative_sum, payload, buffers, .named("cumulativeSum", item.count), .cumulativeSum(payload))
    case .argsort(let lines, let offset):
      let scratch = table.addScratch(bytes: lines.extent * 4 * 8)
      let payload = ck_line_step(
        to: to, from: place(0, offset), scratch: ck_place(buffer: scratch, offset: 0), outer: Int64(lines.outer),
        extent: Int64(lines.extent), inner: Int64(lines.inner), reversed: 0,
        type: graph.items[item.operands[0]].type.ckType)
      append(ck_run_argsort, payload, buffers + [scratch], .named("argsort", item.count))
    case .boxes(let boxes): add(boxes, i)
    case .integerProduct(let product):
      let payload = ck_integer_step(
        to: to, left: place(0, product.leftOffset), right: place(1, product.rightOffset),
        left_strides: memory.keep(product.leftStrides.map(Int64.init)),
        right_strides: memory.keep(product.rightStrides.map(Int64.init)),
        extents: memory.keep(product.extents.map(Int64.init)), rank: Int64(product.extents.count),
        summed: Int64(product.summed), type: item.type.ckType)
      append(
        ck_run_contract_integers, payload, buffers, .named("product of integers", item.count), .integerProduct(payload))
    case .matrixProduct(let product):
      let payload = MatrixStep(
        product, item.type, a: table[item.operands[0]], b: table[item.operands[1]], c: table[i], memory: memory)
      usesBLAS = usesBLAS || payload.usesBLAS
      append(
        MatrixStep.run, payload, buffers,
        .product(batch: payload.batchCount, m: product.m, n: product.n, k: product.k, isSymmetric: payload.isSymmetric),
        .matrixProduct(payload))
    case .special(let function, let offsets):
      let payload = SpecialFunctionStep(
        function, item.type, count: item.count, to: to, from: offsets.enumerated().map { place($0, $1) })
      append(SpecialFunctionStep.run, payload, buffers, .named(function.name, item.count))
    case .eliminated(let batch, let offset):
      let payload = LinearAlgebraStep(.eliminate, batch, item.type, to: to, from: place(0, offset), other: to)
      usesBLAS = true
      append(LinearAlgebraStep.run, payload, buffers, .named("elimination", item.count), .linearAlgebra(payload))
    case .solve(let form, let batch, let offsets):
      let matrix: LinearAlgebraStep.Matrix =
        form.kind == .lower ? .lower : form.kind == .upper ? .upper : .eliminated
      let payload = LinearAlgebraStep(
        .solve(matrix, isTransposed: form.isTransposed), batch, item.type, to: to, from: place(0, offsets[0]),
        other: place(1, offsets[1]))
      usesBLAS = true
      append(LinearAlgebraStep.run, payload, buffers, .named("solve", item.count), .linearAlgebra(payload))
    case .sparseSolve(let system, let columns, let offsets):
      let payload = SparseSolveStep(
        system, columns: columns, item.type, to: to, right: place(0, offsets[0]), entries: place(1, offsets[1]),
        memory: memory)
      usesBLAS = true
      append(SparseSolveStep.run, payload, buffers, .named("sparse solve", item.count))
    case .matrix(let function, let batch, let offset):
      let payload = LinearAlgebraStep(.function(function), batch, item.type, to: to, from: place(0, offset), other: to)
      usesBLAS = true
      append(LinearAlgebraStep.run, payload, buffers, .named(function.rawValue, item.count), .linearAlgebra(payload))
    case .recurrence(let recurrence, let offsets):
      let body = try RecurrenceStep.program(of: recurrence)
      let layout = recurrence.layout
      let scratch = table.addScratch(bytes: layout.summand * item.type.byteCount)
      let carry = table.addScratch(bytes: recurrence.keepsCarries ? 0 : layout.carry * item.type.byteCount)
      let payload = RecurrenceStep(
        recurrence, body, bodyNumber: bodies.count, number: steps.count, to: to,
        operands: offsets.enumerated().map { place($0, $1) }, otherCarry: ck_place(buffer: carry, offset: 0),
        otherSum: ck_place(buffer: scratch, offset: 0), memory: memory)
      bodies.append(body)
      nanoseconds += Double(recurrence.count) * body.nanoseconds
      usesBLAS = usesBLAS || body.usesBLAS
      append(
        RecurrenceStep.run, payload, buffers + [scratch, carry],
        .named("scan of \(recurrence.count) steps", recurrence.count * body.elementCount), .recurrence(payload))
    }
  }

  private mutating func add(_ panels: PanelProduct, _ isStored: [Bool]) {
    let item = graph.items[panels.product]
    guard case .step(.matrixProduct(let product)) = item.operation else { return }
    let count = graph.items[panels.matrix].count
    let cluster = Clustering.Cluster(level: 0, count: count, members: panels.members)
    let builder = GroupBuilder(graph, cluster, isStored: isStored, buffers: table, memory: memory)
    let group = FusedGroup(builder, &table, argumentsArePadded: argumentsArePadded, tile: PanelProduct.tile)
    scratchBytes = max(scratchBytes, group.scratchBytes)
    let step = MatrixStep(
      product, item.type, a: table[item.operands[0]], b: table[item.operands[1]], c: table[panels.product],
      memory: memory)
    let payload = PanelProductStep(
      step, isLeft: panels.isLeft, group: group.group, groupNumber: groups.count, panels: table[panels.matrix],
      table: &table)
    groups.append(group.group)
    usesBLAS = true
    append(
      PanelProductStep.run, payload,
      [table[panels.product]] + item.operands.map { table[$0] } + group.buffers + payload.scratchBuffers,
      .panels(group.group, m: product.m, n: product.n, k: product.k, isSymmetric: step.isSymmetric))
  }

  private mutating func add(_ boxes: PlacedBoxes, _ i: Int) {
    let item = graph.items[i]
    let step = PlacedBoxesStep(
      boxes, to: table[i], type: item.type, memory: memory,
      isInPlace: { table.isInPlace($0, of: i) }, buffer: { table[$0] })
    guard step.boxCount > 0 else { return }
    append(
      ck_run_boxes, step.payload, [table[i]] + item.operands.map { table[$0] },
      .named("\(step.boxCount) placed boxes", item.count), .boxes(step.payload))
  }
}

/// What a step is, in few words.
enum StepSummary: @unchecked Sendable {
  case group(UnsafePointer<ck_group>)
  case product(batch: Int, m: Int, n: Int, k: Int, isSymmetric: Bool)
  /// A product with a matrix that a group makes on the way.
  case panels(UnsafePointer<ck_group>, m: Int, n: Int, k: Int, isSymmetric: Bool)
  /// A name and the number of elements.
  case named(String, Int)
}
