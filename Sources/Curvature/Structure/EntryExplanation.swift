import TensorGraph

/// Why an entry of a derivative matrix can be other than zero: the operations that connect its row and its column. Printed,
/// it is a sentence.
public struct EntryExplanation: Sendable, CustomStringConvertible {
  /// An element of the result of an operation.
  public struct Step: Sendable, Hashable {
    /// The operation's name; that of the variable is `input` or `constant`.
    public let operation: String
    /// The shape of the result.
    public let shape: [Int]
    /// Where in it the element is.
    public let index: [Int]
  }

  /// The row of the entry, row-major.
  public let row: Int
  /// Its column, row-major.
  public let column: Int
  /// The way from what the row stands for to the variable; empty if the entry is zero at every point.
  public let steps: [Step]
  /// The step at which the two elements of an entry of a Hessian come together, if they differ.
  public let meeting: Step?
  public let description: String

  /// Whether the entry is zero at every point.
  public var isZero: Bool { steps.isEmpty }

  init(row: Int, column: Int, path: DependencyPath?) {
    (self.row, self.column) = (row, column)
    steps = (path?.steps ?? []).map { Step($0.node, element: $0.element) }
    meeting = path?.steps.first { $0.node === path?.meeting }.map { Step($0.node, element: $0.element) }
    description =
      path.map { "entry (\(row), \(column)) can be other than zero: \($0)" }
      ?? "entry (\(row), \(column)) is zero at every point: no operation connects the two elements"
  }
}

extension EntryExplanation.Step {
  fileprivate init(_ node: Node, element: Int) {
    operation = node.primitive.name
    shape = node.shape.dimensions
    index = zip(node.shape.strides, node.shape.dimensions).map { element / $0 % $1 }
  }
}
