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
