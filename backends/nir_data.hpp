// Recorded spikes beside a NIR graph: the files that the Python package nir calls NIRGraphData.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/data_tree.hpp"

namespace loci::backends {

// One sample's spikes of one node, by time and then by neuron. A spike in step t happens at the step's end,
// (t + 1) dt.
struct NirSpikeTrain {
  std::vector<std::uint32_t> neuron;
  std::vector<double> time;

  bool operator==(const NirSpikeTrain&) const = default;
};

struct NirNodeSpikes {
  std::string node;  // as the graph names it
  std::size_t n_neurons = 0;
  std::vector<NirSpikeTrain> samples;  // as many in each node

  bool operator==(const NirNodeSpikes&) const = default;
};

struct NirRecording {
  std::vector<NirNodeSpikes> nodes;  // sorted by name when read
  double duration = 0.0;             // of a sample, in the unit of the times

  bool operator==(const NirRecording&) const = default;
};

enum class NirDataForm {
  events,  // EventData: neurons (samples, events), padded with -1, and times, padded with infinity
  grid,    // TimeGriddedData: booleans (samples, steps, neurons)
};

// dt: of a step, for the grid, onto which times are rounded. Throws std::invalid_argument for names that
// occur twice, samples that differ in number, neurons beyond the node's, and times beyond the duration.
sim::DataGroup tree_of(const NirRecording& recording, NirDataForm form, double dt);

// Of both forms. Values of valued events are passed over. Throws InputError at `where` for another layout,
// for numbers beyond their ranges, for observables called "spikes" of other kinds, and where there are none.
NirRecording nir_data_from_tree(const sim::DataGroup& root, const std::string& where);

}  // namespace loci::backends
