import Curvature
import TestSupport
import Testing

/// A symmetric matrix with given eigenvalues: reflections of a diagonal.
func symmetricMatrix(_ values: [Double], seed: UInt64) -> Tensor<Double> {
  var generator = RepeatableGenerator(seed: seed)
  let n = values.count
  var a = DenseMatrix(rows: n, columns: n)
  for i in 0..<n { a[i, i] = values[i] }
  for _ in 0..<3 {
    let v = generator.reals(n)
    let square = v.reduce(0) { $0 + $1 * $1 }
    var reflection = DenseMatrix.identity(n)
    for i in 0..<n { for j in 0..<n { reflection[i, j] -= 2 * v[i] * v[j] / square } }
    var next = DenseMatrix(rows: n, columns: n)
    for j in 0..<n {
      let column = a.times((0..<n).map { reflection[$0, j] })
      for (i, x) in reflection.times(column).enumerated() { next[i, j] = x }
    }
    a = next
  }
  var elements = [Double](repeating: 0, count: n * n)
  for i in 0..<n { for j in 0..<n { elements[i * n + j] = (a[i, j] + a[j, i]) / 2 } }
  return Tensor(elements).reshaped(to: [n, n])
}

/// The eigenvalues of a symmetric matrix, ascending.
func eigenvalues(_ a: Tensor<Double>) throws -> [Double] {
  let n = a.shape[0]
  return try SymmetricEigenDecomposition(DenseMatrix(rows: n, columns: n, rowMajor: a.scalars)).values
}

/// P⁻¹ by its products with units.
func inverse<Scalar: DifferentiableScalar>(of preconditioner: Preconditioner<Scalar>) throws -> Tensor<Double> {
  let units = Tensor<Scalar>.eye(preconditioner.rowCount)
  return Tensor<Double>(Tensor.stack(try (0..<preconditioner.rowCount).map { try preconditioner.solve(units[$0]) }))
}

/// Requires that P⁻¹ is symmetric and positive definite; gives it.
func expectDefinite<Scalar: DifferentiableScalar>(_ preconditioner: Preconditioner<Scalar>) throws -> Tensor<Double> {
  let found = try inverse(of: preconditioner)
  let tolerance = 100 * Double(Scalar.ulpOfOne)
  let size = found.scalars.map { abs($0) }.max() ?? 0
  #expect(found.isClose(to: found.transposed(), relative: 0, absolute: tolerance * size), "\(preconditioner)")
  #expect(try eigenvalues(found).allSatisfy { $0 > 0 }, "\(preconditioner)")
  return found
}

/// Some vector.
func rightHandSide(_ n: Int) -> Tensor<Double> { sin(7 * Tensor<Double>.linspace(1, 2, n)) }
