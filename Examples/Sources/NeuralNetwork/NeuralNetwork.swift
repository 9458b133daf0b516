import Curvature
import CurvatureFiles
import ExampleSupport

/// Handwritten digits: a network as a structure of tensors, trained by Adam on minibatches that are data of one plan, and the
/// sharpest directions of its loss.
@main struct NeuralNetwork {
  struct Layer: TensorStruct {
    var weights: Tensor<Double>
    var bias: Tensor<Double>
    static var tensors: TensorMembers<Layer, Double> { TensorMembers(\.weights, \.bias) }

    /// Weights that other systems can make, too.
    init(_ inputs: Int, _ outputs: Int) {
      weights =
        sin(Tensor.arange(inputs * outputs) * 1.7 + 1).reshaped(to: [inputs, outputs])
        * (1 / Double(inputs).squareRoot())
      bias = Tensor.zeros([outputs])
    }
  }

  struct Network: TensorStruct {
    var layers = [Layer(64, 16), Layer(16, 10)]
    static var tensors: TensorMembers<Network, Double> { TensorMembers(\.layers) }

    func callAsFunction(_ images: Tensor<Double>) -> Tensor<Double> {
      let hidden = tanh(matmul(images, layers[0].weights) + layers[0].bias)
      return matmul(hidden, layers[1].weights) + layers[1].bias
    }
  }

  static func main() throws {
    let archive = try TensorArchive(contentsOfFile: dataFile("digits.npz"))
    let images: Tensor<Double> = try archive.tensor(named: "images") / 16
    let labels: Tensor<Int64> = try archive.tensor(named: "labels")
    let targets: Tensor<Double> = labels.oneHot(classes: 10)

    func loss(_ network: Network, _ images: Tensor<Double>, _ targets: Tensor<Double>) -> Tensor<Double> {
      -(targets * network(images).logSoftmax(axis: 1)).sum() / Double(images.shape[0])
    }

    var network = Network()
    let batch = 256
    let plan = try TreeGradientPlan(like: network, images[..<batch], targets[..<batch], of: loss)
    var mean = network.mapTensors { .zeros(like: $0) }
    var spread = mean
    for step in 1...200 {
      let first = (step - 1) * batch % (images.shape[0] - batch)
      let rows = first..<(first + batch)
      let slopes = try plan(network, images[AxisRange(rows)], targets[AxisRange(rows)]).gradient
      mean = mean.combined(with: slopes) { 0.9 * $0 + 0.1 * $1 }
      spread = spread.combined(with: slopes) { 0.999 * $0 + 0.001 * square($1) }
      let moves = mean.combined(with: spread) { mean, spread in
        0.01 * (mean / (1 - pow(0.9, Double(step)))) / (sqrt(spread / (1 - pow(0.999, Double(step)))) + 1e-8)
      }
      network = network.combined(with: moves) { $0 - $1 }
    }

    let (value, H) = (loss(network, images, targets), hessian(at: network) { loss($0, images, targets) })
    let right = Tensor<Double>(network(images).argmax(axis: 1) .== labels).mean()

    let sharpest = try H.matrix.eigenpairs(1, at: .largest)

    var comparison = try Comparison("NeuralNetwork")
    comparison.check("loss", value.item())
    comparison.check("share that is right", right.item())
    comparison.check("trace of the Hessian", H.trace.item())
    comparison.check("largest eigenvalue", sharpest.values[0])
    print(sharpest.products, H.matrix.productsEvaluated)
    comparison.check(
      "largest second derivative in a bias", H[\.layers[1].bias, \.layers[1].bias].diagonal().max().item())
    comparison.finish()
  }
}
