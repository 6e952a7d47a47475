// Circuits written as SONATA network files and read back.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "io/hdf5.hpp"
#include "io/sonata_layout.hpp"
#include "io/sonata_reader.hpp"
#include "io/sonata_writer.hpp"
#include "sample_circuit.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using Names = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;
using Strings = std::vector<std::string>;

namespace {

const io::Provenance provenance{.seed = 9, .configuration = "seed = 9\n"};

struct Written {
  explicit Written(const sim::Circuit& c, std::size_t n_threads = 1)
      : circuit(c), connectivity(c, {.n_threads = n_threads}) {
    io::write_sonata_nodes(folder / "nodes.h5", circuit, connectivity, provenance);
    io::write_sonata_edges(folder / "edges.h5", circuit, connectivity, provenance);
  }
  TemporaryFolder folder;
  sim::Circuit circuit;
  sim::Connectivity connectivity;
};

// The edges of a node as a reader finds them through the index.
Ids edges_through_index(const io::hdf5::Group& index, std::size_t node) {
  const auto of_node = index.dataset("node_id_to_ranges").read<std::uint64_t>();
  const auto ranges = index.dataset("range_to_edge_id").read<std::uint64_t>();
  Ids edges;
  for (std::uint64_t range = of_node[2 * node]; range < of_node[2 * node + 1]; ++range)
    for (std::uint64_t edge = ranges[2 * range]; edge < ranges[2 * range + 1]; ++edge) edges.push_back(edge);
  return edges;
}

bool index_is_right(const io::hdf5::Group& population, const char* index, const char* ids_name,
                    std::size_t n_nodes) {
  const auto ids = population.dataset(ids_name).read<std::uint64_t>();
  const io::hdf5::Group group = population.group(std::string("indices/") + index);
  if (group.dataset("node_id_to_ranges").shape() != io::hdf5::Shape{n_nodes, 2}) return false;
  for (std::size_t node = 0; node < n_nodes; ++node) {
    Ids expected;
    for (std::size_t edge = 0; edge < ids.size(); ++edge)
      if (ids[edge] == node) expected.push_back(edge);
    if (edges_through_index(group, node) != expected) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("nodes come back with their space, places and cells") {
  const Written written(sample_circuit());
  const auto nodes = io::read_sonata_nodes(written.folder / "nodes.h5");
  CHECK(nodes.stamp.format == "loci-nodes");
  CHECK(nodes.stamp.provenance.seed == 9);
  CHECK(nodes.stamp.provenance.configuration == "seed = 9\n");
  CHECK(nodes.space == written.circuit.space);
  CHECK(nodes.notes == Strings{});
  CHECK(nodes.virtual_populations.empty());
  REQUIRE(nodes.populations.size() == 2);
  for (std::size_t p = 0; p < 2; ++p) {
    const sim::Population& was = written.circuit.populations[p];
    const sim::Population& is = nodes.populations[p];
    CHECK(is.name == was.name);
    CHECK(is.size == was.size);
    CHECK(is.cell == was.cell);
    CHECK(is.initial == was.initial);
    CHECK(is.placement.kind == sim::PlacementKind::given);
    CHECK(is.mask == sim::PerNeuron(1.0));
    const auto& placed = written.connectivity.populations()[p].positions;
    REQUIRE(is.placement.positions.size() == placed.size());
    for (std::size_t i = 0; i < placed.size(); ++i)
      CHECK(static_cast<float>(is.placement.positions[i]) == static_cast<float>(placed[i]));
  }
}

TEST_CASE("every cell model comes back") {
  for (const auto model : {sim::CellModel::lif_delta, sim::CellModel::lif_exp, sim::CellModel::adaptive_lif,
                           sim::CellModel::lif_discrete, sim::CellModel::integrator}) {
    sim::Circuit circuit;
    sim::Population population{.name = "a b", .size = 2};
    sim::Cell& cell = population.cell;
    cell.model = model;
    cell.tau_membrane_ms = 10.1;
    if (model == sim::CellModel::adaptive_lif) cell.adaptation_pa = sim::PerNeuron({1.5, 2.5});
    if (model == sim::CellModel::lif_discrete) {
      cell.tau_membrane_ms = 20.0;  // not read by it, hence not written
      cell.discrete = {.beta = 0.9, .threshold = 0.7, .reset = sim::Reset::zero, .reset_delay = false};
    }
    circuit.populations = {population};
    const Written written(circuit);
    const auto nodes = io::read_sonata_nodes(written.folder / "nodes.h5");
    REQUIRE(nodes.populations.size() == 1);
    CHECK(nodes.populations[0].cell == cell);
    CHECK(nodes.space.dims == 0);
    CHECK(nodes.populations[0].placement.positions.empty());
    CHECK(read_bytes(written.folder / "node_types.csv").find("\n0 \"a b\" point_neuron ") !=
          std::string::npos);
  }
}

TEST_CASE("positions at the edge of the box stay in it, though single precision moves them out") {
  sim::Circuit circuit;
  circuit.space = {.dims = 1, .lower = {0.1, 0, 0}, .extent = {0.6, 1, 1}};
  sim::Population population{.name = "a", .size = 2};
  population.placement.kind = sim::PlacementKind::given;
  population.placement.positions = {0.1, 0.1 + 0.6};
  circuit.populations = {population};
  const Written written(circuit);
  sim::Circuit again;
  const auto nodes = io::read_sonata_nodes(written.folder / "nodes.h5");
  again.space = nodes.space;
  again.populations = nodes.populations;
  CHECK_NOTHROW(sim::place_population(again, 0));
}

TEST_CASE("edges come back as the same circuit's") {
  const Written written(sample_circuit());
  const auto nodes = io::read_sonata_nodes(written.folder / "nodes.h5");
  const auto edges = io::read_sonata_edges(written.folder / "edges.h5", nodes.populations);
  CHECK(edges.stamp.format == "loci-edges");
  CHECK(edges.notes == Strings{});
  REQUIRE(edges.projections.size() == 3);
  sim::Circuit again;
  again.space = nodes.space;
  again.populations = nodes.populations;
  again.projections = edges.projections;
  const sim::Connectivity connectivity(again, {});
  for (std::size_t p = 0; p < 3; ++p) {
    CHECK(edges.projections[p].rule == sim::ConnectionRule::given);
    CHECK(edges.projections[p].source == written.circuit.projections[p].source);
    const auto expected = edges_of(written.connectivity, p);
    CHECK(expected.size() > 10);
    CHECK(edges_of(connectivity, p) == expected);
  }
  CHECK(edges_of(connectivity, 1).front().weight == -4.0);
}

TEST_CASE("edges are written by source and target, whatever the number of threads and of passes") {
  const Written one(sample_circuit());
  const Written four(sample_circuit(), 4);
  CHECK(read_bytes(one.folder / "edges.h5") == read_bytes(four.folder / "edges.h5"));
  io::write_sonata_edges(one.folder / "again.h5", one.circuit, one.connectivity, provenance,
                         {.ranges_at_once = 5});
  const auto file = io::hdf5::File::open(one.folder / "again.h5");
  const auto whole = io::hdf5::File::open(one.folder / "edges.h5");
  const auto population = file.group("edges/e_to_e");
  const auto sources = population.dataset("source_node_id").read<std::uint64_t>();
  const auto targets = population.dataset("target_node_id").read<std::uint64_t>();
  for (std::size_t e = 1; e < sources.size(); ++e)
    CHECK(std::pair(sources[e - 1], targets[e - 1]) <= std::pair(sources[e], targets[e]));
  for (const char* name : {"e_to_e", "i_to_e", "i_to_e_2"}) {
    const auto each = file.group("edges").group(name);
    const std::size_t n_sources = name[0] == 'e' ? 60 : 17;
    CHECK(index_is_right(each, "source_to_target", "source_node_id", n_sources));
    CHECK(index_is_right(each, "target_to_source", "target_node_id", 60));
    const auto path = std::string("edges/").append(name).append("/indices/target_to_source/range_to_edge_id");
    CHECK(file.dataset(path).read<std::uint64_t>() == whole.dataset(path).read<std::uint64_t>());
  }
}

TEST_CASE("edges that are made again from positions are written like stored ones") {
  auto circuit = sample_circuit();
  circuit.projections.resize(1);  // of the others an in-degree and a list cannot be made by row
  circuit.projections.push_back(
      {.source = "i", .target = "i", .rule = sim::ConnectionRule::one_to_one, .delay_ms = 0.3});
  const Written stored(circuit);
  const sim::Connectivity procedural(circuit, {.procedural = true});
  io::write_sonata_edges(stored.folder / "again.h5", circuit, procedural, provenance);
  CHECK(read_bytes(stored.folder / "again.h5") == read_bytes(stored.folder / "edges.h5"));
}

TEST_CASE("the layout of nodes is SONATA's") {
  const Written written(sample_circuit());
  const auto file = io::hdf5::File::open(written.folder / "nodes.h5");
  CHECK(file.read_attribute<std::uint32_t>("magic") == 0x0A7A);
  CHECK(file.read_attribute_array<std::uint32_t>("version") == std::vector<std::uint32_t>{0, 1});
  CHECK(file.read_attribute<std::int32_t>("format_version") == 1);
  CHECK(file.group("nodes").names() == Names{"e", "i"});
  const auto population = file.group("nodes/e");
  CHECK(population.names() == Names{"0", "node_group_id", "node_group_index", "node_id", "node_type_id"});
  Ids rows(60);
  std::iota(rows.begin(), rows.end(), 0U);
  CHECK(population.dataset("node_id").read<std::uint64_t>() == rows);
  CHECK(population.dataset("node_group_index").read<std::uint64_t>() == rows);
  CHECK(population.dataset("node_group_id").read<std::uint64_t>() == Ids(60, 0));
  CHECK(population.dataset("node_type_id").read<std::int64_t>() == std::vector<std::int64_t>(60, 1));
  CHECK(population.dataset("node_id").element_bytes() == 8);
  CHECK(population.dataset("node_group_id").element_bytes() == 4);
  const auto group = population.group("0");
  CHECK(group.names() == Names{"@library", "dynamics_params", "model_template", "model_type", "x", "y", "z"});
  CHECK(group.dataset("x").element_bytes() == 4);
  CHECK(group.dataset("z").read<float>() == std::vector<float>(60, 0.0F));
  CHECK(group.dataset("@library/model_type").read_strings() == Strings{"point_neuron"});
  CHECK(group.dataset("@library/model_template").read_strings() == Strings{"nest:iaf_psc_exp"});
  CHECK(group.dataset("model_type").read<std::uint8_t>() == std::vector<std::uint8_t>(60, 0));
  CHECK(group.dataset("dynamics_params/v_th").read<double>()[3] == -50.0 + 0.1 * 3);
  CHECK(group.dataset("dynamics_params/tau_m").read<double>() == std::vector<double>(60, 20.0));
  CHECK(read_bytes(written.folder / "node_types.csv") ==
        "node_type_id population model_type model_template\n"
        "0 i point_neuron nest:iaf_psc_delta\n1 e point_neuron nest:iaf_psc_exp\n");
}

TEST_CASE("the layout of edges is SONATA's") {
  const Written written(sample_circuit());
  const auto file = io::hdf5::File::open(written.folder / "edges.h5");
  CHECK(file.read_attribute<std::uint32_t>("magic") == 0x0A7A);
  CHECK(file.group("edges").names() == Names{"e_to_e", "i_to_e", "i_to_e_2"});
  const auto population = file.group("edges/i_to_e");
  CHECK(population.names() == Names{"0", "edge_group_id", "edge_group_index", "edge_type_id", "indices",
                                    "source_node_id", "target_node_id"});
  CHECK(population.dataset("source_node_id").read_string_attribute("node_population") == "i");
  CHECK(population.dataset("target_node_id").read_string_attribute("node_population") == "e");
  CHECK(population.dataset("source_node_id").element_bytes() == 8);
  CHECK(population.dataset("edge_type_id").read<std::int64_t>() == std::vector<std::int64_t>(180, 1));
  CHECK(population.dataset("edge_group_id").element_bytes() == 4);
  CHECK(population.dataset("edge_group_index").read<std::uint64_t>().back() == 179);
  CHECK(population.group("0").names() == Names{"delay", "syn_weight"});
  CHECK(population.dataset("0/syn_weight").read<float>() == std::vector<float>(180, -4.0F));
  CHECK(population.dataset("0/syn_weight").element_bytes() == 4);
  CHECK(population.dataset("0/delay").read<float>() == std::vector<float>(180, 1.0F));
  CHECK(population.dataset("0/delay").read_string_attribute("units") == "ms");
  for (const char* index : {"source_to_target", "target_to_source"}) {
    const auto group = population.group("indices").group(index);
    CHECK(group.names() == Names{"node_id_to_range", "node_id_to_ranges", "range_to_edge_id"});
    CHECK(group.dataset("node_id_to_range").read<std::uint64_t>() ==
          group.dataset("node_id_to_ranges").read<std::uint64_t>());
  }
  CHECK(read_bytes(written.folder / "edge_types.csv") ==
        "edge_type_id population model_template\n0 e_to_e static_synapse\n1 i_to_e static_synapse\n"
        "2 i_to_e_2 static_synapse\n");
}

TEST_CASE("types lie beside their file under the name that readers expect") {
  CHECK(io::sonata_types_path("net/v1_nodes.h5") == "net/v1_node_types.csv");
  CHECK(io::sonata_types_path("edges.h5") == "edge_types.csv");
  CHECK(io::sonata_types_path("cortex.h5") == "cortex_types.csv");
}

TEST_CASE("circuits that files cannot hold are refused, and nothing stays behind") {
  const TemporaryFolder folder;
  auto circuit = sample_circuit();
  const auto write = [&] {
    const sim::Connectivity connectivity(circuit, {.precision = sim::Precision::exact});
    io::write_sonata_nodes(folder / "nodes.h5", circuit, connectivity, provenance);
    io::write_sonata_edges(folder / "edges.h5", circuit, connectivity, provenance);
  };
  circuit.projections = {{.source = "i", .target = "e", .rule = sim::ConnectionRule::given}};
  circuit.projections[0].edges = {.source = {0}, .target = {0}, .weight = {1e300}, .delay_ms = {1.0}};
  CHECK_THROWS_WITH(write(), Contains("i_to_e") && Contains("edge 0 of node 0 to 0") && Contains("-1e+300"));
  CHECK_FALSE(std::filesystem::exists(folder / "edges.h5"));
  CHECK(folder.n_entries() == 3);  // the nodes and both tables of types
  circuit.projections.clear();
  circuit.populations[0].name = "a/b";
  CHECK_THROWS_WITH(write(), Contains("'a/b' cannot name a population"));
  circuit.populations[0].name = "e";
  CHECK_THROWS_WITH(write(), Contains("population 'e'") && Contains("there are two of this name"));
  circuit.populations[0].name = "i";
  const sim::Connectivity connectivity(circuit, {});
  CHECK_THROWS_WITH(io::write_sonata_nodes(folder / "no/nodes.h5", circuit, connectivity, provenance),
                    Contains("does not exist"));
}
