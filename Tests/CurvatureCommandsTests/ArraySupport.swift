import Curvature
import CurvatureCommands
import TensorGraph

extension Tool.Outcome {
  var outputText: String { String(decoding: output, as: UTF8.self) }
}
