import Synchronization

#if os(Linux) && canImport(Runtime)
  import Runtime
#endif

/// Stops the program with a message that names the user's line: operators and properties cannot be told where they are
/// called, so that it is read off the stack.
///
/// The line is missing where the platform has no backtraces or the program has no debug information.
package func stop(_ message: String) -> Never {
  #if os(Linux) && canImport(Runtime)
    if let line = userLine() { fatalError("\(message)\n  called at \(line)") }
  #endif
  fatalError(message)
}

#if os(Linux) && canImport(Runtime)
  /// The innermost line of the stack that is not this package's, nil if it is not known.
  private func userLine() -> String? {
    // Three folders up from here: what lies in `Sources` is ours.
    let sources =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/"
    guard let stack = try? Backtrace.capture(limit: 256), let frames = stack.symbolicated()?.frames else { return nil }
    for frame in frames {
      // Generated code has line 0, and the standard library no source file at all.
      guard let place = frame.symbol?.sourceLocation, place.line > 0, place.path.hasSuffix(".swift"),
        !place.path.hasPrefix(sources), !place.path.hasPrefix("<")
      else { continue }
      return "\(place.path):\(place.line)"
    }
    return nil
  }
#endif

/// Where long computations end when they are not wanted any more.
package enum Cancellation {
  @TaskLocal static var isIgnored = false
  private static let isRequested = Atomic(false)

  /// Ends all computations of this process that can throw.
  package static func request() { isRequested.store(true, ordering: .relaxed) }

  /// - Parameter text: what was done, of what, and what is kept.
  /// - Throws: if the task was cancelled, or all computations are to end.
  package static func check(_ text: () -> String) throws(TensorError) {
    guard Task.isCancelled || isRequested.load(ordering: .relaxed), !isIgnored else { return }
    throw TensorError(text(), isCancellation: true)
  }
}

/// The result of something that throws, where a caller made a mistake that ends the program.
package func checked<Result>(_ body: @autoclosure () throws(TensorError) -> Result) -> Result {
  checked(body) { error in stop((MistakeScope.current?.value ?? error).message) }
}

/// Likewise; in `TensorError.catching` the mistake is noted and something stands for the result.
package func checked<Result>(
  _ body: @autoclosure () throws(TensorError) -> Result, else substitute: @autoclosure () -> Result
) -> Result {
  checked(body) { error in
    guard let scope = MistakeScope.current else { stop(error.message) }
    scope.note(error)
    return substitute()
  }
}

/// What stands for the result of a call with a mistake: stops the program; in `TensorError.catching` the mistake is noted.
package func mistake<Result>(_ message: String, else substitute: @autoclosure () -> Result) -> Result {
  checked(try { () throws(TensorError) -> Result in throw TensorError(message) }(), else: substitute())
}

private func checked<Result>(
  _ body: () throws(TensorError) -> Result, recover: (TensorError) -> Result
) -> Result {
  do {
    return try body()
  } catch {
    guard error.isCancellation else { return recover(error) }
    // Who cannot throw goes on to the end.
    return Cancellation.$isIgnored.withValue(true) {
      do throws(TensorError) { return try body() } catch { return recover(error) }
    }
  }
}

/// The first of the errors that several tasks or operations come upon.
package final class FirstError: Sendable {
  private let error = Mutex<TensorError?>(nil)

  package init() {}

  package var value: TensorError? { error.withLock { $0 } }

  package func note(_ next: TensorError) { error.withLock { $0 = $0 ?? next } }

  /// Throws it, if there was one.
  package func check() throws(TensorError) { if let value { throw value } }
}

/// Where the first mistake made in a call of `TensorError.catching` is noted.
private enum MistakeScope {
  @TaskLocal static var current: FirstError?
}

extension TensorError {
  /// Runs `body` so that operations that cannot be made throw in the end instead of stopping the program.
  ///
  /// <!-- swift let a = Tensor<Double>.eye(2), b = Tensor<Double>.eye(2), c = Tensor<Double>.ones(2) -->
  /// ```swift
  /// let y = try TensorError.catching { matmul(a, b) + c }    // shapes from outside
  /// ```
  /// An operation that cannot be made leaves a tensor without elements, and `body` goes on; its shape is that of a scalar or
  /// of an operand, so check `rank` before indexing a `shape`. What is read in `body` is read by the forms that throw, such
  /// as `readScalars()`.
  /// - Throws: the first mistake, or what `body` throws if there was none.
  public static func catching<Result>(_ body: () throws -> Result) throws -> Result {
    let scope = FirstError()
    let outcome = MistakeScope.$current.withValue(scope) { Swift.Result { try body() } }
    try scope.check()
    return try outcome.get()
  }
}

extension Node {
  /// What stands for an operation that could not be made: it has no elements.
  package static func missing(_ shape: Shape, _ scalarType: ScalarType) -> Node { Node(.input(shape, scalarType)) }

  /// What stands for a result of this one's shape and type.
  package var missing: Node { .missing(shape, scalarType) }
}

extension Tensor {
  /// What stands for a result of unknown shape.
  static var missing: Tensor { Tensor(Node.missing(.scalar, Scalar.scalarType)) }

  /// What stands for a result of this one's shape.
  package var missing: Tensor { Tensor(node.missing) }

  /// The result of an operation; stops the program if it cannot be made.
  package init(checking body: @autoclosure () throws(TensorError) -> Node) {
    self.init(checked(try body(), else: .missing(.scalar, Scalar.scalarType)))
  }
}
