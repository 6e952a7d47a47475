// The connection rules, each as a maker of rows.
#pragma once

#include <memory>

#include "sim/circuit/connectivity.hpp"

namespace loci::sim {

// What makers need; the circuit and the populations must outlive them.
struct RowContext {
  const Circuit& circuit;
  std::size_t projection;  // index
  const Population& source;
  const Population& target;
  bool recurrent;  // source and target are one population
  const PlacedPopulation& sources;
  const PlacedPopulation& targets;
  bool off_grid;  // rows have delays in ms instead of in steps

  const Projection& rule() const { return circuit.projections[projection]; }
};

// Throws InputError for a rule that cannot be made by row; `listed` says whether it may be kept as a list.
std::unique_ptr<RowMaker> make_row_maker(const RowContext& context, bool may_list);

}  // namespace loci::sim
