import Curvature

/// What is to be minimized, and what must hold: a function of the variables gives it.
///
/// ```swift
/// let program = NonlinearProgram(
///   minimizing: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
///   subjectTo: [.atLeast(x.product(), 25), .equal(square(x).sum(), 40)])
/// ```
public struct NonlinearProgram: Sendable {
  /// The function to be minimized, of one element; nil if any point will do at which the constraints hold.
  public var objective: Tensor<Double>?
  /// What must hold.
  public var constraints: [Constraint]

  /// A program with an objective.
  ///
  /// - Parameters:
  ///   - objective: the function to be minimized, of one element.
  ///   - constraints: what must hold besides the bounds of the variables.
  public init(minimizing objective: Tensor<Double>, subjectTo constraints: [Constraint] = []) {
    (self.objective, self.constraints) = (objective, constraints)
  }

  /// A program of constraints alone: any point will do at which they hold.
  ///
  /// - Parameter constraints: what must hold besides the bounds of the variables.
  public init(subjectTo constraints: [Constraint]) {
    (objective, self.constraints) = (nil, constraints)
  }
}

/// Something that must hold of each element of a tensor.
///
/// A bound has one element or one for each of the tensor's; ±∞ is no bound. A bound of one side that depends on the variables or
/// on data of a plan is allowed: the solver then sees the difference and the bound 0.
public struct Constraint: Sendable {
  private enum Relation: Sendable {
    case equal(Tensor<Double>)
    case atLeast(Tensor<Double>)
    case atMost(Tensor<Double>)
    case between(Tensor<Double>, Tensor<Double>)
  }

  /// What is bounded.
  public let expression: Tensor<Double>
  /// What results and messages call it; nil for its number, counted from 0.
  public let name: String?
  private let relation: Relation

  private init(_ expression: Tensor<Double>, _ relation: Relation, _ name: String?) {
    (self.expression, self.relation, self.name) = (expression, relation, name)
  }

  /// g = value.
  ///
  /// - Parameters:
  ///   - g: what is bounded.
  ///   - value: what it must equal.
  ///   - name: what results call it.
  public static func equal(_ g: Tensor<Double>, _ value: Tensor<Double>, name: String? = nil) -> Constraint {
    Constraint(g, .equal(value), name)
  }

  /// g ≥ bound.
  ///
  /// - Parameters:
  ///   - g: what is bounded.
  ///   - bound: the least values.
  ///   - name: what results call it.
  public static func atLeast(_ g: Tensor<Double>, _ bound: Tensor<Double>, name: String? = nil) -> Constraint {
    Constraint(g, .atLeast(bound), name)
  }

  /// g ≤ bound.
  ///
  /// - Parameters:
  ///   - g: what is bounded.
  ///   - bound: the largest values.
  ///   - name: what results call it.
  public static func atMost(_ g: Tensor<Double>, _ bound: Tensor<Double>, name: String? = nil) -> Constraint {
    Constraint(g, .atMost(bound), name)
  }

  /// lower ≤ g ≤ upper.
  ///
  /// - Parameters:
  ///   - g: what is bounded.
  ///   - lower: the least values.
  ///   - upper: the largest ones.
  ///   - name: what results call it.
  public static func between(
    _ g: Tensor<Double>, _ lower: Tensor<Double>, _ upper: Tensor<Double>, name: String? = nil
  ) -> Constraint {
    Constraint(g, .between(lower, upper), name)
  }
}

/// The bounds of a constraint as the solver sees them: two numbers for each of its elements.
struct PlannedConstraint: Sendable {
  let name: String
  let shape: [Int]
  let lower: [Double]
  let upper: [Double]

  var count: Int { lower.count }

  /// The name of an element of all constraints: `constraint 1`, `balance[3]`.
  static func name(ofRow row: Int, _ constraints: [PlannedConstraint]) -> String {
    var start = 0
    for constraint in constraints {
      if row < start + constraint.count {
        return constraint.name + Tensor<Double>.zeros(constraint.shape).variableNames[row - start]
      }
      start += constraint.count
    }
    return "constraint [\(row)]"
  }
}

extension Constraint {
  /// The function and its bounds.
  ///
  /// - Parameter number: its place among the constraints.
  /// - Throws: `IpoptError.invalidBounds` if a bound does not fit.
  func planned(number: Int) throws(IpoptError) -> (bounds: PlannedConstraint, function: Tensor<Double>) {
    let name = name ?? "constraint \(number)"
    let count = expression.count
    func free(_ bound: Double) -> [Double] { Array(repeating: bound, count: count) }
    /// The elements of a bound; nil if they are not known yet.
    func elements(_ bound: Tensor<Double>) throws(IpoptError) -> [Double]? {
      guard bound.count == 1 || bound.shape == expression.shape else {
        throw IpoptError.invalidBounds(
          "\(name): a bound of shape \(bound.shape) for an expression of shape \(expression.shape); give one number or one for "
            + "each element")
      }
      guard let known = try? bound.readScalars() else { return nil }
      return known.count == count ? known : free(known[0])
    }
    func planned(_ lower: [Double], _ upper: [Double]) -> PlannedConstraint {
      PlannedConstraint(name: name, shape: expression.shape, lower: lower, upper: upper)
    }
    func difference(_ bound: Tensor<Double>) -> Tensor<Double> {
      expression - (bound.shape == expression.shape ? bound : bound.reshaped(to: []))
    }
    switch relation {
    case .equal(let value):
      guard let known = try elements(value) else { return (planned(free(0), free(0)), difference(value)) }
      return (planned(known, known), expression)
    case .atLeast(let bound):
      guard let known = try elements(bound) else { return (planned(free(0), free(.infinity)), difference(bound)) }
      return (planned(known, free(.infinity)), expression)
    case .atMost(let bound):
      guard let known = try elements(bound) else { return (planned(free(-.infinity), free(0)), difference(bound)) }
      return (planned(free(-.infinity), known), expression)
    case .between(let lower, let upper):
      guard let low = try elements(lower), let high = try elements(upper) else {
        throw IpoptError.invalidBounds(
          "\(name): bounds on both sides, one of which depends on variables or data; write two constraints")
      }
      return (planned(low, high), expression)
    }
  }
}
