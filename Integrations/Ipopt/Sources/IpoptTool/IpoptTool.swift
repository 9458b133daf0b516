import Curvature
import CurvatureCommands

/// `curvature` with Ipopt for `minimize --subject-to`.
@main
struct IpoptTool {
  static func main() { ToolProgram.run(constrainedSolver: IpoptFormulaSolver()) }
}
