import SparseStructure

/// A drawing of lines, dots and words on white, in pixels from the upper left corner.
struct Drawing {
  struct Point {
    var x: Double
    var y: Double
  }

  enum Alignment: String {
    case start, middle, end
  }

  struct Stroke {
    var points: [Point]
    var color: SpyPlot.RGB
    var width: Double
  }

  struct Dot {
    var center: Point
    var radius: Double
    var color: SpyPlot.RGB
  }

  struct Words {
    var text: String
    /// The baseline, at the side that `alignment` names.
    var place: Point
    var alignment: Alignment
    var color: SpyPlot.RGB
  }

  let width: Int
  let height: Int
  var strokes: [Stroke] = []
  var dots: [Dot] = []
  var words: [Words] = []

  init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  /// The drawing as a document in Scalable Vector Graphics.
  var svg: String {
    func number(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
    ]
    for stroke in strokes {
      let points = stroke.points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
      lines.append(
        "<polyline points=\"\(points)\" fill=\"none\" stroke=\"#\(stroke.color.hexadecimal)\" "
          + "stroke-width=\"\(number(stroke.width))\" stroke-linejoin=\"round\"/>")
    }
    for dot in dots {
      lines.append(
        "<circle cx=\"\(number(dot.center.x))\" cy=\"\(number(dot.center.y))\" r=\"\(number(dot.radius))\" "
          + "fill=\"#\(dot.color.hexadecimal)\"/>")
    }
    for word in words {
      lines.append(
        "<text x=\"\(number(word.place.x))\" y=\"\(number(word.place.y))\" text-anchor=\"\(word.alignment.rawValue)\" "
          + "font-family=\"sans-serif\" font-size=\"14\" fill=\"#\(word.color.hexadecimal)\">\(word.text)</text>")
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }
}
