import SparseStructure
import TensorGraph

/// The non-zeros of a derivative as a part of a plan.
struct PlannedNonzeros: Sendable {
  /// The values in row order of the pattern.
  let values: Node
  /// Where they stand.
  let pattern: SparsityPattern
  let method: EvaluationMethod
  private let cost: Cost
  private let steps: String

  /// - Parameter method: how to compute; nil for what is expected to be cheapest. Groups where there are no terms.
  init(_ derivative: Derivative, _ triangle: StoredTriangle, _ method: EvaluationMethod?) throws(TensorError) {
    pattern = try derivative.pattern().part(triangle)
    let wanted = if let method { method } else { try derivative.cheapestMethod(of: triangle, .often) }
    // Who asks for terms wants them whatever it takes to find them.
    let effort = method == .terms ? PlanningEffort.units(PlanningEffort.mostUnitsOfPlans) : .often
    let isThere = try derivative.program(.nonzeros(wanted, triangle), effort: effort).isWorthwhile
    self.method = isThere ? wanted : .colors
    let request = DerivativeRequest.nonzeros(self.method, triangle)
    let program = try derivative.program(request, effort: effort)
    values = try derivative.expression(request, effort: effort)!
    (cost, steps) = (program.cost, program.steps)
  }

  /// The values as a result of a plan.
  func result(
    _ name: String, _ part: (SparsityPattern) -> PlanSingularities.Part, _ singularities: PlanSingularities?
  ) -> PlanProgram.Result {
    .init(node: values, name: name, derivative: (singularities, part(pattern)))
  }

  /// What will be done, and its expected cost.
  func text(_ name: String) -> String {
    let microseconds = (cost.nanoseconds / 100).rounded() / 10
    return "\(name): \(pattern.summary)\n\(steps)\n"
      + "expected: \(cost.operationsText) operations, \(microseconds) µs"
  }
}

extension SparsityPattern {
  /// This pattern, or a triangle of it.
  func part(_ triangle: StoredTriangle) -> SparsityPattern {
    switch triangle {
    case .lower: lowerTriangle()
    case .upper: upperTriangle()
    case .both: self
    }
  }
}
