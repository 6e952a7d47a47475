#include "sim/circuit/synapse_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::uint32_t low_bits = 16;

}  // namespace

void Row::clear() {
  target.clear();
  weight.clear();
  delay.clear();
  delay_ms.clear();
}

SynapseTable::SynapseTable(const Format& format)
    : format_(format),
      high_bits_(static_cast<std::uint32_t>(
          std::bit_width((std::max<std::size_t>(format.n_targets, 1) - 1) >> low_bits))),
      rows_(format.n_sources) {}

SynapseTable::SynapseTable(SynapseTable&& other) noexcept
    : format_(other.format_),
      high_bits_(other.high_bits_),
      rows_(std::move(other.rows_)),
      edges_(std::move(other.edges_)),
      n_edges_(other.n_edges_.load()) {}

SynapseTable::Builder::Builder(SynapseTable& table, std::size_t block)
    : table_(table), first_(block * sources_per_block) {}

// The delay first, then the receptor, then the target's upper bits.
std::uint32_t SynapseTable::Builder::key(const Row& row, std::size_t edge) const {
  const std::uint32_t receptor = table_.format_.by_sign && row.weight[edge] < 0.0 ? 1 : 0;
  return (row.delay[edge] << 1 | receptor) << table_.high_bits_ | row.target[edge] >> low_bits;
}

SynapseTable::Segment SynapseTable::Builder::segment(std::uint32_t key, std::uint32_t count) const {
  const std::uint32_t when = key >> table_.high_bits_;
  return {count, static_cast<std::uint16_t>(when >> 1), static_cast<std::uint8_t>(when & 1),
          static_cast<std::uint8_t>(key & ((1U << table_.high_bits_) - 1))};
}

// Counting sort by key, of which there are few: delays follow from distances within a cutoff.
void SynapseTable::Builder::sort(const Row& row) {
  const std::size_t n = row.size();
  segments_.clear();
  if (n == 0) return;
  key_.resize(n);
  order_.resize(n);
  std::uint32_t least = ~0U;
  std::uint32_t most = 0;
  for (std::size_t e = 0; e < n; ++e) {
    key_[e] = key(row, e);
    least = std::min(least, key_[e]);
    most = std::max(most, key_[e]);
  }
  count_.assign(most - least + 1, 0);
  for (std::size_t e = 0; e < n; ++e) ++count_[key_[e] - least];
  std::uint32_t begin = 0;
  for (std::uint32_t k = 0; k < count_.size(); ++k) {
    if (count_[k] > 0) segments_.push_back(segment(k + least, count_[k]));
    begin += std::exchange(count_[k], begin);
  }
  for (std::uint32_t e = 0; e < n; ++e) order_[count_[key_[e] - least]++] = e;
}

void SynapseTable::Builder::write(const Row& row, const Segment& segment, std::uint32_t begin) {
  const std::size_t at = edges_.size();
  edges_.resize(at + table_.segment_bytes(segment.count));
  std::memcpy(edges_.data() + at, &segment, sizeof segment);
  std::byte* targets = edges_.data() + at + sizeof segment;
  std::byte* weights = targets + table_.target_bytes(segment.count);
  const std::uint32_t* edge = order_.data() + begin;
  for (std::uint32_t e = 0; e < segment.count; ++e) {
    const auto target = static_cast<std::uint16_t>(row.target[edge[e]]);
    std::memcpy(targets + e * sizeof target, &target, sizeof target);
    if (table_.format_.uniform) continue;
    const auto single = static_cast<float>(row.weight[edge[e]]);
    if (table_.format_.precision == Precision::single)
      std::memcpy(weights + e * sizeof single, &single, sizeof single);
    else
      std::memcpy(weights + e * sizeof(double), &row.weight[edge[e]], sizeof(double));
  }
}

void SynapseTable::Builder::append(const Row& row) {
  sort(row);
  std::uint32_t begin = 0;
  for (const Segment& segment : segments_) {
    write(row, segment, begin);
    begin += segment.count;
  }
  n_edges_ += row.size();
  ends_.push_back(edges_.size());
}

void SynapseTable::Builder::finish() {
  std::byte* edges = table_.edges_.allocate(edges_.size());
  std::ranges::copy(edges_, edges);
  std::size_t begin = 0;
  for (std::size_t s = 0; s < ends_.size(); ++s) {
    table_.rows_[first_ + s] = {edges + begin, ends_[s] - begin};
    begin = ends_[s];
  }
  table_.n_edges_ += n_edges_;
}

namespace {

// arrived[target] += weight for targets and weights that lie one after another.
template <typename Weight>
void add_edges(const std::byte* targets, const std::byte* weights, std::size_t count, double* arrived) {
  for (std::size_t e = 0; e < count; ++e) {
    std::uint16_t target = 0;
    Weight weight = 0;
    std::memcpy(&target, targets + e * sizeof target, sizeof target);
    std::memcpy(&weight, weights + e * sizeof weight, sizeof weight);
    arrived[target] += static_cast<double>(weight);
  }
}

void add_uniform(const std::byte* targets, double weight, std::size_t count, double* arrived) {
  for (std::size_t e = 0; e < count; ++e) {
    std::uint16_t target = 0;
    std::memcpy(&target, targets + e * sizeof target, sizeof target);
    arrived[target] += weight;
  }
}

}  // namespace

void SynapseTable::deliver(Cursor& cursor, const Segment& segment, double* arrived) const {
  const std::byte* targets = cursor.at + sizeof segment;
  const std::byte* weights = targets + target_bytes(segment.count);
  cursor.at += segment_bytes(segment.count);
  arrived += std::size_t{segment.high} << low_bits;
  if (format_.uniform)
    add_uniform(targets, format_.uniform_weight, segment.count, arrived);
  else if (format_.precision == Precision::single)
    add_edges<float>(targets, weights, segment.count, arrived);
  else
    add_edges<double>(targets, weights, segment.count, arrived);
}

double SynapseTable::weight(const std::byte* weights, std::size_t edge) const {
  if (format_.uniform) return format_.uniform_weight;
  float single = 0.0F;
  double exact = 0.0;
  if (format_.precision == Precision::single)
    std::memcpy(&single, weights + edge * sizeof single, sizeof single);
  else
    std::memcpy(&exact, weights + edge * sizeof exact, sizeof exact);
  return format_.precision == Precision::single ? static_cast<double>(single) : exact;
}

void SynapseTable::read(std::uint32_t source, Row& row) const {
  row.clear();
  for (Cursor cursor = this->row(source); !cursor.done();) {
    const Segment segment = cursor.segment();
    const std::byte* targets = cursor.at + sizeof segment;
    for (std::size_t e = 0; e < segment.count; ++e) {
      std::uint16_t target = 0;
      std::memcpy(&target, targets + e * sizeof target, sizeof target);
      row.target.push_back(std::uint32_t{segment.high} << low_bits | target);
      row.delay.push_back(segment.delay);
      row.weight.push_back(weight(targets + target_bytes(segment.count), e));
    }
    cursor.at += segment_bytes(segment.count);
  }
}

std::size_t SynapseTable::bytes() const {
  return sizeof(*this) + rows_.capacity() * sizeof(Span) + edges_.used();
}

}  // namespace loci::sim
