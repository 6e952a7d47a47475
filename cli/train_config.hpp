// Everything a training run can be told, as one plain structure; one table joins it to options, TOML and
// files.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "io/toml_config.hpp"
#include "learning/trainer.hpp"

namespace loci::cli {

struct TrainConfig {
  // [data]
  std::string dataset = "fashion-mnist";
  std::string data_dir;
  std::uint64_t train_images = 0;
  std::uint64_t validation = 0;
  std::string encoding = "constant";
  std::uint64_t image_size = 0;
  // [network]
  std::vector<std::uint64_t> hidden{448};
  std::string wiring = "spatial";
  std::string neuron = "snn";
  std::uint64_t dims = 8;
  std::string layer_distance = "learned";
  double mask_steepness = 10.0;
  std::vector<double> weight_scale;
  bool balanced = false;
  std::string balanced_layers = "first";
  double softening = 0.0;
  double cutoff = std::numeric_limits<double>::infinity();
  double pruned = 0.0;
  std::vector<double> pruned_shares;
  std::string pruned_by = "weight";
  double beta = 0.95;
  double threshold = 1.0;
  std::string reset = "subtract";
  bool reset_delay = true;
  double spread = 1.0;
  double gap = 1.0;
  bool biases = true;
  // [quantization]
  std::uint64_t quantize_weights = 0;
  std::vector<double> quantize_scale;
  std::uint64_t quantize_positions = 0;
  double quantize_step = 0.0;
  std::uint64_t quantize_masks = 0;
  // [objective]
  std::string loss = "auto";
  std::string surrogate = "atan";
  double slope = 0.5;
  std::uint64_t steps = 25;
  // [training]
  std::uint64_t epochs = 20;
  std::uint64_t batch_size = 100;
  double learning_rate = 0.005;
  std::string decay = "constant";
  double warmup = 0.0;
  double pruning_begin = 0.0;
  double pruning_end = 0.0;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-8;
  double rate_position = 1.0;
  double rate_inhibition = 1.0;
  double rate_gap = 1.0;
  double rate_weight = 1.0;
  double rate_bias = 1.0;
  double decay_inhibition = 0.0;
  double decay_weight = 0.0;
  double augment_shift = 0.0;
  double augment_rotation = 0.0;
  double augment_zoom = 0.0;
  double clip_norm = 0.0;
  std::uint64_t patience = 0;
  double trajectory_mib = 32.0;
  std::uint64_t seed = 1;
};

using FieldPointer =
    std::variant<std::string TrainConfig::*, std::uint64_t TrainConfig::*, double TrainConfig::*,
                 bool TrainConfig::*, std::vector<std::uint64_t> TrainConfig::*,
                 std::vector<double> TrainConfig::*>;

struct Field {
  const char* key;     // "section.name" in TOML
  const char* option;  // "--name" on the command line
  FieldPointer member;
  const char* help;
};

// In the order in which they are printed.
const std::vector<Field>& fields();

// Overwrites what the document names, each key after `prefix`.
void read_settings(io::TomlConfig& document, const std::string& prefix, TrainConfig& config);
// Overwrites what the document names; refuses unknown keys with line and column.
void read_toml(io::TomlConfig document, TrainConfig& config);
std::string to_toml(const TrainConfig& config);

sim::Quantisation quantisation_of(const TrainConfig& config);
// Scales and step that fit these parameters best, where they are wanted and not given. Throws InputError for
// rounding that makes no sense.
void fit_quantisation(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                      TrainConfig& config);

// The plan for images of n_pixels in n_classes. Throws InputError naming what is wrong.
learning::TrainingPlan plan_of(const TrainConfig& config, std::size_t n_pixels, std::size_t n_classes);
sim::Encoder encoder_of(const TrainConfig& config);
learning::Objective objective_of(const TrainConfig& config, const sim::NetworkDescription& network);

}  // namespace loci::cli
