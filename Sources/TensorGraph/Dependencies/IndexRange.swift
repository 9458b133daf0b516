/// What is known of indices that are computed: element i is offsets[i] + step · u for some u in 0 ..< count. So orders and places
/// along an axis, such as those of sorting, say to which slice of the others they belong.
struct IndexRange {
  let offsets: [Int]
  let step: Int
  let count: Int

  init(offsets: [Int], step: Int, count: Int) { (self.offsets, self.step, self.count) = (offsets, step, count) }

  /// - Parameters:
  ///   - node: whole numbers that are not known themselves.
  ///   - known: the elements of operands that are known.
  ///   - ranges: what is known of others.
  init?(of node: Node, known: [Node: [Double]], ranges: [Node: IndexRange]) {
    func constant(_ i: Int) -> [Int]? { known[node.operands[i]].map { $0.map { Int($0) } } }
    if let primitive = node.linearPrimitive {
      if case .reshape = primitive, let range = ranges[node.operands[0]] {
        self = range
      } else if primitive.isSelection, node.indices != nil, let numbers = constant(0), let least = numbers.min() {
        // Whatever is read of a table is one of its elements.
        self.init(offsets: Array(repeating: least, count: node.shape.count), step: 1, count: numbers.max()! - least + 1)
      } else {
        return nil
      }
      return
    }
    if node.isCast, let range = ranges[node.operands[0]] {
      self = range
      return
    }
    guard let function = node.scalarFunction, node.operands.count == 2,
      let i = node.operands.indices.first(where: { ranges[node.operands[$0]] != nil }), let other = constant(1 - i)
    else { return nil }
    let range = ranges[node.operands[i]]!
    switch function {
    case .add:
      self.init(offsets: zip(range.offsets, other).map { $0 + $1 }, step: range.step, count: range.count)
    case .multiply, .scale:
      guard let factor = other.first, other.allSatisfy({ $0 == factor }) else { return nil }
      self.init(offsets: range.offsets.map { $0 * factor }, step: range.step * factor, count: range.count)
    default: return nil
    }
  }

  /// The distinct offsets, and for each element the number of its own.
  var groups: (offsets: [Int], numbers: [Int]) {
    var (distinct, known): ([Int], [Int: Int]) = ([], [:])
    let numbers = offsets.map { offset in
      if let number = known[offset] { return number }
      known[offset] = distinct.count
      distinct.append(offset)
      return distinct.count - 1
    }
    return (distinct, numbers)
  }

  /// The places that each of some offsets may mean, one after another; nil if one is outside an axis, which evaluation may report.
  func places(of offsets: [Int], below extent: Int) -> [Int]? {
    let places = offsets.flatMap { offset in (0..<count).map { offset + step * $0 } }
    return places.allSatisfy((0..<extent).contains) ? places : nil
  }
}
