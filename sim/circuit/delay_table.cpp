#include "sim/circuit/delay_table.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace loci::sim {

void DelayTable::append(std::size_t block, const Row& row) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {},
                    [&](std::size_t e) { return std::tuple(row.delay_ms[e], row.target[e], row.weight[e]); });
  Block& to = blocks_[block];
  for (const std::size_t e : order) {
    to.target.push_back(row.target[e]);
    to.weight.push_back(row.weight[e]);
    to.delay_ms.push_back(row.delay_ms[e]);
  }
  to.end.push_back(to.target.size());
}

void DelayTable::read(std::uint32_t source, Row& row) const {
  const Block& block = blocks_[source / sources_per_block];
  const std::size_t local = source % sources_per_block;
  const auto begin = static_cast<std::ptrdiff_t>(local == 0 ? 0 : block.end[local - 1]);
  const auto end = static_cast<std::ptrdiff_t>(block.end[local]);
  row.clear();
  row.target.assign(block.target.begin() + begin, block.target.begin() + end);
  row.weight.assign(block.weight.begin() + begin, block.weight.begin() + end);
  row.delay_ms.assign(block.delay_ms.begin() + begin, block.delay_ms.begin() + end);
}

std::size_t DelayTable::n_edges() const {
  std::size_t n = 0;
  for (const Block& block : blocks_) n += block.target.size();
  return n;
}

std::size_t DelayTable::bytes() const {
  std::size_t n = sizeof(*this) + blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_)
    n += block.end.capacity() * sizeof(std::size_t) + block.target.capacity() * 4 +
         block.weight.capacity() * 8 + block.delay_ms.capacity() * 8;
  return n;
}

}  // namespace loci::sim
