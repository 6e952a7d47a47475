#include "nir_support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "sim/simulate.hpp"

using namespace loci;
using namespace loci::backends;

namespace test {

NirGraph small_graph() {
  NirGraph graph;
  graph.nodes["input"] = {NirType::input, {{"shape", whole({2}, {1})}}, {}};
  graph.nodes["linear"] = {NirType::linear, {{"weight", floats({1, 2, 3, 4, 5, 6}, {3, 2})}}, {}};
  graph.nodes["lif"] = {NirType::lif,
                        {{"tau", floats({2e-3F, 2e-3F, 2e-3F}, {3})},
                         {"r", floats({20, 20, 20}, {3})},
                         {"v_leak", floats({0, 0, 0}, {3})},
                         {"v_threshold", floats({1, 1, 1}, {3})},
                         {"v_reset", floats({0, 0, 0}, {3})}},
                        {}};
  graph.nodes["output"] = {NirType::output, {{"shape", whole({3}, {1})}}, {}};
  graph.edges = {{"input", "linear"}, {"linear", "lif"}, {"lif", "output"}};
  return graph;
}

std::map<std::string, sim::DataGroup>& nodes_of(sim::DataGroup& root) {
  return root.groups.at("node").groups.at("nodes").groups;
}

NirInterpreter::NirInterpreter(const NirGraph& graph, double dt, bool with_delays)
    : graph_(graph), dt_(dt), with_delays_(with_delays) {}

std::map<std::string, Numbers> NirInterpreter::step(const Numbers& input) {
  input_ = input;
  values_.clear();
  for (const auto& [name, node] : graph_.nodes) value_of(name);
  return values_;
}

const Numbers& NirInterpreter::value_of(const std::string& name) {
  if (const auto known = values_.find(name); known != values_.end()) return known->second;
  const NirNode& node = graph_.nodes.at(name);
  if (node.type == NirType::input) return values_[name] = input_;
  Numbers sum;
  for (const auto& [source, target] : graph_.edges) {
    if (target != name) continue;
    const Numbers& part = value_of(source);
    sum.resize(part.size(), 0.0);
    for (std::size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
  }
  return values_[name] = computed(name, node, sum);
}

Numbers NirInterpreter::computed(const std::string& name, const NirNode& node, const Numbers& input) {
  const auto parameter = [&](const char* which) { return numbers_of(node.parameters.at(which)); };
  switch (node.type) {
    case NirType::linear:
    case NirType::affine: {
      const Numbers weight = parameter("weight");
      Numbers sums(weight.size() / input.size(), 0.0);
      if (node.type == NirType::affine) sums = parameter("bias");
      for (std::size_t o = 0; o < sums.size(); ++o)
        for (std::size_t i = 0; i < input.size(); ++i) sums[o] += weight[o * input.size() + i] * input[i];
      return sums;
    }
    case NirType::scale: {
      Numbers scaled = parameter("scale");
      for (std::size_t i = 0; i < input.size(); ++i) scaled[i] *= input[i];
      return scaled;
    }
    case NirType::delay: {
      if (!with_delays_) return input;
      const Numbers delays = parameter("delay");
      auto& past = past_[name];
      past.push_front(input);
      Numbers late(input.size(), 0.0);
      for (std::size_t i = 0; i < input.size(); ++i) {
        const auto steps = static_cast<std::size_t>(std::llround(delays[i] / dt_));
        if (steps < past.size()) late[i] = past[steps][i];
      }
      return late;
    }
    case NirType::flatten:
    case NirType::output:
      return input;
    default:
      return neurons(name, node, input);
  }
}

Numbers NirInterpreter::neurons(const std::string& name, const NirNode& node, const Numbers& input) {
  const auto parameter = [&](const char* which) { return numbers_of(node.parameters.at(which)); };
  const bool leaks = node.type == NirType::lif || node.type == NirType::leaky;
  const bool fires = node.type == NirType::lif || node.type == NirType::integrate_fire;
  const Numbers r = parameter("r");
  Numbers& v = membranes_[name];
  v.resize(input.size(), 0.0);
  Numbers given(input.size(), 0.0);
  for (std::size_t i = 0; i < input.size(); ++i) {
    v[i] += leaks ? dt_ / parameter("tau")[i] * (parameter("v_leak")[i] - v[i] + r[i] * input[i])
                  : dt_ * r[i] * input[i];
    if (!fires) {
      given[i] = v[i];
    } else if (v[i] > parameter("v_threshold")[i]) {
      given[i] = 1.0;
      v[i] = parameter("v_reset")[i];
    }
  }
  return given;
}

Spikes spikes_of(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                 const std::vector<std::uint8_t>& pixels, std::size_t n_steps,
                 const sim::GraphOptions& options) {
  const auto graph = sim::build_spatial_graph(network, parameters, options);
  sim::LayeredSimulation simulation(network, parameters, graph, sim::Engine::clock, n_steps, options.step_ms);
  sim::Raster raster;
  sim::RasterRecorder recorder(raster);
  simulation.run(pixels, {.encoding = sim::Encoding::constant}, 0, recorder);
  Spikes spikes;
  for (std::size_t s = 0; s < raster.size(); ++s) {
    const std::uint32_t neuron = index_of(raster.neuron[s]);
    const std::size_t layer = graph.layer_of(neuron);
    const auto step = static_cast<std::size_t>(std::llround(raster.time_ms[s] / options.step_ms)) - 1;
    spikes.emplace(layer, step - layer, neuron - graph.layer_begin(layer));
  }
  return spikes;
}

std::size_t count_in(const Spikes& spikes, std::size_t layer) {
  return static_cast<std::size_t>(
      std::ranges::count_if(spikes, [&](const auto& spike) { return std::get<0>(spike) == layer; }));
}

std::vector<std::uint8_t> some_image(std::size_t n_pixels) {
  std::vector<std::uint8_t> pixels(n_pixels);
  for (std::size_t i = 0; i < n_pixels; ++i)
    pixels[i] = static_cast<std::uint8_t>(37 * (i + 3) * (i + 5) % 256);
  return pixels;
}

std::vector<std::filesystem::path> nir_files() {
  const char* named = std::getenv("LOCI_GOLDEN_DIR");
  std::filesystem::path folder = std::filesystem::path(LOCI_GOLDEN_DEFAULT) / "nir";
  if (named != nullptr && std::filesystem::is_directory(std::filesystem::path(named) / "nir"))
    folder = std::filesystem::path(named) / "nir";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".nir") files.push_back(entry.path());
  std::ranges::sort(files);
  if (files.empty()) throw std::runtime_error("no .nir file in " + folder.string());
  return files;
}

}  // namespace test
