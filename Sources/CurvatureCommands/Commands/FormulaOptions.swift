import ArgumentParser
import TensorGraph

/// What the commands that take a formula have in common.
struct FormulaOptions: ParsableArguments {
  /// The commands that take a formula as their argument.
  static let commandNames: Set<String> = [
    "value", "gradient", "jacobian", "hessian", "pattern", "check", "minimize", "generate",
  ]
  /// The options that take a value.
  static let valueOptions: Set<String> = [
    "--at", "--let", "--index", "--batch-axis", "--format", "--output", "--dtype", "--file", "--svg", "--png", "--why",
    "--order", "--bounds", "--method", "--max-iterations", "--tolerance",
    "--subject-to", "--convergence", "--function", "--argument", "--interface", "--triangle", "--block-bytes",
    "--latency", "--bandwidth", "--disk-bandwidth",
  ]

  enum Precision: String, ExpressibleByArgument, CaseIterable {
    case float32, float64

    var scalarType: ScalarType { self == .float32 ? .float32 : .float64 }
  }

  @Argument(help: "The formula: statements 'name = expression' and a last expression, between ';' or line breaks.")
  var formula: String?

  @Option(help: "Read the formula from a file ('-' for standard input).")
  var file: String?

  @Option(
    name: .customLong("at"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A variable and its value: a literal, or a file .npy, .npz:member, .csv, .tsv, .txt, .dat. May be repeated.",
      valueName: "name=value"))
  var variables: [String] = []

  @Option(
    name: .customLong("let"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A constant and its value, a literal or file. May be repeated.", valueName: "name=value"))
  var constants: [String] = []

  @Option(help: "The type of real numbers.")
  var dtype: Precision = .float64
}

/// What the commands that compute an array have in common.
struct ResultOptions: ParsableArguments {
  @OptionGroup var part: IndexOption

  @Option(help: "The form of the result on standard output.")
  var format: OutputFormat?

  @Option(help: "Write the result to a file: .npy, .npz, .csv, .json, .mtx or .petsc; rows also to a folder .zarr.")
  var output: String?

  @Flag(help: "Say on standard error what the computation took.")
  var stats = false
}

/// `--index`
struct IndexOption: ParsableArguments {
  @Option(parsing: .unconditional, help: "The part of the result to compute, as between brackets: '0, 1:'.")
  var index: String?
}

/// `--batch-axis`
struct BatchOption: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "The axis of the variables along which slices are independent of each other.")
  var batchAxis: Int?
}

/// The forms of results on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, csv, json, mtx
}
