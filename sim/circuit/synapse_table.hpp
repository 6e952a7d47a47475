// The synapses of one projection as spikes use them: for each source runs of targets that a spike reaches
// together, two bytes for a target and its weight.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "sim/circuit/arena.hpp"
#include "sim/time.hpp"

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
  SynapseTable(SynapseTable&& other) noexcept;

  // Rows in blocks of so many sources, each built by one thread.
  static constexpr std::size_t sources_per_block = 256;
  std::size_t n_blocks() const { return (rows_.size() + sources_per_block - 1) / sources_per_block; }

  class Builder;

  // Edges that arrive together, at one receptor: this, their targets and then their weights, and then the
  // next segment of the row.
  struct Segment {
    std::uint32_t count;
    std::uint16_t delay;
    std::uint8_t receptor;
    std::uint8_t high;  // upper bits of the targets
  };
  // Where a spike stands in its row: the segments still to arrive, by (delay, receptor).
  struct Cursor {
    const std::byte* at;
    const std::byte* end;

    bool done() const { return at == end; }
    Segment segment() const {
      Segment segment;
      std::memcpy(&segment, at, sizeof segment);
      return segment;
    }
    // Begins to fetch the segment from memory, or its first edges: segments lie far apart.
    void prefetch() const {
      for (std::ptrdiff_t line = 0; line < 4; ++line) __builtin_prefetch(at + 64 * line);
    }
  };
  Cursor row(std::uint32_t source) const {
    return {rows_[source].begin, rows_[source].begin + rows_[source].size};
  }
  // Adds the segment's weights to what arrives, (n_targets), and moves on.
  void deliver(Cursor& cursor, const Segment& segment, double* arrived) const;
  // The row as it was given, by (delay, receptor), in the order it was given.
  void read(std::uint32_t source, Row& row) const;

  std::size_t n_edges() const { return n_edges_; }
  std::size_t bytes() const;

 private:
  struct Span {
    const std::byte* begin = nullptr;
    std::size_t size = 0;
  };
  std::size_t target_bytes(std::size_t count) const { return (count + 1) / 2 * 4; }
  std::size_t weight_bytes() const {
    return format_.uniform ? 0 : format_.precision == Precision::single ? sizeof(float) : sizeof(double);
  }
  std::size_t segment_bytes(std::size_t count) const {
    return sizeof(Segment) + target_bytes(count) + count * weight_bytes();
  }
  double weight(const std::byte* weights, std::size_t edge) const;

  Format format_;
  std::uint32_t high_bits_;
  std::vector<Span> rows_;
  Arena edges_;
  std::atomic<std::size_t> n_edges_{0};
};

// Builds one block, source after source. Blocks are built on any thread.
class SynapseTable::Builder {
 public:
  Builder(SynapseTable& table, std::size_t block);
  void append(const Row& row);
  void finish();

 private:
  std::uint32_t key(const Row& row, std::size_t edge) const;
  Segment segment(std::uint32_t key, std::uint32_t count) const;
  void sort(const Row& row);
  void write(const Row& row, const Segment& segment, std::uint32_t begin);

  SynapseTable& table_;
  std::size_t first_;
  std::size_t n_edges_ = 0;
  std::vector<std::size_t> ends_;
  std::vector<std::byte> edges_;
  std::vector<Segment> segments_;  // of the row
  std::vector<std::uint32_t> key_, order_, count_;
};

}  // namespace loci::sim
