// Networks that come as NIR files, and spikes that go beside them.
#include <catch2/catch.hpp>
#include <cmath>

#include "backends/nir_data.hpp"
#include "backends/nir_export.hpp"
#include "io/data_tree_file.hpp"
#include "io/model_file.hpp"
#include "io/raster_file.hpp"
#include "sim/parameters.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

const std::string sample = std::string(LOCI_GOLDEN_DEFAULT) + "/nir/b_fixed.nir";

json checked(const Workspace& work, const Arguments& arguments) {
  const auto result = work.loci(arguments);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

void write_nir(const Workspace& work) {
  const io::ModelFile file = io::read_model(work / "model.h5");
  sim::Parameters parameters(file.network);
  parameters.values = file.parameters;
  const auto exported =
      backends::nir_of(file.network, parameters, {},
                       {.model = "model.h5", .configuration = file.configuration, .seed = file.seed});
  io::write_data_tree(work / "net.nir", tree_of(exported.graph));
}

}  // namespace

TEST_CASE("a trained network that went to NIR and back fires spike for spike as before") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  write_nir(work);
  const json imported = checked(work, {"import", "net.nir", "--out", "back.h5", "--json"});
  CHECK(imported["network"] == "64-24-10 dense snn");
  CHECK(imported["dt"] == 1e-4);
  CHECK(imported["written"] == "back.h5");
  REQUIRE_FALSE(imported["notes"].empty());
  CHECK_THAT(imported["notes"][0].get<std::string>(), Contains("reset=subtract"));

  const std::string n = std::to_string(n_test);
  const json before = checked(work, {"simulate", "model.h5", "--samples", n, "--out", "a.h5", "--json"});
  const json after =
      checked(work, {"simulate", "back.h5", "--samples", n, "--out", "b.h5", "--json", "--compare"});
  CHECK(after["engines_agree"] == true);
  CHECK(before["runs"][0]["accuracy"].get<double>() > above_chance(n_test));
  const auto first = io::read_raster(work / "a.h5");
  const auto second = io::read_raster(work / "b.h5");
  REQUIRE(first.populations.size() == 3);
  for (std::size_t l = 1; l < 3; ++l) {
    REQUIRE(first.populations[l].ids.size() > 100);
    CHECK(first.populations[l].ids == second.populations[l].ids);
    CHECK(first.populations[l].times_ms == second.populations[l].times_ms);
  }
  const json evaluated = checked(work, {"eval", "back.h5", "--json"});
  CHECK(evaluated["accuracy"].get<double>() ==
        Approx(before["runs"][0]["accuracy"].get<double>()).margin(0.011));
}

TEST_CASE("a foreign file is imported with a note on each thing it does not say") {
  const Workspace work;
  const auto result = work.loci({"import", sample});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("4-8-3 dense snn") && Contains("does not say its time step") &&
                             Contains("does not say its unit") && Contains("a LI does not spike") &&
                             Contains("written: model.h5"));
  const json info = checked(work, {"info", "model.h5", "--json"});
  CHECK(info["attributes"]["imported_from"] == sample);
  const auto network = io::read_model(work / "model.h5").network;
  CHECK(network.lif_of(1).beta == Approx(0.9).epsilon(1e-6));
  CHECK(network.lif_of(1).reset == sim::Reset::zero);

  CHECK(work.loci({"import", sample, "--force", "--dt", "2e-4", "--reset", "subtract", "--unit", "s"})
            .exit_code == 0);
  const auto other = io::read_model(work / "model.h5").network;
  CHECK(other.lif_of(1).beta == Approx(0.8).epsilon(1e-6));
  CHECK(other.lif_of(1).reset == sim::Reset::subtract);
}

TEST_CASE("what cannot be imported is refused and nothing is written") {
  const Workspace work;
  const auto before = work.contents();
  const auto refused = [&](const Arguments& arguments, const std::string& words) {
    const auto result = work.loci(arguments);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(words));
  };
  refused({"import", "nothing.nir"}, "does not exist");
  refused({"import", "tiny.toml"}, "not an HDF5 file");
  refused({"import", sample, "--dt", "0"}, "--dt");
  refused({"import", sample, "--dt", "1"}, "shorter than a step");
  refused({"import", sample, "--reset", "sometimes"}, "--reset");
  refused({"import", sample, "--integrator", "leapfrog"}, "--integrator");
  refused({"import", sample, "--unit", "days"}, "days");
  refused({"import", sample, "--encoding", "morse"}, "morse");
  refused({"import", std::string(LOCI_GOLDEN_DEFAULT) + "/nir/m_delay.nir"}, "--ignore-delays");
  refused({"import", std::string(LOCI_GOLDEN_DEFAULT) + "/data_tree/wild.hdf5"}, "no group 'node'");
  CHECK(work.contents() == before);
}

TEST_CASE("a model's spikes are written beside its NIR graph, each layer in its own time") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const auto run = [&](const std::string& format, const std::string& out) {
    return checked(work, {"simulate", "model.h5", "--samples", "20", "--step-ms", "0.1", "--format", format,
                          "--out", out, "--json"});
  };
  run("sonata", "raster.h5");
  run("nir-data", "spikes.h5");
  const auto raster = io::read_raster(work / "raster.h5");
  const auto data = backends::nir_data_from_tree(io::read_data_tree(work / "spikes.h5").root, "spikes.h5");
  REQUIRE(data.nodes.size() == 3);
  CHECK(data.duration == Approx(12 * 1e-4));
  const std::vector<std::string> names{"input", "lif1", "lif2"};
  for (std::size_t l = 0; l < 3; ++l) {
    const auto& node = data.nodes[l];
    CHECK(node.node == names[l]);
    CHECK(node.n_neurons == raster.populations[l].n_neurons);
    REQUIRE(node.samples.size() == 20);
    std::size_t spike = 0;
    bool same = true;
    for (std::size_t s = 0; s < 20; ++s)
      for (std::size_t e = 0; e < node.samples[s].time.size(); ++e, ++spike) {
        const double ms =
            raster.samples[s].begin_ms + node.samples[s].time[e] * 1e3 + static_cast<double>(l) * 0.1;
        same = same && spike < raster.populations[l].ids.size() &&
               node.samples[s].neuron[e] == raster.populations[l].ids[spike] &&
               std::abs(ms - raster.populations[l].times_ms[spike]) < 1e-9;
      }
    CHECK(same);
    CHECK(spike == raster.populations[l].ids.size());
    if (l > 0) CHECK(spike > 50);
  }
  const auto refused = work.loci(
      {"simulate", std::string(LOCI_CIRCUITS) + "/wave.toml", "--format", "nir-data", "--out", "c.h5"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("no NIR graph"));
}
