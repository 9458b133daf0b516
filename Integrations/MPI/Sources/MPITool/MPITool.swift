import Curvature
import CurvatureCommands
import CurvatureMPI

/// `curvature` whose Hessians and Jacobians are written by all processes of an MPI job.
@main
struct MPITool {
  static func main() throws {
    let world = try Communicator.world()
    ToolProgram.run(team: world) { try? world.finish() }
  }
}
