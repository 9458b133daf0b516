import Curvature
import Foundation
import Synchronization
import Testing

/// Libraries of generated code, called as other systems call them.
@Suite(.serialized) struct GeneratedInterfaceTests {
  /// A shared library of generated code, which is loaded.
  private final class Library {
    private let folder: URL
    private let handle: UnsafeMutableRawPointer

    init(_ code: GeneratedCode) throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("interface-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, text) in code.files {
        try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
      }
      let library = folder.appendingPathComponent("library.so").path
      let compiler = Process()
      compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      compiler.arguments = [
        "cc", "-O1", "-fPIC", "-shared", "-ffp-contract=off", folder.appendingPathComponent(code.name + ".c").path,
        "-o",
        library, "-lm",
      ]
      try compiler.run()
      compiler.waitUntilExit()
      handle = try #require(dlopen(library, RTLD_NOW | RTLD_LOCAL))
    }

    deinit {
      dlclose(handle)
      try? FileManager.default.removeItem(at: folder)
    }

    func function<Function>(_ name: String, _: Function.Type = Function.self) throws -> Function {
      unsafeBitCast(try #require(dlsym(handle, name), "\(name)"), to: Function.self)
    }
  }

  private typealias Numbers = UnsafePointer<Double>
  private typealias Results = UnsafeMutablePointer<Double>
  private typealias Message = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private typealias Construct = @convention(c) (UnsafePointer<CChar>?, UInt32, Message?) -> OpaquePointer?
  private typealias DensityHessian =
    @convention(c) (OpaquePointer, Bool, Bool, Numbers, Results, Results, Results, Message?) -> Int32

  private static func density(_ x: Tensor<Double>) -> Tensor<Double> {
    -(exp(x) * x.rolled(by: 1, axis: 1)).sum() - 0.5 * square(x).sum()
  }

  @Test(
    "BridgeStan's Hessian is the plan's, in Stan's order, on any number of threads",
    arguments: [nil, StoredTriangle.lower, .both])
  func bridgestan(_ triangle: StoredTriangle?) throws {
    let (rows, columns) = (3, 4)
    let x = Tensor((0..<12).map { 0.1 * Double($0) - 0.4 }, shape: [rows, columns])
    let code =
      if let triangle {
        try SparseHessianPlan(like: x, triangle: triangle, of: Self.density).generateC(
          "density", interface: .bridgestan)
      } else {
        try HessianPlan(like: x, of: Self.density).generateC("density", interface: .bridgestan)
      }
    let library = try Library(code)
    let construct: Construct = try library.function("bs_model_construct")
    let model = UInt(bitPattern: try #require(construct(nil, 0, nil)))
    let names: @convention(c) (OpaquePointer, Bool, Bool) -> UnsafePointer<CChar> = try library.function(
      "bs_param_names")
    let texts = String(cString: names(OpaquePointer(bitPattern: model)!, false, false)).split(separator: ",")
    #expect(texts.prefix(4) == ["x.1.1", "x.2.1", "x.3.1", "x.1.2"] && texts.count == 12)
    let hessian: DensityHessian = try library.function("bs_log_density_hessian")
    let order = (0..<12).map { $0 % rows * columns + $0 / rows }
    let (value, gradient, matrix) = try HessianPlan(like: x, of: Self.density)(x)
    let (slope, curvature) = (gradient.scalars, matrix.scalars)
    let elements = x.scalars
    let differences = Mutex(0.0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      let theta = order.map { elements[$0] }
      var found = (
        value: 0.0, gradient: [Double](repeating: 0, count: 12), hessian: [Double](repeating: 0, count: 144)
      )
      var most = 0.0
      for _ in 0..<50 {
        let status = hessian(
          OpaquePointer(bitPattern: model)!, true, true, theta, &found.value, &found.gradient, &found.hessian, nil)
        most = max(most, status == 0 ? abs(found.value - value) : .infinity)
        for i in 0..<12 {
          most = max(most, abs(found.gradient[i] - slope[order[i]]))
          for j in 0..<12 { most = max(most, abs(found.hessian[i * 12 + j] - curvature[order[i] * 12 + order[j]])) }
        }
      }
      differences.withLock { $0 = max($0, most) }
    }
    #expect(differences.withLock { $0 } < 1e-13)
    var message: UnsafeMutablePointer<CChar>?
    #expect(construct("data.json", 0, &message) == nil)
    let text = String(cString: try #require(message))
    #expect(text.contains("data") && text.contains("density"))
    let freed: @convention(c) (UnsafeMutablePointer<CChar>?) -> Void = try library.function("bs_free_error_msg")
    freed(message)
    let destruct: @convention(c) (OpaquePointer?) -> Void = try library.function("bs_model_destruct")
    destruct(OpaquePointer(bitPattern: model))
    withExtendedLifetime(library) {}
  }

  @Test("Instances of a nonlinear program have ids and parameters of their own, on any number of threads")
  func cnlp() throws {
    let x = Tensor<Double>([1, 2, 3])
    let plan = try LagrangianPlan(
      like: x, Tensor<Double>([1, 1]), objective: { x, p in (p[0] * x * x).sum() },
      constraints: { x, p in p[1] * x[1...] })
    let problem = GeneratedCode.Problem(
      start: [1, 2, 3], upperBounds: [5, 6, .infinity], constraintLowerBounds: [0, -.infinity], parameters: [2, 3])
    let library = try Library(plan.generateC("squares", interface: .cnlp, problem: problem))
    let make: @convention(c) (Int32) -> Int32 = try library.function("squares_new")
    let objective: @convention(c) (Int32, Numbers, Results) -> Int32 = try library.function("squares_obj")
    let set: @convention(c) (Int32, Int32, Numbers, Int32) -> Int32 = try library.function("squares_set_value")
    let meta: @convention(c) (Int32, Results, Results, Results, Results, Results) -> Int32 = try library.function(
      "squares_meta")
    var (start, lower, upper) = ([0.0, 0, 0], [0.0, 0, 0], [0.0, 0, 0])
    var (least, most) = ([0.0, 0], [0.0, 0])
    #expect(meta(make(0), &start, &lower, &upper, &least, &most) == 0)
    #expect(start == [1, 2, 3] && lower == [Double](repeating: -.infinity, count: 3) && upper == [5, 6, .infinity])
    #expect(least == [0, -.infinity] && most == [.infinity, .infinity])
    let ids = Mutex<[Int32: Double]>([:])
    DispatchQueue.concurrentPerform(iterations: 8) { task in
      for k in 0..<50 {
        let id = make(0)
        // The parameters are the third block: behind x and g.
        let factor = Double(100 * task + k)
        var value = 0.0
        let isSet = set(id, 2, [factor, 0], 2) == 0
        let isFound = objective(id, [1, 2, 3], &value) == 0
        ids.withLock { $0[id] = isSet && isFound ? value - 14 * factor : .nan }
      }
    }
    ids.withLock { #expect($0.count == 400 && $0.values.allSatisfy { $0 == 0 }) }
    var value = 0.0
    #expect(objective(1, [1, 2, 3], &value) == 0 && value == 28)
    #expect(objective(402, [1, 2, 3], &value) == 1 && set(1, 0, [1, 2, 3], 3) == 1 && set(1, 2, [1], 1) == 3)
    withExtendedLifetime(library) {}
  }

  @Test("Interfaces refuse what they are not for, in words") func refusals() throws {
    let x = Tensor<Double>([1, 2, 3])
    func lagrangian() throws -> LagrangianPlan<Double> {
      try LagrangianPlan(like: x, objective: { x in (x * x).sum() }, constraints: { x in x[1...] })
    }
    func code(_ interface: GeneratedCode.Interface, _ problem: GeneratedCode.Problem?) throws {
      _ = try lagrangian().generateC("f", interface: interface, problem: problem)
    }
    let cases: [(String, () throws -> Void)] = [
      ("interface casadi is for", { try code(.casadi, nil) }),
      ("interface bridgestan is for", { try code(.bridgestan, nil) }),
      ("give them as problem", { try code(.cnlp, nil) }), ("no", { try code(.cnlp, .init(start: [1, 2, 3])) }),
      ("start has 2 numbers, expected 3", { try code(.cnlp, .init(start: [1, 2], constraintLowerBounds: [0, 0])) }),
      (
        "constraintUpperBounds has 3 numbers, expected 2",
        { try code(.cnlp, .init(start: [1, 2, 3], constraintUpperBounds: [0, 0, 0])) }
      ),
      (
        "no number between the bounds 2.0 and 1.0",
        {
          try code(
            .cnlp,
            .init(start: [1, 2, 3], lowerBounds: [0, 2, 0], upperBounds: [1, 1, 1], constraintLowerBounds: [0, 0]))
        }
      ),
      (
        "parameters has 1 numbers, expected 0",
        { try code(.cnlp, .init(start: [1, 2, 3], constraintLowerBounds: [0, 0], parameters: [1])) }
      ),
      ("interface cnlp is for", { _ = try HessianPlan(like: x) { $0.sum() }.generateC("f", interface: .cnlp) }),
      (
        "interface bridgestan is for",
        { _ = try GradientPlan(like: x) { $0.sum() }.generateC("f", interface: .bridgestan) }
      ),
      (
        "interface bridgestan is for",
        { _ = try SparseJacobianPlan(like: x) { $0 * $0 }.generateC("f", interface: .bridgestan) }
      ),
      (
        "interface bridgestan is for",
        { _ = try HessianPlan(like: x.cast(to: Float.self)) { $0.sum() }.generateC("f", interface: .bridgestan) }
      ),
      (
        "interface casadi is for",
        { _ = try HessianProductPlan(like: x) { $0.sum() }.generateC("f", interface: .casadi) }
      ),
      (
        "triangle: .both",
        {
          _ = try SparseHessianPlan(like: x, triangle: .lower) { ($0 * $0[0]).sum() }.generateC("f", interface: .casadi)
        }
      ),
    ]
    for (text, make) in cases {
      let error = #expect(throws: TensorError.self) { try make() }
      #expect(error?.message.contains(text) == true, "\(text): \(error?.message ?? "")")
    }
    // Without constraints none needs a bound.
    let free = try LagrangianPlan(like: x, objective: { x in (x * x).sum() }, constraints: { _ in .zeros([0]) })
    #expect(try free.generateC("f", interface: .cnlp, problem: .init(start: [1, 2, 3])).source.contains("f_hess"))
  }
}
