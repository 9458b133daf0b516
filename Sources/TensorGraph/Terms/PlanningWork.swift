/// How much planning a derivative is worth.
package enum PlanningEffort: Hashable, Sendable {
  /// For one evaluation: planning takes a fraction of what it can save, or too little to be noticed.
  case once
  /// For a plan that is evaluated often: as much as nobody waits for.
  case often
  /// As many units as the caller says.
  case units(Int)

  /// Whether what was planned so serves who wants another effort: less, or the same.
  package func serves(_ other: PlanningEffort) -> Bool {
    switch (self, other) {
    case (.units(let own), .units(let wanted)): own >= wanted
    case (.units(let own), .once), (.units(let own), .often): own >= Self.mostUnitsOfPlans
    case (_, .once), (.often, .often): true
    case (.once, .often), (.once, .units), (.often, .units): false
    }
  }

  /// The units of work that planning may take where dense directions cost so much.
  package func budget(dense: Cost, model: CostModel = .default) -> Int {
    let share = model.planningShare * dense.nanoseconds / model.planningUnit
    let (least, most, limit) = (Double(Self.leastUnits), Double(Self.mostUnits), Double(Self.mostUnitsOfPlans))
    switch self {
    // Of what takes much longer densely than planning a hundredth of the share is not noticed.
    case .once: return Int(min(max(share, least), max(most, min(share / 100, limit))))
    case .often: return Int(min(max(share, most), limit))
    case .units(let units): return max(0, units)
    }
  }

  /// About 3 ms.
  package static let leastUnits = 30_000
  /// About 20 ms.
  package static let mostUnits = 200_000
  /// About 0.4 s, for plans in place of dense directions that take as long in each evaluation, or very long.
  package static let mostUnitsOfPlans = 4_000_000
}

/// The work of planning, counted where it is done. Counted rather than timed, so that a graph has the same plan in every
/// run.
///
/// A unit is a look at an index of a factor: about a tenth of a microsecond (`CostModel.planningUnit`). Each stage
/// leaves something to the next: past its share, terms are no longer pushed, no longer improved, no longer realised.
package final class PlanningWork {
  /// The units that may be spent.
  package let budget: Int
  /// The units that were spent. No more than one step of a stage beyond the budget.
  package private(set) var spent = 0

  package init(budget: Int = .max) { self.budget = budget }

  package func spend(_ units: Int) { spent += min(units, 1 << 40) }

  /// Whether terms may be pushed on through the graph.
  var allowsPushing: Bool { spent <= share(0.5) }

  /// The units that are left for that.
  var restForPushing: Int { share(0.5) - spent }

  /// Whether other forms of terms may be tried.
  var allowsSearch: Bool { spent <= share(0.75) }

  /// Ends planning once all is spent.
  func requireRest() throws(PlanningLimit) { if spent > budget { throw PlanningLimit() } }

  private func share(_ part: Double) -> Int { budget == .max ? .max : Int(part * Double(budget)) }
}

/// Planning took all its budget, or found nothing that fits the memory: dense directions are pushed instead.
struct PlanningLimit: Error {}
