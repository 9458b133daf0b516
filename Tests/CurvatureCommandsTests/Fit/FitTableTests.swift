import CurvatureCommands
import Testing

/// Data of fits: names of columns, and columns that are not used.
@Suite struct FitTableTests {
  /// Columns x = 1, 2, 3 and y = 3, 5, 7 in many forms.
  static let tables: [(String, String)] = [
    ("t.csv", "x,y\n1,3\n2,5\n3,7\n"), ("t.csv", "\u{FEFF}x;y\r\n1;3\r\n2;5\r\n3;7\r\n"),
    ("t.tsv", "x\ty\n1\t3\n2\t5\n3\t7"),
    ("t.dat", "x   y\n1   3\n2   5\n3   7\n"), ("t.txt", "# x y\n1 3\n2 5\n3 7\n"),
    ("t.txt", "% by hand\n% x, y\n1,3\n2,5\n3,7"),
    ("t.csv", "# x y\n1,3\n2,5\n3,7\n"), ("t.csv", "\"x\",\"y\"\n1,3\n2,5\n3,7\n"), ("-", "x y\n1 3\n2 5\n3 7\n"),
    // columns that are not used
    ("t.csv", "site,x,y\nA,1,3\nB,2,5\nC,3,7\n"), ("t.csv", "x,date,y\n1,2020-01-01,3\n2,,5\n3,NA,7\n"),
    ("t.csv", "x,y,note\n1,3,\"a, \"\"b\"\"\"\n2,5,\n3,7,\"two\nlines\" # c\n"),
    ("t.csv", ",x,y\n0,1,3\n1,2,5\n2,3,7\n"),
    ("t.csv", "x,y,z,z\n1,3,nan,?\n2,5,inf,\n3,7,1e999,0x1\n"),
    ("t.tsv", "name\tx\ty\nSmith, J.\t1\t3\nA; B\t2\t5\n\t3\t7\n"),
    ("t.csv", "x,y,color\n1,3,#ff0000\n2,5,#00ff00\n3,7, #0000ff\n"), ("t.csv", "2019,x,y\n0,1,3\n0,2,5\n0,3,7\n"),
    ("t.txt", "\"x\" \"y\"\n\"1\" 1 3\n\"2\" 2 5\n\"3\" 3 7\n"),
    ("t.csv", "my x,x,y [m],y,\n8,1,,3,\n9,2,,5,\n7,3,,7,\n"),
    ("t.csv", "x,y,flag\n1D0,3,True\n2d0,0.5D1,False\n3,7,None # last, I\n"),
    ("t.csv", "x,y\n1,3\n#9,9\n2,5\n3,7\n"), ("t.csv", "# a,b,c\nid,x,y\nA,1,3\n# \"x\" \"y,z\nB,2,5\n\"#3\",3,7\n"),
    ("t.txt", "id;x;y\n\t;1;3\na;2;5\n;3;7\n"), ("t.csv", "x,y,\n1,3,a\n2,5,\n3,7,b\n"),
    ("t.csv", "lambda,x,y\nA,1,3\nB,2,5\nC,3,7\n"),
  ]

  @Test(arguments: tables)
  func usedColumnsAreRead(_ name: String, _ text: String) throws {
    let columns = try FitTable(Array(text.utf8), name: name).columns(["x", "y", "a", "b"])
    #expect(columns.map(\.name) == ["x", "y"])
    #expect(columns.map(\.values) == [[1, 2, 3], [3, 5, 7]])
  }

  @Test func bytesOfOtherCodesMayStandInColumnsThatAreNotUsed() throws {
    let text = Array("x,y,".utf8) + [0xF6, 0x0A] + Array("1,3,".utf8) + [0xDF, 0x0A]
    #expect(try FitTable(text, name: "t.csv").columns(["x", "y"]).map(\.values) == [[1], [3]])
    let error = #expect(throws: ToolError.self) {
      try FitTable([0x78, 0x0A, 0xDF, 0x0A], name: "t.csv").columns(["x"])
    }
    #expect(error?.message.contains("line 2, column 1 ('x'): the cell is no text in UTF-8") == true)
  }

  @Test(arguments: [
    ("x,y\n1,\n", "line 2, column 2 ('y'): the value is missing ('')"),
    ("x,y\n1,2\n3,NaN\n", "line 3, column 2 ('y'): the value is missing ('NaN'); remove the line, or fill the cell"),
    ("x,y,x\n1,2,3\n", "two columns are called 'x'"), ("y,µ,μ\n1,2,3\n", ""),
    ("x,y\nA,2\n", "line 2, column 1 ('x'): 'A' is no"),
    ("id,x,y\nA,1,2\n#3,3,4\n", "line 3, column 1 ('id'): the line begins as a comment and has 3 cells"),
    ("id\tx\ty\n%\t1\t2\n", "line 2, column 1 ('id'): the line begins as a comment"),
    ("1,2\n3,4\n", "the first line has no names of columns"),
    ("# made by hand\n1,2\n3,4\n", "the first line has no names"),
  ])
  func whatIsUsedMustBeThere(_ text: String, _ fragment: String) throws {
    func read() throws -> [FitProblem.Column] { try FitTable(Array(text.utf8), name: "t.csv").columns(["x", "y"]) }
    guard !fragment.isEmpty else {
      #expect(try read().map(\.values) == [[1]])
      return
    }
    let error = #expect(throws: ToolError.self) { try read() }
    #expect(error?.message.contains(fragment) == true, "\(error?.message ?? "")")
  }

  /// Names of columns and parameters in letters of any script; letters that Unicode has twice are one.
  @Test(arguments: [
    ("θ", "α", "β", "α + β*θ"), ("温度", "切片", "傾き", "切片 + 傾き*温度"), ("µ", "a", "b", "a + b*μ"),
    ("é", "a", "b", "a + b*e\u{301}"),
    ("Größe", "Δ", "b_ß", "Δ + b_ß*Größe"), ("x̂", "σ_1", "σ_2", "σ_1 + σ_2*x̂"), ("ﬁ", "a", "b", "a + b*fi"),
  ])
  func namesAreLettersOfAnyScript(_ column: String, _ first: String, _ second: String, _ model: String) throws {
    let arguments = ["fit", "--data", "-", "--model", "収率 = \(model)", "--start", "\(first)=0,\(second)=1"]
    let outcome = Tool.run(arguments) { () throws(ToolError) in Array("\(column),収率\n1,3\n2,5\n3,7\n4,9\n".utf8) }
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.outputText.contains("start 1: converged"))
    #expect(outcome.outputText.contains("\n\(first) ") && outcome.outputText.contains("\n\(second) "))
  }

  /// No number that is none is reported, and nothing is called converged beside one.
  @Test(arguments: [
    ("0,1e200\n0,-1e200\n", "y = a + x", "a=0", "the residual sum of squares is inf"),
    ("0,1e200\n1,2e200\n2,5e200\n", "y = a*exp(x)", "a=1", "the residual"),
    ("0,1e160\n1,3e160\n2,-4e160\n", "y = a + b*x", "a=1,b=1", "give the data in other units"),
    ("0,1e4\n1,-1e4\n2,1\n", "y = a*1e-305", "a=1", "start 1: the search left the range of floating point"),
  ])
  func resultsThatAreNotFiniteAreErrors(_ rows: String, _ model: String, _ start: String, _ fragment: String) {
    for format in ["text", "json"] {
      let arguments = ["fit", "--data", "-", "--model", model, "--start", start, "--format", format]
      let outcome = Tool.run(arguments) { () throws(ToolError) in Array("x,y\n\(rows)".utf8) }
      #expect(outcome.status == 1 && outcome.output.isEmpty, "\(outcome.outputText)")
      #expect(outcome.errors.contains(fragment), "\(outcome.errors)")
    }
  }

  /// A step between two data may be as steep as one likes: no fit of it has converged.
  @Test(arguments: [
    ("-3,0\n-2,0\n-1,0\n1,1\n2,1\n3,1\n", ["a=0.5,b=1,c=1.2", "a=3.5,b=5,c=1.2"]),
    ("1,0\n2,0\n3,0\n4,1\n5,1\n6,1\n", ["a=0.5,b=1,c=1.2", "a=3.5,b=5,c=1.2"]),
  ])
  func separatedData(rows: String, starts: [String]) {
    for model in ["y = c/(1 + exp(-b*(x - a)))", "y = c*sigmoid(a + b*x)"] {
      for start in starts {
        let arguments = ["fit", "--data", "-", "--model", model, "--start", start]
        let outcome = Tool.run(arguments) { () throws(ToolError) in Array("x,y\n\(rows)".utf8) }
        #expect(outcome.status == 0 && outcome.outputText.contains("NOT CONVERGED"), "\(outcome.outputText)")
      }
    }
  }

  /// A model that fits exactly has converged, with parameters that are 0, too.
  @Test(arguments: [
    ("y = a + b*x", "a=5,b=1", "0,0\n1,2\n2,4\n3,6\n"), ("y = a*exp(b*x)", "a=5,b=1", "0,2\n1,2\n2,2\n3,2\n"),
    ("y = a + b*x + c*x**2", "a=1,b=1,c=1", "0,1\n1,2\n2,3\n3,4\n4,5\n"),
    (
      "y = a*exp(b*x) + c", "a=1,b=-9,c=1", "0,2\n1,1.36787944117144233\n2,1.1353352832366127\n3,1.049787068367863943\n"
    ),
  ])
  func exactFits(model: String, start: String, rows: String) {
    let arguments = ["fit", "--data", "-", "--model", model, "--start", start]
    let outcome = Tool.run(arguments) { () throws(ToolError) in Array("x,y\n\(rows)".utf8) }
    #expect(outcome.outputText.contains("start 1: converged"), "\(outcome.outputText)")
  }

  @Test func smallResidualsHaveDeviations() throws {
    let text = "x,y\n0,1e-200\n1,-1e-200\n2,0\n"
    let arguments = ["fit", "--data", "-", "--model", "y = a + b*x", "--start", "a=1e-200,b=1e-200"]
    let outcome = Tool.run(arguments) { () throws(ToolError) in Array(text.utf8) }
    // The straight line 0.5 - 0.5 x of the data without their unit has the residuals 0.5, -1, 0.5.
    #expect(outcome.outputText.contains("5.0000000000e-201") && outcome.outputText.contains("1.1180339887e-200"))
  }
}
