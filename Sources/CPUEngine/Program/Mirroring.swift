import CKernels
import TensorGraph

extension Engine {
  /// Elements below which one core mirrors everything.
  private static let mirroringThreshold = 1 << 14

  /// Copies the entries above the diagonal below it, in each of `count` square matrices of reals that lie one after
  /// another.
  ///
  /// - Complexity: O(count · size²) moves; many are shared among the cores.
  package static func mirrorUpperTriangles(
    _ matrices: UnsafeMutableRawPointer, size: Int, count: Int, scalarType: ScalarType
  ) {
    guard size > 1 else { return }
    let bytes = Int64(scalarType.byteCount)
    let bands = (size + Int(ck_mirror_side) - 1) / Int(ck_mirror_side)
    let tasks = bands * count
    let workers = size * size * count < mirroringThreshold ? 1 : workerLimit
    guard workers > 1 else {
      ck_mirror(matrices, Int64(size), bytes, 0, Int64(tasks))
      return
    }
    // The bands of a matrix become shorter; whoever is done takes the next share.
    let share = max(1, tasks / (8 * workers))
    ThreadTeam.perform((tasks + share - 1) / share) { part in
      ck_mirror(matrices, Int64(size), bytes, Int64(part * share), Int64(min((part + 1) * share, tasks)))
    }
  }
}
