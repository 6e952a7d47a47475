#include "sim/circuit/synapse_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "sim/circuit/edge_kernels.hpp"

namespace loci::sim {
void Row::clear() {
  target.clear();
  weight.clear();
  delay.clear();
  delay_ms.clear();
}

SynapseTable::SynapseTable(std::size_t n_sources, std::vector<Member> members, const Shards& shards,
                           Precision precision, MemoryAdvice advice)
    : n_sources_(n_sources),
      members_(std::move(members)),
      shards_(&shards),
      precision_(precision),
      high_bits_(static_cast<std::uint32_t>(
          std::bit_width((std::max(shards.most_indices(), 1U) - 1) >> low_index_bits))),
      rows_(shards.size() * n_sources),
      edges_(std::make_unique<Arena>(advice)),
      n_edges_(members_.size()),
      guard_(std::make_unique<std::mutex>()) {
  constexpr std::size_t most_kinds = 250;  // a byte tells them apart; two are for stored weights
  for (Member& member : members_) {
    const std::uint8_t negative = member.by_sign ? 1 : 0;
    if (member.uniform && kinds_.size() < most_kinds) {
      const std::uint8_t receptor = member.uniform_weight < 0.0 ? negative : 0;
      const std::uint8_t only = kind({receptor, true, member.uniform_weight});
      kind_of_.push_back({only, only});
    } else {
      kind_of_.push_back({kind({}), kind({.receptor = negative})});
    }
  }
}

// The number of a kind, which is added where there is none like it yet.
std::uint8_t SynapseTable::kind(const Kind& kind) {
  const auto found = std::ranges::find(kinds_, kind);
  if (found == kinds_.end()) kinds_.push_back(kind);
  return static_cast<std::uint8_t>(std::ranges::find(kinds_, kind) - kinds_.begin());
}

std::byte* SynapseTable::Builder::Buffer::grow(std::size_t n) {
  if (size_ + n > room_) {
    room_ = 2 * (size_ + n);
    auto larger = std::make_unique_for_overwrite<std::byte[]>(room_);
    std::copy_n(data_.get(), size_, larger.get());
    data_ = std::move(larger);
  }
  return data_.get() + std::exchange(size_, size_ + n);
}

SynapseTable::Builder::Builder(SynapseTable& table)
    : table_(table),
      edges_(table.shards_->size()),
      ends_(table.shards_->size()),
      n_edges_(table.members_.size()) {}

void SynapseTable::Builder::begin(std::size_t block) {
  block_ = block;
  for (Buffer& edges : edges_) edges.clear();
  for (auto& ends : ends_) ends.clear();
  std::ranges::fill(n_edges_, 0);
}

void SynapseTable::Builder::choose_keys(std::span<const Row> rows) {
  std::uint32_t least = ~0U;
  std::uint32_t most = 0;
  std::size_t n = 0;
  for (const Row& row : rows) {
    n += row.size();
    const DelayRange range = range_of(row.delay);
    least = std::min(least, range.least);
    most = std::max(most, range.most);
  }
  key_.resize(n);
  low_.resize(n);
  weight_.resize(n);
  rank_.resize(n);
  sorted_.resize(n);
  least_delay_ = std::min(least, most);
  keys_per_delay_ = static_cast<std::uint32_t>(table_.kinds_.size()) << table_.high_bits_;
  keys_per_shard_ = (most - least_delay_ + 1) * keys_per_delay_;
  count_.assign(table_.shards_->size() * keys_per_shard_, Count{0, 0});
  begin_.resize(count_.size() + 1);
}

// Edges of the second half are counted from the last one backwards, in turn with those of the first:
// neighbours often have the same key, and would wait for each other.
void SynapseTable::Builder::count() {
  const std::uint32_t* key = key_.data();
  std::uint32_t* rank = rank_.data();
  Count* counts = count_.data();
  const std::size_t n = key_.size();
  for (std::size_t front = 0, back = n; front < back; ++front) {
    rank[front] = counts[key[front]].from_first++;
    if (--back > front) rank[back] = counts[key[back]].from_last++;
  }
}

void SynapseTable::Builder::sort() {
  begin_[0] = 0;
  for (std::size_t k = 0; k < count_.size(); ++k) begin_[k + 1] = begin_[k] + count_[k].all();
  const std::uint32_t n = begin_.back();
  const std::uint32_t half = (n + 1) / 2;
  const std::uint32_t* key = key_.data();
  const std::uint32_t* rank = rank_.data();
  const std::uint32_t* begin = begin_.data();
  std::uint32_t* sorted = sorted_.data();
  for (std::uint32_t e = 0; e < half; ++e) sorted[begin[key[e]] + rank[e]] = e;
  for (std::uint32_t e = half; e < n; ++e) sorted[begin[key[e] + 1] - 1 - rank[e]] = e;
}

// A shard's segments of the source.
template <typename Weight>
void SynapseTable::Builder::write(std::size_t shard) {
  const std::size_t first = shard * keys_per_shard_;
  const auto segment = [&](std::uint32_t key) {
    const std::uint32_t rest = key % keys_per_delay_;
    return Segment{count_[first + key].all(),
                   static_cast<std::uint16_t>(least_delay_ + key / keys_per_delay_),
                   static_cast<std::uint8_t>(rest >> table_.high_bits_),
                   static_cast<std::uint8_t>(rest & ((1U << table_.high_bits_) - 1))};
  };
  std::size_t n_bytes = 0;
  for (std::uint32_t key = 0; key < keys_per_shard_; ++key)
    if (count_[first + key].all() > 0) n_bytes += table_.segment_bytes(segment(key));
  std::byte* at = edges_[shard].grow(n_bytes);
  const std::uint16_t* low = low_.data();
  const double* weights = weight_.data();
  for (std::uint32_t key = 0; key < keys_per_shard_; ++key) {
    const std::uint32_t n = count_[first + key].all();
    if (n == 0) continue;
    const Segment each = segment(key);
    const std::uint32_t* edges = sorted_.data() + begin_[first + key];
    std::memcpy(at, &each, sizeof each);
    at += sizeof each;
    for (std::uint32_t e = 0; e < n; ++e) std::memcpy(at + e * sizeof *low, low + edges[e], sizeof *low);
    at += target_bytes(n);
    if (table_.kinds_[each.kind].uniform) continue;
    for (std::uint32_t e = 0; e < n; ++e) {
      const auto weight = static_cast<Weight>(weights[edges[e]]);
      std::memcpy(at + e * sizeof weight, &weight, sizeof weight);
    }
    at += n * sizeof(Weight);
  }
  ends_[shard].push_back(edges_[shard].size());
}

void SynapseTable::Builder::append(std::span<const Row> rows) {
  choose_keys(rows);
  const std::uint32_t high_bits = table_.high_bits_;
  std::size_t first = 0;
  for (std::size_t m = 0; m < rows.size(); ++m) {
    const std::size_t target = table_.members_[m].target;
    const EdgeKeys keys{.ranges = table_.shards_->ranges(target),
                        .offsets = table_.shards_->offsets(target),
                        .per_shard = keys_per_shard_,
                        .per_delay = keys_per_delay_,
                        .least_delay = least_delay_,
                        .positive = std::uint32_t{table_.kind_of_[m][0]} << high_bits,
                        .negative = std::uint32_t{table_.kind_of_[m][1]} << high_bits};
    keys_of(keys, rows[m].target, rows[m].delay.data(), rows[m].weight.data(), key_.data() + first,
            low_.data() + first);
    std::ranges::copy(rows[m].weight, weight_.begin() + static_cast<std::ptrdiff_t>(first));
    first += rows[m].size();
    n_edges_[m] += rows[m].size();
  }
  count();
  sort();
  for (std::size_t shard = 0; shard < edges_.size(); ++shard)
    table_.precision_ == Precision::single ? write<float>(shard) : write<double>(shard);
}

void SynapseTable::Builder::finish() {
  for (std::size_t shard = 0; shard < edges_.size(); ++shard) {
    const std::span<const std::byte> edges = edges_[shard].bytes();
    std::byte* kept = table_.edges_->allocate(edges.size());
    std::ranges::copy(edges, kept);
    std::size_t begin = 0;
    Span* row = table_.rows_.data() + shard * table_.n_sources_ + block_ * sources_per_block;
    for (const std::size_t end : ends_[shard]) {
      *row++ = {kept + begin, end - begin};
      begin = end;
    }
  }
  const std::lock_guard lock(*table_.guard_);
  for (std::size_t m = 0; m < n_edges_.size(); ++m) table_.n_edges_[m] += n_edges_[m];
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
  const Kind& kind = kinds_[segment.kind];
  const std::byte* targets = cursor.at + sizeof segment;
  const std::byte* weights = targets + target_bytes(segment.count);
  cursor.at += segment_bytes(segment);
  arrived += std::size_t{segment.high} << low_index_bits;
  if (kind.uniform)
    add_uniform(targets, kind.weight, segment.count, arrived);
  else if (precision_ == Precision::single)
    add_edges<float>(targets, weights, segment.count, arrived);
  else
    add_edges<double>(targets, weights, segment.count, arrived);
}

double SynapseTable::weight(const Kind& kind, const std::byte* weights, std::size_t edge) const {
  if (kind.uniform) return kind.weight;
  float single = 0.0F;
  double exact = 0.0;
  if (precision_ == Precision::single)
    std::memcpy(&single, weights + edge * sizeof single, sizeof single);
  else
    std::memcpy(&exact, weights + edge * sizeof exact, sizeof exact);
  return precision_ == Precision::single ? static_cast<double>(single) : exact;
}

void SynapseTable::read(std::uint32_t source, std::size_t member, Row& row) const {
  row.clear();
  const std::size_t target = members_[member].target;
  for (std::size_t shard = 0; shard < shards_->size(); ++shard) {
    const PlaceRange range = shards_->range(target, shard);
    const std::uint32_t begin = shards_->begin(target, shard);
    for (Cursor cursor = this->row(source, shard); !cursor.done();) {
      const Segment segment = cursor.segment();
      const std::byte* targets = cursor.at + sizeof segment;
      for (std::size_t e = 0; e < segment.count; ++e) {
        std::uint16_t low = 0;
        std::memcpy(&low, targets + e * sizeof low, sizeof low);
        const std::uint32_t place =
            (std::uint32_t{segment.high} << low_index_bits | low) - begin + range.begin;
        if (place < range.begin || place >= range.end) continue;  // another member's
        row.target.push_back(place);
        row.delay.push_back(segment.delay);
        row.weight.push_back(weight(kinds_[segment.kind], targets + target_bytes(segment.count), e));
      }
      cursor.at += segment_bytes(segment);
    }
  }
}

std::size_t SynapseTable::bytes() const {
  return sizeof(*this) + rows_.capacity() * sizeof(Span) + edges_->used();
}

}  // namespace loci::sim
