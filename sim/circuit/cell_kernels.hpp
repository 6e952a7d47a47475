// A few steps of many neurons at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/circuit/circuit.hpp"

namespace loci::sim {

// Arrays by place, of `uniform` constants only the first vector. What a model has no use for may be null.
struct CellRun {
  std::size_t begin;  // a multiple of 8; arrays are padded to one
  std::size_t end;
  double now;  // the first step
  std::size_t n_steps;
  bool uniform;
  double* const* arriving;  // rows by step, `begin` first; left at zero
  double* const* arriving_inhibitory;
  double* membrane;
  double* excitatory;
  double* inhibitory;
  double* adaptation;
  double* free_from;
  const double* keep;
  const double* drive;
  const double* from_excitatory;
  const double* from_inhibitory;
  const double* from_adaptation;
  const double* keep_excitatory;
  const double* keep_inhibitory;
  const double* keep_adaptation;
  const double* adaptation_jump;
  const double* threshold;
  const double* reset;
  const double* refractory;
  std::uint32_t* fired;  // (n_steps, fired_stride): places, rising
  std::size_t fired_stride;
  std::size_t* n_fired;  // by step, added to
};

void run_cells(CellModel model, const CellRun& run);

}  // namespace loci::sim
