// Circuits in TOML: what each key becomes, the files they name, the examples, and what is refused where.
#include "io/circuit_file.hpp"

#include <catch2/catch.hpp>

#include "bench/peer_networks.hpp"
#include "io/hdf5.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using sim::CellModel;
using sim::PerNeuron;

namespace {

io::CircuitFile parse(const std::string& text, const std::filesystem::path& folder = ".") {
  return io::parse_circuit(text, "net.toml", folder);
}

const std::string two =
    "[population.E]\nsize = 3\n[population.I]\nsize = 2\n";  // five lines with what follows

std::string places(const std::string& keys) {
  return "[space]\ndims = 3\nlower = [-1, -1, -1]\nextent = [2, 2, 2]\n[population.A]\nsize = 4\n" + keys;
}

}  // namespace

TEST_CASE("the example circuits are the networks that simulators are compared on") {
  for (const char* name : {"cuba", "brunel", "spatial2d"}) {
    CAPTURE(name);
    const auto file = io::load_circuit(std::filesystem::path(LOCI_CIRCUITS) / (std::string(name) + ".toml"));
    CHECK(file.circuit == bench::peer_network(name, 1234));
    CHECK(file.circuit.n_neurons() >= 4000);
    CHECK(file.duration_ms == 1000.0);
    CHECK_NOTHROW(sim::validate(file.circuit));
  }
}

TEST_CASE("a circuit has its grid, its space and what is recorded of it") {
  const auto file = parse(
      "[circuit]\nstep_ms = 0.5\nseed = 7\n[space]\ndims = 2\nlower = [-1, 0]\nextent = [2, 3]\nperiodic = "
      "true\n"
      "[population.A]\nsize = 3\n[run]\nduration_ms = 20\n[record]\nspikes = false\n");
  CHECK(file.circuit.step_ms == 0.5);
  CHECK(file.circuit.seed == 7);
  CHECK(file.circuit.space == sim::Space{2, {-1, 0, 0}, {2, 3, 1}, true});
  CHECK(file.duration_ms == 20.0);
  CHECK_FALSE(file.record_spikes);
}

TEST_CASE("what is not said has the description's defaults, and membranes start at their rest") {
  const auto file = parse("[population.A]\nsize = 3\n");
  sim::Circuit expected;
  expected.populations = {{.name = "A", .size = 3, .initial = {.low_mv = -70.0, .high_mv = -70.0}}};
  CHECK(file.circuit == expected);
  CHECK(file.duration_ms == 1000.0);
  CHECK(file.record_spikes);
  CHECK(
      parse("[population.A]\nsize = 2\nresting_mv = [-60, -50]\n").circuit.populations[0].initial.given_mv ==
      std::vector<double>{-60, -50});
}

TEST_CASE("populations come in the order of the file, with parameters for all or for each neuron") {
  const auto circuit =
      parse(
          "[population.Z]\nsize = 3\nmodel = \"adaptive_lif\"\ntau_membrane_ms = [10, 20, "
          "30]\ncapacitance_pf = 100\n"
          "resting_mv = -60\nthreshold_mv = -50\nreset_mv = -65\nrefractory_ms = 1\ncurrent_pa = [1, 2, 3]\n"
          "tau_excitatory_ms = 3\ntau_inhibitory_ms = 4\ntau_adaptation_ms = 50\nadaptation_pa = 20\n"
          "initial_mv = [-61, -62, -63]\nmask = [1, -1, 1]\n"
          "[population.A]\nsize = 5\nmodel = \"lif_discrete\"\nbeta = 0.5\nthreshold = 2\nreset = "
          "\"zero\"\nreset_delay = false\n"
          "[population.B]\nsize = 3\nmodel = \"integrator\"\ninitial_mv = [-60, -50]\n")
          .circuit;
  REQUIRE(circuit.populations.size() == 3);
  const sim::Population& z = circuit.populations[0];
  CHECK(z.name == "Z");
  CHECK(z.cell == sim::Cell{.model = CellModel::adaptive_lif,
                            .tau_membrane_ms = PerNeuron({10, 20, 30}),
                            .capacitance_pf = 100.0,
                            .resting_mv = -60.0,
                            .threshold_mv = -50.0,
                            .reset_mv = -65.0,
                            .refractory_ms = 1.0,
                            .current_pa = PerNeuron({1, 2, 3}),
                            .tau_excitatory_ms = 3.0,
                            .tau_inhibitory_ms = 4.0,
                            .tau_adaptation_ms = 50.0,
                            .adaptation_pa = 20.0});
  CHECK(z.initial == sim::InitialMembrane{.given_mv = {-61, -62, -63}});
  CHECK(z.mask == PerNeuron({1, -1, 1}));
  CHECK(circuit.populations[1].cell.discrete == sim::Lif{0.5, 2.0, sim::Reset::zero, false});
  CHECK(circuit.populations[1].initial == sim::InitialMembrane{});
  CHECK(circuit.populations[2].initial == sim::InitialMembrane{.low_mv = -60, .high_mv = -50});
}

TEST_CASE("neurons are placed in a box, in round shapes, on a grid or where a file says") {
  using K = sim::PlacementKind;
  const auto placed = [](const std::string& keys) {
    return parse(places(keys)).circuit.populations[0].placement;
  };
  CHECK(placed("") == sim::Placement{});
  CHECK(placed("placement = \"box\"\nplacement_dims = 2\nlower = [0, 0]\nextent = [1, 1]\noffset = 0.3\n") ==
        sim::Placement{.dims = 2, .extent = {1, 1, 0}, .offset = 0.3});
  CHECK(placed("placement = \"ball\"\nradius = 0.25\n") ==
        sim::Placement{.kind = K::ball, .centre = {0, 0, 0}, .radius = 0.25});
  CHECK(placed("placement = \"sphere\"\ncentre = [0.1, 0.2, 0.3]\n") ==
        sim::Placement{.kind = K::sphere, .centre = {0.1, 0.2, 0.3}});
  CHECK(placed("placement = \"disc\"\ncentre = [0.1, 0.2]\noffset = 0.5\n") ==
        sim::Placement{.kind = K::disc, .centre = {0.1, 0.2, 0}, .offset = 0.5});
  CHECK(placed("placement = \"grid\"\nshape = [2, 2, 1]\njitter = 0.1\n") ==
        sim::Placement{.kind = K::grid, .shape = {2, 2, 1}, .jitter = 0.1});
}

TEST_CASE("positions come from CSV or from an HDF5 data set") {
  const TemporaryFolder folder;
  const std::vector<double> positions{0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  write_bytes(folder / "p.csv", "# by hand\ny,x\n0.2,0.1\n\n0.4,0.3\r\n0.6,0.5\n");
  auto file = io::hdf5::File::create(folder / "p.h5");
  file.create_group("deep").write<double>("p", positions, {3, 2});
  file.close();
  const auto text = [](const std::string& named) {
    return "[space]\ndims = 2\n[population.A]\nsize = 3\nplacement = \"file\"\npositions = \"" + named +
           "\"\n";
  };
  for (const char* named : {"p.csv", "p.h5:/deep/p"}) {
    const auto circuit = parse(text(named), folder.path()).circuit;
    CHECK(circuit.populations[0].placement.kind == sim::PlacementKind::given);
    CHECK(circuit.populations[0].placement.positions == positions);
  }
  write_bytes(folder / "bad.csv", "x,y\n1,2\n1,two\n");
  CHECK_THROWS_WITH(parse(text("bad.csv"), folder.path()),
                    Contains("bad.csv:3") && Contains("'two' is not a number"));
  write_bytes(folder / "bad.csv", "x,y\n1,2,3\n");
  CHECK_THROWS_WITH(parse(text("bad.csv"), folder.path()),
                    Contains("bad.csv:2") && Contains("3 fields under 2 columns"));
  write_bytes(folder / "bad.csv", "x,z\n1,2\n");
  CHECK_THROWS_WITH(parse(text("bad.csv"), folder.path()), Contains("the column 'z' is not known"));
  write_bytes(folder / "bad.csv", "");
  CHECK_THROWS_WITH(parse(text("bad.csv"), folder.path()), Contains("no header line"));
  CHECK_THROWS_WITH(parse(text("none.csv"), folder.path()),
                    Contains("none.csv") && Contains("does not exist"));
  CHECK_THROWS_WITH(parse(text("p.h5:/none"), folder.path()), Contains("p.h5"));
}

TEST_CASE("a projection joins every pair of the populations it names") {
  const auto circuit =
      parse(two +
            "[space]\n[[projection]]\nsource = [\"E\", \"I\"]\ntarget = [\"E\", \"I\"]\nweight = 2\n"
            "cutoff = 0.25\nvelocity = 0.5\ndelay_ms = 1.5\nautapses = true\n"
            "weight_kernel = \"inverse_distance\"\nweight_length = 0.1\nweight_floor = 0.01\n"
            "probability = 0.5\nprobability_kernel = \"gaussian\"\nprobability_length = 0.2\n"
            "[[projection]]\nsource = \"I\"\ntarget = \"E\"\nrule = \"fixed_indegree\"\nindegree = "
            "2\nmultapses = false\nweight = -3\n"
            "[[projection]]\nsource = \"I\"\ntarget = \"I\"\nrule = \"one_to_one\"\nweight = -4\n")
          .circuit;
  CHECK(circuit.space.dims == 2);
  REQUIRE(circuit.projections.size() == 6);
  const sim::Projection first{.source = "E",
                              .target = "E",
                              .cutoff = 0.25,
                              .probability = {sim::KernelShape::gaussian, 0.5, 0.2, 0.0},
                              .autapses = true,
                              .weight = {sim::KernelShape::inverse_distance, 2.0, 0.1, 0.01},
                              .delay_ms = 1.5,
                              .velocity = 0.5};
  const char* pairs[][2] = {{"E", "E"}, {"E", "I"}, {"I", "E"}, {"I", "I"}};
  for (std::size_t p = 0; p < 4; ++p) {
    sim::Projection expected = first;
    expected.source = pairs[p][0];
    expected.target = pairs[p][1];
    CHECK(circuit.projections[p] == expected);
  }
  CHECK(circuit.projections[4] == sim::Projection{.source = "I",
                                                  .target = "E",
                                                  .rule = sim::ConnectionRule::fixed_indegree,
                                                  .indegree = 2,
                                                  .multapses = false,
                                                  .weight = {.amplitude = -3}});
  CHECK(circuit.projections[5] == sim::Projection{.source = "I",
                                                  .target = "I",
                                                  .rule = sim::ConnectionRule::one_to_one,
                                                  .weight = {.amplitude = -4}});
}

TEST_CASE("edges come from a file, with their weights and delays or with those of the projection") {
  const TemporaryFolder folder;
  const std::string text =
      two + "[[projection]]\nsource = \"E\"\ntarget = \"I\"\nrule = \"file\"\nedges = \"e.csv\"\n";
  write_bytes(folder / "e.csv", "source,target,weight,delay_ms\n0,1,0.5,1\n2,0,-0.25,2.5\n");
  CHECK(parse(text, folder.path()).circuit.projections[0].edges ==
        sim::EdgeList{{0, 2}, {1, 0}, {0.5, -0.25}, {1, 2.5}});
  write_bytes(folder / "e.csv", "target,source\n1,0\n0,2\n");
  CHECK(parse(text + "weight = 3\ndelay_ms = 0.5\n", folder.path()).circuit.projections[0].edges ==
        sim::EdgeList{{0, 2}, {1, 0}, {3, 3}, {0.5, 0.5}});
  CHECK_THROWS_WITH(parse(text, folder.path()), Contains("there is no 'projection.0.weight'"));
  write_bytes(folder / "e.csv", "source,target,weight\n0,1,1\n0.5,1,1\n");
  CHECK_THROWS_WITH(parse(text, folder.path()), Contains("e.csv:3") && Contains("source 0.5 is no neuron"));
  write_bytes(folder / "e.csv", "source,target,weight\n0,-1,1\n");
  CHECK_THROWS_WITH(parse(text, folder.path()), Contains("e.csv:2") && Contains("target -1 is no neuron"));
  write_bytes(folder / "e.csv", "source,weight\n0,1\n");
  CHECK_THROWS_WITH(parse(text, folder.path()), Contains("there is no column 'target'"));
}

TEST_CASE("inputs of each kind are read") {
  const TemporaryFolder folder;
  write_bytes(folder / "t.csv", "neuron,time_ms,weight\n1,0.5,2\n0,0.7,3\n");
  const auto inputs =
      parse(two +
                "[[input]]\ntarget = [\"E\", \"I\"]\nkind = \"poisson\"\nrate_hz = 100\nweight = "
                "0.1\nstop_ms = 50\n"
                "[[input]]\ntarget = \"E\"\nkind = \"poisson\"\nrate_hz = [1, 2, 3]\nweight = 0.2\n"
                "[[input]]\ntarget = \"E\"\nkind = \"regular\"\ninterval_ms = 10\nweight = 1\n"
                "[[input]]\ntarget = \"E\"\nkind = \"trains\"\ntimes_ms = [1, 2]\nneurons = [0, 2]\nweight = "
                "5\n"
                "[[input]]\ntarget = \"I\"\nkind = \"trains\"\nfile = \"t.csv\"\n"
                "[[input]]\ntarget = \"I\"\nkind = \"current\"\ntimes_ms = [0, 5]\ncurrents_pa = [1, 2]\n"
                "[[input]]\ntarget = \"I\"\nkind = \"current\"\ncurrent_pa = 300\nstart_ms = 5\n",
            folder.path())
          .circuit.inputs;
  using sim::InputKind;
  const std::vector<sim::Input> expected{
      {.target = "E", .kind = InputKind::poisson, .rate_hz = 100.0, .weight = 0.1, .stop_ms = 50.0},
      {.target = "I", .kind = InputKind::poisson, .rate_hz = 100.0, .weight = 0.1, .stop_ms = 50.0},
      {.target = "E", .kind = InputKind::poisson, .rate_hz = PerNeuron({1, 2, 3}), .weight = 0.2},
      {.target = "E", .kind = InputKind::regular, .weight = 1.0, .start_ms = 10.0, .interval_ms = 10.0},
      {.target = "E", .kind = InputKind::trains, .weight = 5.0, .times_ms = {1, 2}, .neurons = {0, 2}},
      {.target = "I",
       .kind = InputKind::trains,
       .times_ms = {0.5, 0.7},
       .neurons = {1, 0},
       .weights = {2, 3}},
      {.target = "I", .kind = InputKind::current, .current_times_ms = {0, 5}, .currents_pa = {1, 2}},
      {.target = "I",
       .kind = InputKind::current,
       .start_ms = 5.0,
       .current_times_ms = {0},
       .currents_pa = {300}}};
  CHECK(inputs == expected);
}

TEST_CASE("what cannot be understood is refused with its line, and what belongs to another choice by name") {
  const auto population = [](const std::string& keys) { return "[population.A]\nsize = 4\n" + keys; };
  const auto projection = [](const std::string& keys) {
    return two + "[[projection]]\nsource = \"E\"\ntarget = \"I\"\nweight = 1\n" + keys;
  };
  const auto input = [](const std::string& keys) { return two + "[[input]]\ntarget = \"E\"\n" + keys; };
  struct Bad {
    std::string text;
    std::string where, problem;
  };
  for (const Bad& bad : std::vector<Bad>{
           {population("tau_membran_ms = 3\n"), "net.toml:3:1",
            "did you mean 'population.A.tau_membrane_ms'?"},
           {population("model = \"izhikevich\"\n"), "net.toml:3:1", "'izhikevich' is not known"},
           {population("tau_excitatory_ms = 3\n"), "net.toml:3:1",
            "'tau_excitatory_ms' means nothing with model = \"lif_delta\""},
           {population("model = \"integrator\"\nthreshold_mv = 3\n"), "net.toml:4:1",
            "means nothing with model = \"integrator\""},
           {population("beta = 0.5\n"), "net.toml:3:1", "'beta' means nothing"},
           {population("tau_membrane_ms = \"long\"\n"), "net.toml:3:1", "the text \"long\", not a number"},
           {population("initial_mv = [1, 2, 3]\n"), "net.toml:3:1", "3 values for 4 neurons"},
           {population("radius = 3\n"), "net.toml:3:1", "'radius' means nothing with placement = \"box\""},
           {population("placement = \"cube\"\n"), "net.toml:3:1", "'cube' is not known"},
           {"[population.A]\nmodel = \"lif_exp\"\n", "net.toml", "there is no 'population.A.size'"},
           {"[space]\ndims = 4\n", "net.toml:2:1", "4 dimensions"},
           {"[space]\ndims = 2\nextent = [1]\n", "net.toml:3:1", "1 coordinates in 2 dimensions"},
           {"[circuit]\nseed = -1\n", "net.toml:2:1", "a whole number from 0 on"},
           {places("placement = \"grid\"\nshape = [2, 2]\n"), "net.toml:8:1", "2 numbers in 3 dimensions"},
           {places("lower = [0, 0, 0]\n"), "net.toml:7:1", "a box has a lower corner and an extent"},
           {places("placement_dims = 4\n"), "net.toml:7:1", "4 dimensions in a space of 3"},
           {projection("rule = \"all\"\n"), "net.toml:9:1", "'all' is not known"},
           {projection("indegree = 3\n"), "net.toml:9:1",
            "'indegree' means nothing with rule = \"pairwise\""},
           {projection("rule = \"one_to_one\"\ncutoff = 1\n"), "net.toml:10:1",
            "'cutoff' means nothing with rule = \"one_to_one\""},
           {projection("weight_length = 3\n"), "net.toml:9:1",
            "'weight_length' means nothing with weight_kernel = \"constant\""},
           {projection("weight_kernel = \"gaussian\"\n"), "net.toml",
            "there is no 'projection.0.weight_length'"},
           {projection("edges = \"e.csv\"\n"), "net.toml:9:1", "'edges' means nothing"},
           {projection("probabilty = 0.5\n"), "net.toml:9:1", "did you mean 'projection.0.probability'?"},
           {two + "[[projection]]\nsource = \"E\"\ntarget = \"I\"\n", "net.toml",
            "there is no 'projection.0.weight'"},
           {input("kind = \"noise\"\n"), "net.toml:7:1", "'noise' is not known"},
           {input("kind = \"poisson\"\nweight = 1\n"), "net.toml", "there is no 'input.0.rate_hz'"},
           {input("kind = \"poisson\"\nweight = 1\nrate_hz = 3\ninterval_ms = 3\n"), "net.toml:10:1",
            "'interval_ms' means nothing with kind = \"poisson\""},
           {input("kind = \"current\"\ncurrent_pa = 1\ntimes_ms = [1]\n"), "net.toml:9:1",
            "'times_ms' means nothing with one current_pa"},
           {input(""), "net.toml", "there is no 'input.0.kind'"},
           {"[[population]]\nname = \"E\"\n", "net.toml", "population"},
       }) {
    CAPTURE(bad.text);
    try {
      parse(bad.text);
      FAIL("it passed");
    } catch (const InputError& error) {
      CHECK(error.where() == bad.where);
      CHECK_THAT(error.problem(), Contains(bad.problem));
    }
  }
}
