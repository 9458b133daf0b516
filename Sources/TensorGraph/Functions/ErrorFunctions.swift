import Foundation
import RealModule

/// Inverses and scaled relatives of the error function.
extension SpecialValues {
  static func erfInverse(_ y: Double) -> Double {
    guard abs(y) < 1 else { return abs(y) == 1 ? y * .infinity : .nan }
    let guess = quantile(center: 0.5 * y, tail: 0.5 * (1 - abs(y)))
    return refined(guess * 0.707106781186547524400844362104849039, center: y, tail: 1 - abs(y))
  }

  static func normalQuantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
    let tail = min(p, 1 - p)
    let guess = quantile(center: p - 0.5, tail: tail)
    return 1.414213562373095048801688724209698079
      * refined(guess * 0.707106781186547524400844362104849039, center: 2 * (p - 0.5), tail: 2 * tail)
  }

  /// Newton's steps for erf(x) = center, by erfc(|x|) = tail where that is smaller.
  private static func refined(_ guess: Double, center: Double, tail: Double) -> Double {
    var x = guess
    for _ in 0..<2 {
      let slope = 1.128379167095512573896158903121545172 * exp(-x * x)
      guard slope > 0 else { return x }
      if abs(center) < 0.5 {
        x -= (erf(x) - center) / slope
      } else {
        let step = (erfc(abs(x)) - tail) / slope
        x += x < 0 ? -step : step
      }
    }
    return x
  }

  /// The normal quantile by rational functions (Wichura 1988, algorithm AS 241).
  ///
  /// - Parameters:
  ///   - center: the probability less one half.
  ///   - tail: the smaller of the probability and its complement.
  private static func quantile(center q: Double, tail: Double) -> Double {
    func ratio(_ r: Double, _ top: [Double], _ bottom: [Double]) -> Double {
      top.reversed().reduce(0) { $0 * r + $1 } / (bottom.reversed().reduce(0) { $0 * r + $1 } * r + 1)
    }
    if abs(q) <= 0.425 { return q * ratio(0.180625 - q * q, centralTop, centralBottom) }
    let r = (-log(tail)).squareRoot()
    let size = r <= 5 ? ratio(r - 1.6, middleTop, middleBottom) : ratio(r - 5, farTop, farBottom)
    return q < 0 ? -size : size
  }

  private static let centralTop = [
    3.387_132_872_796_366_608, 133.141_667_891_784_377_45, 1971.590_950_306_551_442_7, 13731.693_765_509_461_125,
    45921.953_931_549_871_457, 67265.770_927_008_700_853, 33430.575_583_588_128_105, 2509.080_928_730_122_672_7,
  ]
  private static let centralBottom = [
    42.313_330_701_600_911_252, 687.187_007_492_057_908_3, 5394.196_021_424_751_107_7, 21213.794_301_586_595_867,
    39307.895_800_092_710_61, 28729.085_735_721_942_674, 5226.495_278_852_854_561,
  ]
  private static let middleTop = [
    1.423_437_110_749_683_577_34, 4.630_337_846_156_545_295_9, 5.769_497_221_460_691_405_5,
    3.647_848_324_763_204_605_04, 1.270_458_252_452_368_382_58, 0.241_780_725_177_450_611_77,
    0.022_723_844_989_269_184_583_3, 7.745_450_142_783_414_076_4e-4,
  ]
  private static let middleBottom = [
    2.053_191_626_637_758_821_87, 1.676_384_830_183_803_849_4, 0.689_767_334_985_100_004_55,
    0.148_103_976_427_480_074_59, 0.015_198_666_563_616_457_197_66, 5.475_938_084_995_344_946e-4,
    1.050_750_071_644_416_843_24e-9,
  ]
  private static let farTop = [
    6.657_904_643_501_103_777_2, 5.463_784_911_164_114_369_9, 1.784_826_539_917_291_335_8,
    0.296_560_571_828_504_891_23, 0.026_532_189_526_576_123_093, 0.001_242_660_947_388_078_438_6,
    2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7,
  ]
  private static let farBottom = [
    0.599_832_206_555_887_937_69, 0.136_929_880_922_735_805_31, 0.014_875_361_290_850_614_852_5,
    7.868_691_311_456_132_591e-4, 1.846_318_317_510_054_681_8e-5, 1.421_511_758_316_445_888_7e-7,
    2.044_263_103_389_939_785_64e-15,
  ]

  /// 2/√π ∫₀^∞ tⁿ exp(-t² - 2 x t) dt.
  ///
  /// By the recurrence 2 Eₙ₊₁ + 2x Eₙ = n Eₙ₋₁ (parts): forward where that is stable, as a continued fraction of the
  /// quotients elsewhere (Gautschi 1961).
  static func scaledErfc(_ n: Int, _ x: Double) -> Double {
    let rootOfPi = 1.772453850905516027298167483341145183
    if x.isInfinite { return x < 0 ? .infinity : 0 }
    if x < 0.75 {
      var (previous, current) = (exp(x * x) * erfc(x), 0.0)
      if n == 0 { return previous }
      current = 1 / rootOfPi - x * previous
      for k in 1..<max(n, 1) {
        (previous, current) = (current, 0.5 * Double(k) * previous - x * current)
      }
      return current
    }
    // Quotients Eₖ / Eₖ₋₁ from far above down.
    let far = n + 40 + Int(400 / (x * x))
    var quotient = 0.5 * ((x * x + 2 * Double(far)).squareRoot() - x)
    var product = 1.0
    for k in stride(from: far, through: 1, by: -1) {
      quotient = 0.5 * Double(k) / (x + quotient)
      if k <= n { product *= quotient }
    }
    return product / (rootOfPi * (x + quotient))
  }
}
