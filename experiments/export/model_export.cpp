#include "experiments/export/model_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/generated_weights.hpp"
#include "backends/limits.hpp"
#include "backends/scale_search.hpp"
#include "experiments/export/space_stages.hpp"
#include "sim/error.hpp"

namespace loci::experiments {
namespace {

using backends::Drive;
using backends::FloatNetwork;
using backends::QuantisedNetwork;
using backends::ReplaySample;

std::string words_of(const sim::Encoder& encoder) {
  if (encoder.encoding == sim::Encoding::constant) return "pixels as constant currents";
  return encoder.encoding == sim::Encoding::bernoulli ? "Bernoulli spikes" : "one spike a pixel, by latency";
}

class Export {
 public:
  explicit Export(const ModelExport& request)
      : request_(request),
        trained_(backends::float_network(request.network, request.parameters, request.graph)) {}

  ExportResult run() {
    ExportResult result;
    result.certificate = {.target = request_.target.name,
                          .title = request_.target.title,
                          .unverified = request_.target.unverified,
                          .facts = request_.facts,
                          .network = request_.summary,
                          .model_digest = request_.model_digest,
                          .data = request_.test.name,
                          .input = words_of(request_.encoder)};
    if (request_.target.needs_samples && request_.n_written == 0)
      throw InputError("--write-samples", "target " + request_.target.name + " cannot do without a sample",
                       "write at least one");
    const std::vector<sim::SpikeTrains> samples = written_samples();
    const std::vector<std::span<const std::uint8_t>> images = written_images();
    const ExportSubject subject{.network = request_.network,
                                .parameters = request_.parameters,
                                .graph = request_.graph,
                                .facts = request_.facts,
                                .trained = trained_,
                                .samples = samples,
                                .images = images,
                                .n_steps = request_.n_steps};
    if (request_.split && !request_.target.write_split) refuse_split();
    if (request_.target.whole_numbers())
      in_whole_numbers(subject, result);
    else
      in_real_numbers(subject, result);
    return result;
  }

 private:
  bool constant() const { return request_.encoder.encoding == sim::Encoding::constant; }
  bool encoded_anew() const { return request_.encoder.encoding != request_.trained.encoding; }

  void tell(const std::string& what, std::size_t done, std::size_t total) const {
    if (request_.progress) request_.progress(what, done, total);
  }

  std::vector<sim::SpikeTrains> written_samples() const {
    std::vector<sim::SpikeTrains> samples;
    if (constant()) return samples;
    const auto source = samples_of(request_.test, request_.n_written, request_.encoder, request_.n_steps);
    for (std::size_t i = 0; i < source.n_samples; ++i) samples.push_back(source.sample(i).input);
    return samples;
  }

  std::vector<std::span<const std::uint8_t>> written_images() const {
    std::vector<std::span<const std::uint8_t>> images;
    if (constant())
      for (std::size_t i = 0; i < std::min(request_.n_written, request_.test.size()); ++i)
        images.push_back(request_.test.image(i));
    return images;
  }

  void in_real_numbers(ExportSubject subject, ExportResult& result) {
    std::optional<FloatNetwork> guess;
    if (request_.target.describe) {
      const backends::TargetDescription target = request_.target.describe(request_.network.lif_of(1));
      backends::require_fits(trained_, target);
      guess = request_.target.write_real(subject).computed;
      const QuantisedNetwork found = scales(target);
      certify_layers(found, result.certificate);
      subject.scaling = found.scaling;
      return write_real(subject, guess ? &*guess : nullptr, result);
    }
    write_real(subject, nullptr, result);
  }

  void write_real(const ExportSubject& subject, const FloatNetwork* guess, ExportResult& result) {
    RealExport written = request_.target.write_real(subject);
    result.files = std::move(written.files);
    result.write_folder = std::move(written.write_folder);
    result.certificate.properties = std::move(written.properties);
    add_encoding(result.certificate);
    const FloatNetwork& computed = written.computed ? *written.computed : trained_;
    result.certificate.numbers = backends::numbers_of(computed);
    const auto source = samples_of(request_.test, request_.n_samples, request_.encoder, request_.n_steps);
    result.certificate.evidence = gather_evidence(trained_, computed, guess, source, replayed());
    add_delays(request_, trained_, computed, result.certificate);
    place(request_, trained_, computed, written.core, result);
  }

  backends::EvidenceOptions replayed() const {
    return {.n_threads = request_.n_threads, .progress = [this](std::size_t done, std::size_t total) {
              tell("replay of samples", done, total);
            }};
  }

  void add_encoding(backends::Certificate& certificate) const {
    if (!encoded_anew()) return;
    certificate.properties.push_back({"encoding", backends::Fidelity::approximate,
                                      fmt::format("trained with {}, driven with {}",
                                                  words_of(request_.trained), words_of(request_.encoder))});
    certificate.encodings = accuracies();
  }

  void in_whole_numbers(const ExportSubject& subject, ExportResult& result) {
    backends::TargetDescription target = request_.target.describe(request_.network.lif_of(1));
    if (request_.split) target = over_several_chips(std::move(target));
    const Drive drive = constant() && target.input_currents ? Drive::pixels : Drive::spikes;
    backends::require_fits(trained_, target, drive);
    if (constant() && !target.input_currents) refuse_currents(target);
    if (request_.target.weights_from_positions)  // refuses what it cannot take before the long work
      (void)backends::on_generator_grid(request_.network, request_.parameters);
    QuantisedNetwork found = scales(target);
    const QuantisedNetwork guess =
        quantised(trained_, target, first_guess(trained_, target, found.scaling.front().drive));
    std::optional<backends::GeneratedWeights> generated;
    if (request_.target.weights_from_positions)
      generated = generate_weights(request_.network, request_.parameters, trained_, target, found);
    certify(found, guess, target, result.certificate);
    if (generated) add_to(result.certificate.properties, *generated);
    const IntegerExport exported{.subject = subject,
                                 .network = found.network,
                                 .drive = found.scaling.front().drive,
                                 .positions = generated ? &generated->positions : nullptr};
    write(exported, target, result);
    add_delays(request_, trained_, found.network, result.certificate);
    place(request_, trained_, found.network, target.limits.core, result);
  }

  void write(const IntegerExport& exported, const backends::TargetDescription& target,
             ExportResult& result) const {
    if (request_.target.memory) result.certificate.memory = request_.target.memory(exported);
    if (!request_.split) {
      result.files = request_.target.write(exported);
      return;
    }
    result.certificate.split = split_over_chips(exported.network, *target.limits.chip);
    result.files = request_.target.write_split(exported, result.certificate.split);
  }

  QuantisedNetwork scales(const backends::TargetDescription& target) const {
    const auto source =
        samples_of(request_.calibration, request_.n_calibration, request_.encoder, request_.n_steps);
    std::vector<ReplaySample> samples(source.n_samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = source.sample(i);
      add_reference(trained_, request_.n_steps, samples[i]);
    }
    return search_scales(trained_, target, samples, request_.n_steps,
                         {.n_threads = request_.n_threads, .progress = request_.progress});
  }

  void certify(const QuantisedNetwork& found, const QuantisedNetwork& guess,
               const backends::TargetDescription& target, backends::Certificate& certificate) const {
    certificate.properties = integer_fidelity(trained_, found, target);
    add_encoding(certificate);
    certificate.numbers = backends::numbers_of(found.network);
    certificate.overflow = overflow_verdict(found.network, found.scaling.front().drive);
    const auto source = samples_of(request_.test, request_.n_samples, request_.encoder, request_.n_steps);
    certificate.evidence = gather_evidence(trained_, found.network, &guess.network, source, replayed());
    certify_layers(found, certificate);
  }

  void certify_layers(const QuantisedNetwork& found, backends::Certificate& certificate) const {
    certificate.n_calibration = std::min(request_.n_calibration, request_.calibration.size());
    for (std::size_t l = 0; l < found.network.layers.size(); ++l)
      certificate.layers.push_back({.n_neurons = trained_.layers[l].n_targets,
                                    .scaling = found.scaling[l],
                                    .loss = found.loss[l],
                                    .search = found.search[l]});
  }

  // Of the network in real numbers, with every encoding.
  std::vector<backends::EncodedAccuracy> accuracies() const {
    std::vector<backends::EncodedAccuracy> result;
    for (const auto encoding : {sim::Encoding::constant, sim::Encoding::bernoulli, sim::Encoding::latency}) {
      const auto source = samples_of(request_.test, request_.n_samples,
                                     {.encoding = encoding, .seed = request_.encoder.seed}, request_.n_steps);
      result.push_back({.encoding = std::string(name_of(encoding)),
                        .n_steps = request_.n_steps,
                        .accuracy = accuracy_of(trained_, source, request_.n_threads)});
    }
    return result;
  }

  [[noreturn]] void refuse_split() const {
    throw InputError("--split",
                     "a network for " + request_.target.name + " cannot be split over several chips",
                     "leave it out");
  }

  [[noreturn]] void refuse_currents(const backends::TargetDescription& target) const {
    std::string accuracy;
    for (const backends::EncodedAccuracy& each : accuracies())
      accuracy += fmt::format("{}{} {:.4f}", accuracy.empty() ? "" : ", ", each.encoding, each.accuracy);
    throw InputError(
        "target " + target.name,
        "it takes spikes, and the model was trained with pixels as constant currents",
        fmt::format("train with --encoding bernoulli, or export with --encoding bernoulli or "
                    "latency, and --steps (accuracy of this model on {} images of {} steps, in "
                    "real numbers: {})",
                    std::min(request_.n_samples, request_.test.size()), request_.n_steps, accuracy));
  }

  const ModelExport& request_;
  FloatNetwork trained_;
};

}  // namespace

ExportResult export_model(const ModelExport& request) {
  return Export(request).run();
}

backends::SampleSource samples_of(const sim::LabelledImages& images, std::size_t n,
                                  const sim::Encoder& encoder, sim::Step n_steps) {
  return {.n_samples = std::min(n, images.size()),
          .n_steps = n_steps,
          .sample = [&images, encoder, n_steps](std::size_t i) {
            ReplaySample sample{.label = images.labels[i]};
            const auto pixels = images.image(i);
            if (encoder.encoding == sim::Encoding::constant)
              sample.pixels.assign(pixels.begin(), pixels.end());
            else
              encode(encoder, pixels, n_steps, sim::evaluation_epoch, static_cast<std::uint32_t>(i),
                     sample.input);
            return sample;
          }};
}

}  // namespace loci::experiments
