import Curvature
import CurvatureFiles
import ExampleSupport

/// Who votes for whom: logistic regression on the American National Election Study of 1996, with standard errors.
@main struct LogisticRegression {
  static func main() throws {
    let table = try Tensor<Double>(contentsOfFile: dataFile("election.csv"))
    let vote = table[..., 0]
    let X = Tensor.concatenate([Tensor.ones([table.shape[0], 1]), table[..., 2...]], axis: 1)

    let fit = try newtonMinimum(
      of: { b in (softplus(matmul(X, b)) - vote * matmul(X, b)).sum() }, from: Tensor.zeros([X.shape[1]]))
    let errors = sqrt(fit.hessian.inverse.diagonal())

    var comparison = try Comparison("LogisticRegression")
    comparison.check("log-likelihood", -fit.value)
    for (i, name) in ["constant", "logpopul", "selfLR", "age", "educ", "income"].enumerated() {
      comparison.check(name, fit.x[i].item())
      comparison.check("error of \(name)", errors[i].item())
    }
    comparison.finish()
  }
}
