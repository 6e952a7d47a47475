// Circuits on either engine: the same raster on the grid, continuous time off it, and the program's own
// choice.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "circuit_folder.hpp"
#include "io/raster_file.hpp"
#include "sim/random.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

// `n` spikes at multiples of 0.1 ms up to 300 ms, one weight each, three quarters exciting.
std::string random_trains(const std::string& target, std::size_t n, std::size_t n_neurons, double weight,
                          std::uint32_t seed) {
  std::vector<double> times, weights;
  std::vector<std::uint32_t> neurons;
  for (std::size_t i = 0; i < n; ++i) {
    const auto words = sim::random_words(seed, sim::Stream::test, i, 0);
    times.push_back((1 + words[0] % 2999) / 10.0);
    neurons.push_back(words[1] % static_cast<std::uint32_t>(n_neurons));
    weights.push_back(words[2] % 4 == 0 ? -weight : weight);
  }
  return fmt::format(
      "[[input]]\ntarget = \"{}\"\nkind = \"trains\"\ntimes_ms = [{}]\nneurons = [{}]\nweights = [{}]\n",
      target, fmt::join(times, ", "), fmt::join(neurons, ", "), fmt::join(weights, ", "));
}

// Neurons that rest below the threshold, so that they fire only when input arrives; trains that start and
// stop, and currents of two inputs that add up.
std::string driven_net() {
  return "[circuit]\nstep_ms = 0.1\nseed = 3\n[space]\nperiodic = true\n"
         "[population.E]\nsize = 300\n[population.I]\nsize = 80\nmask = -2\ninitial_mv = [-70, -60]\n"
         "[[projection]]\nsource = [\"E\", \"I\"]\ntarget = [\"E\", \"I\"]\ncutoff = 0.2\nweight = 0.4\n"
         "weight_kernel = \"gaussian\"\nweight_length = 0.1\ndelay_ms = 0.3\nvelocity = 0.07\n" +
         random_trains("E", 9000, 300, 9.0, 1) + "start_ms = 20\nstop_ms = 250.5\n" +
         random_trains("I", 2500, 80, 8.0, 2) +
         "[[input]]\ntarget = \"I\"\nkind = \"regular\"\ninterval_ms = 9.7\nweight = 4\nstop_ms = 210\n"
         "[[input]]\ntarget = [\"E\", \"I\"]\nkind = \"current\"\ncurrent_pa = 60\nstart_ms = 30\nstop_ms = "
         "200\n"
         "[[input]]\ntarget = \"E\"\nkind = \"current\"\ntimes_ms = [0, 100.1]\ncurrents_pa = [-20, 40]\n"
         "[run]\nduration_ms = 300\n";
}

// 20,000 neurons of which one is told to fire once, and passes it on to a hundred.
const std::string silent_net =
    "[population.E]\nsize = 20000\n"
    "[[projection]]\nsource = \"E\"\ntarget = \"E\"\nrule = \"fixed_indegree\"\nindegree = 10\nweight = 1\n"
    "[[input]]\ntarget = \"E\"\nkind = \"trains\"\ntimes_ms = [5]\nneurons = [17]\nweight = 100\n"
    "[run]\nduration_ms = 200\nengine = \"auto\"\n";

// Brunel's kind: each neuron hears 0.5 spikes a step from outside.
const std::string busy_net =
    "[population.E]\nsize = 500\n"
    "[[projection]]\nsource = \"E\"\ntarget = \"E\"\nprobability = 0.1\nweight = -0.5\ndelay_ms = 1.5\n"
    "[[input]]\ntarget = \"E\"\nkind = \"poisson\"\nrate_hz = 5000\nweight = 0.2\n"
    "[run]\nduration_ms = 100\nengine = \"auto\"\n";

void check_same_spikes(const io::RasterFile& one, const io::RasterFile& other) {
  REQUIRE(one.populations.size() == other.populations.size());
  for (const auto& population : one.populations) {
    CHECK(other.at(population.name).ids == population.ids);
    CHECK(other.at(population.name).times_ms == population.times_ms);
  }
}

}  // namespace

TEST_CASE("on the grid a circuit that fires on input gives the same raster on both engines") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", driven_net());
  const json clock = simulate_net(folder, {"--engine", "clock", "--out", "clock.h5"});
  const json event = simulate_net(folder, {"--engine", "event", "--on-grid", "--out", "event.h5"});
  const auto raster = io::read_raster(folder / "clock.h5");
  REQUIRE(raster.at("E").ids.size() > 1000);
  REQUIRE(raster.at("I").ids.size() > 300);
  check_same_spikes(raster, io::read_raster(folder / "event.h5"));
  CHECK(event["engine"] == "event");
  CHECK(event["on_grid"] == true);
  for (const char* same : {"spikes", "rate_hz", "cv_isi", "fano_5ms", "synapses", "populations"})
    CHECK(event[same] == clock[same]);
  CHECK_FALSE(clock.contains("events"));
  // What was given arrives but for the trains' spikes before their start and after their stop.
  CHECK(event["events"]["input_events"].get<std::size_t>() < 9000 + 2500 + 21 * 80);
  CHECK(event["events"]["input_events"].get<std::size_t>() > 6000 + 2500 + 21 * 80);
  CHECK(event["events"]["synaptic_events"].get<std::size_t>() > 10 * event["spikes"].get<std::size_t>());
  CHECK(event["events"]["neuron_updates"].get<std::size_t>() >= event["spikes"].get<std::size_t>());
  CHECK(event["events"]["predictions"].get<std::size_t>() >= 380);
}

TEST_CASE("off the grid spikes come at any time, and the file may say so itself") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", driven_net() + "engine = \"event\"\n");
  const json event = simulate_net(folder, {});
  CHECK(event["engine"] == "event");
  CHECK(event["on_grid"] == false);
  const auto raster = io::read_raster(folder / "spikes.h5");
  CHECK_THAT(raster.stamp.provenance.configuration, Contains("This run: engine event in continuous time"));
  std::size_t n_between = 0;
  for (const double ms : raster.at("E").times_ms)
    n_between += std::abs(ms / 0.1 - std::round(ms / 0.1)) > 1e-6 ? 1 : 0;
  CHECK(n_between > 5);  // those that arrived through a synapse; most answer a given spike, on the grid
  // Delays are a twentieth of a step off at most in the mean, so that rates hardly differ.
  const json clock = simulate_net(folder, {"--engine", "clock"});
  CHECK(event["spikes"].get<double>() == Approx(clock["spikes"].get<double>()).epsilon(0.05));

  write_bytes(folder / "net.toml", driven_net() + "engine = \"event\"\non_grid = true\n");
  CHECK(simulate_net(folder, {})["on_grid"] == true);
  CHECK(simulate_net(folder, {"--off-grid"})["on_grid"] == false);
}

TEST_CASE("the event engine takes delays below a step, and gives the same spikes on any number of threads") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml",
              small_net +
                  "[[projection]]\nsource = \"E\"\ntarget = \"I\"\nweight = 0.1\ndelay_ms = 0.013\n"
                  "probability = 0.1\n");
  simulate_net(folder, {"--engine", "event", "--duration", "60", "--out", "one.h5"});
  const json three =
      simulate_net(folder, {"--engine", "event", "--duration", "60", "--out", "three.h5", "--threads", "3"});
  CHECK(three["threads"] == 1);
  const auto one = io::read_raster(folder / "one.h5");
  REQUIRE(one.n_spikes() > 300);
  check_same_spikes(one, io::read_raster(folder / "three.h5"));
  check_circuit_refused(folder, {"simulate", "net.toml", "--out", "new.h5"}, {"below one step"});
  const json chosen = simulate_net(folder, {"--engine", "auto", "--duration", "60"});
  CHECK(chosen["engine"] == "event");
  CHECK_THAT(chosen["engine_reason"].get<std::string>(),
             Contains("the clock engine cannot run it: projection 'E' to 'I'") && Contains("0.013 ms"));
}

TEST_CASE(
    "auto gives a nearly silent circuit to the event engine and a busy one to the clock, and says why") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", silent_net);
  const json silent = simulate_net(folder, {});
  CHECK(silent["engine"] == "event");
  CHECK(silent["spikes"] == 1);
  CHECK(silent["events"]["synaptic_events"].get<std::size_t>() > 1);
  const auto reason = silent["engine_reason"].get<std::string>();
  CHECK_THAT(reason, Contains("events a neuron and step, fewer than 0.015") &&
                         Contains("times are not rounded to steps") && !Contains("Poisson"));
  // The same file and seed, the same choice.
  CHECK(simulate_net(folder, {"--threads", "2"})["engine_reason"] == reason);
  const auto told = loci_in(folder, {"simulate", "net.toml", "--force"});
  CHECK_THAT(told.out, Contains("ran on 1 thread, event engine in continuous time") &&
                           Contains("chose the event engine: " + reason) && Contains("synaptic events"));
  CHECK_THAT(told.err, Contains("choosing the engine"));

  write_bytes(folder / "net.toml", busy_net);
  const json busy = simulate_net(folder, {});
  CHECK(busy["engine"] == "clock");
  // 5 kHz in steps of 0.1 ms, each spike from outside counting as four.
  CHECK(busy["events_per_neuron_step"].get<double>() == Approx(2.0));
  CHECK_THAT(busy["engine_reason"].get<std::string>(), Contains("2 events a neuron and step from outside"));
  CHECK_THAT(loci_in(folder, {"simulate", "net.toml", "--force"}).out, Contains("chose the clock engine: 2"));
  CHECK_FALSE(simulate_net(folder, {"--engine", "clock"}).contains("engine_reason"));
}

TEST_CASE("auto counts what the neurons do by themselves, and warns of Poisson input in continuous time") {
  const TemporaryFolder folder;
  // A current alone: every neuron fires in every 20 ms or so and reaches a hundred.
  write_bytes(folder / "net.toml",
              "[population.E]\nsize = 1000\ncurrent_pa = 300\ninitial_mv = [-70, -55]\n"
              "[[projection]]\nsource = \"E\"\ntarget = \"E\"\nprobability = 0.1\nweight = 0.01\n"
              "[run]\nduration_ms = 150\n");
  const json active = simulate_net(folder, {"--engine", "auto"});
  CHECK(active["engine"] == "clock");
  CHECK_THAT(active["engine_reason"].get<std::string>(), Contains("not fewer than 0.015"));
  CHECK(active["spikes"].get<std::size_t>() > 3000);

  write_bytes(folder / "net.toml",
              "[population.E]\nsize = 1000\n"
              "[[input]]\ntarget = \"E\"\nkind = \"poisson\"\nrate_hz = 3\nweight = 20\n"
              "[run]\nduration_ms = 1000\n");
  const json calm = simulate_net(folder, {"--engine", "auto"});
  CHECK(calm["engine"] == "event");
  CHECK_THAT(calm["engine_reason"].get<std::string>(),
             Contains("Poisson input comes in continuous time") && Contains("statistics alone"));
  // 3000 spikes from outside, give or take five deviations, and each fires its neuron unless refractory.
  CHECK(std::abs(calm["spikes"].get<double>() - 3000.0) < 5 * std::sqrt(3000.0) + 20);
}

TEST_CASE("what only one engine can run goes there, and the other refuses it by name") {
  const TemporaryFolder folder;
  write_bytes(
      folder / "net.toml",
      "[population.A]\nsize = 4\nmodel = \"lif_discrete\"\ncurrent_pa = 0.2\n[run]\nduration_ms = 20\n");
  const json discrete = simulate_net(folder, {"--engine", "auto"});
  CHECK(discrete["engine"] == "clock");
  CHECK_THAT(discrete["engine_reason"].get<std::string>(),
             Contains("the event engine cannot run it: population 'A'") && Contains("step by step"));
  CHECK(discrete["spikes"].get<std::size_t>() > 0);
  check_circuit_refused(folder, {"simulate", "net.toml", "--engine", "event", "--out", "new.h5"},
                        {"population 'A'", "step by step", "simulate it with the clock engine"});
  check_circuit_refused(folder, {"simulate", "net.toml", "--engine", "quantum", "--out", "new.h5"},
                        {"--engine", "'quantum' is not known", "clock, event, auto"});
  check_circuit_refused(folder, {"simulate", "net.toml", "--on-grid", "--out", "new.h5"},
                        {"--on-grid", "the clock engine is always on the grid"});
  const auto both = loci_in(folder, {"simulate", "net.toml", "--engine", "event", "--on-grid", "--off-grid"});
  CHECK(both.exit_code == 2);
  CHECK_THAT(both.err, Contains("--off-grid") && Contains("--on-grid"));
  write_bytes(folder / "bad.toml", "[population.A]\nsize = 4\n[run]\nengine = \"steam\"\n");
  check_circuit_refused(folder, {"simulate", "bad.toml"}, {"bad.toml:4:1", "'steam' is not known"});
  write_bytes(folder / "bad.toml", "[population.A]\nsize = 4\n[run]\nengine = \"clock\"\non_grid = true\n");
  check_circuit_refused(folder, {"simulate", "bad.toml"},
                        {"bad.toml:5:1", "'on_grid' means nothing with engine = \"clock\""});
}

TEST_CASE("the event engine shows how far it is") {
  const TemporaryFolder folder;
  write_bytes(folder / "net.toml", small_net);
  const auto watched = run({"simulate", "net.toml", "--engine", "event"},
                           {.folder = folder.path(), .environment = {}, .terminal = true});
  CHECK_THAT(watched.err, Contains("\r\033[Kevent engine [") && Contains("ms/s") && Contains(" left"));
  const auto quiet = loci_in(folder, {"simulate", "net.toml", "--engine", "auto", "--force", "--quiet"});
  CHECK(quiet.err.empty());
}

TEST_CASE("the example's wave crosses the sheet as a growing ring, event-driven") {
  const TemporaryFolder folder;
  std::filesystem::copy_file(std::filesystem::path(LOCI_CIRCUITS) / "wave.toml", folder / "net.toml");
  const json wave = simulate_net(folder, {});
  CHECK(wave["engine"] == "event");
  CHECK(wave["populations"][0]["spikes"].get<double>() > 9500);
  CHECK(wave["populations"][0]["spikes"].get<double>() <= 10'000);
  // A ring of constant speed fires as many neurons a bin as it is wide: twice as many in twice the time.
  const auto rates = read_csv(folder / "spikes.rates.csv");
  REQUIRE(rates.size() == 26);
  CHECK(std::stod(rates[1 + 16][1]) == Approx(2.0 * std::stod(rates[1 + 8][1])).epsilon(0.1));
}
