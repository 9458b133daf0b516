import CurvatureCommands
import CurvatureFiles
import Foundation
import TestSupport
import Testing

/// `curvature pattern`, and sparse results of other commands.
@Suite struct PatternCommandTests {
  private let chained = "sum(100*(x[1:] - x[:-1]**2)**2 + (1 - x[:-1])**2)"

  @Test func statisticsAndDrawing() {
    let outcome = run("pattern", chained, "--at", "x=linspace(0, 1, 4)")
    #expect(
      outcome.outputText == """
        Hessian in x: 4×4 pattern, 10 non-zeros (62.5 %)
        bandwidth: 1 below, 1 above the diagonal; at most 3 in a row
        products: 3 instead of 4 (columns in 3 colours)
        ● ● · ·
        ● ● ● ·
        · ● ● ●
        · · ● ●

        """)
    let large = run("pattern", chained, "--at", "x=linspace(0, 1, 5000)")
    #expect(large.outputText.contains("products: 3 instead of 5000") && large.outputText.contains("⠻⣦"))
  }

  @Test func jacobiansBlocksAndBatches() {
    let jacobian = run("pattern", "x[1:]*x[:-1]", "--at", "x=[1,2,3,4]")
    #expect(jacobian.outputText.hasPrefix("Jacobian in x: 3×4 pattern, 6 non-zeros"))
    let gradient = run("pattern", "sum(x**2)", "--at", "x=[1,2]", "--jacobian")
    #expect(gradient.outputText.hasPrefix("Jacobian in x: 1×2 pattern, 2 non-zeros"))
    let blocks = run("pattern", "sum(x*z)", "--at", "x=[1,2]", "--at", "z=[3,4]")
    #expect(blocks.outputText.contains("Hessian in x,z: 2×2 pattern, 2 non-zeros"))
    #expect(blocks.outputText.contains("Hessian in z: 2×2 pattern, 0 non-zeros"))
    let batch = run("pattern", "sum(x**3, axis=1)", "--at", "x=ones((5, 3))", "--batch-axis", "0")
    #expect(batch.outputText.hasPrefix("Hessian in x: 3×3 pattern, 3 non-zeros"), "\(batch.errors)")
    let local = run("pattern", "sum(maximum(x, 0)**2)", "--at", "x=[1,-2]", "--local")
    #expect(local.outputText.hasPrefix("Hessian in x: 2×2 pattern, 1 non-zeros"), "\(local.outputText)\(local.errors)")
  }

  @Test func explanations() {
    let met = run("pattern", "sum(x) + exp(x[0]*x[2])", "--at", "x=[1,2,3]", "--why", "0,2")
    #expect(met.outputText.hasPrefix("Hessian in x: entry (0, 2) can be other than zero: met in multiply"))
    let zero = run("pattern", "sum(x) + exp(x[0]*x[2])", "--at", "x=[1,2,3]", "--why", "-2,0")
    #expect(zero.outputText.contains("entry (1, 0) is zero at every point"))
  }

  @Test("An index outside its axis is an error, whenever its value is known") func indicesOutside() {
    let formulas = [
      "sum(where(arange(3)[array([[7]])] > 0, x, x**2))",
      "sum(where(arange(3)[arange(7, 8).reshape(1, 1)] > 0, x, x**2))",
      "sum(x[array([[7]])]**2)", "sum(x[array([[0, -4]])]**2)", "sum(take_along_axis(x, array([7]), 0)**2)",
    ]
    for formula in formulas {
      for command in [["pattern"], ["pattern", "--local"], ["hessian"], ["gradient"], ["hessian", "--sparse"]] {
        let outcome = Tool.run(command + [formula, "--at", "x=[1,2,3]"]) { () throws(ToolError) in [] }
        #expect(outcome.status == 1 && outcome.outputText.isEmpty, "\(command) \(formula)")
        #expect(outcome.errors.contains("is outside axis 0, which has extent 3"), "\(outcome.errors)")
      }
    }
    // What depends on the variables is found when it is computed; the pattern that holds everywhere does not ask.
    let computed = "sum(x[(4*x[:1]).astype(int)]**2)"
    for command in [["pattern", "--local"], ["hessian"], ["hessian", "--sparse"], ["gradient"], ["value"]] {
      let outcome = Tool.run(command + [computed, "--at", "x=[1,2,3]"]) { () throws(ToolError) in [] }
      #expect(outcome.status == 1, "\(command)")
      #expect(outcome.errors.contains("index 4 is outside axis 0, which has extent 3"), "\(command): \(outcome.errors)")
    }
  }

  @Test func pictures() throws {
    let scratch = try Scratch()
    let (svg, png) = (try scratch.file("a.svg"), try scratch.file("a.png"))
    let outcome = run("pattern", chained, "--at", "x=[1,2,3]", "--svg", svg, "--png", png)
    #expect(outcome.status == 0)
    #expect(try String(contentsOfFile: svg, encoding: .utf8).contains("3×3 pattern, 7 non-zeros (77.8 %), 2 colours"))
    #expect(FileManager.default.contents(atPath: png)?.prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
  }

  @Test func sparseResults() throws {
    let text = run("hessian", chained, "--at", "x=[1,2,3]", "--sparse")
    #expect(
      text.outputText
        == "3×3 pattern, 7 non-zeros (77.8 %)\n  (0, 0)\t402\n  (0, 1)\t-400\n  (1, 0)\t-400\n  (1, 1)\t3802\n"
        + "  (1, 2)\t-800\n  (2, 1)\t-800\n  (2, 2)\t200\n")
    #expect(
      run("jacobian", "x**2", "--at", "x=[1,2]", "--sparse", "--format", "csv").outputText
        == "row,column,value\n0,0,2\n1,1,4\n")
    #expect(
      run("jacobian", "x**2", "--at", "x=[1,2]", "--sparse", "--format", "json").outputText
        == "{\"shape\": [2, 2], \"rows\": [0, 1], \"columns\": [0, 1], \"values\": [2, 4]}\n")
    let market = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 2\n2 2 4\n"
    #expect(run("jacobian", "x**2", "--at", "x=[1,2]", "--format", "mtx").outputText == market)
    #expect(run("jacobian", "x**2", "--at", "x=[1,2]", "--format", "mtx", "--sparse").outputText == market)
    // A matrix of a hundred million entries, of which few are computed.
    let large = run("hessian", chained, "--at", "x=linspace(0, 1, 10000)", "--format", "mtx", "--stats")
    #expect(large.outputText.hasPrefix("%%MatrixMarket matrix coordinate real general\n10000 10000 29998\n1 1 "))
    #expect(large.errors.contains("Hessian products: 3"))
  }

  /// The members that SciPy's `load_npz` wants, as `save_npz` writes them.
  @Test func archives() throws {
    let scratch = try Scratch()
    let file = try scratch.file("h.npz")
    #expect(run("hessian", chained, "--at", "x=[1,2,3]", "--sparse", "--output", file).status == 0)
    let bytes = [UInt8](try #require(FileManager.default.contents(atPath: file)))
    let members = try ZipArchive.members(of: bytes, name: file)
    #expect(members.map(\.name) == ["indices.npy", "indptr.npy", "format.npy", "shape.npy", "data.npy"])
    func doubles(_ i: Int) throws -> [Double] {
      try NPY.read(ZipArchive.contents(of: members[i], in: bytes, name: file), name: file).doubles
    }
    #expect(try doubles(0) == [0, 1, 0, 1, 2, 1, 2] && doubles(1) == [0, 2, 5, 7] && doubles(3) == [3, 3])
    #expect(try doubles(4) == [402, -400, -400, 3802, -800, -800, 200])
    let format = try ZipArchive.contents(of: members[2], in: bytes, name: file)
    #expect(
      String(decoding: format, as: UTF8.self).contains("'descr': '|S3'") && format.suffix(3).elementsEqual("csr".utf8))
  }

  @Test(
    arguments: [
      (["pattern", "sum(x)"], 2, "no variable to differentiate in"),
      (["pattern", "sum(x)", "--at", "x=[1]", "--why", "a"], 2, "--why"),
      (["pattern", "sum(x)", "--at", "x=[1]", "--why", "0,9"], 1, "why: column 9 is outside the 1 columns"),
      (["pattern", "sum(x)", "--at", "x=[1]", "--index", "0"], 2, "Unknown option '--index'"),
      (["pattern", "sum(x)", "--at", "x=[1]", "--svg", "/nonexistent/a.svg"], 1, "no folder"),
      (["pattern", "x*y", "--at", "x=1", "--at", "y=2", "--png", "a.png"], 2, "of one block, found 3"),
      (["hessian", "x*y", "--at", "x=1", "--at", "y=2", "--sparse"], 2, "--sparse: is for the whole matrix"),
      (["hessian", "sum(x)", "--at", "x=[1]", "--sparse", "--index", "0"], 2, "--sparse: is for the whole matrix"),
      (["hessian", "sum(x)", "--at", "x=[1]", "--sparse", "--output", "a.npy"], 2, ".npy holds full arrays"),
      (["value", "ones((2,2,2))", "--format", "mtx"], 2, "mtx holds one matrix"),
    ] as [([String], Int32, String)])
  func refusals(_ arguments: [String], _ status: Int32, _ fragment: String) {
    let outcome = Tool.run(arguments)
    #expect(outcome.errors.contains(fragment), "\(outcome.errors)")
    #expect(outcome.status == status && outcome.output.isEmpty, "\(outcome.errors)")
  }
}
