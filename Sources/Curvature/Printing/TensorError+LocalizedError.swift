import Foundation
import TensorGraph

extension TensorError: LocalizedError {
  /// The message, also where an error is shown by `localizedDescription`.
  public var errorDescription: String? { message }
}
