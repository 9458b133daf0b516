import CurvatureCommands
import Testing

@Suite struct NISTProblemTests {
  /// Observations and parameters of each problem, from NIST's list.
  static let sizes: [String: (observations: Int, parameters: Int)] = [
    "Bennett5": (154, 3), "BoxBOD": (6, 2), "Chwirut1": (214, 3), "Chwirut2": (54, 3), "DanWood": (6, 2),
    "ENSO": (168, 9), "Eckerle4": (35, 3), "Gauss1": (250, 8), "Gauss2": (250, 8), "Gauss3": (250, 8),
    "Hahn1": (236, 7), "Kirby2": (151, 5), "Lanczos1": (24, 6), "Lanczos2": (24, 6), "Lanczos3": (24, 6),
    "MGH09": (11, 4), "MGH10": (16, 3), "MGH17": (33, 5), "Misra1a": (14, 2), "Misra1b": (14, 2),
    "Misra1c": (14, 2), "Misra1d": (14, 2), "Nelson": (128, 3), "Rat42": (9, 3), "Rat43": (15, 4),
    "Roszman1": (25, 4), "Thurber": (37, 7),
  ]

  @Test func allProblemsCome() throws {
    let names = try NISTCollection.names()
    #expect(names == Self.sizes.keys.sorted())
  }

  @Test(arguments: sizes.keys.sorted())
  func everyProblemIsRead(name: String) throws {
    let problem = try NISTCollection.problem(named: name)
    let size = try #require(Self.sizes[name])
    #expect(problem.name == name)
    #expect(problem.problem.observationCount == size.observations)
    #expect(problem.problem.parameterNames == (1...size.parameters).map { "b\($0)" })
    #expect(problem.starts.map(\.count) == [size.parameters, size.parameters])
    #expect(problem.certified.parameters.count == size.parameters)
    #expect(problem.certified.standardDeviations.allSatisfy { $0 > 0 })
    #expect(problem.certified.residualSumOfSquares > 0)
    #expect(problem.problem.columns.map(\.name) == (name == "Nelson" ? ["y", "x1", "x2"] : ["y", "x"]))
    #expect(problem.problem.model.response == (name == "Nelson" ? "log(y)" : "y"))
    #expect(!problem.problem.model.prediction.contains("["))
  }

  @Test func modelsAreTranslated() throws {
    let expected = [
      "Nelson": "b1 - b2*x1 * exp(-b3*x2)",
      "Roszman1": "b1 - b2*x - arctan(b3/(x-b4))/pi",
      "Hahn1": "(b1+b2*x+b3*x**2+b4*x**3) / (1+b5*x+b6*x**2+b7*x**3)",
      "Misra1c": "b1 * (1-(1+2*b2*x)**(-.5))",
    ]
    for (name, prediction) in expected {
      let problem = try NISTCollection.problem(named: name)
      #expect(problem.problem.model.prediction == prediction)
    }
  }

  @Test func numbersAreThoseOfTheFile() throws {
    let problem = try NISTCollection.problem(named: "Roszman1")
    #expect(problem.starts[1] == [0.2, -0.000005, 1200, -150])
    #expect(problem.certified.parameters[2] == 1.2044556708E+03)
    #expect(problem.certified.standardDeviations[1] == 3.2058931691E-06)
    #expect(problem.certified.residualSumOfSquares == 4.9484847331E-04)
    #expect(problem.problem.columns[1].values.prefix(2) == [-4868.68, -4868.09])
  }

  private static let small = """
    Dataset Name:  Small   (Small.dat)
    Model:         Exponential Class
                   1 Parameter (b1)

                   y = b1*x  +  e

              Starting values                  Certified Values
            Start 1     Start 2           Parameter     Standard Deviation
      b1 =    1           2.5          2.0E+00  1.0E-02

    Residual Sum of Squares:                    1.0E-2
    Degrees of Freedom:                               1
    Number of Observations:                           2

    Data:   y     x
            1     2
            3.0E0 4
    """

  @Test func aSmallFileIsRead() throws {
    for text in [Self.small, Self.small.replacing("\n", with: "\r\n")] {
      let problem = try NISTProblem(text, file: "small.dat")
      #expect(problem.problem.columns.map(\.values) == [[1, 3], [2, 4]])
      #expect(problem.problem.model == FitModel(response: "y", prediction: "b1*x"))
    }
  }

  @Test(arguments: [
    ("Dataset Name:", "Name:", "small.dat: no line begins with 'Dataset Name:'"),
    ("Model:", "Modell:", "small.dat: no line begins with 'Model:'"),
    ("1 Parameter (b1)", "", "small.dat:2: the model has no line 'N Parameters'"),
    ("1 Parameter (b1)", "x Parameter", "small.dat:3: found 'x' where the number of parameters"),
    ("1 Parameter (b1)", "2 Parameters", "small.dat:7: 1 lines of parameters follow, but the model has 2"),
    ("+  e", "", "small.dat:2: the model 'y = b1*x' does not end in the error term"),
    ("y = b1*x", "b1*x", "small.dat:2: the model 'b1*x  +  e' is not of the form"),
    ("y = b1*x", "pi = 3", "small.dat:5: found 'pi = 3  +  e'; pi is a known constant"),
    ("Starting values", "Start", "small.dat:2: no line 'Starting values' follows the model"),
    ("2.5          2.0E+00", "2.0E+00", "small.dat:9: expected two starts, a value and a deviation after 'b1 ='"),
    ("2.0E+00", "two", "small.dat:9: found 'two' where a number was expected"),
    ("2.0E+00", "inf", "small.dat:9: found 'inf' where a number was expected"),
    ("1.0E-2", "", "small.dat:11: nothing follows 'Residual Sum of Squares:'"),
    ("                           2\n", " 3\n", "small.dat:13: 2 observations were read, but the file says 3"),
    ("Data:", "Date:", "small.dat: no line begins with 'Data:'"),
    ("Data:   y     x", "Data:", "small.dat:15: expected the names of the columns"),
    ("3.0E0 4", "3.0E0", "small.dat:17: 1 numbers for 2 columns (y, x)"),
    ("3.0E0 4", "3.0E0 4z", "small.dat:17: found '4z' where a number was expected"),
    ("        1     2\n        3.0E0 4", "", "small.dat:15: no data follow"),
  ])
  func malformedFilesAreRefused(old: String, new: String, message: String) throws {
    #expect(Self.small.contains(old))
    let text = Self.small.replacing(old, with: new)
    let error = try #require(throws: ToolError.self) { _ = try NISTProblem(text, file: "small.dat") }
    #expect(error.message.hasPrefix(message), "\(error.message)")
    #expect(error.status == .data)
  }

  @Test(arguments: [
    ("y = b1*x", "y", "b1*x"),
    ("b1*x", "first", "b1*x"),
    ("log(y) = where(x == 1, b1, b2)", "log(y)", "where(x == 1, b1, b2)"),
    ("sum(x, axis=0) * b1", "first", "sum(x, axis=0) * b1"),
    ("z = b1*x; y = z + 1", "y", "z = b1*x; z + 1"),
    ("z = b1*x\ny = z + 1\n", "y", "z = b1*x\n z + 1"),
    ("z = b1*x; z + 1", "first", "z = b1*x; z + 1"),
    ("y = b1*x  # a = b", "y", "b1*x  # a = b"),
    ("# a = b\nb1*x", "first", "# a = b\nb1*x"),
    ("(x <= 1) * b1", "first", "(x <= 1) * b1"),
    ("x <= b1", "first", "x <= b1"),
  ])
  func modelsAreSplitAtTheLastEqualsSign(text: String, response: String, prediction: String) {
    #expect(FitModel(text, defaultResponse: "first") == FitModel(response: response, prediction: prediction))
  }
}
