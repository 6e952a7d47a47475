// loci-bench update: training updates on one batch, each timed.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/commands.hpp"
#include "bench/dump.hpp"
#include "bench/workload.hpp"
#include "cli/options.hpp"

namespace loci::bench {
namespace {

struct UpdateOptions {
  WorkloadOptions workload;
  std::uint64_t updates = 10;
  std::uint64_t untimed = 2;
  std::string dump;
};

struct Updates {
  std::vector<double> seconds;  // of those after the warm-up
  learning::BatchResult first;
  learning::BatchResult last;
};

Updates run_updates(const UpdateOptions& options, Workload& workload, const learning::Batch& batch,
                    const learning::Workers& workers, learning::BatchEvaluator& evaluator) {
  Updates updates;
  sim::Parameters gradient(workload.plan.network);
  learning::AdamState adam;
  for (std::uint64_t u = 0; u < options.untimed + options.updates; ++u) {
    const auto start = std::chrono::steady_clock::now();
    updates.last = evaluator.gradient(workload.parameters, batch, gradient);
    learning::Stopwatch watch(evaluator.profile());
    learning::adam_update(workload.plan.adam, workload.plan.schedule.peak, gradient, workers, adam,
                          workload.parameters);
    watch.charge(learning::Phase::optimiser);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (u == 0) updates.first = updates.last;
    if (u >= options.untimed) updates.seconds.push_back(took.count());
  }
  return updates;
}

nlohmann::json update(const UpdateOptions& options) {
  Workload workload = load_workload(options.workload);
  const learning::TrainingPlan& plan = workload.plan;
  std::vector<std::uint32_t> samples(workload.images.size());
  std::iota(samples.begin(), samples.end(), 0U);
  const learning::ImageBatch batch(workload.images, samples, plan.encoder, 0);
  const learning::Workers workers(options.workload.threads);
  learning::BatchEvaluator evaluator(plan.network, plan.objective, workers,
                                     {.trajectory_mib = plan.trajectory_mib});
  auto json = identity(workload, workers.n_threads());
  if (!options.dump.empty()) write_dump(options.dump, workload, batch, evaluator);
  const Updates updates = run_updates(options, workload, batch, workers, evaluator);
  json["batch_size"] = batch.size();
  json["n_steps"] = plan.objective.n_steps;
  json["untimed"] = options.untimed;
  json["seconds"] = updates.seconds;
  json["memory"] = memory(workload);
  json["first"] = {{"loss", updates.first.loss}, {"n_spikes", updates.first.n_spikes}};
  json["last"] = {{"loss", updates.last.loss}, {"n_spikes", updates.last.n_spikes}};
  for (std::size_t p = 0; p < learning::phase_names.size(); ++p)
    json["phase_seconds"][std::string(learning::phase_names[p])] =
        evaluator.profile().seconds(static_cast<learning::Phase>(p));
  return json;
}

}  // namespace

void add_update(CLI::App& app, Action& action) {
  auto options = std::make_shared<UpdateOptions>();
  CLI::App* command = app.add_subcommand("update", "Time training updates (gradient and Adam) on one batch");
  add_workload_options(*command, options->workload);
  command->add_option("--updates", options->updates, "timed updates")
      ->check(cli::whole_number())
      ->capture_default_str();
  command->add_option("--untimed", options->untimed, "updates before them, to warm up")
      ->check(cli::whole_number())
      ->capture_default_str();
  command->add_option("--dump", options->dump,
                      "write the batch, the parameters, loss and gradient before the first update to this "
                      "file (memory then counts the writing too)");
  command->callback([options, &action] { action = [options] { return update(*options); }; });
}

}  // namespace loci::bench
