import COpenMPI
import Curvature
import CurvatureFiles

/// A file that all processes write together, by MPI-IO.
final class CollectiveFile: SharedFile {
  private let path: String
  private let communicator: Communicator
  private var file: MPI_File?

  init(_ path: String, _ communicator: Communicator) throws(TensorError) {
    (self.path, self.communicator) = (path, communicator)
    try Communicator.require(curvature_mpi_file_open(path, &file), "\(path): MPI_File_open")
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(TensorError) {
    // All of them make as many calls as the one with most.
    let most = try communicator.gather(elements: [Double(bytes.count)]).reduce(0) { max($0, Int($1[0])) }
    var result = Result<Void, TensorError>.success(())
    for start in stride(from: 0, to: most, by: Communicator.messageLimit) {
      let first = min(start, bytes.count)
      let part = UnsafeRawBufferPointer(rebasing: bytes[first..<min(first + Communicator.messageLimit, bytes.count)])
      let code = curvature_mpi_file_write(file, Int64(offset + first), part.baseAddress, Int32(part.count))
      result = result.flatMap { _ in
        Result { () throws(TensorError) in try Communicator.require(code, "\(path): MPI_File_write_at_all") }
      }
    }
    try result.get()
  }

  func synchronize() throws(TensorError) {
    try Communicator.require(curvature_mpi_file_synchronize(file), "\(path): MPI_File_sync")
  }

  func finish() throws(TensorError) {
    try Communicator.require(curvature_mpi_file_close(&file), "\(path): MPI_File_close")
  }
}
