// Circuits to and from SONATA files: what was exported runs as it did, and files of other programs run with
// what they lack said in TOML.
#include <catch2/catch.hpp>

#include "circuit_folder.hpp"
#include "io/hdf5.hpp"
#include "io/raster_file.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;
using Paths = std::vector<std::string>;
using Ids = std::vector<std::uint64_t>;

namespace {

// Every kind of thing that an export has to keep: masks, kernels, lists, parameters for each neuron.
const std::string rich_net =
    "[circuit]\nstep_ms = 0.1\nseed = 11\n[space]\ndims = 3\nlower = [-1, 0, 0.5]\nextent = [2, 1, "
    "0.7]\nperiodic = true\n"
    "[population.E]\nsize = 300\nmodel = \"lif_exp\"\ninitial_mv = [-70, -55]\nplacement = \"box\"\n"
    "[population.I]\nsize = 3\nmodel = \"lif_delta\"\nmask = [-1, -0.3, -2]\ntau_membrane_ms = [10.1, 11, "
    "12]\n"
    "[[projection]]\nsource = \"E\"\ntarget = [\"E\", \"I\"]\ncutoff = 0.4\nweight = 21.7\nweight_kernel = "
    "\"exponential\"\nweight_length = 0.3\ndelay_ms = 0.7\nvelocity = 0.23\n"
    "[[projection]]\nsource = \"I\"\ntarget = \"E\"\nrule = \"fixed_indegree\"\nindegree = 2\nweight = 97.3\n"
    "[[projection]]\nsource = \"I\"\ntarget = \"E\"\nprobability = 0.3\nweight = 7.1\n"
    "[[input]]\ntarget = \"E\"\nkind = \"poisson\"\nrate_hz = 4500\nweight = 27.7\nstop_ms = 150.3\n"
    "[[input]]\ntarget = \"I\"\nkind = \"regular\"\ninterval_ms = 3.3\nweight = 1.7\n"
    "[[input]]\ntarget = \"I\"\nkind = \"trains\"\ntimes_ms = [3.3, 7.7]\nneurons = [2, 0]\nweights = [30, "
    "40]\n"
    "[[input]]\ntarget = \"I\"\nkind = \"current\"\ntimes_ms = [0, 50]\ncurrents_pa = [30, 100.1]\n"
    "[run]\nduration_ms = 200\n[record]\nrates_ms = 10\n"
    "[[record.trace]]\npopulation = \"I\"\nneurons = [1]\ninterval_ms = 1\n";

json export_net(const TemporaryFolder& folder, const Arguments& more) {
  Arguments arguments{"export", "net.toml", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = loci_in(folder, arguments);
  CAPTURE(arguments, result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

// Bytes of spikes of both runs.
void check_same_run(const TemporaryFolder& folder, const std::string& exported, const Arguments& more) {
  CAPTURE(more);
  simulate_net(folder, more);
  Arguments arguments{"simulate", exported, "--out", "again.h5", "--force", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = loci_in(folder, arguments);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const auto was = io::read_raster(folder / "spikes.h5");
  const auto is = io::read_raster(folder / "again.h5");
  REQUIRE(was.at("E").ids.size() > 500);
  REQUIRE(was.at("I").ids.size() > 30);
  for (const char* population : {"E", "I"}) {
    CHECK(is.at(population).ids == was.at(population).ids);
    CHECK(is.at(population).times_ms == was.at(population).times_ms);
  }
  CHECK(read_bytes(folder / "again.rates.csv") == read_bytes(folder / "spikes.rates.csv"));
}

// Three nodes and the edges 0 -> 1 and 2 -> `last`, as little as SONATA asks for.
void write_foreign(const TemporaryFolder& folder, std::uint64_t last, bool is_virtual = false) {
  auto nodes = io::hdf5::File::create(folder / "foreign_nodes.h5");
  {
    auto population = nodes.create_group("nodes").create_group("cells");
    population.write("node_type_id", std::vector<std::int64_t>{7, 7, 7});
    auto group = population.create_group("0");
    group.write("x", std::vector<float>{10, 40, 20});
    if (is_virtual)
      group.write_strings("model_type", std::vector<std::string>{"virtual", "virtual", "virtual"});
  }
  nodes.close();
  auto edges = io::hdf5::File::create(folder / "foreign_edges.h5");
  {
    auto population = edges.create_group("edges").create_group("local");
    population.write("source_node_id", Ids{0, 2}).write_attribute("node_population", "cells");
    population.write("target_node_id", Ids{1, last}).write_attribute("node_population", "cells");
    population.create_group("0");
  }
  edges.close();
}

const std::string foreign_net =
    "[sonata]\nnodes = [\"foreign_nodes.h5\"]\nedges = [\"foreign_edges.h5\"]\nweight = 20\ndelay_ms = "
    "1.5\n[sonata.cell]\nresting_mv = -65\n"
    "[population.cells]\nrefractory_ms = 3\n"
    "[[input]]\ntarget = \"cells\"\nkind = \"trains\"\ntimes_ms = [2]\nneurons = [0]\nweight = 50\n"
    "[run]\nduration_ms = 10\n";

}  // namespace

TEST_CASE("an exported circuit runs as it did, bit for bit") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", rich_net);
  const json told = export_net(folder, {"--threads", "2"});
  CHECK(told["written"] == Paths{"net/nodes.h5", "net/node_types.csv", "net/edges.h5", "net/edge_types.csv",
                                 "net/circuit_config.json", "net/circuit.toml"});
  CHECK(told["neurons"] == 303);
  CHECK(told["synapses"].get<std::size_t>() > 5000);
  check_same_run(folder, "net/circuit.toml", {"--engine", "clock"});
  check_same_run(folder, "net/circuit.toml", {"--engine", "event", "--on-grid"});
  const json config = json::parse(read_bytes(folder / "net/circuit_config.json"));
  CHECK(config["networks"]["nodes"][0]["nodes_file"] == "$DIR/nodes.h5");
  CHECK(config["networks"]["edges"][0]["edge_types_file"] == "$DIR/edge_types.csv");
  const auto nodes = io::hdf5::File::open(folder / "net/nodes.h5");
  CHECK(nodes.read_attribute<std::uint64_t>("seed") == 11);
  CHECK_THAT(nodes.read_string_attribute("configuration"), Contains("mask = [-1, -0.3, -2]"));
}

TEST_CASE("delays off the grid and weights in double precision survive the export where they are asked for") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", rich_net);
  const json told = export_net(folder, {"--off-grid", "--precision", "exact"});
  CHECK(told["on_grid"] == false);
  CHECK_THAT(told["notes"].dump(), Contains("--precision exact"));
  for (const Arguments& more : {Arguments{"--engine", "event"}, Arguments{"--engine", "clock"}}) {
    Arguments exact = more;
    exact.insert(exact.end(), {"--precision", "exact"});
    check_same_run(folder, "net/circuit.toml", exact);
  }
}

TEST_CASE("an export is all or nothing, and replaces nothing unasked") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", rich_net);
  std::filesystem::create_directory(folder / "out");
  write_bytes(folder / "out/circuit.toml", "mine");
  check_circuit_refused(folder, {"export", "net.toml", "--out", "out"},
                        {"out/circuit.toml", "the file exists", "--force"});
  check_circuit_refused(folder, {"export", "net.toml", "--out", "net.toml"}, {"net.toml", "this is a file"});
  check_circuit_refused(folder, {"export", "none.toml"}, {"none.toml", "does not exist"});
  check_circuit_refused(folder, {"export", "model.h5"}, {"model.h5", "no target is named"});
  check_circuit_refused(folder, {"export", "net.toml", "--out", "/proc/new"}, {"/proc/new", "cannot write"});
  check_circuit_refused(folder, {"export", "net.toml", "--precision", "half"},
                        {"--precision", "'half' is not known"});
  CHECK(read_bytes(folder / "out/circuit.toml") == "mine");
  // A weight beyond float32 is found while edges are written: what was there stays.
  write_bytes(folder / "far.toml",
              "[population.A]\nsize = 2\n[[projection]]\nsource = \"A\"\ntarget = "
              "\"A\"\nweight = 1e300\n");
  check_circuit_refused(folder, {"export", "far.toml", "--out", "out", "--force"}, {"32-bit"});
  check_circuit_refused(folder, {"export", "far.toml"}, {"32-bit"});
  CHECK(read_bytes(folder / "out/circuit.toml") == "mine");

  const json told = export_net(folder, {"--out", "out", "--force"});
  CHECK(read_bytes(folder / "out/circuit.toml") != "mine");
  // Exported onto itself it would lose what it is read from.
  check_circuit_refused(folder, {"export", "out/circuit.toml", "--out", "out", "--force"},
                        {"the circuit is read from this file"});
  check_circuit_refused(folder, {"simulate", "out/circuit.toml", "--out", "out/nodes.h5", "--force"},
                        {"out/nodes.h5", "the circuit is read from this file"});
}

TEST_CASE("files of another program run with the models, weights and delays that TOML says") {
  const TemporaryFolder folder;
  write_foreign(folder, 1);
  write_bytes(folder / "net.toml", foreign_net);
  const json summary = simulate_net(folder, {});
  // Neuron 0 is told to fire at 2 ms and makes neuron 1 fire 1.5 ms later.
  const auto raster = io::read_raster(folder / "spikes.h5");
  CHECK(raster.at("cells").ids == Ids{0, 1});
  REQUIRE(raster.at("cells").times_ms.size() == 2);
  CHECK(raster.at("cells").times_ms[0] == Approx(2.0));
  CHECK(raster.at("cells").times_ms[1] == Approx(3.5));
  const std::string notes = summary["notes"].dump();
  CHECK_THAT(notes, Contains("foreign_nodes.h5: population 'cells': no dynamics_params: the default cell") &&
                        Contains("foreign_edges.h5: edges 'local': no syn_weight: 20 for all") &&
                        Contains("no delay: 1.5 ms for all"));
  CHECK_THAT(loci_in(folder, {"simulate", "net.toml", "--force"}).out,
             Contains("note: foreign_edges.h5: edges 'local': no syn_weight"));
  // The last word is the population's section: with a threshold that an edge does not reach nobody answers.
  std::string deaf = foreign_net;
  deaf.replace(deaf.find("refractory_ms = 3"), 17, "threshold_mv = -20");
  write_bytes(folder / "net.toml", deaf);
  CHECK(simulate_net(folder, {})["spikes"] == 1);
}

TEST_CASE("a population of another program may have company of the circuit's own") {
  const TemporaryFolder folder;
  write_foreign(folder, 1);
  write_bytes(folder / "net.toml",
              foreign_net +
                  "[population.more]\nsize = 5\nplacement = \"grid\"\nshape = [5]\n"
                  "[[projection]]\nsource = \"cells\"\ntarget = \"more\"\nweight = 30\n");
  simulate_net(folder, {});
  const auto raster = io::read_raster(folder / "spikes.h5");
  CHECK(raster.populations[0].name == "cells");
  CHECK(raster.at("more").ids == Ids{0, 1, 2, 3, 4});  // once: the second comes within their refractory time
}

TEST_CASE("a population without neurons of its own sends nothing unless it is given a model") {
  const TemporaryFolder folder;
  write_foreign(folder, 1, true);
  std::string net = foreign_net;
  net.erase(net.find("[population.cells]"), 37);
  write_bytes(folder / "net.toml", net);
  const json silent = simulate_net(folder, {});
  CHECK(silent["spikes"] == 0);
  CHECK_THAT(silent["notes"].dump(), Contains("virtual") && Contains("sends no spikes"));
  write_bytes(folder / "net.toml", net + "[population.cells]\nmodel = \"lif_delta\"\n");
  CHECK(simulate_net(folder, {})["spikes"] == 2);
}

TEST_CASE("SONATA files that do not fit are refused by file and row") {
  const TemporaryFolder folder;
  write_foreign(folder, 3);
  write_bytes(folder / "net.toml", foreign_net);
  const auto refused = [&](const Paths& said) {
    check_circuit_refused(folder, {"simulate", "net.toml"}, said);
  };
  refused({"foreign_edges.h5:/edges/local/target_node_id", "edge 1 reaches node 3 of 'cells', which has 3"});
  write_foreign(folder, 1);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string net = foreign_net;
    net.replace(net.find(from), from.size(), to);
    write_bytes(folder / "net.toml", net);
  };
  with("delay_ms = 1.5", "delay_ms = 0.01");
  refused({"projection 'cells' to 'cells', edge 0", "below one step"});
  with("refractory_ms = 3", "size = 3");
  refused({"net.toml:", "'size' means nothing with a population of a SONATA file"});
  with("refractory_ms = 3", "beta = 0.5");
  refused({"net.toml:", "'beta' means nothing with model = \"lif_delta\""});
  with("[\"foreign_nodes.h5\"]", "\"none.h5\"");
  refused({"none.h5"});
  with("nodes = [\"foreign_nodes.h5\"]", "nodes = []");
  refused({"net.toml:2:1", "no file is named"});
  with("nodes = [\"foreign_nodes.h5\"]\n", "");
  refused({"there is no 'sonata.nodes'"});
  with("[run]", "[space]\ndims = 0\n[run]");
  refused(
      {"foreign_nodes.h5", "neuron 0 of 'cells' has the coordinate 10", "give the space more dimensions"});
  with("[run]", "[space]\ndims = 1\n[run]");
  refused({"population 'cells'", "neuron 0 lies outside the box"});
  with("weight = 20", "wieght = 20");
  refused({"net.toml:4:1", "'sonata.wieght' is not known", "did you mean 'sonata.weight'?"});
  write_bytes(folder / "net.toml", foreign_net);
  CHECK(simulate_net(folder, {})["spikes"] == 2);
}
