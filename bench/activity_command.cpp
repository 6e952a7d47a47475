// loci-bench activity: both engines on one network as it is made to fire less and more.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/engine_run.hpp"
#include "cli/options.hpp"

namespace loci::bench {
namespace {

struct ActivityOptions {
  WorkloadOptions workload;
  std::string vary = "threshold";
  std::vector<double> targets{0.001, 0.003, 0.01, 0.03, 0.1, 0.3};
  sim::GraphOptions graph;
  double edges = 0.0;  // fraction of each connection's that is kept at least; 0: the cutoff decides
  std::uint64_t images = 50;
  std::uint64_t rounds = 3;
};

// A workload at one level: thresholds or pixels times a factor.
class Level {
 public:
  Level(const Workload& workload, const sim::SpatialGraph& graph, const std::string& vary, double factor)
      : workload_(workload), graph_(graph), network_(workload.plan.network), images_(workload.images) {
    if (vary == "threshold")
      for (sim::Lif& lif : network_.lif) lif.threshold *= factor;
    else
      for (std::uint8_t& pixel : images_.pixels)
        pixel = static_cast<std::uint8_t>(std::lround(std::min(1.0, factor) * pixel));
  }

  EngineWorkload engines() const {
    return {.network = network_,
            .parameters = workload_.parameters,
            .graph = graph_,
            .images = images_,
            .encoder = workload_.plan.encoder,
            .n_steps = workload_.plan.objective.n_steps};
  }

 private:
  const Workload& workload_;
  const sim::SpatialGraph& graph_;
  sim::NetworkDescription network_;
  sim::LabelledImages images_;
};

// The factor at which a few images come nearest to the wanted activity: by bisection, since activity falls
// with the threshold and rises with the input.
double factor_for(const Workload& workload, const sim::SpatialGraph& graph, const std::string& vary,
                  double target) {
  const double rising = vary == "threshold" ? -1.0 : 1.0;
  double low = std::log(1e-3);
  double high = vary == "threshold" ? std::log(1e3) : 0.0;
  for (int i = 0; i < 12; ++i) {
    const double middle = (low + high) / 2;
    const Level level(workload, graph, vary, std::exp(middle));
    const auto n_images = std::min<std::size_t>(workload.images.size(), 5);
    const double activity = measure_activity(level.engines(), n_images).neurons;
    ((activity - target) * rising < 0 ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

// The least cutoff that leaves every connection this fraction of its edges.
double cutoff_for(const Workload& workload, double fraction) {
  double cutoff = 0.0;
  for (std::size_t l = 0; l < workload.plan.network.n_connections(); ++l) {
    auto distances = sim::connection_distances(workload.plan.network, workload.parameters, l);
    const auto n_kept = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(distances.size() - 1));
    std::nth_element(distances.begin(), distances.begin() + n_kept, distances.end());
    cutoff =
        std::max(cutoff, 1.000001 * static_cast<double>(distances[n_kept]));  // the graph's are in double
  }
  return cutoff;
}

nlohmann::json activity(const ActivityOptions& options) {
  const Workload workload = load_workload(options.workload, options.images);
  sim::GraphOptions graph_options = options.graph;
  if (options.edges > 0) graph_options.cutoff = cutoff_for(workload, options.edges);
  const auto graph = sim::build_spatial_graph(workload.plan.network, workload.parameters, graph_options);
  auto json = identity(workload, 1);
  json["vary"] = options.vary;
  json["images"] = workload.images.size();
  json["n_steps"] = workload.plan.objective.n_steps;
  json["edges"] = graph.n_edges();
  json["levels"] = nlohmann::json::array();
  for (const double target : options.targets) {
    const double factor = factor_for(workload, graph, options.vary, target);
    const Level level(workload, graph, options.vary, factor);
    const auto result = compare_engines(level.engines(), options.rounds);
    json["levels"].push_back({{"target", target},
                              {"factor", factor},
                              {"activity", result.activity.neurons},
                              {"input_activity", result.activity.input},
                              {"clock", engine_json(result.clock, workload.images.size())},
                              {"event", engine_json(result.event, workload.images.size())}});
  }
  return json;
}

}  // namespace

void add_activity(CLI::App& app, Action& action) {
  auto options = std::make_shared<ActivityOptions>();
  options->workload.split = "test";
  CLI::App* command =
      app.add_subcommand("activity", "Time both engines on one network from little to much activity");
  add_workload_options(*command, options->workload);
  command->add_option("--vary", options->vary, "what is scaled to change the activity")
      ->check(CLI::IsMember({"threshold", "input"}))
      ->capture_default_str();
  command->add_option("--targets", options->targets, "spikes per neuron and step to aim at")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  auto* cutoff =
      command->add_option("--graph-cutoff", options->graph.cutoff,
                          "leave out edges longer than this distance, whatever the network's own cutoff");
  command
      ->add_option("--edges", options->edges, "choose the cutoff that leaves each connection this fraction")
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(cutoff);
  command->add_option("--velocity", options->graph.velocity, "of spikes, in distance per ms");
  command->add_option("--images", options->images, "images per round")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "timed rounds")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([options, &action] { action = [options] { return activity(*options); }; });
}

}  // namespace loci::bench
