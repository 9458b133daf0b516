import CurvatureCommands
import TestSupport
import Testing

/// Errors of formulas name what was written in the formula, those of the library's Swift what is written in Swift.
@Suite struct ErrorTextTests {
  /// A call with arguments of a kind, by the signature: `ones((2, 3, 5))` for the first that has no default and so on;
  /// an axis is one that there is not.
  private static func call(_ name: String, _ function: FormulaFunction, _ given: [String]) -> String {
    var values: [String] = []
    let list = function.signature.drop { $0 != "(" }.dropFirst().dropLast()
    for parameter in list.split(separator: ",").map({ $0.filter { $0 != " " } }) {
      if parameter == "*" { break }
      let name = parameter.prefix { $0 != "=" }
      if ["axis", "axis1", "source", "dim"].contains(name) {
        values.append("\(name)=9")
      } else if name == parameter[...] {
        values.append(given[min(values.count, given.count - 1)])
      }
    }
    return "\(name)(\(values.joined(separator: ", ")))"
  }

  private static let kinds = [
    ["ones((2, 3, 5))", "ones(7)", "ones((4, 2))", "ones(3)"], ["ones(7)", "ones((2, 3, 5))"], ["ones((2, 3))"],
    ["ones(3) > 0", "ones(4)"], ["ones(5)", "array([7, 8, 9])", "ones(4)"], ["array([1, 2])", "array([1, 2, 3])"],
    ["ones((3, 4))", "7"], ["ones((2, 0))", "-1"], ["(ones(2), ones((3, 3)))", "9"], ["1.0", "ones(3)", "ones(4)"],
    ["array(1)", "array([[1, 2]])", "ones((2, 2, 2))"],
  ]

  @Test("Every function, called wrongly in many ways, is named as it was called") func functions() throws {
    var named = Set<String>()
    for function in FunctionTable.all {
      for name in [function.name] + function.aliases {
        for kind in Self.kinds {
          let text = Self.call(name, function, kind)
          do {
            _ = try FormulaEvaluator().tensor(Parser.parse(text))
          } catch {
            if let head = error.message.prefixMatch(of: #/([A-Za-z]\w*(?:\([a-z:]*\))?): /#) {
              #expect(head.output.1 == name, "\(text): \(error.message)")
              named.insert(function.name)
            }
            let foreign = error.message.firstMatch(of: /\b[a-z]+[A-Z]\w*/)
            #expect(foreign == nil, "\(text): \(error.message)")
          }
        }
      }
    }
    #expect(named.count >= 100, "\(named.count) functions")
  }

  @Test(
    "Operators and indices",
    arguments: [
      ("ones(2) + ones(3)", "+: shapes [2] and [3]"), ("ones(2) / ones(3)", "/: shapes"),
      ("ones(2) < ones(3)", "<: shapes"), ("-(ones(2) > 0)", "a mask has no sign"),
      ("ones(2)[3]", "index 3 is outside axis 0"), ("ones(2)[0, 0]", "index: 2 indices for a tensor of rank 1"),
      ("ones(2).sum(axis=4)", "sum: axis 4 is outside"), ("np.linalg.inv(ones((2, 3)))", "inv: found shape [2, 3]"),
    ])
  func operators(_ formula: String, _ expected: String) {
    #expect { try FormulaEvaluator().tensor(Parser.parse(formula)) } throws: { error in
      "\(error)".contains("error: \(expected)")
    }
  }

  @Test("What only values show names no step of the library") func values() {
    let outcome = Tool.run(["value", "x[array([0, 1]) + array([0, 4])]", "--let", "x=ones(3)"])
    #expect(outcome.errors.hasPrefix("error: index 5 is outside axis 0"), "\(outcome.errors)")
  }
}
