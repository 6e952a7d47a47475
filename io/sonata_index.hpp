// SONATA's index of edges: for each node the ranges of edge ids that leave or reach it.
#pragma once

#include <cstddef>
#include <string>

namespace loci::io {

namespace hdf5 {
class Dataset;
class Group;
}  // namespace hdf5

// Writes the group `name` with node_id_to_ranges (n_nodes, 2), also called node_id_to_range, which points
// into range_to_edge_id (ranges, 2), which points to edges; all ranges half-open. node_ids: (edges), in their
// file. Holds about `ranges_at_once` ranges, reading the ids once for each such window of nodes.
void write_sonata_index(hdf5::Group& indices, const std::string& name, const hdf5::Dataset& node_ids,
                        std::size_t n_nodes, std::size_t ranges_at_once);

}  // namespace loci::io
