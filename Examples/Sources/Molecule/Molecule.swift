import Curvature
import ExampleSupport

/// Thirteen atoms of a noble gas: the best shape of the cluster, and its vibrations, from the exact Hessian of the
/// Lennard-Jones energy over gathered pairs.
@main struct Molecule {
  static func main() throws {
    let atoms = 13
    let pairs = (0..<atoms).flatMap { i in (0..<i).map { (Int64(i), Int64($0)) } }
    let (first, second) = (Tensor(pairs.map(\.0)), Tensor(pairs.map(\.1)))

    func energy(_ x: Tensor<Double>) -> Tensor<Double> {
      let r = x.reshaped(to: [atoms, 3])
      let inverse = 1 / square(r.gathered(at: first) - r.gathered(at: second)).sum(axis: 1)
      let sixth = inverse * inverse * inverse
      return 4 * (sixth * sixth - sixth).sum()
    }

    // An icosahedron with one atom inside, moved a little.
    let golden = 1.618033988749895
    var places: [[Double]] = [[0, 0, 0]]
    for (a, b) in [(1.0, golden), (1.0, -golden), (-1.0, golden), (-1.0, -golden)] {
      places += [[0, a, b], [a, b, 0], [b, 0, a]]
    }
    let start = 0.58 * Tensor<Double>(places).flattened() + 0.03 * sin(Tensor<Double>.arange(3 * atoms) * 2.3)
    let cluster = try minimize(from: start, of: energy)
    // Three shifts and three turns cost nothing.
    let frequencies = sqrt(hessian(at: cluster.point, of: energy)[...].symmetricEigen.values[6...])

    var comparison = try Comparison("Molecule")
    comparison.check("energy", cluster.value, within: 1e-8)
    comparison.check("lowest frequency", frequencies[0].item())
    comparison.check("highest frequency", frequencies[-1].item())
    comparison.check("zero-point energy", 0.5 * frequencies.sum().item())
    comparison.finish()
  }
}
