// loci-bench inference: images per second of the batch evaluator and of the two engines.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/commands.hpp"
#include "bench/engine_run.hpp"
#include "cli/options.hpp"

namespace loci::bench {
namespace {

struct InferenceOptions {
  WorkloadOptions workload;
  std::vector<std::size_t> batches{1, 256};
  std::uint64_t images = 256;
  std::uint64_t rounds = 3;
};

// The evaluator on all images, batch by batch.
class ForwardRun {
 public:
  ForwardRun(const Workload& workload, const learning::Workers& workers, std::size_t batch_size)
      : workload_(workload),
        batch_size_(batch_size),
        evaluator_(workload.plan.network, workload.plan.objective, workers, {.keep_weights = true}),
        samples_(workload.images.size()) {
    std::iota(samples_.begin(), samples_.end(), 0U);
  }

  double time_round() {
    predictions.clear();
    n_spikes = n_correct = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t first = 0; first < samples_.size(); first += batch_size_)
      run_batch(std::span(samples_).subspan(first, std::min(batch_size_, samples_.size() - first)));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  std::size_t batch_size() const { return batch_size_; }

  std::vector<double> seconds;
  std::vector<std::size_t> predictions;
  std::uint64_t n_spikes = 0;
  std::size_t n_correct = 0;

 private:
  void run_batch(std::span<const std::uint32_t> samples) {
    const learning::ImageBatch batch(workload_.images, samples, workload_.plan.encoder,
                                     sim::evaluation_epoch);
    const auto result = evaluator_.forward(workload_.parameters, batch);
    n_spikes += result.n_spikes;
    n_correct += result.n_correct;
    const std::size_t n_classes = workload_.plan.network.sizes.back();
    for (std::size_t b = 0; b < batch.size(); ++b) {
      const auto scores = evaluator_.logits().subspan(b * n_classes, n_classes);
      predictions.push_back(std::ranges::max_element(scores) - scores.begin());
    }
  }

  const Workload& workload_;
  std::size_t batch_size_;
  learning::BatchEvaluator evaluator_;
  std::vector<std::uint32_t> samples_;
};

nlohmann::json forward_json(const ForwardRun& run, std::size_t n_images, bool spiking) {
  const auto n = static_cast<double>(n_images);
  nlohmann::json json{{"batch_size", run.batch_size()},
                      {"seconds", run.seconds},
                      {"images_per_second", n / median(run.seconds)},
                      {"accuracy", static_cast<double>(run.n_correct) / n}};
  if (spiking) json["spikes_per_image"] = static_cast<double>(run.n_spikes) / n;
  return json;
}

nlohmann::json engines_json(const Workload& workload, const InferenceOptions& options,
                            const std::vector<std::size_t>& predictions) {
  const auto& plan = workload.plan;
  const auto graph = sim::build_spatial_graph(plan.network, workload.parameters);
  const auto result = compare_engines({.network = plan.network,
                                       .parameters = workload.parameters,
                                       .graph = graph,
                                       .images = workload.images,
                                       .encoder = plan.encoder,
                                       .n_steps = plan.objective.n_steps},
                                      options.rounds);
  std::size_t n_other = 0;  // the engines compute in double, the evaluator in float
  for (std::size_t i = 0; i < predictions.size(); ++i)
    n_other += predictions[i] == result.predictions[i] ? 0 : 1;
  return {{"clock", engine_json(result.clock, predictions.size())},
          {"event", engine_json(result.event, predictions.size())},
          {"activity", result.activity.neurons},
          {"input_activity", result.activity.input},
          {"predictions_unlike_evaluator", n_other}};
}

nlohmann::json inference(const InferenceOptions& options) {
  const Workload workload = load_workload(options.workload, options.images);
  const learning::Workers workers(options.workload.threads);
  std::vector<std::unique_ptr<ForwardRun>> runs;
  for (const std::size_t batch_size : options.batches)
    runs.push_back(std::make_unique<ForwardRun>(workload, workers, std::max<std::size_t>(batch_size, 1)));
  for (auto& run : runs) run->time_round();  // warm-up
  for (std::uint64_t round = 0; round < options.rounds; ++round)
    for (auto& run : runs) run->seconds.push_back(run->time_round());
  auto json = identity(workload, workers.n_threads());
  const bool spiking = workload.plan.network.spiking();
  json["images"] = workload.images.size();
  json["evaluator"] = nlohmann::json::array();
  for (const auto& run : runs)
    json["evaluator"].push_back(forward_json(*run, workload.images.size(), spiking));
  if (spiking) json["engines"] = engines_json(workload, options, runs.front()->predictions);
  return json;
}

}  // namespace

void add_inference(CLI::App& app, Action& action) {
  auto options = std::make_shared<InferenceOptions>();
  options->workload.split = "test";
  CLI::App* command =
      app.add_subcommand("inference", "Time the batch evaluator and, for spiking networks, both engines");
  add_workload_options(*command, options->workload);
  command->add_option("--images", options->images, "images per round")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--batches", options->batches, "batch sizes of the evaluator")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "timed rounds")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return inference(*options); }; });
}

}  // namespace loci::bench
