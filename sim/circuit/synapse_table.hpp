// The synapses of one projection as spikes use them: for each source runs of targets that a spike reaches
// together, two bytes for a target and its weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/input_ring.hpp"

namespace loci::sim {

// The edges of one source. Targets are places of their population (CellOrder), in any order.
struct Row {
  std::vector<std::uint32_t> target;
  std::vector<double> weight;
  std::vector<std::uint32_t> delay;  // steps; empty off the grid
  std::vector<double> delay_ms;      // unrounded; empty on the grid

  std::size_t size() const { return target.size(); }
  void clear();
};

enum class Precision { single, exact };  // weights as float or as double

class SynapseTable {
 public:
  // by_sign: negative weights go to the second receptor. uniform_weight: all edges have this one, and it is
  // not stored.
  struct Format {
    std::size_t n_sources = 0;
    std::size_t n_targets = 0;  // 2^24 at most
    Precision precision = Precision::single;
    bool by_sign = false;
    bool uniform = false;
    double uniform_weight = 0.0;
  };
  explicit SynapseTable(const Format& format);

  // Rows in blocks of so many sources, each built by one thread.
  static constexpr std::size_t sources_per_block = 256;
  std::size_t n_blocks() const { return blocks_.size(); }

  class Builder;

  // Adds the weights of the source's edges to where they arrive, a spike being sent at step `now`. Target 0 is
  // the neuron `first` of the ring.
  void deliver(std::uint32_t source, Step now, InputRing& ring, std::size_t first) const;
  // The row as it was given, by (receptor, delay), in the order it was given.
  void read(std::uint32_t source, Row& row) const;

  std::size_t n_edges() const;
  std::size_t bytes() const;
  Step longest_delay() const;

 private:
  struct Segment {
    std::uint32_t count;
    std::uint16_t delay;
    std::uint8_t receptor;
    std::uint8_t high;  // upper bits of the targets
  };
  struct Block {
    std::vector<std::uint32_t> segment_begin;  // (sources + 1)
    std::vector<std::uint32_t> edge_begin;     // (sources + 1)
    std::vector<Segment> segments;
    std::vector<std::uint16_t> target;
    std::vector<float> weight;
    std::vector<double> exact;
    Step longest = 0;
  };
  template <typename Weight>
  void add_segments(const Block& block, std::size_t source, Step now, InputRing& ring, std::size_t first,
                    const Weight& weight) const;

  Format format_;
  std::uint32_t high_bits_;
  std::vector<Block> blocks_;
};

// Builds one block, source after source.
class SynapseTable::Builder {
 public:
  Builder(SynapseTable& table, std::size_t block);
  void append(const Row& row);
  void finish();

 private:
  std::uint32_t key(const Row& row, std::size_t edge) const;
  Segment segment(std::uint32_t key, std::uint32_t count) const;
  void sort(const Row& row);

  SynapseTable& table_;
  Block& block_;
  std::vector<std::uint32_t> key_, place_, count_;
};

}  // namespace loci::sim
