/// Why a search for a minimum ended.
public enum StopReason: String, CaseIterable, Hashable, Sendable {
  /// The gradient vanishes: a full Newton step is foretold to lower the value by no more than the tolerance allows.
  case gradient
  /// No step lowers the value by more than rounding.
  case value
  /// No step moves the point by more than rounding.
  case step
  /// The most steps that were allowed have been taken.
  case iterationLimit
  /// The value falls below every bound.
  case unbounded
  /// Variables grow without end while the value approaches a limit that it does not reach, as it does where data separate the
  /// classes of a logistic regression.
  case receding
  /// No step lowers the value, but the gradient does not vanish: the function has a kink here, or is computed with more noise
  /// than its derivatives.
  case noProgress
  /// The value or a derivative at the start is infinite or NaN.
  case notFiniteAtStart
  /// The task was cancelled.
  case cancelled

  /// Whether the search came to a stationary point.
  public var isConverged: Bool {
    switch self {
    case .gradient, .value, .step: true
    case .iterationLimit, .unbounded, .receding, .noProgress, .notFiniteAtStart, .cancelled: false
    }
  }

  /// The reason in words.
  public var explanation: String {
    switch self {
    case .gradient: "the gradient vanishes"
    case .value: "the value cannot be lowered by more than rounding"
    case .step: "steps are as small as rounding"
    case .iterationLimit: "the most steps that were allowed have been taken; allow more, or go on from this point"
    case .unbounded: "the value falls below every bound; give bounds, or minimize another function"
    case .receding:
      "variables grow without end while the value approaches a limit; give bounds, or add a term that holds them"
    case .noProgress:
      "no step lowers the value although the gradient does not vanish; the function may have a kink here, or noise"
    case .notFiniteAtStart: "the function or its derivatives are not finite at the start; start elsewhere"
    case .cancelled: "the task was cancelled"
    }
  }
}

/// What a search has taken so far.
public struct EvaluationCounts: Hashable, Sendable, CustomStringConvertible {
  /// Values of the function.
  public var values = 0
  /// Gradients.
  public var gradients = 0
  /// Whole Hessians.
  public var hessians = 0
  /// Products of Hessians with directions, whole Hessians not counted.
  public var hessianProducts = 0
  /// Diagonals of Hessians, each as much work as a few products.
  public var hessianDiagonals = 0
  /// Factorizations for steps: of sparse matrices, and of dense ones of many variables.
  public var factorizations = 0

  /// Nothing yet.
  public init() {}

  /// What there is of each: `28 values, 24 gradients`.
  public var description: String {
    let parts = [
      (values, "values"), (gradients, "gradients"), (hessians, "Hessians"), (hessianProducts, "Hessian products"),
      (hessianDiagonals, "Hessian diagonals"), (factorizations, "factorizations"),
    ]
    return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}

/// How the quadratic model of each step is minimized.
public enum MinimizationMethod: Sendable {
  /// `dense` up to 300 variables, `matrixFree` beyond.
  case automatic
  /// With the whole Hessian and its factors: fewest steps, and a point that is accurate to rounding. O(N³) a step.
  case dense
  /// With the non-zeros of the Hessian and their factors by a library: as accurate as `dense`, for many variables of which each
  /// meets few others.
  case sparse(any SparseFactorizer)
  /// By conjugate gradients with Hessian products: memory for a few vectors. Where the Hessian's diagonal costs no more than a
  /// few products, variables are scaled by it, as Jacobi's preconditioner does; otherwise they should have like scales.
  case matrixFree

  /// What is done for some number of variables.
  func resolved(count: Int) -> SearchMethod {
    switch self {
    case .automatic: count <= 300 ? .dense : .products
    case .dense: .dense
    case .sparse(let factorizer): .sparse(factorizer)
    case .matrixFree: .products
    }
  }
}

/// What a search computes of second derivatives.
enum SearchMethod: Sendable {
  case dense
  case sparse(any SparseFactorizer)
  case products

  /// Whether it is the whole Hessian.
  var usesMatrix: Bool { if case .products = self { false } else { true } }
}
