import CurvatureFiles
import Foundation
import SparseStructure
import TensorGraph

/// How a search came nearer, as a picture: by iterations, on a scale of powers of ten.
final class ConvergencePicture {
  private struct Step {
    let iteration: Int
    let value: Double
    let gradient: Double
    let infeasibility: Double?
  }

  private let path: String
  private let isPNG: Bool
  private var steps: [Step] = []

  /// - Throws: `ToolError` if the file has none of the extensions, or cannot be written.
  init(_ path: String) throws(ToolError) {
    let name = path.lowercased()
    guard name.hasSuffix(".svg") || name.hasSuffix(".png") else {
      throw ToolError(
        "--convergence: '\(PrintableText.printable(path))' has none of the extensions .svg .png", status: .usage)
    }
    (self.path, isPNG) = (path, name.hasSuffix(".png"))
    try withFiles { () throws(TensorError) in try FileAccess.checkWritable(path) }
  }

  func add(iteration: Int, value: Double, gradient: Double, infeasibility: Double? = nil) {
    steps.append(Step(iteration: iteration, value: value, gradient: gradient, infeasibility: infeasibility))
  }

  func write() throws(ToolError) {
    let drawing = drawing
    try withFiles { () throws(TensorError) in
      try FileAccess.write(isPNG ? drawing.png : Array(drawing.svg.utf8), to: path)
    }
  }

  // MARK: The picture

  private struct Curve {
    let name: String
    let color: SpyPlot.RGB
    /// Nothing where the number is 0 or not finite: it has no logarithm.
    let exponents: [(iteration: Int, exponent: Double)]
  }

  private var curves: [Curve] {
    func curve(_ name: String, _ color: SpyPlot.RGB, _ number: (Step) -> Double?) -> Curve {
      Curve(
        name: name, color: color,
        exponents: steps.compactMap { step in
          guard let number = number(step), number > 0, number.isFinite else { return nil }
          return (step.iteration, log10(number))
        })
    }
    let isConstrained = steps.contains { $0.infeasibility != nil }
    // With constraints the value may come from below, and the last one is what it is compared with.
    let last = isConstrained ? steps.last?.value : steps.map(\.value).filter(\.isFinite).min()
    let distance = curve(
      isConstrained ? "distance to the last value" : "value above its least", SpyPlot.RGB(red: 31, green: 98, blue: 171)
    ) { step in last.map { abs(step.value - $0) } }
    let gradient = curve(
      isConstrained ? "gradient of the Lagrangian" : "gradient", SpyPlot.RGB(red: 203, green: 94, blue: 18)
    ) { $0.gradient }
    let violation = curve("infeasibility", SpyPlot.RGB(red: 29, green: 130, blue: 76)) { $0.infeasibility }
    return [distance, gradient] + (isConstrained ? [violation] : [])
  }

  private var drawing: Drawing {
    let (left, right, top, bottom) = (90.0, 700.0, 30.0, 400.0)
    var drawing = Drawing(width: 720, height: 520)
    let curves = curves
    let exponents = curves.flatMap { $0.exponents.map(\.exponent) }
    let low = (exponents.min() ?? 0).rounded(.down)
    let high = max((exponents.max() ?? 1).rounded(.up), low + 1)
    let iterations = Double(max(1, steps.last?.iteration ?? 1))
    func x(_ iteration: Double) -> Double { left + (right - left) * iteration / iterations }
    func y(_ exponent: Double) -> Double { bottom - (bottom - top) * (exponent - low) / (high - low) }
    let gray = SpyPlot.RGB(red: 90, green: 90, blue: 90)
    let pale = SpyPlot.RGB(red: 222, green: 222, blue: 222)
    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: SpyPlot.RGB) {
      drawing.strokes.append(.init(points: [.init(x: x1, y: y1), .init(x: x2, y: y2)], color: color, width: 1))
    }
    func word(_ text: String, _ x: Double, _ y: Double, _ side: Drawing.Alignment, _ color: SpyPlot.RGB) {
      drawing.words.append(.init(text: text, place: .init(x: x, y: y), alignment: side, color: color))
    }
    for exponent in stride(from: low, through: high, by: ((high - low) / 9).rounded(.up)) {
      line(left, y(exponent), right, y(exponent), pale)
      word("1e\(Int(exponent))", left - 8, y(exponent) + 6, .end, gray)
    }
    for iteration in stride(from: 0, through: iterations, by: Self.interval(iterations)) {
      line(x(iteration), bottom, x(iteration), bottom + 5, gray)
      word("\(Int(iteration))", x(iteration), bottom + 24, .middle, gray)
    }
    line(left, top, left, bottom, gray)
    line(left, bottom, right, bottom, gray)
    word("iteration", right, bottom + 48, .end, gray)
    for (number, curve) in curves.enumerated() {
      let points = curve.exponents.map { Drawing.Point(x: x(Double($0.iteration)), y: y($0.exponent)) }
      drawing.strokes.append(.init(points: points, color: curve.color, width: 2))
      if steps.count <= 100 { drawing.dots += points.map { .init(center: $0, radius: 3, color: curve.color) } }
      let height = bottom + 48 + 26 * Double(number)
      line(left, height - 6, left + 28, height - 6, curve.color)
      drawing.dots.append(.init(center: .init(x: left + 14, y: height - 6), radius: 3, color: curve.color))
      word(curve.name, left + 40, height, .start, curve.color)
    }
    return drawing
  }

  /// A whole number of iterations between marks, of which there are ten at most: 1, 2 or 5 times a power of ten.
  private static func interval(_ iterations: Double) -> Double {
    var power = 1.0
    while true {
      for factor in [1.0, 2, 5] where iterations / (factor * power) <= 10 { return factor * power }
      power *= 10
    }
  }
}
