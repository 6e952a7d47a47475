// The neurons of one population: their state, and their time step by step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/shards.hpp"
#include "sim/lif.hpp"

namespace loci::sim {

using Doubles = std::vector<double>;

// Steps that neurons run alone, without news from each other.
inline constexpr std::size_t most_steps_alone = 16;

// Who fired in which of a few steps.
class FiredCells {
 public:
  FiredCells(std::size_t n_cells, std::size_t n_steps) : room_(n_cells), places_(n_steps * n_cells) {}

  // Places, rising.
  std::span<const std::uint32_t> in_step(std::size_t step) const {
    return {places_.data() + step * room_, n_[step]};
  }

 private:
  friend class Cells;
  std::size_t room_;
  std::vector<std::uint32_t> places_;  // (steps, n_cells)
  std::array<std::size_t, most_steps_alone> n_{};
};

// What arrives at neurons in a few steps, each a row by index (Shards); one of all kinds of input, or the
// second of inhibition.
struct Arriving {
  std::array<double*, most_steps_alone> excitatory{};
  std::array<double*, most_steps_alone> inhibitory{};
};

// Where a neuron's membrane starts, in mV.
double initial_membrane(const Circuit& circuit, std::size_t population, std::size_t neuron);

// Integrated exactly between the points of the grid (Rotter and Diesmann 1999): the membrane equation is
// linear, so a step is a multiplication with constants, one for all neurons or one for each.
//   V <- P V + (1 - P) (E_L + R I_e) + p_ex I_ex + p_in I_in + p_w w, unless refractory;
//   I_ex <- d_ex I_ex + what arrives; likewise I_in; w <- d_w w;
// with delta synapses what arrives is added to V. A neuron that is refractory keeps V at the reset, and what
// arrives with a delta synapse is lost. The trained networks' neuron (sim/lif.hpp) takes what arrives, and
// I_e, as the current of its step.
class Cells {
 public:
  // Places are the order of neurons in the state; neuron_at says whose parameters and start each has.
  Cells(const Circuit& circuit, std::size_t population, std::span<const std::uint32_t> neuron_at);

  std::size_t size() const { return size_; }
  std::size_t n_receptors() const { return two_receptors_ ? 2 : 1; }

  // n_steps from step `now` on of the neurons at these places, the first a multiple of 8: takes what arrives,
  // the range's first neuron at the rows' begin, and leaves zeros.
  void run(const PlaceRange& range, Step now, std::size_t n_steps, const Arriving& arriving,
           FiredCells& fired);
  // A current that is added to I_e from now on.
  void set_current(double current_pa);

  // After the last step. Currents are 0 for models without.
  double membrane(std::uint32_t place) const { return membrane_[place]; }
  double excitatory_current(std::uint32_t place) const {
    return excitatory_.empty() ? 0.0 : excitatory_[place];
  }
  double inhibitory_current(std::uint32_t place) const {
    return inhibitory_.empty() ? 0.0 : inhibitory_[place];
  }
  double adaptation_current(std::uint32_t place) const {
    return adaptation_.empty() ? 0.0 : adaptation_[place];
  }

 private:
  friend struct CellKernel;
  // One value if uniform, else one a neuron (padded).
  struct Constants {
    Doubles keep, drive, from_excitatory, from_inhibitory, from_adaptation, keep_excitatory, keep_inhibitory,
        keep_adaptation, adaptation, threshold, reset, refractory;
  };
  void find_constants(const Cell& cell, double step_ms, std::span<const std::uint32_t> neuron_at);
  void run_discrete(const PlaceRange& range, std::size_t n_steps, const Arriving& arriving,
                    FiredCells& fired);

  CellModel model_;
  std::size_t size_;
  bool two_receptors_;
  bool uniform_;
  Constants constants_;
  Doubles resting_drive_, per_current_;
  LifDynamics discrete_;
  Doubles membrane_, excitatory_, inhibitory_, adaptation_;
  Doubles free_from_;  // the step at which a neuron is no longer refractory
};

}  // namespace loci::sim
