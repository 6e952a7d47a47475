// loci simulate: a circuit, or a trained network as a spatial graph.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/circuit_run.hpp"
#include "cli/commands.hpp"
#include "cli/model_run.hpp"
#include "cli/options.hpp"
#include "cli/own_options.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

OwnOptions add_options(CLI::App* command, ModelRunOptions& options, CircuitRunOptions& circuit) {
  OwnOptions own;
  const auto of_model = [&](CLI::Option* option) { own.model.push_back(option); };
  const auto of_circuit = [&](CLI::Option* option) { own.circuit.push_back(option); };
  command->add_option("file", options.model, "model file, or a circuit described in .toml")->required();
  of_model(command->add_option("--samples", options.samples, "model: test images to present")
               ->capture_default_str()
               ->check(whole_number()));
  of_model(command->add_option("--first", options.first, "model: the first of them")
               ->capture_default_str()
               ->check(whole_number()));
  own.engine = command->add_option("--engine", options.engine,
                                   "clock or event; for circuits auto, too (default: event for models, for "
                                   "circuits what the file says, or clock)");
  of_model(command->add_flag("--compare", options.compare,
                             "model: run the other engine too; fail unless both agree spike for spike"));
  of_model(command->add_option("--cutoff", options.graph.cutoff,
                               "model: leave out edges longer than this distance"));
  of_model(command->add_option("--velocity", options.graph.velocity,
                               "model: of spikes, in distance per ms (default: no extra delay)"));
  of_model(command->add_option("--step-ms", options.graph.step_ms, "model: duration of a time step")
               ->capture_default_str());
  of_model(command->add_option("--steps", options.steps, "model: time steps per image (default: as trained)")
               ->check(whole_number()));
  of_model(command->add_option("--data-dir", options.data_dir, "model: folder of the data set's idx files"));
  of_circuit(command->add_option("--duration", circuit.duration_ms,
                                 "circuit: ms to simulate (default: the file's)"));
  of_circuit(command
                 ->add_option("--seed", circuit.seed,
                              "circuit: of positions, edges, membranes and input (default: the file's)")
                 ->check(whole_number()));
  of_circuit(
      command
          ->add_option("--threads", circuit.n_threads, "circuit: threads; any number gives the same spikes")
          ->capture_default_str()
          ->check(CLI::Range(std::uint64_t{1}, most_threads)));
  of_circuit(command->add_flag("--procedural", circuit.procedural,
                               "circuit: store no synapse, make them again at every spike"));
  of_circuit(
      command->add_option("--precision", circuit.precision, "circuit: of weights: single or exact (double)")
          ->capture_default_str());
  of_circuit(
      command->add_flag("--on-grid", circuit.on_grid,
                        "circuit, event engine: all times but those of Poisson input are whole steps"));
  of_circuit(command
                 ->add_flag("--off-grid", circuit.off_grid,
                            "circuit, event engine: nothing is rounded to steps, whatever the file says")
                 ->excludes("--on-grid"));
  command->add_option("--out", options.out, "file to write the spikes to; others are named after it")
      ->capture_default_str();
  command
      ->add_option("--format", options.format,
                   "sonata: a raster; shd: samples in the layout of the Spiking Heidelberg Digits; nir-data: "
                   "model: events beside its NIR graph")
      ->capture_default_str();
  command->add_flag("--force", options.force, "replace existing files");
  command->add_flag("--quiet", options.output.quiet, "no progress");
  command->add_flag("--json", options.output.json, "the summary as JSON");
  return own;
}

int simulate_either(const ModelRunOptions& options, CircuitRunOptions circuit, bool engine_given) {
  if (!is_circuit(options.model)) return simulate_model(options);
  circuit.circuit = options.model;
  circuit.out = options.out;
  circuit.format = options.format;
  circuit.force = options.force;
  circuit.output = options.output;
  if (engine_given) circuit.engine = options.engine;
  return simulate_circuit(circuit);
}

}  // namespace

void add_simulate(CLI::App& app, Action& action) {
  auto options = std::make_shared<ModelRunOptions>();
  auto circuit = std::make_shared<CircuitRunOptions>();
  CLI::App* command = app.add_subcommand(
      "simulate", "Run a circuit, or a trained network as a spatial graph, and record its spikes");
  const OwnOptions own = add_options(command, *options, *circuit);
  command->callback([options, circuit, own, &action] {
    action = [options, circuit, own] {
      own.require(options->model);
      return simulate_either(*options, *circuit, own.engine->count() > 0);
    };
  });
}

}  // namespace loci::cli
