import TensorGraph

/// Entries that are to be put in their places, and added up where these are the same.
package struct EntryPile {
  /// Every how-manyth place, from which on.
  private struct Progression: Hashable {
    let step: Int
    let residue: Int
  }

  /// Entries that are computed together.
  private struct Piece {
    /// The values, of any shape.
    let node: Node
    /// Where their places lie in the memory for all.
    let range: Range<Int>

    /// The values, [count].
    var values: Node { node.reshaped(to: [range.count]) }
  }

  private var pieces: [Piece] = []
  /// The places of all pieces, one after another; -1 for entries that are left out.
  private let memory: Storage
  private var count = 0

  /// - Parameter count: how many entries there are at most.
  package init(_ count: Int) { memory = Storage(count: count, scalarType: .int32) }

  package var isEmpty: Bool { pieces.isEmpty }

  private var places: UnsafeMutablePointer<Int32> { memory.base.assumingMemoryBound(to: Int32.self) }

  /// - Parameter places: -1 for entries that are left out.
  package mutating func add(_ values: Node, at places: [Int32]) {
    (self.places + count).initialize(from: places, count: places.count)
    let range = count..<(count + places.count)
    pieces.append(Piece(node: values, range: range))
    count += range.count
  }

  /// How many entries are in no line of places at one distance.
  private var strayCount: Int {
    pieces.reduce(0) { count, piece in
      let places = places(of: piece)
      return count + places.count { $0 >= 0 } - (Self.longestRun(places)?.run.count ?? 0)
    }
  }

  private func places(of piece: Piece) -> UnsafeMutableBufferPointer<Int32> {
    UnsafeMutableBufferPointer(start: places + piece.range.lowerBound, count: piece.range.count)
  }

  // MARK: Picking

  /// For each place the one entry that belongs there, or the sum of some: nothing is written but the result. Nil if few
  /// places have entries, or many entries share theirs: then they are added.
  ///
  /// - Parameters:
  ///   - repeated: entries that are the same for all of a piece.
  ///   - size: the number of places.
  ///   - sources: for each place of the result the one whose entries it takes; nil for itself.
  package func picked(besides repeated: EntryPile, count size: Int, sources: [Int]?) -> Node? {
    guard !pieces.isEmpty, 2 * strayCount >= size, size < Int(Int32.max) / 2 else { return nil }
    var table = [Int32](repeating: Self.nothing, count: size)
    var (start, sharing, sums) = (0, 0, 0)
    // What is read, and where it begins: what stands at several places is there once.
    var first: [Node] = []
    var starts: [Node: Int] = [:]
    for (pile, isRepeated) in [(self, false), (repeated, true)] {
      for piece in pile.pieces {
        let source = starts[piece.node] ?? start
        for entry in piece.range where pile.places[entry] >= 0 {
          let place = Int(pile.places[entry])
          if table[place] == Self.nothing {
            table[place] = Int32(isRepeated ? source : source + entry - piece.range.lowerBound)
          } else {
            sharing += table[place] < Self.nothing ? 1 : 2
            guard 2 * sharing <= count else { return nil }
            if table[place] > Self.nothing {
              sums += 1
              table[place] = Self.nothing - Int32(sums)
            }
          }
        }
        guard source == start else { continue }
        starts[piece.node] = start
        first.append(isRepeated ? piece.node.repeatedElement! : piece.values)
        start += first.last!.shape[0]
      }
    }
    var values = first
    if table.contains(Self.nothing) {
      values.append(.zeros([1], first[0].scalarType))
      for place in table.indices where table[place] == Self.nothing { table[place] = Int32(start) }
      start += 1
    }
    if sums > 0 {
      values.append(Self.sums([self, repeated], table, sums))
      for place in table.indices where table[place] < 0 {
        table[place] = Int32(start) + Self.nothing - 1 - table[place]
      }
    }
    if let sources { table = sources.map { table[$0] } }
    let all = values.count == 1 ? values[0] : .concatenate(values, axis: 0)
    return all.gathered(Node(Storage(table), shape: [size]), axis: 0)
  }

  /// In a table of sources a place without entries; below it the numbers of sums, from 1 on, with the other sign.
  private static var nothing: Int32 { -1 }

  /// The sums of entries that share their places.
  private static func sums(_ piles: [EntryPile], _ table: [Int32], _ count: Int) -> Node {
    var (values, targets) = ([Node](), [Int]())
    for pile in piles {
      for piece in pile.pieces {
        let shared = piece.range.filter { pile.places[$0] >= 0 && table[Int(pile.places[$0])] < nothing }
        guard !shared.isEmpty else { continue }
        values.append(piece.values.gathered(.places(shared.map { $0 - piece.range.lowerBound }), axis: 0))
        targets += shared.map { Int(nothing - 1 - table[Int(pile.places[$0])]) }
      }
    }
    let all = values.count == 1 ? values[0] : .concatenate(values, axis: 0)
    return all.scatterAdded(.places(targets), axis: 0, extent: count)
  }

  // MARK: Adding

  /// All entries in their places: tensors that are to be added up. The pile is empty after it.
  package mutating func sums(_ size: Int) -> [Node] {
    var lines: [Progression: [(start: Int, values: Node)]] = [:]
    var order: [Progression] = []
    var scattered: [Node] = []
    // What is left for this moves to the front of the memory.
    var kept = 0
    var hasOutside = false
    for piece in pieces {
      let places = places(of: piece)
      let longest = Self.longestRun(places)
      let outside = places.count { $0 < 0 }
      if let (run, step) = longest {
        let start = Int(places[run.lowerBound])
        let progression = Progression(step: step, residue: start % step)
        if lines[progression] == nil { order.append(progression) }
        let part = AxisSlice(start: run.lowerBound, step: 1, count: run.count)
        lines[progression, default: []].append((start, piece.values.sliced([part])))
      }
      if longest != nil || 2 * outside > places.count {
        let rest = places.indices.filter { places[$0] >= 0 && !(longest?.run.contains($0) ?? false) }
        if !rest.isEmpty { scattered.append(piece.values.gathered(.places(rest), axis: 0)) }
        for (number, entry) in rest.enumerated() { self.places[kept + number] = places[entry] }
        kept += rest.count
      } else {
        hasOutside = hasOutside || outside > 0
        scattered.append(piece.values)
        if kept < piece.range.lowerBound { (self.places + kept).update(from: places.baseAddress!, count: places.count) }
        kept += places.count
      }
    }
    pieces = []
    var sums = order.map { Self.line(lines[$0]!, step: $0.step, [size]) }
    if scattered.isEmpty { return sums }
    // A place behind the last takes what is left out.
    if hasOutside {
      for i in 0..<kept where places[i] < 0 { places[i] = Int32(size) }
    }
    let values = scattered.count == 1 ? scattered[0] : .concatenate(scattered, axis: 0)
    let table = Storage(adopting: memory.base, count: kept, scalarType: .int32) { [memory] _ in
      withExtendedLifetime(memory) {}
    }
    let sum = values.scatterAdded(Node(table, shape: [kept]), axis: 0, extent: hasOutside ? size + 1 : size)
    sums.append(sum.sliced([AxisSlice(start: 0, step: 1, count: size)]))
    return sums
  }

  /// The longest run of places at one distance, if it is most of them or as long as is worth a step of its own.
  private static func longestRun(_ places: UnsafeMutableBufferPointer<Int32>) -> (run: Range<Int>, step: Int)? {
    var best = 0..<0
    var start = 0
    while start < places.count {
      var end = start + 1
      if places[start] >= 0 {
        if end < places.count, case let step = places[end] - places[start], step > 0 {
          repeat { end += 1 } while end < places.count && places[end] - places[end - 1] == step
        }
        if end - start > best.count { best = start..<end }
      }
      // The last place of a run may be the first of the next.
      start = end - start > 1 && end < places.count ? end - 1 : end
    }
    guard !best.isEmpty, best.count == places.count || best.count >= 64 && 2 * best.count >= places.count else {
      return nil
    }
    return (best, best.count == 1 ? 1 : Int(places[best.lowerBound + 1] - places[best.lowerBound]))
  }

  /// Pieces of one progression: added up where they meet, then put in their places at once.
  private static func line(_ pieces: [(start: Int, values: Node)], step: Int, _ size: Shape) -> Node {
    let start = pieces.map(\.start).min()!
    let count = pieces.map { ($0.start - start) / step + $0.values.shape[0] }.max()!
    let moved = pieces.map { piece in
      piece.values.embedded(
        in: [count], at: [AxisSlice(start: (piece.start - start) / step, step: 1, count: piece.values.shape[0])])
    }
    let sum = moved.dropFirst().reduce(moved[0]) { $0 + $1 }
    return sum.embedded(in: size, at: [AxisSlice(start: start, step: step, count: count)])
  }
}

extension Node {
  /// The one element that this consists of as often as it has elements, [1]; nil if there may be others.
  package var repeatedElement: Node? {
    var node = self
    while node.shape.count > 1 {
      guard !node.isDeferred, node.linearPrimitive?.isSelection ?? false else { return nil }
      node = node.operands[0]
    }
    return node.reshaped(to: [1])
  }
}
