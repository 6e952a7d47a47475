// loci eval: model file -> test images -> accuracy, confusion, per class.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "learning/confusion.hpp"
#include "learning/instruction_set.hpp"

namespace loci::cli {
namespace {

struct EvalOptions {
  std::string model;
  std::string data_dir;
  bool on_train = false;
  std::uint64_t threads = 0;
  Output output;
};

using Confusion = std::vector<std::vector<std::size_t>>;  // [label][predicted]

nlohmann::json per_class(const Confusion& confusion) {
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t c = 0; c < confusion.size(); ++c) {
    std::size_t actual = 0;
    std::size_t predicted = 0;
    for (std::size_t other = 0; other < confusion.size(); ++other) {
      actual += confusion[c][other];
      predicted += confusion[other][c];
    }
    const auto ratio = [&](std::size_t of) {
      return of == 0 ? 0.0 : static_cast<double>(confusion[c][c]) / static_cast<double>(of);
    };
    rows.push_back(
        {{"class", c}, {"images", actual}, {"recall", ratio(actual)}, {"precision", ratio(predicted)}});
  }
  return rows;
}

void print_result(const nlohmann::json& json) {
  fmt::print("{} on {} {} images of {}\n", json["network"].get<std::string>(),
             json["images"].get<std::size_t>(), json["split"].get<std::string>(),
             json["dataset"].get<std::string>());
  fmt::print("  accuracy  {:.4f}\n  loss      {:.4f}\n", json["accuracy"].get<double>(),
             json["loss"].get<double>());
  if (json.contains("spikes_per_image"))
    fmt::print("  spikes    {:.1f} per image\n", json["spikes_per_image"].get<double>());
  fmt::print("  speed     {:.0f} images/s ({} threads, {} kernels)\n\n",
             json["images_per_second"].get<double>(), json["threads"].get<std::size_t>(),
             json["instruction_set"].get<std::string>());
  const auto& confusion = json["confusion"];
  fmt::print("label \\ predicted\n     ");
  for (std::size_t c = 0; c < confusion.size(); ++c) fmt::print("{:>6}", c);
  fmt::print("   recall  precision\n");
  for (std::size_t c = 0; c < confusion.size(); ++c) {
    fmt::print("{:>4} ", c);
    for (const auto& count : confusion[c]) fmt::print("{:>6}", count.get<std::size_t>());
    fmt::print("   {:.4f}     {:.4f}\n", json["classes"][c]["recall"].get<double>(),
               json["classes"][c]["precision"].get<double>());
  }
}

int eval(const EvalOptions& options) {
  const LoadedModel model = load_model(options.model);
  const auto data = load_data_for(model, options.data_dir);
  const auto& images = options.on_train ? data.train : data.test;
  const learning::Workers workers(options.threads);
  const auto objective = objective_of(model.config, model.file.network);
  learning::BatchEvaluator evaluator(model.file.network, objective, workers,
                                     {.trajectory_mib = model.config.trajectory_mib, .keep_weights = true});
  const auto start = std::chrono::steady_clock::now();
  const auto result = learning::evaluate(evaluator, model.parameters, images, {}, encoder_of(model.config));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto confusion =
      learning::confusion_matrix(images.labels, result.predictions, model.file.network.sizes.back());
  nlohmann::json json{{"model", options.model},
                      {"network", summary_of(model.file.network)},
                      {"dataset", model.config.dataset},
                      {"split", options.on_train ? "training" : "test"},
                      {"images", images.size()},
                      {"accuracy", result.accuracy},
                      {"loss", result.loss},
                      {"images_per_second", static_cast<double>(images.size()) / seconds},
                      {"threads", workers.n_threads()},
                      {"instruction_set", learning::instruction_set()},
                      {"confusion", confusion},
                      {"classes", per_class(confusion)}};
  if (model.file.network.spiking()) json["spikes_per_image"] = result.spikes_per_image;
  if (options.output.json)
    print_json(json);
  else
    print_result(json);
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* command =
      app.add_subcommand("eval", "Accuracy, confusion matrix and per-class figures of a model");
  command->add_option("model", options->model, "model file")->required();
  command->add_option("--data-dir", options->data_dir, "folder of the data set's idx files");
  command->add_flag("--train", options->on_train, "on the training images instead of the test images");
  command->add_option("--threads", options->threads, "0: all; results do not depend on it")
      ->check(whole_number(most_threads));
  command->add_flag("--json", options->output.json, "as JSON");
  command->callback([options, &action] { action = [options] { return eval(*options); }; });
}

}  // namespace loci::cli
