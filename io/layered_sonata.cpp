#include "io/layered_sonata.hpp"

#include <fmt/format.h>

#include "io/circuit_export.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/layered_circuit.hpp"

namespace loci::io {
namespace {

// Every coordinate of every layer's neurons, where x, y and z cannot hold them.
std::vector<SonataColumns> coordinates_of(const sim::SpatialGraph& graph, std::size_t n_populations) {
  if (graph.dims() <= 3) return {};
  std::vector<SonataColumns> layers(n_populations);
  for (std::size_t l = 0; l < graph.n_layers(); ++l)
    for (std::size_t k = 0; k < graph.dims(); ++k) {
      auto& column = layers[l][fmt::format("position_{}", k)];
      for (sim::Vertex v = graph.layer_begin(l); v < graph.layer_begin(l + 1); ++v)
        column.push_back(graph.position(v)[k]);
    }
  return layers;
}

}  // namespace

std::vector<std::string> layered_export_files() {
  CircuitFile file;
  file.circuit.projections.emplace_back();
  return exported_files(file);
}

void export_layered(const LayeredExport& target, const sim::NetworkDescription& network,
                    const sim::Parameters& parameters, const sim::SpatialGraph& graph,
                    const Provenance& provenance) {
  CircuitFile file;
  file.circuit = sim::layered_circuit(network, parameters, graph, target.sample);
  file.circuit.seed = provenance.seed;
  const std::size_t n_steps = target.n_steps + network.n_connections();
  file.duration_ms = static_cast<double>(n_steps) * file.circuit.step_ms;
  const sim::Connectivity connectivity(file.circuit, {});
  export_circuit({.folder = target.folder, .columns = coordinates_of(graph, file.circuit.populations.size())},
                 file, connectivity, provenance);
}

}  // namespace loci::io
