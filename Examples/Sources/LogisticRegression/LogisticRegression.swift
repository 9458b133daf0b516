import Curvature
import CurvatureFiles
import ExampleSupport

/// Who votes for whom: logistic regression on the American National Election Study of 1996, with standard errors.
@main struct LogisticRegression {
  static func main() throws {
    let table = try Tensor<Double>(contentsOfFile: dataFile("election.csv"))
    let vote = table[..., 0]
    let X = Tensor.concatenate([Tensor.ones([table.shape[0], 1]), table[..., 2...]], axis: 1)

    let fit = try maximumLikelihood(from: Tensor<Double>.zeros([X.shape[1]]), X, vote) { b, X, vote in
      softplus(matmul(X, b)) - vote * matmul(X, b)
    }
    let errors = try fit.standardErrors()

    var comparison = try Comparison("LogisticRegression")
    comparison.check("log-likelihood", fit.logLikelihood)
    for (i, name) in ["constant", "logpopul", "selfLR", "age", "educ", "income"].enumerated() {
      comparison.check(name, fit.point[i].item())
      comparison.check("error of \(name)", errors[i].item())
    }
    comparison.finish()
  }
}
