import Curvature
import TensorGraph

extension RowBlocks {
  /// Writes all blocks to an `.npy` file or a Zarr array, as `write(to:rows:triangle:resuming:blockBytes:)` of a matrix does, shared by
  /// processes.
  ///
  /// Each process computes a part of the missing blocks and writes it to its place, in one `.npy` file in rounds of a block of each, as
  /// collective writes are; the file has the same bits whatever their
  /// number. Another number of processes can go on with what some have left.
  ///
  /// - Parameters:
  ///   - path: the name of the file, `.npy` or `.zarr`, on a disk that all processes see.
  ///   - triangle: the part of a symmetric matrix.
  ///   - resuming: whether to go on from what is there; begins anew if there is nothing.
  ///   - team: the processes, all of which call this for the same matrix.
  ///   - known: the elements of a block, if they have been computed.
  /// - Throws: `TensorError` as that, or if processes have different matrices: the same in all of them.
  public func write(
    to path: String, triangle: StoredTriangle = .both, resuming: Bool = false, sharedBy team: some ProcessTeam,
    known: (_ block: Int) -> Tensor<Scalar>? = { _ in nil }
  ) throws(TensorError) {
    try write(
      to: path, triangle, resuming, team, remedy: "write it again with `resuming: true`", known: known)
  }

  package func write(
    to path: String, _ triangle: StoredTriangle, _ resuming: Bool, _ team: some ProcessTeam, remedy: String,
    known: (_ block: Int) -> Tensor<Scalar>? = { _ in nil }
  ) throws(TensorError) {
    if team.size > 1 { try team.require(fingerprint()) }
    let first = try team.agree { () throws(TensorError) in
      team.rank > 0 ? nil : try MatrixFileWriter(path, self, triangle, resuming, remedy: remedy)
    }
    let done = try team.gather(.success(first.map { $0.finishedBlocks } ?? []))[0]
    let missing = done.indices.filter { done[$0] == 0 }
    var writer = try team.agree { () throws(TensorError) -> MatrixFileWriter<Scalar>? in
      if let first { return first }
      return try MatrixFileWriter(joining: path, blocks: self, triangle: triangle, number: team.rank)
    }
    let own = Array(missing[team.share(of: missing.count)])
    announce(own)
    // Chunks of an array are files of their own; one file is written by all together.
    if team.size > 1, MatrixFileForm(path: path) == .npy {
      try writer?.writeTogether(own, rounds: (missing.count + team.size - 1) / team.size, team, known: known)
    } else {
      try team.agree { () throws(TensorError) in
        for block in own {
          if let elements = known(block) {
            try writer?.write(block: block, elements: elements)
          } else {
            try writer?.write(block: block, isAnnounced: true)
          }
        }
        try writer?.settle()
      }
    }
    // Those who joined close their journals before the first reads them.
    writer = nil
    try team.agree {}
    try team.agree { () throws(TensorError) in try first?.finish() }
  }
}
