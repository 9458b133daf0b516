import Curvature
import Foundation
import TensorGraph
import Testing

@Suite("Checks of derivatives") struct DerivativeCheckTests {
  @Test("Smooth functions pass to third order") func passes() throws {
    let x = Tensor<Double>([0.5, -1.25, 2, 0.75])
    let check = try checkDerivatives(of: { x in (exp(sin(x)) * x[0]).sum() + x.sum() * x[3] * x[3] }, at: x, order: 3)
    #expect(check.isPassed && check.suspect == nil, "\(check)")
    #expect(check.orders.map(\.count) == [4, 16, 64])
    let matrix = Tensor<Double>([4, 1, 0.5, 1, 3, 0.25, 0.5, 0.25, 2], shape: [3, 3])
    let matrices = try checkDerivatives(of: { $0.cholesky.sum() + $0.inverse.sum() * $0.determinant }, at: matrix)
    #expect(matrices.isPassed, "\(matrices)")
  }

  @Test("Symmetric functions of eigenvalues pass where these repeat") func repeatedEigenvalues() throws {
    let check = try checkDerivatives(
      of: { x in
        let values = x.symmetricEigen.values
        return (values * log(values)).sum()
      }, at: Tensor<Double>([2, 0, 0, 2], shape: [2, 2]))
    #expect(check.isPassed, "\(check)")
  }

  @Test("Single precision is judged by its own precision") func single() throws {
    let check = try checkDerivatives(of: { (tanh($0) * $0).sum() }, at: Tensor<Float>([0.5, -1.25, 2]))
    #expect(check.isPassed, "\(check)")
  }

  @Test("Several elements are summed with weights that tell them apart") func vectors() throws {
    let check = try checkDerivatives(of: { $0.softmax() }, at: Tensor<Double>([0.5, -1, 0.25]), order: 2)
    #expect(check.isPassed, "\(check)")
    #expect(check.orders[0].worst!.exact != 0)
  }

  private static let rounded: [(name: String, x: [Double], f: @Sendable (Tensor<Double>) -> Tensor<Double>)] = [
    ("a logarithm near 1", [1e-4], { log(1 + $0 * $0).sum() }),
    ("the same, nearer", [1e-6], { log(1 + $0 * $0).sum() }),
    ("behind a large number", [0.3], { sin($0 + 1e8).sum() }), ("and larger", [0.3, 1], { cos(3 * $0 + 1e10).sum() }),
    ("fast oscillations", (1...14).map { 0.1 * Double($0) }, { sin(($0 + 2).product()) }),
    ("and an envelope", [0.5, 0.7], { (exp($0) * sin(3e4 * $0)).sum() }),
    (
      "constant but for rounding", [1, 2, 3.5, 4],
      { x in
        let centred = x - x.mean()
        return square(centred / sqrt(square(centred).mean())).sum()
      }
    ),
    ("a difference of large numbers", [1.5], { (($0 + 1e6) * ($0 + 1e6) - 1e12).sum() }),
    ("a kink nearby", [0.501, 1.2], { abs($0 - 0.5).sum() + square($0).sum() }),
    ("a jump nearby", [2.9999], { (floor($0) + sin($0)).sum() }),
  ]

  @Test("Rounding inside a function, fast oscillations and what is nearby are no differences", arguments: 0..<10)
  func rounding(number: Int) throws {
    let (name, x, f) = Self.rounded[number]
    let check = try checkDerivatives(of: f, at: Tensor(x), order: 2)
    #expect(check.isPassed, "\(name): \(check)")
    // What is wrong by a hundredth, or stopped, is found all the same.
    let wrong = try checkDerivatives(
      of: { f($0) + 0.01 * f($0.stoppingGradient()) + $0.stoppingGradient().sum() }, at: Tensor(x), order: 1)
    #expect(!wrong.isPassed, "\(name): \(wrong)")
  }

  @Test("A kink is reported, with the operation that has it") func kink() throws {
    let check = try checkDerivatives(of: { (abs($0 - 1) + relu($0)).sum() }, at: Tensor<Double>([0.5, 0, 2]), order: 1)
    #expect(!check.isPassed)
    let suspect = try #require(check.suspect)
    #expect(suspect.hasPrefix("relu of shapes"), "\(suspect)")
    #expect(check.orders[0].worst!.coordinates == [1])
    #expect("\(check)".contains("DIFFER"))
  }

  @Test("What was stopped differs from differences") func stopped() throws {
    let check = try checkDerivatives(of: { ($0.stoppingGradient() * $0).sum() }, at: Tensor<Double>([3]), order: 1)
    #expect(!check.isPassed && check.orders[0].worst!.exact == 3)
    #expect(abs(check.orders[0].worst!.difference - 6) < 1e-8)
  }

  @Test("Values that have been computed already are not taken for constants") func evaluated() throws {
    let check = try checkDerivatives(
      of: { x in
        let y = exp(x)
        _ = y.scalars
        return (y * y).sum()
      }, at: Tensor<Double>([0.5, 1]), order: 2)
    #expect(check.isPassed, "\(check)")
  }

  @Test("A variable that the function does not contain has derivatives 0", arguments: [1, 2, 3])
  func unused(order: Int) throws {
    let points = [Tensor<Double>([0.5, 1]), Tensor<Double>([2])]
    for x in points {
      let check = try DerivativeChecker(of: exp(x).sum().node, variables: points.map(\.node)).check(order: order)
      #expect(check.isPassed, "\(check)")
    }
    #expect(try checkDerivatives(of: { _ in Tensor<Double>(3) }, at: points[0], order: order).isPassed)
  }
}
