// What a circuit's run leaves beside its raster: rates, traces, and samples for trainers.
#include <catch2/catch.hpp>
#include <cmath>

#include "circuit_folder.hpp"
#include "io/raster_file.hpp"
#include "io/shd_file.hpp"
#include "io/trace_file.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;
using Paths = std::vector<std::string>;

namespace {

const std::string traced_net = small_net +
                               "[record]\nrates_ms = 7\n"
                               "[[record.trace]]\npopulation = \"E\"\nneurons = [210, 3]\ninterval_ms = 0.5\n"
                               "[[record.trace]]\npopulation = \"I\"\nneurons = 2\ninterval_ms = 0.5\n";

// R = 20 ms / 250 pF, 150 pA: from the rest V goes to -70 + 12 and stays below the threshold.
const std::string constant_current_net =
    "[population.A]\nsize = 1\ncurrent_pa = 150\n[run]\nduration_ms = 50\n"
    "[[record.trace]]\npopulation = \"A\"\nneurons = [0]\ninterval_ms = 2.5\n";

}  // namespace

TEST_CASE("rates of populations sum to their spikes, on either engine") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", traced_net);
  for (const std::string engine : {"clock", "event"}) {
    CAPTURE(engine);
    const json summary = simulate_net(folder, {"--engine", engine, "--out", "run.h5"});
    CHECK(summary["written"] == Paths{"run.h5", "run.rates.csv", "run.membrane.h5"});
    const auto rows = read_csv(folder / "run.rates.csv");
    REQUIRE(rows.size() == 1 + 29);  // 28 bins of 7 ms, and 4 ms
    CHECK(rows[0] == std::vector<std::string>{"begin_ms", "E_hz", "I_hz"});
    CHECK(rows[28][0] == "189");
    for (const auto& [column, size] : {std::pair(1, 400.0), std::pair(2, 100.0)}) {
      double n_spikes = 0.0;
      for (std::size_t row = 1; row < rows.size(); ++row)
        n_spikes += std::stod(rows[row][static_cast<std::size_t>(column)]) * size *
                    (row + 1 == rows.size() ? 0.004 : 0.007);
      const json& population = summary["populations"][static_cast<std::size_t>(column - 1)];
      CHECK(n_spikes == Approx(population["spikes"].get<double>()).epsilon(1e-9));
      CHECK(n_spikes > 100);
    }
  }
}

TEST_CASE("a trace is the membrane's curve, worked out by hand, on either engine") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", constant_current_net);
  for (const Arguments& engine : {Arguments{"--engine", "clock"}, Arguments{"--engine", "event"},
                                  Arguments{"--engine", "event", "--on-grid"}}) {
    CAPTURE(engine);
    const json summary = simulate_net(folder, engine);
    CHECK(summary["spikes"] == 0);
    const auto traces = io::read_traces(folder / "spikes.membrane.h5");
    CHECK(traces.complete);
    CHECK(traces.units == "mV");
    CHECK(traces.stamp.provenance.seed == 1);
    CHECK_THAT(traces.stamp.provenance.configuration,
               Contains("current_pa = 150") && Contains("This run: engine " + engine[1]));
    const auto& a = traces.at("A");
    CHECK(a.neurons == std::vector<std::uint64_t>{0});
    CHECK(a.times.start_ms == 0.0);
    CHECK(a.times.interval_ms == 2.5);
    REQUIRE(a.n_frames == 20);  // up to, but not including, 50 ms
    // As float32, 1e-5 mV at 70 mV is the last bit or two.
    for (std::size_t k = 0; k < 20; ++k)
      CHECK(a.values[k] ==
            Approx(-70.0 + 12.0 * (1.0 - std::exp(-2.5 * static_cast<double>(k) / 20.0))).margin(1e-5));
  }
}

TEST_CASE("currents are traced by sign and as a sum, each quantity in its file") {
  const TemporaryFolder folder;
  std::string net =
      "[population.A]\nsize = 3\nmodel = \"lif_exp\"\ntau_excitatory_ms = 2\ntau_inhibitory_ms = 5\n"
      "[[input]]\ntarget = \"A\"\nkind = \"trains\"\ntimes_ms = [1, 1]\nneurons = [1, 1]\nweights = [80, "
      "-30]\n[run]\nduration_ms = 10\n";
  for (const std::string quantity : {"current", "excitatory_current", "inhibitory_current"})
    net += "[[record.trace]]\npopulation = \"A\"\nneurons = [1]\nquantity = \"" + quantity + "\"\n";
  write_bytes(folder / "net.toml", net);
  for (const std::string engine : {"clock", "event"}) {
    CAPTURE(engine);
    const json summary = simulate_net(folder, {"--engine", engine, "--out", "out/run.h5"});
    CHECK(summary["written"] == Paths{"out/run.h5", "out/run.current.h5", "out/run.excitatory_current.h5",
                                      "out/run.inhibitory_current.h5"});
    const auto all = io::read_traces(folder / "out/run.current.h5");
    const auto excitatory = io::read_traces(folder / "out/run.excitatory_current.h5");
    const auto inhibitory = io::read_traces(folder / "out/run.inhibitory_current.h5");
    CHECK(all.units == "pA");
    REQUIRE(all.at("A").n_frames == 100);  // every step where nothing else is said
    for (std::size_t k = 0; k < 100; ++k) {
      const double ms = 0.1 * static_cast<double>(k) - 1.0;
      const double up = k < 10 ? 0.0 : 80.0 * std::exp(-ms / 2.0);
      const double down = k < 10 ? 0.0 : -30.0 * std::exp(-ms / 5.0);
      CHECK(excitatory.at("A").values[k] == Approx(up).margin(1e-5));
      CHECK(inhibitory.at("A").values[k] == Approx(down).margin(1e-5));
      CHECK(all.at("A").values[k] == Approx(up + down).margin(1e-5));
    }
  }
}

TEST_CASE("traces come in the order of the neurons, from the engine that runs, on any number of threads") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", traced_net);
  simulate_net(folder, {"--out", "one.h5"});
  simulate_net(folder, {"--out", "three.h5", "--threads", "3"});
  const auto one = io::read_traces(folder / "one.membrane.h5");
  CHECK(one.at("E").neurons == std::vector<std::uint64_t>{3, 210});
  CHECK(one.at("I").neurons == std::vector<std::uint64_t>{0, 1});
  CHECK(one.at("E").n_frames == 400);
  CHECK(io::read_traces(folder / "three.membrane.h5").at("E").values == one.at("E").values);
  // A neuron that fired is at the reset for its 2 ms: the raster and the trace speak of the same neuron.
  const auto raster = io::read_raster(folder / "one.h5");
  std::size_t n_seen = 0;
  for (std::size_t s = 0; s < raster.at("E").ids.size(); ++s) {
    if (raster.at("E").ids[s] != 210) continue;
    const auto frame = static_cast<std::size_t>(std::ceil(raster.at("E").times_ms[s] / 0.5 - 1e-9));
    if (frame >= 400) continue;
    CHECK(one.at("E").values[2 * frame + 1] == -70.0F);
    ++n_seen;
  }
  CHECK(n_seen > 3);
}

TEST_CASE("a killed run leaves readable prefixes of its traces and of its spikes") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", small_net + "[[record.trace]]\npopulation = \"E\"\nneurons = 100\n");
  simulate_net(folder, {"--duration", "400", "--out", "whole.h5"});
  const auto whole = io::read_traces(folder / "whole.membrane.h5");
  // 262,144 values make a flush, as 65,536 spikes do: where there is more than one, one is complete.
  kill_while_writing(folder, {"simulate", "net.toml", "--duration", "1000000"}, "spikes.h5.partial",
                     2 * 65'536 * 16);
  for (const char* final_name : {"spikes.h5", "spikes.membrane.h5"})
    CHECK_FALSE(std::filesystem::exists(folder / final_name));
  const auto raster = io::read_raster(folder / "spikes.h5.partial");
  CHECK_FALSE(raster.complete);
  CHECK(raster.n_spikes() >= 65'536);
  const auto traces = io::read_traces(folder / "spikes.membrane.h5.partial");
  CHECK_FALSE(traces.complete);
  const auto& values = traces.at("E").values;
  const auto& known = whole.at("E").values;
  REQUIRE(values.size() >= 262'144);
  REQUIRE(known.size() == 400'000);
  const std::size_t n = std::min(values.size(), known.size());
  CHECK(std::equal(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n), known.begin()));
}

TEST_CASE("a circuit's run becomes one sample of spikes, its neurons numbered over all populations") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", small_net);
  simulate_net(folder, {"--out", "raster.h5"});
  const json summary = simulate_net(folder, {"--out", "samples.h5", "--format", "shd"});
  CHECK(summary["format"] == "shd");
  const auto raster = io::read_raster(folder / "raster.h5");
  const auto samples = io::read_shd(folder / "samples.h5");
  CHECK(samples.stamp.provenance.seed == 5);
  CHECK_THAT(samples.stamp.provenance.configuration, Contains("[population.E]"));
  CHECK(samples.n_neurons == 500);
  REQUIRE(samples.samples.size() == 1);
  const auto& sample = samples.samples[0];
  CHECK(sample.label == 0);
  REQUIRE(sample.neurons.size() == raster.n_spikes());
  REQUIRE(raster.n_spikes() > 500);
  for (const auto& [name, first] : {std::pair("E", 0U), std::pair("I", 400U)}) {
    std::vector<std::uint64_t> ids;
    std::vector<double> times;
    for (std::size_t s = 0; s < sample.neurons.size(); ++s)
      if (sample.neurons[s] >= first && sample.neurons[s] < first + raster.at(name).n_neurons) {
        ids.push_back(sample.neurons[s] - first);
        times.push_back(sample.times_ms[s]);
      }
    CHECK(ids == raster.at(name).ids);
    REQUIRE(times.size() == raster.at(name).times_ms.size());
    for (std::size_t s = 0; s < times.size(); ++s)  // 11 significant bits
      CHECK(times[s] == Approx(raster.at(name).times_ms[s]).epsilon(0x1p-11));
  }
}

TEST_CASE("no output replaces a file unasked, and none replaces what the circuit is read from") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", traced_net);
  for (const std::string there : {"spikes.rates.csv", "spikes.membrane.h5"}) {
    write_bytes(folder / there, "mine");
    check_circuit_refused(folder, {"simulate", "net.toml"}, {there, "the file exists", "--force"});
    CHECK(read_bytes(folder / there) == "mine");
    CHECK_FALSE(std::filesystem::exists(folder / "spikes.h5"));
    std::filesystem::remove(folder / there);
  }
  check_circuit_refused(folder, {"simulate", "net.toml", "--out", "net.toml", "--force"},
                        {"net.toml", "the circuit is read from this file"});
  CHECK(read_bytes(folder / "net.toml") == traced_net);
}

TEST_CASE("traces without spikes, and spikes without the rest, are what was asked for and nothing more") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", "[record]\nspikes = false\n" + constant_current_net);
  const json summary = simulate_net(folder, {"--out", "a.b.h5"});
  CHECK(summary["written"] == Paths{"a.b.membrane.h5"});
  CHECK_FALSE(summary.contains("raster"));
  CHECK(folder.n_entries() == 2);
}

TEST_CASE("what cannot be recorded is refused with its line, before anything runs") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text, const Paths& said, const Arguments& more = {}) {
    write_bytes(folder / "bad.toml", "[population.A]\nsize = 3\n[population.B]\nsize = 65534\n" + text);
    Arguments arguments{"simulate", "bad.toml", "--duration", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    check_circuit_refused(folder, arguments, said);
  };
  write_bytes(folder / "bad.toml", "");
  refused("[record]\nrates_ms = 0.05\n", {"bad.toml:6:1", "bins of 0.05 ms", "0.1 ms, the step, or more"});
  refused("", {"--format shd", "65537 neurons", "65536", "--format sonata"}, {"--format", "shd"});
  refused("", {"--format", "'csv' is not known", "sonata, shd"}, {"--format", "csv"});
  refused("[[record.trace]]\npopulation = \"A\"\nneurons = [0]\ninterval_ms = 0.25\n",
          {"bad.toml:8:1", "between two steps"});
}
