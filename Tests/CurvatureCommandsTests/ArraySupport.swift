import Curvature
import TensorGraph

/// An array value from its elements, for short test tables.
func array(_ shape: [Int], _ elements: [some TensorScalar]) -> ArrayValue {
  ArrayValue(shape: shape, storage: Storage(elements))
}
