// Circuits described in TOML: run, recorded, told about and refused as a user meets them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "circuit_folder.hpp"
#include "io/raster_file.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

TemporaryFolder& with_net(TemporaryFolder& folder) {
  write_bytes(folder / "net.toml", small_net);
  return folder;
}

}  // namespace

TEST_CASE("a circuit is built and run, and its spikes are in the raster and in the summary") {
  TemporaryFolder folder;
  with_net(folder);
  const json summary = simulate_net(folder, {});
  const auto raster = io::read_raster(folder / "spikes.h5");
  CHECK(raster.complete);
  CHECK(raster.duration_ms == Approx(200.0));
  REQUIRE(raster.n_spikes() > 500);
  CHECK(summary["spikes"] == raster.n_spikes());
  CHECK(raster.stamp.provenance.seed == 5);
  CHECK_THAT(raster.stamp.provenance.configuration, Contains("[population.E]"));
  CHECK(raster.at("E").n_neurons == 400);
  CHECK(raster.at("I").n_neurons == 100);
  // Times are the ends of steps.
  for (const double ms : raster.at("E").times_ms) CHECK(std::abs(ms / 0.1 - std::round(ms / 0.1)) < 1e-6);
  for (const auto& row : summary["populations"]) {
    const auto& spikes = raster.at(row["name"].get<std::string>());
    CHECK(row["spikes"] == spikes.ids.size());
    CHECK(row["rate_hz"].get<double>() ==
          Approx(static_cast<double>(spikes.ids.size()) / static_cast<double>(spikes.n_neurons) / 0.2));
    CHECK(row["fano_5ms"].get<double>() > 0.0);
  }
  CHECK(summary["neurons"] == 500);
  // Each of 500 neurons has pi 0.15^2 of the others within the cutoff, give or take five deviations of a
  // mean.
  CHECK(summary["synapses"].get<double>() == Approx(500 * 499 * 0.0706858).epsilon(0.1));
  CHECK(summary["bytes_per_synapse"].get<double>() > 2.0);
  CHECK(summary["bytes_per_synapse"].get<double>() < 20.0);
  CHECK(summary["engine"] == "clock");
  CHECK(summary["precision"] == "single");
  CHECK(summary["threads"] == 1);
  for (const char* key : {"build_seconds", "real_time_factor", "instruction_set", "cv_isi", "peak_mib"})
    CHECK(summary.contains(key));
}

TEST_CASE("threads and the procedural mode change nothing about the spikes, the seed does") {
  TemporaryFolder folder;
  with_net(folder);
  simulate_net(folder, {});
  const auto one = io::read_raster(folder / "spikes.h5");
  REQUIRE(one.n_spikes() > 500);
  for (const Arguments& same : {Arguments{"--threads", "3"}, Arguments{"--procedural"},
                                Arguments{"--procedural", "--threads", "2"}}) {
    CAPTURE(same);
    const json summary = simulate_net(folder, same);
    const auto other = io::read_raster(folder / "spikes.h5");
    CHECK(other.at("E").ids == one.at("E").ids);
    CHECK(other.at("E").times_ms == one.at("E").times_ms);
    CHECK(other.at("I").ids == one.at("I").ids);
    if (summary["procedural"] == true) CHECK(summary["bytes_per_synapse"] == 0.0);
  }
  simulate_net(folder, {"--seed", "6"});
  CHECK(io::read_raster(folder / "spikes.h5").at("E").ids != one.at("E").ids);
  CHECK(simulate_net(folder, {"--precision", "exact"})["precision"] == "exact");
  CHECK(simulate_net(folder, {"--duration", "50"})["duration_ms"] == 50.0);
  CHECK(io::read_raster(folder / "spikes.h5").duration_ms == Approx(50.0));
}

TEST_CASE("the summary for a person says what ran and what came of it; quiet runs say only that") {
  TemporaryFolder folder;
  with_net(folder);
  const auto result = loci_in(folder, {"simulate", "net.toml", "--quiet"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, Contains("net.toml: 500 neurons, ") && Contains(" synapses of ") &&
                             Contains("for a second") &&
                             Contains("ran on 1 thread, clock engine, weights in single precision") &&
                             Contains("kernels") && Contains("written: spikes.h5"));
  const auto watched = run({"simulate", "net.toml", "--force", "--duration", "3000"},
                           {.folder = folder.path(), .environment = {}, .terminal = true});
  CHECK_THAT(watched.err, Contains("\r\033[Kclock engine [") && Contains("ms/s") && Contains(" left"));
  CHECK_THAT(watched.err, Catch::EndsWith("\r\033[K"));
}

TEST_CASE("a circuit that records nothing writes nothing") {
  TemporaryFolder folder;
  write_bytes(folder / "net.toml", small_net + "[record]\nspikes = false\n");
  CHECK_FALSE(simulate_net(folder, {}).contains("raster"));
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("a killed run leaves a readable prefix of its spikes") {
  TemporaryFolder folder;
  write_bytes(folder / "net.toml", small_net);
  simulate_net(folder, {"--duration", "2000", "--out", "whole.h5"});
  const auto whole = io::read_raster(folder / "whole.h5");
  const auto partial = folder / "spikes.h5.partial";
  // A flush comes every 65,536 spikes: where there is more than one, one is complete.
  kill_while_writing(folder, {"simulate", "net.toml", "--duration", "1000000"}, "spikes.h5.partial",
                     2 * 65'536 * 16);
  CHECK_FALSE(std::filesystem::exists(folder / "spikes.h5"));
  const auto raster = io::read_raster(partial);
  CHECK_FALSE(raster.complete);
  CHECK(raster.n_spikes() >= 65'536);
  const auto& ids = raster.at("E").ids;
  const auto& known = whole.at("E").ids;
  const std::size_t n = std::min(ids.size(), known.size());
  REQUIRE(n > 1000);
  CHECK(std::equal(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), known.begin()));
}

TEST_CASE("info tells what a circuit will have without building it") {
  TemporaryFolder folder;
  with_net(folder);
  const json told = loci_in(folder, {"info", "net.toml", "--json"}).json();
  CHECK(told["kind"] == "circuit");
  CHECK(told["neurons"] == 500);
  REQUIRE(told["projections"].size() == 4);
  CHECK(told["projections"][1]["rule"] == "pairwise");
  // The cutoff's edges wait 0.5 ms + 0.15 / 0.1 ms.
  CHECK(told["projections"][1]["longest_delay_ms"].get<double>() == Approx(2.0));
  const json summary = simulate_net(folder, {});
  CHECK(told["expected_edges"].get<double>() == Approx(summary["synapses"].get<double>()).epsilon(0.1));
  CHECK(told["synapse_bytes"].get<double>() > told["expected_edges"].get<double>() * 2);
  CHECK_THAT(
      loci_in(folder, {"info", "net.toml"}).out,
      Contains("circuit: 500 neurons in 2 dimensions, periodic") && Contains("E to I") && Contains("memory"));
}

TEST_CASE("what makes no circuit, and options of the other kind, are refused and leave nothing behind") {
  TemporaryFolder folder;
  with_net(folder);
  write_bytes(folder / "typo.toml", "[population.E]\nsize = 3\ntau_membran_ms = 3\n");
  write_bytes(folder / "delay.toml",
              small_net + "[[projection]]\nsource = \"E\"\ntarget = \"E\"\nweight = 1\ndelay_ms = 0.01\n");
  write_bytes(
      folder / "huge.toml",
      "[population.E]\nsize = 10000000\n[[projection]]\nsource = \"E\"\ntarget = \"E\"\nweight = 1\n");
  write_bytes(folder / "there.h5", "mine");
  struct Bad {
    Arguments arguments;
    std::vector<std::string> said;
  };
  const std::size_t before = folder.n_entries();
  for (const Bad& bad : std::vector<Bad>{
           {{"none.toml"}, {"none.toml", "does not exist"}},
           {{"typo.toml"}, {"typo.toml:3:1", "did you mean 'population.E.tau_membrane_ms'?"}},
           {{"delay.toml"}, {"projection 'E' to 'E'", "below one step"}},
           {{"huge.toml"}, {"circuit", "GiB of memory", "procedural"}},
           {{"net.toml", "--duration", "0.05"}, {"run.duration_ms", "between two steps"}},
           {{"net.toml", "--duration", "-5"}, {"run.duration_ms"}},
           {{"net.toml", "--engine", "quantum"}, {"--engine", "quantum"}},
           {{"net.toml", "--precision", "half"}, {"--precision", "'half' is not known"}},
           {{"net.toml", "--samples", "5"}, {"--samples", "no option for circuits"}},
           {{"model.h5", "--duration", "5"}, {"--duration", "no option for models"}},
           {{"net.toml", "--out", "there.h5"}, {"there.h5", "exists"}},
       }) {
    Arguments arguments{"simulate"};
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const auto result = loci_in(folder, arguments);
    CAPTURE(bad.arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    for (const auto& text : bad.said) CHECK_THAT(result.err, Contains(text));
    CHECK_THAT(result.err, Contains("\n  what to do: "));
    CHECK(folder.n_entries() == before);
  }
  CHECK(read_bytes(folder / "there.h5") == "mine");
}
