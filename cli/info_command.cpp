// loci info: what a file of ours holds, or what this program is and runs on.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/circuit_run.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/graph_info.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "io/raster_file.hpp"
#include "learning/instruction_set.hpp"
#include "learning/workers.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::cli {
namespace {

struct InfoOptions {
  std::string file;
  bool config = false;
  bool graph = false;
  std::uint64_t n_threads = 1;
  Output output;
};

// How many of a connection's pairs have an edge, as the spatial graph has them: in double.
nlohmann::json connections_json(const sim::NetworkDescription& network, const sim::Parameters& parameters) {
  const auto exact = sim::in_double(network, parameters);
  nlohmann::json connections;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const auto edges = sim::connection_edges(network, exact, l);
    const auto n_edges = std::ranges::count(edges, 1);
    connections.push_back(
        {{"edges", n_edges}, {"share", static_cast<double>(n_edges) / static_cast<double>(edges.size())}});
  }
  return connections;
}

nlohmann::json model_json(const std::string& path) {
  const LoadedModel model = load_model(path);
  nlohmann::json groups;
  std::size_t n_parameters = 0;
  for (const auto& group : model.parameters.layout.groups()) {
    groups.push_back(
        {{"name", group.name}, {"shape", {group.rows, group.columns}}, {"parameters", group.size()}});
    n_parameters += group.size();
  }
  nlohmann::json kinds;
  for (const char* kind : {"position", "inhibition", "gap", "weight", "bias"})
    if (const auto count = model.parameters.layout.count(kind); count > 0) kinds[kind] = count;
  nlohmann::json json{{"kind", io::model_format},
                      {"network", summary_of(model.file.network)},
                      {"parameters", n_parameters},
                      {"parameters_by_kind", kinds},
                      {"groups", groups},
                      {"connections", connections_json(model.file.network, model.parameters)},
                      {"seed", model.file.seed},
                      {"attributes", model.file.attributes},
                      {"epochs", model.file.history.rows.size()},
                      {"resumable", model.file.snapshot.has_value()},
                      {"parameter_sha256", parameter_digest(model.parameters)},
                      {"loci_version", model.file.loci_version},
                      {"loci_commit", model.file.loci_commit},
                      {"configuration", model.file.configuration}};
  for (const auto& row : model.file.history.rows) json["history"].push_back(row);
  return json;
}

void print_model(const nlohmann::json& json, bool config) {
  fmt::print("model: {}\n", json["network"].get<std::string>());
  fmt::print("  parameters  {}\n", json["parameters"].get<std::size_t>());
  for (const auto& [kind, count] : json["parameters_by_kind"].items())
    fmt::print("    {:<11} {:>9}\n", kind, count.get<std::size_t>());
  fmt::print("  groups\n");
  for (const auto& group : json["groups"])
    fmt::print("    {:<11} {:>9}  ({} x {})\n", group["name"].get<std::string>(),
               group["parameters"].get<std::size_t>(), group["shape"][0].get<std::size_t>(),
               group["shape"][1].get<std::size_t>());
  fmt::print("  edges\n");
  for (std::size_t l = 0; l < json["connections"].size(); ++l)
    fmt::print("    {:<11} {:>9}  ({:.4g} % of all pairs)\n", fmt::format("{} to {}", l, l + 1),
               json["connections"][l]["edges"].get<std::size_t>(),
               100 * json["connections"][l]["share"].get<double>());
  for (const auto& [key, value] : json["attributes"].items())
    fmt::print("  {:<11} {}\n", key, value.get<std::string>());
  fmt::print("  seed        {}\n  digest      {}\n", json["seed"].get<std::uint64_t>(),
             json["parameter_sha256"].get<std::string>());
  fmt::print("  written by  loci {} ({}){}\n", json["loci_version"].get<std::string>(),
             json["loci_commit"].get<std::string>(),
             json["resumable"].get<bool>() ? ", a checkpoint that `loci train --resume` goes on from" : "");
  if (config) fmt::print("\n{}", json["configuration"].get<std::string>());
}

nlohmann::json raster_json(const std::string& path) {
  const auto raster = io::read_raster(path);
  nlohmann::json populations = nlohmann::json::array();
  for (const auto& population : raster.populations) {
    const double seconds = raster.duration_ms / 1000.0;
    const double rate = seconds > 0 ? static_cast<double>(population.ids.size()) /
                                          (seconds * static_cast<double>(population.n_neurons))
                                    : 0.0;
    populations.push_back({{"name", population.name},
                           {"neurons", population.n_neurons},
                           {"spikes", population.ids.size()},
                           {"rate_hz", rate}});
  }
  std::size_t n_correct = 0;
  for (const auto& sample : raster.samples) n_correct += sample.label == sample.predicted ? 1 : 0;
  return {{"kind", raster.stamp.format},
          {"complete", raster.complete},
          {"duration_ms", raster.duration_ms},
          {"spikes", raster.n_spikes()},
          {"populations", populations},
          {"samples", raster.samples.size()},
          {"correct", n_correct},
          {"seed", raster.stamp.provenance.seed},
          {"loci_version", raster.stamp.loci_version},
          {"loci_commit", raster.stamp.loci_commit},
          {"configuration", raster.stamp.provenance.configuration}};
}

void print_raster(const nlohmann::json& json, bool config) {
  fmt::print("raster: {} spikes in {:.0f} ms{}\n", json["spikes"].get<std::uint64_t>(),
             json["duration_ms"].get<double>(),
             json["complete"].get<bool>() ? "" : " (the prefix of a recording that was cut off)");
  for (const auto& population : json["populations"])
    fmt::print("  {:<10} {:>8} neurons {:>10} spikes {:>9.2f} Hz\n", population["name"].get<std::string>(),
               population["neurons"].get<std::size_t>(), population["spikes"].get<std::uint64_t>(),
               population["rate_hz"].get<double>());
  if (json["samples"].get<std::size_t>() > 0)
    fmt::print("  {} samples, {} predicted as labelled\n", json["samples"].get<std::size_t>(),
               json["correct"].get<std::size_t>());
  fmt::print("  written by loci {} ({})\n", json["loci_version"].get<std::string>(),
             json["loci_commit"].get<std::string>());
  if (config) fmt::print("\n{}", json["configuration"].get<std::string>());
}

nlohmann::json program_json() {
  return {{"version", version},
          {"commit", commit},
          {"instruction_set", learning::instruction_set()},
          {"instruction_sets", learning::available_instruction_sets()},
          {"threads", learning::Workers().n_threads()}};
}

[[noreturn]] void refuse_graph(const std::string& what_is_wrong) {
  throw InputError("--graph", what_is_wrong, "name a circuit (.toml) or a model");
}

nlohmann::json file_json(const InfoOptions& options) {
  nlohmann::json json;
  if (is_circuit(options.file)) {
    json = circuit_json(options.file);
    if (options.graph) json["graph"] = circuit_graph_json(options.file, options.n_threads);
  } else if (io::peek_format(options.file).format == io::model_format) {
    json = model_json(options.file);
    if (options.graph) json["graph"] = model_graph_json(options.file, options.n_threads);
  } else {
    if (options.graph) refuse_graph(options.file + " holds spikes, no edges");
    json = raster_json(options.file);
  }
  return json;
}

int info(const InfoOptions& options) {
  if (options.file.empty() && options.graph) refuse_graph("no file was named");
  const nlohmann::json json = options.file.empty() ? program_json() : file_json(options);
  if (options.output.json)
    print_json(json);
  else if (options.file.empty())
    fmt::print("loci {} ({})\n  kernels  {} (available: {})\n  threads  {}\n", version, commit,
               json["instruction_set"].get<std::string>(),
               fmt::join(learning::available_instruction_sets(), ", "), json["threads"].get<std::size_t>());
  else if (json["kind"] == io::model_format)
    print_model(json, options.config);
  else if (json["kind"] == "circuit")
    print_circuit(json, options.config);
  else
    print_raster(json, options.config);
  if (options.graph && !options.output.json) print_graph(json["graph"]);
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command =
      app.add_subcommand("info", "What a file holds; without a file, what this program runs on");
  command->add_option("file", options->file, "model, raster or circuit (.toml)");
  command->add_flag("--config", options->config, "print the configuration it carries");
  CLI::Option* graph = command->add_flag(
      "--graph", options->graph, "build the edges of a circuit or model and say what its graph is like");
  command->add_option("--threads", options->n_threads, "of --graph; numbers do not depend on it")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, most_threads))
      ->needs(graph);
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([options, &action] { action = [options] { return info(*options); }; });
}

}  // namespace loci::cli
