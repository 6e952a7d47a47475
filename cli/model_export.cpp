#include "cli/model_export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "backends/certificate.hpp"
#include "cli/exported_files.hpp"
#include "cli/model.hpp"
#include "cli/targets.hpp"
#include "experiments/export/model_export.hpp"
#include "io/atomic_folder.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::cli {
namespace {

using nlohmann::json;

std::filesystem::path folder_of(const ModelExportOptions& options) {
  if (!options.out.empty()) return options.out;
  return std::filesystem::path(options.model).stem().string() + "-" + options.target;
}

sim::GraphOptions graph_of(const ModelExportOptions& options) {
  sim::GraphOptions graph{.step_ms = options.step_ms};
  if (options.velocity != 0.0) graph.velocity = options.velocity;
  return graph;
}

struct SampleCounts {
  std::size_t samples = 0;
  std::size_t calibration = 0;
  std::size_t written = 0;
};

// As many as there are, up to `usual`, where nobody asked for a number.
std::size_t count_of(const std::optional<std::uint64_t>& wanted, std::size_t usual, std::size_t least,
                     const sim::LabelledImages& images, const char* option, const char* of) {
  if (!wanted) return std::min(usual, images.size());
  if (*wanted < least || *wanted > images.size())
    throw InputError(option, fmt::format("{} of {} {} images", *wanted, images.size(), of),
                     fmt::format("choose at least {}, and no more than there are", least));
  return *wanted;
}

SampleCounts counts_of(const ModelExportOptions& options, const io::DataSplits& data) {
  return {.samples = count_of(options.samples, 1000, 1, data.test, "--samples", "test"),
          .calibration = count_of(options.calibration, 100, 1, data.train, "--calibration", "training"),
          .written = count_of(options.write_samples, 10, 0, data.test, "--write-samples", "test")};
}

sim::Encoder driven_by(const ModelExportOptions& options, const sim::Encoder& trained) {
  if (options.encoding.empty()) return trained;
  return {.encoding = sim::parse_encoding(options.encoding, "--encoding"), .seed = trained.seed};
}

backends::ExportFacts facts_of(const ModelExportOptions& options, const LoadedModel& model) {
  return {.model = std::filesystem::path(options.model).filename().string(),
          .configuration = model.file.configuration,
          .seed = model.file.seed,
          .version = fmt::format("{} ({})", version, commit),
          .step_ms = options.step_ms};
}

experiments::ExportResult run(const ModelExportOptions& options, const LoadedModel& model,
                              const io::DataSplits& data, const SampleCounts& counts,
                              const experiments::ExportTarget& target) {
  Progress progress(options.output, "stages");
  const sim::Encoder trained = encoder_of(model.config);
  return experiments::export_model(
      {.target = target,
       .network = model.file.network,
       .parameters = model.parameters,
       .graph = graph_of(options),
       .calibration = data.train,
       .test = data.test,
       .n_calibration = counts.calibration,
       .n_samples = counts.samples,
       .n_written = counts.written,
       .trained = trained,
       .encoder = driven_by(options, trained),
       .n_steps = static_cast<sim::Step>(options.steps != 0 ? options.steps : model.config.steps),
       .placement = backends::parse_placement(options.placement, "--placement"),
       .neurons_per_core = options.neurons_per_core,
       .split = options.split,
       .n_threads = options.n_threads,
       .facts = facts_of(options, model),
       .summary = summary_of(model.file.network),
       .model_digest = parameter_digest(model.parameters),
       .progress = [&](const std::string& what, std::size_t done, std::size_t total) {
         progress.update(what, done, total, done, "");
       }});
}

// What `loci verify` needs to run the same samples again.
json samples_json(const ModelExportOptions& options, const LoadedModel& model, std::size_t n_samples) {
  const sim::Encoder encoder = driven_by(options, encoder_of(model.config));
  return {{"count", n_samples},           {"encoding", name_of(encoder.encoding)},
          {"seed", encoder.seed},         {"steps", options.steps != 0 ? options.steps : model.config.steps},
          {"velocity", options.velocity}, {"step_ms", options.step_ms}};
}

std::uintmax_t bytes_below(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

// Trees carry the certificate themselves, too.
void attach(const std::string& certificate, std::vector<backends::ExportedFile>& files) {
  for (backends::ExportedFile& file : files)
    if (auto* tree = std::get_if<sim::DataGroup>(&file.content))
      tree->attributes[certificate_attribute] = {std::vector<std::string>{certificate}, {}};
}

}  // namespace

int export_model(const ModelExportOptions& options) {
  if (options.target.empty())
    throw InputError(options.model, "no target is named to export this model to",
                     "name one with --target (loci export --list-targets)");
  const experiments::ExportTarget target = find_target(options.target, options.of_target);
  const std::optional<backends::Requirement> requirement =
      options.require.empty() ? std::nullopt
                              : std::optional(backends::parse_requirement(options.require, "--require"));
  const LoadedModel model = load_model(options.model);
  const std::filesystem::path folder = folder_of(options);
  require_export_place(folder, options.force);
  io::AtomicFolder place(folder);  // refuses what cannot be written before the long work
  const io::DataSplits data = load_data_for(model, options.data_dir);
  const SampleCounts counts = counts_of(options, data);
  experiments::ExportResult result = run(options, model, data, counts, target);
  if (requirement) backends::require_met(*requirement, result.certificate);

  json certificate = backends::certificate_json(result.certificate);
  certificate["samples"] = samples_json(options, model, counts.samples);
  const std::string text = backends::certificate_text(result.certificate);
  attach(json_text(certificate), result.files);
  result.files.push_back({"certificate.txt", text});
  write_exported(place.temporary(), result.files);
  if (result.write_folder) result.write_folder(place.temporary());
  certificate["files"] = file_digests(place.temporary());
  write_exported(place.temporary(), {{certificate_name, json_text(certificate) + "\n"}});
  place.commit();
  certificate["written"] = folder.string();
  certificate["bytes"] = bytes_below(folder);
  if (options.output.json)
    print_json(certificate);
  else
    fmt::print("{}  written: {} ({} files, {} bytes)\n", text, folder.string(), result.files.size(),
               certificate["bytes"].get<std::uintmax_t>());
  return 0;
}

}  // namespace loci::cli
