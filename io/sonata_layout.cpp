#include "io/sonata_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/error.hpp"

namespace loci::io {
namespace {

// Refuses values other than 0, 0, 0, ... or, where `rows`, 0, 1, 2, ...
void require_ids(const hdf5::Group& population, const std::string& name, std::size_t n, bool rows) {
  if (!population.exists(name)) return;
  const hdf5::Dataset dataset = population.dataset(name);
  const auto ids = dataset.read<std::uint64_t>({n});
  for (std::size_t i = 0; i < n; ++i)
    if (ids[i] != (rows ? i : 0))
      throw InputError(dataset.where(), fmt::format("it is {} in row {}", ids[i], i),
                       "rewrite the population with one group, \"0\", in the order of its rows");
}

}  // namespace

void write_sonata_root(hdf5::Group& root) {
  root.write_attribute("magic", sonata_magic);
  root.write_attribute_array<std::uint32_t>("version", sonata_version);
}

void require_sonata(const hdf5::Group& root, const std::string& group) {
  const bool foreign =
      root.has_attribute("magic") && root.read_attribute<std::uint32_t>("magic") != sonata_magic;
  if (foreign || !root.exists(group))
    throw InputError(root.where(),
                     fmt::format("this HDF5 file is no SONATA file of {} ({})", group,
                                 foreign ? "another magic number" : fmt::format("no group '{}'", group)),
                     fmt::format("give a SONATA file with a group '{}'", group));
}

void require_population_names(const std::string& where, std::span<const std::string> names) {
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty() || name == "." || name.find('/') != std::string::npos)
      throw InputError(where, fmt::format("'{}' cannot name a population", name),
                       "use a name without slashes");
    if (!seen.insert(name).second)
      throw InputError(where, fmt::format("two populations are named '{}'", name), "rename one");
  }
}

std::optional<hdf5::Group> sonata_group(const hdf5::Group& population, const std::string& kind,
                                        std::size_t n) {
  std::vector<std::string> groups;
  for (const std::string& name : population.names())
    if (name.find_first_not_of("0123456789") == std::string::npos) groups.push_back(name);
  if (groups.size() > 1 || (groups.size() == 1 && groups.front() != "0"))
    throw InputError(population.where(),
                     fmt::format("its {}s are in the group{} {}", kind, groups.size() > 1 ? "s" : "",
                                 fmt::join(groups, ", ")),
                     "rewrite the population with one group, \"0\"");
  require_ids(population, kind + "_group_id", n, false);
  require_ids(population, kind + "_group_index", n, true);
  if (groups.empty()) return std::nullopt;
  return population.group("0");
}

std::vector<std::string> sonata_populations(const hdf5::Group& root, const std::string& group,
                                            const std::string& order) {
  std::vector<std::string> names = root.group(group).names();
  if (!root.exists("loci") || !root.group("loci").has_attribute(order)) return names;
  auto ordered = root.group("loci").read_string_array_attribute(order);
  return std::ranges::is_permutation(ordered, names) ? ordered : names;
}

std::filesystem::path sonata_types_path(const std::filesystem::path& path) {
  std::string stem = path.stem().string();
  if (stem.ends_with("nodes") || stem.ends_with("edges")) stem.pop_back();
  return path.parent_path() / (stem + "_types.csv");
}

}  // namespace loci::io
