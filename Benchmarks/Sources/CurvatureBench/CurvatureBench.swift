import Curvature

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Measures one way of computing one case in this process and prints one line of JSON.
///
///     curvature-bench W2 --list
///     curvature-bench W2 hessian curvature_hessian float64 [--budget SECONDS] [--first]
///     curvature-bench I1 case1354 curvature_plan float64 [--print]
///     curvature-bench first [NAME | --list]
///     curvature-bench micro [NAME]
///
/// The third form times the first Hessian of small functions in a process. The last form times small pieces (kernels, recording, evaluation) whose names contain NAME.
///
/// The folder with the input files is named by the environment variable CURVATURE_BENCH_DATA.
@main
enum CurvatureBench {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let firstOnly = arguments.contains("--first")
    arguments.removeAll { ["--first", "--print"].contains($0) }
    var budget = 1.0
    if let i = arguments.firstIndex(of: "--budget"), i + 1 < arguments.count {
      budget = Double(arguments[i + 1]) ?? budget
      arguments.removeSubrange(i...(i + 1))
    }
    if arguments.first == "micro" {
      Microbenchmarks.report(matching: arguments.dropFirst().joined(separator: " "), budget: Swift.min(budget, 0.2))
      return
    }
    if arguments.first == "first" {
      if arguments.dropFirst() == ["--list"] {
        for model in FirstHessians.all { print(model.name) }
      } else {
        FirstHessians.report(arguments.dropFirst().joined(separator: " "))
      }
      return
    }
    guard let workload = arguments.first.flatMap(Workload.init) else { usage() }
    if arguments.dropFirst() == ["--list"] {
      print("[" + list(workload).joined(separator: ",\n") + "]")
      return
    }
    guard arguments.count == 4 else { usage() }
    let inputs = Inputs(folder: getenv("CURVATURE_BENCH_DATA").map { String(cString: $0) } ?? "data")
    let reference = workload.reference(arguments[1])
    var result: Measurement
    do {
      func run<Scalar: DifferentiableScalar>(_: Scalar.Type) throws -> Measurement {
        let known = workload.variants(Scalar.self).first { $0.caseName == arguments[1] && $0.name == arguments[2] }
        guard let known else { usage() }
        return try known.measure(inputs, reference: reference, budget: budget, firstOnly: firstOnly)
      }
      switch arguments[3] {
      case "float64": result = try run(Double.self)
      case "float32": result = try run(Float.self)
      default: usage()
      }
    } catch {
      result = Measurement()
      result.set("failure", "\(error)")
    }
    print(result.json)
  }

  /// The variants of a workload, one line of JSON each.
  private static func list(_ workload: Workload) -> [String] {
    func lines<Scalar: DifferentiableScalar>(_: Scalar.Type) -> [String] {
      workload.variants(Scalar.self).map { variant in
        let texts = [
          ("case", variant.caseName), ("variant", variant.name), ("dtype", Scalar.scalarType.rawValue),
          ("system", "curvature"), ("label", variant.label),
        ]
        return JSON.object(texts.map { ($0, JSON.string($1)) })
      }
    }
    return lines(Double.self) + (workload.hasSinglePrecision ? lines(Float.self) : [])
  }

  private static func usage() -> Never {
    let text = """
      usage: curvature-bench W1...W8, W10...W14, I1...I5 --list
             curvature-bench W1...W8, W10...W14, I1...I5 CASE VARIANT float32|float64 [--budget SECONDS] [--first]
             curvature-bench first [NAME | --list]
             curvature-bench micro [NAME]

      """
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(2)
  }
}
