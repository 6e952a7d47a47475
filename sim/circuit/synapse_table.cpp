#include "sim/circuit/synapse_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::uint32_t low_bits = 16;

// Calls front(e) and back(e) for the edges of the first and of the second half in turn, the latter from the
// last one backwards: neighbours often have the same key, and would wait for each other.
template <typename Front, typename Back>
void from_both_ends(std::size_t n, const Front& front, const Back& back) {
  for (std::size_t e = 0; e < n / 2; ++e) {
    front(e);
    back(n - 1 - e);
  }
  if (n % 2 == 1) front(n / 2);
}

}  // namespace

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
      high_bits_(
          static_cast<std::uint32_t>(std::bit_width((std::max(shards.most_indices(), 1U) - 1) >> low_bits))),
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
    for (const std::uint32_t delay : row.delay) {
      least = std::min(least, delay);
      most = std::max(most, delay);
    }
  }
  key_.resize(n);
  low_.resize(n);
  weight_.resize(n);
  least_delay_ = std::min(least, most);
  keys_per_delay_ = static_cast<std::uint32_t>(table_.kinds_.size()) << table_.high_bits_;
  keys_per_shard_ = (most - least_delay_ + 1) * keys_per_delay_;
  count_.assign(table_.shards_->size() * keys_per_shard_, 0);
  room_.resize(count_.size());
}

// Keys of the row's edges, which are those from number `first` on.
void SynapseTable::Builder::name(const Row& row, std::size_t member, std::size_t first) {
  const Shards::Map map = table_.shards_->map(table_.members_[member].target);
  const std::uint32_t high_bits = table_.high_bits_;
  const std::uint32_t positive = std::uint32_t{table_.kind_of_[member][0]} << high_bits;
  const std::uint32_t negative = std::uint32_t{table_.kind_of_[member][1]} << high_bits;
  const std::uint32_t per_delay = keys_per_delay_;
  const std::uint32_t per_shard = keys_per_shard_;
  const std::uint32_t least = least_delay_;
  std::uint32_t* key = key_.data() + first;
  std::uint16_t* low = low_.data() + first;
  for (std::size_t e = 0; e < row.size(); ++e) {
    const std::uint32_t shard = map.shard_of(row.target[e]);
    const std::uint32_t index = map.index_of(row.target[e], shard);
    key[e] = shard * per_shard + (row.delay[e] - least) * per_delay +
             (row.weight[e] < 0.0 ? negative : positive) + (index >> low_bits);
    low[e] = static_cast<std::uint16_t>(index);
  }
  std::ranges::copy(row.weight, weight_.begin() + static_cast<std::ptrdiff_t>(first));
}

// Makes room for a shard's segments, writes what they begin with and notes where their edges go.
void SynapseTable::Builder::lay_out(std::size_t shard) {
  const std::uint32_t first = static_cast<std::uint32_t>(shard) * keys_per_shard_;
  const auto segment = [&](std::uint32_t key) {
    const std::uint32_t rest = key % keys_per_delay_;
    return Segment{count_[first + key], static_cast<std::uint16_t>(least_delay_ + key / keys_per_delay_),
                   static_cast<std::uint8_t>(rest >> table_.high_bits_),
                   static_cast<std::uint8_t>(rest & ((1U << table_.high_bits_) - 1))};
  };
  std::size_t n_bytes = 0;
  for (std::uint32_t key = 0; key < keys_per_shard_; ++key)
    if (count_[first + key] > 0) n_bytes += table_.segment_bytes(segment(key));
  std::byte* at = edges_[shard].grow(n_bytes);
  for (std::uint32_t key = 0; key < keys_per_shard_; ++key) {
    if (count_[first + key] == 0) continue;
    const Segment each = segment(key);
    std::memcpy(at, &each, sizeof each);
    std::byte* targets = at + sizeof each;
    std::byte* weights = targets + target_bytes(each.count);
    at += table_.segment_bytes(each);
    room_[first + key] = {targets, table_.kinds_[each.kind].uniform ? nullptr : weights, 0, each.count};
  }
  ends_[shard].push_back(edges_[shard].size());
}

template <typename Weight>
void SynapseTable::Builder::write() {
  const std::uint32_t* keys = key_.data();
  const std::uint16_t* lows = low_.data();
  const double* weights = weight_.data();
  Room* rooms = room_.data();
  const auto put = [&](const Room& room, std::uint32_t at, std::size_t e) {
    std::memcpy(room.targets + at * sizeof lows[0], &lows[e], sizeof lows[0]);
    const auto weight = static_cast<Weight>(weights[e]);
    if (room.weights != nullptr) std::memcpy(room.weights + at * sizeof weight, &weight, sizeof weight);
  };
  from_both_ends(
      key_.size(),
      [&](std::size_t e) {
        Room& room = rooms[keys[e]];
        put(room, room.first++, e);
      },
      [&](std::size_t e) {
        Room& room = rooms[keys[e]];
        put(room, --room.last, e);
      });
}

void SynapseTable::Builder::append(std::span<const Row> rows) {
  choose_keys(rows);
  std::size_t first = 0;
  for (std::size_t m = 0; m < rows.size(); ++m) {
    name(rows[m], m, first);
    first += rows[m].size();
    n_edges_[m] += rows[m].size();
  }
  const auto count = [&](std::size_t e) { ++count_[key_[e]]; };
  from_both_ends(first, count, count);
  for (std::size_t shard = 0; shard < edges_.size(); ++shard) lay_out(shard);
  if (table_.precision_ == Precision::single)
    write<float>();
  else
    write<double>();
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
  arrived += std::size_t{segment.high} << low_bits;
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
        const std::uint32_t place = (std::uint32_t{segment.high} << low_bits | low) - begin + range.begin;
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
