// loci verify: exported files -> network -> emulation -> certificate and model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "backends/certificate.hpp"
#include "backends/evidence.hpp"
#include "backends/float_network.hpp"
#include "backends/network_numbers.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/exported_files.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "cli/targets.hpp"
#include "experiments/export/model_export.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using nlohmann::json;

struct VerifyOptions {
  std::string exported;
  std::string model;
  std::string data_dir;
  std::uint64_t n_threads = 0;
  Output output;
};

// What a certificate says about how its samples were run.
struct Certified {
  std::string target;
  std::string model_digest;
  std::vector<backends::LayerNumbers> numbers;
  json evidence;  // of the network in real numbers and of what was exported, as replayed_json() has it
  std::uint64_t samples = 0;
  sim::Step n_steps = 0;
  sim::Encoder encoder;
  sim::GraphOptions graph;
};

constexpr const char* replayed_networks[] = {"emulated", "float"};  // networks of which there is evidence

// An object of objects, or json::exception.
json evidence_in(const json& certificate) {
  const json& evidence = certificate.at("evidence");
  for (const char* network : replayed_networks) (void)evidence.at(network).get_ref<const json::object_t&>();
  return evidence;
}

std::vector<backends::LayerNumbers> numbers_in(const json& certificate) {
  std::vector<backends::LayerNumbers> numbers;
  for (const json& layer : certificate.at("numbers"))
    for (numbers.emplace_back(); const backends::NumbersPart& part : backends::numbers_parts)
      layer.at(part.name).get_to(numbers.back().*part.fingerprint);
  return numbers;
}

Certified read_certificate(const Exported& exported) {
  const std::string path = exported.certificate_path.string();
  const json& certificate = exported.certificate;
  if (certificate.value("format_version", json()) != backends::certificate_version)
    throw InputError(
        path,
        fmt::format("it is of format loci-certificate {}, and this loci reads {}",
                    certificate.value("format_version", json()).dump(), backends::certificate_version),
        "read it with the loci that wrote it, or export the model again");
  try {
    const json& samples = certificate.at("samples");
    Certified result{.target = certificate.at("target"),
                     .model_digest = certificate.at("model_digest"),
                     .numbers = numbers_in(certificate),
                     .evidence = evidence_in(certificate),
                     .samples = samples.at("count"),
                     .n_steps = samples.at("steps"),
                     .graph = {.step_ms = samples.at("step_ms")}};
    if (const double velocity = samples.at("velocity"); velocity != 0.0) result.graph.velocity = velocity;
    result.encoder.encoding =
        sim::parse_encoding(samples.at("encoding").get<std::string>(), path + " (encoding)");
    result.encoder.seed = samples.at("seed");
    return result;
  } catch (const json::exception&) {
    throw InputError(path, "this is no certificate of an export, or it is damaged", "export the model again");
  }
}

json replayed_json(const backends::Replayed& replayed, std::size_t n_samples) {
  const auto n = static_cast<double>(n_samples);
  return {{"accuracy", static_cast<double>(replayed.correct) / n},
          {"agreement", static_cast<double>(replayed.agree) / n},
          {"spikes", replayed.spikes},
          {"mismatches", replayed.mismatches},
          {"spike_digest", fmt::format("{:016x}", replayed.digest)}};
}

void print_result(const json& result) {
  fmt::print("{} for {}: {} samples of {} steps\n", result["exported"].get<std::string>(),
             result["target"].get<std::string>(), result["samples"].get<std::size_t>(),
             result["steps"].get<std::size_t>());
  fmt::print("  accuracy         {:.4f} (model {:.4f})\n  label agreement  {:.4f}\n",
             result["emulated"]["accuracy"].get<double>(), result["float"]["accuracy"].get<double>(),
             result["emulated"]["agreement"].get<double>());
  for (std::size_t l = 0; l < result["emulated"]["mismatches"].size(); ++l)
    fmt::print("  layer {}          {} spikes, {} differ from the model's {}\n", l + 1,
               result["emulated"]["spikes"][l].get<std::uint64_t>(),
               result["emulated"]["mismatches"][l].get<std::uint64_t>(),
               result["float"]["spikes"][l].get<std::uint64_t>());
  const auto certified = [](bool same) {
    return same ? "those of the certificate" : "NOT those of the certificate";
  };
  fmt::print("  model            {}\n  numbers          {}\n  spikes           {}\n",
             result["same_model"].get<bool>() ? "the one that was exported" : "ANOTHER one was exported",
             certified(result["other_numbers"].empty()), certified(result["same_spikes"].get<bool>()));
  if (result.contains("farthest_weight"))
    fmt::print("  farthest weight  {}\n", result["farthest_weight"].get<std::string>());
}

// The files' network beside the model's: evidence of both, and which numbers the certificate does not have.
struct Comparison {
  backends::Evidence evidence;
  std::vector<std::string> other_numbers;
  std::string farthest;  // in real numbers: where weights differ most from the model's; empty: nowhere
};

experiments::ExportTarget target_in(const Exported& exported, const std::string& name) {
  try {
    return find_target(name);
  } catch (const InputError& error) {
    throw InputError(exported.certificate_path.string(), "target " + error.problem(),
                     "read it with the loci that wrote it, or export the model again");
  }
}

// Readers know files by their names within the export.
[[noreturn]] void refuse_in(const std::filesystem::path& folder, const InputError& error) {
  const bool placed = error.where().starts_with(folder.string());
  throw InputError(placed ? error.where() : (folder / error.where()).string(), error.problem(),
                   error.remedy());
}

template <typename Read>
auto read_in(const std::filesystem::path& folder, Read read) {
  try {
    return read();
  } catch (const InputError& error) {
    refuse_in(folder, error);
  }
}

Comparison compare(const Exported& exported, const Certified& certified,
                   const backends::FloatNetwork& trained, const backends::SampleSource& samples,
                   const VerifyOptions& options) {
  const experiments::ExportTarget target = target_in(exported, certified.target);
  const backends::EvidenceOptions replay{.n_threads = options.n_threads};
  if (target.whole_numbers()) {
    const backends::IntegerNetwork network =
        read_in(exported.folder, [&] { return target.read(exported.files); });
    backends::require_alike(trained, network, options.exported);
    return {.evidence = backends::gather_evidence(trained, network, nullptr, samples, replay),
            .other_numbers = backends::differences(certified.numbers, backends::numbers_of(network))};
  }
  const backends::FloatNetwork network = read_in(exported.folder, [&] {
    return target.read_real({exported.folder, exported.files});
  });
  backends::require_alike(trained, network, options.exported);
  Comparison result{.evidence = backends::gather_evidence(trained, network, nullptr, samples, replay),
                    .other_numbers = backends::differences(certified.numbers, backends::numbers_of(network))};
  const backends::FarthestWeight farthest = backends::farthest_weight(trained, network);
  if (farthest.layer != 0)
    result.farthest = fmt::format("{} from {} to {} in layer {}, where the model has {}", farthest.read,
                                  farthest.source, farthest.target, farthest.layer, farthest.trained);
  return result;
}

// What of the evidence is not as the certificate says, in words.
std::vector<std::string> other_evidence(const json& certified, const json& result) {
  std::vector<std::string> others;
  for (const char* network : replayed_networks)
    for (const auto& [key, value] : result[network].items())
      if (const json said = certified[network].value(key, json()); said != value)
        others.push_back(fmt::format("{} ({}): {} instead of {}", key, network, value.dump(), said.dump()));
  return others;
}

void require_verified(const VerifyOptions& options, const json& result) {
  if (!result["same_model"].get<bool>())
    throw InputError(options.model, "this is not the model that was exported",
                     "name the one that was, or export this one");
  const auto joined = [&](const char* list) {
    return fmt::format("{}", fmt::join(result[list].get<std::vector<std::string>>(), ", "));
  };
  if (!result["other_numbers"].empty())
    throw InputError(
        options.exported,
        fmt::format("the {} are not those that were exported{}", joined("other_numbers"),
                    result.contains("farthest_weight") ? "; farthest from the model is the weight " +
                                                             result["farthest_weight"].get<std::string>()
                                                       : ""),
        "export the model again");
  if (!result["same_spikes"].get<bool>())
    throw InputError(options.exported, "the files give other spikes than their certificate says",
                     "export the model again, or verify with the data of the export");
  if (!result["other_evidence"].empty())
    throw InputError(options.exported,
                     "its certificate is altered, or the data are others: " + joined("other_evidence"),
                     "export the model again, or verify with the data of the export");
  if (!result["altered_files"].empty())
    throw InputError(options.exported, "files are not as they were written: " + joined("altered_files"),
                     "export the model again, or put them back");
}

int verify(const VerifyOptions& options) {
  const Exported exported = read_exported(options.exported);
  const Certified certified = read_certificate(exported);
  const LoadedModel model = load_model(options.model);
  const io::DataSplits data = load_data_for(model, options.data_dir);
  const auto trained = backends::float_network(model.file.network, model.parameters, certified.graph);
  const auto samples =
      experiments::samples_of(data.test, certified.samples, certified.encoder, certified.n_steps);
  const Comparison compared = compare(exported, certified, trained, samples, options);
  json result{{"exported", options.exported},
              {"model", options.model},
              {"target", certified.target},
              {"samples", samples.n_samples},
              {"steps", certified.n_steps},
              {"float", replayed_json(compared.evidence.trained, samples.n_samples)},
              {"emulated", replayed_json(compared.evidence.emulated, samples.n_samples)},
              {"other_numbers", compared.other_numbers},
              {"altered_files", exported.altered},
              {"same_model", parameter_digest(model.parameters) == certified.model_digest}};
  if (!compared.farthest.empty()) result["farthest_weight"] = compared.farthest;
  result["other_evidence"] = other_evidence(certified.evidence, result);
  result["same_spikes"] =
      result["emulated"]["spike_digest"] == certified.evidence["emulated"].value("spike_digest", json());
  if (options.output.json)
    print_json(result);
  else
    print_result(result);
  require_verified(options, result);
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, Action& action) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App* command = app.add_subcommand(
      "verify", "Read an export again, emulate it, and compare with its certificate and its model");
  command->add_option("exported", options->exported, "a file or the folder that loci export wrote")
      ->required();
  command->add_option("--against", options->model, "model file")->required();
  command->add_option("--data-dir", options->data_dir, "folder of the data set's idx files");
  command->add_option("--threads", options->n_threads, "0: all; results do not depend on it")
      ->check(whole_number(most_threads));
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace loci::cli
