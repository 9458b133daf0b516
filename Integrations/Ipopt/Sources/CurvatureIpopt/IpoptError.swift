/// Something wrong with what the solver was given; what becomes of a search is told by its result, and is no error.
public enum IpoptError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no option of this name. `near` has the names that may be meant.
  case unknownOption(String, near: [String])
  /// An option does not take this value.
  case refusedOption(String, value: String)
  /// Bounds have another form than what they bound, or no number lies between them.
  case invalidBounds(String)
  /// The start, multipliers or functions have another form than the problem, or numbers that are not finite.
  case invalidStart(String)
  /// A search was begun by a closure that another search called.
  case nested

  /// What was wrong and what to do about it.
  public var description: String {
    switch self {
    case .unknownOption(let name, let near):
      "Ipopt has no option '\(name)'"
        + (near.isEmpty
          ? "; its options are in its documentation"
          : "; did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?")
    case .refusedOption(let name, let value):
      "Ipopt's option '\(name)' does not take the value \(value); its documentation has those that it takes"
    case .invalidBounds(let text), .invalidStart(let text): text
    case .nested:
      "a search was begun while another calls `onIterate`; Ipopt's linear solver is not reentrant: begin it when the other has "
        + "ended"
    }
  }
}
