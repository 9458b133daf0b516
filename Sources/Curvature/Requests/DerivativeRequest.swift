import TensorGraph

/// What is asked of the derivative of one tensor in another, ∂y/∂x: a value. With the structure of the graph between the
/// two it names a program, whichever matrix or plan asks.
package enum DerivativeRequest: Hashable, Sendable {
  /// J v for directions v of x, or J' u for directions u of y.
  package enum Mode: Hashable, Sendable { case forward, reverse }

  /// What stands for a direction.
  package enum Directions: Hashable, Sendable {
    /// The number of a unit direction.
    case units
    /// The number of a group of unit directions, which are summed; which direction belongs to which group is an argument.
    case groups
    /// All its elements.
    case elements
  }

  /// Products with some directions at once: [count, batch, element], or [count] + the tensor's shape for elements.
  case products(Mode, Directions, count: Int)
  /// One second derivative of a scalar y, whose row and column are arguments: forward mode along one unit direction, and
  /// along another through that. There is no reverse sweep, so that an entry costs little more than the function.
  case entry
  /// A part by the delta calculus, if that is expected to cost less than dense directions.
  case part(DeltaDemand)
  /// The entries that can be other than zero, in row order of the pattern or of a triangle of it.
  case nonzeros(EvaluationMethod, StoredTriangle)
  /// Where entries can be other than zero, and how they are read from few products.
  case structure

  /// How often the program is run for one point: what does not depend on the arguments is then computed once.
  var isRepeated: Bool {
    switch self {
    case .products, .entry: true
    case .part, .nonzeros, .structure: false
    }
  }
}

/// What has been made for a request.
protocol DerivativeAnswer: AnyObject, Sendable {
  /// The numbers that it holds, more or less: entries of patterns and of tables.
  var weight: Int { get }
}
