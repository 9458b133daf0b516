import Curvature

/// The folder of input and reference files that all systems read.
struct Inputs {
  let folder: String

  func file(_ name: String) throws(BenchmarkError) -> NPYFile { try NPYFile(path: "\(folder)/\(name).npy") }

  /// A whole file as a tensor.
  func tensor<Scalar: DifferentiableScalar>(_ name: String) throws(BenchmarkError) -> Tensor<Scalar> {
    try file(name).tensor()
  }

  /// A file's slices along its first axis: the points at which a workload is evaluated in turn.
  func points<Scalar: DifferentiableScalar>(_ name: String) throws(BenchmarkError) -> [Tensor<Scalar>] {
    let file = try file(name)
    let scalars = file.scalars(as: Scalar.self)
    let shape = Array(file.shape.dropFirst())
    let count = shape.reduce(1, *)
    return (0..<file.shape[0]).map { Tensor(Array(scalars[($0 * count)..<(($0 + 1) * count)]), shape: shape) }
  }

  func integers(_ name: String) throws(BenchmarkError) -> [Int] { try file(name).integers }
}

/// One way of computing one case of a workload.
struct Variant<Scalar: DifferentiableScalar> {
  let caseName: String
  /// The system's name, an underscore and a word: what is asked for on the command line.
  let name: String
  /// How the package is used, for the table.
  let label: String
  /// Reads the inputs and does what is done once.
  let prepare: (Inputs) throws -> Calls<Scalar>

  init(
    _ caseName: String, _ name: String, label: String, prepare: @escaping (Inputs) throws -> Calls<Scalar>
  ) {
    self.caseName = caseName
    self.name = "curvature_" + name
    self.label = label
    self.prepare = prepare
  }
}

/// What is repeated.
struct Calls<Scalar: DifferentiableScalar> {
  /// Evaluates at the k-th point; the result is finished then.
  let run: (_ k: Int) throws -> Void
  /// The result of the last call.
  let result: () -> Tensor<Scalar>

  init(run: @escaping (Int) throws -> Void, result: @escaping () -> Tensor<Scalar>) {
    self.run = run
    self.result = result
  }

  /// Calls that give a tensor each.
  init(_ function: @escaping (_ k: Int) throws -> Tensor<Scalar>) {
    var last = Tensor<Scalar>.zeros([0])
    run = { k in
      last = try function(k)
      last.finish()
    }
    result = { last }
  }
}

/// The workloads, by the names of the script.
enum Workload: String, CaseIterable {
  case rosenbrock = "W1"
  case logistic = "W2"
  case classifier = "W3"
  case sparse = "W4"
  case parts = "W5"
  case batched = "W6"
  case laplacian = "W7"
  case diagonal = "W8"
  case eigenvalues = "W10"
  case recurrences = "W11"
  case grid = "W12"
  case arms = "W13"
  case collocation = "W14"
  case powerFlow = "I1"
  case bundle = "I2"
  case molecule = "I3"
  case crossed = "I4"
  case mesh = "I5"

  /// The file with the values that a case should have.
  func reference(_ caseName: String) -> String {
    switch self {
    case .powerFlow: "ref_i1_\(caseName.dropFirst(4))_vals"
    case .collocation, .bundle, .molecule, .crossed, .mesh: "ref_\(rawValue.lowercased())_vals"
    case .rosenbrock, .logistic, .classifier, .sparse, .parts, .batched, .laplacian, .diagonal, .eigenvalues,
      .recurrences, .grid,
      .arms:
      "ref_\(rawValue.lowercased())_\(caseName)"
    }
  }

  /// Whether it is measured in single precision too.
  var hasSinglePrecision: Bool {
    switch self {
    case .logistic, .classifier, .parts, .laplacian, .eigenvalues: true
    case .rosenbrock, .sparse, .batched, .diagonal, .recurrences, .grid, .arms, .collocation, .powerFlow, .bundle,
      .molecule,
      .crossed, .mesh:
      false
    }
  }

  func variants<Scalar: DifferentiableScalar>(_: Scalar.Type) -> [Variant<Scalar>] {
    switch self {
    case .rosenbrock: Rosenbrock.variants()
    case .logistic: Logistic.variants()
    case .classifier: Classifier.variants()
    case .sparse: Rosenbrock.sparseVariants()
    case .parts: Classifier.partVariants()
    case .batched: Batched.variants()
    case .laplacian: ScalarNetwork.variants()
    case .diagonal: Classifier.diagonalVariants() + SoftplusSum.variants()
    case .eigenvalues: Classifier.eigenvalueVariants()
    case .recurrences: Dynamics.recurrences()
    case .grid: Dynamics.grid()
    case .arms: Dynamics.arms()
    case .collocation: Dynamics.collocation()
    case .powerFlow: IndexCoupled.powerFlow()
    case .bundle: IndexCoupled.bundle()
    case .molecule: IndexCoupled.molecule()
    case .crossed: IndexCoupled.crossed()
    case .mesh: IndexCoupled.mesh()
    }
  }
}
