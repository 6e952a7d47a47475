// One mini-batch as an evaluator sees it: targets, and per sample either a constant current or spike trains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/augmentation.hpp"
#include "sim/encoder.hpp"
#include "sim/samples.hpp"

namespace loci::learning {

class Batch {
 public:
  virtual ~Batch() = default;
  virtual std::size_t size() const = 0;
  virtual std::uint8_t target(std::size_t sample) const = 0;
  virtual bool constant_input() const = 0;
  // values: (n_0). Called from any thread.
  virtual void currents(std::size_t sample, std::span<float> values) const = 0;
  virtual void spikes(std::size_t sample, std::size_t n_steps, sim::SpikeTrains& trains) const = 0;
};

// Chosen images of a data set through an encoder.
class ImageBatch final : public Batch {
 public:
  // `samples` are indices into `images`; both must outlive the batch.
  ImageBatch(const sim::LabelledImages& images, std::span<const std::uint32_t> samples, sim::Encoder encoder,
             std::uint32_t epoch, const Augmentation& augmentation = {})
      : images_(images), samples_(samples), encoder_(encoder), augmentation_(augmentation), epoch_(epoch) {}

  std::size_t size() const override { return samples_.size(); }
  std::uint8_t target(std::size_t sample) const override { return images_.labels[samples_[sample]]; }
  bool constant_input() const override { return encoder_.encoding == sim::Encoding::constant; }
  void currents(std::size_t sample, std::span<float> values) const override {
    std::vector<std::uint8_t> placed;
    const auto pixels = image(sample, placed);
    for (std::size_t i = 0; i < pixels.size(); ++i) values[i] = static_cast<float>(pixels[i]) / 255.0F;
  }
  void spikes(std::size_t sample, std::size_t n_steps, sim::SpikeTrains& trains) const override {
    std::vector<std::uint8_t> placed;
    sim::encode(encoder_, image(sample, placed), n_steps, epoch_, samples_[sample], trains);
  }

 private:
  // `placed` holds it where it is augmented.
  std::span<const std::uint8_t> image(std::size_t sample, std::vector<std::uint8_t>& placed) const {
    const auto original = images_.image(samples_[sample]);
    if (!augmentation_.any()) return original;
    place_image(original, images_.width, random_placement(augmentation_, epoch_, samples_[sample]), placed);
    return placed;
  }

  const sim::LabelledImages& images_;
  std::span<const std::uint32_t> samples_;
  sim::Encoder encoder_;
  Augmentation augmentation_;
  std::uint32_t epoch_;
};

}  // namespace loci::learning
