// Trained networks on their way to a target, and back.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sstream>

#include "io/data_tree_file.hpp"
#include "io/digest.hpp"
#include "io/model_file.hpp"
#include "sim/parameters.hpp"
#include "tests/io/idx_files.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

json exported(const Workspace& work, const std::string& target, const Arguments& more = {}) {
  Arguments arguments{"export", "model.h5", "--target", target, "--out", target, "--json", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = work.loci(arguments);
  CAPTURE(target, result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

json property(const json& certificate, const std::string& name) {
  for (const json& each : certificate["properties"])
    if (each["property"] == name) return each;
  throw std::runtime_error("no property " + name);
}

// With exit code 2, the place, what is wrong and what to do; and nothing that was there is touched.
void check_refused(const Workspace& work, const Arguments& arguments, const std::vector<std::string>& said) {
  const auto before = work.contents();
  const auto result = work.loci(arguments);
  CAPTURE(arguments, result.out, result.err);
  CHECK(result.exit_code == 2);
  for (const auto& text : said) CHECK_THAT(result.err, Contains(text));
  CHECK_THAT(result.err,
             Contains("loci: ") && Contains("\n  what is wrong: ") && Contains("\n  what to do: "));
  CHECK(work.contents() == before);
}

void check_export_refused(const Workspace& work, const std::string& target, const Arguments& more,
                          const std::vector<std::string>& said) {
  Arguments arguments{"export", "model.h5", "--target", target};
  arguments.insert(arguments.end(), more.begin(), more.end());
  check_refused(work, arguments, said);
}

// Compiles what was exported to c/ and runs its samples.
void run_c(const Workspace& work, const std::string& n_steps) {
  const std::string command =
      "cd '" + (work / "c").string() + "' && '" + LOCI_C_COMPILER +
      "' -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror -o run loci_net.c loci_net_main.c && "
      "./run " +
      n_steps + " quiet <loci_net_samples.txt >printed.txt";
  REQUIRE(std::system(command.c_str()) == 0);
}

// Line by line what the emulator counts, and of all test images as many right as the certificate says.
void check_counts(const Workspace& work, const json& certificate) {
  const std::string printed = read_bytes(work / "c/printed.txt");
  const bool same = printed == read_bytes(work / "c/loci_net_expected.txt");
  CHECK(same);
  std::istringstream lines(printed);
  std::size_t n_correct = 0;
  std::uint64_t n_spikes = 0;
  for (const std::uint8_t label : test_labels()) {
    char sign = 0;
    std::size_t winner = 0;
    REQUIRE(lines >> sign >> winner);
    n_correct += winner == label ? 1 : 0;
    for (std::size_t k = 0; k < n_classes; ++k) {
      std::uint64_t count = 0;
      REQUIRE(lines >> count);
      n_spikes += count;
    }
  }
  const json& emulated = certificate["evidence"]["emulated"];
  CHECK(emulated["accuracy"].get<double>() * n_test == Approx(n_correct).epsilon(1e-9));
  CHECK(emulated["spikes"][1] == n_spikes);
  CHECK(n_spikes > 1000);
}

void train_spiking(const Workspace& work, const Arguments& more = {}) {
  Arguments arguments{"--encoding", "bernoulli"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = work.train(arguments);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
}

}  // namespace

TEST_CASE("an export says how well the emulated target does, and its files say the same") {
  const Workspace work;
  train_spiking(work);
  const json certificate = exported(work, "c");
  const json& evidence = certificate["evidence"];
  CHECK(evidence["samples"] == n_test);
  CHECK(evidence["steps"] == 12);
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(evidence["float"]["spikes"][l].get<std::uint64_t>() > 1000);
    CHECK(evidence["float"]["mismatches"][l] == 0);
    // Its reset and its comparison are the trained ones: only rounding is left, of both layers in the second.
    CHECK(evidence["emulated"]["mismatches"][l].get<double>() <
          0.3 * evidence["float"]["spikes"][l].get<double>());
  }
  CHECK(evidence["float"]["accuracy"].get<double>() > above_chance(n_test));
  CHECK(evidence["emulated"]["agreement"].get<double>() > 0.8);
  CHECK(property(certificate, "reset")["fidelity"] == "exact");
  CHECK(property(certificate, "leak")["fidelity"] == "approximate");
  CHECK(certificate["layers"].size() == 2);

  json in_file = json::parse(read_bytes(work / "c/certificate.json"));
  for (const auto& [key, value] : in_file.items()) CHECK(certificate[key] == value);
  CHECK_THAT(read_bytes(work / "c/certificate.txt"), Contains("label agreement"));
}

TEST_CASE("float accuracy in a certificate is what loci simulate says of the same images") {
  const Workspace work;
  train_spiking(work);
  const json certificate = exported(work, "nir");
  const auto simulated = work.loci({"simulate", "model.h5", "--samples", "200", "--json", "--quiet"}).json();
  CHECK(certificate["evidence"]["float"]["accuracy"] == simulated["runs"][0]["accuracy"]);
  // What is emulated is the network itself.
  CHECK(certificate["evidence"]["emulated"]["agreement"] == 1.0);
}

TEST_CASE("an export is read again, emulated, and gives the spikes of its certificate") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero"});
  const json certificate = exported(work, "loihi");
  CHECK(property(certificate, "reset")["fidelity"] == "exact");
  for (const char* what : {"loihi", "loihi/network.net"}) {
    const auto result = work.loci({"verify", what, "--against", "model.h5", "--json"});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    const json verified = result.json();
    CHECK(verified["same_spikes"] == true);
    CHECK(verified["same_model"] == true);
    CHECK(verified["emulated"]["agreement"] == certificate["evidence"]["emulated"]["agreement"]);
    CHECK(verified["emulated"]["mismatches"] == certificate["evidence"]["emulated"]["mismatches"]);
  }

  auto damaged = certificate;
  damaged["evidence"]["emulated"]["spike_digest"] = "0123456789abcdef";
  write_bytes(work / "loihi/certificate.json", damaged.dump());
  const auto other_spikes = work.loci({"verify", "loihi", "--against", "model.h5"});
  CHECK(other_spikes.exit_code == 2);
  CHECK_THAT(other_spikes.out, Contains("NOT those of the certificate"));
  CHECK_THAT(other_spikes.err, Contains("other spikes than their certificate says"));

  exported(work, "loihi", {"--force"});
  train_spiking(work, {"--reset", "zero", "--seed", "2", "--force"});
  const auto other_model = work.loci({"verify", "loihi", "--against", "model.h5"});
  CHECK(other_model.exit_code == 2);
  CHECK_THAT(other_model.err, Contains("not the model that was exported"));

  check_refused(work, {"verify", "nowhere", "--against", "model.h5"}, {"nowhere", "no such file"});
  write_bytes(work / "loihi/certificate.json", "{}");
  check_refused(work, {"verify", "loihi", "--against", "model.h5"}, {"certificate.json", "damaged"});
}

TEST_CASE("exports to open chips give the spikes of their certificates when they are read again") {
  const Workspace work;
  train_spiking(work, {"--no-biases"});
  for (const std::string target : {"reckon", "tinyodin", "odin"}) {
    const json certificate = exported(work, target);
    CHECK(certificate["evidence"]["emulated"]["spikes"][1].get<std::uint64_t>() > 100);
    const auto result = work.loci({"verify", target, "--against", "model.h5", "--json"});
    CAPTURE(target, result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(result.json()["same_spikes"] == true);
  }
}

TEST_CASE("C whose weights are stored or made from positions counts the emulator's spikes of every image") {
  const Workspace work;
  train_spiking(work);
  std::uint64_t flash = 0;
  for (const std::string weights : {"numbers", "positions"}) {
    const json certificate = exported(work, "c", {"--weights", weights, "--write-samples", "200", "--force"});
    const std::string note = property(certificate, "weights")["note"];
    CHECK_THAT(note, Contains("whole numbers -128 to 127"));
    if (weights == "numbers") {
      CHECK_THAT(note, !Contains("positions"));
      flash = certificate["memory_bytes"]["flash"];
    } else {
      // Five coordinates: 5 * 2^28 is below 2^31, and 5 * 2^30 is not.
      CHECK_THAT(note, Contains("made from positions of 14 bits and masks of 16 bits by an integer root") &&
                           Contains(" weights differ from rounding by one"));
      // 98 neurons of 5 coordinates and 88 masks in 2 bytes each; a centre for each of 64 inputs.
      CHECK(certificate["memory_bytes"]["flash"] > 98 * 5 * 2 + 88 * 2 + 64 * 4);
      CHECK(certificate["memory_bytes"]["flash"] < flash);
    }
    CHECK(certificate["memory_bytes"]["RAM"] == 4 * (24 + 10 + 10) + 8);
    CHECK_THAT(read_bytes(work / "c/certificate.txt"),
               Contains("flash") && Contains(" bytes (constant tables"));
    run_c(work, "12");
    check_counts(work, certificate);
  }
}

TEST_CASE("C of a network that was trained with constant currents counts the emulator's spikes, too") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  for (const std::string weights : {"numbers", "positions"}) {
    const json certificate = exported(work, "c", {"--weights", weights, "--write-samples", "200", "--force"});
    run_c(work, "12");
    check_counts(work, certificate);
  }
}

TEST_CASE("positions and masks that were trained on a grid are those that C computes with") {
  const Workspace work;
  train_spiking(work);
  const auto rounded =
      work.loci({"train", "--from", "model.h5", "--quantize-positions", "7", "--quantize-masks", "5",
                 "--quantize-weights", "8", "--epochs", "1", "--out", "rounded.h5"});
  REQUIRE(rounded.exit_code == 0);
  const auto result = work.loci({"export", "rounded.h5", "--target", "c", "--weights", "positions",
                                 "--weight-bits", "16", "--out", "c", "--json", "--quiet"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const json certificate = result.json();
  const std::string note = property(certificate, "weights")["note"];
  CHECK_THAT(note, Contains("positions of 7 bits (as trained) and masks of 5 bits (as trained)") &&
                       Contains("whole numbers -32768 to 32767") && !Contains("by more"));
  // Whole weights of 8 bits, clipped where they were trained to be: the root's last bits are all that
  // differs.
  CHECK(certificate["evidence"]["emulated"]["agreement"].get<double>() > 0.9);
  // Each coordinate and mask has a byte.
  CHECK(certificate["memory_bytes"]["flash"] < 98 * 5 + 88 + 64 * 4 + 34 * 2 + 100);
}

TEST_CASE("an export to several cores says where each neuron is and what crosses between cores") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero"});
  const json placed = exported(work, "loihi", {"--neurons-per-core", "16"})["placement"];
  REQUIRE(placed["tried"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(placed["tried"][i]["by"] == std::vector<std::string>{"positions", "layers", "random"}[i]);
    CHECK(placed["tried"][i]["input_to_core_per_sample"].get<double>() > 1.0);
    CHECK(placed["tried"][i]["core_to_core_per_sample"].get<double>() > 1.0);
  }
  CHECK(placed["cores_there"] == 128);
  CHECK(placed["by"] == "positions");
  // 24 hidden neurons are halved, the ten outputs stay together.
  CHECK(placed["fullest"]["neurons"] == std::vector<int>{12, 16});
  CHECK(placed["fullest"]["input_axons"][1] == 4096);
  const auto rows = read_csv(work / "loihi/placement.csv");
  REQUIRE(rows.size() == 1 + 24 + 10);
  CHECK(rows[0] == std::vector<std::string>{"layer", "index", "core"});
  CHECK((rows[24][0] == "1" && rows[24][1] == "23" && rows[34][0] == "2" && rows[34][1] == "9"));
  CHECK_THAT(read_bytes(work / "loihi/certificate.txt"),
             Contains("spikes, core to core") && Contains("positions") && Contains("12 of 16 neurons"));

  const json random = exported(work, "loihi", {"--placement", "random", "--force"})["placement"];
  CHECK(random["by"] == "random");
  const json spinnaker = exported(work, "spinnaker")["placement"];
  CHECK(spinnaker["fullest"]["neurons"][1] == 255);
  CHECK_FALSE(exported(work, "spinnaker2").contains("placement"));
  CHECK(exported(work, "spinnaker2", {"--neurons-per-core", "20", "--force"}).contains("placement"));
  check_export_refused(work, "c", {"--placement", "layers"}, {"no cores to place neurons on"});
  check_export_refused(work, "spinnaker2", {"--out", "none", "--placement", "layers"},
                       {"--neurons-per-core"});
  check_export_refused(work, "loihi", {"--out", "none", "--placement", "luck"}, {"--placement", "positions"});
}

TEST_CASE("a certificate says how far delays are from the distances that they stand for") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero"});
  const json certificate = exported(work, "spinnaker", {"--velocity", "0.5"});
  const json& delays = certificate["delays"];
  CHECK(delays["longest"].get<int>() > 3);
  CHECK(delays["largest_error_steps"].get<double>() <= 0.5);
  CHECK(delays["largest_error_steps"].get<double>() > 0.4);
  // Distances spread over many steps: what is left of them by rounding is as good as uniform in 0 to 0.5.
  CHECK(delays["mean_error_steps"].get<double>() == Approx(0.25).margin(0.03));
  CHECK_FALSE(exported(work, "nir").contains("delays"));
}

TEST_CASE("what is too wide for one open chip goes onto several, and is read again from all of them") {
  const Workspace work;
  train_spiking(work, {"--hidden", "250", "--no-biases", "--epochs", "1"});
  for (const std::string target : {"reckon", "tinyodin", "odin"}) {
    check_export_refused(work, target, {"--out", "none"}, {"use several chips (--split)"});
    const json certificate = exported(work, target, {"--split", "--samples", "50", "--calibration", "20"});
    REQUIRE(certificate["chips"].size() == 2);
    CHECK(certificate["chips"][0]["neurons"] == 250);
    CHECK(certificate["evidence"]["emulated"]["spikes"][0].get<std::uint64_t>() > 100);
    const auto result = work.loci({"verify", target, "--against", "model.h5", "--json"});
    CAPTURE(target, result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(result.json()["same_spikes"] == true);
    CHECK_THAT(read_bytes(work / target / "routing.csv"), Contains("1,249,0,249,1,"));
  }
  check_export_refused(work, "loihi", {"--split"}, {"--split", "cannot be split"});
}

TEST_CASE("exports give the same files for any number of threads") {
  const Workspace work;
  train_spiking(work, {"--epochs", "1"});
  exported(work, "c", {"--threads", "1", "--samples", "50"});
  const std::string one = read_bytes(work / "c/loci_net.c");
  const json certificate = json::parse(read_bytes(work / "c/certificate.json"));
  exported(work, "c", {"--threads", "3", "--samples", "50", "--force"});
  CHECK(read_bytes(work / "c/loci_net.c") == one);
  CHECK(json::parse(read_bytes(work / "c/certificate.json")) == certificate);
}

TEST_CASE("what was trained with constant currents is driven by pixels, or encoded anew by choice") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  const json pixels = exported(work, "c");
  CHECK_THAT(pixels["input"].get<std::string>(), Contains("pixels"));
  CHECK(pixels["evidence"]["emulated"]["agreement"].get<double>() > 0.8);
  CHECK_FALSE(pixels.contains("encodings"));

  check_export_refused(work, "loihi", {"--out", "none"},
                       {"target loihi", "it takes spikes", "--encoding bernoulli", "constant 0.",
                        "bernoulli 0.", "latency 0."});
  const json encoded = exported(work, "loihi", {"--encoding", "bernoulli", "--steps", "20"});
  CHECK(encoded["evidence"]["steps"] == 20);
  CHECK(property(encoded, "encoding")["fidelity"] == "approximate");
  REQUIRE(encoded["encodings"].size() == 3);
  CHECK(encoded["encodings"][1]["encoding"] == "bernoulli");
  CHECK(encoded["encodings"][1]["accuracy"] == encoded["evidence"]["float"]["accuracy"]);
  // Trained to subtract, set to zero: flagged, and the effect measured.
  CHECK(property(encoded, "reset")["fidelity"] == "not representable");
  CHECK(encoded["evidence"].contains("float_with_reset_of_target"));
}

TEST_CASE("targets are listed, a line each, and the unverified ones are marked") {
  const Workspace work;
  const auto result = work.loci({"export", "--list-targets"});
  CHECK(result.exit_code == 0);
  for (const char* name :
       {"nir ", "loihi ", "reckon ", "tinyodin ", "odin ", "c ", "verilog ", "sonata ", "spinnaker2 "})
    CHECK_THAT(result.out, Contains(name));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);)
    CHECK((line.find("unverified") != std::string::npos) ==
          (line.starts_with("spinnaker") || line.starts_with("xylo")));
}

TEST_CASE("exports that make no sense are refused by name, before anything is written") {
  const Workspace work;
  train_spiking(work);
  check_export_refused(work, "loyhi", {}, {"--target", "'loyhi' is not known", "loihi", "nir"});
  check_refused(work, {"export", "model.h5"}, {"--target", "--list-targets"});
  check_refused(work, {"export"}, {"no file is named"});
  check_refused(work, {"export", "none.h5", "--target", "c"}, {"none.h5"});
  check_refused(work, {"export", "circuit.toml", "--target", "c"},
                {"--target", "this is no option for circuits"});
  check_export_refused(work, "c", {"--precision", "exact"}, {"--precision", "this is no option for models"});
  check_export_refused(work, "c", {"--out", "nowhere/c"}, {"nowhere/c", "does not exist"});
  check_export_refused(work, "c", {"--out", "model.h5"}, {"model.h5", "this is a file"});
  check_export_refused(work, "c", {"--out", "model.h5/c"},
                       {"model.h5/c", "model.h5 is a file, not a folder"});
  check_export_refused(work, "c", {"--out", "/proc/c"}, {"/proc/c", "no folder can be made there"});
  check_export_refused(work, "c", {"--out", "data"}, {"data", "of no export"});
  check_export_refused(work, "c", {"--samples", "201"}, {"--samples", "201 of 200 test images"});
  check_export_refused(work, "c", {"--samples", "1000"}, {"--samples", "1000 of 200 test images"});
  check_export_refused(work, "c", {"--calibration", "401"}, {"--calibration", "401 of 400 training images"});
  check_export_refused(work, "c", {"--write-samples", "201"}, {"--write-samples", "201 of 200"});
  check_export_refused(work, "verilog", {"--write-samples", "0"}, {"--write-samples", "write at least one"});
  check_export_refused(work, "c", {"--calibration", "0"}, {"--calibration"});
  check_export_refused(work, "c", {"--encoding", "morse"}, {"--encoding", "morse"});
  check_export_refused(work, "c", {"--require", "perfection"}, {"--require", "agreement=S"});
  check_export_refused(work, "c", {"--require", "exact"},
                       {"--require", "falls short", "weights: approximate", "nothing was written"});

  exported(work, "c");
  check_export_refused(work, "c", {"--out", "c"}, {"an export is there already", "--force"});
}

TEST_CASE("options that a target does not take are refused by name, with the targets that do") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero", "--epochs", "1"});
  check_export_refused(work, "verilog", {"--weights", "positions"},
                       {"--weights", "target verilog does not take this option", "a target that does: c"});
  check_export_refused(work, "loihi", {"--weight-bits", "8"},
                       {"--weight-bits", "target loihi", "c, verilog"});
  for (const Arguments& option : {Arguments{"--dt", "1"}, Arguments{"--unit", "s"},
                                  Arguments{"--integrator", "euler"}, Arguments{"--linear"}})
    check_export_refused(work, "c", option, {option[0], "target c", "a target that does: nir"});
  check_export_refused(work, "c", {"--weights", "letters"}, {"--weights", "letters", "numbers, positions"});
  check_export_refused(work, "verilog", {"--weight-bits", "12"}, {"--weight-bits", "use 8 or 16"});
  check_export_refused(work, "nir", {"--unit", "weeks"}, {"--unit", "weeks", "s, ms, us"});
  check_export_refused(work, "nir", {"--dt", "0"}, {"--dt", "above 0"});
  check_export_refused(work, "nir", {"--integrator", "leapfrog"}, {"--integrator", "leapfrog"});
  check_refused(work, {"export", "circuit.toml", "--dt", "1"}, {"--dt", "this is no option for circuits"});
  train_spiking(work,
                {"--epochs", "1", "--quantize-positions", "15", "--quantize-step", "0.001953125", "--force"});
  check_export_refused(work, "c", {"--weights", "positions"},
                       {"quantization.positions", "15 bits", "--quantize-positions 14"});
}

TEST_CASE("Verilog takes 16-bit weights, and C does where pixels do not drive it") {
  const Workspace work;
  train_spiking(work, {"--epochs", "1"});
  for (const std::string target : {"verilog", "c"})
    CHECK_THAT(
        property(exported(work, target, {"--weight-bits", "16"}), "weights")["note"].get<std::string>(),
        Contains("whole numbers -32768 to 32767"));
}

TEST_CASE("NIR is written for the step, the unit and the integrator of whoever reads it") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero"});
  const auto metadata = [&](const std::string& name) {
    const auto tree = io::read_data_tree(work / "nir/network.nir").root;
    return tree.groups.at("node").groups.at("metadata").arrays.at(name);
  };
  const auto number = [&](const std::string& name) {
    return std::get<std::vector<double>>(metadata(name).values)[0];
  };
  const auto text = [&](const std::string& name) {
    return std::get<std::vector<std::string>>(metadata(name).values)[0];
  };
  exported(work, "nir");
  CHECK(number("dt") == 1e-4);
  CHECK(text("time_unit") == "s");
  CHECK(text("integrator") == "euler");
  exported(work, "nir", {"--unit", "us", "--force"});
  CHECK(number("dt") == Approx(100.0).epsilon(1e-12));
  const json certificate =
      exported(work, "nir", {"--dt", "0.5", "--unit", "ms", "--integrator", "exponential", "--force"});
  CHECK_THAT(property(certificate, "neuron equation")["note"].get<std::string>(),
             Contains("exponential") && Contains("0.5 ms"));
  CHECK(number("dt") == 0.5);
  CHECK(text("time_unit") == "ms");
  CHECK(text("integrator") == "exponential");
  const auto lif = io::read_data_tree(work / "nir/network.nir")
                       .root.groups.at("node")
                       .groups.at("nodes")
                       .groups.at("lif1");
  CHECK(std::get<std::vector<float>>(lif.arrays.at("tau").values)[0] == Approx(-0.5 / std::log(0.95)));
  // What comes back is the same network.
  REQUIRE(work.loci({"import", "nir/network.nir", "--out", "back.h5"}).exit_code == 0);
  const auto accuracy = [&](const char* model) {
    return work.loci({"eval", model, "--json"}).json()["accuracy"].get<double>();
  };
  CHECK(accuracy("back.h5") == accuracy("model.h5"));

  const json linear = exported(work, "nir", {"--linear", "--force"});
  CHECK(property(linear, "biases")["fidelity"] == "not representable");
  const auto nodes = io::read_data_tree(work / "nir/network.nir").root.groups.at("node").groups.at("nodes");
  CHECK(nodes.groups.contains("linear1"));
  CHECK_FALSE(nodes.groups.contains("affine1"));
}

TEST_CASE("a delay of 70 steps is too long for Loihi, and so are delays of single synapses") {
  const Workspace work;
  train_spiking(work, {"--reset", "zero", "--epochs", "1"});
  const auto file = io::read_model(work / "model.h5");
  sim::Parameters parameters(file.network);
  parameters.values = file.parameters;
  double longest = 0.0;
  for (std::size_t l = 0; l < 2; ++l)
    for (const float distance : sim::connection_distances(file.network, parameters, l))
      longest = std::max<double>(longest, distance);
  const std::string velocity = std::to_string(longest / 70.0);
  check_export_refused(
      work, "loihi", {"--velocity", velocity},
      {"delay into layer ", "62 steps", "70 steps", "8 too long", "delays by synapse, layer 1",
       "delays by synapse, layer 2", "one a neuron, or one a source", "64 of 64 sources"});
}

TEST_CASE("what a target cannot hold is refused with every limit at once") {
  const Workspace work;
  train_spiking(work);
  check_export_refused(work, "loihi", {"--velocity", "0.02"},
                       {"delay into layer 1", "62 steps", "too long", "raise --velocity"});
  check_export_refused(work, "xylo-imu", {}, {"inputs", "16", "64", "48 too many"});
}

TEST_CASE("open chips refuse by name what is too wide for them or leaks too fast") {
  const Workspace work;
  train_spiking(work, {"--hidden", "300", "--epochs", "1"});
  check_export_refused(work, "tinyodin", {}, {"inputs and neurons together", "256", "374", "118 too many"});
  train_spiking(work, {"--beta", "0.8", "--epochs", "1", "--force"});
  check_export_refused(work, "reckon", {}, {"beta, layer 1", "0.8", "0.875"});
}

TEST_CASE("a model into whose file a number that is none was written is refused") {
  const Workspace work;
  train_spiking(work);
  const auto model = io::read_model(work / "model.h5");
  std::string bytes = read_bytes(work / "model.h5");
  // The first four parameters lie side by side somewhere in the file, each in four bytes.
  const std::string stored(reinterpret_cast<const char*>(model.parameters.data()), 16);
  const auto at = bytes.find(stored);
  REQUIRE(at != std::string::npos);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&bytes[at], &nan, sizeof nan);
  write_bytes(work / "model.h5", bytes);
  check_export_refused(work, "c", {}, {"model.h5", "its checksum does not match"});
  // The same by somebody who made the checksum anew, and by a program that leaves it away.
  const std::string content = bytes.substr(0, bytes.rfind("\nloci-sha256 "));
  for (const std::string& seal : {io::seal_of(content), std::string()}) {
    write_bytes(work / "model.h5", content + seal);
    for (const char* target : {"c", "nir", "xylo-imu"})
      check_export_refused(work, target, {}, {"model.h5:/parameters/", "[0] is nan", "train again"});
  }
}
