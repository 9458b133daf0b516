import Curvature
import CurvatureCommands
import TensorGraph

/// An array value from its elements, for short test tables.
func array(_ shape: [Int], _ elements: [some TensorScalar]) -> ArrayValue {
  ArrayValue(shape: shape, storage: Storage(elements))
}

extension ArrayValue {
  /// All elements as doubles.
  var doubles: [Double] { (0..<count).map { self[$0] } }
}

extension Tool.Outcome {
  var outputText: String { String(decoding: output, as: UTF8.self) }
}
