// NIR's neurons, differential equations, as those of a layer here, which go in steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/nir_export.hpp"
#include "backends/nir_graph.hpp"
#include "sim/network.hpp"

namespace loci::backends {

// How a file's equations become steps.
struct NirTime {
  double dt = 1e-4;  // in the file's unit
  NirIntegrator integrator = NirIntegrator::euler;
};

struct NirNeurons {
  sim::Lif lif;
  std::vector<double> gain;  // (n) by which what enters each neuron is multiplied
};

// reset: instead of what NIR or the node's metadata say. Neurons without a threshold become ones that are
// never reset, whose membranes are the same and whose spikes mean nothing: only as a network's last layer.
// Thresholds that differ within a layer go into the gains. Throws InputError at `where` for what a layer here
// cannot hold: decays that differ, a v_reset that is not v_leak, synaptic currents that outlast a step.
NirNeurons neurons_of(const std::string& name, const NirNode& node, const NirTime& time,
                      std::optional<sim::Reset> reset, bool is_last, const std::string& where,
                      std::vector<std::string>& notes);

// What metadata say of themselves; nothing where they do not, or in another type.
std::optional<double> number_in(const sim::DataGroup& metadata, const std::string& name);
std::optional<std::string> text_in(const sim::DataGroup& metadata, const std::string& name);

}  // namespace loci::backends
