// Compiled by `.ci/run`, which expects each of these to be refused: the engine has no kernels for further element types.
import Curvature

struct Mine: TensorScalar {
  static var elementType: ElementType<Mine> { ElementType(.float64) }
  var literal: Literal { .real(0) }
  init(literal: Literal) {}
}

struct Borrowed: TensorScalar {
  static var elementType: ElementType<Borrowed> { Double.elementType }
  var literal: Literal { .real(0) }
  init(literal: Literal) {}
}
