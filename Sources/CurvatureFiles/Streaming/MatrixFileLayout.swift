import Curvature
import TensorGraph

/// A form in which a matrix is written block by block, and an unfinished one of it on a disk: an `.npy` file, or the folder of a
/// Zarr array.
protocol MatrixFileLayout {
  /// Begins one, whose room on the disk is there when this returns; what has the name is dropped.
  func begin(_ path: String) throws(TensorError) -> any UnfinishedMatrix
  /// One that was begun; nil if there is none of this name, or not as it was begun.
  func open(_ path: String) throws(TensorError) -> (any UnfinishedMatrix)?
}

/// A matrix some of whose blocks are on a disk.
protocol UnfinishedMatrix: AnyObject {
  /// Where it is.
  var path: String { get }
  /// Writes some rows of a block.
  ///
  /// - Parameters:
  ///   - elements: all elements of these rows.
  ///   - rows: places among the rows of all blocks.
  func write<Scalar: DifferentiableScalar>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Range<Int>, ofBlock block: Int
  ) throws(TensorError)
  /// What waits, on any thread, until the disk has a block that is written.
  func durability(ofBlock block: Int) -> () throws(TensorError) -> Void
  /// Completes what all blocks are in, and gives it its name.
  func finish(as path: String) throws(TensorError)
  func remove()
}

/// The forms of matrices that are written block by block, by the ends of their names.
package enum MatrixFileForm: String, CaseIterable, Sendable {
  case npy, zarr

  /// The form that a name asks for.
  package init?(path: String) {
    guard let form = Self.allCases.first(where: { path.lowercased().hasSuffix("." + $0.rawValue) }) else { return nil }
    self = form
  }

  /// The names' ends for people: ".npy or .zarr".
  package static var list: String { allCases.map { "." + $0.rawValue }.joined(separator: " or ") }

  /// Finds out before a long computation whether one of this form can have the name.
  package func checkWritable(_ path: String) throws(TensorError) {
    switch self {
    case .npy: try FileAccess.checkWritable(path)
    case .zarr: try ZarrLayout.checkWritable(path)
    }
  }

  func layout<Scalar>(
    _ blocks: RowBlocks<Scalar>, _ triangle: StoredTriangle, path: String
  ) throws(TensorError) -> any MatrixFileLayout {
    switch self {
    case .npy: try NPYLayout(blocks, triangle, path: path)
    case .zarr: try ZarrLayout(blocks, triangle, path: path)
    }
  }
}
