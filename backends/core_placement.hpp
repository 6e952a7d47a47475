// Neurons to cores, by where they are: fewer spikes then cross from core to core.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/core_capacity.hpp"
#include "backends/core_network.hpp"

namespace loci::backends {

enum class PlacementMethod {
  layer_order,         // as neurons are numbered
  random,              // where layers do not share cores: within each layer
  curve,               // along a Hilbert curve through all layers at once: a core holds a region of space
  curve_by_layer,      // one layer after the other, each along the curve
  bisection,           // all layers at once, halved across their widest coordinate until a core holds them
  bisection_by_layer,  // each layer for itself
};
std::string_view name_of(PlacementMethod method);
// Whether there are the positions that it goes by, and where it puts layers together, they may share cores.
bool applies(PlacementMethod method, const CoreNetwork& network, const CoreCapacity& capacity);

struct CorePlacement {
  std::uint32_t n_cores = 0;
  std::vector<std::uint32_t> core;  // (n_neurons - n_inputs): of each neuron but the input

  bool operator==(const CorePlacement&) const = default;
};

// A message is one spike on its way to one core other than the neuron's own.
struct CoreTraffic {
  std::uint64_t between_cores = 0;
  std::uint64_t from_input = 0;

  std::uint64_t messages() const { return between_cores + from_input; }
  bool operator==(const CoreTraffic&) const = default;
};

// Cores are filled in the method's order, each as far as the capacity goes, or halved to what fits. Throws
// InputError for a neuron that no core can hold and for a placement that needs more cores or output axons
// than there are; std::invalid_argument for a method that does not apply and for cores without room.
CorePlacement place_on_cores(const CoreNetwork& network, const CoreCapacity& capacity, PlacementMethod method,
                             std::uint64_t seed = 1);

CoreTraffic traffic_of(const CoreNetwork& network, const CorePlacement& placement);

}  // namespace loci::backends
