#if GRAPH_INVARIANTS
  import TensorGraph
  import TestSupport
  import Testing

  @Suite("Graph invariants") struct GraphInvariantTests {
    @Test("An illegal node stops the program where it is made") func illegalNodes() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        _ = Node(.elementwise(.add), [.vector([1, 2]), .vector([1, 2, 3])])
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("illegal node") && text.contains("operands agree in shape"), "\(text)")
    }
  }
#endif
