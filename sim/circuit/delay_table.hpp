// The synapses of one projection with delays off the grid, each its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/circuit/synapse_table.hpp"

namespace loci::sim {

// Rows by source, their edges by (delay, target, weight): the order in which a spike meets its targets.
class DelayTable {
 public:
  explicit DelayTable(std::size_t n_sources)
      : blocks_((n_sources + sources_per_block - 1) / sources_per_block) {}

  // Rows in blocks of so many sources, each built by one thread.
  static constexpr std::size_t sources_per_block = 256;
  std::size_t n_blocks() const { return blocks_.size(); }
  // The next source's row.
  void append(std::size_t block, const Row& row);

  void read(std::uint32_t source, Row& row) const;
  std::size_t n_edges() const;
  std::size_t bytes() const;

 private:
  struct Block {
    std::vector<std::size_t> end;  // (sources) of the edges
    std::vector<std::uint32_t> target;
    std::vector<double> weight;
    std::vector<double> delay_ms;
  };

  std::vector<Block> blocks_;
};

}  // namespace loci::sim
