// What the program refuses: with exit code 2, the place, what is wrong and what to do; and nothing that was
// there is touched.
#include <catch2/catch.hpp>

#include "tests/io/idx_files.hpp"
#include "workspace.hpp"

using Catch::Contains;

namespace {

struct Refused {
  Arguments arguments;
  std::vector<std::string> said;
};

void check_refused(const Workspace& work, const Refused& bad) {
  const auto before = work.contents();
  const auto result = work.loci(bad.arguments);
  CAPTURE(bad.arguments, result.err, result.out);
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  for (const auto& text : bad.said) CHECK_THAT(result.err, Contains(text));
  CHECK_THAT(result.err,
             Contains("loci: ") && Contains("\n  what is wrong: ") && Contains("\n  what to do: "));
  CHECK(work.contents() == before);
}

// loci train --config tiny.toml and more.
Refused training(const Arguments& more, const std::vector<std::string>& said) {
  Refused bad{{"train", "--config", "tiny.toml"}, said};
  bad.arguments.insert(bad.arguments.end(), more.begin(), more.end());
  return bad;
}

}  // namespace

TEST_CASE("options that make no sense are refused by name") {
  const Workspace work;
  for (const auto& bad : {
           training({"--preset", "snn-9d"}, {"preset", "there is none called 'snn-9d'", "demo"}),
           training({"--dataset", "imagenet"}, {"'imagenet' is not known", "mnist, fashion-mnist"}),
           training({"--encoding", "morse"}, {"data.encoding", "morse", "bernoulli"}),
           training({"--wiring", "loose"}, {"network.wiring", "loose"}),
           training({"--neuron", "izhikevich"}, {"network.neuron", "izhikevich"}),
           training({"--layer-distance", "far"}, {"network.layer_distance", "far"}),
           training({"--reset", "never"}, {"network.reset", "never"}),
           training({"--loss", "hinge"}, {"objective.loss", "hinge"}),
           training({"--loss", "cross_entropy"}, {"objective.loss", "does not fit a spiking network"}),
           training({"--surrogate", "boxcar"}, {"objective.surrogate", "boxcar"}),
           training({"--decay", "sudden"}, {"training.decay", "sudden"}),
           training({"--instruction-set", "mmx"},
                    {"instruction set", "'mmx' is not available here", "portable"}),
           training({"--train-images", "401"}, {"data.train_images", "401 images wanted", "has 400"}),
           training({"--checkpoint-seconds", "-5"}, {"--checkpoint-seconds", "-5 is not a time"}),
           training({"--spread", "0"}, {"network.spread", "not positive"}),
           training({"--adam-beta1", "1.5"}, {"training.adam_beta", "outside [0, 1)"}),
           training({"--validation", "400"}, {"validation", "400 validation images of 400"}),
           training({"--validation", "50", "--train-images", "50"},
                    {"validation", "50 validation images of 50"}),
           training({"--patience", "3"}, {"patience", "without validation images"}),
           training({"--neuron", "mlp", "--encoding", "bernoulli"},
                    {"encoding", "a rate network takes no spikes"}),
           training({"--hidden", "0"}, {"network.sizes", "a layer has no neurons"}),
           training({"--dims", "1"}, {"network.dims", "1 dimensions"}),
           training({"--weight-scale", "1"}, {"network.weight_scale", "1 scales for 2 connections"}),
           training({"--wiring", "dense"}, {"network.weight_scale", "a dense network"}),
           training({"--cutoff", "0"}, {"network.cutoff", "not a positive distance"}),
           training({"--cutoff", "nan"}, {"network.cutoff", "not a positive distance"}),
           training({"--pruned", "1"}, {"network.pruned", "outside [0, 1)"}),
           training({"--threshold", "0"}, {"network.threshold"}),
           training({"--beta", "1.5"}, {"network.beta"}),
           training({"--epochs", "0"}, {"training.epochs"}),
           training({"--batch-size", "0"}, {"training.batch_size"}),
           training({"--learning-rate", "0"}, {"training.learning_rate"}),
           training({"--learning-rate", "nan"}, {"training.learning_rate"}),
           training({"--steps", "0"}, {"objective.", "0 steps"}),
       })
    check_refused(work, bad);
}

TEST_CASE("command lines that cannot be understood end with exit code 2 and say where help is") {
  const Workspace work;
  for (const Arguments& arguments : {Arguments{},
                                     {"brew"},
                                     {"train", "--bogus"},
                                     {"train", "--epochs", "many"},
                                     {"train", "--epochs", "-1"},
                                     {"train", "--epochs", "1.5"},
                                     {"train", "--threads", "-1"},
                                     {"train", "--threads", "4294967297"},
                                     {"simulate", "model.h5", "--samples", "-1"},
                                     {"train", "--hidden", "16,-1"},
                                     {"train", "--seed", "9223372036854775808"},
                                     {"train", "--epochs"},
                                     {"train", "--epochs", "1", "--epochs", "2"},
                                     {"train", "--hidden", "4,x"},
                                     {"eval"},
                                     {"simulate"},
                                     {"simulate", "a", "b"}}) {
    const auto before = work.contents();
    const auto result = work.loci(arguments);
    CAPTURE(arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, Contains("--help"));
    CHECK(work.contents() == before);
  }
  CHECK_THAT(work.loci({"train", "--bogus"}).err, Contains("--bogus"));
  CHECK_THAT(work.loci({"train", "--epochs", "many"}).err, Contains("--epochs") && Contains("many"));
  // TOML, in which a model keeps its configuration, knows no larger number.
  CHECK_THAT(work.loci({"train", "--seed", "9223372036854775808"}).err,
             Contains("--seed") && Contains("9223372036854775807"));
}

TEST_CASE("mistakes in a configuration file are refused with line and column") {
  const Workspace work;
  const auto refused = [&](const std::string& text, const std::vector<std::string>& said) {
    write_bytes(work / "bad.toml", text);
    check_refused(work, {{"train", "--data-dir", "data", "--config", "bad.toml"}, said});
  };
  refused("[training]\nepochs = 3\nepoch = 4\n",
          {"bad.toml:3:1", "'training.epoch' is not known", "did you mean 'training.epochs'?"});
  refused("[trainig]\nepochs = 3\n", {"bad.toml:2:1", "trainig.epochs"});
  refused("[training]\nepochs = \"three\"\n",
          {"bad.toml:2:1", "training.epochs is the text \"three\"", "whole number"});
  refused("[training]\nepochs = -3\n", {"bad.toml:2:1", "training.epochs"});
  refused("[training]\nepochs = 2.5\n", {"bad.toml:2:1", "training.epochs"});
  refused("[network]\nhidden = 16\n", {"bad.toml:2:1", "network.hidden", "an array"});
  refused("[network]\nbalanced = 1\n", {"bad.toml:2:1", "network.balanced", "true or false"});
  refused("[network\n", {"bad.toml:1:"});
  check_refused(work, {{"train", "--config", "none.toml"}, {"none.toml", "does not exist"}});
}

TEST_CASE("data that is missing or damaged is refused by file") {
  const Workspace work;
  const auto refused = [&](const std::vector<std::string>& said) { check_refused(work, training({}, said)); };
  check_refused(work,
                training({"--data-dir", "nowhere"}, {"nowhere", "fashion-mnist is not there", "--data-dir"}));
  const auto images = work / "data/train-images-idx3-ubyte";
  const auto labels = work / "data/train-labels-idx1-ubyte";
  const std::string good_images = read_bytes(images);
  const std::string good_labels = read_bytes(labels);

  write_bytes(images, good_images.substr(0, 1000));
  refused({"train-images-idx3-ubyte", "truncated", "25600 bytes, there are 984"});
  write_bytes(images, good_images.substr(0, 3));
  refused({"train-images-idx3-ubyte", "ends within its header"});
  write_bytes(images, "not an idx file at all");
  refused({"train-images-idx3-ubyte", "not an idx file"});
  write_bytes(images, good_images);

  write_bytes(labels, read_bytes(work / "data/t10k-labels-idx1-ubyte"));
  refused({"train-labels-idx1-ubyte", "200 labels for 400 images"});
  std::string wrong = good_labels;
  wrong[8] = 10;
  write_bytes(labels, wrong);
  refused({"train-labels-idx1-ubyte", "label 10 of image 0 is not below 10"});
  write_bytes(labels, good_labels);

  std::filesystem::remove(work / "data/t10k-labels-idx1-ubyte");
  refused({"data", "no file t10k-labels-idx1-ubyte"});
}

TEST_CASE(
    "a folder whose name no configuration can hold is refused before training, not when the model is read") {
  const Workspace work;
  std::filesystem::create_directory_symlink("data", work / "\xff");
  check_refused(work, training({"--data-dir", "\xff"}, {"not UTF-8"}));
}

TEST_CASE("a file that exists is replaced only on request") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  check_refused(work, training({}, {"model.h5", "the file exists", "--force"}));
  const auto before = read_bytes(work / "model.h5");
  REQUIRE(work.train({"--force", "--seed", "2"}).exit_code == 0);
  CHECK(read_bytes(work / "model.h5") != before);

  const Arguments simulate{"simulate", "model.h5", "--samples", "20"};
  REQUIRE(work.loci(simulate).exit_code == 0);
  check_refused(work, {simulate, {"spikes.h5", "the file exists", "--force"}});
  auto forced = simulate;
  forced.emplace_back("--force");
  CHECK(work.loci(forced).exit_code == 0);
}

TEST_CASE("a history of another run is not overwritten, nor the model by its own history") {
  const Workspace work;
  write_bytes(work / "model.csv", "somebody's table\n");
  check_refused(work, training({}, {"model.csv", "the file exists", "--force"}));
  check_refused(work, training({"--out", "run.csv"}, {"run.csv", "history"}));
}

TEST_CASE("a place that cannot be written is refused before any work") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  std::filesystem::create_directory(work / "folder");
  // /proc takes no files, whoever asks.
  for (const std::string out : {"tiny.toml/model.h5", "/proc/model.h5", "/proc/new/model.h5"}) {
    const auto trained = work.loci({"train", "--config", "tiny.toml", "--out", out});
    CHECK_THAT(trained.err, !Contains("epoch"));
    check_refused(work, training({"--out", out}, {out.substr(0, out.rfind('/'))}));
    check_refused(work, {{"simulate", "model.h5", "--out", out}, {out.substr(0, out.rfind('/'))}});
  }
  check_refused(work, training({"--out", "folder", "--force"}, {"folder", "this is a folder"}));
  check_refused(work,
                {{"simulate", "model.h5", "--out", "folder", "--force"}, {"folder", "this is a folder"}});
}

TEST_CASE("a file that is no model of ours is refused by every command that reads one") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  REQUIRE(work.loci({"simulate", "model.h5", "--samples", "20"}).exit_code == 0);
  const std::string model = read_bytes(work / "model.h5");
  write_bytes(work / "half.h5", model.substr(0, model.size() / 2));
  write_bytes(work / "empty.h5", "");
  std::string flipped = model;
  flipped[flipped.size() / 2] ^= 1;
  write_bytes(work / "flipped.h5", flipped);
  for (const Arguments& command :
       {Arguments{"eval"}, {"simulate", "--out", "new.h5"}, {"train", "--resume"}, {"info"}})
    for (const std::string file : {"tiny.toml", "half.h5", "empty.h5", "flipped.h5", "none.h5", "data"}) {
      auto arguments = command;
      arguments.push_back(file);
      check_refused(work, {arguments, {file}});
    }
  check_refused(work, {{"eval", "spikes.h5"}, {"spikes.h5", "raster"}});
  check_refused(work, {{"simulate", "spikes.h5", "--out", "new.h5"}, {"spikes.h5", "raster"}});
  check_refused(work, {{"train", "--resume", "spikes.h5"}, {"spikes.h5", "raster"}});
}

TEST_CASE("a simulation of what is not there is refused") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const auto refused = [&](const Arguments& more, const std::vector<std::string>& said) {
    Refused bad{{"simulate", "model.h5", "--out", "new.h5"}, said};
    bad.arguments.insert(bad.arguments.end(), more.begin(), more.end());
    check_refused(work, bad);
  };
  refused({"--samples", "201"}, {"--samples", "of 200 test images"});
  refused({"--samples", "0"}, {"--samples"});
  refused({"--samples", "1", "--first", "200"}, {"--samples", "of 200 test images"});
  const std::string largest = "9223372036854775807";  // twice that and two more is 0
  refused({"--samples", largest, "--first", largest}, {"--samples", "of 200 test images"});
  refused({"--engine", "steam"}, {"--engine", "steam", "clock"});
  refused({"--cutoff", "-1"}, {"cutoff", "not a positive distance"});
  refused({"--velocity", "0"}, {"velocity", "not a positive velocity"});
  refused({"--step-ms", "0"}, {"step"});
  refused({"--data-dir", "nowhere"}, {"nowhere"});
}

TEST_CASE("images of another size than the network was made for are refused") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  std::filesystem::create_directory(work / "small");
  for (const std::string split : {"train", "t10k"}) {
    write_bytes(work / ("small/" + split + "-images-idx3-ubyte"),
                idx_bytes({2, 2, 3}, std::string(12, '\7')));
    write_bytes(work / ("small/" + split + "-labels-idx1-ubyte"), idx_bytes({2}, std::string(2, '\1')));
  }
  check_refused(work, {{"eval", "model.h5", "--data-dir", "small"}, {"6 pixels", "64"}});
  check_refused(work,
                {{"simulate", "model.h5", "--samples", "1", "--data-dir", "small"}, {"6 pixels", "64"}});
}

TEST_CASE("a training that diverges ends with advice and leaves an earlier model alone") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const auto before = work.contents();
  const auto diverged = [&](const Arguments& arguments, const std::string& problem) {
    const auto result = work.loci(arguments);
    CAPTURE(arguments, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, Contains(problem) && Contains("what to do: ") && Contains("learning rate"));
    CHECK(work.contents() == before);
  };
  const auto spiking = work.train_arguments({"--force", "--learning-rate", "1e30"});
  diverged(spiking, "what is wrong: ");
  const Arguments rate{"train", "--data-dir", "data", "--neuron",        "mlp",  "--wiring",
                       "dense", "--hidden",   "24",   "--learning-rate", "1e30", "--force"};
  diverged(rate, "training diverged");
}
