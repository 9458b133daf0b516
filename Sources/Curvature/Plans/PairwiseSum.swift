/// A sum of vectors that are numbered from 0, added up in the order of a balanced binary tree over their numbers.
///
/// The tree halves the numbers until one is left. The sum is the same to the last bit in whatever order and groups vectors are added:
/// here, on other threads, or on other machines. Where 2, 4, 8, … of these have a range of the numbers each, as equal as they can
/// be, a range is a subtree and has one sum. Rounding grows with the logarithm of their number (Higham 1993, SIAM J. Sci.
/// Comput. 14).
///
/// - Complexity: memory for as many vectors as the binary logarithm of their number, if they come in order.
public struct PairwiseSum: Sendable {
  /// The sum of the vectors below a node of the tree.
  public struct Node: Sendable {
    /// How often the numbers were halved: 0 for the sum of all vectors.
    public let depth: Int
    /// Which of the nodes of its depth it is.
    public let number: Int
    /// The sum.
    public let elements: [Double]

    /// A sum that was added up elsewhere.
    ///
    /// - Parameters:
    ///   - depth: how often the numbers were halved.
    ///   - number: which of the nodes of its depth it is.
    ///   - elements: the sum.
    public init(depth: Int, number: Int, elements: [Double]) {
      (self.depth, self.number, self.elements) = (depth, number, elements)
    }
  }

  /// How many vectors there are.
  public let count: Int
  /// Sums that wait for others, by their first vectors.
  public private(set) var nodes: [Node] = []

  /// A sum of nothing yet.
  ///
  /// - Parameter count: how many vectors there will be.
  public init(count: Int) { self.count = count }

  /// As many halvings as leave at most one number.
  private var height: Int { count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount }

  /// The numbers of the vectors below a node.
  private func range(_ depth: Int, _ number: Int) -> Range<Int> {
    (count * number) >> depth..<(count * (number + 1)) >> depth
  }

  /// Adds a vector.
  ///
  /// - Parameters:
  ///   - elements: as many as those of the others.
  ///   - number: its number, from 0, which no other has.
  public mutating func add(_ elements: [Double], number: Int) {
    precondition(number >= 0 && number < count, "vector \(number) is outside \(count)")
    let leaf = (((number + 1) << height) + count - 1) / count - 1
    add(Node(depth: height, number: leaf, elements: elements))
  }

  /// Adds a sum of vectors that are not among those here.
  ///
  /// - Parameter node: of another sum of as many vectors.
  public mutating func add(_ node: Node) {
    var node = node
    while node.depth > 0 {
      let (sibling, parent) = (node.number ^ 1, node.number >> 1)
      if range(node.depth, sibling).isEmpty {
        node = Node(depth: node.depth - 1, number: parent, elements: node.elements)
        continue
      }
      guard let place = nodes.firstIndex(where: { $0.depth == node.depth && $0.number == sibling }) else { break }
      let other = nodes.remove(at: place)
      precondition(other.elements.count == node.elements.count, "vectors of a sum have one length")
      let (left, right) = node.number & 1 == 0 ? (node, other) : (other, node)
      var sum = left.elements
      for i in sum.indices { sum[i] += right.elements[i] }
      node = Node(depth: node.depth - 1, number: parent, elements: sum)
    }
    let start = range(node.depth, node.number).lowerBound
    let place = nodes.firstIndex { range($0.depth, $0.number).lowerBound > start } ?? nodes.endIndex
    nodes.insert(node, at: place)
  }

  /// The sum of all that were added; empty for a sum of nothing.
  public var total: [Double] {
    guard var sum = nodes.last?.elements else { return [] }
    for node in nodes.dropLast().reversed() { for i in sum.indices { sum[i] = node.elements[i] + sum[i] } }
    return sum
  }
}
