// loci prune: a trained model -> the same with fewer edges, or its accuracy at every share of them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "learning/pruning.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

struct PruneOptions {
  std::string model;
  double share = 0.0;
  std::string by = "weight";
  std::string scope = "layer";
  bool fold_bias = false;
  bool sweep = false;
  std::string out = "pruned.h5";
  std::string data_dir;
  std::uint64_t threads = 0;
  bool force = false;
  Output output;
};

learning::Pruning pruning_of(const PruneOptions& options) {
  return {.share = options.share,
          .by = sim::parse_pruned_by(options.by, "--by"),
          .scope = learning::parse_pruning_scope(options.scope, "--scope")};
}

learning::MeanInputs inputs_of(const LoadedModel& model, const sim::LabelledImages& images,
                               const learning::Workers& workers) {
  return learning::mean_inputs(model.file.network, model.parameters,
                               objective_of(model.config, model.file.network), images,
                               encoder_of(model.config), workers);
}

// What the new file's own configuration says about its edges.
void take_pruning(const sim::NetworkDescription& network, TrainConfig& config) {
  config.pruned = network.pruned;
  config.pruned_shares = network.pruned_shares;
  config.pruned_by = name_of(network.pruned_by);
}

nlohmann::json edges_json(const sim::NetworkDescription& network, const sim::Parameters& parameters) {
  const auto exact = sim::in_double(network, parameters);
  nlohmann::json edges;
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    edges.push_back(std::ranges::count(sim::connection_edges(network, exact, l), 1));
  return edges;
}

int write_pruned(const PruneOptions& options) {
  if (!options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with --out");
  const LoadedModel model = load_model(options.model);
  const auto network = learning::pruned_network(model.file.network, model.parameters, pruning_of(options));
  sim::Parameters parameters = model.parameters;
  if (options.fold_bias) {
    const auto data = load_data_for(model, options.data_dir);
    const learning::Workers workers(options.threads);
    const auto inputs = inputs_of(model, data.train, workers);
    parameters = learning::folded_biases(model.file.network, network, parameters, inputs);
  }
  TrainConfig config = model.config;
  take_pruning(network, config);
  io::ModelFile file = model.file;
  file.network = network;
  file.parameters = parameters.values;
  file.configuration = to_toml(config);
  file.snapshot.reset();
  file.attributes.erase("test_accuracy");  // of the whole network
  file.attributes["pruned_from"] = options.model;
  file.attributes["pruned_from_sha256"] = parameter_digest(model.parameters);
  prepare_output(options.out);
  io::write_model(options.out, file);
  const nlohmann::json json{{"model", options.out},
                            {"network", summary_of(network)},
                            {"share", options.share},
                            {"by", options.by},
                            {"scope", options.scope},
                            {"fold_bias", options.fold_bias},
                            {"edges", edges_json(network, parameters)},
                            {"edges_before", edges_json(model.file.network, model.parameters)}};
  if (options.output.json) {
    print_json(json);
    return 0;
  }
  fmt::print("{}\n", json["network"].get<std::string>());
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    fmt::print("  edges {} to {}  {} of {}\n", l, l + 1, json["edges"][l].get<std::size_t>(),
               json["edges_before"][l].get<std::size_t>());
  fmt::print("  written       {}\n", options.out);
  return 0;
}

int sweep(const PruneOptions& options) {
  const LoadedModel model = load_model(options.model);
  const auto data = load_data_for(model, options.data_dir);
  const learning::Workers workers(options.threads);
  const auto objective = objective_of(model.config, model.file.network);
  const auto inputs = inputs_of(model, data.train, workers);
  const auto shares = learning::usual_shares();
  const auto accuracies = [&](const std::optional<learning::MeanInputs>& folded) {
    return learning::pruned_accuracies(model.file.network, model.parameters, objective, pruning_of(options),
                                       shares, folded, data.test, encoder_of(model.config), workers);
  };
  const auto plain = accuracies(std::nullopt);
  const auto folded = accuracies(inputs);
  if (options.output.json) {
    print_json({{"model", options.model},
                {"network", summary_of(model.file.network)},
                {"dataset", model.config.dataset},
                {"by", options.by},
                {"scope", options.scope},
                {"share", shares},
                {"accuracy", plain},
                {"accuracy_fold_bias", folded}});
    return 0;
  }
  fmt::print("{} on {}: edges removed by {}, a share of {}\n\n  share   accuracy   folded into biases\n",
             summary_of(model.file.network), model.config.dataset, options.by,
             options.scope == "layer" ? "each connection" : "all");
  for (std::size_t s = 0; s < shares.size(); ++s)
    fmt::print("  {:>3.0f} %     {:.4f}   {:.4f}\n", 100 * shares[s], plain[s], folded[s]);
  return 0;
}

}  // namespace

void add_prune(CLI::App& app, Action& action) {
  auto options = std::make_shared<PruneOptions>();
  CLI::App* command =
      app.add_subcommand("prune", "Remove edges of a trained model, or see what that costs in accuracy");
  command->add_option("model", options->model, "model file")->required();
  CLI::Option* share = command->add_option("--share", options->share, "of the edges to remove, below 1");
  CLI::Option* sweep_option =
      command->add_flag("--sweep", options->sweep, "test accuracy at 0, 5, ... 95 %; writes no model");
  share->excludes(sweep_option);
  command
      ->add_option(
          "--by", options->by,
          "first the edges of smallest weight (weight, or soft-threshold: as it acts, with all others "
          "made smaller), or of largest length (length)")
      ->capture_default_str();
  command
      ->add_option("--scope", options->scope, "layer: the share of each connection; global: of all together")
      ->capture_default_str();
  command
      ->add_flag("--fold-bias", options->fold_bias,
                 "add to the biases what removed edges carry on average over the training images")
      ->excludes(sweep_option);
  command->add_option("--out", options->out, "model file to write")
      ->capture_default_str()
      ->excludes(sweep_option);
  command->add_option("--data-dir", options->data_dir, "folder of the data set's idx files");
  command->add_option("--threads", options->threads, "0: all; results do not depend on it")
      ->check(whole_number(most_threads));
  command->add_flag("--force", options->force, "replace an existing model file");
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([options, share, &action] {
    if (!options->sweep && share->count() == 0)
      throw InputError("prune", "nothing says how much to remove", "give --share, or --sweep to see all");
    action = [options] { return options->sweep ? sweep(*options) : write_pruned(*options); };
  });
}

}  // namespace loci::cli
