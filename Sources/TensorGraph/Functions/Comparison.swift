/// Comparisons of two elements; the result is a mask.
package enum Comparison: String, CaseIterable, Hashable, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

/// Operations on masks.
package enum LogicalFunction: String, CaseIterable, Hashable, Sendable {
  case and, or, not

  package var arity: Int { self == .not ? 1 : 2 }
}
