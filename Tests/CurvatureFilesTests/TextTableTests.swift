import Curvature
import CurvatureFiles
import TensorGraph
import TestSupport
import Testing

/// Tables in texts: dialects, headers, comments, quotes, and what is refused.
@Suite struct TextTableTests {
  static let csv: [(String, [Int], [Double])] = [
    ("1,2\n3,4\n", [2, 2], [1, 2, 3, 4]), ("1\n2\n3", [3], [1, 2, 3]), ("x,y\n1,2\n", [1, 2], [1, 2]),
    ("\u{FEFF}a,b\r\n1,2\r\n\r\n3,4", [2, 2], [1, 2, 3, 4]), ("# note\n\"1\", 2.5e3 \n", [1, 2], [1, 2500]),
    ("time\n1\n", [1], [1]), ("-.5,+3.\n", [1, 2], [-0.5, 3]), ("inf,-inf\n", [1, 2], [.infinity, -.infinity]),
    ("1\r2\r", [2], [1, 2]), ("\n \n1,2\n\t\n", [1, 2], [1, 2]),
    // Fortran's exponents
    ("0.5D+00,2\n3,4d-1\n", [2, 2], [0.5, 2, 3, 0.4]), ("1.5d3\n", [1], [1500]),
    // comments
    ("1,2 # first run\n3,4\n", [2, 2], [1, 2, 3, 4]), ("1,2 # first, run\n3,4 #x\n", [2, 2], [1, 2, 3, 4]),
    ("1,2\n3,4 # a, b\n", [2, 2], [1, 2, 3, 4]), ("% note\n1,2\n # x\n3,4", [2, 2], [1, 2, 3, 4]),
    ("x,y # units, all SI\n1,2\n", [1, 2], [1, 2]), ("sample #,x\n1,2\n", [1, 2], [1, 2]), ("1 # a\n2\n", [2], [1, 2]),
    ("\"1\",\"2\" # q\n", [1, 2], [1, 2]), ("1,2 # a, \"b\n3,4\n5,6 # \"c\"\n", [3, 2], [1, 2, 3, 4, 5, 6]),
    ("1,2 # a, \"b, c\", d\n3,4\n", [2, 2], [1, 2, 3, 4]), ("1, # n\n2,\n", [2], [1, 2]),
    // delimiters at the ends of lines
    ("1,2,\n3,4,\n", [2, 2], [1, 2, 3, 4]), ("1,2\n3,4,\n", [2, 2], [1, 2, 3, 4]), ("x,y,\n1,2,\n", [1, 2], [1, 2]),
    ("1,\n2,\n", [2], [1, 2]), ("1;\n2;\n", [2], [1, 2]), ("7\t\n", [1], [7]),
    // quotes
    ("\"GaAs (Bauhuis, 2009)\",\"InGaP\"\n1,2\n3,4\n", [2, 2], [1, 2, 3, 4]),
    ("\"a \"\"b\"\", c\",x\n1,2\n", [1, 2], [1, 2]), ("\"a\r\nb\",c\r\n1,2\r\n", [1, 2], [1, 2]),
    ("a\"b,c\n1,2\n", [1, 2], [1, 2]), ("\"1\",\"2\"\n\"3\",\"4\"\n", [2, 2], [1, 2, 3, 4]),
    ("\"year\",\"2020\"\n1,2\n", [1, 2], [1, 2]),
    (" \"a, b\" , c\n1,2\n", [1, 2], [1, 2]),
    // headers
    ("2theta,I\n1,2\n", [1, 2], [1, 2]), ("θ,α\n1,2\n", [1, 2], [1, 2]), ("[s],[m]\n1,2\n", [1, 2], [1, 2]),
    (",x\n0,1\n", [1, 2], [0, 1]), ("NA,x\n1,2\n", [1, 2], [1, 2]), ("温度\n1\n", [1], [1]),
    // other delimiters
    ("1;2\n3;4\n", [2, 2], [1, 2, 3, 4]), ("a;b\n1;2\n", [1, 2], [1, 2]), ("1\t2\n3\t4\n", [2, 2], [1, 2, 3, 4]),
    ("1 ; 2\n", [1, 2], [1, 2]), ("1, 2\n3, 4\n", [2, 2], [1, 2, 3, 4]),
    ("x, y; z\n1,2\n3,4\n", [2, 2], [1, 2, 3, 4]),
  ]

  @Test(arguments: csv)
  func csvIsRead(_ text: String, _ shape: [Int], _ elements: [Double]) throws {
    let array = try CSV.read(Array(text.utf8), name: "t.csv")
    #expect(array.shape == shape)
    #expect(array.doubles == elements)
  }

  static let texts: [(String, [Int], [Double])] = [
    ("1 2\n3 4\n", [2, 2], [1, 2, 3, 4]), ("  1   2\n 3  4 \n", [2, 2], [1, 2, 3, 4]), ("5 6 7\n", [1, 3], [5, 6, 7]),
    ("x y\n1 2\n", [1, 2], [1, 2]), ("time (s)\n1\n2\n", [2], [1, 2]), ("1 2 # a b\n3 4\n", [2, 2], [1, 2, 3, 4]),
    ("1.0D0 2.5d-3\n", [1, 2], [1, 2.5e-3]), ("\"x y\" z\n1 2\n", [1, 2], [1, 2]),
    ("1,2\n3,4\n", [2, 2], [1, 2, 3, 4]),
    ("1\t2\n3\t4\n", [2, 2], [1, 2, 3, 4]), ("1;2\n", [1, 2], [1, 2]), ("1\n2\n", [2], [1, 2]), ("7", [1], [7]),
    ("# x y\n1 2\n", [1, 2], [1, 2]), ("1 2\t\n3 4\t\n", [2, 2], [1, 2, 3, 4]),
    ("1, 2\n3, 4\n", [2, 2], [1, 2, 3, 4]),
    ("t\ty\n\n1\t2\n\t\n", [1, 2], [1, 2]), ("-1e-3   +2\r\n 3       4\r\n", [2, 2], [-1e-3, 2, 3, 4]),
  ]

  @Test(arguments: texts, ["t.txt", "t.dat", "T.TSV", "standard input"])
  func otherTextsAreRead(_ table: (text: String, shape: [Int], elements: [Double]), _ name: String) throws {
    let array = try CSV.read(Array(table.text.utf8), name: name)
    #expect(array.shape == table.shape)
    #expect(array.doubles == table.elements)
  }

  static let refused: [(String, String)] = [
    ("", "is empty"), ("\n\n", "no line of numbers"), ("# a\n", "no line of numbers"), ("a,b\n", "no line of numbers"),
    ("1,2\n3\n", "line 2 has 1 column, line 1 has 2"), ("a,b\n1,2,3\n", "line 2 has 3 columns, line 1 has 2"),
    ("a (b, c),d\n1,2\n", "line 2 has 2 columns, line 1 has 3"),
    ("1,2,\n3,4,5\n", "line 1, column 3: the value is missing"),
    // a first line with a number in it is data
    (
      "year,2020\n1,2\n", "line 1, column 1: 'year' is no number; a header has names and no numbers, or begins with '#'"
    ),
    ("2O,1\n3,4\n", "line 1, column 1: '2O' is no number"), ("2O\n3\n", "line 1, column 1: '2O' is no number"),
    ("1.5e,2\n", "line 1, column 1: '1.5e' is no number"), ("1,x\n3,4\n", "line 1, column 2: 'x' is no number"),
    ("*****,2\n1,2\n", "'*****' is no number"), ("*****\n1\n", "'*****' is no number"),
    ("2020-01-01,5\n", "'2020-01-01' is no number"), ("1+2j\n3\n", "'1+2j' is no number"), ("$5\n6\n", "'$5' is no"),
    ("\u{2212}1,2\n", "line 1, column 1: '\u{2212}1' is no number; it has '\u{2212}' (U+2212), write '-'"),
    ("\u{2212}1\n2\n", "(U+2212)"), ("1,2\n3,\u{2013}4\n", "line 2, column 2: '\u{2013}4' is no number; it has"),
    ("1\u{A0}000,2\n", "(U+00A0)"), ("１\n2\n", "(U+FF11)"),
    ("1,2#c\n3,4\n", "'2#c' is no number; a comment begins with a blank and '#'"),
    ("1,#ff0000\n2,3\n", "'#ff0000' is no"),
    ("1,2 % c\n3,4\n", "'2 % c' is no number"), ("1,2 // c\n3,4\n", "'2 // c' is no number"),
    ("\"2019\",\"2020\"\n1,2\n", "line 1, column 1: the line has numbers in quotes and the next has none"),
    ("\"1\"\n2\n", "begin it with '#' if it is a header"),
    // errors below
    ("1,2\n3,x\n", "line 2, column 2: 'x' is no number"), ("1\n2\na\n", "line 3, column 1: 'a' is no number"),
    ("x,y\n1,2\n3,4 m\n", "line 3, column 2 ('y'): '4 m' is no number"), ("1,2\n3,0x10\n", "'0x10' is no number"),
    ("1,2\n3,1e999\n", "'1e999' is beyond the largest number"),
    ("True,False\nFalse,True\n", "line 2, column 1 ('True')"),
    ("1,2\n3,\"1,234.5\"\n", "line 2, column 2: '1,234.5' is no number"),
    ("x\n1\n\n# c\n y\n", "line 5, column 1 ('x'): 'y'"),
    // missing values
    ("1,2\n3,\n", "line 2, column 2: the value is missing ('')"),
    ("1,2\nNA,4\n", "line 2, column 1: the value is missing"),
    ("NA,1\n", "line 1, column 1: the value is missing ('NA')"),
    ("#N/A,2\n1,2\n", "line 1, column 1: the value is missing"),
    ("1,#DIV/0!\n2,3\n", "line 1, column 2: the value is missing"), ("1,2\n,,\n", "line 2"),
    ("1,2\n3,- # x\n", "missing"),
    // delimiters
    ("1 2\n3 4\n", "separated by commas"), ("1 000\n2 000\n", "'1 000' is no number"),
    ("1,5;2,5\n3,5;4,5\n", "line 1, column 1: '1,5' is no number; a decimal point is needed"),
    ("x;y\n1,5;2\n", "line 2, column 1 ('x'): '1,5' is no number; a decimal point is needed"),
    // quotes
    ("1,2\n3,\"4\n", "line 2, column 2: the quote that opens here is never closed"),
    ("\"a\nb,c\n1,2\n", "line 1, column 1: the quote that opens here is never closed"),
    ("x,y\n\"1\"2,3\n", "line 2, column 1: text follows the quote that closes this cell"),
    ("\"a\nb\",c\n1,2\n\"3\",x\n", "line 4, column 2 ('c'): 'x' is no number"),
    // no tables
    ("1\u{0}2\n", "line 1, column 1: byte 0 is no text"),
    ("1,2\n3,\u{1B}[31m\n", "line 2, column 2: byte 27 is no text"),
    ("{\"shape\": [1], \"values\": [1]}", "JSON"), ("[[1. 2.]\n [3. 4.]]\n", "printed array"),
    ("%%MatrixMarket matrix array real general\n1 1\n2\n", "Matrix Market"),
  ]

  @Test(arguments: refused)
  func othersAreRefused(_ text: String, _ fragment: String) throws {
    let error = #expect(throws: TensorError.self) { try CSV.read(Array(text.utf8), name: "t.csv") }
    #expect(error?.message.contains(fragment) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix("t.csv: ") == true)
  }

  /// Cells between tabs that are empty, and digits in groups, are not passed over because blanks could delimit too.
  @Test(arguments: [
    ("1\t\t2\n10\t2\n", "line 1, column 2: the value is missing"),
    ("1\t\t3\n4\t5\t\n", "line 1, column 2: the value is"),
    ("1\t2\n3\t\n", "line 2, column 2: the value is missing"), ("1 000\t2 000\n", "'1 000' is no number"),
    ("1 2\t3\n4 5\t6\n", "'1 2' is no number; numbers are separated by tabs"), ("1 2\n3\n", "line 2 has 1 column"),
    ("\"x\" \"y\"\n\"1\" 1 2\n", "line 2 has 3 columns"), ("1;2,5\n3;4,5\n", "a decimal point is needed"),
  ])
  func blanksDoNotHideWhatIsMissing(_ text: String, _ fragment: String) throws {
    for name in ["t.txt", "t.dat", "t.tsv", "standard input"] {
      let error = #expect(throws: TensorError.self) { try CSV.read(Array(text.utf8), name: name) }
      #expect(error?.message.contains(fragment) == true, "\(name): \(error?.message ?? "")")
    }
  }

  @Test(
    arguments: [
      ([0x31, 0x2C, 0xFF, 0xFE, 0x0A], "line 1, column 2: the cell is no text in UTF-8"),
      ([0xFF, 0xFE, 0x31, 0x00], "UTF-16"), ([0xFE, 0xFF, 0x00, 0x31], "UTF-16"), ([0x1F, 0x8B, 0x08], "gzip"),
    ] as [([UInt8], String)])
  func bytesThatAreNoTextAreRefused(_ bytes: [UInt8], _ fragment: String) {
    let error = #expect(throws: TensorError.self) { try CSV.read(bytes, name: "t.csv") }
    #expect(error?.message.contains(fragment) == true, "\(error?.message ?? "")")
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let values: [Double] = [
      .nan, 0.1, -.infinity, .infinity, .leastNormalMagnitude / 8, -0.0, .greatestFiniteMagnitude,
      .leastNonzeroMagnitude,
    ]
    for shape in [[8], [2, 4], [8, 1], [1, 8]] {
      let read = try CSV.read(CSV.write(array(shape, values)), name: "t.csv")
      #expect(read.shape == (shape == [8, 1] ? [8] : shape))
      #expect(zip(read.doubles, values).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN })
    }
  }

  // MARK: Random tables

  /// A table in a random dialect.
  private struct Draw {
    var text = ""
    var values: [Double] = []
    var rows = 0
    var columns = 0

    init(using generator: inout RepeatableGenerator) {
      rows = generator.integer(in: 1...6)
      columns = generator.integer(in: 1...5)
      let delimiter = generator.pick([",", ";", "\t", " ", ", ", " ; ", "   "])
      let end = generator.pick(["\n", "\r\n", "\r"])
      let isBlank = delimiter.allSatisfy { $0 == " " }
      if generator.chance(0.20) { text += "\u{FEFF}" }
      if generator.chance(0.30) { text += generator.pick(["# made, by 3; hand", "%", "#1 2 3", " # \"x"]) + end }
      if generator.chance(0.40) {
        text +=
          (0..<columns).map { _ in
            generator.pick(["x", "θ1", "\"a,b; c\td\"", "\"say \"\"x\"\"\"", "y2", "\"two\(end)lines\""])
          }.joined(separator: delimiter) + end
      }
      let trailing = !isBlank && generator.chance(0.20) ? delimiter : ""
      let quotes = generator.pick([0, 0, 0.3, 1])
      for row in 0..<rows {
        var cells: [String] = []
        for _ in 0..<columns {
          let value = generator.real(in: -1000...1000) * (generator.chance(0.30) ? 1e-12 : 1)
          values.append(value)
          let number =
            generator.chance(0.30) ? "\(value)".replacing("e", with: generator.pick(["d", "D", "E"])) : "\(value)"
          cells.append(generator.chance(row == 0 && quotes < 1 ? 0 : quotes) ? "\"\(number)\"" : number)
        }
        text += cells.joined(separator: delimiter) + trailing
        text += generator.chance(0.10) ? generator.pick([" # note", " # a, b; c\t\"d 1", " # 2"]) : ""
        text += end + (generator.chance(0.10) ? generator.pick([end, " \(end)", "# x\(end)"]) : "")
      }
    }
  }

  @Test func randomDialectsAreRead() throws {
    var generator = RepeatableGenerator(seed: 12)
    for _ in 0..<3000 {
      let draw = Draw(using: &generator)
      let read: ArrayValue
      do { read = try CSV.read(Array(draw.text.utf8), name: "t.txt") } catch {
        Issue.record("\(error)\n\(draw.text)")
        continue
      }
      #expect(read.shape == (draw.columns == 1 ? [draw.rows] : [draw.rows, draw.columns]), "\(draw.text)")
      #expect(read.doubles == draw.values, "\(draw.text)")
    }
  }

  /// A table with some bytes changed is read or refused: it never stops the process.
  @Test func damagedTablesDoNoHarm() {
    var generator = RepeatableGenerator(seed: 13)
    let signs = Array("\"#%,;\t \r\n0-eDnaN.\u{2212}\u{0}".utf8)
    var refusals = 0
    for i in 0..<3000 {
      var bytes = Array(Draw(using: &generator).text.utf8)
      for _ in 0..<generator.integer(in: 1...4) {
        bytes[generator.integer(in: 0...(bytes.count - 1))] =
          i % 5 == 0 ? UInt8(generator.integer(in: 0...255)) : generator.pick(signs)
      }
      for name in ["t.csv", "t.txt"] {
        do { _ = try CSV.read(bytes, name: name) } catch { refusals += 1 }
        let named = try? TextTable(bytes, name: name) { ["x", "y2"].contains($0) }
        _ = try? named?.numbers(inColumns: [0], allowsNaN: false)
      }
    }
    #expect(refusals > 1000 && refusals < 6000)
  }
}
