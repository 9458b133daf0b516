import TensorGraph

extension GraphStructure {
  /// The same computation with recurrences as they are best run: what does not depend on the carry is computed for all
  /// steps at once, outside, as are products that are only added up; carries that nobody looks at are not kept.
  func preparingRecurrences() -> GraphStructure {
    var ranges: [Int: [Range<Int>?]] = [:]
    for (i, entry) in entries.enumerated() {
      if case .primitive(.scan) = entry.operation { ranges[i] = [] }
      guard case .primitive(let primitive) = entry.operation, !ranges.isEmpty else { continue }
      for operand in entry.operands where ranges[Int(operand)] != nil { ranges[Int(operand)]!.append(primitive.range) }
    }
    if ranges.isEmpty { return self }
    for output in outputs where ranges[Int(output)] != nil { ranges[Int(output)]!.append(nil) }
    var preparation = RecurrencePreparation()
    for (i, entry) in entries.enumerated() { preparation.add(entry, uses: ranges[i] ?? []) }
    return preparation.structure(outputs: outputs)
  }
}

extension Primitive {
  /// What a slice of something flat reads.
  fileprivate var range: Range<Int>? {
    guard case .linear(.slice(let slices)) = self, slices.count == 1, slices[0].step == 1 else { return nil }
    return slices[0].start..<(slices[0].start + slices[0].count)
  }
}
