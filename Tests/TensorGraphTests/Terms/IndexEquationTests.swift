import TensorGraph
import TestSupport
import Testing

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

  /// What was found for many equations, each compared with all values of the labels.
  private struct Findings {
    var impossible = 0
    var substitutions = 0
    var unknown = 0

    mutating func check(
      _ solution: IndexSolution, _ expected: [[Int]], _ table: LabelTable, _ labels: [Label], seed: UInt64
    ) {
      switch solution {
      case .impossible:
        impossible += 1
        #expect(expected.isEmpty, "seed \(seed)")
      case .substitution(let substitution):
        substitutions += 1
        #expect(IndexEquationTests.solved(substitution, table, labels: labels) == expected, "seed \(seed)")
      case .unknown: unknown += 1
      }
    }
  }

  @Test func equalityLeavesExactlyTheSolutions() {
    var findings = Findings()
    for seed in 0..<1500 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      var table = Self.table(&generator)
      let labels = Array(table.extents.indices)
      let (a, b) = (Self.form(table, &generator), Self.form(table, &generator))
      let expected = Self.values(labels.map { AffineIndex(label: $0) }, table, labels: labels) { _, point in
        Self.value(a, point) == Self.value(b, point)
      }
      let solution = table.solve(a, equals: b)
      findings.check(solution, expected, table, labels, seed: seed)
    }
    #expect(findings.impossible >= 400 && findings.substitutions >= 150, "\(findings)")
  }

  @Test func restrictionLeavesExactlyTheWindow() {
    var findings = Findings()
    for seed in 10_000..<11_500 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      var table = Self.table(&generator)
      let labels = Array(table.extents.indices)
      let form = Self.form(table, &generator)
      let slice = AxisSlice(
        start: generator.integer(in: 0...8), step: generator.pick([1, 1, 2, -1, -3]),
        count: generator.integer(in: 1...6))
      let window = (0..<slice.count).map { slice.start + slice.step * $0 }
      let expected = Self.values(labels.map { AffineIndex(label: $0) }, table, labels: labels) { _, point in
        window.contains(Self.value(form, point))
      }
      let solution = table.restrict(form, to: slice)
      findings.check(solution, expected, table, labels, seed: seed)
    }
    #expect(findings.impossible >= 400 && findings.substitutions >= 150, "\(findings)")
  }

  @Test func digitsAddUpToTheIndex() {
    var tally = Tally()
    for seed in 20_000..<21_500 as Range<UInt64> {
      var generator = RepeatableGenerator(seed: seed)
      var table = Self.table(&generator)
      let form = Self.form(table, &generator)
      let radices = (0..<generator.integer(in: 1...3)).map { _ in generator.integer(in: 1...6) }
      guard let (digits, substitution) = table.digits(of: form, radices: radices, splits: true) else {
        tally.skip("no digits")
        continue
      }
      var merged = AffineIndex(0)
      for (digit, radix) in zip(digits, radices) {
        merged = merged.scaled(by: radix)
        merged.add(digit)
        #expect(digit.range(table).lowerBound >= 0 && digit.range(table).upperBound < radix, "seed \(seed)")
      }
      #expect(merged == substitution(form), "seed \(seed)")
      tally.test()
    }
    #expect(tally.tested >= 150, "\(tally)")
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
