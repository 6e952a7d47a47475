#include "cli/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "io/digest.hpp"
#include "sim/error.hpp"

namespace loci::cli {

LoadedModel load_model(const std::filesystem::path& path) {
  LoadedModel model{
      .file = io::read_model(path), .config = {}, .parameters = sim::Parameters({.sizes = {1, 1}})};
  read_toml(io::TomlConfig::parse(model.file.configuration, path.string() + " (configuration)"),
            model.config);
  model.parameters = sim::Parameters(model.file.network);
  model.parameters.values = model.file.parameters;
  return model;
}

io::DataSplits load_data(const TrainConfig& config, const std::string& data_dir) {
  const std::string& folder = data_dir.empty() ? config.data_dir : data_dir;
  auto splits = io::load_dataset(
      config.dataset, folder.empty() ? std::nullopt : std::optional<std::filesystem::path>(folder));
  if (config.train_images > splits.train.size())
    throw InputError(
        "data.train_images",
        fmt::format("{} images wanted, {} has {}", config.train_images, config.dataset, splits.train.size()),
        "ask for fewer, or 0 for all");
  if (config.train_images != 0) {
    splits.train.labels.resize(config.train_images);
    splits.train.pixels.resize(config.train_images * splits.train.n_pixels());
  }
  if (config.image_size != 0) {
    splits.train = sim::averaged_down(splits.train, config.image_size);
    splits.test = sim::averaged_down(splits.test, config.image_size);
  }
  return splits;
}

io::DataSplits load_data_for(const LoadedModel& model, const std::string& data_dir) {
  auto splits = load_data(model.config, data_dir);
  const std::size_t n_inputs = model.file.network.sizes.front();
  if (splits.test.n_pixels() != n_inputs)
    throw InputError(
        "data set " + model.config.dataset,
        fmt::format("its images have {} pixels, the network takes {}", splits.test.n_pixels(), n_inputs),
        "use the images that the network was trained on");
  return splits;
}

io::TrainingSnapshot snapshot_of(const learning::TrainingState& state) {
  return {
      .arrays = {{"parameters", state.parameters.values},
                 {"adam_first_moment", state.adam.first_moment},
                 {"adam_second_moment", state.adam.second_moment},
                 {"best", state.best},
                 {"sorted_at", state.sorted_at}},
      .integers = {{"n_updates", state.adam.n_updates},
                   {"epoch", state.epoch},
                   {"batches_done", state.batches_done},
                   {"n_correct", state.n_correct},
                   {"n_seen", state.n_seen},
                   {"n_spikes", state.n_spikes},
                   {"best_epoch", state.best_epoch},
                   {"stopped_early", state.stopped_early ? 1U : 0U}},
      .reals = {
          {"loss_sum", state.loss_sum}, {"seconds", state.seconds}, {"best_accuracy", state.best_accuracy}}};
}

learning::TrainingState restored_state(const io::ModelFile& file, const std::filesystem::path& path) {
  if (!file.snapshot)
    throw InputError(path.string(), "training is finished: the file holds no checkpoint to go on from",
                     "start a new run, with more epochs if that was the wish");
  const auto& snapshot = *file.snapshot;
  learning::TrainingState state{.parameters = sim::Parameters(file.network)};
  const std::size_t n = state.parameters.values.size();
  const auto array = [&](const char* name, bool may_be_empty) {
    const auto found = snapshot.arrays.find(name);
    const bool good = found != snapshot.arrays.end() &&
                      (found->second.size() == n || (may_be_empty && found->second.empty()));
    if (!good)
      throw InputError(path.string(),
                       fmt::format("the checkpoint's '{}' is missing or of another size", name),
                       "start anew");
    return found->second;
  };
  const auto number = [&](const auto& map, const char* name) {
    const auto found = map.find(name);
    if (found == map.end())
      throw InputError(path.string(), fmt::format("the checkpoint lacks '{}'", name), "start anew");
    return found->second;
  };
  state.parameters.values = array("parameters", false);
  state.adam.first_moment = array("adam_first_moment", true);
  state.adam.second_moment = array("adam_second_moment", true);
  state.best = array("best", true);
  // Without a cutoff nothing is sorted, and earlier builds knew none.
  if (snapshot.arrays.contains("sorted_at")) state.sorted_at = array("sorted_at", true);
  state.adam.n_updates = number(snapshot.integers, "n_updates");
  state.epoch = number(snapshot.integers, "epoch");
  state.batches_done = number(snapshot.integers, "batches_done");
  state.n_correct = number(snapshot.integers, "n_correct");
  state.n_seen = number(snapshot.integers, "n_seen");
  state.n_spikes = number(snapshot.integers, "n_spikes");
  state.best_epoch = number(snapshot.integers, "best_epoch");
  state.stopped_early = number(snapshot.integers, "stopped_early") != 0;
  state.loss_sum = number(snapshot.reals, "loss_sum");
  state.seconds = number(snapshot.reals, "seconds");
  state.best_accuracy = number(snapshot.reals, "best_accuracy");
  for (const auto& row : file.history.rows) {
    if (row.size() != 7)
      throw InputError(path.string(), "the history has other columns than this version writes", "start anew");
    state.history.push_back({.epoch = static_cast<std::size_t>(row[0]),
                             .learning_rate = row[1],
                             .train_loss = row[2],
                             .train_accuracy = row[3],
                             .validation_accuracy = row[4],
                             .spikes_per_image = row[5],
                             .seconds = row[6]});
  }
  return state;
}

io::HistoryTable history_table(const learning::TrainingState& state) {
  io::HistoryTable table{.columns = {"epoch", "learning_rate", "train_loss", "train_accuracy",
                                     "validation_accuracy", "spikes_per_image", "seconds"},
                         .rows = {}};
  for (const auto& record : state.history)
    table.rows.push_back({static_cast<double>(record.epoch), record.learning_rate, record.train_loss,
                          record.train_accuracy, record.validation_accuracy, record.spikes_per_image,
                          record.seconds});
  return table;
}

std::string parameter_digest(const sim::Parameters& parameters) {
  io::Sha256 digest;
  digest.update(std::as_bytes(std::span(parameters.values)));
  return digest.finish();
}

std::string summary_of(const sim::NetworkDescription& network) {
  std::string text = fmt::format("{} {} {}", fmt::join(network.sizes, "-"), name_of(network.wiring),
                                 name_of(network.neuron));
  if (network.spatial()) {
    text +=
        fmt::format(", {}-D, {}", network.dims,
                    network.relaxed() ? "relaxed" : fmt::format("{} gaps", name_of(network.layer_distance)));
    if (network.balanced) text += ", balanced";
    if (network.balanced && network.balanced_layers != sim::BalancedLayers::first)
      text += fmt::format(" ({})", name_of(network.balanced_layers));
  }
  if (std::isfinite(network.cutoff)) text += fmt::format(", cutoff {}", network.cutoff);
  if (network.prunes())
    text += fmt::format(
        ", {} of the edges pruned{}",
        network.pruned_shares.empty() ? fmt::format("{}", network.pruned)
                                      : fmt::format("{}", fmt::join(network.pruned_shares, " and ")),
        network.pruned_by == sim::PrunedBy::weight ? "" : fmt::format(" by {}", name_of(network.pruned_by)));
  const auto rounded = [&text](const char* what, std::size_t bits) {
    if (bits > 0) text += fmt::format(", {}-bit {}", bits, what);
  };
  rounded("weights", network.quantisation.weight_bits);
  rounded("positions", network.quantisation.position_bits);
  rounded("masks", network.quantisation.mask_bits);
  return text;
}

}  // namespace loci::cli
