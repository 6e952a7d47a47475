// The neuromorphic intermediate representation (NIR): computing nodes and the edges between them, as .nir
// files hold them, which several simulators and chips' tools read and write.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/data_tree.hpp"

namespace loci::backends {

// What a node computes of its input x (or I), element by element but for the first group. Neurons fire where
// v > v_threshold.
enum class NirType {
  input,           // Input: shape
  output,          // Output: shape
  linear,          // Linear: y = weight x, weight (out, in)
  affine,          // Affine: y = weight x + bias
  flatten,         // Flatten: start_dim, end_dim, input_type (may be missing)
  scale,           // Scale: scale x
  threshold,       // Threshold: 1 where x > threshold
  delay,           // Delay: x(t - delay)
  integrator,      // I: dv/dt = r I
  integrate_fire,  // IF: dv/dt = r I; a spike sets v to v_reset
  leaky,           // LI: tau dv/dt = v_leak - v + r I
  lif,             // LIF: the same, and spikes set v to v_reset
  cuba_leaky,      // CubaLI: LI of a current with tau_syn dI/dt = -I + w_in x
  cuba_lif,        // CubaLIF: LIF of such a current
};

// As files have it: "LIF".
std::string_view name_of(NirType value);

struct NirNode {
  NirType type = NirType::input;
  std::map<std::string, sim::DataArray> parameters;  // by their names above
  sim::DataGroup metadata;                           // what others may pass over

  bool operator==(const NirNode&) const = default;
};

using NirEdge = std::pair<std::string, std::string>;  // source, target

struct NirGraph {
  std::string version = "1.0";  // of the format; empty: unknown
  std::map<std::string, NirNode> nodes;
  std::vector<NirEdge> edges;  // several into one node add up
  sim::DataGroup metadata;
  std::map<std::string, sim::DataGroup> beside;  // groups of the file's root that other readers pass over

  bool operator==(const NirGraph&) const = default;
};

using NirShape = std::vector<std::size_t>;

struct NirSignals {
  NirShape input;
  NirShape output;
};

// The file's content.
sim::DataGroup tree_of(const NirGraph& graph);

struct NirReading {
  NirGraph graph;
  std::vector<std::string> notes;  // what was tolerated, a sentence each
};

// Nested graphs come flattened, "outer.inner". Beyond what NIR's own reader takes, and with a note each, a
// missing version, missing v_reset (zeros), shapes of Input and Output that differ by extents of 1 alone, and
// edges within nested graphs that name "lif" where there is but "lif1" are tolerated, and Input and Output
// nodes added where there are none. Throws InputError at `where` for what that reader refuses, too: unknown
// kinds of nodes, parameters missing, of other names or of different shapes, edges to unknown nodes or
// between signals of different shapes.
NirReading nir_from_tree(const sim::DataGroup& root, const std::string& where);

// The shapes of what enters and leaves each node. Throws InputError at `where` for nodes whose parameters do
// not fit each other and for edges between different shapes; see above for what is tolerated and noted.
std::map<std::string, NirSignals> signals_of(const NirGraph& graph, const std::string& where,
                                             std::vector<std::string>& notes);

// Values as numbers, whatever their type. Throws std::invalid_argument for text.
std::vector<double> numbers_of(const sim::DataArray& array);

}  // namespace loci::backends
