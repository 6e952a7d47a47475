// loci-bench scaling: training updates of a network with two wide layers, or its gradient beside the
// reference's.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "bench/commands.hpp"
#include "bench/memory.hpp"
#include "bench/wide_network.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "learning/adam.hpp"
#include "learning/evaluator.hpp"
#include "learning/instruction_set.hpp"
#include "learning/reference.hpp"
#include "version.hpp"

namespace loci::bench {
namespace {

struct ScalingOptions {
  WideOptions wide;
  std::uint64_t threads = 1;
  std::uint64_t updates = 3;  // after the first
  double most_seconds = 20.0;
  double learning_rate = 0.01;
  bool check = false;
};

struct Updates {
  std::vector<double> seconds;
  std::size_t n_sorted = 0;  // of the later ones, those that sorted the neurons anew
  std::vector<double> losses;
  std::uint64_t n_spikes = 0;  // of the last
};

bool enough(const ScalingOptions& options, const Updates& updates) {
  if (updates.seconds.size() < 2) return updates.seconds.size() > options.updates;
  const double later = std::accumulate(updates.seconds.begin() + 1, updates.seconds.end(), 0.0);
  return updates.seconds.size() > options.updates || later > options.most_seconds;
}

Updates run_updates(const ScalingOptions& options, WideNetwork& wide, const learning::Batch& batch,
                    const learning::Workers& workers, learning::BatchEvaluator& evaluator) {
  Updates updates;
  sim::Parameters gradient(wide.network);
  learning::AdamState adam;
  // A current sums up n stored weights, which all move one way at first.
  const learning::AdamSettings settings{
      .rate_factor = {{"weight", 1.0 / static_cast<double>(options.wide.n)}}};
  while (!enough(options, updates)) {
    const auto order = evaluator.sorted_at();
    const std::vector<float> before(order.begin(), order.end());
    const auto start = std::chrono::steady_clock::now();
    const auto result = evaluator.gradient(wide.parameters, batch, gradient);
    learning::Stopwatch watch(evaluator.profile());
    learning::adam_update(settings, options.learning_rate, gradient, workers, adam, wide.parameters);
    watch.charge(learning::Phase::optimiser);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    updates.seconds.push_back(took.count());
    updates.losses.push_back(result.loss);
    updates.n_spikes = result.n_spikes;
    if (!before.empty() && !std::ranges::equal(before, evaluator.sorted_at())) ++updates.n_sorted;
  }
  return updates;
}

nlohmann::json identity(const ScalingOptions& options, const WideNetwork& wide,
                        const learning::Workers& workers) {
  const auto& network = wide.network;
  nlohmann::json json{{"network", cli::summary_of(network)},
                      {"n", options.wide.n},
                      {"mode", options.wide.mode},
                      {"parameters", wide.parameters.values.size()},
                      {"spread", wide.initialisation.spread},
                      {"gap", wide.initialisation.gap},
                      {"weight_scale", network.weight_scale},
                      {"batch_size", options.wide.batch},
                      {"n_steps", wide.objective.n_steps},
                      {"learning_rate", options.learning_rate},
                      {"seed", options.wide.seed},
                      {"threads", workers.n_threads()},
                      {"instruction_set", learning::instruction_set()},
                      {"loci_version", version},
                      {"loci_commit", commit}};
  if (std::isfinite(network.cutoff)) json["cutoff"] = network.cutoff;
  return json;
}

// Spikes per neuron, sample and step, of the layers after the input.
double activity(const WideNetwork& wide, std::uint64_t n_spikes) {
  const auto& sizes = wide.network.sizes;
  const std::size_t n_neurons = std::accumulate(sizes.begin() + 1, sizes.end(), std::size_t{0});
  return static_cast<double>(n_spikes) /
         static_cast<double>(n_neurons * wide.images.size() * wide.objective.n_steps);
}

nlohmann::json timed(const ScalingOptions& options, WideNetwork& wide, const learning::Batch& batch,
                     const learning::Workers& workers) {
  auto json = identity(options, wide, workers);
  for (const PairCount& count : count_pairs(wide))
    json["connections"].push_back({{"edges", count.edges}, {"pairs_made", count.made}});
  const double start_mib = resident_mib();
  const bool peak_after_making = forget_peak();
  Updates updates;
  {
    learning::BatchEvaluator evaluator(wide.network, wide.objective, workers);
    updates = run_updates(options, wide, batch, workers, evaluator);
    for (std::size_t p = 0; p < learning::phase_names.size(); ++p)
      json["phase_seconds"][std::string(learning::phase_names[p])] =
          evaluator.profile().seconds(static_cast<learning::Phase>(p));
  }
  json["memory"] = {
      {"start_mib", start_mib},
      {"peak_mib", peak_mib()},
      {"peak_covers", peak_after_making ? "all after making the network" : "the whole process"}};
  json["first_seconds"] = updates.seconds.front();
  json["later_seconds"] = std::vector<double>(updates.seconds.begin() + 1, updates.seconds.end());
  json["later_sorted"] = updates.n_sorted;
  json["losses"] = updates.losses;
  if (wide.network.spiking()) json["activity"] = activity(wide, updates.n_spikes);
  return json;
}

// How far the nearest neuron is from where its output turns: from there on rounding decides. Of the hidden
// layers of a rate network, and of all layers of a spiking one.
double nearest_to_turning(const WideNetwork& wide, const learning::ReferenceResult<double>& reference) {
  double nearest = std::numeric_limits<double>::infinity();
  const bool spiking = wide.network.spiking();
  for (std::size_t l = 0; l + (spiking ? 0 : 1) < reference.membranes.size(); ++l)
    for (const double membrane : reference.membranes[l])
      nearest =
          std::min(nearest, std::abs(membrane - (spiking ? wide.network.lif_of(l + 1).threshold : 0.0)));
  return nearest;
}

nlohmann::json difference_json(std::span<const float> actual, std::span<const double> expected) {
  double largest = 0.0;
  double error = 0.0;
  double squares = 0.0;
  double error_squares = 0.0;
  for (std::size_t at = 0; at < expected.size(); ++at) {
    const double difference = std::abs(static_cast<double>(actual[at]) - expected[at]);
    largest = std::max(largest, std::abs(expected[at]));
    error = std::max(error, difference);
    squares += expected[at] * expected[at];
    error_squares += difference * difference;
  }
  return {{"largest", error / largest},
          {"norm", std::sqrt(error_squares / squares)},
          {"largest_gradient", largest}};
}

// Loss and gradient beside those of the reference in double.
nlohmann::json checked(const ScalingOptions& options, WideNetwork& wide, const learning::Batch& batch,
                       const learning::Workers& workers) {
  keep_off_the_cutoff(wide);
  auto json = identity(options, wide, workers);
  learning::BatchEvaluator evaluator(wide.network, wide.objective, workers);
  sim::Parameters gradient(wide.network);
  const auto result = evaluator.gradient(wide.parameters, batch, gradient);
  std::vector<double> input;
  std::vector<float> values(wide.network.sizes[0]);
  std::vector<std::uint8_t> targets;
  for (std::size_t sample = 0; sample < batch.size(); ++sample) {
    batch.currents(sample, values);
    input.insert(input.end(), values.begin(), values.end());
    targets.push_back(batch.target(sample));
  }
  const auto reference = learning::reference_evaluate<double>(
      wide.network, wide.objective, sim::in_double(wide.network, wide.parameters),
      {.input = input, .constant_input = true, .targets = targets});
  json["loss"] = {{"loci", result.loss},
                  {"reference", reference.loss},
                  {"relative_error", std::abs(result.loss - reference.loss) / std::abs(reference.loss)}};
  json["nearest_to_turning"] = nearest_to_turning(wide, reference);
  for (const auto& group : gradient.layout.groups())
    json["groups"][group.name] = difference_json(
        gradient.view(group), std::span(reference.gradient).subspan(group.offset, group.size()));
  return json;
}

nlohmann::json scaling(const ScalingOptions& options) {
  WideNetwork wide = make_wide_network(options.wide);
  std::vector<std::uint32_t> samples(wide.images.size());
  std::iota(samples.begin(), samples.end(), 0U);
  const learning::ImageBatch batch(wide.images, samples, {.encoding = sim::Encoding::constant}, 0);
  const learning::Workers workers(options.threads);
  return options.check ? checked(options, wide, batch, workers) : timed(options, wide, batch, workers);
}

}  // namespace

void add_scaling(CLI::App& app, Action& action) {
  auto options = std::make_shared<ScalingOptions>();
  CLI::App* command = app.add_subcommand(
      "scaling", "Time training updates of a 3-D network 64-n-n-10 and take its memory, at one n");
  const auto whole = [&](const char* name, std::uint64_t& value, const char* help) {
    return command->add_option(name, value, help)->check(cli::whole_number())->capture_default_str();
  };
  const auto number = [&](const char* name, double& value, const char* help) {
    return command->add_option(name, value, help)->check(CLI::PositiveNumber)->capture_default_str();
  };
  WideOptions& wide = options->wide;
  whole("--n", wide.n, "neurons of each wide layer")->check(CLI::PositiveNumber);
  command
      ->add_option("--mode", wide.mode,
                   "tiled: all pairs are edges, weights made tile by tile; culled: edges within a cutoff; "
                   "dense: stored weights")
      ->check(CLI::IsMember({"tiled", "culled", "dense"}))
      ->capture_default_str();
  command->add_option("--neuron", wide.neuron, "mlp or snn")
      ->check(CLI::IsMember({"mlp", "snn"}))
      ->capture_default_str();
  whole("--steps", wide.steps, "time steps of the spiking network")->check(CLI::PositiveNumber);
  whole("--batch", wide.batch, "samples of an update")->check(CLI::PositiveNumber);
  number("--edges", wide.edges, "culled: mean edges per neuron between the wide layers");
  number("--gap", wide.gap, "initial distance of neighbouring layers");
  whole("--seed", wide.seed, "of parameters and inputs");
  command->add_option("--threads", options->threads, "0: all")
      ->check(cli::whole_number(cli::most_threads))
      ->capture_default_str();
  whole("--updates", options->updates, "timed after the first")->check(CLI::PositiveNumber);
  number("--most-seconds", options->most_seconds, "no further update after so long, beyond the second");
  number("--learning-rate", options->learning_rate, "of Adam");
  command->add_flag("--check", options->check,
                    "compare loss and gradient with the reference's instead; memory grows with n^2");
  command->callback([options, &action] { action = [options] { return scaling(*options); }; });
}

}  // namespace loci::bench
