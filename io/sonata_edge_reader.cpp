#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_layout.hpp"
#include "io/sonata_reader.hpp"
#include "io/sonata_writer.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr std::size_t rows_at_once = 65'536;

// Calls see(edge, value) for every edge.
template <typename T, typename See>
void for_each_value(const hdf5::Dataset& dataset, std::size_t n_edges, See see) {
  if (dataset.shape() != hdf5::Shape{n_edges})
    throw InputError(dataset.where(),
                     fmt::format("it has {} rows for {} edges", dataset.n_elements(), n_edges),
                     "use a file whose parts belong together");
  for (std::size_t first = 0; first < n_edges; first += rows_at_once) {
    const auto values = dataset.read_rows<T>(first, std::min(rows_at_once, n_edges - first));
    for (std::size_t i = 0; i < values.size(); ++i) see(first + i, values[i]);
  }
}

const sim::Population& find_population(const hdf5::Dataset& ids,
                                       std::span<const sim::Population> populations) {
  const std::string name =  // `network`: as files before SONATA 0.1 call it
      ids.read_string_attribute(ids.has_attribute("network") && !ids.has_attribute("node_population")
                                    ? "network"
                                    : "node_population");
  std::string known;
  for (const sim::Population& each : populations) {
    if (each.name == name) return each;
    known.append(known.empty() ? "" : ", ").append(each.name);
  }
  throw InputError(ids.where(), fmt::format("there is no population '{}'", name),
                   fmt::format("give the file of nodes that belongs to these edges; there are: {}", known));
}

std::vector<std::uint32_t> read_ends(const hdf5::Dataset& ids, const sim::Population& population,
                                     const char* verb) {
  std::vector<std::uint32_t> ends(ids.checked_length(sizeof(std::uint64_t)));
  for_each_value<std::uint64_t>(ids, ends.size(), [&](std::size_t edge, std::uint64_t id) {
    if (id >= population.size)
      throw InputError(ids.where(),
                       fmt::format("edge {} {} node {} of '{}', which has {} nodes", edge, verb, id,
                                   population.name, population.size),
                       "give the file of nodes that belongs to these edges, or remove the edge");
    ends[edge] = static_cast<std::uint32_t>(id);
  });
  return ends;
}

// The number that was meant: 0.7 rather than the float32 nearest to it, which lies just below, and a delay
// just below one step would be refused.
double meant_by(float value) {
  std::array<char, 32> text{};
  double meant = 0;
  const char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  std::from_chars(text.data(), end, meant);
  return meant;
}

void read_weights(const hdf5::Group& group, sim::EdgeList& edges) {
  const auto multiply = [&](const char* name) {
    const hdf5::Dataset dataset = group.dataset(name);
    for_each_value<double>(dataset, edges.weight.size(), [&](std::size_t edge, double value) {
      if (!std::isfinite(value))
        throw InputError(dataset.where(), fmt::format("edge {} has {}", edge, value), "use finite weights");
      edges.weight[edge] *= value;
    });
  };
  if (group.exists("syn_weight")) {
    edges.weight.assign(edges.weight.size(), 1.0);
    multiply("syn_weight");
  }
  if (group.exists("nsyns")) multiply("nsyns");
}

void read_delays(const hdf5::Group& group, sim::EdgeList& edges) {
  if (!group.exists("delay")) return;
  const hdf5::Dataset dataset = group.dataset("delay");
  const bool single = dataset.element_bytes() == sizeof(float);
  for_each_value<double>(dataset, edges.delay_ms.size(), [&](std::size_t edge, double delay_ms) {
    if (!std::isfinite(delay_ms) || delay_ms < 0)
      throw InputError(dataset.where(), fmt::format("edge {} has a delay of {} ms", edge, delay_ms),
                       "use finite delays of at least one step");
    edges.delay_ms[edge] = single ? meant_by(static_cast<float>(delay_ms)) : delay_ms;
  });
}

sim::Projection read_projection(const hdf5::Group& population, const std::string& name,
                                std::span<const sim::Population> populations, const SonataDefaults& defaults,
                                std::vector<std::string>& notes) {
  const hdf5::Dataset sources = population.dataset("source_node_id");
  const hdf5::Dataset targets = population.dataset("target_node_id");
  const sim::Population& source = find_population(sources, populations);
  const sim::Population& target = find_population(targets, populations);
  sim::Projection projection{
      .source = source.name, .target = target.name, .rule = sim::ConnectionRule::given};
  sim::EdgeList& edges = projection.edges;
  edges.source = read_ends(sources, source, "leaves");
  edges.target = read_ends(targets, target, "reaches");
  const std::size_t n = edges.source.size();
  if (edges.target.size() != n)
    throw InputError(population.where(), fmt::format("{} sources for {} targets", n, edges.target.size()),
                     "use a file whose parts belong together");
  edges.weight.assign(n, defaults.weight);
  edges.delay_ms.assign(n, defaults.delay_ms);
  const auto group = sonata_group(population, "edge", n);
  if (!group || !group->exists("syn_weight"))
    notes.push_back(fmt::format("edges '{}': no syn_weight: {} for all", name, defaults.weight));
  if (!group || !group->exists("delay"))
    notes.push_back(fmt::format("edges '{}': no delay: {} ms for all", name, defaults.delay_ms));
  if (group) read_weights(*group, edges);
  if (group) read_delays(*group, edges);
  return projection;
}

}  // namespace

SonataEdges read_sonata_edges(const std::filesystem::path& path, std::span<const sim::Population> populations,
                              const SonataDefaults& defaults) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  require_sonata(file, "edges");
  SonataEdges edges;
  edges.stamp = file.has_attribute("format") ? read_stamp(file, edges_format, sonata_format_version)
                                             : FileStamp{.format = "sonata-edges"};
  const hdf5::Group group = file.group("edges");
  for (const std::string& name : sonata_populations(file, "edges", "edge_populations"))
    edges.projections.push_back(read_projection(group.group(name), name, populations, defaults, edges.notes));
  return edges;
}

}  // namespace loci::io
