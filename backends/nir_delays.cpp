#include <algorithm>

#include "backends/nir_export.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::backends {

ConnectionDelays delays_of(const sim::SpatialGraph& graph) {
  ConnectionDelays delays;
  for (std::size_t l = 0; l + 1 < graph.n_layers(); ++l) {
    const std::size_t n_pre = graph.layer_begin(l + 1) - graph.layer_begin(l);
    const sim::Vertex first = graph.layer_begin(l + 1);
    const std::size_t n_post = graph.layer_begin(l + 2) - first;
    std::vector<std::uint32_t> steps(n_pre * n_post, 0);
    for (std::size_t i = 0; i < n_pre; ++i) {
      const auto source = static_cast<sim::Vertex>(graph.layer_begin(l) + i);
      const auto targets = graph.targets_of(source);
      const auto edges = graph.edges_of(source);
      for (std::size_t e = 0; e < targets.size(); ++e)
        steps[i * n_post + targets[e] - first] = edges[e].delay - 1;
    }
    if (std::ranges::all_of(steps, [](std::uint32_t step) { return step == 0; })) steps.clear();
    delays.push_back(std::move(steps));
  }
  return delays;
}

}  // namespace loci::backends
