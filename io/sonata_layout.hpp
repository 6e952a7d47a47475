// What all SONATA files share: magic number and version in the root, and names of populations.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace loci::io {

inline constexpr std::uint32_t sonata_magic = 0x0A7A;
inline constexpr std::array<std::uint32_t, 2> sonata_version{0, 1};

void write_sonata_root(hdf5::Group& root);
// Files without a magic number pass; throws InputError for another one and where `group` is missing: "nodes".
void require_sonata(const hdf5::Group& root, const std::string& group);

// Throws InputError at `where` for a name that HDF5 cannot hold and for two equal ones.
void require_population_names(const std::string& where, std::span<const std::string> names);

// The one group of attributes that a population of nodes or edges may have, "0", if it has one. kind: "node"
// or "edge". Throws InputError for several groups, for another name, and where <kind>_group_id and
// <kind>_group_index, if there, say anything but row i of that group.
std::optional<hdf5::Group> sonata_group(const hdf5::Group& population, const std::string& kind,
                                        std::size_t n);

// The populations in the order that the attribute `order` of /loci gives, if it is one of all of them; else
// by name.
std::vector<std::string> sonata_populations(const hdf5::Group& root, const std::string& group,
                                            const std::string& order);

// The file of node or edge types that belongs beside it: nodes.h5 -> node_types.csv.
std::filesystem::path sonata_types_path(const std::filesystem::path& path);

}  // namespace loci::io
