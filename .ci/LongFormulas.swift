// Compiled by `.ci/run` under a time limit per expression, never run: operators on tensors, scalars and literals must
// stay cheap for the type checker, whatever is mixed in one formula.
import TensorGraph

typealias T = Tensor<Double>

func tensorsOnly(_ a: T, _ b: T, _ c: T, _ d: T) -> T {
  a * b + c * d - a * c / (b + d) + a * a * b - d * d + (a - b) * (c - d)
}

func tensorsAndLiterals(_ x: T, _ y: T) -> T {
  100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x) + 0.5 * x * y - 3 * x / (1 + y * y) + 2
}

func tensorsAndScalars(_ x: T, _ y: T, _ s: Double, _ t: Double) -> T {
  s * (y - x * t) * (y - s * x) + (1 - x) * (t - x) + 0.5 * x * y * s - t * x / (1 + s * y * y) + 2 * s
}

func functions(_ b: [T], _ x: T) -> T {
  b[0] * exp(-b[1] * x) + b[2] * exp(-(x - b[3]) * (x - b[3]) / (b[4] * b[4])) + 2 * b[5] * exp(-b[6] * x / 3) - 1
}
