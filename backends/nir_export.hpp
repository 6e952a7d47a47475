// Trained networks as NIR graphs: what is exact, what is lost, and where what NIR has no place for is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/fidelity.hpp"
#include "backends/nir_graph.hpp"
#include "backends/target.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"

namespace loci::sim {
class SpatialGraph;
}

namespace loci::backends {

// How who reads the file makes steps of its differential equations: v += dt/tau (...), or the exact solution
// for an input that does not change within a step. The time constants are chosen for it.
enum class NirIntegrator { euler, exponential };

std::string_view name_of(NirIntegrator value);
// Throws InputError at `where`.
NirIntegrator parse_nir_integrator(std::string_view text, const std::string& where);

// How many of a unit of time are a second, of s, ms and us. Throws InputError at `where` for other units.
double nir_units_per_second(std::string_view time_unit, const std::string& where);

// What snnTorch and Lava's converters take for granted.
inline constexpr double usual_nir_step_s = 1e-4;

// NIR has no place for the duration of a step, nor for units; both are recorded in metadata.
struct NirExportOptions {
  bool linear = false;  // Linear nodes: biases are left out
  NirIntegrator integrator = NirIntegrator::euler;
  std::optional<double> dt;     // of a step, in time_unit; none: usual_nir_step_s
  std::string time_unit = "s";  // of all times in the file: s, ms or us
};

// For each connection l (n_l, n_{l+1}), row-major: steps by which an edge delays a spike beyond the layer's
// own latency; empty where none does.
using ConnectionDelays = std::vector<std::vector<std::uint32_t>>;

// The delays of a graph's edges.
ConnectionDelays delays_of(const sim::SpatialGraph& graph);

struct NirExport {
  NirGraph graph;
  std::vector<PropertyFidelity> fidelity;
};

// input -> affine1 -> lif1 -> affine2 -> ... -> output, with one branch delay1_3 -> affine1_3 for each
// distinct delay but 0, here of 3 steps. Biases are in a connection's first branch. Where beta is 1, neurons
// are IF nodes if1, ... Weights and biases are those that the engines run, in single precision, 0 where there
// is no edge; parameters of neurons in single precision, too. Metadata of the graph: dt, time_unit,
// integrator; of neurons besides: beta, threshold, reset, reset_delay. The root's group "loci": positions,
// inhibition and gaps as learned, and the facts. Throws InputError for a rate network, weights that are not
// finite, options that make no sense and beta 0 with exponential integration; std::invalid_argument for
// delays of other numbers than the network's edges.
NirExport nir_of(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                 const NirExportOptions& options, const ExportFacts& facts,
                 const ConnectionDelays& delays = {});

// The file of a graph.
std::vector<ExportedFile> nir_files(const NirExport& exported, const std::string& name);

// What stands for each layer in such a graph: "input", "lif1", ...
std::vector<std::string> nir_node_names(const sim::NetworkDescription& network);

}  // namespace loci::backends
