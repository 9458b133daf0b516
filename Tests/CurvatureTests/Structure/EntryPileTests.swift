import CPUEngine
import Curvature
import TensorGraph
import TestSupport
import Testing

/// Entries in their places, picked or added, beside sums by a loop.
@Suite struct EntryPileTests {
  /// What a pile is made of: values, and where they belong.
  private struct Entries {
    var values: [[Double]] = []
    var places: [[Int32]] = []
    var numbers: [(value: Double, places: [Int32])] = []

    func sums(_ size: Int) -> [Double] {
      var sums = [Double](repeating: 0, count: size)
      for (values, places) in zip(values, places) + numbers.map({ (Array(repeating: $0, count: $1.count), $1) }) {
        for (value, place) in zip(values, places) where place >= 0 { sums[Int(place)] += value }
      }
      return sums
    }

    var pile: EntryPile {
      var pile = EntryPile(places.reduce(0) { $0 + $1.count })
      for (values, places) in zip(values, places) { pile.add(Node(Storage(values), shape: [values.count]), at: places) }
      return pile
    }

    var repeated: EntryPile {
      var pile = EntryPile(numbers.reduce(0) { $0 + $1.places.count })
      for (number, places) in numbers {
        pile.add(Node(Storage([number]), shape: []).broadcast(to: [places.count]), at: places)
      }
      return pile
    }
  }

  /// Entries of which about one in `sharing` belongs where another one does, and some are left out.
  private static func entries(_ size: Int, sharing: Int, _ generator: inout RepeatableGenerator) -> Entries {
    var free = Array(0..<Int32(size))
    free.shuffle(using: &generator)
    var used: [Int32] = []
    var entries = Entries()
    func places(_ count: Int, _ generator: inout RepeatableGenerator) -> [Int32] {
      (0..<count).map { _ in
        if generator.integer(in: 0...9) == 0 { return -1 }
        if let last = free.last, used.isEmpty || generator.integer(in: 1...sharing) > 1 {
          free.removeLast()
          used.append(last)
          return last
        }
        return used.randomElement(using: &generator) ?? 0
      }
    }
    for _ in 0..<generator.integer(in: 1...4) {
      let places = places(generator.integer(in: 1...(size / 3)), &generator)
      entries.places.append(places)
      entries.values.append(generator.reals(places.count, in: -1...1))
    }
    // Lines of places at one distance.
    let start = generator.integer(in: 0...(size / 2))
    entries.places.append((0..<(size / 5)).map { Int32(start + $0 * 2) })
    entries.values.append(generator.reals(size / 5, in: -1...1))
    for _ in 0..<generator.integer(in: 0...2) {
      entries.numbers.append((generator.real(in: -2...2), places(generator.integer(in: 1...(size / 5)), &generator)))
    }
    return entries
  }

  private static func elements(_ nodes: [Node]) throws -> [Double] {
    let sum = try #require(nodes.dropFirst().reduce(nodes.first) { $0! + $1 })
    try Engine.evaluate([sum])
    return sum.value!.elements()
  }

  private static func isEqual(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 1e-14 * (1 + abs($1)) }
  }

  @Test(arguments: 0..<40) func randomEntries(seed: UInt64) throws {
    var generator = RepeatableGenerator(seed: seed)
    let size = generator.integer(in: 10...400)
    let entries = Self.entries(size, sharing: [2, 5, 1000][Int(seed % 3)], &generator)
    let expected = entries.sums(size)
    var (pile, repeated) = (entries.pile, entries.repeated)
    if let picked = pile.picked(besides: repeated, count: size, sources: nil) {
      #expect(try Self.isEqual(Self.elements([picked]), expected))
      let sources = (0..<size).map { _ in generator.integer(in: 0...(size - 1)) }
      let moved = try #require(pile.picked(besides: repeated, count: size, sources: sources))
      #expect(try Self.isEqual(Self.elements([moved]), sources.map { expected[$0] }))
    }
    #expect(try Self.isEqual(Self.elements(repeated.sums(size) + pile.sums(size)), expected))
    #expect(pile.isEmpty && repeated.isEmpty)
  }

  /// Only entries that share their places are added, and a number that is repeated is read from one place.
  @Test func picks() throws {
    var entries = Entries()
    entries.values = [[1, 2, 3, 4], [5, 6, 7]]
    entries.places = [[9, 1, -1, 3], [1, 0, 8]]
    entries.numbers = [(-1, [2, 5, 7])]
    let picked = try #require(entries.pile.picked(besides: entries.repeated, count: 10, sources: nil))
    #expect(try Self.elements([picked]) == entries.sums(10))
    guard case .linear(.gather) = picked.primitive else {
      Issue.record("\(picked.primitive)")
      return
    }
    // Seven values, the number, a zero, a sum.
    #expect(picked.operands[0].shape == [10])
    let sums = Node.topologicalOrder([picked]).filter {
      if case .linear(.scatterAdd) = $0.primitive { true } else { false }
    }
    #expect(sums.map(\.shape) == [[1]])
    #expect(sums.first?.operands[0].shape == [2])
  }

  /// Bands stay lines, what is mostly shared is added.
  @Test func others() {
    var bands = Entries()
    (bands.values, bands.places) = ([[1, 2, 3, 4]], [[0, 2, 4, 6]])
    #expect(bands.pile.picked(besides: bands.repeated, count: 7, sources: nil) == nil)
    var shared = Entries()
    (shared.values, shared.places) = ([[1, 2, 3, 4, 5]], [[0, 0, 2, 1, 1]])
    #expect(shared.pile.picked(besides: shared.repeated, count: 3, sources: nil) == nil)
  }
}
