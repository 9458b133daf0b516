import Algorithms
import ArgumentParser
import Curvature
import CurvatureFiles
import SpyPlotPNG
import TensorGraph

/// `curvature pattern`
struct PatternCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "pattern",
    abstract: "Show where a Hessian or Jacobian can be other than zero, and how few products it takes.",
    discussion: """
      A formula of one element (or one for each slice of a batch) has a Hessian, others have a Jacobian. Several \
      variables have a block for each pair.
      """)

  @OptionGroup var options: FormulaOptions
  @OptionGroup var batch: BatchOption

  @Flag(help: "The Jacobian, also of a formula of one element.")
  var jacobian = false

  @Flag(help: "The pattern at the given values, where comparisons have come out, instead of that at all values.")
  var local = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Say through which operations an entry is other than zero.", valueName: "row,column"))
  var why: EntryOption?

  @Option(help: "Write a picture, coloured by the products that are computed together: an .svg file.")
  var svg: String?

  @Option(help: "Write a picture, coloured by the products that are computed together: a .png file.")
  var png: String?

  /// A row and a column.
  struct EntryOption: ExpressibleByArgument {
    let row: Int
    let column: Int

    init?(argument: String) {
      let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        .map { Int($0.trimming(while: \.isWhitespace)) }
      guard parts.count == 2, let row = parts[0], let column = parts[1] else { return nil }
      (self.row, self.column) = (row, column)
    }
  }

  /// A block with its names.
  private struct Block {
    let title: String
    let pattern: SparsityPattern
    let coloring: Coloring
    let explanation: String?
  }

  func run(_ console: Console) throws {
    for path in [svg, png].compactMap({ $0 }) {
      try withFiles { () throws(TensorError) in try FileAccess.checkWritable(path) }
    }
    let problem = try FormulaProblem(options, console, needsVariables: true)
    let blocks: [Block]
    do {
      switch options.dtype {
      case .float32: blocks = try self.blocks(Float.self, problem)
      case .float64: blocks = try self.blocks(Double.self, problem)
      }
    } catch let error as TensorError {
      throw problem.located(error)
    }
    if svg != nil || png != nil || why != nil {
      guard blocks.count == 1 else {
        throw ToolError(
          "pattern: pictures and --why are of one block, found \(blocks.count); give one variable", status: .usage)
      }
      let plot = SpyPlot(blocks[0].pattern, coloring: blocks[0].coloring)
      try withFiles { () throws(TensorError) in
        if let svg { try FileAccess.write(Array(plot.svg.utf8), to: svg) }
        if let png { try FileAccess.write(plot.png, to: png) }
      }
    }
    console.print(blocks.map(text).joined(separator: "\n\n"))
  }

  private func text(_ block: Block) -> String {
    if let explanation = block.explanation { return "\(block.title): \(explanation)" }
    let (pattern, coloring) = (block.pattern, block.coloring)
    let bandwidth = pattern.bandwidth
    let lines = min(pattern.rowCount, pattern.columnCount)
    return """
      \(block.title): \(pattern.summary)
      bandwidth: \(bandwidth.lower) below, \(bandwidth.upper) above the diagonal; at most \(pattern.largestRowCount) in a row
      products: \(coloring.colorCount) instead of \(lines) (\(coloring.rowColorCount == 0 ? "columns" : coloring.columnColorCount == 0 ? "rows" : "\(coloring.columnColorCount) of columns, \(coloring.rowColorCount) of rows") in \(coloring.colorCount) colours)
      \(pattern.drawn())
      """
  }

  private func blocks<Scalar: DifferentiableScalar>(_: Scalar.Type, _ problem: FormulaProblem) throws -> [Block] {
    let y = Tensor<Scalar>(problem.result)
    let xs = problem.variables.map { Tensor<Scalar>($0.node) }
    let isHessian = !jacobian && (y.count == 1 || batch.batchAxis != nil && isOnePerSlice(y, xs[0]))
    guard isHessian else {
      return try zip(problem.variables, xs).map { variable, x in
        let matrix = try Jacobian(of: y, withRespectTo: x, batchAxis: batch.batchAxis)
        return try block("Jacobian in \(variable.name)", matrix, isSymmetric: false)
      }
    }
    let matrix = try BlockHessian(of: y, withRespectTo: xs, batchAxis: batch.batchAxis)
    return try xs.indices.flatMap { i in
      try (i..<xs.count).map { j in
        let names = i == j ? problem.variables[i].name : "\(problem.variables[i].name),\(problem.variables[j].name)"
        return try block("Hessian in \(names)", matrix[i, j], isSymmetric: i == j)
      }
    }
  }

  /// Whether a batched formula has one element for each slice.
  private func isOnePerSlice<Scalar>(_ y: Tensor<Scalar>, _ x: Tensor<Scalar>) -> Bool {
    guard let axis = batch.batchAxis, axis >= -x.rank, axis < x.rank else { return true }
    return y.count == x.shape[axis < 0 ? axis + x.rank : axis]
  }

  private func block<Matrix: DerivativeMatrix>(
    _ title: String, _ matrix: Matrix, isSymmetric: Bool
  ) throws -> Block {
    let pattern = try matrix.readPattern(isLocal: local)
    return Block(
      title: title, pattern: pattern, coloring: pattern.cheapestColoring(isSymmetric: isSymmetric),
      explanation: try why.map { try matrix.readWhy($0.row, $0.column).description })
  }
}
