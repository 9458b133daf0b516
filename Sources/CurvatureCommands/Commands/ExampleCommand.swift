import ArgumentParser
import Curvature

/// `curvature example`
struct ExampleCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "example", abstract: "Run a small program: the Hessian of a function of two tensors.")

  func run(_ console: Console) throws {
    var x1 = Tensor<Float>.randn([3])
    var x2 = Tensor<Float>.randn([4])
    x1.stopGradient = false
    x2.stopGradient = false
    let y = x1.sum() + x2.sum()

    let matrix = hessian(y, (x1, x2))
    console.print("x1 = Tensor<Float>.randn([3]); x2 = Tensor<Float>.randn([4])")
    console.print("y = x1.sum() + x2.sum()")
    console.print("H = hessian(y, (x1, x2))")
    for (i, row) in ["x1", "x2"].enumerated() {
      for (j, column) in ["x1", "x2"].enumerated() {
        let block = matrix[i, j][...]
        console.print("H[\(i)][\(j)][...]    ddy/d\(row)d\(column), shape \(block.shape)")
        console.print(NumPyText.text(of: ArrayValue(shape: block.shape, storage: block.storage)))
      }
    }
    console.print("Hessian products: \(matrix[0, 0].productsEvaluated)")
  }
}
