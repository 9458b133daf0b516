/// Where a search for a minimum ended, and what is known about it.
public struct MinimizationResult<Point> {
  /// The best point found, in the form of the start.
  public let point: Point
  /// The value there.
  public let value: Double
  /// The gradient there, in the form of the start.
  public let gradient: Point
  /// The length of the gradient in the variables that no bound holds.
  public let gradientNorm: Double
  /// Why the search ended.
  public let stop: StopReason
  /// What the second derivatives say about the point.
  public let curvature: PointCurvature
  /// Steps taken.
  public let iterations: Int
  /// What they took.
  public let counts: EvaluationCounts
  /// A name for each variable, in the order of `curvature.direction`.
  public let variableNames: [String]

  /// Whether the search came to a stationary point that is a minimum as far as second derivatives tell: not a saddle.
  public var isConverged: Bool { stop.isConverged && curvature.kind != .saddle }

  /// The same with the point in another form.
  public func map<Other>(_ form: (Point) throws -> Other) rethrows -> MinimizationResult<Other> {
    .init(
      point: try form(point), value: value, gradient: try form(gradient), gradientNorm: gradientNorm, stop: stop,
      curvature: curvature, iterations: iterations, counts: counts, variableNames: variableNames)
  }
}

extension MinimizationResult: Sendable where Point: Sendable {}

extension MinimizationResult: CustomStringConvertible {
  /// Value, reason and kind of the point in two lines; the point itself follows.
  public var description: String {
    "value \(value), gradient \(NumberText.scientific(gradientNorm, digits: 2)): \(stop.explanation)\n"
      + "\(curvatureText) after \(iterations) iteration\(iterations == 1 ? "" : "s") (\(counts))\n\(point)"
  }

  /// The kind of the point in words, with the direction where it is no minimum.
  public var curvatureText: String {
    let direction = curvature.directionText(variableNames)
    let held =
      curvature.heldVariables == 0
      ? "" : ", \(curvature.heldVariables) variable\(curvature.heldVariables == 1 ? "" : "s") held by bounds"
    guard stop.isConverged || curvature.kind == .unknown else {
      return "no stationary point" + held
        + (direction.map { "; the least curvature is along \($0)" } ?? "")
    }
    return switch curvature.kind {
    case .minimum: "a local minimum" + held
    case .saddle: "a saddle, the value falls along \(direction ?? "")" + held
    case .singular: "a stationary point that is not determined along \(direction ?? "")" + held
    case .unknown: "a point of which the second derivatives are not known" + held
    }
  }
}

/// The state of a search after one of its steps.
public struct MinimizationIterate<Point> {
  /// How many steps have been taken: 0 at the start.
  public let iteration: Int
  /// The point reached.
  public let point: Point
  /// The value there.
  public let value: Double
  /// The length of the gradient in the variables that no bound holds.
  public let gradientNorm: Double
  /// What the search has taken so far.
  public let counts: EvaluationCounts
}

extension MinimizationIterate: Sendable where Point: Sendable {}

extension MinimizationIterate: CustomStringConvertible {
  public var description: String {
    "iteration \(iteration): value \(NumberText.scientific(value, digits: 10)), gradient "
      + NumberText.scientific(gradientNorm, digits: 2)
  }
}
