// loci export: a trained network for a target, or a circuit as files that other programs read.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/circuit_export.hpp"
#include "cli/commands.hpp"
#include "cli/model_export.hpp"
#include "cli/options.hpp"
#include "cli/own_options.hpp"
#include "cli/targets.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

struct ExportOptions {
  std::string file;
  std::string out;
  std::uint64_t n_threads = 0;
  bool list_targets = false;
  bool force = false;
  Output output;
  ModelExportOptions model;
  CircuitExportOptions circuit;
};

void add_model_options(CLI::App* command, ModelExportOptions& options, OwnOptions& own) {
  const auto add = [&](CLI::Option* option) { own.model.push_back(option); };
  add(command->add_option("--target", options.target, "model: what to export to (--list-targets)"));
  add(command
          ->add_option("--samples", options.samples,
                       "model: test images to emulate for the certificate (default: 1000, or all of fewer)")
          ->check(whole_number()));
  add(command
          ->add_option("--calibration", options.calibration,
                       "model: training images to search the scales with (default: 100, or all of fewer)")
          ->check(whole_number()));
  add(command
          ->add_option("--write-samples", options.write_samples,
                       "model: test images whose spikes are written with it, where the target takes them "
                       "(default: 10, or all of fewer)")
          ->check(whole_number()));
  add(command->add_option("--require", options.require,
                          "model: exact, or agreement=S: refuse to write what falls short of it"));
  add(command->add_option(
      "--encoding", options.encoding,
      "model: how images drive it, constant, bernoulli or latency (default: as trained)"));
  add(command->add_option("--steps", options.steps, "model: time steps per image (default: as trained)")
          ->check(whole_number()));
  add(command->add_option("--velocity", options.velocity,
                          "model: of spikes, in distance per ms (default: no extra delay)"));
  add(command->add_option("--step-ms", options.step_ms, "model: duration of a time step")
          ->capture_default_str());
  add(command
          ->add_option("--placement", options.placement,
                       "model: neurons onto cores by positions, by layers, at random, or as is best")
          ->capture_default_str());
  add(command
          ->add_option("--neurons-per-core", options.neurons_per_core,
                       "model: at most as many (0, the default: as a core of the target holds)")
          ->check(whole_number()));
  add(command->add_flag("--split", options.split,
                        "model: over as many chips as it needs, a part of a layer on each"));
  add(command->add_option("--data-dir", options.data_dir, "model: folder of the data set's idx files"));
}

// What a target that is named does not take is refused.
void add_target_options(CLI::App* command, TargetOptions& options, OwnOptions& own) {
  const auto add = [&](CLI::Option* option) { own.model.push_back(option); };
  add(command->add_option("--weights", options.weights,
                          "c: numbers, or positions from which the program makes them (default: numbers)"));
  add(command->add_option("--weight-bits", options.weight_bits, "c, verilog: 8 or 16 (default: 8)")
          ->check(whole_number()));
  add(command->add_option("--dt", options.dt,
                          "nir: duration of a step, in --unit (default: 1e-4 s in that unit)"));
  add(command->add_option("--unit", options.unit, "nir: of times: s, ms or us (default: s)"));
  add(command->add_option("--integrator", options.integrator,
                          "nir: how its reader makes steps: euler or exponential (default: euler)"));
  add(command->add_flag("--linear", options.linear, "nir: Linear nodes, which have no biases"));
}

void add_circuit_options(CLI::App* command, CircuitExportOptions& options, OwnOptions& own) {
  const auto add = [&](CLI::Option* option) { own.circuit.push_back(option); };
  add(command->add_option("--seed", options.seed, "circuit: of positions and edges (default: the file's)")
          ->check(whole_number()));
  add(command->add_option("--precision", options.precision, "circuit: of weights: single or exact (double)")
          ->capture_default_str());
  add(command->add_flag("--off-grid", options.off_grid, "circuit: delays as they are, not rounded to steps"));
  add(command->add_flag("--procedural", options.procedural,
                        "circuit: make edges when they are written, store none"));
}

OwnOptions add_options(CLI::App* command, ExportOptions& options) {
  OwnOptions own;
  command->add_option("file", options.file, "model file, or a circuit described in .toml");
  add_model_options(command, options.model, own);
  add_target_options(command, options.model.of_target, own);
  add_circuit_options(command, options.circuit, own);
  command->add_option("--out", options.out,
                      "folder to write to (default: the circuit's name; the model's and the target's)");
  command
      ->add_option("--threads", options.n_threads,
                   "threads; results do not depend on them (0, the default: all; one for circuits)")
      ->check(whole_number(most_threads));
  command->add_flag("--list-targets", options.list_targets, "print the targets for models, and end");
  command->add_flag("--force", options.force, "replace existing files");
  command->add_flag("--quiet", options.output.quiet, "no progress");
  command->add_flag("--json", options.output.json, "the summary as JSON");
  return own;
}

int export_either(ExportOptions options) {
  if (is_circuit(options.file)) {
    options.circuit.circuit = options.file;
    options.circuit.out = options.out;
    options.circuit.n_threads = options.n_threads == 0 ? 1 : options.n_threads;
    options.circuit.force = options.force;
    options.circuit.output = options.output;
    return export_circuit(options.circuit);
  }
  options.model.model = options.file;
  options.model.out = options.out;
  options.model.n_threads = options.n_threads;
  options.model.force = options.force;
  options.model.output = options.output;
  return export_model(options.model);
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand(
      "export", "Write a trained network for a chip or an exchange format, or a circuit as SONATA files");
  const OwnOptions own = add_options(command, *options);
  command->callback([options, own, &action] {
    action = [options, own] {
      if (options->list_targets) {
        print_targets();
        return 0;
      }
      if (options->file.empty())
        throw InputError("loci export", "no file is named",
                         "name a model file or a circuit's .toml file (loci export --help)");
      own.require(options->file);
      return export_either(*options);
    };
  });
}

}  // namespace loci::cli
