/// How the entries of a derivative matrix are computed.
///
/// All methods give equal values; they differ in the number of products. Which is expected to be cheapest is chosen
/// unless `evaluationMethod` is set.
public enum EvaluationMethod: String, CaseIterable, Hashable, Sendable, Codable {
  /// Rows or columns one by one, or the whole by its structure: for matrices that are full, or small.
  case dense
  /// Groups of columns (or rows) that have no row (column) in common, one product for each group.
  case colors
  /// The entries themselves, where deltas in the derivative's terms tie rows to columns: bands, blocks and borders, with
  /// no products. Groups where there are no such terms, and for a few entries.
  case terms
}

/// What a lazy matrix has decided about its sparsity.
struct SparseState {
  /// The user's choice, if there is one.
  var override: EvaluationMethod?
  /// The choice by cost, once it was made.
  var choice: EvaluationMethod?
  /// Whether it was weighed up, for a read, whether looking for structure is worth it; and how many lines were asked
  /// for then.
  var linesWeighed = 0
  /// Rows and columns that were computed one by one although groups were known.
  var linesSpent = 0
  /// Products with the groups of the colouring.
  var groups: LineProducts?
}
