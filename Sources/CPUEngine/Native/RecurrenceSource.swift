import CKernels

extension RecurrenceStep {
  /// Bytes of carries and sums up to which a program that is written out has them in registers from step to step.
  private static let mostLocalBytes = 512

  /// Whether carries and sums are variables of the function, so that the compiler keeps them in registers: written to memory and
  /// read back they would take longer than most steps.
  func isLocal(_ program: Program) -> Bool {
    program.isUnrolled && carries.bytes + sum.bytes <= Self.mostLocalBytes
  }

  /// Writes the loop over the steps, as `run` does them.
  ///
  /// - Parameters:
  ///   - isLocal: whether carries and sums are variables of the function.
  ///   - argument: the place of the n-th argument of the step's program.
  ///   - output: likewise of its outputs.
  ///   - call: what runs the step's program.
  func write(
    to text: inout NativeText, isLocal: Bool = false, argument: (Int) -> String, output: (Int) -> String, call: [String]
  ) {
    text.line("char *const result = \(StepSource.at(to));")
    if isLocal { declareVariables(&text) } else { declarePlaces(&text) }
    text.line("for (int64_t done = 0; done < \(count); ++done) {")
    text.line("const int64_t row = \(isReversed ? "\(count - 1) - done" : "done");")
    text.line("(void)row;")
    for n in 0..<sourceCount {
      switch sources![n] {
      case .carry: text.line("\(argument(n)) = before;")
      case .operand(let place, let rowBytes):
        let rows = isLocal ? "o\(n)" : StepSource.at(place)
        text.line("\(argument(n)) = \(rows)\(rowBytes > 0 ? " + row * \(rowBytes)" : "");")
      case .sum: text.line("\(argument(n)) = sum;")
      }
    }
    var number = 0
    func give(_ place: String) {
      text.line("\(output(number)) = \(place);")
      number += 1
    }
    if carries.bytes > 0 { give("after") }
    if outputs.rowBytes > 0 { give("result + \(outputs.start) + row * \(outputs.rowBytes)") }
    if sum.bytes > 0 { give("next") }
    if sum.bytes > 0, !isLocal {
      text.line("char *const last = sum;")
      text.line("sum = next;")
      text.line("next = last;")
    }
    for line in call { text.line(line) }
    if isLocal { goOnWithVariables(&text) } else { goOnWithPlaces(&text) }
    text.line("}")
    guard isLocal else { return }
    if carries.bytes > 0, carries.stride == 0 {
      text.line("memcpy(result + \(carries.start), before, \(carries.bytes));")
    }
    if sum.bytes > 0 { text.line("memcpy(result + \(sum.start), sum, \(sum.bytes));") }
  }

  // MARK: In memory

  private func declarePlaces(_ text: inout NativeText) {
    let other = StepSource.at(otherCarry)
    if carries.stride > 0 {
      text.line("char *before = \(firstCarry);")
      text.line("char *after = before + \(isReversed ? -carries.stride : carries.stride);")
    } else if count % 2 == 1 {
      text.line("char *before = \(other), *after = result + \(carries.start);")
    } else {
      text.line("char *before = result + \(carries.start), *after = \(other);")
    }
    if carries.bytes > 0 {
      text.line("memcpy(before, \(StepSource.at(start)), \(carries.bytes));")
    } else {
      text.line("(void)before, (void)after;")
    }
    if sum.bytes > 0 {
      let (first, second) = ("result + \(sum.start)", StepSource.at(otherSum))
      text.line(
        count % 2 == 1
          ? "char *sum = \(second), *next = \(first);" : "char *sum = \(first), *next = \(second);")
      text.line("memset(sum, 0, \(sum.bytes));")
    }
  }

  private func goOnWithPlaces(_ text: inout NativeText) {
    if carries.stride > 0 {
      text.line("before = after;")
      text.line("after += \(isReversed ? -carries.stride : carries.stride);")
    } else if carries.bytes > 0 {
      text.line("char *const carry = before;")
      text.line("before = after;")
      text.line("after = carry;")
    }
  }

  /// Where the first carry is kept.
  private var firstCarry: String {
    "result + \(carries.start + (isReversed ? count * carries.stride : 0))"
  }

  // MARK: In registers

  private func declareVariables(_ text: inout NativeText) {
    func declare(_ name: String, _ bytes: Int) {
      text.line("char \(name)[\(bytes)] __attribute__((aligned(64)));")
    }
    if carries.bytes > 0 {
      declare("before", carries.bytes)
      declare("after", carries.bytes)
      text.line("memcpy(before, \(StepSource.at(start)), \(carries.bytes));")
      if carries.stride > 0 {
        text.line("char *kept = \(firstCarry);")
        text.line("memcpy(kept, before, \(carries.bytes));")
      }
    }
    if sum.bytes > 0 {
      declare("sum", sum.bytes)
      declare("next", sum.bytes)
      text.line("memset(sum, 0, \(sum.bytes));")
    }
    for n in 0..<sourceCount {
      // A result might be one for all that the compiler knows.
      if case .operand(let place, _) = sources![n] { text.line("char *const o\(n) = \(StepSource.at(place));") }
    }
  }

  private func goOnWithVariables(_ text: inout NativeText) {
    if carries.bytes > 0 { text.line("memcpy(before, after, \(carries.bytes));") }
    if carries.stride > 0 {
      text.line("kept += \(isReversed ? -carries.stride : carries.stride);")
      text.line("memcpy(kept, after, \(carries.bytes));")
    }
    if sum.bytes > 0 { text.line("memcpy(sum, next, \(sum.bytes));") }
  }
}
