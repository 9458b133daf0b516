import Synchronization
import TensorGraph

/// Single second derivatives of a scalar: forward mode along one unit direction, and along another through that.
///
/// The directions stay unit directions for as long as the graph lets them, and there is no reverse sweep, so that an
/// entry costs little more than the function. A whole line is the better buy as soon as it serves a second entry.
final class SecondDerivatives: Sendable {
  private let function: Node
  private let variable: Node
  private let program = Mutex<BoundProducts?>(nil)

  init(of function: Node, in variable: Node) {
    self.function = function
    self.variable = variable
  }

  /// Lines shorter than this are as cheap as an entry.
  private static let worthwhileCount = 4096

  /// Whether an entry is expected to be cheaper than a line.
  var areWorthwhile: Bool { variable.shape.count >= Self.worthwhileCount }

  /// One entry of the Hessian.
  func evaluate(row: Int, column: Int) throws(TensorError) -> Storage {
    let bound = try program.withLock { program throws(TensorError) in
      if let program { return program }
      let fresh = try ProductTemplates.shared.products(of: function, in: variable, .entry, groups: nil)
      program = fresh
      return fresh
    }
    return try bound([row], [column])
  }
}
