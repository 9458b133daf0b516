import CurvatureCommands

/// The program: everything it does is in `CurvatureCommands`, where tests and other programs reach it.
@main
struct CurvatureTool {
  static func main() { ToolProgram.run() }
}
