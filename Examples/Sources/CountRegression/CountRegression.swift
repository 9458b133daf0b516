import Curvature
import CurvatureFiles
import ExampleSupport

/// How often one visits a doctor: Poisson and negative binomial regression on the RAND Health Insurance Experiment (20 190
/// persons), with standard errors.
@main struct CountRegression {
  /// The negative binomial law of variance µ + αµ².
  struct Model: TensorStruct {
    var coefficients: Tensor<Double>
    var dispersion: Tensor<Double>
    static var tensors: TensorMembers<Model, Double> { TensorMembers(\.coefficients, \.dispersion) }
  }

  static func main() throws {
    let archive = try TensorArchive(contentsOfFile: dataFile("visits.npz"))
    let visits: Tensor<Double> = try archive.tensor(named: "y")
    let columns: Tensor<Double> = try archive.tensor(named: "x")
    let X = Tensor.concatenate([columns, Tensor.ones([columns.shape[0], 1])], axis: 1)
    let count = X.shape[1]
    let constant = lgamma(visits + 1).sum()
    var comparison = try Comparison("CountRegression")

    let poisson = try newtonMinimum(
      of: { b in
        let linear = matmul(X, b)
        return (exp(linear) - visits * linear).sum() + constant
      }, from: Tensor.zeros([count]))
    let poissonErrors = sqrt(poisson.hessian.inverse.diagonal())
    comparison.check("Poisson: log-likelihood", -poisson.value)
    comparison.check("Poisson: lncoins", poisson.x[0].item())
    comparison.check("Poisson: error of lncoins", poissonErrors[0].item())

    let start = Model(coefficients: poisson.x, dispersion: Tensor([1.0]))
    let negativeBinomial = try newtonMinimum(
      of: { v in
        let model = start.unflattened(v)
        let linear = matmul(X, model.coefficients)
        let size = 1 / model.dispersion
        let total = log(size + exp(linear))
        return constant
          - (lgamma(visits + size) - lgamma(size) + size * (log(size) - total) + visits * (linear - total)).sum()
      }, from: start.flattened)
    let model = start.unflattened(negativeBinomial.x)
    let errors = start.unflattened(sqrt(negativeBinomial.hessian.inverse.diagonal()))
    comparison.check("NB2: log-likelihood", -negativeBinomial.value)
    comparison.check("NB2: lncoins", model.coefficients[0].item())
    comparison.check("NB2: error of lncoins", errors.coefficients[0].item(), within: 1e-4)
    comparison.check("NB2: dispersion", model.dispersion[0].item())
    comparison.check("NB2: error of dispersion", errors.dispersion[0].item(), within: 1e-4)
    comparison.finish()
  }
}
