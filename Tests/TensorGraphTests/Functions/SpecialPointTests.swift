import TensorGraph
import TestSupport
import Testing

@Suite("Special points") struct SpecialPointTests {
  @Test("Value and derivatives to third order", arguments: SpecialPoint.all, [ScalarType.float64, .float32])
  func derivatives(of special: SpecialPoint, in type: ScalarType) throws {
    #expect(try special.mismatches(type) { Interpreter.evaluate($0) } == [])
  }
}
