import CKernels
import TensorGraph

/// How a `PanelProduct` is carried out.
///
/// The sum is cut into pieces by its length alone, and each piece is added up by one thread, panel after panel; then the
/// pieces are added in their order. So the bits do not depend on the number of threads.
struct PanelProductStep {
  private let product: MatrixStep
  private let isLeft: Bool
  /// What makes the panels.
  private let group: UnsafePointer<ck_group>
  private let groupNumber: Int
  /// The buffer of the matrix: a panel for each piece.
  private let panels: Int32
  private let panelRows: Int
  private let pieceCount: Int
  private let pieceRows: Int
  /// Results of all pieces but the first.
  private let partials: Int32
  /// A table of buffers for each piece.
  private let tables: Int32
  private let bufferCount: Int

  /// Bytes of the panels of a matrix with the given number of columns.
  static func panelBytes(rows: Int, columns: Int, type: ScalarType) -> Int {
    let panelRows = PanelProduct.rows(columns: columns)
    return pieces(rows: rows, panelRows: panelRows).count * panelRows * columns * type.byteCount
  }

  private static func pieces(rows: Int, panelRows: Int) -> (count: Int, rows: Int) {
    let panelCount = (rows + panelRows - 1) / panelRows
    let pieceRows = (panelCount + PanelProduct.pieceCount - 1) / PanelProduct.pieceCount * panelRows
    return ((rows + pieceRows - 1) / pieceRows, pieceRows)
  }

  /// - Parameter table: gets the buffers that the step needs for itself.
  init(
    _ product: MatrixStep, isLeft: Bool, group: UnsafePointer<ck_group>, groupNumber: Int, panels: Int32,
    table: inout BufferTable
  ) {
    self.product = product
    self.isLeft = isLeft
    self.group = group
    self.groupNumber = groupNumber
    self.panels = panels
    panelRows = PanelProduct.rows(columns: isLeft ? product.m : product.n)
    (pieceCount, pieceRows) = Self.pieces(rows: product.k, panelRows: panelRows)
    let width = product.isDouble ? 8 : 4
    partials = table.addScratch(bytes: (pieceCount - 1) * product.m * product.n * width)
    bufferCount = table.sizes.count + 1
    tables = table.addScratch(bytes: pieceCount * bufferCount * MemoryLayout<UnsafeMutableRawPointer?>.stride)
  }

  /// The buffers of its own, beside those of the product and of the group.
  var scratchBuffers: [Int32] { [partials, tables] }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let step = payload!.assumingMemoryBound(to: PanelProductStep.self)
    if step.pointee.product.isDouble {
      step.pointee.run(step, context!, Double.self)
    } else {
      step.pointee.run(step, context!, Float.self)
    }
  }

  private struct Job {
    let step: UnsafePointer<PanelProductStep>
    let context: UnsafeMutablePointer<ck_context>
  }

  private func run<Scalar: BLASScalar>(
    _ step: UnsafePointer<PanelProductStep>, _ context: UnsafeMutablePointer<ck_context>, _: Scalar.Type
  ) {
    var job = Job(step: step, context: context)
    ck_share_by_worker(context, Int64(pieceCount), &job) { job, piece, worker in
      let job = job!.assumingMemoryBound(to: Job.self).pointee
      let step = job.step.pointee
      if step.product.isDouble {
        step.add(piece: Int(piece), worker: Int(worker), job.context, Double.self)
      } else {
        step.add(piece: Int(piece), worker: Int(worker), job.context, Float.self)
      }
    }
    let blockCount = (product.m + Self.foldedRows - 1) / Self.foldedRows
    ck_share(context, Int64(blockCount), &job) { job, block in
      let job = job!.assumingMemoryBound(to: Job.self).pointee
      let step = job.step.pointee
      if step.product.isDouble {
        step.fold(block: Int(block), job.context, Double.self)
      } else {
        step.fold(block: Int(block), job.context, Float.self)
      }
    }
  }

  /// Rows of the result that are added up at a time.
  private static let foldedRows = 64

  private func result<Scalar>(
    _ piece: Int, _ context: UnsafeMutablePointer<ck_context>, _: Scalar.Type
  ) -> UnsafeMutablePointer<Scalar> {
    guard piece > 0 else {
      return UnsafeMutableRawPointer(ck_at(context, product.c)!).assumingMemoryBound(to: Scalar.self)
    }
    return context.pointee.buffers[Int(partials)]!.assumingMemoryBound(to: Scalar.self)
      + (piece - 1) * product.m * product.n
  }

  /// One piece of the sum, panel by panel.
  private func add<Scalar: BLASScalar>(
    piece: Int, worker: Int, _ context: UnsafeMutablePointer<ck_context>, _: Scalar.Type
  ) {
    let (m, n) = (product.m, product.n)
    let columns = isLeft ? m : n
    let buffers = context.pointee.buffers!
    let table = buffers[Int(tables)]!.assumingMemoryBound(to: UnsafeMutableRawPointer?.self) + piece * bufferCount
    table.update(from: buffers, count: bufferCount)
    let panel = buffers[Int(panels)]!.assumingMemoryBound(to: Scalar.self) + piece * panelRows * columns
    let memory = context.pointee.workers[groupNumber * Int(context.pointee.worker_count) + worker]
    let result = result(piece, context, Scalar.self)
    let tile = Int(group.pointee.tile)
    let end = min((piece + 1) * pieceRows, product.k)
    var row = piece * pieceRows
    while row < end {
      let rows = min(panelRows, end - row)
      // The group writes to where the rows would be in the whole matrix.
      table[Int(panels)] = UnsafeMutableRawPointer(panel - row * columns)
      ck_worker_bind(group, memory, table, context.pointee.constants_version)
      let units = (Int64(row * columns / tile), Int64(((row + rows) * columns + tile - 1) / tile))
      ck_worker_run(group, memory, context.pointee.scratch[worker], table, units.0, units.1)
      let beta: Scalar = row == piece * pieceRows ? .zero : .one
      let made = BLASMatrix(base: UnsafePointer(panel), row: columns, isTransposed: isLeft)
      if product.isSymmetric {
        Scalar.square(made, n: m, k: rows, beta: beta, to: result, row: n)
      } else if isLeft {
        let b = UnsafeRawPointer(ck_at(context, product.b.place)!).assumingMemoryBound(to: Scalar.self)
        Scalar.multiply(
          made, product.b.matrix(b + row * product.b.rowStride), m: m, n: n, k: rows, beta: beta, to: result, row: n)
      } else {
        let a = UnsafeRawPointer(ck_at(context, product.a.place)!).assumingMemoryBound(to: Scalar.self)
        Scalar.multiply(
          product.a.matrix(a + row * product.a.columnStride), made, m: m, n: n, k: rows, beta: beta, to: result, row: n)
      }
      row += rows
    }
  }

  /// Adds up the pieces of some rows of the result.
  private func fold<Scalar: BLASScalar>(block: Int, _ context: UnsafeMutablePointer<ck_context>, _: Scalar.Type) {
    let n = product.n
    let rows = (block * Self.foldedRows)..<min((block + 1) * Self.foldedRows, product.m)
    let sum = result(0, context, Scalar.self)
    for piece in 1..<max(pieceCount, 1) {
      let part = result(piece, context, Scalar.self)
      for row in rows {
        let count = product.isSymmetric ? row + 1 : n
        let (to, from) = (sum + row * n, part + row * n)
        for column in 0..<count { to[column] += from[column] }
      }
    }
    if product.isSymmetric { MatrixStep.mirror(sum, size: n, rows.lowerBound, rows.count) }
  }
}
