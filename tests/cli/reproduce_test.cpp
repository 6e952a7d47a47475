// loci reproduce on experiments of a few images: what it makes, keeps, goes on with and shows.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "workspace.hpp"

using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* recipes = R"(
[recipe.tiny.network]
dims = 6
weight_scale = [1.0, 0.3]
balanced = true
[recipe.tiny.objective]
steps = 12
[recipe.tiny.training]
batch_size = 10
[recipe.tiny.paper.training]
learning_rate = 0.05
[recipe.tiny.loci.training]
learning_rate = 0.1
decay = "quadratic"
)";

constexpr const char* table = R"(
title = "A table"
kind = "table"
epochs = {quick = 3, plan = 40, full = 50}
seeds = {quick = 1, plan_paper = 1, plan_loci = 2, full = 3}
measures = ["pruning", "soft_pruning"]
[[row]]
id = "spikes"
title = "spiking"
paper_accuracy = 0.5
recipe = "tiny"
network = {hidden = [24]}
)";

constexpr const char* varied = R"(
title = "Varied"
kind = "varied"
epochs = {quick = 2, plan = 2, full = 2}
[[row]]
id = "pruned"
title = "pruned"
recipe = "tiny"
recipes = ["loci"]
network = {hidden = [24], neuron = "mlp"}
vary = "network.pruned"
values = [0.0, 0.5]
)";

constexpr const char* choice = R"(
title = "A choice"
kind = "frontier"
epochs = {quick = 2, plan = 2, full = 2}
choose = {validation = 100, quick = 1, plan = 1, full = 1}
[[row]]
id = "small"
title = "small"
budget = 1000
recipe = "tiny"
recipes = ["loci"]
candidate = [
  {network = {hidden = [4]}},
  {network = {hidden = [24], neuron = "mlp"}},
]
)";

// A workspace with experiments of its own.
struct Laboratory {
  Laboratory() {
    fs::create_directory(work / "own");
    write_bytes(work / "own/recipes.toml", recipes);
    write_bytes(work / "own/table1.toml", table);
    write_bytes(work / "own/varied.toml", varied);
    write_bytes(work / "own/zchoice.toml", choice);
  }
  Arguments arguments(const Arguments& more) const {
    Arguments all{"reproduce",     "--experiments", "own",  "--dataset",
                  "fashion-mnist", "--data-dir",    "data", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Result reproduce(const Arguments& more) const { return work.loci(arguments(more)); }
  // By name; without what the time and the number of jobs change.
  std::map<std::string, json> kept(const std::string& folder) const {
    std::map<std::string, json> results;
    for (const auto& entry : fs::directory_iterator(work / folder / "reproduction")) {
      if (entry.path().extension() != ".json") continue;
      json result = json::parse(read_bytes(entry.path()));
      for (const char* field : {"seconds", "threads", "jobs"}) {
        REQUIRE(result.contains(field));
        result.erase(field);
      }
      results[entry.path().filename().string()] = result;
    }
    return results;
  }
  Workspace work;
};

}  // namespace

TEST_CASE("rows, recipes and seeds become runs, each made once and kept") {
  const Laboratory lab;
  const json list = lab.reproduce({"--list", "--results", "r"}).json();
  CHECK(list["runs"] == 3 + 2 + 2);  // the chosen network comes later
  CHECK(list["missing"] == 7);
  CHECK(list["experiments"][0]["id"] == "table1");
  CHECK(list["experiments"][0]["runs"] == 3);
  CHECK(list["experiments"][2]["more_after_a_choice"] == true);
  CHECK(list["hours"] > 0);
  const auto first = lab.reproduce({"--quick", "--results", "r", "table1"});
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  CHECK(first.json()["made"] == 2);
  CHECK(first.json()["missing"] == 0);
  CHECK_THAT(first.err, Contains("table1: spiking, paper, seed 1: test accuracy"));
  const auto results = lab.kept("r");
  REQUIRE(results.size() == 2);
  for (const auto& [name, result] : results) {
    CHECK(result["id"].get<std::string>() + ".json" == name);
    CHECK(result["epochs"] == 3);
    CHECK(result["train_accuracy"].size() == 3);
    CHECK(result["spikes_per_image"][0] > 1);
    CHECK(result["test_accuracy"] > above_chance(n_test));
    CHECK(result["measures"]["pruning"]["curves"]["smallest weights, by connection"][0] ==
          result["test_accuracy"]);
    CHECK(result["measures"]["pruning"]["curves"].size() == 6);
    const auto softly = result["measures"]["soft_pruning"]["curves"]["soft threshold, by connection"];
    CHECK(softly[0] == result["test_accuracy"]);
    CHECK(softly != result["measures"]["pruning"]["curves"]["smallest weights, by connection"]);
    CHECK(result["machine"].get<std::string>().size() > 3);
    CHECK_THAT(result["configuration"].get<std::string>(), Contains("batch_size = 10"));
  }
  const auto second = lab.reproduce({"--quick", "--results", "r", "table1"});
  CHECK(second.json()["made"] == 0);
  CHECK(second.json()["tables"] == first.json()["tables"]);
  // What was trained is measured again without being trained again.
  const auto path = lab.work / "r/reproduction" / results.begin()->first;
  fs::remove(path);
  const auto third = lab.reproduce({"--quick", "--results", "r", "table1"});
  CHECK(third.json()["made"] == 1);
  CHECK(lab.kept("r") == results);
  // So is what lacks a measure, and keeps those it has.
  json without = json::parse(read_bytes(path));
  without["measures"] = {{"layers", "kept"}};
  write_bytes(path, without.dump());
  CHECK(lab.reproduce({"--quick", "--results", "r", "table1"}).json()["made"] == 1);
  auto more = results;
  more.begin()->second["measures"]["layers"] = "kept";
  CHECK(lab.kept("r") == more);
}

TEST_CASE("results do not depend on how many runs are made at a time") {
  const Laboratory lab;
  REQUIRE(lab.reproduce({"--quick", "--results", "one", "--jobs", "1"}).exit_code == 0);
  REQUIRE(lab.reproduce({"--quick", "--results", "four", "--jobs", "4"}).exit_code == 0);
  CHECK(lab.kept("one").size() == 2 + 2 + 2 + 1);
  CHECK(lab.kept("one") == lab.kept("four"));
}

TEST_CASE("a reproduction that is killed again and again ends as one that was left alone") {
  const Laboratory lab;
  const int signal = GENERATE(SIGKILL, SIGINT);
  REQUIRE(lab.reproduce({"--results", "whole", "--recipe", "loci", "--jobs", "1", "table1"}).exit_code == 0);
  const Arguments cut{"--results", "cut",   "--recipe", "loci", "--jobs", "2", "--checkpoint-seconds",
                      "0",         "table1"};
  const auto models = lab.work / "cut/reproduction/models";
  for (int times = 0; times < 2; ++times) {
    Process process(lab.arguments(cut), lab.work.surroundings());
    // Each time a little further: 40 batches an epoch, a checkpoint after each.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    int n_seen = 0;
    auto last = fs::file_time_type::min();
    while (n_seen < 4 + 3 * times && std::chrono::steady_clock::now() < deadline) {
      if (fs::exists(models))
        for (const auto& entry : fs::directory_iterator(models)) {
          std::error_code error;
          const auto written = fs::last_write_time(entry.path(), error);
          if (!error && written > last) {
            last = written;
            ++n_seen;
          }
        }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    process.signal(signal);
    const auto result = process.wait();
    if (times > 0 && result.exit_code == 0) break;  // done before the signal came
    REQUIRE(result.exit_code == (signal == SIGKILL ? -SIGKILL : 130));
    if (signal == SIGINT) CHECK_THAT(result.err, Contains("goes on where this one stopped"));
    if (times == 0) CHECK(lab.kept("cut").empty());
  }
  const auto last = lab.reproduce({"--results", "cut", "--recipe", "loci", "table1"});
  INFO(last.err);
  REQUIRE(last.exit_code == 0);
  CHECK(lab.kept("cut").size() == 2);
  CHECK(lab.kept("cut") == lab.kept("whole"));
}

TEST_CASE("a network is chosen on validation images, and only the chosen one sees the test images") {
  const Laboratory lab;
  const auto result = lab.reproduce({"--quick", "--results", "r", "zchoice"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.json()["made"] == 3);
  const auto kept = lab.kept("r");
  REQUIRE(kept.size() == 3);
  double best = 0.0;
  std::string network;
  for (const auto& [name, candidate] : kept)
    if (!candidate.contains("test_accuracy") && candidate["best_validation"] > best) {
      best = candidate["best_validation"];
      network = candidate["network"];
    }
  int n_tested = 0;
  for (const auto& [name, run] : kept) {
    if (!run.contains("test_accuracy")) continue;
    ++n_tested;
    CHECK(run["network"] == network);
    CHECK(run["epochs"] == 2);
    CHECK_FALSE(run.contains("validation_accuracy"));
  }
  CHECK(n_tested == 1);
}

TEST_CASE("the page is made from what is kept, without training") {
  const Laboratory lab;
  REQUIRE(lab.reproduce({"--quick", "--results", "r"}).exit_code == 0);
  const auto before = lab.kept("r");
  const auto result = lab.reproduce({"--render", "--results", "r", "--page", "pages/all.md"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.json()["runs"] == 7);
  const auto page = read_bytes(lab.work / "pages/all.md");
  CHECK_THAT(page, Contains("## Fashion-MNIST") && Contains("### A table") && Contains("| spiking | ") &&
                       Contains("| pruned | loci | ") && Contains("| 1000 | small | 64-"));
  CHECK_THAT(read_bytes(lab.work / "pages/all/varied.csv"),
             Contains("fashion-mnist,\"pruned\",loci,1,0.5,0."));
  CHECK(lab.kept("r") == before);
}

TEST_CASE("what nothing knows is refused before anything is trained") {
  const Laboratory lab;
  CHECK_THAT(lab.reproduce({"table7"}).err, Contains("table7") && Contains("no such experiment"));
  write_bytes(lab.work / "own/varied.toml", std::string(varied) + "netwrk.hidden = [3]\n");
  const auto unknown = lab.reproduce({"--list"});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, Contains("varied.toml") && Contains("netwrk"));
  write_bytes(lab.work / "own/varied.toml", std::string(varied));
  write_bytes(lab.work / "own/recipes.toml", std::string(recipes) + "[recipe.other.network]\ndimms = 3\n");
  CHECK_THAT(lab.reproduce({"--list"}).err, Contains("recipes.toml") && Contains("dimms"));
}

TEST_CASE("a run that cannot be made is told, and the others are made") {
  const Laboratory lab;
  write_bytes(lab.work / "own/varied.toml", R"(
title = "Varied"
kind = "table"
epochs = {quick = 1, plan = 1, full = 1}
[[row]]
id = "bad"
title = "bad"
recipe = "tiny"
recipes = ["loci"]
network = {hidden = [24], softening = -1}
[[row]]
id = "good"
title = "good"
recipe = "tiny"
recipes = ["loci"]
network = {hidden = [24]}
)");
  const auto result = lab.reproduce({"--results", "r", "varied"});
  CHECK(result.exit_code == 2);
  CHECK(result.json()["made"] == 1);
  CHECK(result.json()["failed"].size() == 1);
  CHECK_THAT(result.json()["failed"].dump(), Contains("network.softening"));
}

TEST_CASE("what varies may be the first connection's of a setting by connection") {
  const Laboratory lab;
  const auto with_setting = [](const std::string& setting) {
    return R"(
title = "Varied"
kind = "varied"
epochs = {quick = 1, plan = 1, full = 1}
[[row]]
id = "first"
title = "first"
recipe = "tiny"
recipes = ["loci"]
network = {hidden = [24], pruned_shares = [0.0, 0.25]}
values = [0.5]
vary = ")" +
           setting + "\"\n";
  };
  write_bytes(lab.work / "own/varied.toml", with_setting("network.pruned_shares"));
  REQUIRE(lab.reproduce({"--results", "r", "varied"}).exit_code == 0);
  const auto kept = lab.kept("r");
  REQUIRE(kept.size() == 1);
  CHECK_THAT(kept.begin()->second["network"].get<std::string>(),
             Contains("0.5 and 0.25 of the edges pruned"));
  for (const auto* setting : {"quantization.scale", "network.pruned_by"}) {
    write_bytes(lab.work / "own/varied.toml", with_setting(setting));
    CHECK_THAT(lab.reproduce({"--list"}).err, Contains(setting) && Contains("no setting with a number"));
  }
}

TEST_CASE("a recipe may say otherwise on one data set, and rows over it") {
  const Laboratory lab;
  const std::string own = std::string(recipes) +
                          "[recipe.tiny.loci.fashion-mnist.training]\nlearning_rate = 0.2\n"
                          "[recipe.tiny.loci.mnist.training]\nlearning_rate = 0.3\n";
  write_bytes(lab.work / "own/recipes.toml", own);
  REQUIRE(lab.reproduce({"--quick", "--recipe", "loci", "--results", "r", "table1"}).exit_code == 0);
  const auto configuration = [&](const std::string& folder) {
    const auto kept = lab.kept(folder);
    REQUIRE(kept.size() == 1);
    return kept.begin()->second["configuration"].get<std::string>();
  };
  CHECK_THAT(configuration("r"), Contains("learning_rate = 0.2\n") && Contains("decay = \"quadratic\""));
  write_bytes(lab.work / "own/table1.toml", std::string(table) + "loci.training = {learning_rate = 0.4}\n");
  REQUIRE(lab.reproduce({"--quick", "--recipe", "loci", "--results", "s", "table1"}).exit_code == 0);
  CHECK_THAT(configuration("s"), Contains("learning_rate = 0.4\n"));
  write_bytes(lab.work / "own/recipes.toml",
              own + "[recipe.tiny.loci.cifar.training]\nlearning_rate = 0.3\n");
  CHECK_THAT(lab.reproduce({"--list"}).err, Contains("recipe.tiny.loci.cifar"));
}
