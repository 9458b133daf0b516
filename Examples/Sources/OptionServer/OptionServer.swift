import Curvature
import ExampleSupport
import FlyingFox
import Foundation

/// A server that prices options with all first and second derivatives by the price, the volatility and the time: one plan,
/// compiled once, answers all requests at the same time.
///
/// `OptionServer --port 8080` serves `GET /option?price=100&strike=105&rate=0.02&volatility=0.2&years=1` until it is
/// stopped; without a port it asks itself and compares the answers.
@main struct OptionServer {
  /// Black's and Scholes' price of a call, for a point (price, volatility, years) and data (strike, rate).
  static func call(_ x: Tensor<Double>, _ terms: Tensor<Double>) -> Tensor<Double> {
    let (price, volatility, years, strike, rate) = (x[0], x[1], x[2], terms[0], terms[1])
    let spread = volatility * sqrt(years)
    let d = (log(price / strike) + rate * years) / spread + 0.5 * spread
    return price * normalDistribution(d) - strike * exp(-rate * years) * normalDistribution(d - spread)
  }

  struct Answer: Codable {
    var value: Double
    var delta, vega, theta: Double
    var gamma, vanna, volga: Double
  }

  static func main() async throws {
    let arguments = CommandLine.arguments
    let port = arguments.firstIndex(of: "--port").flatMap { UInt16(arguments[$0 + 1]) }
    let plan = try HessianPlan(like: Tensor<Double>([100, 0.2, 1]), Tensor<Double>([100, 0.0]), of: call)
    let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port ?? 0), logger: .disabled)
    await server.appendRoute("GET /option") { request in
      let query = Dictionary(request.query.map { ($0.name, Double($0.value)) }, uniquingKeysWith: { $1 })
      let names = ["price", "volatility", "years", "strike", "rate"]
      let numbers = names.compactMap { query[$0] ?? nil }
      guard numbers.count == names.count else {
        return HTTPResponse(
          statusCode: .badRequest, body: Data("give numbers for \(names.joined(separator: ", "))\n".utf8))
      }
      let (value, slope, H) = try plan(Tensor(numbers[..<3]), Tensor(numbers[3...]))
      let (g, h) = (slope.scalars, H.scalars)
      let answer = Answer(
        value: value, delta: g[0], vega: g[1], theta: -g[2], gamma: h[0], vanna: h[1], volga: h[4])
      return HTTPResponse(statusCode: .ok, body: try JSONEncoder().encode(answer))
    }
    if port != nil { return try await server.run() }

    let task = Task { try await server.run() }
    try await server.waitUntilListening()
    guard case .ip4(_, let chosen) = await server.listeningAddress else { fatalError("the server has no address") }
    // A hundred requests at the same time.
    let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
      for strike in 50..<150 {
        group.addTask {
          let query = ["price": 100, "volatility": 0.2, "years": 1, "rate": 0.02, "strike": Double(strike)]
          let request = HTTPRequest(
            method: .GET, version: .http11, path: "/option", query: query.map { .init(name: $0, value: "\($1)") },
            headers: [:], body: Data())
          var client = HTTPClient()
          let response = try await client.sendHTTPRequest(request, to: .inet(ip4: "127.0.0.1", port: chosen))
          return (strike, try JSONDecoder().decode(Answer.self, from: try await response.bodyData))
        }
      }
      var answers: [Int: Answer] = [:]
      for try await (strike, answer) in group { answers[strike] = answer }
      return answers
    }
    task.cancel()

    var comparison = try Comparison("OptionServer")
    let answer = answers[105]!
    comparison.check("value", answer.value, within: 1e-12)
    comparison.check("delta", answer.delta, within: 1e-12)
    comparison.check("theta", answer.theta, within: 1e-12)
    comparison.check("gamma", answer.gamma, within: 1e-12)
    comparison.check("vanna", answer.vanna, within: 1e-11)
    comparison.check("volga", answer.volga, within: 1e-11)
    comparison.check("gammas of all strikes", answers.values.reduce(0) { $0 + $1.gamma }, within: 1e-12)
    comparison.finish()
  }
}
