import CKernels
import TensorGraph

/// A special function of each element, by the code that the interpreter has: these take long enough by themselves.
struct SpecialFunctionStep: BitwiseCopyable {
  private var function: SpecialFunction
  private var isDouble: Bool
  private var count: Int
  private var to: ck_place
  /// As many as the function has operands.
  private var from: (ck_place, ck_place, ck_place)

  /// Elements of a task.
  private static let share = 128

  init(_ function: SpecialFunction, _ type: ScalarType, count: Int, to: ck_place, from: [ck_place]) {
    self.function = function
    isDouble = type == .float64
    self.count = count
    self.to = to
    self.from = (from[0], from.count > 1 ? from[1] : from[0], from.count > 2 ? from[2] : from[0])
  }

  private struct Job {
    var step: UnsafePointer<SpecialFunctionStep>
    var to: UnsafeMutableRawPointer
    var from: (UnsafeRawPointer, UnsafeRawPointer, UnsafeRawPointer)
  }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let step = payload!.assumingMemoryBound(to: SpecialFunctionStep.self)
    let context = context!
    func at(_ place: ck_place) -> UnsafeRawPointer { UnsafeRawPointer(ck_at(context, place)!) }
    let from = step.pointee.from
    var job = Job(
      step: step, to: UnsafeMutableRawPointer(ck_at(context, step.pointee.to)!),
      from: (at(from.0), at(from.1), at(from.2)))
    let tasks = (step.pointee.count + share - 1) / share
    ck_share(context, Int64(tasks), &job) { job, i in
      let job = job!.assumingMemoryBound(to: Job.self).pointee
      let step = job.step.pointee
      if step.isDouble { step.run(Int(i), job, Double.self) } else { step.run(Int(i), job, Float.self) }
    }
  }

  private func run<Scalar: BinaryFloatingPoint>(_ task: Int, _ job: Job, _ type: Scalar.Type) {
    let to = job.to.assumingMemoryBound(to: type)
    let (a, b, c) = (
      job.from.0.assumingMemoryBound(to: type), job.from.1.assumingMemoryBound(to: type),
      job.from.2.assumingMemoryBound(to: type)
    )
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3) { point in
      for i in (task * Self.share)..<min((task + 1) * Self.share, count) {
        point[0] = Double(a[i])
        point[1] = Double(b[i])
        point[2] = Double(c[i])
        to[i] = Scalar(function.value(UnsafePointer(point.baseAddress!), 1))
      }
    }
  }
}
