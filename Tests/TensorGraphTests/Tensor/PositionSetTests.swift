import TensorGraph
import TestSupport
import Testing

@Suite struct PositionSetTests {
  @Test func listsAreSortedAndWithoutRepeats() {
    let set = PositionSet([5, 1, 5, 3])
    #expect(Array(set) == [1, 3, 5] && set.offset(of: 3) == 1 && set.offset(of: 2) == nil && set.slice == nil)
    #expect(PositionSet([4]).slice == AxisSlice(start: 4, step: 1, count: 1) && PositionSet([Int]()).isEmpty)
  }

  @Test func progressionsTakeNoMemory() {
    let set = PositionSet(from: 3, step: 1 << 20, count: 1 << 40)
    #expect(set.count == 1 << 40 && set.offset(of: 4 + (5 << 20)) == nil && set.offset(of: 3 + (5 << 20)) == 5)
    #expect(set.offset(of: 2) == nil && !set.isAll(of: 1 << 40) && PositionSet(all: 1 << 40).isAll(of: 1 << 40))
    let whole = PositionSet(
      rowMajor: [PositionSet(all: 1 << 20), PositionSet(all: 1 << 20)], extents: [1 << 20, 1 << 20])
    #expect(whole == PositionSet(all: 1 << 40))
  }

  @Test(arguments: 0..<50)
  func rowMajorNumbersAreThoseOfTheElements(_ seed: Int) {
    var generator = RepeatableGenerator(seed: UInt64(seed))
    let extents = (0..<generator.integer(in: 0...3)).map { _ in generator.integer(in: 0...4) }
    let axes = extents.map { extent -> PositionSet in
      if extent == 0 { return PositionSet(all: 0) }
      if generator.chance(0.5) { return PositionSet((0..<extent).filter { _ in generator.chance(0.6) }) }
      let first = generator.integer(in: 0...(extent - 1))
      let step = generator.integer(in: 1...2)
      return PositionSet(from: first, step: step, count: (extent - 1 - first) / step + 1)
    }
    var expected: [Int] = []
    var number = 0
    Shape(extents).forEachIndex { index in
      if zip(axes, index).allSatisfy({ $0.contains($1) }) { expected.append(number) }
      number += 1
    }
    let set = PositionSet(rowMajor: axes, extents: extents)
    #expect(Array(set) == expected)
    for (place, position) in expected.enumerated() { #expect(set.offset(of: position) == place) }
    if let slice = set.slice { #expect(Array(set) == (0..<slice.count).map { slice.start + $0 * slice.step }) }
  }
}
