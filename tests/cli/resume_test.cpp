// A training that is cut off at any moment and resumed ends as if nothing had happened.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "io/model_file.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

// The history without the time it took.
std::vector<std::vector<std::string>> reproducible_history(const std::filesystem::path& path) {
  auto rows = read_csv(path);
  for (auto& row : rows) row.pop_back();
  return rows;
}

// Waits until `path` has been seen with so many different contents.
void wait_for_checkpoints(const std::filesystem::path& path, std::size_t n) {
  std::string last;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (n > 0 && std::chrono::steady_clock::now() < deadline) {
    std::string content = read_bytes(path);
    if (content != last) {
      last = std::move(content);
      --n;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  REQUIRE(n == 0);
}

struct Cut {
  std::size_t times = 0;
  bool within_an_epoch = false;
};

// Runs `arguments` and then resumes until it is done, ending each run but the last by a signal after some
// checkpoints.
Cut train_with_cuts(const Workspace& work, const Arguments& arguments, int signal, int exit_code,
                    std::size_t most) {
  Cut cut;
  for (bool resumed = false; cut.times < most; resumed = true) {
    const auto path = work / "cut.h5";
    Process process(
        resumed ? Arguments{"train", "--resume", "cut.h5", "--json", "--checkpoint-seconds", "0"} : arguments,
        work.surroundings());
    wait_for_checkpoints(path, 3 + 2 * cut.times + (resumed ? 1 : 0));  // a resumed run finds one there
    process.signal(signal);
    const Result result = process.wait();
    CAPTURE(result.err);
    REQUIRE(result.exit_code == exit_code);
    if (signal != SIGKILL) CHECK_THAT(result.err, Contains("loci train --resume cut.h5"));
    ++cut.times;
    const auto checkpoint = io::read_model(path);  // whole at any moment
    REQUIRE(checkpoint.snapshot);
    cut.within_an_epoch = cut.within_an_epoch || checkpoint.snapshot->integers.at("batches_done") > 0;
    CHECK(work.loci({"info", "cut.h5", "--json"}).json()["resumable"] == true);
  }
  return cut;
}

}  // namespace

TEST_CASE("a training that is killed again and again ends as one that was left alone") {
  const Workspace work;
  // 40 batches an epoch, a checkpoint after each.
  Arguments more{"--batch-size", "10", "--epochs", "8"};
  SECTION("as it is") {}
  SECTION("with random input") {
    more.insert(more.end(), {"--encoding", "bernoulli"});
  }
  SECTION("a rate network") {
    more.insert(more.end(), {"--neuron", "mlp"});
  }
  SECTION("along the edges within a cutoff") {
    more.insert(more.end(), {"--cutoff", "3.2", "--hidden", "60", "--validation", "80"});
  }
  SECTION("through rounded numbers, from a model") {
    REQUIRE(work.train({"--epochs", "2", "--out", "plain.h5"}).exit_code == 0);
    more.insert(more.end(), {"--from", "plain.h5", "--quantize-weights", "5", "--quantize-positions", "8"});
  }
  SECTION("with a schedule and the best epoch kept") {
    more.insert(more.end(), {"--decay", "cosine", "--warmup", "0.2", "--validation", "80"});
  }
  more.insert(more.end(), {"--out", "whole.h5"});
  const json whole = work.train(more).json();
  more.back() = "cut.h5";
  more.insert(more.end(), {"--checkpoint-seconds", "0", "--threads", "1"});
  const Cut cut = train_with_cuts(work, work.train_arguments(more), SIGKILL, -SIGKILL, 3);
  CHECK(cut.within_an_epoch);
  const auto last = work.loci({"train", "--resume", "cut.h5", "--json"});
  REQUIRE(last.exit_code == 0);
  CHECK(last.json()["parameter_sha256"] == whole["parameter_sha256"]);
  CHECK(last.json()["test_accuracy"] == whole["test_accuracy"]);
  CHECK(last.json()["epochs"] == 8);
  CHECK(reproducible_history(work / "cut.csv") == reproducible_history(work / "whole.csv"));
  CHECK(read_csv(work / "cut.csv").size() == 1 + 8);
}

TEST_CASE("an interrupted training finishes its batch, says how to go on, and goes on") {
  const Workspace work;
  const int signal = GENERATE(SIGINT, SIGTERM);
  const Arguments more{"--batch-size", "10", "--epochs", "8", "--out"};
  auto arguments = work.train_arguments(more);
  arguments.emplace_back("whole.h5");
  const json whole = work.loci(arguments).json();
  arguments.back() = "cut.h5";
  arguments.insert(arguments.end(), {"--checkpoint-seconds", "0"});
  CHECK(train_with_cuts(work, arguments, signal, 130, 2).within_an_epoch);
  const json last = work.loci({"train", "--resume", "cut.h5", "--json"}).json();
  CHECK(last["parameter_sha256"] == whole["parameter_sha256"]);
  CHECK(reproducible_history(work / "cut.csv") == reproducible_history(work / "whole.csv"));
}

TEST_CASE("a training interrupted long before its end keeps what it has learned") {
  const Workspace work;
  const Arguments more{"--batch-size", "10", "--epochs", "2000"};
  Process process(work.train_arguments(more), work.surroundings());
  REQUIRE(process.wait_for_err("epoch   3/2000"));
  process.signal(SIGINT);
  const auto result = process.wait();
  CHECK(result.exit_code == 130);
  CHECK(result.out.empty());
  const auto epochs = work.loci({"info", "model.h5", "--json"}).json()["epochs"].get<std::size_t>();
  CHECK(epochs >= 3);
  CHECK(epochs < 2000);
}

TEST_CASE("a training that stops early does so at the same epoch after it was killed") {
  const Workspace work;
  const Arguments more{"--batch-size", "10", "--epochs",        "60",  "--validation", "100",
                       "--patience",   "2",  "--learning-rate", "0.1", "--out"};
  auto arguments = work.train_arguments(more);
  arguments.emplace_back("whole.h5");
  const json whole = work.loci(arguments).json();
  REQUIRE(whole["stopped_early"] == true);
  CHECK(whole["epochs"] == whole["best_epoch"].get<std::size_t>() + 2);
  arguments.back() = "cut.h5";
  arguments.insert(arguments.end(), {"--checkpoint-seconds", "0"});
  CHECK(train_with_cuts(work, arguments, SIGKILL, -SIGKILL, 2).within_an_epoch);
  const json last = work.loci({"train", "--resume", "cut.h5", "--json"}).json();
  for (const char* field :
       {"parameter_sha256", "stopped_early", "epochs", "best_epoch", "validation_accuracy", "test_accuracy"})
    CHECK(last[field] == whole[field]);
  CHECK(reproducible_history(work / "cut.csv") == reproducible_history(work / "whole.csv"));
}

TEST_CASE("a finished training is not resumed") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const auto before = work.contents();
  const auto result = work.loci({"train", "--resume", "model.h5"});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err,
             Contains("model.h5") && Contains("training is finished") && Contains("start a new run"));
  CHECK(work.contents() == before);
}

TEST_CASE("a resumed training takes no configuration") {
  const Workspace work;
  Process process(work.train_arguments({"--epochs", "300"}), work.surroundings());
  wait_for_checkpoints(work / "model.h5", 1);
  process.signal(SIGINT);
  REQUIRE(process.wait().exit_code == 130);
  const auto before = work.contents();
  const Arguments given =
      GENERATE(Arguments{"--epochs", "3"}, Arguments{"--no-balanced"}, Arguments{"--preset", "demo"},
               Arguments{"--config", "tiny.toml"}, Arguments{"--out", "other.h5"});
  Arguments arguments{"train", "--resume", "model.h5"};
  arguments.insert(arguments.end(), given.begin(), given.end());
  const auto result = work.loci(arguments);
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Contains(given[0] == "--no-balanced" ? "--balanced" : given[0]) &&
                             Contains("what to do: leave the option out"));
  CHECK(work.contents() == before);
}
