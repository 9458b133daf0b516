import CKernels
import TensorGraph

/// A product of matrices, or one for each index of a batch: by a kernel of ours where the sum is short, by BLAS else.
///
/// The work is cut into tasks by its sizes alone, and each task runs on one thread, so that the bits do not depend on
/// the number of threads.
struct MatrixStep {
  var isDouble: Bool
  var m: Int
  var n: Int
  var k: Int
  var a: Operand
  var b: Operand
  /// Row-major, without gaps, batch first.
  var c: ck_place
  var isSymmetric: Bool
  var batchCount: Int
  var batchRank: Int
  var batchExtents: UnsafePointer<Int64>?
  var taskCount: Int
  /// Rows of a task, or columns if `splitsColumns`, or indices of the batch if there is one.
  var taskSize: Int
  var splitsColumns: Bool
  /// The kernel for a short sum, where BLAS spends its time on preparations.
  var kernel: ck_product?
  /// Products of two numbers in all.
  var work: Int { m * n * k * batchCount }
  /// Whether BLAS is called.
  var usesBLAS: Bool { kernel == nil || isSymmetric }

  struct Operand {
    var place: ck_place
    /// Whether memory holds the transpose, row-major.
    var isTransposed: Bool
    var leadingDimension: Int
    /// The distance between elements along the rows and columns.
    var rowStride: Int
    var columnStride: Int
    var batchStrides: UnsafePointer<Int64>?
  }

  init(
    _ product: MatrixProduct, _ type: ScalarType, a: Int32, b: Int32, c: Int32, memory: ProgramMemory
  ) {
    isDouble = type == .float64
    (m, n, k) = (product.m, product.n, product.k)
    self.a = Self.operand(product.a, a, k, type, memory)
    self.b = Self.operand(product.b, b, n, type, memory)
    self.c = ck_place(buffer: c, offset: 0)
    isSymmetric = product.isSymmetric && m >= 48
    batchCount = product.batch.reduce(1, *)
    batchRank = product.batch.count
    batchExtents = memory.keep(product.batch.map(Int64.init))
    let work = Double(m) * Double(n) * Double(k)
    let total = work * Double(batchCount)
    (taskCount, taskSize, splitsColumns) = (1, max(m, 1), false)
    kernel = Self.kernel(product, isDouble: isDouble)
    if batchCount > 1 {
      taskSize = batchCount
      if total >= 2e5 {
        let wanted = min(batchCount, max(2, min(64, Int(total / 1e6))))
        taskSize = (batchCount + wanted - 1) / wanted
      }
      taskCount = (batchCount + taskSize - 1) / taskSize
    } else if isSymmetric {
      let wanted = total >= 5e5 ? min(16, max(4, m / 128)) : 1
      taskSize = ((m + wanted - 1) / wanted + 7) & ~7
      taskCount = (m + taskSize - 1) / taskSize
    } else if total >= 1.5e5 || (min(m, n) == 1 && total >= 4e4) {
      splitsColumns = n > m
      let extent = max(m, n)
      let wanted = min(extent / 16 + 1, 4)
      taskSize = ((extent + wanted - 1) / wanted + 7) & ~7
      taskCount = (extent + taskSize - 1) / taskSize
    }
  }

  /// The most elements of a left operand that the kernel reads down its columns.
  private static let transposedElements = 1 << 15
  /// Elements of a matrix up to which the kernel multiplies it by a vector, and the most terms of a sum: to call BLAS takes longer.
  private static let (vectorElements, vectorDepth) = (1024, 64)

  private static func kernel(_ product: MatrixProduct, isDouble: Bool) -> ck_product? {
    let isVector = product.m == 1 || product.n == 1
    guard
      isVector
        ? product.k <= vectorDepth && product.m * product.n * product.k <= vectorElements
        : product.k <= Int(ck_product_depth)
          && (product.a.columnStride == 1 || product.m * product.k <= transposedElements)
    else { return nil }
    let kernels = Kernels.shared.table.pointee.product
    return isDouble ? kernels.1 : kernels.0
  }

  private static func operand(
    _ layout: MatrixProduct.Layout, _ buffer: Int32, _ columns: Int, _ type: ScalarType, _ memory: ProgramMemory
  ) -> Operand {
    let isTransposed = layout.columnStride != 1
    return Operand(
      place: ck_place(buffer: buffer, offset: Int64(layout.offset * type.byteCount)), isTransposed: isTransposed,
      leadingDimension: max(isTransposed ? layout.columnStride : layout.rowStride, 1), rowStride: layout.rowStride,
      columnStride: layout.columnStride, batchStrides: memory.keep(layout.batchStrides.map(Int64.init)))
  }

  // MARK: Running

  /// What a task needs besides the step.
  private struct Job {
    var step: UnsafePointer<MatrixStep>
    var a: UnsafeRawPointer
    var b: UnsafeRawPointer
    var c: UnsafeMutableRawPointer
  }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let step = payload!.assumingMemoryBound(to: MatrixStep.self)
    let context = context!
    var job = Job(
      step: step, a: UnsafeRawPointer(ck_at(context, step.pointee.a.place)!),
      b: UnsafeRawPointer(ck_at(context, step.pointee.b.place)!),
      c: UnsafeMutableRawPointer(ck_at(context, step.pointee.c)!))
    ck_share(context, Int64(step.pointee.taskCount), &job) { job, i in
      let job = job!.assumingMemoryBound(to: Job.self).pointee
      let step = job.step.pointee
      if step.isDouble { step.run(task: Int(i), job, Double.self) } else { step.run(task: Int(i), job, Float.self) }
    }
  }

  private func run<Scalar: BLASScalar>(task: Int, _ job: Job, _: Scalar.Type) {
    let a = job.a.assumingMemoryBound(to: Scalar.self)
    let b = job.b.assumingMemoryBound(to: Scalar.self)
    let c = job.c.assumingMemoryBound(to: Scalar.self)
    let first = task * taskSize
    if batchCount > 1 {
      for i in first..<min(first + taskSize, batchCount) {
        var (rest, left, right) = (i, 0, 0)
        var axis = batchRank - 1
        while axis >= 0 {
          let extent = Int(batchExtents![axis])
          left += rest % extent * Int(self.a.batchStrides![axis])
          right += rest % extent * Int(self.b.batchStrides![axis])
          rest /= extent
          axis -= 1
        }
        multiply(a + left, b + right, c + i * m * n, m, n)
      }
    } else if isSymmetric {
      // The largest task first.
      let first = (taskCount - 1 - task) * taskSize
      symmetric(a, b, c, first, min(taskSize, m - first))
    } else if splitsColumns {
      multiply(a, b + first * self.b.columnStride, c + first, m, min(taskSize, n - first))
    } else {
      multiply(a + first * self.a.rowStride, b, c + first * n, min(taskSize, m - first), n)
    }
  }

  /// A block of rows of a symmetric product: what is left of the diagonal and on it, and its mirror image.
  private func symmetric<Scalar: BLASScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, _ first: Int, _ rows: Int
  ) {
    let part = a + first * self.a.rowStride
    if first > 0 { multiply(part, b, c + first * n, rows, first) }
    Scalar.square(self.a.matrix(part), n: rows, k: k, beta: .zero, to: c + first * n + first, row: n)
    Self.mirror(c, size: n, first, rows)
  }

  /// Copies what is left of the diagonal in some rows of a square matrix above it.
  static func mirror<Scalar>(_ c: UnsafeMutablePointer<Scalar>, size n: Int, _ first: Int, _ rows: Int) {
    let side = 16
    var i0 = first
    while i0 < first + rows {
      let i1 = min(i0 + side, first + rows)
      for j0 in stride(from: 0, to: i1, by: side) {
        for j in j0..<min(j0 + side, i1) { for i in max(i0, j + 1)..<max(i1, j + 1) { c[j * n + i] = c[i * n + j] } }
      }
      i0 = i1
    }
  }

  /// One product of some rows and columns.
  private func multiply<Scalar: BLASScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>, _ rows: Int,
    _ columns: Int
  ) {
    if let kernel {
      kernel(
        c, Int64(n), a, Int64(self.a.rowStride), Int64(self.a.columnStride), b, Int64(self.b.rowStride),
        Int64(self.b.columnStride), Int64(rows), Int64(columns), Int64(k))
    } else if n == 1 {
      Scalar.multiply(self.a.matrix(a), n: rows, k: k, vector: b, step: self.b.rowStride, to: c)
    } else if m == 1 {
      var transposed = self.b.matrix(b)
      transposed.isTransposed.toggle()
      Scalar.multiply(transposed, n: columns, k: k, vector: a, step: self.a.columnStride, to: c)
    } else {
      Scalar.multiply(self.a.matrix(a), self.b.matrix(b), m: rows, n: columns, k: k, beta: .zero, to: c, row: n)
    }
  }
}

extension MatrixStep.Operand {
  /// The matrix from an element on.
  func matrix<Scalar>(_ base: UnsafePointer<Scalar>) -> BLASMatrix<Scalar> {
    BLASMatrix(base: base, row: leadingDimension, isTransposed: isTransposed)
  }
}
