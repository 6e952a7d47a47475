// Rounded networks, starts from a model, and smaller images, from training to simulation.
#include <catch2/catch.hpp>
#include <cmath>

#include "io/model_file.hpp"
#include "sim/parameters.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

const Arguments rounding{"--quantize-weights", "4", "--quantize-positions", "7", "--quantize-masks", "5"};

Arguments joined(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Arguments from_plain(const Arguments& more) {
  return joined({"train", "--from", "plain.h5", "--json"}, more);
}

void check_whole_weights(const std::filesystem::path& path) {
  const auto model = io::read_model(path);
  REQUIRE(model.network.quantisation.rounds_weights());
  sim::Parameters parameters(model.network);
  parameters.values = model.parameters;
  for (std::size_t l = 0; l < model.network.n_connections(); ++l)
    for (const float weight : sim::connection_weights(model.network, parameters, l)) {
      const double whole = weight * model.network.quantisation.weight_scale[l];
      REQUIRE(whole == Approx(std::nearbyint(whole)).margin(1e-5));
      REQUIRE(std::abs(whole) < 8.5);
    }
}

}  // namespace

TEST_CASE(
    "a network trained on through rounding keeps its accuracy, and eval and simulate see the rounding") {
  const Workspace work;
  const Arguments spiking{"--encoding", "bernoulli", "--reset", "zero", "--epochs", "6"};
  const auto plain = work.train(joined(spiking, {"--out", "plain.h5"})).json();
  REQUIRE(plain["test_accuracy"] > above_chance(n_test));
  const auto result = work.loci(
      from_plain(joined(rounding, {"--quantize-scale", "8,8", "--epochs", "4", "--out", "rounded.h5"})));
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json rounded = result.json();
  CHECK(rounded["parameter_sha256"] != plain["parameter_sha256"]);
  CHECK(rounded["test_accuracy"] > plain["test_accuracy"].get<double>() - 0.15);
  CHECK_THAT(rounded["network"].get<std::string>(), Contains("4-bit weights, 7-bit positions, 5-bit masks"));
  check_whole_weights(work / "rounded.h5");
  CHECK(work.loci({"eval", "rounded.h5", "--json"}).json()["accuracy"] == rounded["test_accuracy"]);
  const auto info = work.loci({"info", "rounded.h5", "--json"}).json();
  CHECK(info["attributes"]["from"] == "plain.h5");
  CHECK(info["attributes"]["from_sha256"] == plain["parameter_sha256"]);
  const auto simulated = work.loci({"simulate", "rounded.h5", "--samples", "200", "--compare", "--json"});
  CAPTURE(simulated.err);
  REQUIRE(simulated.exit_code == 0);
  // With scales that are powers of two, sums that equal the threshold do so in float and in double; leaks
  // round, and may change a label or two of 200.
  CHECK(simulated.json()["runs"][0]["accuracy"].get<double>() ==
        Approx(rounded["test_accuracy"].get<double>()).margin(0.011));
}

TEST_CASE("a start from a model takes its configuration, but for its rounding, and options change it") {
  const Workspace work;
  REQUIRE(work.train({"--out", "plain.h5", "--beta", "0.9"}).exit_code == 0);
  const auto config = [&](const Arguments& more) {
    return work.loci(joined({"train", "--print-config"}, more)).out;
  };
  CHECK_THAT(config({"--from", "plain.h5", "--epochs", "9"}),
             Contains("\nbeta = 0.9\n") && Contains("\nhidden = [24]\n") && Contains("\nepochs = 9\n"));
  REQUIRE(work.loci(from_plain(joined(rounding, {"--epochs", "1", "--out", "rounded.h5"}))).exit_code == 0);
  const auto text = work.loci({"info", "rounded.h5", "--json"}).json()["configuration"].get<std::string>();
  CHECK_THAT(text, Contains("\nweights = 4\nscale = [") && Contains("\npositions = 7\nstep = 0."));
  CHECK_THAT(config({"--from", "rounded.h5"}),
             Contains("\nweights = 0\nscale = []\npositions = 0\nstep = 0\n"));
  // No epoch that changes anything: the parameters are those it started from.
  const auto still = work.loci(from_plain(
      {"--epochs", "1", "--learning-rate", "1e-30", "--adam-epsilon", "1e30", "--out", "still.h5"}));
  REQUIRE(still.exit_code == 0);
  CHECK(still.json()["parameter_sha256"] ==
        work.loci({"info", "plain.h5", "--json"}).json()["parameter_sha256"]);
}

TEST_CASE("rounded training is the same on any number of threads") {
  const Workspace work;
  REQUIRE(work.train({"--out", "plain.h5"}).exit_code == 0);
  const auto digest = [&](const char* n_threads) {
    return work.loci(from_plain(joined(rounding, {"--threads", n_threads, "--force", "--out", "rounded.h5"})))
        .json()["parameter_sha256"];
  };
  const auto one = digest("1");
  CHECK(digest("2") == one);
  CHECK(digest("5") == one);
}

TEST_CASE("images are averaged down for training, eval and simulate alike") {
  const Workspace work;
  const auto trained = work.train({"--image-size", "4", "--encoding", "bernoulli", "--epochs", "6"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  const json summary = trained.json();
  CHECK_THAT(summary["network"].get<std::string>(), Contains("16-24-10"));
  CHECK(work.loci({"eval", "model.h5", "--json"}).json()["accuracy"] == summary["test_accuracy"]);
  CHECK(work.loci({"simulate", "model.h5", "--samples", "5", "--json"}).exit_code == 0);
}

TEST_CASE("without biases none is learned") {
  const Workspace work;
  for (const char* wiring : {"spatial", "dense"}) {
    Arguments more{"--no-biases", "--wiring", wiring, "--force"};
    if (wiring == std::string("dense")) {
      write_bytes(work / "dense.toml", "[data]\ndataset = \"fashion-mnist\"\ndir = \"data\"\n");
      REQUIRE(work.loci(joined({"train", "--config", "dense.toml", "--epochs", "1"}, more)).exit_code == 0);
    } else {
      REQUIRE(work.train(more).exit_code == 0);
    }
    const auto model = io::read_model(work / "model.h5");
    sim::Parameters parameters(model.network);
    parameters.values = model.parameters;
    for (const char* group : {"bias1", "bias2"})
      for (const float bias : std::as_const(parameters).view(parameters.layout.at(group)))
        CHECK(bias == 0.0F);
  }
}

TEST_CASE("rounding and starts that make no sense are refused, and nothing is written") {
  const Workspace work;
  REQUIRE(work.train({"--out", "plain.h5", "--epochs", "1"}).exit_code == 0);
  const auto before = work.contents();
  struct Refused {
    Arguments arguments;
    std::string where;
    std::string problem;
  };
  for (const Refused& bad : {
           Refused{{"--config", "tiny.toml", "--quantize-weights", "8"}, "quantization.scale", "--from"},
           Refused{{"--config", "tiny.toml", "--quantize-positions", "8"}, "quantization.step", "--from"},
           Refused{{"--from", "plain.h5", "--quantize-weights", "1"}, "quantization.weights", "1 bits"},
           Refused{{"--from", "plain.h5", "--quantize-masks", "64"}, "quantization.masks", "64 bits"},
           Refused{{"--from", "plain.h5", "--quantize-weights", "8", "--quantize-scale", "3"},
                   "quantization.scale",
                   "1 scales for 2 connections"},
           Refused{{"--from", "plain.h5", "--quantize-positions", "8", "--quantize-step", "0.3"},
                   "quantization.step",
                   "power of two"},
           Refused{{"--from", "plain.h5", "--hidden", "25"}, "--from", "64-24-10"},
           Refused{{"--from", "nothing.h5"}, "nothing.h5", "what is wrong"},
           Refused{{"--resume", "plain.h5", "--from", "plain.h5"}, "--from", "resumed training"},
           Refused{{"--config", "tiny.toml", "--image-size", "9"}, "data.image_size", "8 x 8"},
       }) {
    const auto result = work.loci(joined({"train", "--out", "new.h5"}, bad.arguments));
    CAPTURE(bad.arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(bad.where) && Contains(bad.problem) && Contains("what to do: "));
  }
  CHECK(work.contents() == before);
}
