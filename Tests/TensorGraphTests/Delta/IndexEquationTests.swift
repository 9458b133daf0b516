import Testing
import TestSupport

import TensorGraph

/// The equations of affine indices against enumeration of all label values.
@Suite struct IndexEquationTests {
  /// A table with a few labels, and a random form in them.
  private static func form(_ table: LabelTable, _ generator: inout RepeatableGenerator) -> AffineIndex {
    var form = AffineIndex(generator.integer(in: -3...6))
    for label in table.extents.indices where generator.chance(0.6) {
      form.add(AffineIndex(label: label), times: generator.pick([1, 1, 1, 2, 3, 4, -1, -2, 6]))
    }
    return form
  }

  private static func table(_ generator: inout RepeatableGenerator) -> LabelTable {
    var table = LabelTable()
    for _ in 0..<generator.integer(in: 1...4) { _ = table.fresh(generator.integer(in: 2...5)) }
    return table
  }

  /// The values of forms, for every value of the labels, as a multiset.
  private static func values(
    _ forms: [AffineIndex], _ table: LabelTable, labels: [Label], where holds: ([AffineIndex], [Label: Int]) -> Bool
  ) -> [[Int]] {
    var result: [[Int]] = []
    Shape(labels.map { table[$0] }).forEachIndex { position in
      let point = Dictionary(uniqueKeysWithValues: zip(labels, position))
      if holds(forms, point) { result.append(forms.map { value($0, point) }) }
    }
    return result.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func value(_ form: AffineIndex, _ point: [Label: Int]) -> Int {
    form.parts.reduce(form.offset) { $0 + $1.stride * point[$1.label]! }
  }

  /// What a solution leaves: the values of all labels after the substitution, over the labels that are left.
  private static func solved(_ substitution: Substitution, _ table: LabelTable, labels: [Label]) -> [[Int]] {
    let images = labels.map { substitution(AffineIndex(label: $0)) }
    var left: [Label] = []
    left.appendLabels(of: images)
    return values(images, table, labels: left) { _, _ in true }
  }

  @Test(arguments: 0..<300) func equalityLeavesExactlyTheSolutions(seed: Int) {
    var generator = RepeatableGenerator(seed: UInt64(seed))
    var table = Self.table(&generator)
    let labels = Array(table.extents.indices)
    let (a, b) = (Self.form(table, &generator), Self.form(table, &generator))
    let expected = Self.values(labels.map { AffineIndex(label: $0) }, table, labels: labels) { _, point in
      Self.value(a, point) == Self.value(b, point)
    }
    switch table.solve(a, equals: b) {
    case .impossible: #expect(expected.isEmpty)
    case .unknown: break
    case .substitution(let substitution):
      #expect(Self.solved(substitution, table, labels: labels) == expected)
    }
  }

  @Test(arguments: 0..<300) func restrictionLeavesExactlyTheWindow(seed: Int) {
    var generator = RepeatableGenerator(seed: UInt64(seed) + 1000)
    var table = Self.table(&generator)
    let labels = Array(table.extents.indices)
    let form = Self.form(table, &generator)
    let slice = AxisSlice(
      start: generator.integer(in: 0...8), step: generator.pick([1, 1, 2, -1, -3]), count: generator.integer(in: 1...6))
    let window = (0..<slice.count).map { slice.start + slice.step * $0 }
    let expected = Self.values(labels.map { AffineIndex(label: $0) }, table, labels: labels) { _, point in
      window.contains(Self.value(form, point))
    }
    switch table.restrict(form, to: slice) {
    case .impossible: #expect(expected.isEmpty)
    case .unknown: break
    case .substitution(let substitution):
      #expect(Self.solved(substitution, table, labels: labels) == expected)
    }
  }

  @Test(arguments: 0..<300) func digitsAddUpToTheIndex(seed: Int) {
    var generator = RepeatableGenerator(seed: UInt64(seed) + 2000)
    var table = Self.table(&generator)
    let form = Self.form(table, &generator)
    let radices = (0..<generator.integer(in: 1...3)).map { _ in generator.integer(in: 1...6) }
    guard let (digits, substitution) = table.digits(of: form, radices: radices, splits: true) else { return }
    var merged = AffineIndex(0)
    for (digit, radix) in zip(digits, radices) {
      merged = merged.scaled(by: radix)
      merged.add(digit)
      #expect(digit.range(table).lowerBound >= 0 && digit.range(table).upperBound < radix)
    }
    #expect(merged == substitution(form))
  }

  @Test func commonCasesAreSolved() {
    var table = LabelTable()
    let (a, b, c) = (table.fresh(3), table.fresh(4), table.fresh(12))
    // Digits of a position.
    let position = AffineIndex(offset: 5, [(a, 4), (b, 1)])
    guard case .substitution(let digits) = table.solve(position, equals: AffineIndex(11)) else {
      Issue.record("5 + 4 a + b = 11 has the solution a = 1, b = 2")
      return
    }
    #expect(digits[a] == AffineIndex(1) && digits[b] == AffineIndex(2))
    // A flat label against its digits.
    guard
      case .substitution(let flat) = table.solve(
        AffineIndex(offset: 0, [(a, 4), (b, 1)]), equals: AffineIndex(label: c))
    else {
      Issue.record("4 a + b = c is solved by c")
      return
    }
    #expect(flat[c] == AffineIndex(offset: 0, [(a, 4), (b, 1)]))
  }
}
