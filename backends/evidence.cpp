#include "backends/evidence.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "backends/parallel.hpp"
#include "backends/scale_search.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

// Samples are shared out by their number alone.
constexpr std::size_t n_shards = 64;

void add(std::vector<std::uint64_t>& total, const std::vector<std::uint64_t>& part) {
  for (std::size_t i = 0; i < part.size(); ++i) total[i] += part[i];
}

void add(Replayed& total, const Replayed& part) {
  total.correct += part.correct;
  total.agree += part.agree;
  for (std::size_t l = 0; l < part.spikes.size(); ++l) {
    total.spikes[l] += part.spikes[l];
    total.mismatches[l] += part.mismatches[l];
    total.count_differences[l] += part.count_differences[l];
  }
  add(total.neuron_spikes, part.neuron_spikes);
  total.overflows.membrane += part.overflows.membrane;
  total.overflows.current += part.overflows.current;
}

// One network's samples, one after another.
class Tally {
 public:
  explicit Tally(const FloatNetwork& trained) : trained_(trained) {
    const std::size_t n = trained.layers.size();
    result.spikes.resize(n);
    result.mismatches.resize(n);
    result.count_differences.resize(n);
    std::size_t n_neurons = 0;
    for (const FloatLayer& layer : trained.layers) n_neurons += layer.n_targets;
    result.neuron_spikes.resize(n_neurons);
  }

  void add(const LayerTrains& spikes, const ReplaySample& sample) {
    const std::size_t n_outputs = trained_.n_outputs();
    const std::size_t predicted = most_active(spikes.back(), n_outputs);
    result.correct += predicted == sample.label ? 1 : 0;
    result.agree += predicted == most_active(sample.reference.back(), n_outputs) ? 1 : 0;
    std::size_t first_neuron = 0;
    for (std::size_t l = 0; l < spikes.size(); ++l) {
      for (const std::uint32_t neuron : spikes[l].neuron) ++result.neuron_spikes[first_neuron + neuron];
      first_neuron += trained_.layers[l].n_targets;
      const std::size_t count = spikes[l].neuron.size();
      const std::size_t reference = sample.reference[l].neuron.size();
      result.spikes[l] += count;
      result.mismatches[l] += mismatches(spikes[l], sample.reference[l], trained_.layers[l].n_targets);
      result.count_differences[l] += count > reference ? count - reference : reference - count;
    }
    SpikeDigest digest;
    digest.add(spikes);
    digests.push_back(digest.value());
  }

  Replayed result;
  std::vector<std::uint64_t> digests;  // by sample

 private:
  const FloatNetwork& trained_;
};

// Everything that is replayed of a shard's samples.
struct Shard {
  explicit Shard(const FloatNetwork& network)
      : trained(network),
        emulated(network),
        guess(network),
        with_reset(network),
        input_spikes(network.n_inputs()) {}

  Tally trained;
  Tally emulated;
  Tally guess;
  Tally with_reset;
  std::vector<std::uint64_t> input_spikes;  // (n_inputs)
};

FloatNetwork with_reset_of(const FloatNetwork& trained, const IntegerNetwork& network) {
  FloatNetwork result = trained;
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    const IntegerModel& model = network.layers[l].model;
    result.layers[l].lif.reset = model.reset == ResetTo::zero ? sim::Reset::zero : sim::Reset::subtract;
    result.layers[l].lif.reset_delay = model.reset_time == ResetTime::next_update;
  }
  return result;
}

bool resets_alike(const FloatNetwork& trained, const IntegerNetwork& network) {
  for (std::size_t l = 0; l < trained.layers.size(); ++l)
    if (!resets_as_trained(trained.layers[l].lif, network.layers[l].model)) return false;
  return true;
}

Replayed total_of(const std::vector<Shard>& shards, Tally Shard::*of) {
  Replayed total = (shards.front().*of).result;
  SpikeDigest digest;
  for (const Shard& shard : shards) {
    if (&shard != &shards.front()) add(total, (shard.*of).result);
    for (const std::uint64_t of_sample : (shard.*of).digests) digest.add(of_sample);
  }
  total.digest = digest.value();
  return total;
}

// Runs one sample on one shard's own state.
using Player = std::function<void(const ReplaySample& sample, LayerTrains& spikes)>;

Player player_of(const FloatNetwork& network, sim::Step n_steps) {
  return [&network, n_steps](const ReplaySample& sample, LayerTrains& spikes) {
    ReplaySample other{.input = sample.input, .pixels = sample.pixels};
    add_reference(network, n_steps, other);
    spikes = std::move(other.reference);
  };
}

class Gatherer {
 public:
  Gatherer(const FloatNetwork& trained, const SampleSource& samples, const EvidenceOptions& options)
      : trained_(trained),
        samples_(samples),
        options_(options),
        shards_(std::min(n_shards, std::max<std::size_t>(1, samples.n_samples)), Shard(trained)) {}

  Evidence run(const IntegerNetwork& network, const IntegerNetwork* guess) {
    if (!resets_alike(trained_, network)) with_reset_ = with_reset_of(trained_, network);
    for_each_index(shards_.size(), options_.n_threads,
                   [&](std::size_t s) {
                     IntegerReplay emulator(network);
                     std::optional<IntegerReplay> guess_emulator;
                     if (guess != nullptr) guess_emulator.emplace(*guess);
                     run_shard(
          s,
          [&](const ReplaySample& sample, LayerTrains& spikes) {
            emulate(network, emulator, samples_.n_steps, sample, spikes);
          },
          guess == nullptr ? Player() : [&](const ReplaySample& sample, LayerTrains& spikes) {
            emulate(*guess, *guess_emulator, samples_.n_steps, sample, spikes);
          });
                     shards_[s].emulated.result.overflows = emulator.overflows();
                     if (guess_emulator) shards_[s].guess.result.overflows = guess_emulator->overflows();
                   });
    return result(guess != nullptr);
  }

  Evidence run(const FloatNetwork& computed, const FloatNetwork* guess) {
    for_each_index(shards_.size(), options_.n_threads, [&](std::size_t s) {
      run_shard(s, player_of(computed, samples_.n_steps),
                guess == nullptr ? Player() : player_of(*guess, samples_.n_steps));
    });
    return result(guess != nullptr);
  }

 private:
  void run_shard(std::size_t s, const Player& play, const Player& play_guess) {
    Shard& shard = shards_[s];
    LayerTrains spikes;
    const std::size_t first = s * samples_.n_samples / shards_.size();
    const std::size_t last = (s + 1) * samples_.n_samples / shards_.size();
    for (std::size_t i = first; i < last; ++i) {
      ReplaySample sample = samples_.sample(i);
      add_reference(trained_, samples_.n_steps, sample);
      shard.trained.add(sample.reference, sample);
      for (const std::uint32_t neuron : sample.input.neuron) ++shard.input_spikes[neuron];
      play(sample, spikes);
      shard.emulated.add(spikes, sample);
      if (play_guess) {
        play_guess(sample, spikes);
        shard.guess.add(spikes, sample);
      }
      if (with_reset_) {
        player_of(*with_reset_, samples_.n_steps)(sample, spikes);
        shard.with_reset.add(spikes, sample);
      }
      tell();
    }
  }

  Evidence result(bool guessed) const {
    Evidence evidence{.n_samples = samples_.n_samples,
                      .n_steps = samples_.n_steps,
                      .input_spikes = std::vector<std::uint64_t>(trained_.n_inputs()),
                      .trained = total_of(shards_, &Shard::trained),
                      .emulated = total_of(shards_, &Shard::emulated)};
    for (const Shard& shard : shards_) add(evidence.input_spikes, shard.input_spikes);
    if (guessed) evidence.guess = total_of(shards_, &Shard::guess);
    if (with_reset_) evidence.with_reset = total_of(shards_, &Shard::with_reset);
    return evidence;
  }

  void tell() {
    if (!options_.progress) return;
    const std::scoped_lock lock(telling_);
    options_.progress(++n_done_, samples_.n_samples);
  }

  const FloatNetwork& trained_;
  const SampleSource& samples_;
  const EvidenceOptions& options_;
  std::vector<Shard> shards_;
  std::optional<FloatNetwork> with_reset_;
  std::mutex telling_;
  std::size_t n_done_ = 0;
};

std::vector<std::size_t> sizes_of(const FloatNetwork& network) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const FloatLayer& layer : network.layers) sizes.push_back(layer.n_targets);
  return sizes;
}

void require_sizes(const FloatNetwork& trained, const std::vector<std::size_t>& sizes,
                   const std::string& where) {
  if (sizes != sizes_of(trained))
    throw InputError(where, "it holds a network of other sizes than the model's",
                     "name the model that was exported");
}

}  // namespace

Evidence gather_evidence(const FloatNetwork& trained, const IntegerNetwork& network,
                         const IntegerNetwork* guess, const SampleSource& samples,
                         const EvidenceOptions& options) {
  return Gatherer(trained, samples, options).run(network, guess);
}

Evidence gather_evidence(const FloatNetwork& trained, const FloatNetwork& computed, const FloatNetwork* guess,
                         const SampleSource& samples, const EvidenceOptions& options) {
  return Gatherer(trained, samples, options).run(computed, guess);
}

void require_alike(const FloatNetwork& trained, const IntegerNetwork& network, const std::string& where) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const IntegerLayer& layer : network.layers) sizes.push_back(layer.size());
  require_sizes(trained, sizes, where);
}

void require_alike(const FloatNetwork& trained, const FloatNetwork& network, const std::string& where) {
  require_sizes(trained, sizes_of(network), where);
}

double accuracy_of(const FloatNetwork& trained, const SampleSource& samples, std::size_t n_threads) {
  std::vector<std::uint8_t> correct(samples.n_samples);
  for_each_index(samples.n_samples, n_threads, [&](std::size_t i) {
    ReplaySample sample = samples.sample(i);
    add_reference(trained, samples.n_steps, sample);
    correct[i] = most_active(sample.reference.back(), trained.n_outputs()) == sample.label ? 1 : 0;
  });
  return static_cast<double>(std::ranges::count(correct, 1)) / static_cast<double>(correct.size());
}

}  // namespace loci::backends
