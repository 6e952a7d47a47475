#include "bench/workload.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/memory.hpp"
#include "cli/field_options.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "experiments/presets.hpp"
#include "learning/instruction_set.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::bench {
namespace {

cli::TrainConfig config_of(const WorkloadOptions& options) {
  cli::TrainConfig config;
  if (!options.preset.empty())
    cli::read_toml(io::TomlConfig::parse(experiments::preset(options.preset), "preset " + options.preset),
                   config);
  if (!options.model.empty()) config = cli::load_model(options.model).config;
  cli::take_given(options.given, options.field_options, config);
  return config;
}

// In a function of its own: what it does not return is given back before anything is measured.
sim::LabelledImages first_images(const cli::TrainConfig& config, const std::string& split,
                                 std::size_t n_images) {
  auto data = cli::load_data(config);
  const auto& whole = split == "test" ? data.test : data.train;
  if (whole.size() < n_images)
    throw InputError("--batch-size", fmt::format("{} images wanted, there are {}", n_images, whole.size()),
                     "ask for fewer");
  const auto pixels = whole.pixels.begin();
  return {.name = whole.name,
          .height = whole.height,
          .width = whole.width,
          .n_classes = whole.n_classes,
          .pixels = {pixels, pixels + static_cast<std::ptrdiff_t>(n_images * whole.n_pixels())},
          .labels = {whole.labels.begin(), whole.labels.begin() + static_cast<std::ptrdiff_t>(n_images)}};
}

sim::Parameters parameters_of(const WorkloadOptions& options, const learning::TrainingPlan& plan) {
  if (options.model.empty()) return sim::initialise(plan.network, plan.initialisation);
  const auto model = cli::load_model(options.model);
  if (!(model.file.network == plan.network))
    throw InputError(options.model, "the options describe another network than the file holds",
                     "leave out options of the network");
  return model.parameters;
}

}  // namespace

void add_workload_options(CLI::App& command, WorkloadOptions& options) {
  auto* preset = command.add_option("--preset", options.preset, "start from a built-in configuration");
  command.add_option("--model", options.model, "a trained network")->excludes(preset);
  command.add_option("--split", options.split, "whose first images are taken")
      ->check(CLI::IsMember({"train", "test"}))
      ->capture_default_str();
  command.add_option("--threads", options.threads, "0: all")
      ->check(cli::whole_number(cli::most_threads))
      ->capture_default_str();
  command.add_option("--instruction-set", options.instruction_set, "portable, avx2 or avx512");
  options.field_options = cli::add_field_options(command, options.given);
}

Workload load_workload(const WorkloadOptions& options, std::size_t n_images) {
  const double start_mib = resident_mib();
  if (!options.instruction_set.empty()) learning::choose_instruction_set(options.instruction_set);
  const cli::TrainConfig config = config_of(options);
  auto images = first_images(config, options.split, n_images == 0 ? config.batch_size : n_images);
  const auto plan = cli::plan_of(config, images.n_pixels(), images.n_classes);
  learning::validate(plan.objective, plan.network);
  const bool peak_after_loading = forget_peak();
  const double loaded_mib = resident_mib();
  return {.config = config,
          .plan = plan,
          .parameters = parameters_of(options, plan),
          .images = std::move(images),
          .start_mib = start_mib,
          .loaded_mib = loaded_mib,
          .peak_after_loading = peak_after_loading};
}

nlohmann::json identity(const Workload& workload, std::size_t n_threads) {
  return {{"network", cli::summary_of(workload.plan.network)},
          {"parameters", workload.parameters.values.size()},
          {"configuration", cli::to_toml(workload.config)},
          {"seed", workload.config.seed},
          {"threads", n_threads},
          {"instruction_set", learning::instruction_set()},
          {"loci_version", version},
          {"loci_commit", commit}};
}

nlohmann::json memory(const Workload& workload) {
  return {
      {"start_mib", workload.start_mib},
      {"loaded_mib", workload.loaded_mib},
      {"peak_mib", peak_mib()},
      {"peak_covers", workload.peak_after_loading ? "all after loading the images" : "the whole process"}};
}

}  // namespace loci::bench
