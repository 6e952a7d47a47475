// loci verify: exported files -> network in whole numbers -> emulation -> certificate and model.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "backends/evidence.hpp"
#include "backends/float_network.hpp"
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
  std::string spike_digest;
  std::uint64_t samples = 0;
  sim::Step n_steps = 0;
  sim::Encoder encoder;
  sim::GraphOptions graph;
};

std::filesystem::path folder_of(const std::string& exported) {
  std::filesystem::path path(exported);
  if (!std::filesystem::exists(path))
    throw InputError(exported, "there is no such file or folder", "name what loci export wrote");
  if (std::filesystem::is_directory(path)) return path;
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Certified read_certificate(const std::filesystem::path& path) {
  try {
    const json certificate = json::parse(read_text(path));
    const json& samples = certificate.at("samples");
    Certified result{.target = certificate.at("target"),
                     .model_digest = certificate.at("model_digest"),
                     .samples = samples.at("count"),
                     .n_steps = samples.at("steps"),
                     .graph = {.step_ms = samples.at("step_ms")}};
    if (certificate.contains("evidence"))
      result.spike_digest = certificate.at("evidence").at("emulated").at("spike_digest");
    if (const double velocity = samples.at("velocity"); velocity != 0.0) result.graph.velocity = velocity;
    result.encoder.encoding =
        sim::parse_encoding(samples.at("encoding").get<std::string>(), path.string() + " (encoding)");
    result.encoder.seed = samples.at("seed");
    return result;
  } catch (const json::exception&) {
    throw InputError(path.string(), "this is no certificate of an export, or it is damaged",
                     "export the model again");
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
  fmt::print("  model            {}\n  spikes           {}\n",
             result["same_model"].get<bool>() ? "the one that was exported" : "ANOTHER one was exported",
             result["same_spikes"].get<bool>() ? "those of the certificate" : "NOT those of the certificate");
}

int verify(const VerifyOptions& options) {
  const std::filesystem::path folder = folder_of(options.exported);
  const Certified certified = read_certificate(folder / certificate_name);
  const experiments::ExportTarget target = find_target(certified.target);
  if (!target.read)
    throw InputError(options.exported, "files for target " + target.name + " cannot be read back",
                     "trust its certificate, or export for another target");
  const backends::IntegerNetwork network = target.read(read_exported(folder));
  const LoadedModel model = load_model(options.model);
  const io::DataSplits data = load_data_for(model, options.data_dir);
  const auto trained = backends::float_network(model.file.network, model.parameters, certified.graph);
  backends::require_alike(trained, network, options.exported);
  const auto samples =
      experiments::samples_of(data.test, certified.samples, certified.encoder, certified.n_steps);
  const backends::Evidence evidence =
      backends::gather_evidence(trained, network, nullptr, samples, {.n_threads = options.n_threads});
  json result{{"exported", options.exported},
              {"model", options.model},
              {"target", certified.target},
              {"samples", samples.n_samples},
              {"steps", certified.n_steps},
              {"float", replayed_json(evidence.trained, samples.n_samples)},
              {"emulated", replayed_json(evidence.emulated, samples.n_samples)},
              {"same_model", parameter_digest(model.parameters) == certified.model_digest}};
  result["same_spikes"] = result["emulated"]["spike_digest"] == certified.spike_digest;
  if (options.output.json)
    print_json(result);
  else
    print_result(result);
  if (!result["same_model"].get<bool>())
    throw InputError(options.model, "this is not the model that was exported",
                     "name the one that was, or export this one");
  if (!result["same_spikes"].get<bool>())
    throw InputError(options.exported, "the files give other spikes than their certificate says",
                     "export the model again, or verify with the data of the export");
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
