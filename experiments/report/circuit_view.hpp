// A circuit, or a SONATA network, as a report shows it: neurons where they are placed.
#pragma once

#include <string>
#include <vector>

#include "experiments/report/model_view.hpp"
#include "experiments/report/views.hpp"
#include "sim/circuit/circuit.hpp"

namespace loci::experiments {

// Circuits of fewer dimensions than three lie in a plane or on a line; without space, populations are grids
// one above the other. Edges are made unless they are too many to look at (options.most_edges) or need more
// than memory_bytes; `notes` is told what is not shown. The circuit has passed sim::validate().
NetworkView circuit_view(const sim::Circuit& circuit, const std::string& title, const std::string& source,
                         const ViewOptions& options, double memory_bytes, std::vector<std::string>& notes);

}  // namespace loci::experiments
