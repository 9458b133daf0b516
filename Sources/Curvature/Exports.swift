// Tensors, patterns and sparse matrices come with the library: one `import Curvature` is enough.

@_exported import SparseStructure
@_exported import TensorGraph
