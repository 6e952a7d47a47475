// SONATA network files as other programs write them, and those that contradict themselves.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "io/hdf5.hpp"
#include "io/sonata_reader.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using io::hdf5::Group;
using Doubles = std::vector<double>;
using Ids = std::vector<std::uint64_t>;
using Strings = std::vector<std::string>;

namespace {

using Fill = std::function<void(Group&)>;

// One population of three nodes, as little as SONATA asks for; `fill` adds to its group "0".
std::filesystem::path nodes_file(
    const TemporaryFolder& folder, const Fill& fill, const Fill& outer = [](Group&) {}) {
  const auto path = folder / "nodes.h5";
  auto file = io::hdf5::File::create(path);
  {
    auto population = file.create_group("nodes").create_group("cells");
    population.write("node_type_id", std::vector<std::int64_t>{100, 100, 100});
    outer(population);
    auto group = population.create_group("0");
    fill(group);
  }
  file.close();
  return path;
}

// Edges 0 -> 1 and 2 -> 2 of it.
std::filesystem::path edges_file(
    const TemporaryFolder& folder, const Fill& fill, const Ids& sources = {0, 2}, const Ids& targets = {1, 2},
    const std::string& population_of = "cells", const std::string& attribute = "node_population",
    const Fill& outer = [](Group&) {}) {
  const auto path = folder / "edges.h5";
  auto file = io::hdf5::File::create(path);
  {
    auto population = file.create_group("edges").create_group("local");
    population.write("source_node_id", sources).write_attribute(attribute, population_of);
    population.write("target_node_id", targets).write_attribute(attribute, population_of);
    outer(population);
    auto group = population.create_group("0");
    fill(group);
  }
  file.close();
  return path;
}

const auto nothing = [](Group&) {};
const std::vector<sim::Population> cells{{.name = "cells", .size = 3}};

}  // namespace

TEST_CASE("nodes of other programs are read, and what they lack is noted") {
  const TemporaryFolder folder;
  io::SonataDefaults defaults;
  defaults.cell.model = sim::CellModel::lif_exp;
  defaults.cell.reset_mv = -58.0;
  const auto nodes = io::read_sonata_nodes(nodes_file(folder,
                                                      [](Group& group) {
                                                        group.write("x", std::vector<float>{1, 4, 2});
                                                        group.write("y", std::vector<float>{-1, -1, -1});
                                                        auto dynamics = group.create_group("dynamics_params");
                                                        dynamics.write("V_th", Doubles{-50, -50, -50});
                                                        dynamics.write("tau_m", Doubles{10, 11, 12});
                                                        dynamics.write("V_m", Doubles{-60, -61, -62});
                                                      }),
                                           defaults);
  CHECK(nodes.stamp.format == "sonata-nodes");
  REQUIRE(nodes.populations.size() == 1);
  const sim::Population& population = nodes.populations[0];
  CHECK(population.name == "cells");
  CHECK(population.size == 3);
  CHECK(population.placement.positions == Doubles{1, -1, 4, -1, 2, -1});
  CHECK(nodes.space.dims == 2);
  CHECK(nodes.space.lower == std::array{1.0, -1.0, 0.0});
  CHECK(nodes.space.extent == std::array{3.0, 1.0, 1.0});
  CHECK(population.cell.model == sim::CellModel::lif_exp);
  CHECK(population.cell.threshold_mv == sim::PerNeuron(-50.0));
  CHECK(population.cell.tau_membrane_ms == sim::PerNeuron({10.0, 11.0, 12.0}));
  CHECK(population.cell.reset_mv == sim::PerNeuron(-58.0));
  CHECK(population.initial.given_mv == Doubles{-60, -61, -62});
  CHECK(nodes.notes ==
        Strings{"population 'cells': no c_m, e_l, i_e, v_reset, t_ref, tau_syn_ex, tau_syn_in: "
                "the default"});
}

TEST_CASE("positions in one table, unknown models and virtual nodes are understood") {
  const TemporaryFolder folder;
  const auto table = io::read_sonata_nodes(nodes_file(folder, [](Group& group) {
    group.write<double>("positions", Doubles{1, 2, 3, 4, 5, 6, 7, 8, 9}, {3, 3});
    const Strings templates(3, "ctdb:Biophys1.hoc");
    group.write_strings("model_template", templates);
  }));
  CHECK(table.populations[0].placement.positions == Doubles{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(table.notes == Strings{"population 'cells': loci has no model 'ctdb:Biophys1.hoc': taken as "
                               "nest:iaf_psc_delta",
                               "population 'cells': no dynamics_params: the default cell"});
  const auto sources = io::read_sonata_nodes(nodes_file(folder, [](Group& group) {
    const Strings library{"biophysical", "virtual"};
    group.create_group("@library").write_strings("model_type", library);
    group.write("model_type", std::vector<std::int32_t>{1, 1, 1});
  }));
  CHECK(sources.virtual_populations == Strings{"cells"});
  CHECK(sources.space.dims == 0);
  CHECK(sources.notes.empty());
}

TEST_CASE("nodes that contradict themselves are refused") {
  const TemporaryFolder folder;
  const auto read = [&](const Fill& fill, const Fill& outer = nothing) {
    io::read_sonata_nodes(nodes_file(folder, fill, outer));
  };
  CHECK_THROWS_WITH(read(nothing, [](Group& group) { group.create_group("1"); }),
                    Contains("/nodes/cells") && Contains("in the groups 0, 1"));
  CHECK_THROWS_WITH(read(nothing,
                         [](Group& group) {
                           group.write("node_group_id", Ids{0, 1, 0});
                         }),
                    Contains("node_group_id") && Contains("1 in row 1"));
  CHECK_THROWS_WITH(read(nothing,
                         [](Group& group) {
                           group.write("node_group_index", Ids{0, 2, 1});
                         }),
                    Contains("node_group_index") && Contains("2 in row 1"));
  CHECK_THROWS_WITH(read(nothing,
                         [](Group& group) {
                           group.write("node_id", Ids{0, 1, 5});
                         }),
                    Contains("row 2 is node 5"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.write("x", Doubles{0, NAN, 0});
                    }),
                    Contains("0/x") && Contains("nan for node 1"));
  CHECK_THROWS_WITH(read([](Group& group) { group.write("x", Doubles{0, 1}); }), Contains("not (3)"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.write<double>("positions", Doubles{0, 0, 0, 0, 0, INFINITY, 0, 0, 0}, {3, 3});
                    }),
                    Contains("inf for node 1"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.create_group("dynamics_params").write("v_th", Doubles{0, 0, -INFINITY});
                    }),
                    Contains("dynamics_params/v_th") && Contains("-inf for node 2"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      const Strings mixed{"virtual", "point_neuron", "virtual"};
                      group.write_strings("model_type", mixed);
                    }),
                    Contains("both 'virtual' and 'point_neuron'"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      const Strings library{"virtual"};
                      group.create_group("@library").write_strings("model_type", library);
                      group.write("model_type", std::vector<std::int32_t>{0, 1, 0});
                    }),
                    Contains("text 1 of 1"));
}

TEST_CASE("files that are no nodes or no edges are refused") {
  const TemporaryFolder folder;
  const auto edges = edges_file(folder, nothing);
  CHECK_THROWS_WITH(io::read_sonata_nodes(edges), Contains("no SONATA file of nodes (no group 'nodes')"));
  CHECK_THROWS_AS(io::read_sonata_nodes(folder / "none.h5"), InputError);
  {
    auto file = io::hdf5::File::create(folder / "other.h5");
    file.write_attribute("magic", std::uint32_t{7});
    file.create_group("edges");
    file.close();
  }
  CHECK_THROWS_WITH(io::read_sonata_edges(folder / "other.h5", cells), Contains("another magic number"));
  {
    auto file = io::hdf5::File::create(folder / "empty.h5");
    file.create_group("nodes").create_group("cells").write("node_type_id", std::vector<std::int64_t>{});
    file.create_group("edges").create_group("local");
    file.close();
  }
  CHECK_THROWS_WITH(io::read_sonata_nodes(folder / "empty.h5"), Contains("it has no node"));
  CHECK_THROWS_WITH(io::read_sonata_edges(folder / "empty.h5", cells), Contains("source_node_id"));
}

TEST_CASE("edges of other programs are read, and what they lack is noted") {
  const TemporaryFolder folder;
  const io::SonataDefaults defaults{.weight = 0.25, .delay_ms = 1.5};
  const auto bare = io::read_sonata_edges(edges_file(folder, nothing), cells, defaults);
  CHECK(bare.stamp.format == "sonata-edges");
  REQUIRE(bare.projections.size() == 1);
  CHECK(bare.projections[0].source == "cells");
  CHECK(bare.projections[0].target == "cells");
  CHECK(bare.projections[0].edges.source == std::vector<std::uint32_t>{0, 2});
  CHECK(bare.projections[0].edges.target == std::vector<std::uint32_t>{1, 2});
  CHECK(bare.projections[0].edges.weight == Doubles{0.25, 0.25});
  CHECK(bare.projections[0].edges.delay_ms == Doubles{1.5, 1.5});
  CHECK(bare.notes == Strings{"edges 'local': no syn_weight: 0.25 for all",
                              "edges 'local': no delay: 1.5 ms "
                              "for all"});
  const auto full = io::read_sonata_edges(edges_file(
                                              folder,
                                              [](Group& group) {
                                                group.write("syn_weight", Doubles{2, -3});
                                                group.write("nsyns", std::vector<std::uint32_t>{1, 4});
                                                group.write("delay", std::vector<float>{0.7F, 2.0F});
                                              },
                                              {0, 2}, {1, 2}, "cells", "network"),
                                          cells, defaults);
  CHECK(full.projections[0].edges.weight == Doubles{2, -12});
  CHECK(full.projections[0].edges.delay_ms == Doubles{0.7, 2.0});  // not 0.699999988
  CHECK(full.notes.empty());
}

TEST_CASE("edges that lead nowhere are refused with their number") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_sonata_edges(edges_file(folder, nothing, {0, 2}, {1, 3}), cells),
                    Contains("edges.h5:/edges/local/target_node_id") &&
                        Contains("edge 1 reaches node 3 of 'cells', which has 3 nodes") &&
                        Contains("remove the edge"));
  CHECK_THROWS_WITH(io::read_sonata_edges(edges_file(folder, nothing, {7, 2}, {1, 2}), cells),
                    Contains("source_node_id") && Contains("edge 0 leaves node 7 of 'cells'"));
  CHECK_THROWS_WITH(io::read_sonata_edges(edges_file(folder, nothing, {0, 2}, {1, 2}, "others"), cells),
                    Contains("no population 'others'") && Contains("there are: cells"));
  CHECK_THROWS_WITH(io::read_sonata_edges(edges_file(folder, nothing, {0, 2}, {1}), cells),
                    Contains("2 sources for 1 targets"));
  CHECK_THROWS_WITH(
      io::read_sonata_edges(edges_file(folder, nothing, {0, 2}, {1, 2}, "cells", "nobody"), cells),
      Contains("node_population"));
}

TEST_CASE("edges with impossible values or several groups are refused") {
  const TemporaryFolder folder;
  const auto read = [&](const Fill& fill, const Fill& outer = nothing) {
    io::read_sonata_edges(edges_file(folder, fill, {0, 2}, {1, 2}, "cells", "node_population", outer), cells);
  };
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.write("syn_weight", Doubles{1, NAN});
                    }),
                    Contains("syn_weight") && Contains("edge 1 has nan"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.write("delay", Doubles{INFINITY, 1});
                    }),
                    Contains("edge 0 has a delay of inf ms"));
  CHECK_THROWS_WITH(read([](Group& group) {
                      group.write("delay", Doubles{1, -1});
                    }),
                    Contains("edge 1 has a delay of -1 ms"));
  CHECK_THROWS_WITH(read([](Group& group) { group.write("delay", Doubles{1}); }),
                    Contains("1 rows for 2 edges"));
  CHECK_THROWS_WITH(read(nothing, [](Group& group) { group.create_group("1"); }),
                    Contains("/edges/local") && Contains("its edges are in the groups 0, 1"));
  CHECK_THROWS_WITH(read(nothing,
                         [](Group& group) {
                           group.write("edge_group_id", Ids{0, 3});
                         }),
                    Contains("edge_group_id") && Contains("3 in row 1"));
}
