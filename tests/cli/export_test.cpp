// Trained networks on their way to a target, and back.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <sstream>

#include "io/digest.hpp"
#include "io/model_file.hpp"
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
  check_export_refused(work, "c", {"--calibration", "0"}, {"--calibration"});
  check_export_refused(work, "c", {"--encoding", "morse"}, {"--encoding", "morse"});
  check_export_refused(work, "c", {"--require", "perfection"}, {"--require", "agreement=S"});
  check_export_refused(work, "c", {"--require", "exact"},
                       {"--require", "falls short", "weights: approximate", "nothing was written"});

  exported(work, "c");
  check_export_refused(work, "c", {"--out", "c"}, {"an export is there already", "--force"});
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
