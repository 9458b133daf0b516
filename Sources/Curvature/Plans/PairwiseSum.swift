/// A sum of vectors that are numbered from 0, added up in the order of a balanced binary tree over their numbers.
///
/// The sum is the same to the last bit in whatever order and groups vectors are added: here, on other threads, or on other machines.
/// Rounding grows with the logarithm of their number (Higham 1993, SIAM J. Sci. Comput. 14).
///
/// - Complexity: memory for as many vectors as the binary logarithm of their number, if they come in order.
public struct PairwiseSum: Sendable {
  /// The sum of the vectors number · 2^level up to the next one's first.
  public struct Node: Sendable {
    /// The binary logarithm of how many vectors it is of.
    public let level: Int
    /// Which of the nodes of its level it is.
    public let number: Int
    /// The sum.
    public let elements: [Double]

    /// A sum that was added up elsewhere.
    ///
    /// - Parameters:
    ///   - level: the binary logarithm of how many vectors it is of.
    ///   - number: which of the nodes of its level it is.
    ///   - elements: the sum.
    public init(level: Int, number: Int, elements: [Double]) {
      (self.level, self.number, self.elements) = (level, number, elements)
    }

    fileprivate var start: Int { number << level }
  }

  /// Sums that wait for others, by their first vectors.
  public private(set) var nodes: [Node] = []

  /// A sum of nothing.
  public init() {}

  /// Adds a vector.
  ///
  /// - Parameters:
  ///   - elements: as many as those of the others.
  ///   - number: its number, which no other has.
  public mutating func add(_ elements: [Double], number: Int) {
    add(Node(level: 0, number: number, elements: elements))
  }

  /// Adds a sum of vectors that are not among those here.
  ///
  /// - Parameter node: of another sum.
  public mutating func add(_ node: Node) {
    var node = node
    while let place = nodes.firstIndex(where: { $0.level == node.level && $0.number == node.number ^ 1 }) {
      let other = nodes.remove(at: place)
      precondition(other.elements.count == node.elements.count, "vectors of a sum have one length")
      let (left, right) = node.number & 1 == 0 ? (node, other) : (other, node)
      var sum = left.elements
      for i in sum.indices { sum[i] += right.elements[i] }
      node = Node(level: node.level + 1, number: node.number >> 1, elements: sum)
    }
    let place = nodes.firstIndex { $0.start > node.start } ?? nodes.endIndex
    nodes.insert(node, at: place)
  }

  /// The sum of all; empty for a sum of nothing.
  public var total: [Double] {
    guard var sum = nodes.last?.elements else { return [] }
    for node in nodes.dropLast().reversed() { for i in sum.indices { sum[i] = node.elements[i] + sum[i] } }
    return sum
  }
}
