// What a person sees: a bar on a terminal, plain lines elsewhere, nothing when quiet, help when asked.
#include <algorithm>
#include <catch2/catch.hpp>

#include "workspace.hpp"

using Catch::Contains;

TEST_CASE("quiet commands print nothing besides their result") {
  const Workspace work;
  const auto trained = work.train({"--quiet"});
  CHECK(trained.exit_code == 0);
  CHECK(trained.err.empty());
  CHECK(trained.json().contains("test_accuracy"));
  const auto simulated = work.loci({"simulate", "model.h5", "--quiet"});
  CHECK(simulated.exit_code == 0);
  CHECK(simulated.err.empty());
  CHECK_THAT(simulated.out, Contains("event engine: accuracy") && Contains("written: spikes.h5"));
}

TEST_CASE("a log gets one plain line an epoch") {
  const Workspace work;
  const auto result = work.loci({"train", "--config", "tiny.toml", "--validation", "50"});
  CHECK(result.exit_code == 0);
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1 + 3);  // what is trained, then the epochs
  CHECK(std::count(result.err.begin(), result.err.end(), '\r') == 0);
  CHECK(std::count(result.err.begin(), result.err.end(), '\033') == 0);
  CHECK_THAT(result.err,
             Contains("64-24-10 spatial snn") && Contains("350 training images") && Contains("kernels\n"));
  for (const char* epoch : {"epoch   1/3  loss ", "epoch   2/3  loss ", "epoch   3/3  loss "})
    CHECK_THAT(result.err, Contains(epoch));
  CHECK_THAT(result.err,
             Contains("train accuracy 0.") && Contains("validation 0.") && Contains("spikes/image"));
  CHECK_THAT(result.out, Contains("test accuracy") && Contains("parameter digest") &&
                             Contains("written           model.h5, model.csv"));
}

TEST_CASE("a terminal gets a bar that is drawn over itself, and the lines of the epochs stay") {
  const Workspace work;
  auto surroundings = work.surroundings();
  surroundings.terminal = true;
  const auto result = run(work.train_arguments({"--epochs", "40"}), surroundings);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Contains("\r\033[Kepoch ") && Contains("images/s") && Contains(" left") &&
                             Contains("[") && Contains("] "));
  CHECK_THAT(result.err, Contains("epoch  40/40  loss "));
  CHECK(result.json().contains("test_accuracy"));  // the result is not mixed with the bar
  const auto quiet = run(work.train_arguments({"--quiet", "--force"}), surroundings);
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.err.empty());

  const auto simulated = run({"simulate", "model.h5", "--json"}, surroundings);
  CHECK(simulated.exit_code == 0);
  CHECK_THAT(simulated.err, Contains("\r\033[Kevent engine ["));
  CHECK_THAT(simulated.err, Catch::EndsWith("\r\033[K"));  // gone when done
}

TEST_CASE("files whose names are not UTF-8 are read and written, and named as well as JSON can") {
  const Workspace work;
  const auto trained = work.train({"--out", "\xff.h5"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK(trained.json()["model"] == "\uFFFD.h5");
  CHECK(std::filesystem::exists(work / "\xff.h5"));
  CHECK(work.loci({"eval", "\xff.h5", "--json"}).json()["accuracy"] == trained.json()["test_accuracy"]);
  CHECK(work.loci({"info", "\xff.h5"}).exit_code == 0);
}

TEST_CASE("help and version are told on standard output, with success") {
  const Workspace work;
  for (const Arguments& asked : {Arguments{"--help"},
                                 {"train", "--help"},
                                 {"eval", "--help"},
                                 {"simulate", "--help"},
                                 {"info", "--help"},
                                 {"data", "--help"},
                                 {"data", "fetch", "--help"}}) {
    const auto result = work.loci(asked);
    CAPTURE(asked);
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    CHECK_THAT(result.out, Contains("Usage:"));
  }
  CHECK_THAT(work.loci({"--help"}).out,
             Contains("train") && Contains("eval") && Contains("simulate") && Contains("info"));
  CHECK_THAT(work.loci({"--version"}).out, Catch::StartsWith("loci "));
}

TEST_CASE("info without a file tells what the program is and runs on") {
  const Workspace work;
  const auto result = work.loci({"info", "--json"});
  CHECK(result.exit_code == 0);
  const auto info = result.json();
  const auto& sets = info["instruction_sets"];
  CHECK(std::find(sets.begin(), sets.end(), info["instruction_set"]) != sets.end());
  CHECK(info["threads"].get<int>() >= 1);
  CHECK_THAT(work.loci({"info"}).out, Contains(info["version"].get<std::string>()) && Contains("kernels"));
}
