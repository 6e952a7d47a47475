// A circuit's edges: made row by row from the connection rules, and stored, or made again whenever a spike
// needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/circuit/delay_table.hpp"
#include "sim/circuit/input_ring.hpp"
#include "sim/circuit/placement.hpp"
#include "sim/circuit/shards.hpp"
#include "sim/circuit/synapse_table.hpp"

namespace loci::sim {

struct ConnectivityOptions {
  Precision precision = Precision::single;
  bool procedural = false;  // store no synapse: make a row again when its source fires
  std::size_t n_threads = 1;
  bool off_grid = false;  // delays in ms as the rules give them, for the event engine alone
  double memory_bytes = std::numeric_limits<double>::infinity();  // what the machine has left
  MemoryAdvice advice = nullptr;                                  // on where synapses are kept
};

// A population as placed: places are the order in which the engine keeps its neurons, so that neighbours in
// space are neighbours in memory.
struct PlacedPopulation {
  PlacedPopulation(const Circuit& circuit, std::size_t index);

  std::vector<double> positions;   // (n, dims), row-major, by neuron
  std::optional<CellOrder> cells;  // none without space
  std::size_t size = 0;

  std::uint32_t place_of(std::uint32_t neuron) const { return cells ? cells->places()[neuron] : neuron; }
  std::uint32_t neuron_at(std::uint32_t place) const { return cells ? cells->neurons()[place] : place; }
};

// Makes the rows of a projection, a pure function of the circuit.
class RowMaker {
 public:
  // What one thread works in.
  struct Scratch {
    std::vector<CellOrder::Run> runs;
    std::vector<double> squared;
    std::vector<std::uint64_t> place;
    std::vector<std::uint64_t> index;
    std::vector<std::array<std::uint32_t, 4>> words;
  };

  virtual ~RowMaker() = default;
  // The edges from the neuron at this place to those in the range.
  virtual void make(std::uint32_t source, PlaceRange targets, Row& row, Scratch& scratch) const = 0;
};

// Projections of one population to different ones. Their synapses are kept together, so that a spike goes on
// its way once for all of them.
struct Bundle {
  std::size_t source = 0;                // population
  std::vector<std::size_t> projections;  // rising
  std::optional<SynapseTable> table;     // none where procedural or off the grid
};

// The edges of one projection.
class ProjectionEdges {
 public:
  std::size_t source() const { return source_; }  // populations
  std::size_t target() const { return target_; }
  Step longest_delay() const { return longest_; }

  // Where procedural: makes a spike's edges to a shard and adds their weights to where they arrive.
  void deliver(std::uint32_t source, std::size_t shard, Step now, InputRing& ring, Row& row,
               RowMaker::Scratch& scratch) const;
  // The row of a source, targets as places, in a total order of its own. Off the grid delays are in delay_ms.
  void read(std::uint32_t source, Row& row, RowMaker::Scratch& scratch) const;
  std::size_t n_edges() const;

 private:
  friend class Connectivity;
  void fill(const RowMaker& maker, const ConnectivityOptions& options);  // off the grid

  std::size_t source_ = 0;
  std::size_t target_ = 0;
  std::size_t n_sources_ = 0;
  std::size_t n_targets_ = 0;
  Precision precision_ = Precision::single;
  Step longest_ = 0;
  bool by_sign_ = false;
  const Shards* shards_ = nullptr;
  std::unique_ptr<RowMaker> maker_;      // where procedural, and while building
  const SynapseTable* table_ = nullptr;  // elsewhere: the bundle's, ...
  std::size_t member_ = 0;               // ... and which of its members this is
  std::optional<DelayTable> off_grid_;   // or this alone
};

class Connectivity {
 public:
  // Throws InputError for what validate() refuses, for a rule that gives no edge or too long a delay, and for
  // a memory need beyond options.memory_bytes, before making any edge.
  Connectivity(const Circuit& circuit, const ConnectivityOptions& options);

  std::span<const PlacedPopulation> populations() const { return populations_; }
  std::span<const ProjectionEdges> projections() const { return projections_; }
  // Those of one source population in the order of their first projections.
  std::span<const Bundle> bundles() const { return bundles_; }
  const Shards& shards() const { return *shards_; }  // as many as threads
  bool off_grid() const { return off_grid_; }
  std::size_t n_edges() const;
  std::size_t bytes() const;

 private:
  void describe(const Circuit& circuit, std::size_t index, const ConnectivityOptions& options);
  void bundle();
  void build(const Circuit& circuit, Bundle& bundle, const ConnectivityOptions& options);
  void require_edges(const Circuit& circuit) const;

  std::vector<PlacedPopulation> populations_;
  std::unique_ptr<const Shards> shards_;
  std::vector<ProjectionEdges> projections_;
  std::vector<Bundle> bundles_;
  bool off_grid_;
};

}  // namespace loci::sim
