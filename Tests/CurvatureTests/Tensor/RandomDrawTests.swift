import Curvature
import Foundation
import Testing

@Suite("Random draws that can be differentiated") struct RandomDrawTests {
  private static let concentrations = Tensor<Double>([0.05, 0.3, 0.9, 1, 1.5, 4, 30, 400])

  @Test("A draw of the gamma distribution is the quantile of its number") func quantiles() {
    for seed in 0..<20 {
      var generator = SeededGenerator(seed: UInt64(seed))
      let z = Tensor.randomGamma(concentration: Self.concentrations, using: &generator)
      generator = SeededGenerator(seed: UInt64(seed))
      let margin = Double.ulpOfOne / 2
      let u = (0..<8).map { _ in Double.random(in: margin..<(1 - margin), using: &generator) }
      let p = incompleteGamma(Self.concentrations, z).scalars
      #expect(zip(p, u).allSatisfy { abs($0 - $1) < 1e-12 }, "\(seed): \(p), expected \(u)")
    }
  }

  @Test("Derivatives of draws to third order by differences") func derivatives() throws {
    let concentrations = Tensor<Double>([0.4, 1.2, 3, 9])
    let check = try checkDerivatives(
      of: { a in
        var generator = SeededGenerator(seed: 5)
        let z = Tensor.randomGamma(concentration: a, using: &generator)
        return (z * z).sum() + sin(z).sum()
      }, at: concentrations, order: 3)
    #expect(check.isPassed, "\(check)")
    let bounds = try checkDerivatives(
      of: { x in
        var generator = SeededGenerator(seed: 6)
        let z = Tensor.randomTruncatedNormal(lower: x[0..<3], upper: x[3..<6], using: &generator)
        return (z * z * z).sum()
      }, at: Tensor<Double>([-1, 0.5, 4, 0.5, 2, 6]), order: 3)
    #expect(bounds.isPassed, "\(bounds)")
  }

  @Test("Means are those of the distributions") func means() {
    var generator = SeededGenerator(seed: 1)
    let count = 20000
    let z = Tensor.randomGamma(concentration: Tensor<Double>.full([count], 2.5), using: &generator)
    #expect(abs(z.mean().scalars[0] - 2.5) < 0.05)
    let t = Tensor.randomTruncatedNormal(
      lower: Tensor<Double>.full([count], 3), upper: Tensor<Double>.full([count], 50), using: &generator)
    #expect(t.scalars.allSatisfy { $0 >= 3 - 1e-12 })
    // φ(3) / (1 - Φ(3))
    #expect(abs(t.mean().scalars[0] - 3.2831) < 0.01)
  }
}
