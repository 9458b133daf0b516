import TensorGraph
import TestSupport
import Testing

@Suite struct TimeSpansTests {
  @Test("Spans come and go: a moment is held exactly while one of them holds it") func members() {
    var generator = RepeatableGenerator(seed: 2)
    var spans = TimeSpans()
    var all: [Range<Int>] = []
    var held = 0
    for round in 0..<2000 {
      if round % 3 == 2, !all.isEmpty {
        spans.remove(all.remove(at: generator.integer(in: 0...(all.count - 1))))
      } else {
        let start = generator.integer(in: 0...5000)
        all.append(start..<(start + generator.integer(in: 0...generator.pick([0, 1, 10, 4000]))))
        spans.insert(all.last!)
      }
      for moment in (0..<5).map({ _ in generator.integer(in: 0...9000) }) + [
        all.last?.lowerBound ?? 0, all.last?.upperBound ?? 0,
      ] {
        let expected = all.contains { $0.contains(moment) }
        #expect(spans.contains(moment) == expected)
        held += expected ? 1 : 0
      }
      if round % 100 == 99 {
        while let span = all.popLast() { spans.remove(span) }
        #expect(!spans.contains(1000) && !spans.contains(0))
      }
    }
    #expect(held > 1000)
  }
}
