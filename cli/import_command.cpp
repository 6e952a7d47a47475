// loci import: a network of another program -> a model file, with a note on whatever was taken for granted.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "backends/nir_import.hpp"
#include "backends/nir_neurons.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "io/data_tree_file.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string out = "model.h5";
  std::optional<double> dt;
  std::optional<std::string> unit;
  std::optional<std::string> integrator;
  std::optional<std::string> reset;
  std::optional<std::string> dataset;
  std::optional<std::string> data_dir;
  std::optional<std::string> encoding;
  std::optional<std::uint64_t> steps;
  bool ignore_delays = false;
  bool force = false;
  Output output;
};

backends::NirImportOptions nir_options(const ImportOptions& options) {
  backends::NirImportOptions nir{
      .dt = options.dt, .time_unit = options.unit, .ignore_delays = options.ignore_delays};
  if (options.integrator)
    nir.integrator = backends::parse_nir_integrator(*options.integrator, "--integrator");
  if (options.reset) nir.reset = sim::parse_reset(*options.reset, "--reset");
  return nir;
}

// How the network is driven and decoded: as the options say, as the file says where loci wrote it, or as
// training would by itself.
TrainConfig configuration_of(const backends::NirGraph& graph, const sim::NetworkDescription& network,
                             const ImportOptions& options) {
  TrainConfig config;
  if (const auto own = graph.beside.find("loci"); own != graph.beside.end())
    if (const auto text = backends::text_in(own->second, "configuration"); text && !text->empty())
      read_toml(io::TomlConfig::parse(*text, options.file + " (configuration)"), config);
  config.hidden.assign(network.sizes.begin() + 1, network.sizes.end() - 1);
  config.wiring = name_of(network.wiring);
  config.neuron = name_of(network.neuron);
  config.weight_scale.clear();
  config.balanced = false;
  config.balanced_layers = name_of(network.balanced_layers);
  config.cutoff = network.cutoff;
  config.pruned = network.pruned;
  config.pruned_shares = network.pruned_shares;
  config.pruned_by = name_of(network.pruned_by);
  const sim::Lif& lif = network.lif.front();
  config.beta = lif.beta;
  config.threshold = lif.threshold;
  config.reset = sim::name_of(lif.reset);
  config.reset_delay = lif.reset_delay;
  if (options.dataset) config.dataset = *options.dataset;
  if (options.data_dir) config.data_dir = *options.data_dir;
  if (options.encoding) config.encoding = *options.encoding;
  if (options.steps) config.steps = *options.steps;
  (void)encoder_of(config);
  return config;
}

int import_network(const ImportOptions& options) {
  const auto nir = nir_options(options);
  if (!options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with --out");
  const auto tree = io::read_data_tree(options.file);
  const auto reading = backends::nir_from_tree(tree.root, options.file);
  const auto network = backends::network_of(reading.graph, nir, options.file);
  const TrainConfig config = configuration_of(reading.graph, network.network, options);
  prepare_output(options.out);
  io::write_model(options.out, {.network = network.network,
                                .parameters = network.parameters.values,
                                .seed = config.seed,
                                .configuration = to_toml(config),
                                .attributes = {{"dataset", config.dataset}, {"imported_from", options.file}},
                                .history = history_table({.parameters = network.parameters})});
  std::vector<std::string> notes;
  for (const auto* part : {&tree.notes, &reading.notes, &network.notes})
    notes.insert(notes.end(), part->begin(), part->end());
  const nlohmann::json json{{"file", options.file},
                            {"format", "nir"},
                            {"nir_version", reading.graph.version},
                            {"network", summary_of(network.network)},
                            {"nodes", reading.graph.nodes.size()},
                            {"dt", network.dt},
                            {"time_unit", network.time_unit},
                            {"notes", notes},
                            {"written", options.out}};
  if (options.output.json) {
    print_json(json);
    return 0;
  }
  fmt::print("{}: {}, from {} NIR nodes in steps of {} {}\n", options.file,
             json["network"].get<std::string>(), reading.graph.nodes.size(), network.dt, network.time_unit);
  for (const std::string& note : notes) fmt::print("  note: {}\n", note);
  fmt::print("  written: {}\n", options.out);
  return 0;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      app.add_subcommand("import", "Make a model file of a network that another program wrote (NIR)");
  command->add_option("file", options->file, "network in NIR (.nir)")->required();
  command->add_option("--out", options->out, "model file to write")->capture_default_str();
  command->add_option(
      "--dt", options->dt,
      "duration of a step, in the file's unit of time (default: what the file says, or 1e-4 s)");
  command->add_option("--unit", options->unit,
                      "of the file's times: s, ms or us (default: what the file says, or s)");
  command->add_option(
      "--integrator", options->integrator,
      "how steps are made of time constants: euler or exponential (default: what the file says, or "
      "euler)");
  command->add_option(
      "--reset", options->reset,
      "of all neurons: subtract, zero or none (default: what the file's metadata say, or zero)");
  command->add_flag("--ignore-delays", options->ignore_delays,
                    "leave delays out, which no layered network here has");
  command->add_option("--dataset", options->dataset,
                      "whose images the network takes (default: the file's, where loci "
                      "wrote it)");
  command->add_option("--data-dir", options->data_dir, "folder of the data set's idx files");
  command->add_option("--encoding", options->encoding, "of images: constant, bernoulli or latency");
  command->add_option("--steps", options->steps, "time steps per image")->check(whole_number());
  command->add_flag("--force", options->force, "replace an existing file");
  command->add_flag("--json", options->output.json, "the summary as JSON");
  command->callback([options, &action] { action = [options] { return import_network(*options); }; });
}

}  // namespace loci::cli
