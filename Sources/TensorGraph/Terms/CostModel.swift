/// What a computation is expected to take.
package struct Cost: Sendable, Hashable {
  /// Expected time.
  package var nanoseconds: Double
  /// Multiplications and additions: 2 for a term of a sum of products, 1 for an elementwise product.
  package var flops: Double

  package init(nanoseconds: Double = 0, flops: Double = 0) {
    self.nanoseconds = nanoseconds
    self.flops = flops
  }

  package static let zero = Cost()
  /// What does not fit the memory budget.
  package static let impossible = Cost(nanoseconds: .infinity, flops: .infinity)

  /// Whether it fits the memory budget.
  package var isPossible: Bool { nanoseconds < .infinity }

  /// The number of operations, for people.
  package var operationsText: String { flops < 1e18 ? "\(Int(flops))" : isPossible ? "\(flops)" : "impossibly many" }

  package static func + (left: Cost, right: Cost) -> Cost {
    Cost(nanoseconds: left.nanoseconds + right.nanoseconds, flops: left.flops + right.flops)
  }

  package static func += (left: inout Cost, right: Cost) { left = left + right }

  package static func * (cost: Cost, factor: Double) -> Cost {
    Cost(nanoseconds: cost.nanoseconds * factor, flops: cost.flops * factor)
  }

  package static func < (left: Cost, right: Cost) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// Rates by which plans are compared. Data, not code: another machine has another model.
package struct CostModel: Sendable {
  /// Nanoseconds per multiplication or addition in a large matrix product.
  package var productFlop = 0.02
  /// Nanoseconds per element written by an elementwise step, reads included.
  package var element = 0.25
  /// Nanoseconds per element picked by a table.
  package var gatheredElement = 0.6
  /// Nanoseconds per step, whatever its size.
  package var step = 400.0
  /// Nanoseconds per matrix product of a batch, whatever its size.
  package var batchedProduct = 60.0
  /// Nanoseconds that a group of terms must take for other forms of it to be tried.
  package var planningThreshold = 4000.0
  /// Nanoseconds for a unit of planning work, `PlanningWork`.
  package var planningUnit = 100.0
  /// How much of what a single evaluation takes densely may be spent on a plan for it.
  package var planningShare = 0.5
  /// The largest intermediate, in elements.
  package var elementBudget = 1e8

  package static let `default` = CostModel()

  /// A step that writes elements one by one.
  package func elementwise(_ elements: Double) -> Cost {
    elements > elementBudget ? .impossible : Cost(nanoseconds: step + element * elements, flops: elements)
  }

  /// A step that copies elements by a table.
  package func gather(_ elements: Double) -> Cost {
    elements > elementBudget ? .impossible : Cost(nanoseconds: step + gatheredElement * elements, flops: 0)
  }

  /// A batch of matrix products m × k × n.
  package func product(batch: Double, m: Double, n: Double, k: Double) -> Cost {
    guard batch * m * n <= elementBudget else { return .impossible }
    let flops = 2 * batch * m * n * k
    let traffic = batch * (m * k + k * n + m * n)
    let thin = min(m, n, k)
    // A thin product is limited by memory, and a tiny one by the call.
    let rate = thin >= 16 ? productFlop : productFlop * (thin >= 8 ? 1.5 : 3)
    let time = max(flops * rate, traffic * element * 0.5) + batchedProduct * batch
    return Cost(nanoseconds: step + time, flops: flops)
  }
}
