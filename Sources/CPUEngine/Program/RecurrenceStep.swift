import CKernels
import TensorGraph

/// The steps of a recurrence: a program for one step, run on the rows of its operands and of the result in place.
struct RecurrenceStep: BitwiseCopyable {
  /// What an argument of the step's program is.
  enum Source: BitwiseCopyable {
    case carry
    /// A part of a buffer, and how many bytes further on the next row is.
    case operand(ck_place, rowBytes: Int)
    case sum
  }

  /// The number of the program's context.
  private(set) var bodyNumber: Int
  /// The number of this step in its own program.
  private(set) var number: Int
  private(set) var count: Int
  private(set) var isReversed: Bool
  private(set) var start: ck_place
  private(set) var to: ck_place
  /// Bytes of the result before the carries, those of a carry, and those from one in the result to the next.
  private(set) var carries: (start: Int, bytes: Int, stride: Int)
  /// Where the carry is after every other step if they are not kept.
  private(set) var otherCarry: ck_place
  /// Bytes of the result before the outputs, and those of a step's.
  private(set) var outputs: (start: Int, rowBytes: Int)
  private(set) var sum: (start: Int, bytes: Int)
  /// Where the sum is after every other step.
  private(set) var otherSum: ck_place
  private(set) var sources: UnsafePointer<Source>?
  private(set) var sourceCount: Int

  /// - Parameters:
  ///   - body: `RecurrenceStep.program(of:)`.
  ///   - number: that of this step in its own program.
  ///   - operands: where those of the scan are.
  init(
    _ recurrence: Recurrence, _ body: Program, bodyNumber: Int, number: Int, to: ck_place, operands: [ck_place],
    otherCarry: ck_place, otherSum: ck_place, memory: ProgramMemory
  ) {
    let layout = recurrence.layout
    let size = recurrence.carry.scalarType.byteCount
    self.bodyNumber = bodyNumber
    self.number = number
    count = recurrence.count
    isReversed = recurrence.isReversed
    start = operands[0]
    self.to = to
    carries = (layout.carries.lowerBound * size, layout.carry * size, recurrence.keepsCarries ? layout.carry * size : 0)
    self.otherCarry = otherCarry
    outputs = (layout.outputs.lowerBound * size, layout.output * size)
    sum = (layout.sum.lowerBound * size, layout.summand * size)
    self.otherSum = otherSum
    let inputs = recurrence.inputs
    let sources = body.arguments.map { argument -> Source in
      guard case .input(let position) = argument else { fatalError("a recurrence has all its data as operands") }
      if position == 0 { return .carry }
      guard position < inputs.count else { return .sum }
      let isRow = position <= recurrence.rows.count
      return .operand(
        operands[position],
        rowBytes: isRow ? inputs[position].shape.count * inputs[position].scalarType.byteCount : 0)
    }
    self.sources = memory.keep(sources)
    sourceCount = sources.count
  }

  /// The program of a step: from the inputs of the recurrence, and the sum so far, to what of the next carry, the output
  /// and the sum has elements.
  static func program(of recurrence: Recurrence) throws(TensorError) -> Program {
    var outputs = [recurrence.next, recurrence.output].filter { $0.shape.count > 0 }
    var inputs = recurrence.inputs
    if recurrence.summand.shape.count > 0 {
      let sum = Node(.input(recurrence.summand.shape, recurrence.summand.scalarType))
      inputs.append(sum)
      outputs.append(sum + recurrence.summand)
    }
    // A literal of a step may have a value, because somebody else evaluated it.
    return try Program(outputs: outputs, inputs: inputs, keepsValues: false)
  }

  static let run: @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<ck_context>?) -> Void = { payload, context in
    let context = context!
    let step = payload!.assumingMemoryBound(to: RecurrenceStep.self)
    let body = Unmanaged<ProgramContext>.fromOpaque(context.pointee.bodies[step.pointee.bodyNumber]!.pointee.owner)
    body._withUnsafeGuaranteedRef { step.pointee.run($0, context) }
  }

  private func run(_ body: ProgramContext, _ context: UnsafeMutablePointer<ck_context>) {
    body.workerLimit = Int(context.pointee.active_workers)
    let result = UnsafeMutableRawPointer(ck_at(context, to)!)
    // From one carry to the next; without room for all, the last of them must be in the result.
    var (before, after) = (result + carries.start, UnsafeMutableRawPointer(ck_at(context, otherCarry)!))
    if carries.stride > 0 {
      before += isReversed ? count * carries.stride : 0
      after = before + (isReversed ? -carries.stride : carries.stride)
    } else if count % 2 == 1 {
      swap(&before, &after)
    }
    if carries.bytes > 0 { before.copyMemory(from: ck_at(context, start)!, byteCount: carries.bytes) }
    // The last of the sums must be in the result.
    var (from, next) = (result + sum.start, UnsafeMutableRawPointer(ck_at(context, otherSum)!))
    if count % 2 == 1 { swap(&from, &next) }
    if sum.bytes > 0 { from.initializeMemory(as: UInt8.self, repeating: 0, count: sum.bytes) }
    for done in 0..<count {
      let row = isReversed ? count - 1 - done : done
      for n in 0..<sourceCount {
        switch sources![n] {
        case .carry: body.setArgument(n, before)
        case .operand(let place, let rowBytes):
          body.setArgument(n, UnsafeMutableRawPointer(ck_at(context, place)!) + row * rowBytes)
        case .sum: body.setArgument(n, from)
        }
      }
      var output = 0
      if carries.bytes > 0 {
        body.setOutput(output, after)
        output += 1
      }
      if outputs.rowBytes > 0 {
        body.setOutput(output, result + outputs.start + row * outputs.rowBytes)
        output += 1
      }
      if sum.bytes > 0 {
        body.setOutput(output, next)
        swap(&from, &next)
      }
      guard body.runSteps(within: context, step: number) else { return }
      if carries.stride > 0 {
        before = after
        after += isReversed ? -carries.stride : carries.stride
      } else {
        swap(&before, &after)
      }
    }
  }
}
