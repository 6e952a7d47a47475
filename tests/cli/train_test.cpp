// What train, info and eval say of one network, and that they say the same.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "io/model_file.hpp"
#include "sim/parameters.hpp"
#include "workspace.hpp"

using Catch::Contains;
using nlohmann::json;

namespace {

std::string digest_of(const Result& result) {
  REQUIRE(result.exit_code == 0);
  return result.json()["parameter_sha256"].get<std::string>();
}

// (sum of the diagonal, sum of all)
std::pair<std::size_t, std::size_t> trace_and_total(const json& confusion) {
  std::size_t trace = 0;
  std::size_t total = 0;
  for (std::size_t label = 0; label < confusion.size(); ++label)
    for (std::size_t predicted = 0; predicted < confusion[label].size(); ++predicted) {
      total += confusion[label][predicted].get<std::size_t>();
      trace += label == predicted ? confusion[label][predicted].get<std::size_t>() : 0;
    }
  return {trace, total};
}

}  // namespace

TEST_CASE("a training writes its model and history and says what it did") {
  const Workspace work;
  const auto result = work.train({"--out", "runs/first.h5", "--threads", "2"});
  REQUIRE(result.exit_code == 0);
  const json summary = result.json();
  CHECK(summary["test_accuracy"].get<double>() > above_chance(n_test));
  CHECK(summary["train_accuracy"].get<double>() > above_chance(n_train));
  CHECK(summary["network"] == "64-24-10 spatial snn, 6-D, learned gaps, balanced");
  CHECK(summary["dataset"] == "fashion-mnist");
  CHECK(summary["seed"] == 1);
  CHECK(summary["epochs"] == 3);
  CHECK(summary["stopped_early"] == false);
  CHECK(summary["threads"] == 2);
  CHECK(summary["spikes_per_image"].get<double>() > 0);
  CHECK(summary["test_loss"].get<double>() > 0);
  CHECK(summary["median_epoch_seconds"].get<double>() > 0);
  CHECK(summary["seconds"].get<double>() >= summary["median_epoch_seconds"].get<double>());
  CHECK(summary["peak_memory_mib"].get<double>() > 1);
  CHECK_FALSE(summary["instruction_set"].get<std::string>().empty());
  CHECK_FALSE(summary.contains("validation_accuracy"));
  double shares = 0;
  for (const auto& share : summary["share_of_time"]) shares += share.get<double>();
  CHECK(shares == Approx(1.0));
  CHECK(summary["parameter_sha256"].get<std::string>().find_first_not_of("0123456789abcdef") ==
        std::string::npos);
  CHECK(summary["parameter_sha256"].get<std::string>().size() == 64);
  CHECK(summary["model"] == "runs/first.h5");
  CHECK(summary["history_csv"] == "runs/first.csv");

  const auto history = read_csv(work / "runs/first.csv");
  REQUIRE(history.size() == 4);
  CHECK(history[0] == std::vector<std::string>{"epoch", "learning_rate", "train_loss", "train_accuracy",
                                               "validation_accuracy", "spikes_per_image", "seconds"});
  for (std::size_t epoch = 1; epoch <= 3; ++epoch) CHECK(history[epoch][0] == std::to_string(epoch));
  CHECK(std::stod(history[3][2]) < std::stod(history[1][2]));
  CHECK(std::stod(history[3][3]) == summary["train_accuracy"].get<double>());
  const auto entries = std::filesystem::directory_iterator(work / "runs");
  CHECK(std::distance(begin(entries), end(entries)) == 2);
}

TEST_CASE("info tells of a model what train told, group by group") {
  const Workspace work;
  const json summary = work.train({}).json();
  const auto result = work.loci({"info", "model.h5", "--json"});
  REQUIRE(result.exit_code == 0);
  const json info = result.json();
  CHECK(info["parameter_sha256"] == summary["parameter_sha256"]);
  CHECK(info["network"] == summary["network"]);
  CHECK(info["parameters"] == summary["parameters"]);
  // 64-24-10 with five coordinates, an inhibition value per sending neuron, a gap per pair of layers, a bias
  // per LIF neuron.
  const json by_kind{{"position", 98 * 5}, {"inhibition", 88}, {"gap", 2}, {"bias", 34}};
  CHECK(info["parameters_by_kind"] == by_kind);
  CHECK(info["parameters"] == 490 + 88 + 2 + 34);
  std::size_t in_groups = 0;
  std::set<std::string> names;
  for (const auto& group : info["groups"]) {
    in_groups += group["parameters"].get<std::size_t>();
    CHECK(group["parameters"] == group["shape"][0].get<std::size_t>() * group["shape"][1].get<std::size_t>());
    names.insert(group["name"].get<std::string>());
  }
  CHECK(in_groups == info["parameters"]);
  CHECK(names == std::set<std::string>{"position0", "position1", "position2", "inhibition0", "inhibition1",
                                       "gap0", "gap1", "bias1", "bias2"});
  CHECK(info["epochs"] == 3);
  CHECK(info["history"].size() == 3);
  CHECK(info["resumable"] == false);
  CHECK(std::stod(info["attributes"]["test_accuracy"].get<std::string>()) ==
        summary["test_accuracy"].get<double>());

  const auto text = work.loci({"info", "model.h5", "--config"});
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out, Contains(summary["parameter_sha256"].get<std::string>()) && Contains("position0") &&
                           Contains("batch_size = 20"));
}

TEST_CASE("info counts the edges of each connection and tells what share of the pairs has one") {
  const Workspace work;
  // On a line, with gaps of 3: 0 and 8, then 0, 4 and 9.6, then 0. Distances 3, 5, 10.1 and 8.5, 5, 3.4, then
  // 3, 5, 10.1.
  loci::io::ModelFile model{.network = {.sizes = {2, 3, 1}, .dims = 2, .cutoff = 5.0, .pruned = 0.3}};
  loci::sim::Parameters parameters(model.network);
  const auto set = [&parameters](const char* kind, std::size_t layer, const std::vector<float>& values) {
    std::copy(values.begin(), values.end(), parameters.group(kind, layer).begin());
  };
  set("position", 0, {0, 8});
  set("position", 1, {0, 4, 9.6F});
  for (const std::size_t l : {0U, 1U}) {
    std::ranges::fill(parameters.group("inhibition", l), 1.0F);
    set("gap", l, {3});
  }
  parameters.group("inhibition", 0)[0] = 0.5F;  // tanh(2.5) < tanh(5): of the two of length 5 one is smaller
  model.parameters = parameters.values;
  loci::io::write_model(work / "culled.h5", model);
  const auto info = work.loci({"info", "culled.h5", "--json"}).json();
  // Of six pairs four are within the cutoff, less floor(0.3 x 4); of three two, less none.
  const json expected{{{"edges", 3}, {"share", 0.5}}, {{"edges", 2}, {"share", 2.0 / 3}}};
  CHECK(info["connections"] == expected);
  CHECK(info["network"] == "2-3-1 spatial snn, 2-D, learned gaps, cutoff 5, 0.3 of the edges pruned");
  CHECK_THAT(work.loci({"info", "culled.h5"}).out,
             Contains("0 to 1              3  (50 % of all pairs)") &&
                 Contains("1 to 2              2  (66.67 % of all pairs)"));
  REQUIRE(work.train({}).exit_code == 0);
  const json whole{{{"edges", 64 * 24}, {"share", 1.0}}, {{"edges", 24 * 10}, {"share", 1.0}}};
  CHECK(work.loci({"info", "model.h5", "--json"}).json()["connections"] == whole);
}

TEST_CASE("eval finds the accuracy that train reported, and its confusion matrix counts every image once") {
  const Workspace work;
  const bool spiking = GENERATE(true, false);
  const json summary = work.train({"--neuron", spiking ? "snn" : "mlp"}).json();
  const auto result = work.loci({"eval", "model.h5", "--json", "--threads", "1"});
  REQUIRE(result.exit_code == 0);
  const json evaluation = result.json();
  CHECK(evaluation["accuracy"] == summary["test_accuracy"]);
  CHECK(evaluation["loss"] == summary["test_loss"]);
  CHECK(evaluation["images"] == n_test);
  CHECK(evaluation["split"] == "test");
  CHECK(evaluation.contains("spikes_per_image") == spiking);
  const auto [trace, total] = trace_and_total(evaluation["confusion"]);
  CHECK(total == n_test);
  CHECK(trace < total);  // else recall and precision below prove nothing
  CHECK(evaluation["accuracy"].get<double>() ==
        Approx(static_cast<double>(trace) / static_cast<double>(total)));

  const auto labels = test_labels();
  std::size_t n_rows = 0;
  for (const auto& row : evaluation["classes"]) {
    const auto label = row["class"].get<std::size_t>();
    std::size_t predicted = 0;
    for (const auto& from : evaluation["confusion"]) predicted += from[label].get<std::size_t>();
    const auto right = evaluation["confusion"][label][label].get<double>();
    const auto actual = std::count(labels.begin(), labels.end(), label);
    CHECK(row["images"] == actual);
    CHECK(row["recall"].get<double>() == Approx(right / static_cast<double>(actual)));
    if (predicted > 0)
      CHECK(row["precision"].get<double>() == Approx(right / static_cast<double>(predicted)));
    ++n_rows;
  }
  CHECK(n_rows == n_classes);

  const json on_training = work.loci({"eval", "model.h5", "--train", "--json"}).json();
  CHECK(on_training["images"] == n_train);
  CHECK(on_training["split"] == "training");
  CHECK_THAT(work.loci({"eval", "model.h5"}).out, Contains("accuracy") && Contains("label \\ predicted"));
}

TEST_CASE("the same seed gives the same parameters for any number of threads, another seed gives others") {
  const Workspace work;
  const Arguments kind = GENERATE(Arguments{"--neuron", "snn"}, Arguments{"--encoding", "bernoulli"},
                                  Arguments{"--encoding", "latency"}, Arguments{"--neuron", "mlp"},
                                  Arguments{"--cutoff", "3.2", "--pruned", "0.2", "--hidden", "100"});
  CAPTURE(kind);
  const auto digest = [&](Arguments more) {
    more.insert(more.end(), kind.begin(), kind.end());
    more.emplace_back("--force");
    return digest_of(work.train(more));
  };
  const std::string one = digest({"--threads", "1"});
  CHECK(digest({"--threads", "2"}) == one);
  CHECK(digest({"--threads", "8"}) == one);
  CHECK(digest({"--threads", "1", "--seed", "2"}) != one);
}

TEST_CASE("the portable kernels are used on request and learn as well") {
  const Workspace work;
  const auto result = work.train({"--instruction-set", "portable"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.json()["instruction_set"] == "portable");
  CHECK(result.json()["test_accuracy"].get<double>() > above_chance(n_test));
}

TEST_CASE("a batch run in smaller blocks of samples changes memory, not what is computed") {
  const Workspace work;
  const auto train_losses = [&](const char* mib) {
    REQUIRE(work.train({"--force", "--trajectory-mib", mib, "--batch-size", "400"}).exit_code == 0);
    std::vector<double> losses;
    for (const auto& row : read_csv(work / "model.csv"))
      if (row[0] != "epoch") losses.push_back(std::stod(row[2]));
    return losses;
  };
  const auto all = train_losses("128");
  for (const char* mib : {"0.05", "0.00001"}) {
    const auto pieces = train_losses(mib);
    REQUIRE(pieces.size() == 3);
    // One update an epoch. The first loss is that of the same parameters, but for the order of its sum;
    // gradients add up in another order, and Adam's first step is as long for a small gradient as for a
    // large one.
    CHECK(pieces[0] == Approx(all[0]).epsilon(1e-12));
    for (const std::size_t epoch : {1, 2}) CHECK(pieces[epoch] == Approx(all[epoch]).epsilon(0.01));
    CHECK(digest_of(work.train({"--force", "--trajectory-mib", mib, "--threads", "1"})) ==
          digest_of(work.train({"--force", "--trajectory-mib", mib, "--threads", "2"})));
    CHECK(work.train({"--force", "--trajectory-mib", mib}).json()["test_accuracy"].get<double>() >
          above_chance(n_test));
  }
}

TEST_CASE("validation images choose the epoch that is kept") {
  const Workspace work;
  const json summary = work.train({"--validation", "100", "--epochs", "6"}).json();
  const auto history = read_csv(work / "model.csv");
  REQUIRE(history.size() == 7);
  double best = -1;
  std::size_t best_epoch = 0;
  for (std::size_t epoch = 1; epoch < history.size(); ++epoch)
    if (const double accuracy = std::stod(history[epoch][4]); accuracy > best) {
      best = accuracy;
      best_epoch = epoch;
    }
  CHECK(best > above_chance(100));
  CHECK(summary["validation_accuracy"].get<double>() == Approx(best));
  CHECK(summary["best_epoch"] == best_epoch);
  CHECK(work.loci({"info", "model.h5", "--json"}).json()["parameter_sha256"] == summary["parameter_sha256"]);
  CHECK(work.loci({"eval", "model.h5", "--json"}).json()["accuracy"] == summary["test_accuracy"]);
}
