#include "learning/sample_pass.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace loci::learning {
namespace {

bool on_membrane(Loss loss) {
  return loss == Loss::membrane_sum || loss == Loss::membrane_rate;
}
bool per_step(Loss loss) {
  return loss == Loss::ce_rate || loss == Loss::membrane_rate;
}

void collect(const std::vector<std::uint16_t>& words, std::size_t words_per_step, std::size_t n_steps,
             sim::SpikeTrains& trains) {
  trains.begin.resize(n_steps + 1);
  trains.begin[0] = 0;
  trains.neuron.clear();
  for (std::size_t t = 0; t < n_steps; ++t) {
    const std::uint16_t* row = words.data() + t * words_per_step;
    for (std::size_t w = 0; w < words_per_step; w += 4) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, row + w, sizeof(std::uint16_t) * std::min<std::size_t>(4, words_per_step - w));
      for (; bits != 0; bits &= bits - 1)
        trains.neuron.push_back(
            static_cast<std::uint32_t>(w * 16 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
    trains.begin[t + 1] = static_cast<std::uint32_t>(trains.neuron.size());
  }
}

}  // namespace

SamplePass::SamplePass(const PreparedNetwork& shared) : shared_(shared), layers_(shared.layers.size()) {
  const std::size_t n_steps = shared.objective.n_steps;
  segment_steps_ = shared.checkpoint_steps == 0 ? n_steps : std::min(shared.checkpoint_steps, n_steps);
  n_segments_ = (n_steps + segment_steps_ - 1) / segment_steps_;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const std::size_t padded = shared.layers[l].padded();
    layer.membrane.resize(padded);
    layer.start.assign(n_segments_, AlignedFloats(padded));
    layer.words.resize(segment_steps_ * padded / 16);
    if (constant_drive(l)) {
      layer.sensitivity.resize(padded);
      layer.start_sensitivity.assign(n_segments_, AlignedFloats(padded));
      continue;
    }
    layer.compared.resize(segment_steps_ * padded);
    if (!shared.lif[l].reset_delay) layer.reported.resize(segment_steps_ * padded);
    layer.carried.resize(padded);
    layer.deltas.resize(segment_steps_ * padded);
  }
  const std::size_t padded_classes = shared.layers.back().padded();
  scores_.resize(n_steps * padded_classes);
  score_gradient_.resize(n_steps * padded_classes);
  spike_gradient_.resize(segment_steps_ * wide_panel);
  silence_.begin.assign(segment_steps_ + 1, 0);
}

std::size_t SamplePass::n_steps(std::size_t segment) const {
  return std::min(segment_steps_, shared_.objective.n_steps - first_step(segment));
}

const float* SamplePass::reported(std::size_t l) const {
  return shared_.lif[l].reset_delay ? layers_[l].compared.data() : layers_[l].reported.data();
}

std::uint64_t SamplePass::forward(const float* currents, const sim::SpikeTrains* input,
                                  std::span<float> logits) {
  currents_ = currents;
  input_ = input;
  std::uint64_t n_spikes = 0;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    std::fill(layers_[l].membrane.begin(), layers_[l].membrane.end(), 0.0F);
    std::fill(layers_[l].sensitivity.begin(), layers_[l].sensitivity.end(), 0.0F);
  }
  const std::size_t padded = shared_.layers.back().padded();
  for (std::size_t segment = 0; segment < n_segments_; ++segment) {
    run_segment(segment, false);
    const Layer& output = layers_.back();
    for (std::size_t l = 1; l < layers_.size(); ++l) n_spikes += layers_[l].spikes.neuron.size();
    float* scores = scores_.data() + first_step(segment) * padded;
    if (on_membrane(shared_.objective.loss)) {
      std::copy_n(reported(layers_.size() - 1), n_steps(segment) * padded, scores);
      continue;
    }
    std::fill_n(scores, n_steps(segment) * padded, 0.0F);
    for (std::size_t t = 0; t < n_steps(segment); ++t)
      for (const std::uint32_t neuron : output.spikes.at(t)) scores[t * padded + neuron] = 1.0F;
  }
  std::fill(logits.begin(), logits.end(), 0.0F);
  for (std::size_t t = 0; t < shared_.objective.n_steps; ++t)
    for (std::size_t c = 0; c < logits.size(); ++c) logits[c] += scores_[t * padded + c];
  return n_spikes;
}

void SamplePass::run_segment(std::size_t segment, bool restore) {
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    if (restore) {
      layer.membrane = layer.start[segment];
      if (!layer.sensitivity.empty()) layer.sensitivity = layer.start_sensitivity[segment];
    } else {
      layer.start[segment] = layer.membrane;
      if (!layer.sensitivity.empty()) layer.start_sensitivity[segment] = layer.sensitivity;
    }
    run_layer(l, segment);
  }
}

void SamplePass::run_layer(std::size_t l, std::size_t segment) {
  Layer& layer = layers_[l];
  const PanelLayout& panels = shared_.layers[l];
  const std::size_t words_per_step = panels.padded() / 16;
  const LifKernel& lif = shared_.lif[l];
  for (const Panel& panel : panels) {
    std::uint16_t* words = layer.words.data() + panel.begin / 16;
    if (constant_drive(l)) {
      lif_constant_forward(lif,
                           {.currents = currents_ + panel.begin,
                            .membrane = layer.membrane.data() + panel.begin,
                            .sensitivity = layer.sensitivity.data() + panel.begin,
                            .width = panel.width,
                            .n_steps = n_steps(segment)},
                           words, words_per_step);
      continue;
    }
    const bool from_input = l == 1 && !constant_output(l);
    const sim::SpikeTrains* arriving = from_input           ? input_
                                       : constant_output(l) ? &silence_
                                                            : &layers_[l - 1].spikes;
    const SpikeDrive drive{
        .spikes = arriving,
        .first_step = from_input ? first_step(segment) : 0,
        .n_steps = n_steps(segment),
        .weights = shared_.weights[l - 1].data() + shared_.layers[l - 1].n_neurons() * panel.begin,
        .bias = (constant_output(l) ? currents_ : shared_.bias[l].data()) + panel.begin,
        .width = panel.width,
        .stride = panels.padded()};
    float* compared = layer.compared.data() + panel.begin;
    float* after_reset = lif.reset_delay ? compared : layer.reported.data() + panel.begin;
    lif_spiking_forward(lif, drive, layer.membrane.data() + panel.begin, compared, after_reset, words,
                        words_per_step);
  }
  collect(layer.words, words_per_step, n_steps(segment), layer.spikes);
}

double SamplePass::loss(std::uint8_t target) {
  const std::size_t n_classes = shared_.layers.back().n_neurons();
  const std::size_t padded = shared_.layers.back().padded();
  const std::size_t n_steps = shared_.objective.n_steps;
  const double weight = 1.0 / static_cast<double>(shared_.batch_size);
  if (per_step(shared_.objective.loss)) {
    double sum = 0.0;
    for (std::size_t t = 0; t < n_steps; ++t)
      sum += row_cross_entropy(scores_.data() + t * padded, n_classes, target,
                               weight / static_cast<double>(n_steps), score_gradient_.data() + t * padded);
    return sum;
  }
  AlignedFloats total(n_classes);
  for (std::size_t t = 0; t < n_steps; ++t)
    for (std::size_t c = 0; c < n_classes; ++c) total[c] += scores_[t * padded + c];
  const double loss = row_cross_entropy(total.data(), n_classes, target, weight, score_gradient_.data());
  for (std::size_t t = 1; t < n_steps; ++t)
    std::copy_n(score_gradient_.data(), padded, score_gradient_.data() + t * padded);
  return loss;
}

double SamplePass::backward(std::uint8_t target, ShardGradient& shard, float* current_gradient) {
  const double share = loss(target);
  for (std::size_t l = 1; l < layers_.size(); ++l)
    std::fill(layers_[l].carried.begin(), layers_[l].carried.end(), 0.0F);
  if (current_gradient != nullptr) std::fill_n(current_gradient, shared_.layers[1].padded(), 0.0F);
  for (std::size_t segment = n_segments_; segment-- > 0;) {
    if (segment + 1 < n_segments_) run_segment(segment, true);
    backward_segment(segment, shard, current_gradient);
  }
  return share;
}

void SamplePass::backward_segment(std::size_t segment, ShardGradient& shard, float* current_gradient) {
  for (std::size_t l = layers_.size() - 1; l >= 1; --l) {
    backward_layer(l, segment, current_gradient);
    if (constant_drive(l)) return;
    const Layer& layer = layers_[l];
    const PanelLayout& panels = shared_.layers[l];
    if (constant_output(l)) {
      for (std::size_t at = 0; at < n_steps(segment) * panels.padded(); ++at)
        current_gradient[at % panels.padded()] += layer.deltas[at];
      return;
    }
    const sim::SpikeTrains& arriving = l == 1 ? *input_ : layers_[l - 1].spikes;
    const std::size_t first = l == 1 ? first_step(segment) : 0;
    for (const Panel& panel : panels)
      spike_gradient_panel(arriving, first, first + n_steps(segment), layer.deltas.data() + panel.begin,
                           panels.padded(), panel.width,
                           shard.weights[l - 1].data() + shared_.layers[l - 1].n_neurons() * panel.begin);
    float* bias = shard.bias[l].data();
    for (std::size_t t = 0; t < n_steps(segment); ++t)
      for (std::size_t j = 0; j < panels.padded(); ++j) bias[j] += layer.deltas[t * panels.padded() + j];
  }
}

// dL/dI of layer l from dL/dS, which comes from the loss or, through the weights, from the layer after.
void SamplePass::backward_layer(std::size_t l, std::size_t segment, float* current_gradient) {
  Layer& layer = layers_[l];
  const PanelLayout& panels = shared_.layers[l];
  const bool is_output = l + 1 == layers_.size();
  const bool membrane_loss = is_output && on_membrane(shared_.objective.loss);
  const std::size_t steps = n_steps(segment);
  for (const Panel& panel : panels) {
    const float* scores = score_gradient_.data() + first_step(segment) * panels.padded() + panel.begin;
    if (is_output) {
      for (std::size_t t = 0; t < steps; ++t)
        for (std::size_t j = 0; j < panel.width; ++j)
          spike_gradient_[t * panel.width + j] = membrane_loss ? 0.0F : scores[t * panels.padded() + j];
    } else {
      const PanelLayout& next = shared_.layers[l + 1];
      dense_product_panel({.left = layers_[l + 1].deltas.data(),
                           .row_stride = next.padded(),
                           .inner_stride = 1,
                           .n_rows = steps,
                           .n_inner = next.n_neurons(),
                           .right = shared_.transposed[l].data() + next.n_neurons() * panel.begin,
                           .right_stride = panel.width,
                           .result = spike_gradient_.data(),
                           .result_stride = panel.width,
                           .width = panel.width});
    }
    if (constant_drive(l)) {
      lif_constant_backward(shared_.lif[l],
                            {.currents = currents_ + panel.begin,
                             .membrane = layer.start[segment].data() + panel.begin,
                             .sensitivity = layer.start_sensitivity[segment].data() + panel.begin,
                             .width = panel.width,
                             .n_steps = steps},
                            spike_gradient_.data(), current_gradient + panel.begin);
      continue;
    }
    lif_spiking_backward(shared_.lif[l], {.compared = layer.compared.data() + panel.begin,
                                          .reported = reported(l) + panel.begin,
                                          .initial = layer.start[segment].data() + panel.begin,
                                          .spike_gradient = spike_gradient_.data(),
                                          .membrane_gradient = membrane_loss ? scores : nullptr,
                                          .carried = layer.carried.data() + panel.begin,
                                          .deltas = layer.deltas.data() + panel.begin,
                                          .n_steps = steps,
                                          .width = panel.width,
                                          .stride = panels.padded()});
  }
}

}  // namespace loci::learning
