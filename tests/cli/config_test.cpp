// A configuration is one thing, whether it comes from a preset, a file or options.
#include <catch2/catch.hpp>
#include <sstream>

#include "workspace.hpp"

using Catch::Contains;

namespace {

std::string printed(const Workspace& work, Arguments arguments) {
  arguments.insert(arguments.begin(), "train");
  arguments.emplace_back("--print-config");
  const auto result = work.loci(arguments);
  CAPTURE(arguments, result.err);
  REQUIRE(result.exit_code == 0);
  REQUIRE_FALSE(result.out.empty());
  return result.out;
}

void check_round_trip(const Workspace& work, const Arguments& arguments) {
  const std::string first = printed(work, arguments);
  write_bytes(work / "printed.toml", first);
  CHECK(printed(work, {"--config", "printed.toml"}) == first);
}

}  // namespace

TEST_CASE("a configuration may hold the key that trajectory_mib replaced, but the option is gone") {
  const Workspace work;
  write_bytes(work / "old.toml", read_bytes(work / "tiny.toml") + "checkpoint_steps = 5\n");
  const auto trained = work.loci({"train", "--config", "old.toml", "--out", "old.h5", "--json"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK(work.loci({"eval", "old.h5", "--json"}).json()["accuracy"] == trained.json()["test_accuracy"]);
  const auto wrong =
      work.loci({"train", "--config", "old.toml", "--out", "new.h5", "--checkpoint-steps", "5"});
  CHECK(wrong.exit_code == 2);
}

TEST_CASE("a printed configuration, read again, is the same") {
  const Workspace work;
  check_round_trip(work, {});
  check_round_trip(work, {"--hidden",         "100,50",
                          "--weight-scale",   "0.1,0.25,3",
                          "--balanced",       "--no-reset-delay",
                          "--dims",           "3",
                          "--learning-rate",  "1e-5",
                          "--adam-epsilon",   "1e-30",
                          "--beta",           "0.1234567890123456789",
                          "--slope",          "1e22",
                          "--seed",           "9223372036854775807",
                          "--layer-distance", "relaxed",
                          "--decay",          "cosine",
                          "--clip-norm",      "1",
                          "--cutoff",         "2.5",
                          "--pruned",         "0.9"});
  for (const std::string folder : {"with \"quotes\" and \\ backslashes\\", "with\nline breaks\tand tabs",
                                   "räumlich", "'", "# no comment"})
    check_round_trip(work, {"--data-dir", folder});
}

TEST_CASE("every option of the configuration reaches the printed one") {
  const Workspace work;
  const std::string text = printed(work, {"--dataset",
                                          "mnist",
                                          "--data-dir",
                                          "x",
                                          "--train-images",
                                          "7",
                                          "--validation",
                                          "3",
                                          "--encoding",
                                          "latency",
                                          "--image-size",
                                          "14",
                                          "--hidden",
                                          "5,6",
                                          "--wiring",
                                          "dense",
                                          "--neuron",
                                          "mlp",
                                          "--dims",
                                          "9",
                                          "--layer-distance",
                                          "fixed",
                                          "--mask-steepness",
                                          "11",
                                          "--weight-scale",
                                          "2,3,4",
                                          "--balanced",
                                          "--balanced-layers",
                                          "hidden",
                                          "--softening",
                                          "0.5",
                                          "--cutoff",
                                          "6.5",
                                          "--pruned",
                                          "0.75",
                                          "--pruned-shares",
                                          "0.5,0.25",
                                          "--pruned-by",
                                          "length",
                                          "--beta",
                                          "0.25",
                                          "--threshold",
                                          "1.5",
                                          "--reset",
                                          "zero",
                                          "--no-reset-delay",
                                          "--spread",
                                          "2.5",
                                          "--gap",
                                          "3.5",
                                          "--no-biases",
                                          "--quantize-weights",
                                          "8",
                                          "--quantize-scale",
                                          "64,32,16.5",
                                          "--quantize-positions",
                                          "10",
                                          "--quantize-step",
                                          "0.25",
                                          "--quantize-masks",
                                          "6",
                                          "--loss",
                                          "membrane_sum",
                                          "--surrogate",
                                          "sigmoid",
                                          "--slope",
                                          "4.5",
                                          "--steps",
                                          "13",
                                          "--epochs",
                                          "14",
                                          "--batch-size",
                                          "15",
                                          "--learning-rate",
                                          "0.125",
                                          "--decay",
                                          "linear",
                                          "--warmup",
                                          "0.0625",
                                          "--pruning-begin",
                                          "0.25",
                                          "--pruning-end",
                                          "0.75",
                                          "--adam-beta1",
                                          "0.75",
                                          "--adam-beta2",
                                          "0.625",
                                          "--adam-epsilon",
                                          "0.375",
                                          "--rate-position",
                                          "16",
                                          "--rate-inhibition",
                                          "17",
                                          "--rate-gap",
                                          "18",
                                          "--rate-weight",
                                          "19",
                                          "--rate-bias",
                                          "20",
                                          "--decay-inhibition",
                                          "0.5",
                                          "--decay-weight",
                                          "0.25",
                                          "--augment-shift",
                                          "1.5",
                                          "--augment-rotation",
                                          "12.5",
                                          "--augment-zoom",
                                          "0.125",
                                          "--clip-norm",
                                          "21",
                                          "--patience",
                                          "22",
                                          "--trajectory-mib",
                                          "23",
                                          "--seed",
                                          "24"});
  CHECK(text == R"([data]
dataset = "mnist"
dir = "x"
train_images = 7
validation = 3
encoding = "latency"
image_size = 14

[network]
hidden = [5, 6]
wiring = "dense"
neuron = "mlp"
dims = 9
layer_distance = "fixed"
mask_steepness = 11
weight_scale = [2, 3, 4]
balanced = true
balanced_layers = "hidden"
softening = 0.5
cutoff = 6.5
pruned = 0.75
pruned_shares = [0.5, 0.25]
pruned_by = "length"
beta = 0.25
threshold = 1.5
reset = "zero"
reset_delay = false
spread = 2.5
gap = 3.5
biases = false

[quantization]
weights = 8
scale = [64, 32, 16.5]
positions = 10
step = 0.25
masks = 6

[objective]
loss = "membrane_sum"
surrogate = "sigmoid"
slope = 4.5
steps = 13

[training]
epochs = 14
batch_size = 15
learning_rate = 0.125
decay = "linear"
warmup = 0.0625
pruning_begin = 0.25
pruning_end = 0.75
adam_beta1 = 0.75
adam_beta2 = 0.625
adam_epsilon = 0.375
rate_position = 16
rate_inhibition = 17
rate_gap = 18
rate_weight = 19
rate_bias = 20
decay_inhibition = 0.5
decay_weight = 0.25
augment_shift = 1.5
augment_rotation = 12.5
augment_zoom = 0.125
clip_norm = 21
patience = 22
trajectory_mib = 23
seed = 24
)");
}

TEST_CASE("no cutoff is inf, on the command line and in TOML") {
  const Workspace work;
  CHECK_THAT(printed(work, {}), Contains("\ncutoff = inf\npruned = 0\n"));
  write_bytes(work / "own.toml", "[network]\ncutoff = 3\n");
  CHECK_THAT(printed(work, {"--config", "own.toml"}), Contains("\ncutoff = 3\n"));
  CHECK_THAT(printed(work, {"--config", "own.toml", "--cutoff", "inf"}), Contains("\ncutoff = inf\n"));
  check_round_trip(work, {"--cutoff", "inf"});
}

TEST_CASE("every preset is a configuration that can be printed and read again") {
  const Workspace work;
  const auto result = work.loci({"train", "--list-presets"});
  REQUIRE(result.exit_code == 0);
  std::istringstream names(result.out);
  std::size_t n_presets = 0;
  for (std::string name; std::getline(names, name); ++n_presets) check_round_trip(work, {"--preset", name});
  CHECK(n_presets >= 3);
  CHECK_THAT(result.out, Contains("demo\n"));
}

TEST_CASE("an option outdoes the file, the file the preset") {
  const Workspace work;
  write_bytes(work / "own.toml", "[training]\nepochs = 5\nbatch_size = 50\n");
  const std::string text = printed(work, {"--batch-size", "20", "--config", "own.toml", "--preset", "demo"});
  CHECK_THAT(text,
             Contains("\nepochs = 5\n") && Contains("\nbatch_size = 20\n") && Contains("\nhidden = [448]\n"));
  // Said, though it says what holds anyway.
  CHECK_THAT(printed(work, {"--config", "own.toml", "--epochs", "20"}), Contains("\nepochs = 20\n"));
  CHECK_THAT(printed(work, {"--preset", "demo", "--no-balanced"}), Contains("\nbalanced = false\n"));
}

TEST_CASE("a model carries the configuration that trained it") {
  const Workspace work;
  const Arguments changes{"--config", "tiny.toml", "--seed", "77", "--hidden", "16"};
  const std::string text = printed(work, changes);
  Arguments arguments{"train", "--quiet"};
  arguments.insert(arguments.end(), changes.begin(), changes.end());
  REQUIRE(work.loci(arguments).exit_code == 0);
  CHECK(work.loci({"info", "model.h5", "--json"}).json()["configuration"] == text);
}
