#include "sim/circuit/synapse_table.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::uint32_t low_bits = 16;
constexpr std::uint32_t delay_bits = 16;

}  // namespace

void Row::clear() {
  target.clear();
  weight.clear();
  delay.clear();
  delay_ms.clear();
}

SynapseTable::SynapseTable(const Format& format)
    : format_(format),
      high_bits_(static_cast<std::uint32_t>(std::bit_width((std::max<std::size_t>(format.n_targets, 1) - 1) >> low_bits))),
      blocks_((format.n_sources + sources_per_block - 1) / sources_per_block) {}

SynapseTable::Builder::Builder(SynapseTable& table, std::size_t block)
    : table_(table), block_(table.blocks_[block]) {
  block_.segment_begin.push_back(0);
  block_.edge_begin.push_back(0);
}

// The receptor first, then the delay, then the target's upper bits.
std::uint32_t SynapseTable::Builder::key(const Row& row, std::size_t edge) const {
  const std::uint32_t receptor = table_.format_.by_sign && row.weight[edge] < 0.0 ? 1 : 0;
  return (receptor << delay_bits | row.delay[edge]) << table_.high_bits_ | row.target[edge] >> low_bits;
}

SynapseTable::Segment SynapseTable::Builder::segment(std::uint32_t key, std::uint32_t count) const {
  const std::uint32_t delay = key >> table_.high_bits_;
  return {count, static_cast<std::uint16_t>(delay), static_cast<std::uint8_t>(delay >> delay_bits),
          static_cast<std::uint8_t>(key & ((1U << table_.high_bits_) - 1))};
}

// Counting sort by key, of which there are few: delays follow from distances within a cutoff. place_ is where
// each edge goes.
void SynapseTable::Builder::sort(const Row& row) {
  const std::size_t n = row.size();
  key_.resize(n);
  place_.resize(n);
  std::uint32_t least = ~0U;
  std::uint32_t most = 0;
  for (std::size_t e = 0; e < n; ++e) {
    key_[e] = key(row, e);
    least = std::min(least, key_[e]);
    most = std::max(most, key_[e]);
  }
  if (n == 0) return;
  count_.assign(most - least + 1, 0);
  for (std::size_t e = 0; e < n; ++e) ++count_[key_[e] - least];
  std::uint32_t begin = 0;
  for (std::uint32_t k = 0; k < count_.size(); ++k) {
    if (count_[k] > 0) block_.segments.push_back(segment(k + least, count_[k]));
    begin += std::exchange(count_[k], begin);
  }
  for (std::size_t e = 0; e < n; ++e) place_[e] = count_[key_[e] - least]++;
}

void SynapseTable::Builder::append(const Row& row) {
  sort(row);
  const Format& format = table_.format_;
  const std::size_t n = row.size();
  const std::size_t first = block_.target.size();
  const auto put = [&](const auto& from, auto& to) {
    using Value = typename std::decay_t<decltype(to)>::value_type;
    to.resize(first + n);
    for (std::size_t e = 0; e < n; ++e) to[first + place_[e]] = static_cast<Value>(from[e]);
  };
  put(row.target, block_.target);
  if (!format.uniform && format.precision == Precision::single) put(row.weight, block_.weight);
  if (!format.uniform && format.precision == Precision::exact) put(row.weight, block_.exact);
  for (const std::uint32_t delay : row.delay) block_.longest = std::max(block_.longest, delay);
  block_.segment_begin.push_back(static_cast<std::uint32_t>(block_.segments.size()));
  block_.edge_begin.push_back(static_cast<std::uint32_t>(block_.target.size()));
}

void SynapseTable::Builder::finish() {
  block_.segments.shrink_to_fit();
  block_.target.shrink_to_fit();
  block_.weight.shrink_to_fit();
  block_.exact.shrink_to_fit();
}

template <typename Weight>
void SynapseTable::add_segments(const Block& block, std::size_t source, Step now, InputRing& ring,
                                std::size_t first, const Weight& weight) const {
  std::size_t edge = block.edge_begin[source];
  for (std::uint32_t s = block.segment_begin[source]; s < block.segment_begin[source + 1]; ++s) {
    const Segment& segment = block.segments[s];
    double* arrives =
        ring.at(now + segment.delay, segment.receptor) + first + (std::size_t{segment.high} << low_bits);
    const std::size_t end = edge + segment.count;
    for (; edge < end; ++edge) arrives[block.target[edge]] += weight(edge);
  }
}

void SynapseTable::deliver(std::uint32_t source, Step now, InputRing& ring, std::size_t first) const {
  const Block& block = blocks_[source / sources_per_block];
  const std::size_t local = source % sources_per_block;
  if (format_.uniform)
    add_segments(block, local, now, ring, first, [w = format_.uniform_weight](std::size_t) { return w; });
  else if (format_.precision == Precision::single)
    add_segments(block, local, now, ring, first,
                 [w = block.weight.data()](std::size_t edge) { return static_cast<double>(w[edge]); });
  else
    add_segments(block, local, now, ring, first, [w = block.exact.data()](std::size_t edge) { return w[edge]; });
}

void SynapseTable::read(std::uint32_t source, Row& row) const {
  row.clear();
  const Block& block = blocks_[source / sources_per_block];
  const std::size_t local = source % sources_per_block;
  std::size_t edge = block.edge_begin[local];
  for (std::uint32_t s = block.segment_begin[local]; s < block.segment_begin[local + 1]; ++s) {
    const Segment& segment = block.segments[s];
    for (const std::size_t end = edge + segment.count; edge < end; ++edge) {
      row.target.push_back(std::uint32_t{segment.high} << low_bits | block.target[edge]);
      row.delay.push_back(segment.delay);
      row.weight.push_back(format_.uniform                                ? format_.uniform_weight
                           : format_.precision == Precision::single ? static_cast<double>(block.weight[edge])
                                                                          : block.exact[edge]);
    }
  }
}

std::size_t SynapseTable::n_edges() const {
  std::size_t n = 0;
  for (const Block& block : blocks_) n += block.target.size();
  return n;
}

std::size_t SynapseTable::bytes() const {
  std::size_t n = sizeof(*this) + blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_)
    n += block.segment_begin.capacity() * 4 + block.edge_begin.capacity() * 4 +
         block.segments.capacity() * sizeof(Segment) + block.target.capacity() * 2 +
         block.weight.capacity() * 4 + block.exact.capacity() * 8;
  return n;
}

Step SynapseTable::longest_delay() const {
  Step longest = 0;
  for (const Block& block : blocks_) longest = std::max(longest, block.longest);
  return longest;
}

}  // namespace loci::sim
