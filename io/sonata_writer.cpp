#include "io/sonata_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_cells.hpp"
#include "io/sonata_index.hpp"
#include "io/sonata_layout.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr std::size_t edges_at_once = 65'536;
constexpr hdf5::Layout compressed{.chunk_rows = 16'384, .deflate_level = 1};

std::vector<std::string> population_names(const sim::Circuit& circuit) {
  std::vector<std::string> names;
  for (const sim::Population& each : circuit.populations) names.push_back(each.name);
  return names;
}

std::vector<std::string> edge_population_names(const sim::Circuit& circuit) {
  std::vector<std::string> names;
  for (const sim::Projection& each : circuit.projections) {
    const std::string name = fmt::format("{}_to_{}", each.source, each.target);
    std::string own = name;
    for (int n = 2; std::ranges::find(names, own) != names.end(); ++n) own = fmt::format("{}_{}", name, n);
    names.push_back(own);
  }
  return names;
}

// A field of a table whose columns are separated by spaces.
std::string field(const std::string& text) {
  if (text.find_first_of(" \"\t\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

void write_node_types(const std::filesystem::path& path, const sim::Circuit& circuit) {
  std::string text = "node_type_id population model_type model_template\n";
  for (std::size_t p = 0; p < circuit.populations.size(); ++p)
    text += fmt::format("{} {} point_neuron {}\n", p, field(circuit.populations[p].name),
                        sonata_template(circuit.populations[p].cell.model));
  write_file(sonata_types_path(path), text);
}

void write_edge_types(const std::filesystem::path& path, const std::vector<std::string>& names) {
  std::string text = "edge_type_id population model_template\n";
  for (std::size_t i = 0; i < names.size(); ++i)
    text += fmt::format("{} {} static_synapse\n", i, field(names[i]));
  write_file(sonata_types_path(path), text);
}

// The space and the grid of time, which SONATA has no place for.
void write_own(hdf5::Group& root, const sim::Circuit& circuit) {
  hdf5::Group loci = root.create_group("loci");
  const auto names = population_names(circuit);
  loci.write_attribute_array("populations", std::span<const std::string>(names));
  loci.write_attribute("dims", std::uint64_t{circuit.space.dims});
  loci.write_attribute_array<double>("lower", circuit.space.lower);
  loci.write_attribute_array<double>("extent", circuit.space.extent);
  loci.write_attribute("periodic", std::uint8_t{circuit.space.periodic});
  loci.write_attribute("step_ms", circuit.step_ms);
}

template <typename T>
void write_column(hdf5::Group& group, const std::string& name, const std::vector<T>& values) {
  group.write<T>(name, values, {values.size()}, compressed);
}

// One value for all nodes: an index into the table of texts.
void write_text(hdf5::Group& group, hdf5::Group& library, const std::string& name, const std::string& text,
                std::size_t n) {
  write_column(group, name, std::vector<std::uint8_t>(n, 0));
  library.write_strings(name, std::span(&text, 1));
}

template <typename Number>
void write_positions(hdf5::Group& group, std::span<const double> positions, std::size_t n, std::size_t dims) {
  for (std::size_t k = 0; k < 3 && dims > 0; ++k) {
    std::vector<Number> column(n, 0);
    for (std::size_t i = 0; i < n && k < dims; ++i) column[i] = static_cast<Number>(positions[i * dims + k]);
    write_column(group, std::string(1, "xyz"[k]), column);
  }
}

void write_node_population(hdf5::Group& nodes, const sim::Circuit& circuit,
                           const sim::Connectivity& connectivity, std::size_t index,
                           const SonataNodeOptions& options) {
  const sim::Population& population = circuit.populations[index];
  const std::size_t n = population.size;
  std::vector<std::uint64_t> ids(n);
  for (std::size_t i = 0; i < n; ++i) ids[i] = i;
  hdf5::Group outer = nodes.create_group(population.name);
  write_column(outer, "node_type_id", std::vector<std::int64_t>(n, static_cast<std::int64_t>(index)));
  write_column(outer, "node_id", ids);
  write_column(outer, "node_group_id", std::vector<std::uint32_t>(n, 0));
  write_column(outer, "node_group_index", ids);
  hdf5::Group group = outer.create_group("0");
  const auto write_all = options.double_positions ? write_positions<double> : write_positions<float>;
  write_all(group, connectivity.populations()[index].positions, n, circuit.space.dims);
  if (!options.columns.empty())
    for (const auto& [name, values] : options.columns[index]) write_column(group, name, values);
  hdf5::Group library = group.create_group("@library");
  write_text(group, library, "model_type", "point_neuron", n);
  write_text(group, library, "model_template", sonata_template(population.cell.model), n);
  hdf5::Group dynamics = group.create_group("dynamics_params");
  write_dynamics(dynamics, population, circuit.step_ms);
}

// What the file holds, in a function of its own so that nothing of it stays open.
template <typename Write>
void write_sonata(const std::filesystem::path& path, const char* format, const sim::Circuit& circuit,
                  const Provenance& provenance, Write write) {
  AtomicFile atomic(path);
  auto file = hdf5::File::create(atomic.temporary());
  write_sonata_root(file);
  write_stamp(file, format, sonata_format_version, provenance);
  write_own(file, circuit);
  write(file);
  file.close();
  seal(atomic.temporary());
  atomic.commit();
}

struct Edge {
  std::uint64_t target;
  double delay_ms;
  double weight;
};

// A column of numbers of either width.
class NumberColumn {
 public:
  NumberColumn(hdf5::Group& group, const std::string& name, bool is_double)
      : double_(is_double),
        dataset_(is_double ? group.create_extendable<double>(name, compressed)
                           : group.create_extendable<float>(name, compressed)) {}

  hdf5::Dataset& dataset() { return dataset_; }
  bool holds(double value) const { return std::isfinite(double_ ? value : static_cast<float>(value)); }
  void push(double value) { pending_.push_back(value); }
  void flush() {
    if (double_)
      dataset_.append<double>(pending_);
    else
      dataset_.append<float>(std::vector<float>(pending_.begin(), pending_.end()));
    pending_.clear();
  }

 private:
  bool double_;
  hdf5::Dataset dataset_;
  std::vector<double> pending_;
};

// The columns of one edge population, and what of them is not yet in the file.
class EdgeColumns {
 public:
  EdgeColumns(hdf5::Group& population, const sim::Circuit& circuit, std::size_t projection,
              const SonataEdgeOptions& options)
      : EdgeColumns(population, population.create_group("0"), circuit, projection, options) {}

 private:
  EdgeColumns(hdf5::Group& population, hdf5::Group group, const sim::Circuit& circuit, std::size_t projection,
              const SonataEdgeOptions& options)
      : where_(population.where()),
        type_(static_cast<std::int64_t>(projection)),
        weight_(group, "syn_weight", options.double_weights),
        delay_(group, "delay", options.double_delays) {
    const sim::Projection& rule = circuit.projections[projection];
    source_ = population.create_extendable<std::uint64_t>("source_node_id", compressed);
    source_.write_attribute("node_population", rule.source);
    target_ = population.create_extendable<std::uint64_t>("target_node_id", compressed);
    target_.write_attribute("node_population", rule.target);
    type_id_ = population.create_extendable<std::int64_t>("edge_type_id", compressed);
    group_id_ = population.create_extendable<std::uint32_t>("edge_group_id", compressed);
    group_index_ = population.create_extendable<std::uint64_t>("edge_group_index", compressed);
    delay_.dataset().write_attribute("units", "ms");
  }

 public:
  void append(std::uint32_t source, const std::vector<Edge>& edges) {
    for (const Edge& edge : edges) {
      if (!weight_.holds(edge.weight))
        throw InputError(where_,
                         fmt::format("edge {} of node {} to {} has a weight of {}", n_ + targets_.size(),
                                     source, edge.target, edge.weight),
                         "use weights that fit into 32-bit numbers");
      sources_.push_back(source);
      targets_.push_back(edge.target);
      weight_.push(edge.weight);
      delay_.push(edge.delay_ms);
    }
    if (targets_.size() >= edges_at_once) flush();
  }

  void flush() {
    const std::size_t n = targets_.size();
    std::vector<std::uint64_t> index(n);
    for (std::size_t i = 0; i < n; ++i) index[i] = n_ + i;
    source_.append<std::uint64_t>(sources_);
    target_.append<std::uint64_t>(targets_);
    weight_.flush();
    delay_.flush();
    group_index_.append<std::uint64_t>(index);
    type_id_.append<std::int64_t>(std::vector<std::int64_t>(n, type_));
    group_id_.append<std::uint32_t>(std::vector<std::uint32_t>(n, 0));
    sources_.clear();
    targets_.clear();
    n_ += n;
  }

  const hdf5::Dataset& sources() const { return source_; }
  const hdf5::Dataset& targets() const { return target_; }

 private:
  std::string where_;
  std::int64_t type_;
  hdf5::Dataset source_, target_, type_id_, group_id_, group_index_;
  NumberColumn weight_, delay_;
  std::vector<std::uint64_t> sources_, targets_;
  std::uint64_t n_ = 0;
};

void write_edge_population(hdf5::Group& edges, const std::string& name, const sim::Circuit& circuit,
                           const sim::Connectivity& connectivity, std::size_t index,
                           const SonataEdgeOptions& options) {
  const sim::ProjectionEdges& projection = connectivity.projections()[index];
  const sim::PlacedPopulation& sources = connectivity.populations()[projection.source()];
  const sim::PlacedPopulation& targets = connectivity.populations()[projection.target()];
  hdf5::Group population = edges.create_group(name);
  EdgeColumns columns(population, circuit, index, options);
  sim::Row row;
  sim::RowMaker::Scratch scratch;
  std::vector<Edge> sorted;
  for (std::uint32_t neuron = 0; neuron < sources.size; ++neuron) {
    projection.read(sources.place_of(neuron), row, scratch);
    sorted.clear();
    for (std::size_t e = 0; e < row.size(); ++e)
      sorted.push_back({targets.neuron_at(row.target[e]),
                        connectivity.off_grid() ? row.delay_ms[e] : row.delay[e] * circuit.step_ms,
                        row.weight[e]});
    std::ranges::sort(sorted, {}, [](const Edge& e) { return std::tuple(e.target, e.delay_ms, e.weight); });
    columns.append(neuron, sorted);
  }
  columns.flush();
  hdf5::Group indices = population.create_group("indices");
  write_sonata_index(indices, "source_to_target", columns.sources(), sources.size, options.ranges_at_once);
  write_sonata_index(indices, "target_to_source", columns.targets(), targets.size, options.ranges_at_once);
}

}  // namespace

void write_sonata_nodes(const std::filesystem::path& path, const sim::Circuit& circuit,
                        const sim::Connectivity& connectivity, const Provenance& provenance,
                        const SonataNodeOptions& options) {
  require_population_names(path.string(), population_names(circuit));
  require_place(path);
  write_node_types(path, circuit);
  write_sonata(path, nodes_format, circuit, provenance, [&](hdf5::File& file) {
    hdf5::Group nodes = file.create_group("nodes");
    for (std::size_t p = 0; p < circuit.populations.size(); ++p)
      write_node_population(nodes, circuit, connectivity, p, options);
  });
}

void write_sonata_edges(const std::filesystem::path& path, const sim::Circuit& circuit,
                        const sim::Connectivity& connectivity, const Provenance& provenance,
                        const SonataEdgeOptions& options) {
  require_population_names(path.string(), population_names(circuit));
  require_place(path);
  const auto names = edge_population_names(circuit);
  write_edge_types(path, names);
  write_sonata(path, edges_format, circuit, provenance, [&](hdf5::File& file) {
    file.group("loci").write_attribute_array("edge_populations", std::span<const std::string>(names));
    hdf5::Group edges = file.create_group("edges");
    for (std::size_t i = 0; i < names.size(); ++i)
      write_edge_population(edges, names[i], circuit, connectivity, i, options);
  });
}

}  // namespace loci::io
