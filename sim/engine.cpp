#include "sim/engine.hpp"

namespace loci::sim {

LayeredModel::LayeredModel(const NetworkDescription& network, const SpatialGraph& graph, Step n_steps_in)
    : synapses(&graph.synapses()),
      n_neurons(static_cast<Vertex>(graph.n_neurons())),
      n_steps(n_steps_in),
      window(n_steps_in + static_cast<Step>(network.n_connections())) {
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const auto start = static_cast<Step>(l);
    if (l > 0)
      layers.push_back({graph.layer_begin(l), graph.layer_begin(l + 1), start, start + n_steps,
                        LifDynamics(network.lif_of(l))});
    arrive_before.insert(arrive_before.end(), network.sizes[l], start + 1 + n_steps);
  }
}

}  // namespace loci::sim
