/// Everything that is known of a scalar function: one row of `ScalarFunction.row`, read by everyone who asks.
package final class ScalarFacts: Sendable {
  /// The value for one coordinate, or for two.
  enum Value: Sendable {
    case unary(@Sendable (Double) -> Double)
    case binary(@Sendable (Double, Double) -> Double)
  }

  /// Where a function is zero because its operands are.
  package enum Zero: Sendable {
    /// Nowhere for that reason.
    case never
    /// Where the first operand is.
    case first
    /// Where one of the two is.
    case either
    /// Where both are.
    case both
  }

  /// When no value is negative.
  package enum Sign: Sendable {
    /// Nothing is known.
    case unknown
    case neverNegative
    /// Not negative if no operand is.
    case likeAll
    /// Not negative if one operand is not.
    case likeAny
  }

  /// Time per element: a few instructions, a division or root, a polynomial, a longer one, the C library element by
  /// element.
  package enum Cost: Double, Sendable {
    case arithmetic = 0.15
    case division = 0.6
    case polynomial = 1.5
    case longPolynomial = 4
    case library = 12

    /// Nanoseconds or so.
    package var nanoseconds: Double { rawValue }
  }

  typealias Partial = @Sendable (_ i: Int, _ x: [Node], _ y: Node) -> Node?
  package typealias Expansion = @Sendable ([Series]) -> Series

  let value: Value
  /// The value for whole numbers, if the function exists for them; the second number is 0 for one operand.
  let wholeValue: (@Sendable (Int64, Int64) -> Int64)?
  /// The number of operands.
  package let arity: Int
  package let zero: Zero
  package let sign: Sign
  package let cost: Cost
  /// A function of the same operand that a kernel computes together with this one for less than both cost.
  package let partner: ScalarFunction?
  /// For each operand an interval in which the function is smooth and of moderate size; a function of steps is smooth
  /// almost everywhere.
  package let domain: [ClosedRange<Double>]
  /// Whether an ordinary argument may give an infinity or no number.
  let hasPoles: Bool
  /// Whether a point is one at which the function has a value or a limit, and no finite derivatives of every order.
  let isSingular: @Sendable ([Double]) -> Bool
  /// The partial derivative in an operand, as an expression in the operands and the result, or nil where it is zero
  /// everywhere (so that dependency analysis prunes it).
  let partial: Partial
  /// The function of series.
  package let series: Expansion

  init(
    _ value: Value, whole: (@Sendable (Int64, Int64) -> Int64)? = nil, zero: Zero = .never, sign: Sign = .unknown,
    cost: Cost, partner: ScalarFunction? = nil, domain: [ClosedRange<Double>], hasPoles: Bool = false,
    singular: @escaping @Sendable ([Double]) -> Bool = { _ in false }, series: @escaping Expansion,
    partial: @escaping Partial
  ) {
    self.value = value
    wholeValue = whole
    arity = domain.count
    self.zero = zero
    self.sign = sign
    self.cost = cost
    self.partner = partner
    self.domain = domain
    self.hasPoles = hasPoles
    isSingular = singular
    self.series = series
    self.partial = partial
  }

  /// A row for a function of one operand.
  static func unary(
    _ value: @escaping @Sendable (Double) -> Double, whole: (@Sendable (Int64) -> Int64)? = nil, zero: Zero = .never,
    sign: Sign = .unknown, cost: Cost, partner: ScalarFunction? = nil, domain: ClosedRange<Double> = -3...3,
    hasPoles: Bool = false, singularAt singular: [Double] = [], series: @escaping @Sendable (Series) -> Series,
    slope: @escaping @Sendable (_ x: Node, _ y: Node) -> Node?
  ) -> ScalarFacts {
    var wholeValue: (@Sendable (Int64, Int64) -> Int64)?
    if let whole { wholeValue = { x, _ in whole(x) } }
    return ScalarFacts(
      .unary(value), whole: wholeValue, zero: zero, sign: sign, cost: cost, partner: partner, domain: [domain],
      hasPoles: hasPoles, singular: { singular.contains($0[0]) }, series: { series($0[0]) },
      partial: { _, x, y in slope(x[0], y) })
  }

  /// A row for a function of two operands.
  static func binary(
    _ value: @escaping @Sendable (Double, Double) -> Double, whole: (@Sendable (Int64, Int64) -> Int64)? = nil,
    zero: Zero = .never, sign: Sign = .unknown, cost: Cost, domain: (ClosedRange<Double>, ClosedRange<Double>),
    hasPoles: Bool = false, singular: @escaping @Sendable (_ x: Double, _ y: Double) -> Bool = { _, _ in false },
    series: @escaping @Sendable (Series, Series) -> Series,
    partials: @escaping @Sendable (_ i: Int, _ x: Node, _ y: Node, _ result: Node) -> Node
  ) -> ScalarFacts {
    ScalarFacts(
      .binary(value), whole: whole, zero: zero, sign: sign, cost: cost, domain: [domain.0, domain.1],
      hasPoles: hasPoles,
      singular: { singular($0[0], $0[1]) }, series: { series($0[0], $0[1]) },
      partial: { i, x, y in partials(i, x[0], x[1], y) })
  }
}

extension ScalarFunction {
  private static let rows = allCases.map(\.row)

  /// The row of this function.
  package var facts: ScalarFacts { Self.rows[Int(unsafeBitCast(self, to: UInt8.self))] }

  /// The number of operands.
  package var arity: Int { facts.arity }

  /// Whether the function also exists for integer tensors.
  package var allowsIntegers: Bool { facts.wholeValue != nil }

  /// The partial derivative in operand `i`, as an expression in the operands `x` and the result `y`, or nil where it
  /// is zero everywhere.
  ///
  /// Products with tangents are `ChainRule`'s.
  func partial(_ i: Int, _ x: [Node], _ y: Node) -> Node? { facts.partial(i, x, y) }

  /// The value at a point with one coordinate per operand, by the obvious formula.
  ///
  /// Accurate to a few units in the last place of a double. `scale` is 0 where its first operand is 0; `max` and `min`
  /// give NaN if an operand is NaN, and so does `relu`; `round` takes ties to the even number; `modulo` has the
  /// sign of its second operand.
  package func value(_ point: [Double]) -> Double {
    switch facts.value {
    case .unary(let value): value(point[0])
    case .binary(let value): value(point[0], point[1])
    }
  }

  /// The value for whole numbers, for the functions that allow them.
  ///
  /// Overflow wraps. `divide` rounds toward minus infinity and gives 0 for a divisor of 0; `modulo` is
  /// x - y ⌊x / y⌋ with that quotient.
  package func value(_ point: [Int64]) -> Int64 {
    guard let value = facts.wholeValue else {
      fatalError("\(self) is not defined for whole numbers; cast the operands to a floating-point type")
    }
    return value(point[0], arity == 2 ? point[1] : 0)
  }
}
