// One step of many neurons at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/circuit/circuit.hpp"

namespace loci::sim {

// Arrays by place, of `uniform` constants only the first vector. What a model has no use for may be null.
struct CellStep {
  std::size_t begin;  // a multiple of 8; arrays are padded to one
  std::size_t end;
  double now;
  bool uniform;
  double* arrived;  // left at zero
  double* arrived_inhibitory;
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
  std::uint32_t* spikes;  // room for end - begin
};

// Returns how many fired.
std::size_t step_cells(CellModel model, const CellStep& step);

}  // namespace loci::sim
