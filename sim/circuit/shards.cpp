#include "sim/circuit/shards.hpp"

#include <algorithm>

namespace loci::sim {

Shards::Shards(std::span<const std::size_t> sizes, std::size_t n_shards)
    : n_(n_shards), n_indices_(n_shards) {
  for (const std::size_t n : sizes) {
    const std::size_t units = (n + unit - 1) / unit;
    auto& shard = shard_.emplace_back(units);
    for (std::size_t s = 0; s < n_; ++s) {
      const std::size_t first = s * units / n_;
      const std::size_t last = (s + 1) * units / n_;
      std::fill(shard.begin() + static_cast<std::ptrdiff_t>(first),
                shard.begin() + static_cast<std::ptrdiff_t>(last), static_cast<std::uint16_t>(s));
      const PlaceRange range{static_cast<std::uint32_t>(std::min(n, first * unit)),
                             static_cast<std::uint32_t>(std::min(n, last * unit))};
      ranges_.push_back(range);
      begin_.push_back(n_indices_[s]);
      offset_.push_back(begin_.back() - range.begin);
      n_indices_[s] += (range.end - range.begin + 7) / 8 * 8;
    }
  }
}

std::uint32_t Shards::most_indices() const {
  return *std::ranges::max_element(n_indices_);
}

}  // namespace loci::sim
