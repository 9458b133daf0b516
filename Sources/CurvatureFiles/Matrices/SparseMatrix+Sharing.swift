import Curvature
import SparseStructure
import TensorGraph

extension SparseRowBlocks {
  /// Computes the blocks of each process and writes all of them to one file in PETSc's binary form.
  ///
  /// - Parameters:
  ///   - path: the name of the file, `.petsc`, on a disk that all processes see.
  ///   - team: the processes, all of which call this for the same matrix.
  /// - Throws: `TensorError` if an element cannot be computed, processes have different matrices, or as
  ///   `write(toFile:sharedBy:)` of a sparse matrix: the same in all of them.
  public func write(toFile path: String, sharedBy team: some ProcessTeam) throws(TensorError) {
    if team.size > 1 { try team.require(fingerprint()) }
    let own = try team.agree { () throws(TensorError) in
      if team.rank == 0 { try FileAccess.checkWritable(path) }
      return try team.share(of: count).map { (block) throws(TensorError) in try read(block: block) }
    }
    try SparseMatrix(stacking: own, columnCount: shape[1]).write(toFile: path, sharedBy: team)
  }
}

extension SparseMatrix where Scalar: DifferentiableScalar {
  /// Writes a matrix of which each process has some rows to one file in PETSc's binary form (`.petsc`), each its part.
  ///
  /// The file is beside its name until it is whole.
  ///
  /// - Parameters:
  ///   - path: the name of the file, on a disk that all processes see.
  ///   - team: the processes, all of which call this: their rows follow upon each other in the order of their numbers.
  /// - Throws: `TensorError` if the form is another, processes have different numbers of columns, there are more entries than whole
  ///   numbers of 32 bits count, or the file cannot be written: the same in all of them.
  /// - Complexity: O(stored entries) of a process; each tells the others three numbers.
  public func write(toFile path: String, sharedBy team: some ProcessTeam) throws(TensorError) {
    let partial = path + ".partial"
    let sizes = try team.gather(
      .success(
        [rowCount, storedCount, columnCount].flatMap { count in withUnsafeBytes(of: Int64(count)) { Array($0) } })
    ).map { bytes in
      (0..<3).map { place in bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)) }
      }
    }
    let (rows, entries) = (sizes.reduce(0) { $0 + $1[0] }, sizes.reduce(0) { $0 + $1[1] })
    let before = sizes[..<team.rank].reduce((rows: 0, entries: 0)) { ($0.rows + $1[0], $0.entries + $1[1]) }
    let header = try team.agree { () throws(TensorError) in
      guard path.lowercased().hasSuffix(".petsc") else {
        throw TensorError("\(path): a sparse matrix is written by several processes to .petsc")
      }
      guard sizes.allSatisfy({ $0[2] == columnCount }) else {
        throw TensorError("\(path): processes have rows of \(sizes.map { $0[2] }) columns")
      }
      let header = try PETScBinary.matrixHeader(rowCount: rows, columnCount: columnCount, nonzeroCount: entries)
      if team.rank == 0 {
        try FileAccess.checkWritable(path)
        try DurableFile(partial, creates: true, empties: true).reserve(header.count + 4 * rows + 12 * entries)
      }
      return header
    }
    let starts = [header.count, header.count + 4 * rows, header.count + 4 * rows + 4 * entries]
    do throws(TensorError) {
      try team.withShared(partial) { file throws(TensorError) in
        let parts = [
          (
            team.rank == 0 ? header + PETScBinary.rowLengths(pattern) : PETScBinary.rowLengths(pattern),
            team.rank == 0 ? 0 : starts[0] + 4 * before.rows
          ),
          (PETScBinary.columns(pattern), starts[1] + 4 * before.entries),
          (PETScBinary.doubles(values.lazy.map { Double($0) }), starts[2] + 8 * before.entries),
        ]
        for (bytes, offset) in parts { try team.agree { () throws(TensorError) in try file.write(bytes, at: offset) } }
        try team.agree { () throws(TensorError) in try file.synchronize() }
      }
    } catch {
      if team.rank == 0 { try? DurableFile(partial, creates: false).remove() }
      throw error
    }
    try team.agree { () throws(TensorError) in
      if team.rank == 0 { try DurableFile(partial, creates: false).rename(to: path) }
    }
  }
}
