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
    var comparison = try Comparison("CountRegression")

    let poisson = try maximumLikelihood(from: Tensor<Double>.zeros([X.shape[1]]), X, visits) { b, X, visits in
      let linear = matmul(X, b)
      return exp(linear) - visits * linear + lgamma(visits + 1)
    }
    comparison.check("Poisson: log-likelihood", poisson.logLikelihood)
    comparison.check("Poisson: lncoins", poisson.point[0].item())
    comparison.check("Poisson: error of lncoins", try poisson.standardErrors()[0].item())

    let start = Model(coefficients: poisson.point, dispersion: Tensor([1.0]))
    let fit = try maximumLikelihood(from: start, X, visits) { model, X, visits in
      let linear = matmul(X, model.coefficients)
      let size = 1 / model.dispersion
      let total = log(size + exp(linear))
      let ways = lgamma(visits + size) - lgamma(size) - lgamma(visits + 1)
      return total * (size + visits) - ways - size * log(size) - visits * linear
    }
    let (model, errors) = (fit.point, try fit.standardErrors())
    comparison.check("NB2: log-likelihood", fit.logLikelihood)
    comparison.check("NB2: lncoins", model.coefficients[0].item())
    comparison.check("NB2: error of lncoins", errors.coefficients[0].item(), within: 1e-4)
    comparison.check("NB2: dispersion", model.dispersion[0].item())
    comparison.check("NB2: error of dispersion", errors.dispersion[0].item(), within: 1e-4)
    comparison.finish()
  }
}
