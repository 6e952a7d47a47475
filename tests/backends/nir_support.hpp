// NIR graphs made by hand, a plain interpreter of their equations, and spikes of a network's engines.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "backends/nir_graph.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/spatial_graph.hpp"

namespace test {

using Numbers = std::vector<double>;

inline loci::sim::DataArray floats(std::vector<float> values, std::vector<std::size_t> shape) {
  return {.values = std::move(values), .shape = std::move(shape)};
}
inline loci::sim::DataArray whole(std::vector<std::int64_t> values, std::vector<std::size_t> shape) {
  return {.values = std::move(values), .shape = std::move(shape)};
}
inline loci::sim::DataArray word(const std::string& text) {
  return {.values = std::vector<std::string>{text}, .shape = {}};
}

// input (2) -> linear -> lif -> output (3).
loci::backends::NirGraph small_graph();
// The nodes of a graph's tree.
std::map<std::string, loci::sim::DataGroup>& nodes_of(loci::sim::DataGroup& root);

// Forward Euler steps of the equations as NIR's documentation has them, node by node; resets are to v_reset.
class NirInterpreter {
 public:
  NirInterpreter(const loci::backends::NirGraph& graph, double dt, bool with_delays);
  // One step: what each node gives.
  std::map<std::string, Numbers> step(const Numbers& input);

 private:
  const Numbers& value_of(const std::string& name);
  Numbers computed(const std::string& name, const loci::backends::NirNode& node, const Numbers& input);
  Numbers neurons(const std::string& name, const loci::backends::NirNode& node, const Numbers& input);

  const loci::backends::NirGraph& graph_;
  double dt_;
  bool with_delays_;
  Numbers input_;
  std::map<std::string, Numbers> values_;  // of the present step
  std::map<std::string, Numbers> membranes_;
  std::map<std::string, std::deque<Numbers>> past_;  // of delays, the latest first
};

// Who fired when: (layer, its own step, neuron within it).
using Spikes = std::set<std::tuple<std::size_t, std::size_t, std::size_t>>;

// With the clock engine, driven by a constant image.
Spikes spikes_of(const loci::sim::NetworkDescription& network, const loci::sim::Parameters& parameters,
                 const std::vector<std::uint8_t>& pixels, std::size_t n_steps,
                 const loci::sim::GraphOptions& options = {});
std::size_t count_in(const Spikes& spikes, std::size_t layer);

std::vector<std::uint8_t> some_image(std::size_t n_pixels);

// $LOCI_GOLDEN_DIR/nir or, where there is no such folder, tests/golden/nir: its .nir files.
std::vector<std::filesystem::path> nir_files();

}  // namespace test
