// Exports of every target that there is, read again: whole, with a number changed, and with a file missing,
// torn or of another version.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <sstream>

#include "backends/odin.hpp"
#include "backends/reckon.hpp"
#include "backends/tiny_odin.hpp"
#include "io/data_tree_file.hpp"
#include "io/model_file.hpp"
#include "sim/parameters.hpp"
#include "tests/io/idx_files.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// As the program lists them: a target that is added is tested, too.
std::vector<std::string> all_targets() {
  const Workspace work;
  std::istringstream lines(work.loci({"export", "--list-targets"}).out);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

// 16-24-8 on the images averaged down to 4 x 4: what the smallest target holds. As a training leaves it, but
// that weights are drawn with a mean at which all layers fire.
void write_small_model(const Workspace& work) {
  const auto trained =
      work.train({"--image-size", "4", "--encoding", "bernoulli", "--epochs", "1", "--beta", "0.9375"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  auto model = io::read_model(work / "model.h5");
  model.network = {.sizes = {16, 24, 8},
                   .wiring = sim::Wiring::dense,
                   .lif = {{.beta = 0.9375, .threshold = 1.0, .reset = sim::Reset::subtract}}};
  sim::Parameters parameters = sim::initialise(model.network, {.seed = 3});
  for (std::size_t c = 0; c < 2; ++c) {
    for (float& weight : parameters.group("weight", c)) weight = 2.0F * weight + 0.05F;
    for (float& bias : parameters.group("bias", c + 1)) bias = 0.0F;
  }
  model.parameters = parameters.values;
  io::write_model(work / "model.h5", model);
}

json exported(const Workspace& work, const std::string& target, const Arguments& more = {}) {
  Arguments arguments{"export",    "model.h5", "--target",      target, "--out",           target, "--json",
                      "--samples", "60",       "--calibration", "20",   "--write-samples", "2",    "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto result = work.loci(arguments);
  CAPTURE(target, result.err);
  REQUIRE(result.exit_code == 0);
  return result.json();
}

Result verified(const Workspace& work, const std::string& what) {
  return work.loci({"verify", what, "--against", "model.h5", "--json"});
}

void check_passes(const Workspace& work, const std::string& what, std::uint64_t n_spikes) {
  const auto result = verified(work, what);
  CAPTURE(what, result.err);
  REQUIRE(result.exit_code == 0);
  const json answer = result.json();
  CHECK(answer["same_spikes"] == true);
  CHECK(answer["same_model"] == true);
  CHECK(answer["other_numbers"].empty());
  CHECK(answer["other_evidence"].empty());
  CHECK(answer["altered_files"].empty());
  for (const json& of_layer : answer["emulated"]["spikes"]) CHECK(of_layer.get<std::uint64_t>() > n_spikes);
}

// Said with the place, what is wrong and what to do; and nothing is touched.
void check_refused(const Workspace& work, const std::string& what, const std::vector<std::string>& said) {
  const auto before = work.contents();
  const auto result = verified(work, what);
  CAPTURE(what, result.out, result.err);
  CHECK(result.exit_code == 2);
  for (const std::string& text : said) CHECK_THAT(result.err, Contains(text));
  CHECK_THAT(result.err,
             Contains("loci: ") && Contains("\n  what is wrong: ") && Contains("\n  what to do: "));
  CHECK(work.contents() == before);
}

constexpr const char* no_numbers = "cbf29ce484222325";  // the fingerprint of none

using Folder = std::filesystem::path;

std::vector<backends::ExportedFile> texts_in(const Folder& folder) {
  std::vector<backends::ExportedFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file())
      files.push_back({entry.path().filename().string(), read_bytes(entry.path())});
  return files;
}

// Only the memories, which no certificate and no samples say twice.
void write_memories(const Folder& folder, const std::vector<backends::ExportedFile>& files) {
  for (const auto& file : files)
    if (file.name.ends_with(".hex") && file.name != "load.hex" && file.name != "clear.hex")
      write_bytes(folder / file.name, std::get<std::string>(file.content));
}

void change_text(const std::filesystem::path& path, const std::string& before, const std::string& with) {
  std::string text = read_bytes(path);
  const auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  write_bytes(path, text.replace(at, before.size(), with));
}

// The first number behind `before`, replaced by what `change` makes of it.
void change_number(const std::filesystem::path& path, const std::string& before,
                   const std::function<std::string(const std::string&)>& change) {
  const std::string text = read_bytes(path);
  auto at = text.find(before);
  REQUIRE(at != std::string::npos);
  at = text.find_first_of("-0123456789", at + before.size());
  const auto end = text.find_first_not_of("-+.e0123456789", at);
  const std::string number = text.substr(at, end - at);
  write_bytes(path, text.substr(0, at) + change(number) + text.substr(end));
}

std::string other_integer(const std::string& number) {
  const int value = std::stoi(number);
  return std::to_string(value > 0 ? value - 1 : value + 1);
}
std::string doubled(const std::string& number) {
  return fmt::format("{}", 2.0F * std::stof(number));
}

void change_json(const std::filesystem::path& path, const std::function<void(ordered_json&)>& change) {
  ordered_json document = ordered_json::parse(read_bytes(path));
  change(document);
  write_bytes(path, document.dump());
}

void change_tree(const std::filesystem::path& path, const std::function<void(sim::DataGroup&)>& change) {
  sim::DataGroup root = io::read_data_tree(path).root;
  change(root);
  io::write_data_tree(path, root);
}

sim::DataArray& array_at(sim::DataGroup& root, const std::vector<std::string>& groups,
                         const std::string& name) {
  sim::DataGroup* group = &root;
  for (const std::string& next : groups) group = &group->groups.at(next);
  return group->arrays.at(name);
}

void add_to(sim::DataArray& array, double amount, bool to_all) {
  std::visit(
      [&](auto& values) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::string>> &&
                      !std::is_same_v<std::decay_t<decltype(values)>, std::vector<bool>>)
          for (std::size_t i = 0; i < (to_all ? values.size() : 1); ++i)
            values[i] =
                static_cast<std::decay_t<decltype(values[i])>>(static_cast<double>(values[i]) + amount);
      },
      array.values);
}

// How one weight, or one threshold, of a target's files becomes another; and what is said of it.
struct Change {
  std::function<void(const Folder&)> make;
  std::string said;
};
struct Changes {
  Change weight;
  Change threshold;
};

template <typename Read, typename Write>
Changes changes_of_image(Read read, Write write, std::function<void(decltype(read({}))&)> weight,
                         std::function<void(decltype(read({}))&)> threshold) {
  const auto changed = [read, write](auto change) {
    return [=](const Folder& folder) {
      auto image = read(texts_in(folder));
      change(image);
      write_memories(folder, write(image, backends::ExportFacts{}));
    };
  };
  return {{changed(weight), "weights of layer 1"}, {changed(threshold), "thresholds of layer 1"}};
}

Changes changes_of_xylo() {
  const auto of_spec = [](auto change) {
    return [change](const Folder& folder) {
      change_json(folder / "network.xylo.json", [&](ordered_json& file) { change(file["specification"]); });
    };
  };
  return {{of_spec([](ordered_json& spec) {
             ordered_json& weight = spec["weights_in"][2][3];
             weight = weight.get<int>() > 0 ? weight.get<int>() - 1 : weight.get<int>() + 1;
           }),
           "weights of layer 1"},
          {of_spec([](ordered_json& spec) { spec["threshold"][5] = spec["threshold"][5].get<int>() + 1; }),
           "threshold[5]"}};
}

std::map<std::string, Changes> all_changes() {
  using namespace backends;
  std::map<std::string, Changes> changes;
  const auto tree = [](const std::string& file, const std::vector<std::string>& groups,
                       const std::string& name, double amount, bool to_all = false) {
    return [=](const Folder& folder) {
      change_tree(folder / file,
                  [&](sim::DataGroup& root) { add_to(array_at(root, groups, name), amount, to_all); });
    };
  };
  changes["nir"] = {
      {tree("network.nir", {"node", "nodes", "affine1"}, "weight", 0.01), "weights of layer 1"},
      {tree("network.nir", {"node", "nodes", "lif2"}, "v_threshold", 0.01, true), "thresholds of layer 2"}};
  changes["loihi"] = {
      {tree("network.net", {"layer", "1"}, "weight", 2.0), "weights of layer 1"},
      {tree("network.net", {"layer", "2", "neuron"}, "vThMant", 1.0), "thresholds of layer 2"}};
  changes["sonata"] = {
      {tree("edges.h5", {"edges", "input_to_hidden_1", "0"}, "syn_weight", 0.01), "weights of layer 1"},
      {tree("nodes.h5", {"nodes", "hidden_1", "0", "dynamics_params"}, "threshold", 0.01, true),
       "thresholds of layer 1"}};
  changes["reckon"] =
      changes_of_image([](const std::vector<ExportedFile>& files) { return read_reckon_image(files); },
                       write_reckon_image, [](ReckonImage& image) { image.input[0] ^= 1; },
                       [](ReckonImage& image) { image.pairs[0].threshold ^= 1; });
  changes["tinyodin"] =
      changes_of_image([](const std::vector<ExportedFile>& files) { return read_tiny_odin_image(files); },
                       write_tiny_odin_image, [](TinyOdinImage& image) { image.weight[16] ^= 1; },
                       [](TinyOdinImage& image) { image.neurons[16].threshold ^= 1; });
  changes["odin"] = changes_of_image(
      [](const std::vector<ExportedFile>& files) { return read_odin_image(files); }, write_odin_image,
      [](OdinImage& image) {
        for (std::size_t j = 16;; ++j)  // the first that counts
          if (image.synapses[j].mapped && image.synapses[j].weight > 1) {
            image.synapses[j].weight ^= 1;
            return;
          }
      },
      [](OdinImage& image) { image.neurons[16].threshold ^= 1; });
  changes["c"] = {
      {[](const Folder& folder) { change_number(folder / "loci_net.c", " weight_0[384] =", other_integer); },
       "weights of layer 1"},
      {[](const Folder& folder) { change_number(folder / "loci_net.c", " threshold_1[8] =", other_integer); },
       "thresholds of layer 2"}};
  // The last word, so that its lowest neuron changes by one.
  const auto last_digit = [](const std::string& file) {
    return [file](const Folder& folder) {
      std::string text = read_bytes(folder / file);
      char& digit = text[text.size() - 2];
      digit = digit == '1' ? '0' : '1';
      write_bytes(folder / file, text);
    };
  };
  changes["verilog"] = {{last_digit("loci_net_weight_1.hex"), "weights of layer 2"},
                        {[](const Folder& folder) {
                           // The second neuron: a word is the threshold above 13 bits of the leak.
                           std::string text = read_bytes(folder / "loci_net_neuron_0.hex");
                           char& digit = text[text.find('\n', text.find('\n') + 1) - 4];
                           digit = digit == '2' ? '4' : '2';
                           write_bytes(folder / "loci_net_neuron_0.hex", text);
                         },
                         "thresholds of layer 1"}};
  changes["spinnaker2"] = {{[](const Folder& folder) {
                              change_json(folder / "network.spinnaker2.json", [](ordered_json& file) {
                                ordered_json& weight = file["projections"][0]["connections"][7][2];
                                weight = weight.get<int>() == 2 ? 3 : 2;
                              });
                            },
                            "the weight from 0 to "},
                           {[](const Folder& folder) {
                              change_json(folder / "network.spinnaker2.json", [](ordered_json& file) {
                                ordered_json& threshold = file["populations"][1]["params"]["threshold"][3];
                                threshold = 1.5 * threshold.get<double>();
                              });
                            },
                            "the threshold of neuron 3 of 'hidden_1'"}};
  changes["spinnaker"] = {
      {[](const Folder& folder) {
         change_number(folder / "network_input_to_hidden_1_excitatory.txt", "weight delay_ms\n0 ",
                       [](const std::string& post) { return post; });
         // pre post weight: the weight is the third number.
         const auto path = folder / "network_input_to_hidden_1_excitatory.txt";
         const std::string text = read_bytes(path);
         const auto row = text.find("delay_ms\n") + 9;
         const auto begin = text.find(' ', text.find(' ', row) + 1) + 1;
         const auto end = text.find(' ', begin);
         write_bytes(path,
                     text.substr(0, begin) + doubled(text.substr(begin, end - begin)) + text.substr(end));
       },
       "weights of layer 1"},
      {[](const Folder& folder) { change_number(folder / "network.py", "\"v_thresh\": ", doubled); },
       "is not what the file's numbers give"}};
  for (const char* device : {"xylo-audio2", "xylo-audio3", "xylo-imu"}) changes[device] = changes_of_xylo();
  return changes;
}

// All exported once.
class Exports {
 public:
  Exports() : targets(all_targets()) {
    REQUIRE(targets.size() >= 13);
    write_small_model(work);
    for (const std::string& target : targets) exported(work, target);
  }

  std::vector<std::string> files_of(const std::string& target) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(work / target))
      if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(work / target).string());
    return names;
  }

  Workspace work;
  std::vector<std::string> targets;
};

const Exports& exports() {
  static const Exports all;
  return all;
}

}  // namespace

TEST_CASE("every target's files are read again and give the spikes of their certificate") {
  for (const std::string& target : exports().targets) check_passes(exports().work, target, 200);
}

TEST_CASE("one number that is changed in the files of any target is found and named") {
  const auto changes = all_changes();
  const Workspace& work = exports().work;
  for (const std::string& target : exports().targets) {
    INFO(target);
    REQUIRE(changes.contains(target));
    for (const Change& change : {changes.at(target).weight, changes.at(target).threshold}) {
      std::filesystem::rename(work / target, work / "kept");
      std::filesystem::copy(work / "kept", work / target, std::filesystem::copy_options::recursive);
      change.make(work / target);
      check_refused(work, target, {change.said});
      std::filesystem::remove_all(work / target);
      std::filesystem::rename(work / "kept", work / target);
    }
  }
}

TEST_CASE("an export of which any one file is missing is refused by the file's name") {
  const Workspace& work = exports().work;
  for (const std::string& target : exports().targets)
    for (const std::string& name : exports().files_of(target)) {
      std::filesystem::rename(work / target / name, work / "taken");
      check_refused(work, target, {target + "/" + name});
      std::filesystem::rename(work / "taken", work / target / name);
    }
}

TEST_CASE("an export of which any one file is torn or has a digit changed is refused, whatever the file") {
  const Workspace& work = exports().work;
  for (const std::string& target : exports().targets)
    for (const std::string& name : exports().files_of(target)) {
      const std::string whole = read_bytes(work / target / name);
      const auto check = [&](const std::string& bytes) {
        write_bytes(work / target / name, bytes);
        const auto result = verified(work, target);
        CAPTURE(target, name, result.err);
        CHECK(result.exit_code == 2);
        CHECK_THAT(result.err, Contains("\n  what is wrong: ") && Contains("\n  what to do: "));
      };
      check(whole.substr(0, whole.size() / 2));
      // Nothing vouches for what a certificate says in words.
      const bool vouched_for = name != "certificate.json";
      for (std::size_t part = 1; vouched_for && part <= 3; ++part) {
        std::string other = whole;
        const auto digit = other.find_first_of("0123456789", part * whole.size() / 4);
        if (digit == std::string::npos) continue;
        other[digit] = other[digit] == '7' ? '3' : '7';
        check(other);
      }
      write_bytes(work / target / name, whole);
    }
}

TEST_CASE("an export of a format that is not known yet is refused by its version") {
  const Workspace& work = exports().work;
  const auto check = [&](const std::string& target, const std::string& file, const auto& change) {
    const auto path = work / target / file;
    const std::string whole = read_bytes(path);
    change(path);
    check_refused(work, target, {file, " 2, and this loci reads 1", "the loci that wrote it"});
    write_bytes(path, whole);
  };
  const auto in_comment = [](const std::string& format) {
    return [=](const std::filesystem::path& path) {
      change_text(path, "format " + format + " 1", "format " + format + " 2");
    };
  };
  const auto in_json = [](const std::filesystem::path& path) {
    change_json(path, [](ordered_json& document) { document["format_version"] = 2; });
  };
  check("c", "loci_net.h", in_comment("loci-c"));
  check("verilog", "loci_net.v", in_comment("loci-verilog"));
  check("spinnaker", "network.py", in_comment("loci-spinnaker"));
  check("spinnaker2", "network.spinnaker2.json", in_json);
  check("xylo-imu", "network.xylo.json", in_json);
  check("nir", "certificate.json", in_json);
}

TEST_CASE("a single file of an export is verified, and one that carries its certificate needs no folder") {
  const Workspace& work = exports().work;
  for (const char* file : {"loihi/network.net", "nir/network.nir", "c/loci_net.c", "sonata/nodes.h5"})
    check_passes(work, file, 200);
  std::filesystem::create_directory(work / "alone");
  for (const char* file : {"loihi/network.net", "nir/network.nir"}) {
    std::filesystem::copy(work / file, work / "alone/taken.h5",
                          std::filesystem::copy_options::overwrite_existing);
    check_passes(work, "alone/taken.h5", 200);
  }
  std::filesystem::copy(work / "c/loci_net.c", work / "alone/net.c");
  check_refused(work, "alone/net.c", {"alone/net.c", "carries none itself"});
  std::filesystem::remove_all(work / "alone");
}

TEST_CASE("what a certificate says of the samples has to be so") {
  const Workspace& work = exports().work;
  const auto path = work / "c/certificate.json";
  const std::string whole = read_bytes(path);
  json certificate = json::parse(whole);
  certificate["evidence"]["emulated"]["accuracy"] = 0.999;
  write_bytes(path, certificate.dump());
  check_refused(work, "c", {"its certificate is altered", "accuracy (emulated)", "0.999"});
  write_bytes(path, whole);
  change_text(work / "c/loci_net_main.c", "Runs samples", "Run samples!");
  check_refused(work, "c", {"not as they were written: loci_net_main.c"});
  change_text(work / "c/loci_net_main.c", "Run samples!", "Runs samples");
  check_passes(work, "c", 200);
}

TEST_CASE("delays and biases are read again where a target has them") {
  const Workspace work;
  const auto trained = work.train({"--encoding", "bernoulli", "--reset", "zero"});
  CAPTURE(trained.err);
  REQUIRE(trained.exit_code == 0);
  for (const char* target : {"nir", "sonata", "spinnaker", "spinnaker2"}) {
    const json certificate = exported(work, target, {"--velocity", "2.5", "--step-ms", "0.5"});
    CHECK(certificate["numbers"][0]["delays"] != no_numbers);
    check_passes(work, target, 200);
  }
  for (const char* target : {"c", "verilog", "loihi"}) {
    exported(work, target);
    check_passes(work, target, 200);
  }
}

TEST_CASE("networks that pixels drive are read again") {
  const Workspace work;
  REQUIRE(work.train({}).exit_code == 0);
  for (const char* target : {"c", "verilog", "nir"}) {
    exported(work, target);
    check_passes(work, target, 200);
  }
}
