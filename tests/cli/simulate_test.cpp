// Trained networks as spatial graphs: both engines, the raster they write, and what eval says of the same
// images.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "io/model_file.hpp"
#include "io/raster_file.hpp"
#include "io/shd_file.hpp"
#include "sim/parameters.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

const Arguments all_test_images{"simulate", "model.h5", "--samples", std::to_string(n_test),
                                "--json",   "--force"};

json simulate(const Workspace& work, const Arguments& more) {
  Arguments arguments = all_test_images;
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = work.loci(arguments);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

// What the raster counts is what the run reported.
void check_raster(const io::RasterFile& raster, const json& one) {
  CHECK(raster.complete);
  CHECK(raster.n_spikes() == one["spikes"].get<std::uint64_t>());
  std::size_t n_correct = 0;
  for (const auto& sample : raster.samples) n_correct += sample.label == sample.predicted ? 1 : 0;
  CHECK(one["accuracy"].get<double>() ==
        Approx(static_cast<double>(n_correct) / static_cast<double>(raster.samples.size())));
}

}  // namespace

TEST_CASE("both engines agree spike for spike on a network trained on Fashion-MNIST") {
  const Workspace work;
  const std::string encoding = GENERATE("constant", "bernoulli");
  CAPTURE(encoding);
  const std::size_t n_hidden = 64;
  const std::size_t n_steps = 25;
  const std::size_t n_samples = 100;
  REQUIRE(work.loci({"train", "--preset", "demo", "--hidden", std::to_string(n_hidden), "--train-images",
                     "2000", "--epochs", "2", "--batch-size", "20", "--encoding", encoding, "--quiet"})
              .exit_code == 0);
  const auto result =
      work.loci({"simulate", "model.h5", "--compare", "--json", "--samples", std::to_string(n_samples)});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json summary = result.json();
  CHECK(summary["engines_agree"] == true);
  CHECK(summary["edges"] == 784 * n_hidden + n_hidden * 10);
  REQUIRE(summary["runs"].size() == 2);
  const json& event = summary["runs"][0];
  const json& clock = summary["runs"][1];
  CHECK(event["engine"] == "event");
  CHECK(clock["engine"] == "clock");
  CHECK(event["spikes"].get<std::size_t>() >= 10'000);
  for (const char* same : {"spikes", "synaptic_events", "accuracy", "dropped_events"})
    CHECK(event[same] == clock[same]);
  CHECK(event["accuracy"].get<double>() > above_chance(n_samples));
  CHECK(clock["neuron_updates"] == (n_hidden + 10) * n_steps * n_samples);
  CHECK(clock["predictions"] == 0);
  CHECK(event["predictions"].get<std::size_t>() > 0);
  CHECK(event["neuron_updates"].get<std::size_t>() > 0);
  CHECK(event["neuron_updates"].get<std::size_t>() <= clock["neuron_updates"].get<std::size_t>());

  const auto raster = io::read_raster(work / "spikes.h5");
  check_raster(raster, event);
  REQUIRE(raster.populations.size() == 3);
  CHECK(raster.at("input").n_neurons == 784);
  CHECK(raster.at("hidden").n_neurons == n_hidden);
  CHECK(raster.at("output").n_neurons == 10);
  CHECK(raster.at("input").ids.empty() == (encoding == "constant"));
  CHECK(raster.at("hidden").ids.size() > 1000);
  CHECK_FALSE(raster.at("output").ids.empty());
}

TEST_CASE("either engine writes the same raster, with the labels of the images it saw") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const json event = simulate(work, {"--engine", "event", "--out", "out/event.h5"});
  const json clock = simulate(work, {"--engine", "clock", "--out", "out/clock.h5"});
  CHECK(event["runs"][0]["engine"] == "event");
  CHECK(clock["runs"][0]["engine"] == "clock");
  const auto one = io::read_raster(work / "out/event.h5");
  const auto other = io::read_raster(work / "out/clock.h5");
  check_raster(one, event["runs"][0]);
  check_raster(other, clock["runs"][0]);
  REQUIRE(one.n_spikes() > 10'000);
  for (const char* population : {"input", "hidden", "output"}) {
    CHECK(one.at(population).ids == other.at(population).ids);
    CHECK(one.at(population).times_ms == other.at(population).times_ms);
  }
  const auto labels = test_labels();
  REQUIRE(one.samples.size() == labels.size());
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    REQUIRE(one.samples[sample].index == sample);
    REQUIRE(one.samples[sample].label == labels[sample]);
    REQUIRE(one.samples[sample].predicted == other.samples[sample].predicted);
  }

  const json told = work.loci({"info", "out/event.h5", "--json"}).json();
  CHECK(told["spikes"] == event["runs"][0]["spikes"]);
  CHECK(told["complete"] == true);
  CHECK(told["samples"] == n_test);
  CHECK(told["correct"].get<double>() / n_test == Approx(event["runs"][0]["accuracy"].get<double>()));
  CHECK(told["populations"][1]["spikes"] == one.at("hidden").ids.size());
  CHECK_THAT(work.loci({"info", "out/event.h5"}).out, Contains("hidden") && Contains("200 samples"));
}

TEST_CASE("simulate predicts of every test image what eval predicts") {
  const Workspace work;
  const Arguments kind = GENERATE(Arguments{"--encoding", "constant"}, Arguments{"--encoding", "bernoulli"},
                                  Arguments{"--encoding", "latency"}, Arguments{"--cutoff", "3.2"},
                                  Arguments{"--pruned", "0.4"});
  CAPTURE(kind);
  REQUIRE(work.train(kind).exit_code == 0);
  const json evaluation = work.loci({"eval", "model.h5", "--json"}).json();
  const json run = simulate(work, {})["runs"][0];
  const auto raster = io::read_raster(work / "spikes.h5");
  std::vector<std::vector<int>> confusion(n_classes, std::vector<int>(n_classes));
  for (const auto& sample : raster.samples)
    ++confusion[static_cast<std::size_t>(sample.label)][static_cast<std::size_t>(sample.predicted)];
  // Training computes in single precision, simulation in double: a membrane within rounding of the threshold
  // may fire in one and not in the other, and so decide a tie. An image predicted otherwise moves two counts
  // by one; allow one image in a hundred.
  int n_moved = 0;
  for (std::size_t label = 0; label < n_classes; ++label)
    for (std::size_t predicted = 0; predicted < n_classes; ++predicted)
      n_moved += std::abs(confusion[label][predicted] - evaluation["confusion"][label][predicted].get<int>());
  CHECK(n_moved <= 2 * static_cast<int>(n_test) / 100);
  CHECK(run["accuracy"].get<double>() == Approx(evaluation["accuracy"].get<double>()).margin(0.01));
  CHECK(run["accuracy"].get<double>() < 1.0);  // else agreement would say little
  const auto n_spikes = static_cast<double>(raster.at("hidden").ids.size() + raster.at("output").ids.size());
  REQUIRE(n_spikes > 1000);
  CHECK(n_spikes / n_test == Approx(evaluation["spikes_per_image"].get<double>()).epsilon(0.001));
}

TEST_CASE("images are numbered as in their file wherever a simulation begins") {
  const Workspace work;
  REQUIRE(work.train({"--encoding", "bernoulli"}).exit_code == 0);
  simulate(work, {"--out", "all.h5"});
  REQUIRE(
      work.loci({"simulate", "model.h5", "--first", "150", "--samples", "50", "--out", "some.h5", "--quiet"})
          .exit_code == 0);
  const auto all = io::read_raster(work / "all.h5");
  const auto some = io::read_raster(work / "some.h5");
  REQUIRE(some.samples.size() == 50);
  for (std::size_t sample = 0; sample < 50; ++sample) {
    CHECK(some.samples[sample].index == 150 + sample);
    CHECK(some.samples[sample].label == all.samples[150 + sample].label);
    CHECK(some.samples[sample].predicted == all.samples[150 + sample].predicted);
  }
  // The same spikes too: random input is keyed by the image.
  const auto& ids = all.at("input").ids;
  const auto& tail = some.at("input").ids;
  REQUIRE(tail.size() > 1000);
  CHECK(std::equal(tail.rbegin(), tail.rend(), ids.rbegin()));
}

TEST_CASE(
    "the event engine does nothing for a silent network however long it lasts, the clock engine visits every "
    "neuron") {
  const Workspace work;
  REQUIRE(work.train({"--threshold", "1000", "--epochs", "1"}).exit_code == 0);
  for (const std::size_t n_steps : {10, 100}) {
    const json summary = simulate(work, {"--compare", "--steps", std::to_string(n_steps)});
    const json& event = summary["runs"][0];
    const json& clock = summary["runs"][1];
    CHECK(event["spikes"] == 0);
    CHECK(event["neuron_updates"] == 0);
    CHECK(clock["neuron_updates"] == 34 * n_steps * n_test);
  }
}

TEST_CASE("more steps give more spikes and a longer recording") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const json twelve = simulate(work, {"--out", "12.h5"})["runs"][0];
  const json same = simulate(work, {"--out", "same.h5", "--steps", "12"})["runs"][0];
  const json more = simulate(work, {"--out", "24.h5", "--steps", "24", "--step-ms", "0.5"})["runs"][0];
  CHECK(twelve["spikes"] == same["spikes"]);
  CHECK(more["spikes"].get<std::size_t>() > twelve["spikes"].get<std::size_t>());
  // The output layer begins two steps after the input.
  CHECK(io::read_raster(work / "12.h5").duration_ms == Approx(14.0 * n_test));
  CHECK(io::read_raster(work / "24.h5").duration_ms == Approx(0.5 * 26.0 * n_test));
}

TEST_CASE("a cutoff leaves out exactly the edges that are longer") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const auto model = io::read_model(work / "model.h5");
  sim::BasicParameters<double> parameters(model.network);
  std::copy(model.parameters.begin(), model.parameters.end(), parameters.values.begin());
  std::vector<double> first = sim::connection_distances(model.network, parameters, 0);
  std::vector<double> second = sim::connection_distances(model.network, parameters, 1);
  const auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  };
  const double cutoff = std::max(median(first), median(second)) + 1e-6;
  const auto kept = [&](const std::vector<double>& distances) {
    return std::count_if(distances.begin(), distances.end(),
                         [&](double distance) { return distance <= cutoff; });
  };
  const auto expected = kept(first) + kept(second);
  REQUIRE(expected > 0);
  REQUIRE(expected < 64 * 24 + 24 * 10);

  const json summary = simulate(work, {"--cutoff", fmt::format("{}", cutoff), "--compare"});
  CHECK(summary["edges"] == expected);
  CHECK(summary["engines_agree"] == true);
  CHECK(summary["runs"][0]["spikes"].get<std::size_t>() > 1000);

  const auto before = work.contents();
  const double too_short = 0.5 * *std::min_element(second.begin(), second.end());
  const auto refused = work.loci({"simulate", "model.h5", "--out", "none.h5", "--cutoff",
                                  fmt::format("{}", std::min(too_short, cutoff))});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("connection ") && Contains("no edge is as short as the cutoff") &&
                              Contains("what to do: choose a cutoff"));
  CHECK(work.contents() == before);
}

TEST_CASE("spikes of finite velocity come later, and both engines still agree") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const json at_once = simulate(work, {"--out", "at-once.h5"});
  const json delayed = simulate(work, {"--velocity", "1.5", "--compare", "--out", "delayed.h5"});
  CHECK(delayed["engines_agree"] == true);
  CHECK(delayed["edges"] == at_once["edges"]);
  CHECK(delayed["runs"][0]["dropped_events"].get<std::size_t>() > 0);
  CHECK(at_once["runs"][0]["dropped_events"] == 0);
  const auto early = io::read_raster(work / "at-once.h5");
  const auto late = io::read_raster(work / "delayed.h5");
  // A constant current needs no time to travel: the hidden layer fires as before, the output layer sees less
  // of it.
  REQUIRE(late.at("hidden").ids.size() > 1000);
  CHECK(late.at("hidden").ids == early.at("hidden").ids);
  CHECK_FALSE(late.at("output").ids.empty());
  CHECK(late.at("output").ids != early.at("output").ids);
}

TEST_CASE("a network without distances is simulated too, and one without spikes is not") {
  const Workspace work;
  const Arguments arguments{"train",    "--data-dir", "data",    "--wiring", "dense",   "--hidden", "24",
                            "--epochs", "2",          "--steps", "12",       "--quiet", "--neuron"};
  auto spiking = arguments;
  spiking.emplace_back("snn");
  REQUIRE(work.loci(spiking).exit_code == 0);
  const json summary = simulate(work, {"--compare"});
  CHECK(summary["engines_agree"] == true);
  CHECK(summary["runs"][0]["spikes"].get<std::size_t>() > 10'000);
  CHECK(work.loci({"simulate", "model.h5", "--out", "none.h5", "--cutoff", "1"}).exit_code == 2);

  auto rate = arguments;
  rate.insert(rate.end(), {"mlp", "--force"});
  REQUIRE(work.loci(rate).exit_code == 0);
  const auto refused = work.loci({"simulate", "model.h5", "--out", "none.h5"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("network.neuron") && Contains("a rate network has no spikes"));
  CHECK_FALSE(std::filesystem::exists(work / "none.h5"));
}

TEST_CASE("images become labelled samples of spikes as trainers read them") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  simulate(work, {"--out", "raster.h5"});
  const json summary = simulate(work, {"--out", "samples.h5", "--format", "shd"});
  CHECK(summary["format"] == "shd");
  const auto raster = io::read_raster(work / "raster.h5");
  const auto shd = io::read_shd(work / "samples.h5");
  const auto labels = test_labels();
  CHECK(shd.n_neurons == 64 + 24 + 10);
  CHECK(shd.classes == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  REQUIRE(shd.samples.size() == labels.size());
  std::size_t n_spikes = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& sample = shd.samples[i];
    const auto& record = raster.samples[i];
    CHECK(sample.label == labels[i]);
    // Hidden neurons come after the 64 of the input; a spike at a border belongs to the sample that it ends.
    std::vector<std::uint64_t> expected, hidden;
    const auto& was = raster.at("hidden");
    for (std::size_t s = 0; s < was.ids.size(); ++s)
      if (was.times_ms[s] > record.begin_ms + 1e-9 && was.times_ms[s] < record.end_ms + 1e-9) {
        expected.push_back(was.ids[s]);
      }
    for (const std::uint64_t neuron : sample.neurons)
      if (neuron >= 64 && neuron < 64 + 24) hidden.push_back(neuron - 64);
    CHECK(hidden == expected);
    for (const double ms : sample.times_ms) {
      CHECK(ms > 0.0);
      CHECK(ms <= (record.end_ms - record.begin_ms) * (1 + 0x1p-11));
      CHECK(std::abs(ms - std::round(ms)) < 0.01);  // steps of 1 ms can be told apart
    }
    n_spikes += sample.neurons.size();
  }
  CHECK(n_spikes == raster.n_spikes());
  CHECK(n_spikes > 10'000);
  const auto refused = work.loci({"simulate", "model.h5", "--out", "none.h5", "--format", "csv"});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, Contains("--format") && Contains("'csv' is not known"));
}
