import Curvature
import TensorGraph

extension FunctionTable {
  /// Linear algebra of one matrix.
  static let linearAlgebra: [FormulaFunction] = [
    FormulaFunction("inv(a)", "the inverse of a matrix") { a in try Operations.inverse(a.real("a")) },
    FormulaFunction("solve(a, b)", "a⁻¹ b") { a in
      let (matrix, right) = try a.reals("a", "b")
      return try Operations.solve(matrix, right)
    },
    FormulaFunction("solve_triangular(a, b, *, lower=False)", "a⁻¹ b for a triangular a") { a in
      let (matrix, right) = try a.reals("a", "b")
      return try Operations.solveTriangular(matrix, right, isLower: a.flag("lower"))
    },
    FormulaFunction("det(a)", "the determinant") { a in try Operations.determinant(a.real("a")) },
    FormulaFunction(
      "slogdet(a)", "a tuple: the sign of the determinant, and the logarithm of its magnitude",
      values: { a in
        let (sign, logarithm) = try Operations.signAndLogDeterminant(a.real("a"))
        return .tuple([.tensor(sign), .tensor(logarithm)])
      }),
    FormulaFunction("cholesky(a)", "the lower triangular factor of a positive definite matrix") { a in
      let factor = try Operations.cholesky(a.real("a"))
      try a.checkFinite(factor, "a", "the matrix is not positive definite")
      return factor
    },
    FormulaFunction(
      "qr(a)", "a tuple: orthonormal columns, and the upper triangular factor",
      values: { a in
        let (q, r) = try Operations.qr(a.real("a"))
        return .tuple([.tensor(q), .tensor(r)])
      }),
    FormulaFunction(
      "lstsq(a, b)", "a tuple whose first member makes a x nearest to b, for a of full column rank",
      values: { a in
        let (matrix, right) = try a.reals("a", "b")
        return .tuple([.tensor(try Operations.leastSquares(matrix, right))])
      }),
    FormulaFunction("pinv(a)", "the pseudoinverse of a matrix of full rank") { a in
      try Operations.pseudoInverse(a.real("a"))
    },
    FormulaFunction("matrix_power(a, n)", "a whole power of a matrix") { a in
      try Operations.matrixPower(a.real("a"), a.integer("n"))
    },
    FormulaFunction("expm(a)", "the exponential of a matrix") { a in try Operations.matrixExponential(a.real("a")) },
  ]
}

extension Arguments {
  /// Refuses an argument whose result is not finite at the given values; without values nothing is known.
  fileprivate func checkFinite(_ result: Node, _ name: String, _ message: String) throws {
    let inputs = Node.topologicalOrder([result]).filter { if case .input = $0.primitive { true } else { false } }
    guard inputs.allSatisfy({ $0.value != nil }) else { return }
    let known = try Evaluation.storage(result)
    guard (0..<known.count).allSatisfy({ known.literal(at: $0).double.isFinite }) else {
      throw fault(name, message, status: .data)
    }
  }
}
