import Curvature
import SparseStructure
import TensorGraph
import Testing

@Suite("Recurrences") struct RecurrenceTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var isReversed: Bool
    var segment: Int?
    var testDescription: String {
      "\(isReversed ? "reversed" : "forward"), segments of \(segment.map(String.init) ?? "all")"
    }

    static let all = [false, true].flatMap { isReversed in
      [nil, 1, 2, 3, 9].map { Form(isReversed: isReversed, segment: $0) }
    }
  }

  private static let inputs = Tensor<Double>([0.5, -1, 2, 0.25, 1, 0.75, -0.5, 0.1, 0.3, -0.2], shape: [5, 2])

  private static func step(
    _ position: Tensor<Double>, _ speed: Tensor<Double>, _ force: Tensor<Double>, _ weights: Tensor<Double>
  ) -> (Tensor<Double>, Tensor<Double>, Tensor<Double>) {
    let next = speed + 0.3 * (force * weights - sin(position) * speed.sum())
    return (position + 0.2 * next * position, next, (next * force).sum() + position[0])
  }

  /// Two states, an output that is one of them and one that is not, a captured tensor.
  private static func scanned(
    _ x: Tensor<Double>, _ inputs: Tensor<Double>, _ weights: Tensor<Double>, _ form: Form
  ) -> Tensor<Double> {
    let (last, outputs) = scan(
      [x, 0.5 * x], over: [inputs], reversed: form.isReversed, segmentLength: form.segment
    ) { states, rows in
      let (position, speed, output) = step(states[0], states[1], rows[0], weights)
      return ([position, speed], [speed, output])
    }
    let places = Tensor<Double>([1, 2, 3, 4, 5])
    return last[0].sum() * last[1].sum() + (outputs[0].sum(axes: [1]) * places).sum()
      + (outputs[1] * outputs[1] * places).sum()
  }

  /// The same by a loop in Swift.
  private static func looped(
    _ x: Tensor<Double>, _ inputs: Tensor<Double>, _ weights: Tensor<Double>, _ form: Form
  ) -> Tensor<Double> {
    var (position, speed, total) = (x, 0.5 * x, Tensor<Double>(0))
    for k in form.isReversed ? Array((0..<5).reversed()) : Array(0..<5) {
      let output: Tensor<Double>
      (position, speed, output) = step(position, speed, inputs[k], weights)
      total = total + Double(k + 1) * (speed.sum() + output * output)
    }
    return position.sum() * speed.sum() + total
  }

  @Test("Values, gradients and Hessians are those of a loop", arguments: Form.all) func loop(form: Form) {
    let (x, weights) = (Tensor<Double>([0.1, -0.4]), Tensor<Double>([0.7, 1.2]))
    let (found, expected) = (Self.scanned(x, Self.inputs, weights, form), Self.looped(x, Self.inputs, weights, form))
    #expect(found.isClose(to: expected, relative: 1e-13))
    for variable in [x, Self.inputs, weights] {
      #expect(gradient(found, variable).isClose(to: gradient(expected, variable), relative: 1e-11, absolute: 1e-12))
      #expect(
        hessian(found, variable)[...].isClose(to: hessian(expected, variable)[...], relative: 1e-10, absolute: 1e-11))
    }
    let (mixed, other) = (gradient(gradient(found, x).sum(), weights), gradient(gradient(expected, x).sum(), weights))
    #expect(mixed.isClose(to: other, relative: 1e-10, absolute: 1e-11))
  }

  @Test("Derivatives to third order", arguments: Form.all) func orders(form: Form) throws {
    let check = try checkDerivatives(
      of: { x in Self.scanned(x, Self.inputs, exp(x), form) }, at: Tensor<Double>([0.1, -0.4]), order: 3)
    #expect(check.isPassed, "\(check)")
  }

  @Test("Single precision", arguments: [nil, 2]) func single(segment: Int?) {
    func f(_ x: Tensor<Float>) -> Tensor<Float> {
      iterate(x, count: 5, segmentLength: segment) { $0 - 0.1 * sin($0 * $0.sum()) }.sum()
    }
    func g(_ x: Tensor<Double>) -> Tensor<Double> {
      iterate(x, count: 5, segmentLength: segment) { $0 - 0.1 * sin($0 * $0.sum()) }.sum()
    }
    let found = hessian(at: Tensor<Float>([0.25, 0.75]), of: f)[...].scalars.map(Double.init)
    let expected = hessian(at: Tensor<Double>([0.25, 0.75]), of: g)[...].scalars
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5 * (1 + abs(b))) }
  }

  @Test("A plan finds other data at other points, and no steps are no change") func plans() throws {
    func f(_ x: Tensor<Double>) -> Tensor<Double> {
      Self.scanned(x, Self.inputs, x, Form(isReversed: false, segment: nil))
    }
    let plan = try HessianPlan(like: Tensor<Double>([1, 1]), of: f)
    let point = Tensor<Double>([0.3, -0.2])
    let (value, gradientThere, hessianThere) = try plan(point)
    #expect(abs(value - f(point).scalars[0]) < 1e-13)
    #expect(gradientThere.isClose(to: gradient(at: point, of: f), relative: 1e-12))
    #expect(hessianThere.isClose(to: hessian(at: point, of: f)[...], relative: 1e-11))
    #expect(iterate(point, count: 0) { $0 * 2 }.scalars == point.scalars)
    let (last, outputs) = scan(point, over: Tensor<Double>([], shape: [0, 2])) { ($0 + $1, $0.sum()) }
    #expect(last.scalars == point.scalars && outputs.shape == [0])
  }

  @Test("Whatever a closure captures has derivatives: numbers, repetitions, rows of an outer closure") func captured() {
    let (a, x): (Tensor<Double>, Tensor<Double>) = (1.5, Tensor([0.5, 0.25]))
    let repeated = a.broadcast(to: [2])
    func close(_ y: Tensor<Double>, _ variable: Tensor<Double>, _ expected: [Double], _ line: Int) {
      #expect(gradient(y, variable).isClose(to: Tensor(expected, shape: variable.shape), relative: 1e-12), "\(line)")
    }
    close(iterate(x, count: 3) { $0 * a }.sum(), a, [3 * 1.5 * 1.5 * 0.75], #line)
    close(iterate(x, count: 2) { $0 * repeated }.sum(), repeated, [3 * 0.5, 3 * 0.25], #line)
    close(root(near: Tensor([1.0])) { $0 * $0 - a }.sum(), a, [0.5 / (1.5).squareRoot()], #line)
    close(checkpoint(x) { $0 * a }.sum(), a, [0.75], #line)
    close(vmap(over: x) { $0 * a * $0 }.sum(), a, [0.3125], #line)
    close(vmap(over: x) { p in vmap(over: x) { q in p * q }.sum() }.sum(), x, [1.5, 1.5], #line)
    close(
      scan(Tensor(0.0), over: x) { c, p in (c + iterate(p, count: 2) { $0 * p }, c) }.last, x, [3 * 0.25, 3 * 0.0625],
      #line)
  }

  @Test("Patterns and batches see through a recurrence") func structure() {
    let x = Tensor<Double>((0..<30).map { 0.1 + 0.05 * Double($0) })
    let own = hessian(at: x) { x in iterate(x, count: 20) { $0 - 0.1 * sin($0) }.sum() }
    #expect(own.pattern.nonzeroCount == 30)
    let neighbours = hessian(at: x) { x in
      iterate(x, count: 2) { x in
        x + 0.1 * Tensor.concatenate([x[1...] * x[..<29], Tensor<Double>([0])], axis: 0)
      }.sum()
    }
    // Two steps lead to the second neighbour; the first element occurs in no square.
    #expect(neighbours.pattern == SparsityPattern.banded(30, bandwidth: 2).filtered { $0 + $1 > 0 })
    let batch = Tensor<Double>([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], shape: [3, 2])
    let batched = hessian(iterate(batch, count: 4) { $0 - 0.1 * sin($0 * $0) }.sum(axes: [1]), batch, batchAxis: 0)
    let single = hessian(at: Tensor<Double>([0.3, 0.4])) { x in
      iterate(x, count: 4) { $0 - 0.1 * sin($0 * $0) }.sum()
    }
    #expect(batched[1].isClose(to: single[...], relative: 1e-12))
  }

  @Test("A function of all rows at once has the derivatives of a loop over them") func rows() {
    let a = Tensor<Double>([2, 0.5, 0.5, 1], shape: [2, 2])
    func energy(_ x: Tensor<Double>) -> Tensor<Double> { exp(-matmul(x, matmul(a, x))) + x[0] }
    let x = Tensor<Double>([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], shape: [3, 2])
    let found = vmap(over: x, energy)
    let expected = Tensor.stack((0..<3).map { energy(x[$0]) })
    #expect(found.isClose(to: expected, relative: 1e-14))
    #expect(hessian(found.sum(), x)[...].isClose(to: hessian(expected.sum(), x)[...], relative: 1e-12, absolute: 1e-13))
    #expect(gradient(found.sum(), a).isClose(to: gradient(expected.sum(), a), relative: 1e-12))
    let distances = vmap(over: x) { p in vmap(over: x) { q in ((p - q) * (p - q)).sum() } }
    #expect(distances.shape == [3, 3] && distances[1, 1].scalars == [0])
    let places = Tensor<Int64>([1, 0, 1])
    #expect(vmap(over: x, places) { $0.gathered(at: $1) }.isClose(to: Tensor([0.2, 0.3, 0.6]), relative: 1e-15))
  }

  /// The end of the way back and the states along it move together: the Hessian's last steps are those of one recurrence.
  @Test("What moves several operands of a recurrence moves them in one") func joint() throws {
    let x = Tensor<Double>([0.5, -0.25, 1])
    func f(_ x: Tensor<Double>) -> Tensor<Double> {
      square(iterate(x, count: 40) { s in s + 0.05 * Tensor.stack([s[1] - s[0], s[0] * s[2], sin(s[1] * s[2])]) }).sum()
    }
    let slope = try #require(TensorGraph.gradient(of: f(x).node, to: [x.node])[0])
    let plan = try #require(DeltaPlan(derivativeOf: slope, variable: x.node, demand: .matrix))
    let scans = Node.topologicalOrder([plan.result]).count { if case .scan = $0.primitive { true } else { false } }
    // The states, their tangents, the way back, and its tangents.
    #expect(scans <= 4, "\(scans)")
    #expect(Tensor<Double>(plan.result).isClose(to: hessian(f(x), x)[...], relative: 1e-12))
  }
}
