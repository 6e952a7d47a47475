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
#include "sim/circuit/synapse_table.hpp"

namespace loci::sim {

struct ConnectivityOptions {
  Precision precision = Precision::single;
  bool procedural = false;  // store no synapse: make a row again when its source fires
  std::size_t n_threads = 1;
  bool off_grid = false;  // delays in ms as the rules give them, for the event engine alone
  double memory_bytes = std::numeric_limits<double>::infinity();  // what the machine has left
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

// Places [begin, end) of a population.
struct PlaceRange {
  std::uint32_t begin;
  std::uint32_t end;
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

// The edges of one projection, in shards of targets that one thread each delivers to.
class ProjectionEdges {
 public:
  std::size_t source() const { return source_; }  // populations
  std::size_t target() const { return target_; }
  Step longest_delay() const { return longest_; }
  bool by_sign() const { return by_sign_; }

  // The stored synapses onto a shard of targets, counted from the shard's first; null where procedural.
  const SynapseTable* table(std::size_t shard) const { return maker_ ? nullptr : &tables_[shard]; }
  // Where procedural: makes a spike's edges and adds their weights to where they arrive.
  void deliver(std::uint32_t source, std::size_t shard, Step now, InputRing& ring, Row& row,
               RowMaker::Scratch& scratch) const;
  // The row of a source, targets as places, in a total order of its own. Off the grid delays are in delay_ms.
  void read(std::uint32_t source, Row& row, RowMaker::Scratch& scratch) const;
  std::size_t n_edges() const;
  std::size_t bytes() const;

 private:
  friend class Connectivity;
  void fill(const RowMaker& maker, std::size_t n_threads);  // off the grid
  double stored(double weight) const;                       // as a table keeps it
  void require_any(const std::string& where) const;

  std::size_t source_ = 0;
  std::size_t target_ = 0;
  std::size_t n_sources_ = 0;
  Precision precision_ = Precision::single;
  Step longest_ = 0;
  bool by_sign_ = false;
  std::vector<PlaceRange> shards_;
  std::unique_ptr<RowMaker> maker_;     // where procedural
  std::vector<SynapseTable> tables_;    // elsewhere, a shard each
  std::optional<DelayTable> off_grid_;  // or this alone
};

class Connectivity {
 public:
  // Throws InputError for what validate() refuses, for a rule that gives no edge or too long a delay, and for
  // a memory need beyond options.memory_bytes, before making any edge.
  Connectivity(const Circuit& circuit, const ConnectivityOptions& options);

  std::span<const PlacedPopulation> populations() const { return populations_; }
  std::span<const ProjectionEdges> projections() const { return projections_; }
  // Shards of a population's places, as many as threads: multiples of 64 neurons.
  std::span<const PlaceRange> shards(std::size_t population) const { return shards_[population]; }
  bool off_grid() const { return off_grid_; }
  std::size_t n_edges() const;
  std::size_t bytes() const;

 private:
  void add_projection(const Circuit& circuit, std::size_t index, const ConnectivityOptions& options);

  std::vector<PlacedPopulation> populations_;
  std::vector<std::vector<PlaceRange>> shards_;
  std::vector<ProjectionEdges> projections_;
  bool off_grid_;
};

}  // namespace loci::sim
