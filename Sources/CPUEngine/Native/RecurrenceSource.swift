import CKernels

extension RecurrenceStep {
  /// Writes the loop over the steps, as `run` does them.
  ///
  /// - Parameters:
  ///   - argument: the place of the n-th argument of the step's program.
  ///   - output: likewise of its outputs.
  ///   - call: what runs the step's program.
  func write(to text: inout NativeText, argument: (Int) -> String, output: (Int) -> String, call: [String]) {
    text.line("char *const result = \(StepSource.at(to));")
    let other = StepSource.at(otherCarry)
    if carries.stride > 0 {
      text.line("char *before = result + \(carries.start + (isReversed ? count * carries.stride : 0));")
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
    text.line("for (int64_t done = 0; done < \(count); ++done) {")
    text.line("const int64_t row = \(isReversed ? "\(count - 1) - done" : "done");")
    text.line("(void)row;")
    for n in 0..<sourceCount {
      switch sources![n] {
      case .carry: text.line("\(argument(n)) = before;")
      case .operand(let place, let rowBytes):
        text.line("\(argument(n)) = \(StepSource.at(place))\(rowBytes > 0 ? " + row * \(rowBytes)" : "");")
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
    if sum.bytes > 0 {
      give("next")
      text.line("char *const last = sum;")
      text.line("sum = next;")
      text.line("next = last;")
    }
    for line in call { text.line(line) }
    if carries.stride > 0 {
      text.line("before = after;")
      text.line("after += \(isReversed ? -carries.stride : carries.stride);")
    } else if carries.bytes > 0 {
      text.line("char *const carry = before;")
      text.line("before = after;")
      text.line("after = carry;")
    }
    text.line("}")
  }
}
