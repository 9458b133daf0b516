import CPUEngine
import Foundation
import TensorGraph

/// The result of comparing derivatives with difference quotients.
public struct DerivativeCheck: Sendable {
  /// One derivative and what differences say it is.
  public struct Entry: Sendable {
    /// The coordinates that are differentiated by, counted through all variables, row-major.
    public let coordinates: [Int]
    /// The derivative by the rules.
    public let exact: Double
    /// The same by extrapolated differences of the derivative of one order less.
    public let difference: Double
    /// How far off the differences may be.
    public let expectedError: Double

    /// How far the two are apart, in units of what is expected; infinite if one is a number and the other is not.
    public var deviation: Double {
      if exact == difference || (exact.isNaN && difference.isNaN) { return 0 }
      let distance = (exact - difference).magnitude / expectedError
      return distance.isNaN ? .infinity : distance
    }
  }

  /// What was found for one order of derivatives.
  public struct Order: Sendable {
    /// 1 for gradients, 2 for Hessians, 3 for third derivatives.
    public let order: Int
    /// How many derivatives were compared.
    public let count: Int
    /// The one that deviates most.
    public let worst: Entry?

    /// Whether all of them agree with the differences, as far as these are accurate.
    public var isPassed: Bool { worst.map { $0.deviation <= 1 } ?? true }
  }

  /// From the first to the highest order.
  public let orders: [Order]
  /// The first operation whose own derivatives do not pass, where something did not; nil if each passes by itself.
  public let suspect: String?
  /// Which derivative does not exist and is a convention, such as that of |x| at 0, and why; nil if none was found.
  public let convention: String?
  /// Which derivative is NaN since it does not exist or could not be found, and why; nil if none is.
  public let missing: String?

  /// Whether all derivatives agree with differences.
  public var isPassed: Bool { orders.allSatisfy(\.isPassed) }
}

extension DerivativeCheck: CustomStringConvertible {
  public var description: String {
    var lines = orders.map { order -> String in
      guard let worst = order.worst else { return "order \(order.order): nothing to compare" }
      let verdict = order.isPassed ? "agree" : "DIFFER"
      return
        "order \(order.order): \(order.count) derivatives \(verdict); worst at \(worst.coordinates): \(worst.exact), "
        + "by differences \(worst.difference), known to \(Self.short(worst.expectedError))"
    }
    if !isPassed {
      lines.append(
        suspect.map { "suspect: \($0)" }
          ?? "every operation passes by itself; the point may lie on a kink, or differences may be too coarse")
    }
    if let convention { lines.append("a convention: \(convention)") }
    if let missing { lines.append("undefined: \(missing)") }
    return lines.joined(separator: "\n")
  }

  private static func short(_ number: Double) -> String { String(format: "%.1e", number) }
}

/// Compares the derivatives of a function at a point with difference quotients.
///
/// First derivatives are compared with differences of values, second ones with differences of first ones, and so on, so
/// that an error is found at the order at which it is made. Where they differ, each operation is checked by itself and
/// the first that fails is named.
///
/// - Parameters:
///   - f: the function. Of several elements a weighted sum is checked.
///   - x: the point. At a kink or a jump differences and derivatives rightly differ.
///   - order: the highest order, 1 to 3.
/// - Throws: `TensorError` if the function cannot be evaluated, or there is no such order.
/// - Complexity: 25 evaluations of all derivatives of one order less for each coordinate, of which at most 24 are taken; up to 81 where
///   functions vary fast.
public func checkDerivatives<Scalar: DifferentiableScalar>(
  of f: (Tensor<Scalar>) throws -> Tensor<Scalar>, at x: Tensor<Scalar>, order: Int = 2
) throws -> DerivativeCheck {
  guard (1...3).contains(order) else { throw TensorError("checkDerivatives: order \(order); give 1, 2 or 3") }
  let variable = Tensor<Scalar>(try x.readScalars(), shape: x.shape)
  return try DerivativeChecker(of: f(variable).node, variables: [variable.node]).check(order: order)
}

/// Checks on nodes.
package struct DerivativeChecker {
  private let total: Node
  private let variables: [Node]
  private let precision: Double
  /// The most coordinates that are moved.
  private static let coordinateLimit = 24
  /// The most operations that are checked by themselves.
  private static let operationLimit = 5000

  /// - Parameters:
  ///   - output: what is differentiated; of several elements a weighted sum.
  ///   - variables: inputs with values.
  package init(of output: Node, variables: [Node]) {
    // What has been computed already would be taken for a constant, so everything is made anew over new variables.
    let fresh = variables.map { Node(.input($0.shape, $0.scalarType)) }
    for (new, old) in zip(fresh, variables) { if let value = old.value { new.setValue(value) } }
    let replacements = Dictionary(zip(variables, fresh), uniquingKeysWith: { first, _ in first })
    self.variables = fresh
    precision = output.scalarType == .float32 ? 1.2e-7 : 2.2e-16
    total = Self.weightedSum(Node.substituting(replacements, in: [output])[0])
  }

  /// A sum whose weights no symmetry of the function cancels.
  private static func weightedSum(_ node: Node) -> Node {
    if node.shape.count == 1 { return node.reshaped(to: .scalar) }
    let weights = (0..<node.shape.count).map { 1 + 0.3 * sin(1.7 * Double($0) + 0.4) }
    return (Node.constants(weights, node.shape, node.scalarType) * node).summed(over: Array(0..<node.shape.rank))
  }

  package func check(order: Int) throws(TensorError) -> DerivativeCheck {
    let points = try variables.map { (variable) throws(TensorError) in try Evaluation.storage(variable).numbers }
    var findings = Findings()
    let orders = try compare(total, variables, points, order, &findings)
    let isPassed = orders.allSatisfy(\.isPassed)
    return DerivativeCheck(
      orders: orders, suspect: isPassed ? nil : try suspect(order: order), convention: findings.convention,
      missing: findings.missing)
  }

  /// What expansions at the point tell about derivatives.
  private struct Findings {
    var convention: String?
    var missing: String?
  }

  // MARK: Derivatives along coordinates

  private struct Coordinate {
    var variable: Int
    var element: Int
    /// Counted through all variables.
    var number: Int
  }

  private func compare(
    _ output: Node, _ variables: [Node], _ points: [[Double]], _ order: Int, _ findings: inout Findings
  ) throws(TensorError) -> [DerivativeCheck.Order] {
    var coordinates: [Coordinate] = []
    for (v, point) in points.enumerated() {
      for element in point.indices {
        coordinates.append(Coordinate(variable: v, element: element, number: coordinates.count))
      }
    }
    if coordinates.count > Self.coordinateLimit {
      let step = Double(coordinates.count) / Double(Self.coordinateLimit)
      coordinates = (0..<Self.coordinateLimit).map { coordinates[Int(Double($0) * step)] }
    }
    guard !coordinates.isEmpty else { return [] }
    // Derivatives of each order along the coordinates: shape [m], [m, m], …
    var derivatives = [output]
    let type = output.scalarType
    let seeds = variables.indices.map { v -> (node: Node, tangent: Node) in
      let count = variables[v].shape.count
      var ones = [Double](repeating: 0, count: coordinates.count * count)
      for (row, coordinate) in coordinates.enumerated() where coordinate.variable == v {
        ones[row * count + coordinate.element] = 1
      }
      return (variables[v], .constants(ones, [coordinates.count] + variables[v].shape, type))
    }
    // The first in reverse, as gradients and Hessians are found: there are rules that hold in this order only.
    let slopes = zip(variables, gradient(of: output, to: variables)).map { variable, slope in
      (slope ?? .zeros(variable.shape, type)).reshaped(to: [variable.shape.count])
    }
    let parts = coordinates.map { slopes[$0.variable].sliced([AxisSlice(start: $0.element, step: 1, count: 1)]) }
    derivatives.append(.concatenate(parts, axis: 0))
    for _ in 1..<order {
      let last = derivatives[derivatives.count - 1]
      let next = pushforward(of: [last], seeds: seeds, lift: 1)[0]
      derivatives.append(next ?? .zeros([coordinates.count] + last.shape, type))
    }
    var result: [DerivativeCheck.Order] = []
    for k in 1...order {
      var exact = try PreparedFunction(outputs: [derivatives[k]], inputs: variables).evaluate(points, type)
      determine(&exact, k, output, variables, coordinates, &findings)
      let lower = try PreparedFunction(outputs: [derivatives[k - 1]], inputs: variables)
      let size = exact.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
      var worst: DerivativeCheck.Entry?
      var count = 0
      for (row, coordinate) in coordinates.enumerated() {
        let x = points[coordinate.variable][coordinate.element]
        let step = 0.05 * max(x.magnitude, 0.2)
        let quotients = try DifferenceQuotients(step: step, precision: precision) { (h) throws(TensorError) in
          var moved = points
          moved[coordinate.variable][coordinate.element] = x + h
          return try lower.evaluate(moved, type)
        }
        for (i, slope) in quotients.slopes.enumerated() {
          var rest = i
          var others: [Int] = []
          for _ in 0..<(k - 1) {
            others.insert(coordinates[rest % coordinates.count].number, at: 0)
            rest /= coordinates.count
          }
          let entry = DerivativeCheck.Entry(
            coordinates: [coordinate.number] + others, exact: exact[row * quotients.slopes.count + i],
            difference: slope,
            expectedError: 10 * quotients.errors[i] + 1e3 * precision * max(size, 1) + 1e-9 * size)
          count += 1
          if worst.map({ entry.deviation > $0.deviation }) ?? true { worst = entry }
        }
      }
      result.append(DerivativeCheck.Order(order: k, count: count, worst: worst))
    }
    return result
  }

  /// Puts the numbers of the function in the place of what the chain rule leaves undetermined at a singular point, and
  /// finds out which numbers are conventions.
  private func determine(
    _ exact: inout [Double], _ order: Int, _ output: Node, _ variables: [Node], _ coordinates: [Coordinate],
    _ findings: inout Findings
  ) {
    let sides = variables.map { UnitDirections(node: $0, batchAxis: nil) }
    var known: [[Int]: SingularPoints] = [:]
    func entry(_ i: Int) -> (numbers: [Int], entry: SingularPoints.Entry) {
      // The first coordinate was differentiated by last.
      var rest = i
      var places: [Coordinate] = []
      for _ in 0..<order {
        places.append(coordinates[rest % coordinates.count])
        rest /= coordinates.count
      }
      places.sort { $0.number < $1.number }
      let key = places.map(\.variable)
      let points = known[key] ?? SingularPoints(of: output, in: key.map { sides[$0] })
      known[key] = points
      return (places.map(\.number), points.entry(batch: 0, places.map(\.element)))
    }
    for i in exact.indices where exact[i].isNaN {
      let (numbers, entry) = entry(i)
      switch entry {
      case .number(let number): exact[i] = number
      case .missing(let reason), .unknown(let reason?):
        findings.missing = findings.missing ?? "derivative at \(numbers): \(reason)"
      case .unknown(nil): break
      }
    }
    guard order == 1, findings.convention == nil, exact.contains(where: \.isFinite) else { return }
    for i in exact.indices where exact[i].isFinite {
      guard case (_, .missing(let reason)) = entry(i) else { continue }
      findings.convention = "derivative \(exact[i]) at [\(coordinates[i].number)]: \(reason)"
      return
    }
  }

  // MARK: Operations by themselves

  /// The first operation between variables and output that does not pass on its own operands.
  private func suspect(order: Int) throws(TensorError) -> String? {
    var active = Set(variables)
    var candidates: [Node] = []
    for node in Node.topologicalOrder([total], entering: { !variables.contains($0) }) {
      guard !active.contains(node), node.operands.contains(where: active.contains) else { continue }
      active.insert(node)
      if node.scalarType.isDifferentiable { candidates.append(node) }
    }
    for node in candidates.prefix(Self.operationLimit) {
      let operands = node.operands.map { operand -> Node in
        guard let value = try? Evaluation.storage(operand) else { return operand }
        return Node(value, shape: operand.shape)
      }
      let alone = Node(node.primitive, operands)
      var seen = Set<Node>()
      let moving = operands.indices.filter {
        operands[$0].scalarType.isDifferentiable && active.contains(node.operands[$0])
          && alone.linearization($0) != nil && seen.insert(operands[$0]).inserted
      }.map { operands[$0] }
      guard !moving.isEmpty else { continue }
      let points = try moving.map { (operand) throws(TensorError) in try Evaluation.storage(operand).numbers }
      var findings = Findings()
      let orders = try compare(Self.weightedSum(alone), moving, points, order, &findings)
      guard let failed = orders.first(where: { !$0.isPassed }), let worst = failed.worst else { continue }
      return "\(node.primitive.name) of shapes \(node.operands.map(\.shape)): derivative of order \(failed.order) is "
        + "\(worst.exact), by differences \(worst.difference)"
    }
    return nil
  }
}

extension Node {
  fileprivate static func constants(_ elements: [Double], _ shape: Shape, _ type: ScalarType) -> Node {
    Node(type == .float32 ? Storage(elements.map(Float.init)) : Storage(elements), shape: shape)
  }
}

extension Storage {
  fileprivate var numbers: [Double] { (0..<count).map { literal(at: $0).double } }
}

extension PreparedFunction {
  /// The elements of the only output at a point.
  fileprivate func evaluate(_ points: [[Double]], _ type: ScalarType) throws(TensorError) -> [Double] {
    try run(points.map { type == .float32 ? Storage($0.map(Float.init)) : Storage($0) })[0].numbers
  }
}
