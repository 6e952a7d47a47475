// The synapses of projections that share their source, as spikes use them: for each neuron that fires runs of
// targets which it reaches together, two bytes for a target and its weight.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "sim/circuit/arena.hpp"
#include "sim/circuit/shards.hpp"
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
  // The edges to one population. by_sign: negative weights go to the second receptor. uniform: all edges have
  // one weight, and it is not stored.
  struct Member {
    std::size_t target = 0;  // population
    bool by_sign = false;
    bool uniform = false;
    double uniform_weight = 0.0;
  };
  // members: to populations that differ. Shards must outlive the table and have 2^24 indices each at most.
  SynapseTable(std::size_t n_sources, std::vector<Member> members, const Shards& shards, Precision precision,
               MemoryAdvice advice);

  // Rows in blocks of so many sources, each built by one thread.
  static constexpr std::size_t sources_per_block = 256;
  std::size_t n_blocks() const { return (n_sources_ + sources_per_block - 1) / sources_per_block; }

  class Builder;

  // Edges that arrive together: this, their targets and then their weights, and then the next segment.
  struct Segment {
    std::uint32_t count;
    std::uint16_t delay;
    std::uint8_t kind;
    std::uint8_t high;  // upper bits of the targets' indices
  };
  // Where a spike stands in its row: the segments still to arrive, by delay.
  struct Cursor {
    const std::byte* at;
    const std::byte* end;

    bool done() const { return at == end; }
    Segment segment() const {
      Segment segment;
      std::memcpy(&segment, at, sizeof segment);
      return segment;
    }
    // Begins to fetch what is next from memory, about a slice of it: rows lie far apart.
    void prefetch() const {
      for (std::ptrdiff_t line = 0; line < 14; ++line) __builtin_prefetch(at + 64 * line);
    }
  };
  Cursor row(std::uint32_t source, std::size_t shard) const {
    const Span& row = rows_[shard * n_sources_ + source];
    return {row.begin, row.begin + row.size};
  }
  std::size_t receptor(const Segment& segment) const { return kinds_[segment.kind].receptor; }
  // Adds the segment's weights to what arrives, by index in the shard, and moves on.
  void deliver(Cursor& cursor, const Segment& segment, double* arrived) const;
  // The edges to one member as they were given, by (shard, delay, receptor), in the order they were given.
  void read(std::uint32_t source, std::size_t member, Row& row) const;

  std::size_t n_edges(std::size_t member) const { return n_edges_[member]; }
  std::size_t bytes() const;

 private:
  struct Span {
    const std::byte* begin = nullptr;
    std::size_t size = 0;
  };
  // Where edges arrive and how their weight is kept.
  struct Kind {
    std::uint8_t receptor = 0;
    bool uniform = false;
    double weight = 0.0;
    bool operator==(const Kind&) const = default;
  };
  std::uint8_t kind(const Kind& kind);
  static std::size_t target_bytes(std::size_t count) { return (count + 1) / 2 * 4; }
  std::size_t weight_bytes(const Kind& kind) const {
    return kind.uniform ? 0 : precision_ == Precision::single ? sizeof(float) : sizeof(double);
  }
  std::size_t segment_bytes(const Segment& segment) const {
    return sizeof(Segment) + target_bytes(segment.count) + segment.count * weight_bytes(kinds_[segment.kind]);
  }
  double weight(const Kind& kind, const std::byte* weights, std::size_t edge) const;

  std::size_t n_sources_;
  std::vector<Member> members_;
  const Shards* shards_;
  Precision precision_;
  std::uint32_t high_bits_;
  std::vector<Kind> kinds_;
  std::vector<std::array<std::uint8_t, 2>> kind_of_;  // by member, of positive and of negative weights
  std::vector<Span> rows_;                            // (shards, sources)
  std::unique_ptr<Arena> edges_;
  std::vector<std::size_t> n_edges_;  // by member
  std::unique_ptr<std::mutex> guard_;
};

// Builds blocks, each source after source. One for each thread.
class SynapseTable::Builder {
 public:
  explicit Builder(SynapseTable& table);
  void begin(std::size_t block);
  // The next source's edges: a row for each member.
  void append(std::span<const Row> rows);
  void finish();

 private:
  // Bytes that grow and are not set before they are written.
  class Buffer {
   public:
    std::byte* grow(std::size_t n);
    std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
    std::size_t size() const { return size_; }
    void clear() { size_ = 0; }

   private:
    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
  };
  // Edges of one key, counted from a row's first on and, in the second half, from its last.
  struct Count {
    std::uint32_t from_first;
    std::uint32_t from_last;

    std::uint32_t all() const { return from_first + from_last; }
  };
  // Edges that go into one segment have one key: (shard, delay, kind, upper bits of the index).
  void choose_keys(std::span<const Row> rows);
  void count();
  void sort();
  template <typename Weight>
  void write(std::size_t shard);

  SynapseTable& table_;
  std::size_t block_ = 0;
  std::vector<Buffer> edges_;                   // by shard
  std::vector<std::vector<std::size_t>> ends_;  // by shard, of each source
  std::vector<std::size_t> n_edges_;            // by member

  // Of one source.
  std::uint32_t least_delay_ = 0;
  std::uint32_t keys_per_delay_ = 0;
  std::uint32_t keys_per_shard_ = 0;
  std::vector<std::uint32_t> key_;     // of each edge
  std::vector<std::uint16_t> low_;     // of each edge's index
  std::vector<double> weight_;         // of each edge
  std::vector<std::uint32_t> rank_;    // of each edge in its segment
  std::vector<Count> count_;           // by key
  std::vector<std::uint32_t> begin_;   // by key, in sorted_; and the end of the last
  std::vector<std::uint32_t> sorted_;  // edges, by key
};

}  // namespace loci::sim
