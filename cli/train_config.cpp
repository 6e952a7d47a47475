#include "cli/train_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "sim/quantisation_fit.hpp"

namespace loci::cli {

const std::vector<Field>& fields() {
  using C = TrainConfig;
  static const std::vector<Field> table{
      {"data.dataset", "--dataset", &C::dataset, "mnist or fashion-mnist"},
      {"data.dir", "--data-dir", &C::data_dir,
       "folder of the data set's idx files (default: where the package or fetch puts them)"},
      {"data.train_images", "--train-images", &C::train_images,
       "use only the first so many training images; 0: all"},
      {"data.validation", "--validation", &C::validation,
       "training images set aside to choose the best epoch by; 0: keep the last epoch"},
      {"data.encoding", "--encoding", &C::encoding, "input: constant (current), bernoulli (rate) or latency"},
      {"data.image_size", "--image-size", &C::image_size,
       "average images down to so many pixels a side; 0: as they are"},
      {"network.hidden", "--hidden", &C::hidden, "neurons of each hidden layer"},
      {"network.wiring", "--wiring", &C::wiring, "spatial (weights from positions) or dense"},
      {"network.neuron", "--neuron", &C::neuron, "snn (leaky integrate-and-fire) or mlp (ReLU)"},
      {"network.dims", "--dims", &C::dims, "dimensions of space, the layer coordinate included"},
      {"network.layer_distance", "--layer-distance", &C::layer_distance,
       "fixed, learned, or relaxed (all coordinates learned)"},
      {"network.mask_steepness", "--mask-steepness", &C::mask_steepness, "k of the mask 2 sigmoid(k v) - 1"},
      {"network.weight_scale", "--weight-scale", &C::weight_scale,
       "scale of the weights of each connection; none: 1"},
      {"network.balanced", "--balanced", &C::balanced,
       "centre the first hidden layer's currents over its neurons"},
      {"network.balanced_layers", "--balanced-layers", &C::balanced_layers,
       "whose currents are centred: first, hidden (all hidden layers) or all (the output layer, too)"},
      {"network.softening", "--softening", &C::softening, "added to every squared distance"},
      {"network.cutoff", "--cutoff", &C::cutoff,
       "pairs of neurons farther apart have no edge; inf: all have"},
      {"network.pruned", "--pruned", &C::pruned,
       "share of each connection's edges removed, afresh at each update; 0: none"},
      {"network.pruned_shares", "--pruned-shares", &C::pruned_shares,
       "instead of --pruned, a share for each connection"},
      {"network.pruned_by", "--pruned-by", &C::pruned_by,
       "edges removed first: weight (the smallest before balancing), length (the longest) or soft-threshold "
       "(the smallest as they act, and all others made smaller by as much)"},
      {"network.beta", "--beta", &C::beta, "membrane decay per step"},
      {"network.threshold", "--threshold", &C::threshold, "firing threshold"},
      {"network.reset", "--reset", &C::reset, "subtract, zero or none"},
      {"network.reset_delay", "--reset-delay", &C::reset_delay,
       "reset at the step after the spike (snnTorch's default)"},
      {"network.spread", "--spread", &C::spread, "standard deviation of the initial positions"},
      {"network.gap", "--gap", &C::gap, "initial distance of neighbouring layers, when learned"},
      {"network.biases", "--biases", &C::biases,
       "learn biases; without, all are 0 (for chips that have none)"},
      {"quantization.weights", "--quantize-weights", &C::quantize_weights,
       "bits that weights are rounded to as they act; 0: not"},
      {"quantization.scale", "--quantize-scale", &C::quantize_scale,
       "steps of the rounded weights in 1, for each connection; none: what fits the weights of --from best"},
      {"quantization.positions", "--quantize-positions", &C::quantize_positions,
       "bits that coordinates are rounded to as they act; 0: not"},
      {"quantization.step", "--quantize-step", &C::quantize_step,
       "step of rounded coordinates and gaps, a power of two; 0: what fits the positions of --from"},
      {"quantization.masks", "--quantize-masks", &C::quantize_masks,
       "bits that masks are rounded to as they act; 0: not"},
      {"objective.loss", "--loss", &C::loss,
       "auto, cross_entropy (mlp), ce_count, ce_rate, membrane_sum or membrane_rate"},
      {"objective.surrogate", "--surrogate", &C::surrogate,
       "atan, fast_sigmoid, sigmoid, triangular or straight_through"},
      {"objective.slope", "--slope", &C::slope, "slope of the surrogate (atan: alpha)"},
      {"objective.steps", "--steps", &C::steps, "time steps per image"},
      {"training.epochs", "--epochs", &C::epochs, "passes over the training images"},
      {"training.batch_size", "--batch-size", &C::batch_size, "images per update"},
      {"training.learning_rate", "--learning-rate", &C::learning_rate, "peak learning rate of Adam"},
      {"training.decay", "--decay", &C::decay, "of the learning rate: constant, linear, quadratic or cosine"},
      {"training.warmup", "--warmup", &C::warmup,
       "fraction of the training over which the rate rises from 0"},
      {"training.pruning_begin", "--pruning-begin", &C::pruning_begin,
       "fraction of the training before which nothing is pruned"},
      {"training.pruning_end", "--pruning-end", &C::pruning_end,
       "fraction from which on all of the share is; between them it rises, fast at first"},
      {"training.adam_beta1", "--adam-beta1", &C::adam_beta1, "decay of Adam's first moment"},
      {"training.adam_beta2", "--adam-beta2", &C::adam_beta2, "decay of Adam's second moment"},
      {"training.adam_epsilon", "--adam-epsilon", &C::adam_epsilon, "Adam's epsilon"},
      {"training.rate_position", "--rate-position", &C::rate_position,
       "factor on the learning rate of positions"},
      {"training.rate_inhibition", "--rate-inhibition", &C::rate_inhibition,
       "factor on the learning rate of inhibition values"},
      {"training.rate_gap", "--rate-gap", &C::rate_gap, "factor on the learning rate of layer gaps"},
      {"training.rate_weight", "--rate-weight", &C::rate_weight,
       "factor on the learning rate of dense weights"},
      {"training.rate_bias", "--rate-bias", &C::rate_bias, "factor on the learning rate of biases"},
      {"training.decay_inhibition", "--decay-inhibition", &C::decay_inhibition,
       "decoupled weight decay of inhibition values: each update takes this times its rate off them"},
      {"training.decay_weight", "--decay-weight", &C::decay_weight, "the same of dense weights"},
      {"training.augment_shift", "--augment-shift", &C::augment_shift,
       "pixels by which training images are moved at random at most, afresh each epoch; 0: not"},
      {"training.augment_rotation", "--augment-rotation", &C::augment_rotation,
       "degrees by which they are turned at most"},
      {"training.augment_zoom", "--augment-zoom", &C::augment_zoom,
       "share by which they grow at most, or shrink"},
      {"training.clip_norm", "--clip-norm", &C::clip_norm, "largest norm of a gradient; 0: no clipping"},
      {"training.patience", "--patience", &C::patience,
       "stop after so many epochs without a better validation accuracy; 0: never"},
      {"training.trajectory_mib", "--trajectory-mib", &C::trajectory_mib,
       "memory for currents, membranes and spikes: a batch runs in blocks of samples that fit"},
      {"training.seed", "--seed", &C::seed, "of initial parameters, order of images, split and random input"},
  };
  return table;
}

void read_settings(io::TomlConfig& document, const std::string& prefix, TrainConfig& config) {
  for (const Field& field : fields())
    std::visit(
        [&](auto member) {
          using Value = std::remove_reference_t<decltype(config.*member)>;
          if (auto value = document.get<Value>(prefix + field.key)) config.*member = std::move(*value);
        },
        field.member);
}

void read_toml(io::TomlConfig document, TrainConfig& config) {
  read_settings(document, "", config);
  // Files of earlier builds hold it. It said how much memory trajectories take, as trajectory_mib does now.
  document.get<std::uint64_t>("training.checkpoint_steps");
  document.refuse_unknown();
}

namespace {

// JSON's way to quote text is one of TOML's.
std::string toml_value(const std::string& value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::type_error&) {
    throw InputError("'" + value + "'", "this is not UTF-8, which a configuration has to be",
                     "use a name in UTF-8");
  }
}
std::string toml_value(bool value) {
  return value ? "true" : "false";
}
std::string toml_value(std::uint64_t value) {
  return fmt::format("{}", value);
}
std::string toml_value(double value) {
  return fmt::format("{}", value);
}
template <typename T>
std::string toml_value(const std::vector<T>& values) {
  return fmt::format("[{}]", fmt::join(values, ", "));
}

}  // namespace

std::string to_toml(const TrainConfig& config) {
  std::string text;
  std::string section;
  for (const Field& field : fields()) {
    const std::string key = field.key;
    const auto dot = key.find('.');
    if (key.substr(0, dot) != section) {
      section = key.substr(0, dot);
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += fmt::format("{} = {}\n", key.substr(dot + 1),
                        std::visit([&](auto member) { return toml_value(config.*member); }, field.member));
  }
  return text;
}

sim::Encoder encoder_of(const TrainConfig& config) {
  return {.encoding = sim::parse_encoding(config.encoding, "data.encoding"), .seed = config.seed};
}

learning::Objective objective_of(const TrainConfig& config, const sim::NetworkDescription& network) {
  const bool spiking = network.spiking();
  const std::string loss = config.loss != "auto" ? config.loss : spiking ? "ce_count" : "cross_entropy";
  return {.loss = learning::parse_loss(loss, "objective.loss"),
          .surrogate = learning::parse_surrogate(config.surrogate, "objective.surrogate"),
          .slope = config.slope,
          .n_steps = spiking ? config.steps : 1};
}

sim::Quantisation quantisation_of(const TrainConfig& config) {
  return {.weight_bits = config.quantize_weights,
          .weight_scale = config.quantize_scale,
          .position_bits = config.quantize_positions,
          .position_step = config.quantize_step,
          .mask_bits = config.quantize_masks};
}

void fit_quantisation(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                      TrainConfig& config) {
  // Bits and what is given first: what follows takes them as good.
  sim::NetworkDescription given = network;
  given.quantisation = quantisation_of(config);
  if (config.quantize_scale.empty()) given.quantisation.weight_scale.assign(network.n_connections(), 1.0);
  if (config.quantize_step == 0.0) given.quantisation.position_step = 1.0;
  sim::validate(given);
  if (config.quantize_positions > 0 && config.quantize_step == 0.0)
    config.quantize_step = sim::fitted_step(parameters, config.quantize_positions);
  if (config.quantize_weights == 0 || !config.quantize_scale.empty()) return;
  sim::NetworkDescription on_grid = network;
  on_grid.quantisation = {.position_bits = config.quantize_positions,
                          .position_step = config.quantize_step,
                          .mask_bits = config.quantize_masks};
  config.quantize_scale = sim::fitted_scales(on_grid, parameters, config.quantize_weights);
}

learning::TrainingPlan plan_of(const TrainConfig& config, std::size_t n_pixels, std::size_t n_classes) {
  learning::TrainingPlan plan;
  auto& network = plan.network;
  network.sizes = {n_pixels};
  network.sizes.insert(network.sizes.end(), config.hidden.begin(), config.hidden.end());
  network.sizes.push_back(n_classes);
  network.wiring = sim::parse_wiring(config.wiring, "network.wiring");
  network.neuron = sim::parse_neuron_model(config.neuron, "network.neuron");
  network.dims = config.dims;
  network.layer_distance = sim::parse_layer_distance(config.layer_distance, "network.layer_distance");
  network.mask_steepness = config.mask_steepness;
  network.weight_scale = config.weight_scale;
  network.balanced = config.balanced;
  network.balanced_layers = sim::parse_balanced_layers(config.balanced_layers, "network.balanced_layers");
  network.softening = config.softening;
  network.cutoff = config.cutoff;
  network.pruned = config.pruned;
  network.pruned_shares = config.pruned_shares;
  network.pruned_by = sim::parse_pruned_by(config.pruned_by, "network.pruned_by");
  network.lif = {{.beta = config.beta,
                  .threshold = config.threshold,
                  .reset = sim::parse_reset(config.reset, "network.reset"),
                  .reset_delay = config.reset_delay}};
  network.quantisation = quantisation_of(config);
  plan.initialisation = {
      .spread = config.spread, .gap = config.gap, .biases = config.biases, .seed = config.seed};
  plan.objective = objective_of(config, network);
  plan.encoder = encoder_of(config);
  plan.schedule = {.peak = config.learning_rate,
                   .decay = learning::parse_decay(config.decay, "training.decay"),
                   .warmup = config.warmup};
  plan.pruning = {.begin = config.pruning_begin, .end = config.pruning_end};
  plan.adam = {.beta1 = config.adam_beta1,
               .beta2 = config.adam_beta2,
               .epsilon = config.adam_epsilon,
               .rate_factor = {{"position", config.rate_position},
                               {"inhibition", config.rate_inhibition},
                               {"gap", config.rate_gap},
                               {"weight", config.rate_weight},
                               {"bias", config.biases ? config.rate_bias : 0.0}},
               .decay = {{"inhibition", config.decay_inhibition}, {"weight", config.decay_weight}}};
  plan.augmentation = {.shift = config.augment_shift,
                       .rotation = config.augment_rotation,
                       .zoom = config.augment_zoom,
                       .seed = config.seed};
  plan.epochs = config.epochs;
  plan.batch_size = config.batch_size;
  plan.n_validation = config.validation;
  plan.patience = config.patience;
  plan.largest_gradient_norm = config.clip_norm;
  plan.trajectory_mib = config.trajectory_mib;
  plan.seed = config.seed;
  return plan;
}

}  // namespace loci::cli
