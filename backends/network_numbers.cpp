#include "backends/network_numbers.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>

namespace loci::backends {
namespace {

class Fingerprint {
 public:
  void add(std::int64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash_ ^= (static_cast<std::uint64_t>(value) >> shift) & 0xFF;
      hash_ *= 0x100000001b3;
    }
  }
  void add(double value) { add(std::bit_cast<std::int64_t>(value == 0.0 ? 0.0 : value)); }
  void add(const Range& range) {
    add(range.lowest);
    add(range.highest);
    add(static_cast<std::int64_t>(range.overflow));
  }
  std::string text() const { return fmt::format("{:016x}", hash_); }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

template <typename Numbers>
std::string fingerprint_of(const Numbers& numbers) {
  Fingerprint fingerprint;
  for (const auto number : numbers) {
    if constexpr (std::is_floating_point_v<typename Numbers::value_type>)
      fingerprint.add(static_cast<double>(number));
    else
      fingerprint.add(static_cast<std::int64_t>(number));
  }
  return fingerprint.text();
}

// Of n neurons, zeros where there are none.
template <typename Numbers>
std::string or_zeros(const Numbers& numbers, std::size_t n) {
  return fingerprint_of(numbers.empty() ? Numbers(n) : numbers);
}

template <typename Weights, typename Delays>
std::string delays_of(const Weights& weight, const Delays& delay) {
  Fingerprint fingerprint;
  for (std::size_t pair = 0; pair < delay.size(); ++pair)
    if (weight[pair] != 0 && delay[pair] != 0) {
      fingerprint.add(static_cast<std::int64_t>(pair));
      fingerprint.add(static_cast<std::int64_t>(delay[pair]));
    }
  return fingerprint.text();
}

std::string sizes_of(std::size_t n_sources, std::size_t n_targets) {
  return fmt::format("{}-{}", n_sources, n_targets);
}

std::string neurons_of(const IntegerModel& model, const IntegerNetwork& network, int exponent) {
  Fingerprint fingerprint;
  fingerprint.add(model.membrane);
  for (const std::int64_t value :
       {static_cast<std::int64_t>(model.leak), std::int64_t{model.leak_bits},
        static_cast<std::int64_t>(model.leak_rounding), static_cast<std::int64_t>(model.comparison),
        std::int64_t{model.negative_never_fires}, static_cast<std::int64_t>(model.reset),
        static_cast<std::int64_t>(model.reset_time), std::int64_t{model.input_shift},
        static_cast<std::int64_t>(network.order), std::int64_t{exponent}})
    fingerprint.add(value);
  if (model.current) {
    fingerprint.add(model.current->factor);
    fingerprint.add(std::int64_t{model.current->bits});
    fingerprint.add(static_cast<std::int64_t>(model.current->rounding));
    fingerprint.add(model.current->range);
  }
  return fingerprint.text();
}

// A neuron that is set to 0 with its spike and one that is set to 0 a step later fire alike.
std::string neurons_of(const sim::Lif& lif) {
  Fingerprint fingerprint;
  fingerprint.add(static_cast<std::int64_t>(lif.reset));
  fingerprint.add(std::int64_t{lif.reset == sim::Reset::subtract && lif.reset_delay});
  return fingerprint.text();
}

}  // namespace

std::vector<LayerNumbers> numbers_of(const IntegerNetwork& network) {
  std::vector<LayerNumbers> result;
  for (const IntegerLayer& layer : network.layers) {
    const IntegerConnection& incoming = layer.incoming;
    const std::size_t n = layer.size();
    result.push_back({.sizes = sizes_of(incoming.n_sources, n),
                      .weights = fingerprint_of(incoming.weight),
                      .delays = delays_of(incoming.weight, incoming.delay),
                      .thresholds = fingerprint_of(layer.parameters.threshold),
                      .leaks = fingerprint_of(layer.parameters.leak),
                      .biases = or_zeros(layer.parameters.bias, n),
                      .neurons = neurons_of(layer.model, network, incoming.exponent)});
  }
  return result;
}

std::vector<LayerNumbers> numbers_of(const FloatNetwork& network) {
  std::vector<LayerNumbers> result;
  for (const FloatLayer& layer : network.layers)
    result.push_back({.sizes = sizes_of(layer.n_sources, layer.n_targets),
                      .weights = fingerprint_of(layer.weight),
                      .delays = delays_of(layer.weight, layer.delay),
                      .thresholds = fingerprint_of(std::vector<double>{layer.lif.threshold}),
                      .leaks = fingerprint_of(std::vector<double>{layer.lif.beta}),
                      .biases = or_zeros(layer.bias, layer.n_targets),
                      .neurons = neurons_of(layer.lif)});
  return result;
}

std::vector<std::string> differences(const std::vector<LayerNumbers>& certified,
                                     const std::vector<LayerNumbers>& read) {
  if (certified.size() != read.size()) return {"the number of layers"};
  std::vector<std::string> found;
  for (std::size_t l = 0; l < read.size(); ++l)
    for (const NumbersPart& part : numbers_parts)
      if (certified[l].*part.fingerprint != read[l].*part.fingerprint)
        found.push_back(fmt::format("{} of layer {}", part.name, l + 1));
  return found;
}

FarthestWeight farthest_weight(const FloatNetwork& trained, const FloatNetwork& read) {
  FarthestWeight farthest;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    const std::size_t n = trained.layers[l].n_targets;
    for (std::size_t pair = 0; pair < trained.layers[l].weight.size(); ++pair) {
      const double before = trained.layers[l].weight[pair];
      const double after = read.layers[l].weight[pair];
      const double difference = std::abs(after - before);
      if (difference > farthest.difference) farthest = {difference, l + 1, pair / n, pair % n, before, after};
    }
  }
  return farthest;
}

}  // namespace loci::backends
