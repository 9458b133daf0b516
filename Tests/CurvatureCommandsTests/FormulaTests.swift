import Curvature
import CurvatureCommands
import Foundation
import TensorGraph
import TestSupport
import Testing

@Suite struct FormulaTests {
  struct Reference: Sendable, CustomTestStringConvertible {
    let formula: String
    let kind: String
    let shape: String
    let elements: [Double]
    var testDescription: String { formula }
  }

  static let lines: [String] = {
    let text =
      (try? String(contentsOfFile: Bundle.module.resourcePath! + "/Fixtures/formulas.tsv", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }()
  static let references: [Reference] = lines.dropFirst().map { line in
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
    return Reference(
      formula: String(fields[0]), kind: String(fields[1]), shape: String(fields[2]),
      elements: fields[3].split(separator: " ").map { Double($0)! })
  }

  static func node(_ text: String, real: ScalarType = .float64) throws -> Node {
    let node = try FormulaEvaluator(real: real).tensor(Parser.parse(text))
    try Evaluation.evaluate([node])
    return node
  }

  /// The same text, evaluated by NumPy, SciPy and JAX (`Fixtures/make_formulas.py`).
  @Test(arguments: references)
  func agreesWithPython(_ reference: Reference) throws {
    let node = try FormulaTests.node(FormulaTests.lines[0] + "; " + reference.formula)
    #expect(node.shape.description == reference.shape)
    #expect("\(ElementKind(node.scalarType))" == reference.kind)
    let storage = try Evaluation.storage(node)
    for (i, expected) in reference.elements.enumerated() where i < storage.count {
      let found = storage.literal(at: i).double
      let isClose =
        found == expected || (found.isNaN && expected.isNaN) || abs(found - expected) <= 1e-14 + 2e-14 * abs(expected)
      #expect(isClose, "element \(i): \(found), expected \(expected)")
    }
  }

  @Test func thereAreReferences() { #expect(FormulaTests.references.count > 150) }

  @Test func singlePrecisionStaysSingle() throws {
    let text = FormulaTests.lines[0] + "; "
    for reference in FormulaTests.references where reference.kind == "real" {
      let node = try FormulaTests.node(text + reference.formula, real: .float32)
      #expect(node.scalarType == .float32, "\(reference.formula)")
    }
  }

  /// Functions of functions, beside formulas without them.
  static let control: [(String, String)] = [
    ("f = lambda a, b: a*b + 1; f(2, f(3, 4))", "27"),
    ("scan(lambda c, x: (c + x, c*x), 1.0, [1.0, 2.0, 3.0])[0]", "7"),
    ("scan(lambda c, x: (c + x, c*x), 1.0, [1.0, 2.0, 3.0])[1]", "array([1.0, 4, 12])"),
    ("c, y = scan(lambda c, x: (c + x, c*x), 1.0, [1.0, 2.0, 3.0], reverse=True); y", "array([6.0, 8, 3])"),
    ("scan(lambda c, x: ((c[1], c[0] + c[1]), c[0]), (0.0, 1.0), None, length=6)[1]", "array([0.0, 1, 1, 2, 3, 5])"),
    ("scan(lambda c, x: (c*x[0] + x[1], None), 1.0, ([2.0, 3.0], [1.0, 4.0]))[0]", "13"),
    ("fori_loop(2, 5, lambda i, x: x*i, 1.0)", "24"),
    ("map(lambda r: r @ r, [[1.0, 2.0], [3.0, 4.0]])", "array([5.0, 25])"),
    ("map(lambda p: p[0]*sum(p[1]), ([1.0, 2.0], [[1.0, 2.0], [3.0, 4.0]]))", "array([3.0, 14])"),
    ("map(lambda r: scan(lambda c, x: (c*x, None), 1.0, r)[0], [[1.0, 2.0], [3.0, 4.0]])", "array([2.0, 12])"),
    ("root(lambda x: x**2 - [2.0, 9.0], ones(2))", "sqrt([2.0, 9.0])"),
    ("fixed_point(lambda x: cos(x), 1.0)", "0.7390851332151607"),
  ]

  @Test(arguments: control)
  func functionsOfFunctions(_ formula: String, _ plain: String) throws {
    let (found, expected) = try (FormulaTests.node(formula), FormulaTests.node(plain + " + 0.0"))
    #expect(found.shape == expected.shape)
    for k in 0..<found.shape.count {
      #expect(abs(found.value!.literal(at: k).double - expected.value!.literal(at: k).double) < 1e-14)
    }
  }

  static let refused: [(String, ToolError.Status, String)] = [
    ("map(lambda x: y, ones(2))", .usage, "unknown name 'y'"), ("f = lambda x: x; f(1, 2)", .usage, "called with 2"),
    ("map(3, ones(2))", .usage, "lambda x: x**2"), ("map(lambda x, y: x, ones(2))", .usage, "function of 2, expected"),
    ("scan(lambda c, x: c, 0.0, ones(2))", .data, "two values"), ("f = lambda x: x; f + 1", .usage, "a function of 1"),
    ("scan(lambda c, x: (ones(3), c), 0.0, ones(2))", .data, "shape [3]"),
    ("root(lambda x: 1.0, 0.0)", .data, "does not depend on the unknown"),
    ("scan(lambda c, x: (c, x), 0.0)", .usage, "give xs"),
    ("summ(2)", .usage, "did you mean 'sum'?"), ("xx", .usage, "--at or --let"), ("sum", .usage, "expected 'sum(…)'"),
    ("ones(2) + ones(3)", .data, "shapes [2] and [3]"), ("ones(2) @ ones((3, 2))", .data, "@: shapes"),
    ("take(ones(2), array([0, -3]))", .data, "take: index -3 is outside axis 0, which has extent 2; use -2 to 1"),
    ("ones((2, 3))[:, array([[7]])]", .data, "index: index 7 is outside axis 1, which has extent 3; use -3 to 2"),
    ("arange(3)[arange(7, 8).reshape(1, 1)]", .data, "index 7 is outside axis 0"),
    ("take_along_axis(ones((2, 3)), array([[1], [3]]), 1)", .data, "index 3 is outside axis 1, which has extent 3"),
    ("take_along_axis(ones((2, 3)), arange(3, 5).reshape(2, 1), 1)", .data, "index 3 is outside axis 1"),
    ("put_along_axis(ones((2, 3)), array([[1], [-4]]), 0.0, 1)", .data, "index -4 is outside axis 1"),
    ("scatter_add(ones((2, 3)), array([[5, 0, 0]]), 1.0, 0)", .data, "index 5 is outside axis 0, which has extent 2"),
    ("index_add(ones((2, 3)), array([2]), 1.0)", .data, "index 2 is outside axis 0, which has extent 2"),
    (
      "cross_entropy(ones((2, 3)), array([0, 3]))", .data,
      "cross_entropy: index 3 is outside axis 1, which has extent 3; use 0"
    ),
    ("cross_entropy(ones((2, 3)), array([0, -1]))", .data, "index -1 is outside axis 1"),
    ("nll_loss(ones((2, 3)), array([0, -100]))", .data, "nll_loss: index -100 is outside axis 1"),
    ("one_hot(array([0, 3]), 3)", .data, "one_hot: index 3 is outside axis 1, which has extent 3; use 0 to 2"),
    ("one_hot(array([-1]), 3)", .data, "index -1 is outside"),
    ("embedding(array([4]), ones((4, 2)))", .data, "index 4 is"),
    ("segment_sum(ones(2), array([0, 2]), 2)", .data, "index 2 is outside axis 0, which has extent 2; use 0 to 1"),
    ("pinv(ones((2, 2)), rcond=2)", .usage, "found 2.0, expected 0 or more, below 1"),
    ("ones(2)[2]", .data, "index 2 is outside axis 0"),
    ("ones(2)[0, 0]", .data, "2 indices"),
    ("ones(2)[0.5]", .usage, "found 0.5 in an index"), ("ones(2)['a']", .usage, "in an index"),
    ("ones(2)[1.5:]", .usage, "in a slice"), ("ones(2)[ones(1)]", .usage, "astype(int)"),
    ("ones(2)[::0]", .data, "step of 0"), ("ones(2)[..., ...]", .data, "single ellipsis"),
    ("sum(1, 2, 3, 4)", .usage, "at most 2 arguments by position"), ("sum(axis=1)", .usage, "misses its argument 'x'"),
    ("sum(ones(2), axes=0)", .usage, "did you mean 'axis'"), ("sum(ones(2), foo=0)", .usage, "no argument 'foo'"),
    ("sum(ones(2), x=1)", .usage, "given twice"), ("sum(ones(2), axis='a')", .usage, "expected whole numbers"),
    ("sum(ones(2), axis=1)", .data, "outside a tensor of rank 1"), ("sum(ones(2), axis=0.5)", .usage, "whole numbers"),
    ("sum(ones(2), axis=9223372036854775807)", .data, "out of range"),
    ("sum(ones(2), keepdims=3)", .usage, "True or False"), ("x = 2; x(3)", .usage, "'x' is 2, no function"),
    ("ones(2).exp()", .usage, "write 'exp(…)'"), ("ones(2).foo()", .usage, "unknown method 'foo'"),
    ("ones(2).foo", .usage, "a tensor has no '.foo'"), ("ones(2).sum", .usage, "expected '.sum(…)'"),
    ("(2).T", .usage, "found 2 before '.T'"), ("np", .usage, "the module 'np'"), ("np.foo", .usage, "no value 'foo'"),
    ("np.foo(1)", .usage, "unknown function 'foo'"), ("[1, 2] + [3]", .usage, "array([…])"),
    ("-[1]", .usage, "array([…])"), ("[1, 2] * 2", .usage, "array([…])"), ("array([[1], [1, 2]])", .data, "ragged"),
    ("array([1, [2]])", .data, "ragged"), ("array(['a'])", .usage, "found 'a', expected"),
    ("'a'", .usage, "expected a tensor"),
    ("None", .usage, "found None"), ("...", .usage, "found ..."), ("split(ones(4), 2)", .usage, "2 values"),
    ("a, b = ones(3); a", .usage, "expected 2 values"), ("a, b = 2; a", .usage, "expected 2 values"),
    ("1/0", .data, "division of 1 by zero"), ("1 // 0", .data, "by zero"), ("1.5 % 0", .data, "by zero"),
    ("~2", .usage, "expects a mask"), ("~ones(2)", .usage, "compare first"), ("-(ones(2) > 0)", .usage, "'~'"),
    ("1 & 2", .usage, "masks"), ("ones(2) > 0 & 1", .usage, "masks"), ("ones(2) & ones(2)", .usage, "binds tighter"),
    ("(ones(2) > 0) - (ones(2) > 0)", .usage, "masks have no difference"), ("2 @ 3", .usage, "'*' multiplies"),
    ("arange(3)**-1", .usage, "no negative power"), ("where(1, 2, 3)", .usage, "expected a mask"),
    ("cholesky(array([[1, 2], [2, 1]]))", .data, "not positive definite"),
    ("inv(ones((2, 3)))", .data, "square matrix"),
    ("solve(eye(2), ones(3))", .data, "right-hand side"), ("det(ones(3))", .data, "square"),
    ("qr(ones(3))", .data, "a matrix"), ("logdet(-eye(3))", .data, "the determinant is not positive"),
    ("zeros(1000000000000)", .data, "half of this machine's memory"),
    ("zeros(-1)", .data, "is no shape"),
    ("zeros((4000000000, 4000000000))", .data, "memory"), ("zeros(4000000000000000000)", .data, "out of range"),
    ("eye(100000000)", .data, "memory"), ("arange(1e30)", .data, "has no end"), ("arange(0, 1, 0)", .usage, "never"),
    ("arange(0, nan)", .usage, "found NaN"),
    ("arange(1e12)", .data, "memory"), ("linspace(0, 1, 1000000000000)", .data, "memory"),
    ("linspace(0, 1, -1)", .usage, "expected 0 or more"), ("tile(ones(10), 1000000000000)", .data, "memory"),
    ("tile(ones(10), (1000000000000, 1000000000000))", .data, "memory"),
    ("repeat(ones(9), 999999999999)", .data, "memory"),
    ("pad(ones(3), 1000000000000)", .data, "memory"), ("pad(ones(3), (1, 2, 3))", .usage, "before, after"),
    ("pad(ones(3), -1)", .usage, "before, after"), ("pad(ones(3), 1, mode='wrap')", .usage, "'constant', 'edge'"),
    ("diag(ones(3), k=1000000000)", .data, "memory"), ("outer(zeros(1000000), zeros(1000000))", .data, "memory"),
    ("one_hot(array([1]), 1000000000000)", .data, "memory"), ("kron(zeros(1000000), zeros(1000000))", .data, "memory"),
    ("zeros(1000000)[:, None] + zeros(1000000)", .data, "memory"), ("reshape(ones(4), (3,))", .data, "reshape"),
    ("reshape(ones(4), (-1, -1))", .data, "reshape"), ("reshape(ones(4), 'a')", .usage, "whole numbers"),
    ("einsum('ij->i', ones(3))", .data, "einsum"), ("einsum('i,j', ones(3))", .data, "einsum"),
    ("einsum(ones(3), 'i')", .usage, "expected a string"),
    ("concatenate([ones(2), ones((2, 2))])", .data, "concatenate"),
    ("concatenate([])", .data, "no tensors"), ("stack(2)", .usage, "list of tensors"),
    ("take(ones(3), [3])", .data, "index 3 is outside"), ("take(ones(3), 0.5)", .usage, "whole numbers"),
    ("max(zeros(0))", .data, "empty"), ("median(zeros(0))", .data, "empty"), ("quantile(ones(3), 2)", .data, "outside"),
    ("quantile(ones(3), ones(3))", .usage, "plain number"), ("tensordot(ones(2), ones(2), axes=3)", .data, "axes"),
    ("ones(3).reshape(2)", .data, "reshape"), ("clip(ones(3), ones(2))", .data, "shapes"),
    ("norm(ones(2), ord='nuc')", .usage, "expected 'fro'"), ("squeeze(ones(2), axis=0)", .data, "squeeze"),
    ("ones((2, 2))[ones(3) > 0]", .data, "does not fit"), ("round(ones(2), 1000)", .usage, "out of range"),
    ("array([1]).astype('complex')", .usage, "expected int, float or bool"),
    ("diff(ones(2), n=-1)", .usage, "expected 0"),
    ("ones((2,) * 3)", .usage, "array([…])"),
  ]

  @Test(arguments: refused)
  func refusals(_ text: String, _ status: ToolError.Status, _ fragment: String) throws {
    do {
      _ = try FormulaTests.node(text)
      Issue.record("'\(text)' was accepted")
    } catch let error as ToolError {
      #expect(error.message.contains(fragment), "\(error)")
      #expect(error.status == status, "\(error)")
      #expect(error.place != nil)
    }
  }

  @Test func shapeErrorsPointAtTheOperator() throws {
    let error = #expect(throws: ToolError.self) { try FormulaTests.node("a = ones(2)\nb = a * 2 + ones(3)\nb") }
    #expect(error?.description.hasSuffix("2 | b = a * 2 + ones(3)\n                ^") == true, "\(error!)")
  }

  @Test func longFormulasEvaluate() throws {
    let sum = try FormulaTests.node("1.5" + String(repeating: " + 1", count: 100_000))
    #expect(try Evaluation.storage(sum).literal(at: 0).double == 100_001.5)
    let chain = try FormulaTests.node("x = ones(2); x" + String(repeating: " + x", count: 20_000))
    #expect(try Evaluation.storage(chain).literal(at: 1).double == 20_001)
  }

  /// Every function, by its signature: called without arguments, with one number, and with plain nonsense it throws
  /// or gives a value.
  @Test func everyFunctionSurvivesNonsense() throws {
    let values = [
      "2", "ones(3)", "ones((2, 2))", "'a'", "None", "[1, 2]", "zeros(0)", "True", "arange(3)", "-1", "nan",
    ]
    for function in FunctionTable.all {
      for first in [""] + values {
        for second in first.isEmpty ? [""] : [""] + values {
          let text = "\(function.name)(\([first, second].filter { !$0.isEmpty }.joined(separator: ", ")))"
          do {
            _ = try FormulaEvaluator().evaluate(Parser.parse(text))
          } catch {
            #expect(error.place != nil, "\(text): \(error)")
          }
        }
      }
    }
  }

  @Test func tableNamesEachFunctionOnce() {
    let names = FunctionTable.all.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
  }
}
