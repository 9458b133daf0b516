import CPUEngine
import TensorGraph

/// A program in C that calls generated functions and compares them with what the engine computed.
struct GeneratedTest {
  let text: String

  /// - Parameters:
  ///   - functions: what to call, with what is known of them.
  ///   - foreign: a function that calls another interface, and its call.
  /// - Returns: nil if nothing is known to compare with.
  init?(functions: GeneratedFunctions, foreign: (text: String, call: String)?) {
    let checks = functions.entries.compactMap { entry in entry.check.map { (entry.function, $0) } }
    guard !checks.isEmpty else { return nil }
    let name = functions.name
    var text = """
      /* Compares the functions of \(name).h with values that Curvature computed. */
      #include <math.h>
      #include <stdio.h>
      #include <string.h>

      #include "\(name).h"

      static double memory[\(functions.memoryName) / 8 + 1];

      static int differ(const char *name, double found, double expected, double scale, double tolerance) {
        if (found == expected || (found != found && expected != expected)) return 0;
        if (fabs(found - expected) <= tolerance * (scale + fabs(expected))) return 0;
        printf("%s: %.17g, expected %.17g\\n", name, found, expected);
        return 1;
      }


      """
    var body = "int main(void) {\n  int failures = 0;\n"
    for (number, (function, check)) in checks.enumerated() {
      var names: [String] = []
      for (argument, values) in zip(function.inputs, check.inputs) {
        names.append("\(argument.name)_\(number)")
        let declaration = "static const \(argument.type.nativeType) \(names.last!)[]"
        text +=
          argument.type.isDifferentiable
          ? GeneratedFunctions.array(declaration, values)
          : GeneratedFunctions.array(declaration, values.map { Int64($0) })
      }
      for (argument, values) in zip(function.outputs, check.outputs) {
        names.append("\(argument.name)_\(number)")
        text += "static \(argument.type.nativeType) \(names.last!)[\(max(values.count, 1))];\n"
        text += GeneratedFunctions.array("static const double \(names.last!)_expected[]", values)
      }
      body += "  failures += \(function.name)(\((names + ["memory"]).joined(separator: ", ")));\n"
      for (argument, values) in zip(function.outputs, check.outputs) {
        let scale = values.lazy.filter(\.isFinite).map(abs).max() ?? 0
        let tolerance = argument.type == .float32 ? "1e-4" : "1e-10"
        let place = "\(argument.name)_\(number)"
        body += "  for (int i = 0; i < \(values.count); ++i)\n"
        body += "    failures += differ(\"\(function.name): \(argument.name)\", (double)\(place)[i], "
        body += "\(place)_expected[i], \(scale), \(tolerance));\n"
      }
    }
    if let foreign {
      text += Self.comparison + foreign.text
      body += "  failures += \(foreign.call);\n"
    }
    self.text =
      text + "\n" + body
      + "  if (failures == 0) printf(\"\(name): all values agree\\n\");\n  return failures != 0;\n}\n"
  }

  private static let comparison = """

    static int differ_at(const char *name, const double *found, const double *expected, int count) {
      double scale = 0;
      int failures = 0;
      for (int i = 0; i < count; ++i)
        if (fabs(expected[i]) > scale && expected[i] - expected[i] == 0) scale = fabs(expected[i]);
      for (int i = 0; i < count; ++i) failures += differ(name, found[i], expected[i], scale, 1e-10);
      return failures;
    }

    """
}
