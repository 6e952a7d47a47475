// A circuit as a plain description: populations of neurons in space, how distance connects them, what drives
// them. What it is, never what state it is in. Units: ms, mV, pA, pF, Hz; distances in the space's own unit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/network.hpp"
#include "sim/time.hpp"

namespace loci::sim {

// One value for a whole population, or one for each of its neurons.
class PerNeuron {
 public:
  PerNeuron(double value = 0.0) : values_{value} {}  // NOLINT(google-explicit-constructor): a number is one
  explicit PerNeuron(std::vector<double> values) : values_(std::move(values)) {}

  bool uniform() const { return values_.size() == 1; }
  double operator[](std::size_t neuron) const { return uniform() ? values_.front() : values_[neuron]; }
  std::span<const double> values() const { return values_; }
  bool operator==(const PerNeuron&) const = default;

 private:
  std::vector<double> values_;
};

// The box in which neurons lie: [lower, lower + extent) in every dimension. dims 0: a circuit without space.
struct Space {
  std::size_t dims = 0;  // 0 to 3
  std::array<double, 3> lower{0.0, 0.0, 0.0};
  std::array<double, 3> extent{1.0, 1.0, 1.0};
  bool periodic = false;  // distances are then measured the shorter way round

  bool operator==(const Space&) const = default;
};

enum class PlacementKind { box, disc, sphere, ball, grid, given };

// Where the neurons of a population are. A placement of fewer dimensions than the space's lies in a plane (or
// on a line) at `offset`: a layer at z = 0.3 of a 3-D space is a box of 2 dims with offset 0.3.
struct Placement {
  PlacementKind kind = PlacementKind::box;
  std::size_t dims = 0;                        // 0: the space's
  std::array<double, 3> lower{0.0, 0.0, 0.0};  // box, grid; with `extent` unset the whole space
  std::array<double, 3> extent{0.0, 0.0, 0.0};
  std::array<double, 3> centre{0.5, 0.5, 0.5};  // disc (2-D), sphere (its surface) and ball (3-D): uniform
  double radius = 0.5;
  std::array<std::size_t, 3> shape{1, 1, 1};  // grid: neurons in the middle of equal cells, x fastest
  double jitter = 0.0;                        // grid: uniform, this share of a cell at most, either way
  double offset = 0.0;                        // of the coordinate after the placement's own
  std::vector<double> positions;              // given: (n, dims of the space), row-major

  bool operator==(const Placement&) const = default;
};

enum class CellModel {
  lif_delta,     // tau dV/dt = E_L - V + R I; a synaptic weight is a jump of V in mV
  lif_exp,       // the same with synaptic currents that decay exponentially; a weight is a jump of I in pA
  adaptive_lif,  // lif_exp with an adaptation current w: I - w, dw/dt = -w / tau_w, w += b at a spike
  lif_discrete,  // the trained networks' neuron (sim/network.hpp); a weight is a jump of U
  integrator     // lif_delta without threshold: a readout
};

// Every model reads its own of these.
struct Cell {
  CellModel model = CellModel::lif_delta;
  PerNeuron tau_membrane_ms = 20.0;
  PerNeuron capacitance_pf = 250.0;  // R = tau / C
  PerNeuron resting_mv = -70.0;      // E_L
  PerNeuron threshold_mv = -55.0;    // a neuron fires when V >= threshold at the end of a step
  PerNeuron reset_mv = -70.0;
  PerNeuron refractory_ms = 2.0;  // V stays at the reset; currents decay on
  PerNeuron current_pa = 0.0;     // I_e
  PerNeuron tau_excitatory_ms = 2.0;
  PerNeuron tau_inhibitory_ms = 2.0;
  PerNeuron tau_adaptation_ms = 100.0;
  PerNeuron adaptation_pa = 0.0;  // b
  Lif discrete;                   // lif_discrete

  bool uniform() const;  // all neurons are alike
  bool operator==(const Cell&) const = default;
};

// Where a membrane starts: uniform between the two, which may be equal; or one value for each neuron.
struct InitialMembrane {
  double low_mv = 0.0;
  double high_mv = 0.0;
  std::vector<double> given_mv;

  bool operator==(const InitialMembrane&) const = default;
};

struct Population {
  std::string name;
  std::size_t size = 0;
  Placement placement;
  Cell cell;
  InitialMembrane initial;
  PerNeuron mask = 1.0;  // multiplies the weights of all edges from a neuron: -1 makes it inhibitory

  bool operator==(const Population&) const = default;
};

enum class KernelShape { constant, inverse_distance, gaussian, exponential };

// A function of distance: amplitude times 1, length / max(d, floor), exp(-d^2 / (2 length^2)) or
// exp(-d / length).
struct DistanceKernel {
  KernelShape shape = KernelShape::constant;
  double amplitude = 1.0;
  double length = 1.0;
  double floor = 0.0;

  double operator()(double distance) const;
  bool operator==(const DistanceKernel&) const = default;
};

enum class ConnectionRule {
  pairwise,        // every pair within the cutoff, each with the kernel's probability
  fixed_indegree,  // every target draws so many sources
  one_to_one,
  given  // an explicit list
};

struct EdgeList {
  std::vector<std::uint32_t> source, target;  // within their populations
  std::vector<double> weight, delay_ms;

  bool operator==(const EdgeList&) const = default;
};

struct Projection {
  std::string source, target;  // populations
  ConnectionRule rule = ConnectionRule::pairwise;
  double cutoff = std::numeric_limits<double>::infinity();
  DistanceKernel probability;
  std::size_t indegree = 0;
  bool autapses = false;
  bool multapses = true;  // fixed_indegree: a source may be drawn again
  DistanceKernel weight;  // mV or pA, as the target's model has it; negative inhibits
  double delay_ms = 1.0;  // base
  double velocity = std::numeric_limits<double>::infinity();  // distance per ms
  EdgeList edges;                                             // given

  bool operator==(const Projection&) const = default;
};

enum class InputKind { poisson, regular, trains, current };

// What drives a population from outside, through synapses of `weight`. Times of spikes are those at which
// they arrive, each the end of a step: a membrane read at that time has felt it (delta synapses).
struct Input {
  std::string target;
  InputKind kind = InputKind::poisson;
  PerNeuron rate_hz = 0.0;  // poisson: each neuron a stream of its own
  double weight = 0.0;      // poisson, regular, trains
  double start_ms = 0.0;    // of all kinds
  double stop_ms = std::numeric_limits<double>::infinity();
  double interval_ms = 0.0;              // regular: at start, start + interval, ...
  std::vector<double> times_ms;          // trains: when ...
  std::vector<std::uint32_t> neurons;    // ... to whom ...
  std::vector<double> weights;           // ... and how strongly; empty: `weight`
  std::vector<double> current_times_ms;  // current: from each time on ...
  std::vector<double> currents_pa;       // ... this current flows

  bool operator==(const Input&) const = default;
};

struct Circuit {
  Space space;
  std::vector<Population> populations;
  std::vector<Projection> projections;
  std::vector<Input> inputs;
  double step_ms = 0.1;
  std::uint64_t seed = 1;

  std::size_t n_neurons() const;
  bool operator==(const Circuit&) const = default;
};

// The index of a population. Throws InputError at `where` if there is none of this name.
std::size_t find_population(const Circuit& circuit, const std::string& name, const std::string& where);
// The delay of an edge as long as the rule allows, in steps. Throws InputError for one of more than 65,535.
Step longest_delay(const Circuit& circuit, const Projection& rule);
// And no shorter than this one.
Step shortest_delay(const Circuit& circuit, const Projection& rule);

}  // namespace loci::sim
