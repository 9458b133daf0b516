import SparseStructure
import TensorGraph

/// Functions in C that compute what a plan computes, for programs without Swift: robots, controllers, other languages.
///
/// <!-- swift let x = Tensor<Double>([1, 2, 3]) -->
/// ```swift
/// let plan = try SparseHessianPlan(like: x) { x in square(x[1...] - square(x[..<(-1)])).sum() }
/// let code = try plan.generateC("banana")
/// print(code.header)                                   // what to call, and how much memory to give
/// ```
///
/// The code is C99 and C++, needs nothing but the library of mathematics, allocates nothing and has no state, so that it may run on
/// many threads at once: each call is given memory of `NAME_MEMORY_BYTES` bytes, aligned for `double`. Loops stay loops, so that the
/// text grows with the operations of a function and not with its elements. Elementary functions are those of the engine; products of
/// matrices are summed in another order.
public struct GeneratedCode: Sendable {
  /// How a program calls the functions.
  public enum Interface: String, CaseIterable, Sendable {
    /// Pointers to elements: `int NAME(const double *x, double *value, ..., void *memory)`.
    case plain
    /// CasADi's external functions (`casadi.external`), besides: `NAME`, `jac_NAME` and so on, with their sparsities.
    case casadi
    /// The cnlp interface of nonlinear programs in shared libraries, version 0.1, besides: `NAME_new`, `NAME_obj`, `NAME_hess` and so on,
    /// of a ``LagrangianPlan``.
    case cnlp
    /// BridgeStan's functions of a log density, version 2.9, besides: `bs_log_density`, `bs_log_density_gradient` and so on.
    case bridgestan
  }

  /// What a plan has a function of.
  public enum Function: String, CaseIterable, Sendable {
    /// All results at once: the function that has the name itself.
    case all
    /// The value.
    case value
    /// The gradient.
    case gradient
    /// The Hessian, or its entries.
    case hessian
    /// The entries of the Jacobian.
    case jacobian
  }

  /// The functions' name, or what their names begin with.
  public let name: String
  /// The file `NAME.c`.
  public let source: String
  /// The file `NAME.h`.
  public let header: String
  /// The file `NAME_test.c`, a program that compares the functions with values that were computed here; nil if there was no point.
  public let testProgram: String?
  /// The file `CMakeLists.txt`: a library of the functions, and the test.
  public let buildFile: String

  /// The files by their names.
  public var files: [(name: String, text: String)] {
    [("\(name).c", source), ("\(name).h", header), ("CMakeLists.txt", buildFile)]
      + (testProgram.map { [("\(name)_test.c", $0)] } ?? [])
  }
}
