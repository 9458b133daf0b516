import TensorGraph

extension NewtonSearch {
  /// A variable along which the second derivative vanishes at the minimum to which the search has come, as that of x⁴ does at 0:
  /// nil if there is none.
  ///
  /// What is left of such a derivative says how near the search came, no more. It is next to nothing beside what it has been, and
  /// the step that is left still changes it by a good part: near the least xⁿ each Newton step leaves (n - 2) / (n - 1) of the way.
  func vanishingCurvature() throws(TensorError) -> Int? {
    guard let hessian else { return nil }
    let share = 4 * objective.precision.squareRoot().squareRoot()
    let free = freeVariables
    let suspects = free.filter { scales[$0] * scales[$0] < share * largestScales[$0] * largestScales[$0] }
    guard !suspects.isEmpty else { return nil }
    let slope = zip(gradient, scales).map { $0 / $1 }
    guard let newton = try hessian.scaled(by: scales).newtonStep(slope, free: free) else { return nil }
    let next = moved(by: zip(newton, scales).map { $0 / $1 })
    for i in suspects {
      let unit = point.indices.map { $0 == i ? 1.0 : 0 }
      let (here, there) = (hessian.times(unit)[i], try objective.product(next, unit)[i])
      if abs(there - here) > 0.1 * abs(here) { return i }
    }
    return nil
  }
}
