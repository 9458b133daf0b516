import CKernels
import TensorGraph

/// Systems with a sparse symmetric matrix, by whoever factors it.
struct SparseSolveStep: BitwiseCopyable {
  private let system: Unmanaged<SparseSystem>
  private let isDouble: Bool
  private let columns: Int
  private let to: ck_place
  private let right: ck_place
  private let entries: ck_place

  init(
    _ system: SparseSystem, columns: Int, _ type: ScalarType, to: ck_place, right: ck_place, entries: ck_place,
    memory: ProgramMemory
  ) {
    memory.keep(alive: system)
    self.system = Unmanaged.passUnretained(system)
    isDouble = type == .float64
    self.columns = columns
    (self.to, self.right, self.entries) = (to, right, entries)
  }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let step = payload!.assumingMemoryBound(to: SparseSolveStep.self).pointee
    if step.isDouble { step.run(context!, Double.self) } else { step.run(context!, Float.self) }
  }

  private func run<Scalar: BinaryFloatingPoint>(_ context: UnsafeMutablePointer<ck_context>, _: Scalar.Type) {
    func elements(_ place: ck_place) -> UnsafeMutablePointer<Scalar> {
      UnsafeMutableRawPointer(ck_at(context, place)!).assumingMemoryBound(to: Scalar.self)
    }
    system._withUnsafeGuaranteedRef { system in
      let (n, source, target) = (system.count, elements(right), elements(to))
      let values = UnsafeBufferPointer(start: elements(entries), count: system.pattern.nonzeroCount).map { Double($0) }
      var x = [Double](repeating: 0, count: n * columns)
      for row in 0..<n { for column in 0..<columns { x[column * n + row] = Double(source[row * columns + column]) } }
      system.solver.solve(values, &x, columnCount: columns)
      for row in 0..<n { for column in 0..<columns { target[row * columns + column] = Scalar(x[column * n + row]) } }
    }
  }
}
