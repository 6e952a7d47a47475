#include "backends/core_placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include "backends/core_occupancy.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"
#include "sim/neighbours.hpp"
#include "sim/random.hpp"

namespace loci::backends {
namespace {

using Neurons = std::vector<std::uint32_t>;

constexpr NameTable<PlacementMethod, 6> methods{
    {{PlacementMethod::layer_order, "layer order"},
     {PlacementMethod::random, "random"},
     {PlacementMethod::curve, "curve"},
     {PlacementMethod::curve_by_layer, "curve by layer"},
     {PlacementMethod::bisection, "bisection"},
     {PlacementMethod::bisection_by_layer, "bisection by layer"}}};

bool by_position(PlacementMethod method) {
  return method != PlacementMethod::layer_order && method != PlacementMethod::random;
}
bool across_layers(PlacementMethod method) {
  return method == PlacementMethod::curve || method == PlacementMethod::bisection;
}

// Neurons [begin, end).
struct Stretch {
  std::uint32_t begin;
  std::uint32_t end;
};

// What is ordered for itself: all neurons but the input, or each layer.
std::vector<Stretch> stretches_of(const CoreNetwork& network, const CoreCapacity& capacity,
                                  PlacementMethod method) {
  if (across_layers(method) || (method == PlacementMethod::random && capacity.layers_share_cores))
    return {{network.n_inputs(), network.n_neurons()}};
  std::vector<Stretch> layers;
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    layers.push_back({network.layer_begin[l], network.layer_begin[l + 1]});
  return layers;
}

// Fills cores with neurons in a given order, or halves them until a core holds each part.
class Filling {
 public:
  Filling(const CoreNetwork& network, const CoreCapacity& capacity)
      : network_(network), capacity_(capacity), cores_(network, capacity) {}

  const CoreOccupancy& cores() const { return cores_; }

  void fill(std::span<const std::uint32_t> neurons, bool with_new_core) {
    if (with_new_core || cores_.n_cores() == 0) cores_.open_core();
    for (const std::uint32_t neuron : neurons) {
      if (put(neuron)) continue;
      cores_.open_core();
      if (!put(neuron)) refuse(neuron);
    }
  }

  // parts: cores that are needed at least.
  void bisect(std::span<std::uint32_t> neurons, std::size_t parts) {
    if (parts == 1) {
      if (fills_one(neurons)) return;
      if (neurons.size() == 1) refuse(neurons.front());
      parts = 2;
    }
    sort_along_widest(neurons);
    const std::size_t n_left = neurons.size() * (parts / 2) / parts;
    bisect(neurons.first(n_left), parts / 2);
    bisect(neurons.subspan(n_left), parts - parts / 2);
  }

 private:
  bool put(std::uint32_t neuron) {
    const std::uint32_t core = cores_.n_cores() - 1;
    cores_.put(neuron, core);
    if (cores_.fits(core)) return true;
    cores_.take(neuron);
    return false;
  }

  bool fills_one(std::span<const std::uint32_t> neurons) {
    cores_.open_core();
    for (std::size_t i = 0; i < neurons.size(); ++i) {
      if (put(neurons[i])) continue;
      for (const std::uint32_t neuron : neurons.first(i)) cores_.take(neuron);
      cores_.close_last();
      return false;
    }
    return true;
  }

  double coordinate(std::uint32_t neuron, std::size_t axis) const {
    return network_.positions[neuron * network_.dims + axis];
  }

  void sort_along_widest(std::span<std::uint32_t> neurons) const {
    std::size_t widest = 0;
    double most = -1.0;
    for (std::size_t k = 0; k < network_.dims; ++k) {
      const auto [low, high] =
          std::ranges::minmax(neurons, {}, [&](std::uint32_t neuron) { return coordinate(neuron, k); });
      const double extent = coordinate(high, k) - coordinate(low, k);
      if (extent > most) most = extent, widest = k;
    }
    std::ranges::sort(neurons, {},
                      [&](std::uint32_t neuron) { return std::pair(coordinate(neuron, widest), neuron); });
  }

  // It does not even fit an empty core.
  [[noreturn]] void refuse(std::uint32_t neuron) {
    const std::size_t layer = network_.layer_of(neuron);
    const std::string where = fmt::format("layer {}, neuron {}", layer, neuron - network_.layer_begin[layer]);
    const std::uint32_t core = cores_.open_core();
    cores_.put(neuron, core);
    const std::size_t n_synapses = cores_.sources_of(neuron).size();
    if (capacity_.memory && cores_.bits_on(core) > capacity_.memory->bits)
      throw InputError(where,
                       fmt::format("its {} synapses take {} bits, and a core has {}", n_synapses,
                                   cores_.bits_on(core), capacity_.memory->bits),
                       "prune the network, or use fewer bits for a weight");
    throw InputError(where,
                     fmt::format("it has edges from {} neurons, and a core {} input axons", n_synapses,
                                 capacity_.input_axons.value_or(0)),
                     "prune the network");
  }

  const CoreNetwork& network_;
  CoreCapacity capacity_;
  CoreOccupancy cores_;
};

Neurons ordered(const CoreNetwork& network, PlacementMethod method, const Stretch& stretch,
                std::uint64_t seed) {
  Neurons neurons(stretch.end - stretch.begin);
  std::iota(neurons.begin(), neurons.end(), stretch.begin);
  if (method == PlacementMethod::random) sim::shuffle(neurons, seed, sim::Stream::core, stretch.begin);
  if (method == PlacementMethod::curve || method == PlacementMethod::curve_by_layer) {
    const auto positions =
        std::span(network.positions).subspan(stretch.begin * network.dims, neurons.size() * network.dims);
    neurons = sim::spatial_order(positions, network.dims);
    for (std::uint32_t& neuron : neurons) neuron += stretch.begin;
  }
  return neurons;
}

// Empty cores are left out.
CorePlacement placement_of(const CoreNetwork& network, const CoreOccupancy& cores) {
  CorePlacement placement;
  std::vector<std::uint32_t> number(cores.n_cores());
  for (std::uint32_t core = 0; core < cores.n_cores(); ++core)
    if (cores.neurons_on(core) > 0) number[core] = placement.n_cores++;
  for (std::uint32_t neuron = network.n_inputs(); neuron < network.n_neurons(); ++neuron)
    placement.core.push_back(number[cores.core_of(neuron)]);
  return placement;
}

void require_room(const CoreCapacity& capacity, const CoreOccupancy& cores) {
  if (capacity.cores && cores.n_cores() > *capacity.cores)
    throw InputError("placement",
                     fmt::format("{} cores are needed, and there are {}", cores.n_cores(), *capacity.cores),
                     "prune the network, or use fewer neurons");
  for (std::uint32_t core = 0; core < cores.n_cores() && capacity.output_axons; ++core)
    if (cores.output_axons_of(core) > *capacity.output_axons)
      throw InputError("placement",
                       fmt::format("core {} needs {} output axons, and has {}", core,
                                   cores.output_axons_of(core), *capacity.output_axons),
                       "prune the network, or place fewer neurons on a core");
}

}  // namespace

std::string_view name_of(PlacementMethod method) {
  return find_name(methods, method);
}

bool applies(PlacementMethod method, const CoreNetwork& network, const CoreCapacity& capacity) {
  return (!by_position(method) || network.dims > 0) &&
         (!across_layers(method) || capacity.layers_share_cores);
}

CorePlacement place_on_cores(const CoreNetwork& network, const CoreCapacity& capacity, PlacementMethod method,
                             std::uint64_t seed) {
  if (!applies(method, network, capacity))
    throw std::invalid_argument("place_on_cores: this method needs positions, or cores that layers share");
  if (capacity.neurons == 0) throw std::invalid_argument("place_on_cores: a core holds at least one neuron");
  const bool bisects = method == PlacementMethod::bisection || method == PlacementMethod::bisection_by_layer;
  Filling filling(network, capacity);
  for (const Stretch& stretch : stretches_of(network, capacity, method)) {
    Neurons neurons = ordered(network, method, stretch, seed);
    if (bisects)
      filling.bisect(neurons, (neurons.size() + capacity.neurons - 1) / capacity.neurons);
    else
      filling.fill(neurons, !capacity.layers_share_cores);
  }
  require_room(capacity, filling.cores());
  return placement_of(network, filling.cores());
}

CoreTraffic traffic_of(const CoreNetwork& network, const CorePlacement& placement) {
  CoreTraffic traffic;
  std::vector<std::uint32_t> reached;
  const std::uint32_t n_inputs = network.n_inputs();
  for (std::uint32_t source = 0; source < network.n_neurons(); ++source) {
    reached.clear();
    for (const std::uint32_t target : network.targets_of(source))
      reached.push_back(placement.core[target - n_inputs]);
    std::ranges::sort(reached);
    const auto repeats = std::ranges::unique(reached);
    reached.erase(repeats.begin(), repeats.end());
    if (source < n_inputs) {
      traffic.from_input += network.spikes[source] * reached.size();
      continue;
    }
    const bool own = std::ranges::binary_search(reached, placement.core[source - n_inputs]);
    traffic.between_cores += network.spikes[source] * (reached.size() - (own ? 1 : 0));
  }
  return traffic;
}

}  // namespace loci::backends
