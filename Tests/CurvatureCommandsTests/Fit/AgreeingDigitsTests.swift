import CurvatureCommands
import Testing

@Suite struct AgreeingDigitsTests {
  @Test func digitsAreCounted() {
    #expect(agreeingDigits(1.0001, certified: 1).rounded() == 4)
    #expect(agreeingDigits(2, certified: 2) == 11)
    #expect(agreeingDigits(5, certified: 2) == 0)
    #expect(agreeingDigits(.nan, certified: 2) == 0)
    #expect(agreeingDigits(1e-3, certified: 0).rounded() == 3)
  }
}
