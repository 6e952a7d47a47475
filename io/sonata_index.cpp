#include "io/sonata_index.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "io/hdf5.hpp"

namespace loci::io {
namespace {

constexpr std::size_t ids_at_once = 65'536;
constexpr std::size_t no_node = static_cast<std::size_t>(-1);

// Calls see(node, begin, end) for every run of edges in a row with the same node.
template <typename See>
void for_each_run(const hdf5::Dataset& node_ids, See see) {
  const std::size_t n = node_ids.n_elements();
  std::uint64_t begin = 0;
  std::size_t node = no_node;
  for (std::size_t first = 0; first < n; first += ids_at_once) {
    const auto ids = node_ids.read_rows<std::uint64_t>(first, std::min(ids_at_once, n - first));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (ids[i] == node) continue;
      if (node != no_node) see(node, begin, first + i);
      node = ids[i];
      begin = first + i;
    }
  }
  if (node != no_node) see(node, begin, n);
}

// (n + 1): where each node's ranges begin.
std::vector<std::uint64_t> count_ranges(const hdf5::Dataset& node_ids, std::size_t n_nodes) {
  std::vector<std::uint64_t> first(n_nodes + 1, 0);
  for_each_run(node_ids, [&](std::size_t node, std::uint64_t, std::uint64_t) { ++first[node + 1]; });
  std::partial_sum(first.begin(), first.end(), first.begin());
  return first;
}

}  // namespace

void write_sonata_index(hdf5::Group& indices, const std::string& name, const hdf5::Dataset& node_ids,
                        std::size_t n_nodes, std::size_t ranges_at_once) {
  const std::vector<std::uint64_t> first = count_ranges(node_ids, n_nodes);
  hdf5::Group group = indices.create_group(name);
  const hdf5::Layout layout{.chunk_rows = 16'384, .deflate_level = 1};
  std::vector<std::uint64_t> of_node;
  for (std::size_t node = 0; node < n_nodes; ++node)
    of_node.insert(of_node.end(), {first[node], first[node + 1]});
  group.write<std::uint64_t>("node_id_to_ranges", of_node, {n_nodes, 2}, layout);
  group.link("node_id_to_ranges", "node_id_to_range");

  auto edges = group.create_extendable<std::uint64_t>("range_to_edge_id", layout, 0, {2});
  for (std::size_t begin = 0; begin < n_nodes;) {
    std::size_t end = begin + 1;
    while (end < n_nodes && first[end + 1] - first[begin] <= ranges_at_once) ++end;
    std::vector<std::uint64_t> ranges(2 * (first[end] - first[begin]));
    std::vector<std::uint64_t> next(first.begin() + static_cast<std::ptrdiff_t>(begin),
                                    first.begin() + static_cast<std::ptrdiff_t>(end));
    for_each_run(node_ids, [&](std::size_t node, std::uint64_t from, std::uint64_t to) {
      if (node < begin || node >= end) return;
      const std::size_t at = 2 * (next[node - begin]++ - first[begin]);
      ranges[at] = from;
      ranges[at + 1] = to;
    });
    edges.append<std::uint64_t>(ranges);
    begin = end;
  }
}

}  // namespace loci::io
