import ArgumentParser
import Curvature
import CurvatureFiles
import TensorGraph

/// `--stream`, `--resume`, `--triangle`
struct StreamOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Write the matrix to an .npy file or a .zarr folder row by row; so is one that takes more than a sixth of the memory "
        + "for results. Non-zeros to .petsc by blocks of rows."))
  var stream = false

  @Flag(help: "Go on with an .npy file or a .zarr folder that an earlier run of the same command did not finish.")
  var resume = false

  @Option(help: "The triangle of a Hessian to write to .npy row by row, as an array of one axis: lower or upper.")
  var triangle: StoredTriangle = .both

  @Option(help: "The bytes of a block of rows; up to two of them are computed again when it goes on.")
  var blockBytes = RowBlocks<Double>.defaultBlockBytes

  @Flag(
    help: "Compute one block of rows, and print how long the matrix would take 1 to 1000 processes of curvature-mpi.")
  var explainRanks = false

  @Option(help: "For --explain-ranks: seconds until a short message arrives.")
  var latency = 2e-6

  @Option(help: "For --explain-ranks: bytes a second between two processes.")
  var bandwidth = 1e9

  @Option(help: "For --explain-ranks: bytes a second that the disk takes from all processes together.")
  var diskBandwidth = 1e9

  /// How long a matrix would take some processes, if that is asked for.
  func explanation<Matrix: DerivativeMatrix>(of matrix: (Node) throws -> Matrix, _ problem: FormulaProblem) throws
    -> String?
  {
    guard explainRanks else { return nil }
    guard problem.variables.count == 1, latency >= 0, bandwidth > 0, diskBandwidth > 0 else {
      throw ToolError(
        "--explain-ranks is for the matrix in one variable; latency is 0 or more, and bandwidths are positive",
        status: .usage)
    }
    var model = try SharingModel(measuring: matrix(problem.variables[0].node).rowBlocks(blockBytes: blockBytes))
    (model.latency, model.bandwidth, model.diskBandwidth) = (latency, bandwidth, diskBandwidth)
    return "\(model)"
  }

  private var isForced: Bool { stream || resume || triangle != .both }

  /// The largest matrix that is computed as a whole to be written: it is in memory twice then, and some room is left.
  private static var largestWhole: Int { MemoryBudget.bytes / 6 }

  /// Writes a matrix in one variable row by row, if that is asked for or it is large.
  ///
  /// - Parameters:
  ///   - matrix: makes the matrix in a variable.
  ///   - output: where results go.
  ///   - team: who computes it together.
  /// - Returns: the matrix, if it was written.
  func written<Matrix: DerivativeMatrix>(
    _ matrix: (Node) throws -> Matrix, of problem: FormulaProblem, _ index: [IndexComponent], _ batch: BatchOption,
    isSparse: Bool, to output: ResultOutput, by team: any ProcessTeam
  ) throws -> Matrix? {
    if let path = output.petscPath {
      return try writtenSparse(matrix, of: problem, index, batch, to: path, by: team)
    }
    guard let path = output.rowsPath else {
      if isForced {
        throw ToolError(
          "--stream, --resume and --triangle write to an .npy file or a .zarr folder; name one by --output",
          status: .usage)
      }
      return nil
    }
    let isForced = isForced || output.takesRowsAlone
    let rows = index == [.ellipsis] ? AxisRange().indexComponent : index[0]
    guard problem.variables.count == 1, batch.batchAxis == nil, !isSparse, index.count == 1, rows != .newAxis else {
      if isForced {
        throw ToolError(
          "--stream, --resume, --triangle and .zarr are for the matrix in one variable, or rows of it; leave out --sparse and "
            + "--batch-axis, and let --index name rows", status: .usage)
      }
      return nil
    }
    let matrix = try matrix(problem.variables[0].node)
    let rowAxes = matrix.shape.count - problem.variables[0].node.shape.rank
    guard index == [.ellipsis] || rowAxes == 1 else {
      if isForced {
        throw ToolError(
          "--index with --stream, --resume, --triangle or .zarr names rows of a matrix whose rows have one axis, and these have "
            + "\(rowAxes) (shape \(matrix.shape)); leave one of them out", status: .usage)
      }
      return nil
    }
    // Several processes share rows, and nothing else.
    if !isForced, team.size == 1 {
      let count = matrix.shape.reduce(matrix.scalarType.byteCount) { count, extent in
        count.multipliedReportingOverflow(by: extent).overflow ? .max : count * extent
      }
      // A part is read as a part.
      guard index == [.ellipsis], count > Self.largestWhole else { return nil }
    }
    let blocks = try matrix.rowBlocks(rows: RowIndex(indexComponent: rows), blockBytes: blockBytes)
    do throws(TensorError) {
      try blocks.write(to: path, triangle, resume, team, remedy: "run the same command with --resume")
    } catch {
      // It says what was written, and is about the file more often than about the formula.
      throw ToolError(error.message, status: error.isCancellation ? .interrupted : .data)
    }
    return matrix
  }

  /// Writes the non-zeros of the matrix in one variable by blocks of rows, if that is asked for or several processes share them.
  private func writtenSparse<Matrix: DerivativeMatrix>(
    _ matrix: (Node) throws -> Matrix, of problem: FormulaProblem, _ index: [IndexComponent], _ batch: BatchOption,
    to path: String, by team: any ProcessTeam
  ) throws -> Matrix? {
    guard !resume, triangle == .both else {
      throw ToolError("--resume and --triangle write to an .npy file; name one by --output", status: .usage)
    }
    guard problem.variables.count == 1, batch.batchAxis == nil, index == [.ellipsis] else {
      if stream {
        throw ToolError(
          "--stream with .petsc is for the whole matrix in one variable; leave out --index and --batch-axis",
          status: .usage)
      }
      return nil
    }
    guard stream || team.size > 1 else { return nil }
    let matrix = try matrix(problem.variables[0].node)
    do throws(TensorError) { try matrix.sparseRowBlocks().write(toFile: path, sharedBy: team) } catch {
      throw ToolError(error.message, status: .data)
    }
    return matrix
  }

  /// A component of an index that was read from text.
  private struct RowIndex: TensorIndex {
    let indexComponent: IndexComponent
  }
}

extension StoredTriangle: ExpressibleByArgument {}
