import Curvature
import TensorGraph
import TestSupport
import Testing

/// Every call that stops the program at something wrong has a form that throws: equal numbers, and an error that names what
/// was wrong. The table is that of the article "Errors".
@Suite struct ThrowingFormTests {
  /// A call in both forms, and what the throwing one says of wrong arguments.
  struct Row: Sendable, CustomTestStringConvertible {
    let call: String
    let stopping: @Sendable () -> [Double]
    let throwing: @Sendable () throws -> [Double]
    /// Calls with something wrong, and parts of their errors.
    let wrong: [(text: String, call: @Sendable () throws -> Void)]

    init(
      _ call: String, _ stopping: @Sendable @escaping () -> [Double],
      _ throwing: @Sendable @escaping () throws -> [Double],
      wrong: [(String, @Sendable () throws -> Void)]
    ) {
      (self.call, self.stopping, self.throwing) = (call, stopping, throwing)
      self.wrong = wrong.map { (text: $0.0, call: $0.1) }
    }

    var testDescription: String { call }
  }

  private typealias T = Tensor<Double>

  private static let x = T([0.5, 1.5, 2])
  private static let z = T([1, 2])
  private static let v = T([1, -1, 2])
  private static let long = T([1, 2, 3, 4])
  private static let y = f(x)
  /// Element b of `slices` depends on row b of `rows`.
  private static let rows = T([[1, 2], [3, 4], [5, 6]])
  private static let slices = (rows * rows * rows).sum(axes: [1])
  private static let marked = x.stoppingGradient()
  private static var H: Hessian<Double> { hessian(y, x) }
  private static var J: Jacobian<Double> { jacobian(g(x), x) }
  private static var blocks: BlockHessian<Double> { hessian(x.sum() * x.sum() * (z * z).sum(), [x, z]) }

  private static func f(_ x: T) -> T { exp(0.1 * x[0] * x[1]) + (x * x * x).sum() }
  private static func g(_ x: T) -> T { x * x.sum() }
  /// A tensor whose index only a value shows to be outside.
  private static var unreadable: T {
    x.taking(along: 0, indices: Tensor<Int64>([0, 1, 4]) + Tensor<Int64>([0, 0, 1]))
  }
  private static let manyElements = "has shape [3], which is 3 elements"

  static let functions: [Row] = [
    Row(
      "gradient(y, x)", { gradient(y, x).scalars }, { try gradient(of: y, withRespectTo: x).scalars },
      wrong: [
        ("gradient: y \(manyElements)", { _ = try gradient(of: g(x), withRespectTo: x) }),
        ("gradient: xs of shape [3] is marked", { _ = try gradient(of: f(marked), withRespectTo: marked) }),
      ]),
    Row(
      "gradient(y, [x])", { gradient(y, [x, v]).flatMap(\.scalars) },
      { try gradient(of: y, withRespectTo: [x, v]).flatMap(\.scalars) },
      wrong: [("gradient: y \(manyElements)", { _ = try gradient(of: g(x), withRespectTo: [x]) })]),
    Row(
      "gradient(at:of:)", { gradient(at: marked, of: f).scalars }, { try gradient(of: f, at: marked).scalars },
      wrong: [
        ("gradient: y \(manyElements)", { _ = try gradient(of: g, at: x) }),
        ("mine", { _ = try gradient(of: { (_: T) throws -> T in throw TensorError("mine") }, at: x) }),
      ]),
    Row(
      "valueWithGradient(at:of:)",
      {
        let (value, slope) = valueWithGradient(at: x, of: f); return value.scalars + slope.scalars
      },
      {
        let (value, slope) = try valueWithGradient(of: f, at: x); return value.scalars + slope.scalars
      },
      wrong: [("gradient: y \(manyElements)", { _ = try valueWithGradient(of: g, at: x) })]),
    Row(
      "valueGradientHessian(at:of:)",
      {
        let all = valueGradientHessian(at: x, of: f); return all.gradient.scalars + all.hessian[...].scalars
      },
      {
        let all = try valueGradientHessian(of: f, at: x); return try all.gradient.scalars + all.hessian.read().scalars
      },
      wrong: [("gradient: y \(manyElements)", { _ = try valueGradientHessian(of: g, at: x) })]),
    Row(
      "hessian(y, x)", { hessian(y, x)[...].scalars }, { try Hessian(of: y, withRespectTo: x)[...].scalars },
      wrong: [
        ("hessian: ys \(manyElements)", { _ = try Hessian(of: g(x), withRespectTo: x) }),
        ("batchAxis: axis 2", { _ = try Hessian(of: slices, withRespectTo: rows, batchAxis: 2) }),
      ]),
    Row(
      "hessian(y, [x, z])", { blocks[0, 1][...].scalars },
      {
        try BlockHessian(of: x.sum() * x.sum() * (z * z).sum(), withRespectTo: [x, z]).read(at: 0, 1)[...].scalars
      },
      wrong: [("hessian: ys \(manyElements)", { _ = try BlockHessian(of: g(x), withRespectTo: [x, z]) })]),
    Row(
      "hessian(at:of:)", { hessian(at: marked, of: f)[...].scalars },
      { try Hessian(of: f, at: marked)[...].scalars },
      wrong: [("hessian: ys \(manyElements)", { _ = try Hessian(of: g, at: x) })]),
    Row(
      "jacobian(y, x)", { jacobian(g(x), x)[...].scalars }, { try Jacobian(of: g(x), withRespectTo: x)[...].scalars },
      wrong: [
        ("jacobian: xs of shape [3] is marked", { _ = try Jacobian(of: g(marked), withRespectTo: marked) }),
        ("jacobian: along batchAxis 0", { _ = try Jacobian(of: z, withRespectTo: rows, batchAxis: 0) }),
      ]),
    Row(
      "jacobian([y], [x])", { jacobian([g(x), y], [x])[1, 0][...].scalars + jacobian(y, [x, v])[1][...].scalars },
      {
        try BlockJacobian(of: [g(x), y], withRespectTo: [x])[1, 0][...].scalars
          + BlockJacobian(of: [y], withRespectTo: [x, v])[0, 1][...].scalars
      },
      wrong: [("jacobian: xs of shape [3] is marked", { _ = try BlockJacobian(of: [y], withRespectTo: [x, marked]) })]),
    Row(
      "jacobian(at:of:)", { jacobian(at: marked, of: g)[...].scalars },
      { try Jacobian(of: g, at: marked)[...].scalars },
      wrong: [("batchAxis of xs: axis 1", { _ = try Jacobian(of: g, at: x, batchAxis: 1) })]),
    Row(
      "pullback(y, x, cotangent:)", { pullback(g(x), x, cotangent: v).scalars },
      { try pullback(of: g(x), withRespectTo: x, cotangent: v).scalars },
      wrong: [
        ("pullback: the cotangent has shape [4]", { _ = try pullback(of: g(x), withRespectTo: x, cotangent: long) }),
        ("pullback: xs of shape [3]", { _ = try pullback(of: g(marked), withRespectTo: marked, cotangent: v) }),
      ]),
    Row(
      "valueWithPullback(at:of:)", { valueWithPullback(at: x, of: g).pullback(v).scalars },
      { try valueWithPullback(of: g, at: x).pullback(v).scalars },
      wrong: [("pullback: the cotangent has shape [4]", { _ = try valueWithPullback(of: g, at: x).pullback(long) })]),
    Row(
      "pushforward(y, x, tangent:)", { pushforward(g(x), x, tangent: v).scalars },
      { try pushforward(of: g(x), withRespectTo: x, tangent: v).scalars },
      wrong: [
        ("pushforward: the tangent has shape [4]", { _ = try pushforward(of: g(x), withRespectTo: x, tangent: long) }),
        ("pushforward: xs of shape [3]", { _ = try pushforward(of: g(marked), withRespectTo: marked, tangent: v) }),
      ]),
    Row(
      "valueWithPushforward(at:along:of:)", { valueWithPushforward(at: x, along: v, of: g).tangent.scalars },
      { try valueWithPushforward(of: g, at: x, along: v).tangent.scalars },
      wrong: [("pushforward: the tangent has shape [4]", { _ = try valueWithPushforward(of: g, at: x, along: long) })]),
    Row(
      "laplacian(y, x)", { laplacian(y, x).scalars }, { try laplacian(of: y, withRespectTo: x).scalars },
      wrong: [("hessian: ys \(manyElements)", { _ = try laplacian(of: g(x), withRespectTo: x) })]),
    Row(
      "laplacian(at:of:)", { laplacian(at: marked, of: f).scalars }, { try laplacian(of: f, at: marked).scalars },
      wrong: [("hessian: ys \(manyElements)", { _ = try laplacian(of: g, at: x) })]),
  ]

  static let matrices: [Row] = [
    Row(
      "H[i, j]", { H[1, 0...].scalars + H[...].scalars },
      { try H.read(at: 1, 0...).scalars + H.read().scalars },
      wrong: [("index 3 is outside axis 0", { _ = try H.read(at: 3) })]),
    Row(
      "blocks[i, j]", { blocks[1, 0][...].scalars + blocks[-1][0][...].scalars },
      { try blocks.read(at: 1, 0)[...].scalars + blocks.read(at: -1)[0][...].scalars },
      wrong: [
        ("block row 2 is outside 2 blocks", { _ = try blocks.read(at: 2) }),
        ("block column -3 is outside 2 blocks", { _ = try blocks.read(at: 0, -3) }),
      ]),
    Row(
      "H.item()", { [hessian(y, x[0]).item()] }, { [try hessian(y, x[0]).readItem()] },
      wrong: [("item: shape [3, 3] has 9 elements", { _ = try H.readItem() })]),
    Row(
      "H.diagonal", { H.diagonal.scalars }, { try H.readDiagonal().scalars },
      wrong: [("diagonal: a block of shape [3, 2]", { _ = try blocks[0, 1].readDiagonal() })]),
    Row(
      "H.trace", { H.trace.scalars }, { try H.readTrace().scalars },
      wrong: [("diagonal: a block of shape [3, 2]", { _ = try blocks[0, 1].readTrace() })]),
    Row(
      "H.product(v)", { H.product(v).scalars }, { try H.readProduct(v).scalars },
      wrong: [("product: the direction has shape [4], [3] is needed", { _ = try H.readProduct(long) })]),
    Row(
      "H.entries(rows:columns:)", { H.entries(rows: [0, -1], columns: [1, 2]).scalars },
      { try H.readEntries(rows: [0, -1], columns: [1, 2]).scalars },
      wrong: [
        ("entries: 2 rows and 1 columns", { _ = try H.readEntries(rows: [0, 1], columns: [1]) }),
        ("entries: column 3 is outside", { _ = try H.readEntries(rows: [0], columns: [3]) }),
      ]),
    Row(
      "H.bands(_:)", { H.bands(-1...1).scalars }, { try H.readBands(-1...1).scalars },
      wrong: [("bands: 0 to 3 leaves a 3×3 matrix", { _ = try H.readBands(0...3) })]),
    Row(
      "H.blockDiagonal(_:)", { H.blockDiagonal(3).scalars }, { try H.readBlockDiagonal(3).scalars },
      wrong: [("blockDiagonal: blocks of 2 do not divide a 3×3 matrix", { _ = try H.readBlockDiagonal(2) })]),
    Row(
      "H.pattern", { numbers(H.pattern) + numbers(H.localPattern) },
      { try numbers(H.readPattern()) + numbers(H.readPattern(isLocal: true)) },
      wrong: [
        (
          "index",
          {
            let h = hessian(square(`where`(unreadable .> 1, x, 2 * x)).sum(), x)
            _ = try h.readPattern(isLocal: true)
          }
        )
      ]),
    Row(
      "H.coloring", { [Double(H.coloring.colorCount)] }, { [Double(try H.readColoring().colorCount)] },
      wrong: []),
    Row(
      "H.evaluationMethod", { [H.evaluationMethod == .dense ? 1 : 0] },
      { [try H.readEvaluationMethod() == .dense ? 1 : 0] }, wrong: []),
    Row(
      "H.why(i, j)", { [H.why(0, 1), H.why(0, 2)].map { $0.isZero ? 0 : Double($0.steps.count) } },
      { try [H.readWhy(0, 1), H.readWhy(0, 2)].map { $0.isZero ? 0 : Double($0.steps.count) } },
      wrong: [
        ("why: row 3 is outside the 3 rows", { _ = try H.readWhy(3, 0) }),
        ("why: column -4 is outside the 3 columns", { _ = try J.readWhy(0, -4) }),
      ]),
    Row(
      "x.scalars", { (x + v).scalars }, { try (x + v).readScalars() },
      wrong: [("index 5 is outside axis 0", { _ = try unreadable.readScalars() })]),
    Row(
      "x.item()", { [x.sum().item()] }, { [try x.sum().readItem()] },
      wrong: [
        ("item: shape [3] has 3 elements", { _ = try x.readItem() }),
        ("index 5 is outside axis 0", { _ = try unreadable.sum().readItem() }),
      ]),
    Row(
      "x[i]", { x[1...].scalars }, { try x.read(at: 1...).scalars },
      wrong: [("index -4 is outside axis 0", { _ = try x.read(at: -4) })]),
  ]

  private static func numbers(_ pattern: SparsityPattern) -> [Double] {
    pattern.coordinates.flatMap { [Double($0.row), Double($0.column)] }
  }

  @Test("Both forms give one number, and the throwing one names what was wrong", arguments: functions + matrices)
  func forms(_ row: Row) throws {
    let expected = row.stopping()
    #expect(try row.throwing() == expected && !expected.isEmpty)
    for (text, call) in row.wrong {
      do {
        try call()
        Issue.record("\(row.call): no error, instead of '\(text)'")
      } catch {
        #expect("\(error)".contains(text))
      }
    }
  }

  @Test("A tensor that cannot be computed is printed, with the reason") func printing() {
    #expect("\(Self.unreadable)".contains("without elements: ") && "\(Self.unreadable)".contains("index 5 is outside"))
    #expect("\(hessian(square(Self.unreadable).sum(), Self.x))".contains("index 5 is outside"))
  }
}
