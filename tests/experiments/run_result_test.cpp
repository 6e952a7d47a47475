// Results of runs as files.
#include "experiments/run_result.hpp"

#include <catch2/catch.hpp>

#include "sim/error.hpp"
#include "tests/io/temporary_folder.hpp"

using namespace loci;
using namespace loci::experiments;
using Catch::Contains;

namespace {

RunResult sample() {
  return {.id = "mnist-1",
          .configuration = "[data]\ndataset = \"mnist\"\n",
          .dataset = "mnist",
          .network = "2-2-1 dense mlp",
          .parameters = 9,
          .seed = 3,
          .epochs = 2,
          .train_loss = {0.1 + 0.2, 0.25},
          .train_accuracy = {0.5, 0.75},
          .validation_accuracy = {0.5, 0.625},
          .spikes_per_image = {7, 8},
          .best_validation = 0.625,
          .test_accuracy = 0.7,
          .test_loss = 1.0 / 3,
          .parameter_sha256 = "ab",
          .measures = {{"layers", nlohmann::json::array({1, 2})}},
          .seconds = 12.5,
          .machine = "a processor",
          .threads = 2,
          .jobs = 3,
          .instruction_set = "avx2",
          .loci_version = "1",
          .loci_commit = "c"};
}

}  // namespace

TEST_CASE("a result comes back with every number, a line for each field") {
  const TemporaryFolder folder;
  write_result(folder.path(), sample());
  const auto read = read_results(folder.path());
  REQUIRE(read.size() == 1);
  CHECK(to_json(read.at("mnist-1")) == to_json(sample()));
  CHECK(read.at("mnist-1").test_loss == 1.0 / 3);
  CHECK_THAT(read_bytes(folder / "mnist-1.json"), Contains("\n\"train_accuracy\": [0.5,0.75],\n"));
  auto unseen = sample();
  unseen.id = "mnist-2";
  unseen.test_accuracy.reset();
  unseen.validation_accuracy.clear();
  write_result(folder.path(), unseen);
  const auto both = read_results(folder.path());
  REQUIRE(both.size() == 2);
  CHECK_FALSE(both.at("mnist-2").test_accuracy);
  CHECK(both.at("mnist-2").validation_accuracy.empty());
}

TEST_CASE("a folder that is not there holds no results, and what is no result is refused by its name") {
  const TemporaryFolder folder;
  CHECK(read_results(folder / "none").empty());
  write_bytes(folder / "broken.json", "{\"id\": \"bro");
  CHECK_THROWS_WITH(read_results(folder.path()), Contains("broken.json") && Contains("no result"));
  std::filesystem::remove(folder / "broken.json");
  write_result(folder.path(), sample());
  std::filesystem::rename(folder / "mnist-1.json", folder / "other.json");
  CHECK_THROWS_WITH(read_results(folder.path()), Contains("other.json") && Contains("mnist-1"));
}

TEST_CASE("a run that is made again keeps what was measured before, unless its parameters are others") {
  const TemporaryFolder folder;
  CHECK_FALSE(read_result(folder.path(), "mnist-1"));
  write_result(folder.path(), sample());
  auto again = sample();
  again.measures = {{"pruning", 5}};
  again.seconds = 0.5;
  again.loci_commit = "d";
  const auto both = joined(*read_result(folder.path(), "mnist-1"), again);
  CHECK(both.measures.size() == 2);
  CHECK(both.measures.at("pruning") == 5);
  CHECK(both.measures.at("layers") == sample().measures.at("layers"));
  CHECK(both.seconds == 12.5);
  CHECK(both.loci_commit == "c");
  again.measures = {{"layers", 7}};
  CHECK(joined(sample(), again).measures.at("layers") == 7);
  again.parameter_sha256 = "cd";
  CHECK(to_json(joined(sample(), again)) == to_json(again));
}
