#include "backends/nir_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "backends/nir_graph.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

using sim::DataArray;
using sim::DataGroup;

constexpr const char* spikes_name = "spikes";
constexpr double absurd = 0x1p40;

DataArray text(const char* value) {
  return {.values = std::vector<std::string>{value}, .shape = {}};
}
DataArray number(double value) {
  return {.values = std::vector<double>{value}, .shape = {}};
}

void check(const NirRecording& recording, double dt) {
  std::vector<std::string> names;
  if (!(dt > 0.0)) throw std::invalid_argument("a step's duration is not above 0");
  for (const NirNodeSpikes& node : recording.nodes) {
    names.push_back(node.node);
    if (node.samples.size() != recording.nodes.front().samples.size())
      throw std::invalid_argument("nodes of a recording differ in their samples' number");
    for (const NirSpikeTrain& train : node.samples) {
      const bool fits =
          train.neuron.size() == train.time.size() &&
          std::ranges::all_of(train.neuron, [&](auto neuron) { return neuron < node.n_neurons; }) &&
          std::ranges::all_of(train.time, [&](double time) {
            return time >= 0.0 && time <= recording.duration * (1.0 + 1e-9);
          });
      if (!fits) throw std::invalid_argument("spikes of a recording are not of its neurons and times");
    }
  }
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end())
    throw std::invalid_argument("a node's name occurs twice in a recording");
}

DataGroup events_of(const NirNodeSpikes& node, double duration) {
  std::size_t n_events = 0;
  for (const NirSpikeTrain& train : node.samples) n_events = std::max(n_events, train.time.size());
  std::vector<std::int64_t> neuron(node.samples.size() * n_events, -1);
  std::vector<double> time(neuron.size(), std::numeric_limits<double>::infinity());
  for (std::size_t s = 0; s < node.samples.size(); ++s) {
    const auto offset = static_cast<std::ptrdiff_t>(s * n_events);
    std::ranges::copy(node.samples[s].neuron, neuron.begin() + offset);
    std::ranges::copy(node.samples[s].time, time.begin() + offset);
  }
  DataGroup group;
  const std::vector<std::size_t> shape{node.samples.size(), n_events};
  group.arrays["idx"] = {.values = std::move(neuron), .shape = shape};
  group.arrays["time"] = {.values = std::move(time), .shape = shape};
  group.attributes["__type__"] = text("EventData");
  group.attributes["n_neurons"] = {
      .values = std::vector<std::int64_t>{static_cast<std::int64_t>(node.n_neurons)}, .shape = {}};
  group.attributes["t_max"] = number(duration);
  return group;
}

DataGroup grid_of(const NirNodeSpikes& node, double duration, double dt) {
  const auto n_steps = static_cast<std::size_t>(std::llround(duration / dt));
  std::vector<bool> data(node.samples.size() * n_steps * node.n_neurons, false);
  for (std::size_t s = 0; s < node.samples.size(); ++s)
    for (std::size_t e = 0; e < node.samples[s].time.size(); ++e) {
      const auto end = static_cast<std::size_t>(std::llround(node.samples[s].time[e] / dt));
      const std::size_t step = std::min(std::max<std::size_t>(end, 1), n_steps) - 1;
      data[(s * n_steps + step) * node.n_neurons + node.samples[s].neuron[e]] = true;
    }
  DataGroup group;
  group.arrays["data"] = {.values = std::move(data), .shape = {node.samples.size(), n_steps, node.n_neurons}};
  group.attributes["__type__"] = text("TimeGriddedData");
  group.attributes["dt"] = number(dt);
  return group;
}

class Reader {
 public:
  explicit Reader(const std::string& where) : where_(where) {}

  NirRecording read(const DataGroup& root) {
    if (type_of(root) != "NIRGraphData")
      throw InputError(where_, "it is no NIRGraphData", "give a file of recordings beside a NIR graph");
    const auto nodes = root.groups.find("nodes");
    if (nodes == root.groups.end())
      throw InputError(where_, "it has no group 'nodes'", "give a complete file");
    NirRecording recording;
    for (const auto& [name, group] : nodes->second.groups) read_node(name, group, recording);
    if (recording.nodes.empty())
      throw InputError(where_, "it holds no spikes", "give a file with observables 'spikes'");
    return recording;
  }

 private:
  [[noreturn]] void refuse(const std::string& node, const std::string& problem) const {
    throw InputError(fmt::format("{}: node '{}'", where_, node), problem,
                     "give a complete file of NIRGraphData");
  }

  static std::string type_of(const DataGroup& group) {
    const auto found = group.attributes.find("__type__");
    const auto* texts = found == group.attributes.end()
                            ? nullptr
                            : std::get_if<std::vector<std::string>>(&found->second.values);
    return texts != nullptr && texts->size() == 1 ? texts->front() : "";
  }

  double attribute(const std::string& node, const DataGroup& group, const char* name) const {
    const auto found = group.attributes.find(name);
    if (found == group.attributes.end() ||
        std::holds_alternative<std::vector<std::string>>(found->second.values))
      refuse(node, fmt::format("its spikes have no number '{}'", name));
    const auto values = numbers_of(found->second);
    if (values.size() != 1 || !(values.front() > 0.0 && values.front() < absurd))
      refuse(node, fmt::format("its '{}' is no number above 0", name));
    return values.front();
  }

  const DataArray& array(const std::string& node, const DataGroup& group, const char* name,
                         std::size_t n_axes) const {
    const auto found = group.arrays.find(name);
    if (found == group.arrays.end() || found->second.shape.size() != n_axes ||
        std::holds_alternative<std::vector<std::string>>(found->second.values))
      refuse(node, fmt::format("its spikes have no '{}' of {} axes", name, n_axes));
    return found->second;
  }

  void read_node(const std::string& name, const DataGroup& group, NirRecording& recording) const {
    const auto observables = group.groups.find("observables");
    if (type_of(group) != "NIRNodeData" || observables == group.groups.end())
      refuse(name, "it is no NIRNodeData; those of nested graphs are not read");
    const auto spikes = observables->second.groups.find(spikes_name);
    if (spikes == observables->second.groups.end()) return;
    const std::string type = type_of(spikes->second);
    NirNodeSpikes node{.node = name, .n_neurons = 0, .samples = {}};
    double duration = 0.0;
    if (type == "EventData" || type == "ValuedEventData")
      duration = read_events(spikes->second, node);
    else if (type == "TimeGriddedData")
      duration = read_grid(spikes->second, node);
    else
      refuse(name, fmt::format("its spikes are '{}', not EventData or TimeGriddedData", type));
    recording.duration = std::max(recording.duration, duration);
    recording.nodes.push_back(std::move(node));
  }

  double read_events(const DataGroup& group, NirNodeSpikes& node) const {
    const DataArray& neurons = array(node.node, group, "idx", 2);
    const DataArray& times = array(node.node, group, "time", 2);
    if (neurons.shape != times.shape) refuse(node.node, "its idx and time differ in shape");
    const double n_neurons = attribute(node.node, group, "n_neurons");
    const double duration = attribute(node.node, group, "t_max");
    node.n_neurons = static_cast<std::size_t>(n_neurons);
    const auto neuron = numbers_of(neurons);
    const auto time = numbers_of(times);
    node.samples.resize(neurons.shape[0]);
    for (std::size_t at = 0; at < neuron.size(); ++at) {
      if (neuron[at] == -1.0) continue;
      if (!(neuron[at] >= 0.0 && neuron[at] < n_neurons) || !(time[at] >= 0.0) || !std::isfinite(time[at]))
        refuse(node.node, fmt::format("neuron {} at time {} is none of its {} neurons or no time", neuron[at],
                                      time[at], node.n_neurons));
      NirSpikeTrain& train = node.samples[at / neurons.shape[1]];
      train.neuron.push_back(static_cast<std::uint32_t>(neuron[at]));
      train.time.push_back(time[at]);
    }
    for (NirSpikeTrain& train : node.samples) sort(train);
    return duration;
  }

  double read_grid(const DataGroup& group, NirNodeSpikes& node) const {
    const DataArray& grid = array(node.node, group, "data", 3);
    const double dt = attribute(node.node, group, "dt");
    const std::size_t n_steps = grid.shape[1];
    node.n_neurons = grid.shape[2];
    node.samples.resize(grid.shape[0]);
    const auto data = numbers_of(grid);
    for (std::size_t at = 0; at < data.size(); ++at) {
      if (data[at] == 0.0) continue;
      const std::size_t row = at / node.n_neurons;
      NirSpikeTrain& train = node.samples[row / n_steps];
      train.neuron.push_back(static_cast<std::uint32_t>(at % node.n_neurons));
      train.time.push_back(static_cast<double>(row % n_steps + 1) * dt);
    }
    return static_cast<double>(n_steps) * dt;
  }

  static void sort(NirSpikeTrain& train) {
    std::vector<std::size_t> order(train.time.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t at) { return std::pair(train.time[at], train.neuron[at]); });
    NirSpikeTrain sorted;
    for (const std::size_t at : order) {
      sorted.neuron.push_back(train.neuron[at]);
      sorted.time.push_back(train.time[at]);
    }
    train = std::move(sorted);
  }

  const std::string& where_;
};

}  // namespace

DataGroup tree_of(const NirRecording& recording, NirDataForm form, double dt) {
  check(recording, dt);
  DataGroup root;
  root.attributes["__type__"] = text("NIRGraphData");
  DataGroup& nodes = root.groups["nodes"];
  for (const NirNodeSpikes& node : recording.nodes) {
    DataGroup& group = nodes.groups[node.node];
    group.attributes["__type__"] = text("NIRNodeData");
    group.groups["observables"].groups[spikes_name] = form == NirDataForm::events
                                                          ? events_of(node, recording.duration)
                                                          : grid_of(node, recording.duration, dt);
  }
  return root;
}

NirRecording nir_data_from_tree(const DataGroup& root, const std::string& where) {
  return Reader(where).read(root);
}

}  // namespace loci::backends
