// Compiled by `.ci/run` under a time limit per expression, never run: operators on tensors, scalars and literals must
// stay cheap for the type checker, whatever is mixed in one formula.
import Curvature

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

// Lazy matrices in formulas: operators of the library beside those of tensors, in one expression.

typealias H = Hessian<Double>

func matricesAndTensors(_ h: H, _ j: Jacobian<Double>, _ a: T, _ b: T) -> T {
  h * a + j - a * b / (h + b) + matmul(h, a) * b - j * j + (a - h) * (j - b)
}

func matricesAndLiterals(_ h: H, _ x: T) -> T {
  2 * h - 0.5 * x * x + (1 - h) * (1 - x) + h / 3 - 3 * x / (1 + h * h) + 2
}

func matricesAndScalars(_ h: H, _ x: T, _ s: Double, _ t: Double) -> T {
  s * h - t * x * x + (1 - h) * (t - x) + h / s - t * x / (1 + s * h * h) + 2 * s
}

func comparisons(_ h: H, _ x: T, _ s: Double) -> Tensor<Bool> {
  ((2 * h + x) .> (s - h)) .& (h .< 1) .| (0.5 * x - 1 .>= h * s) .& (1 .!= h)
}

func indices(_ h: H, _ x: T) -> T {
  h[0, 1...] * x[-3..., .newAxis] + h[.every(-1), 0] * 2 - h[..., 0] * h[-1]
}

func moreIndices(_ h: H, _ x: T) -> T {
  h[..., [0, 2, 1]] / x[1..<4, ..<(-1)] + x[1..<4] * x[..<3] - x[2...]
}

func plainNumbers(_ x: Double, _ y: [Double]) -> Double {
  max(1, y.map(abs).max() ?? 1) + min(0.5, x) * max(x, 2) + y.reduce(0) { max($0, abs($1)) } - x * 2 + 3 / x
}

// Numbers that come out of functions beside literals, as in Adam's step and in likelihoods.

func steps(_ w: T, _ m: T, _ v: T, _ step: Double, _ rate: Double, _ b: Double, _ c: Double) -> T {
  w - rate * (m / (1 - pow(b, step))) / (sqrt(v / (1 - pow(c, step))) + 1e-8)
}

func stepsInPlace(_ w: inout T, _ m: T, _ v: T, _ step: Int) {
  w -= 0.01 * (m / (1 - pow(0.9, Double(step)))) / (sqrt(v / (1 - pow(0.999, Double(step)))) + 1e-8)
}

func likelihoods(_ t: T, _ n: Double) -> [T] {
  let a = t + 100 * log(2 * Double.pi)
  let b = t * (1 - pow(n, 2)) - exp(-n) * t
  let c = t + 0.5 * n * log(2 * .pi) - tanh(n / 2) * t
  let d = t + 3 * sqrt(n) - 3 * sin(n)
  return [a, b, c, d]
}

func collocation(_ x: T, _ v: T, _ h: Double) -> T {
  let gap = x[1...] - x[..<(-1)] - h / 2 * (v[1...] + v[..<(-1)])
  let turn = x[0] - x[-1] - h / 2 * (v[0] + v[1])
  return gap + turn + x[-3...] * v[..<3]
}
