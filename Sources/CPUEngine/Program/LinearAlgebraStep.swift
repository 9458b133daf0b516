import CKernels
import TensorGraph

/// Linear algebra on a batch of matrices by LAPACK, one matrix (of a system, some of its right-hand sides) a task, each on
/// one thread.
struct LinearAlgebraStep: BitwiseCopyable {
  enum Work: BitwiseCopyable {
    case eliminate
    case solve(MatrixForm)
    case function(MatrixFunction)
  }

  private(set) var work: Work
  private(set) var isDouble: Bool
  private(set) var count: Int
  private(set) var rows: Int
  private(set) var columns: Int
  /// Into how many parts the right-hand sides of a system are cut.
  private var panels: Int
  private(set) var to: ck_place
  private(set) var from: ck_place
  private(set) var other: ck_place

  init(
    _ work: Work, _ batch: LoweredGraph.MatrixBatch, _ type: ScalarType, to: ck_place, from: ck_place, other: ck_place
  ) {
    self.work = work
    isDouble = type == .float64
    (count, rows, columns) = (batch.count, batch.rows, batch.columns)
    // As many as leave each some work; the number of threads does not matter, so that bits repeat.
    panels = if case .solve = work, rows >= 32 { Swift.max(1, Swift.min(8, columns / 32)) } else { 1 }
    (self.to, self.from, self.other) = (to, from, other)
  }

  private struct Job {
    var step: UnsafePointer<LinearAlgebraStep>
    var to: UnsafeMutableRawPointer
    var from: UnsafeRawPointer
    var other: UnsafeRawPointer
  }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let step = payload!.assumingMemoryBound(to: LinearAlgebraStep.self)
    let context = context!
    var job = Job(
      step: step, to: UnsafeMutableRawPointer(ck_at(context, step.pointee.to)!),
      from: UnsafeRawPointer(ck_at(context, step.pointee.from)!),
      other: UnsafeRawPointer(ck_at(context, step.pointee.other)!))
    ck_share(context, Int64(step.pointee.count * step.pointee.panels), &job) { job, i in
      let job = job!.assumingMemoryBound(to: Job.self).pointee
      let step = job.step.pointee
      if step.isDouble { step.run(Int(i), job, Double.self) } else { step.run(Int(i), job, Float.self) }
    }
  }

  private func run<Scalar: LAPACKScalar>(_ task: Int, _ job: Job, _ type: Scalar.Type) {
    let (i, panel) = task.quotientAndRemainder(dividingBy: panels)
    let (to, from) = (job.to.assumingMemoryBound(to: type), job.from.assumingMemoryBound(to: type))
    let size = rows * columns
    let source = from + i * size
    switch work {
    case .eliminate: eliminate(source, to + i * (size + rows))
    case .solve(let form):
      let factors = job.other.assumingMemoryBound(to: type)
      let target = to + i * size
      let part = (columns * panel / panels)..<(columns * (panel + 1) / panels)
      for row in 0..<rows {
        (target + row * columns + part.lowerBound).update(
          from: source + row * columns + part.lowerBound, count: part.count)
      }
      if form.kind == .general {
        solve(form.isTransposed, factors + i * rows * (rows + 1), target, part)
      } else {
        Scalar.solveTriangular(
          lower: form.kind == .lower, transposed: form.isTransposed, unitDiagonal: false, rows, columns: part,
          of: columns, factors + i * rows * rows, target)
      }
    case .function(.cholesky): cholesky(source, to + i * size)
    case .function(.qr): reflect(source, to + i * (size + columns * columns))
    case .function(.lu): factor(source, to + i * (size + rows))
    case .function(.symmetricEigen): eigen(source, to + i * (size + rows))
    case .function(.singularValues): singular(source, to + i * (size + columns + columns * columns))
    case .function(.logDeterminant): logDeterminant(from + i * rows * (rows + 1), to + i * 2)
    }
  }

  // MARK: Elimination

  /// LAPACK reads rows as columns, so what it factors is the transpose, Aᵀ = P L U. The exchanges follow the factors.
  private func eliminate<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    target.update(from: a, count: rows * rows)
    withExchanges(UnsafePointer(target)) { Scalar.eliminate(rows, target, UnsafeMutablePointer(mutating: $0)) }
  }

  private func withExchanges<Scalar: LAPACKScalar>(
    _ factors: UnsafePointer<Scalar>, _ body: (UnsafePointer<Int32>) -> Void
  ) {
    body(UnsafeRawPointer(factors + rows * rows).assumingMemoryBound(to: Int32.self))
  }

  /// A = Uᵀ Lᵀ Pᵀ, where in rows Uᵀ is the lower triangle and Lᵀ the upper one, with ones on the diagonal.
  private func solve<Scalar: LAPACKScalar>(
    _ isTransposed: Bool, _ factors: UnsafePointer<Scalar>, _ x: UnsafeMutablePointer<Scalar>, _ part: Range<Int>
  ) {
    func exchange(_ i: Int, _ exchanges: UnsafePointer<Int32>) {
      let other = Int(exchanges[i]) - 1
      guard other != i else { return }
      for j in part {
        let element = x[i * columns + j]
        x[i * columns + j] = x[other * columns + j]
        x[other * columns + j] = element
      }
    }
    func triangle(lower: Bool) {
      Scalar.solveTriangular(
        lower: lower, transposed: isTransposed, unitDiagonal: !lower, rows, columns: part, of: columns, factors, x)
    }
    withExchanges(factors) { exchanges in
      if isTransposed {
        for i in 0..<rows { exchange(i, exchanges) }
        triangle(lower: false)
        triangle(lower: true)
      } else {
        triangle(lower: true)
        triangle(lower: false)
        for i in (0..<rows).reversed() { exchange(i, exchanges) }
      }
    }
  }

  private func logDeterminant<Scalar: LAPACKScalar>(
    _ factors: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>
  ) {
    var (sign, logarithm) = (1.0, 0.0)
    withExchanges(factors) { exchanges in
      for i in 0..<rows {
        let pivot = Double(factors[i * rows + i])
        sign *= pivot > 0 ? 1 : pivot < 0 ? -1 : pivot
        logarithm += ScalarFunction.log.value([Swift.abs(pivot)])
        if Int(exchanges[i]) != i + 1 { sign = -sign }
      }
    }
    target[0] = Scalar(sign)
    target[1] = Scalar(logarithm)
  }

  // MARK: Factors

  private func symmetricPart<Scalar: LAPACKScalar>(
    _ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>
  ) -> Bool {
    var isFinite = true
    for i in 0..<rows {
      for j in 0..<rows {
        let element = 0.5 * (a[i * rows + j] + a[j * rows + i])
        target[i * rows + j] = element
        isFinite = isFinite && element.isFinite
      }
    }
    return isFinite
  }

  private func cholesky<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    guard symmetricPart(a, target), Scalar.cholesky(rows, target) else {
      target.update(repeating: .nan, count: rows * rows)
      return
    }
    for i in 0..<rows { for j in (i + 1)..<max(rows, i + 1) { target[i * rows + j] = 0 } }
  }

  private func reflect<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    let (m, n) = (rows, columns)
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: m * n + n) { memory in
      let (q, scales) = (memory.baseAddress!, memory.baseAddress! + m * n)
      for i in 0..<m { for j in 0..<n { q[j * m + i] = a[i * n + j] } }
      Scalar.reflect(m, n, q, scales)
      for i in 0..<n { for j in 0..<n { target[(m + i) * n + j] = j >= i ? q[j * m + i] : 0 } }
      Scalar.assemble(m, n, q, scales)
      for i in 0..<m { for j in 0..<n { target[i * n + j] = q[j * m + i] } }
    }
  }

  private func factor<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    let n = rows
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: n * n) { memory in
      let columns = memory.baseAddress!
      for i in 0..<n { for j in 0..<n { columns[j * n + i] = a[i * n + j] } }
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: n) { exchanges in
        Scalar.eliminate(n, columns, exchanges.baseAddress!)
        let order = target + n * n
        for i in 0..<n { order[i] = Scalar(i) }
        for i in 0..<n where Int(exchanges[i]) != i + 1 {
          let other = Int(exchanges[i]) - 1
          (order[i], order[other]) = (order[other], order[i])
        }
      }
      for i in 0..<n { for j in 0..<n { target[i * n + j] = columns[j * n + i] } }
    }
  }

  private func eigen<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    let n = rows
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: n * n) { memory in
      let vectors = memory.baseAddress!
      guard symmetricPart(a, vectors), Scalar.eigen(n, vectors, target) else {
        target.update(repeating: .nan, count: n * n + n)
        return
      }
      for j in 0..<n {
        let sign = Scalar(MatrixFunction.sign((0..<n).map { Double(vectors[j * n + $0]) }))
        for i in 0..<n { target[(1 + i) * n + j] = sign * vectors[j * n + i] }
      }
    }
  }

  /// LAPACK reads the rows as columns: Aᵀ = V diag(s) Uᵀ.
  private func singular<Scalar: LAPACKScalar>(_ a: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>) {
    let (m, n) = (rows, columns)
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: m * n + n * n) { memory in
      let (copy, v) = (memory.baseAddress!, memory.baseAddress! + m * n)
      copy.update(from: a, count: m * n)
      // Uᵀ in columns is U in rows.
      guard (0..<m * n).allSatisfy({ a[$0].isFinite }), Scalar.singular(n, m, copy, target + m * n, v, target) else {
        target.update(repeating: .nan, count: m * n + n + n * n)
        return
      }
      for j in 0..<n {
        let sign = Scalar(MatrixFunction.sign((0..<n).map { Double(v[j * n + $0]) }))
        for i in 0..<n { target[(m + 1 + i) * n + j] = sign * v[j * n + i] }
        for i in 0..<m { target[i * n + j] *= sign }
      }
    }
  }
}
