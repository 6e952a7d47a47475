// The integer core set to snnTorch's `Leaky`, layer by layer on the spikes that snnTorch recorded: what whole
// numbers lose is bounded, and spikes differ nowhere but where that could turn a decision.
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>

#include "backends/emulator.hpp"
#include "io/hdf5.hpp"
#include "tests/backends/golden_folder.hpp"

using namespace loci;
using namespace loci::backends;
using io::hdf5::Group;

namespace {

// One layer of a recorded run.
struct Leaky {
  std::size_t n_sources = 0;
  std::size_t n_targets = 0;
  std::size_t n_steps = 0;
  std::vector<double> weight;          // (n_targets, n_sources)
  std::vector<std::int32_t> arriving;  // (n_steps, n_sources)
  std::vector<std::int32_t> spike;     // (n_steps, n_targets)
  std::vector<double> membrane;        // the same
  double beta = 0.0;
  double threshold = 0.0;
};

constexpr int leak_bits = 24;

// The finest scale of 16-bit weights.
double scale_of(const Leaky& leaky) {
  double largest = 0.0;
  for (const double weight : leaky.weight) largest = std::max(largest, std::abs(weight));
  return 32767.0 / largest;
}

IntegerNetwork quantised(const Leaky& leaky, double scale, ResetTo reset, ResetTime reset_time) {
  const FixedPoint whole{signed_range(32)};
  IntegerLayer layer{
      .incoming = {.n_sources = leaky.n_sources,
                   .n_targets = leaky.n_targets,
                   .weight = std::vector<std::int16_t>(leaky.weight.size())},
      .model = {.membrane = signed_range(32),
                .leak_bits = leak_bits,
                .leak_rounding = Rounding::nearest_even,
                .reset = reset,
                .reset_time = reset_time},
      .parameters = {
          .leak = std::vector<std::int32_t>(
              leaky.n_targets, static_cast<std::int32_t>(whole.quantised(std::ldexp(leaky.beta, leak_bits)))),
          .threshold = std::vector<std::int32_t>(
              leaky.n_targets, static_cast<std::int32_t>(whole.quantised(scale * leaky.threshold)))}};
  for (std::size_t target = 0; target < leaky.n_targets; ++target)
    for (std::size_t source = 0; source < leaky.n_sources; ++source)
      layer.incoming.weight[source * leaky.n_targets + target] =
          static_cast<std::int16_t>(whole.quantised(scale * leaky.weight[target * leaky.n_sources + source]));
  return {.layers = {std::move(layer)}};
}

struct Counts {
  std::size_t spikes = 0;
  std::size_t values = 0;   // membranes within their bound
  std::size_t turned = 0;   // neurons that decided otherwise once, too close to the threshold to tell
  std::size_t outside = 0;  // neurons that left what both rules have in common
  double widest = 0.0;      // error of a membrane, in thresholds
};

// Error of an integer membrane against `scale` times the recorded one, while both have fired alike. A step
// adds half a unit for each weight that arrives, for the leak's rounding and for the threshold's; the leak's
// factor is off by half of 2^-24, which counts the membrane's size; and the recorded numbers are float32, off
// by 2^-24 of the largest term in each of their n_sources + 3 operations. All of it leaks by beta.
class LeakyComparison : public EmulationListener {
 public:
  LeakyComparison(const Leaky& leaky, double scale, bool resets_at_once, Counts& counts)
      : leaky_(leaky),
        scale_(scale),
        resets_at_once_(resets_at_once),
        counts_(counts),
        comparable_(leaky.n_targets, 1) {}

  void on_step(std::size_t /*layer*/, sim::Step step, std::span<const std::uint32_t> fired,
               const IntegerNeurons& neurons) override {
    double n_arriving = 0.0;
    for (std::size_t source = 0; source < leaky_.n_sources; ++source)
      n_arriving += leaky_.arriving[step * leaky_.n_sources + source];
    double size = scale_ * leaky_.threshold;
    for (std::size_t n = 0; n < leaky_.n_targets; ++n)
      size = std::max(size, scale_ * std::abs(recorded(step, n)));
    for (const double weight : leaky_.weight) size = std::max(size, scale_ * std::abs(weight) * n_arriving);
    error_ = leaky_.beta * error_ + (n_arriving + 2) / 2 +
             size * std::ldexp(0.5 + static_cast<double>(leaky_.n_sources + 3), -24);
    std::vector<std::uint8_t> fires(leaky_.n_targets);
    for (const std::uint32_t n : fired) fires[n] = 1;
    for (std::size_t n = 0; n < leaky_.n_targets; ++n)
      if (comparable_[n] != 0) compare(step, n, fires[n] != 0, neurons.membrane()[n]);
  }

 private:
  double recorded(sim::Step step, std::size_t n) const {
    return leaky_.membrane[step * leaky_.n_targets + n];
  }

  void compare(sim::Step step, std::size_t n, bool fires, std::int32_t membrane) {
    const bool fired = leaky_.spike[step * leaky_.n_targets + n] != 0;
    counts_.spikes += fired ? 1 : 0;
    // Before a reset within the step, which the recorded membrane has behind it.
    const double before = recorded(step, n) + (fired && resets_at_once_ ? leaky_.threshold : 0.0);
    if (fires != fired) {
      CHECK(std::abs(before - leaky_.threshold) * scale_ <= error_ + 1);
      comparable_[n] = 0;
      ++counts_.turned;
    } else {
      const double off = std::abs(membrane - scale_ * recorded(step, n));
      REQUIRE(off <= error_);
      counts_.widest = std::max(counts_.widest, off / (scale_ * leaky_.threshold));
      ++counts_.values;
      // With a reset within the step snnTorch does something else in the step after one that leaves a
      // membrane beyond its threshold.
      if (resets_at_once_ && recorded(step, n) > leaky_.threshold) {
        comparable_[n] = 0;
        ++counts_.outside;
      }
    }
  }

  const Leaky& leaky_;
  double scale_;
  bool resets_at_once_;
  Counts& counts_;
  double error_ = 0.0;  // bound, in integer units
  std::vector<std::uint8_t> comparable_;
};

Leaky read_layer(const io::hdf5::File& file, const Group& run, std::size_t l) {
  const std::string name = std::to_string(l);
  const auto shape = file.dataset("W" + name).shape();
  const auto arriving = l == 0 ? file.dataset("input") : run.dataset("spk" + std::to_string(l - 1));
  return {.n_sources = shape[1],
          .n_targets = shape[0],
          .n_steps = arriving.shape()[0],
          .weight = file.dataset("W" + name).read<double>(),
          .arriving = arriving.read<std::int32_t>(),
          .spike = run.dataset("spk" + name).read<std::int32_t>(),
          .membrane = run.dataset("mem" + name).read<double>(),
          .beta = file.read_attribute_array<double>("beta")[l],
          .threshold = file.read_attribute_array<double>("threshold")[l]};
}

void replay(const Leaky& leaky, ResetTo reset, bool reset_delay, Counts& counts) {
  const double scale = scale_of(leaky);
  const IntegerNetwork network =
      quantised(leaky, scale, reset, reset_delay ? ResetTime::next_update : ResetTime::at_once);
  sim::SpikeTrains spikes{.begin = {0}, .neuron = {}};
  for (std::size_t step = 0; step < leaky.n_steps; ++step) {
    for (std::size_t source = 0; source < leaky.n_sources; ++source)
      if (leaky.arriving[step * leaky.n_sources + source] != 0)
        spikes.neuron.push_back(static_cast<std::uint32_t>(source));
    spikes.begin.push_back(static_cast<std::uint32_t>(spikes.neuron.size()));
  }
  LeakyComparison comparison(leaky, scale, !reset_delay && reset == ResetTo::subtract, counts);
  Emulator emulator(network);
  emulator.run({.spikes = &spikes}, static_cast<sim::Step>(leaky.n_steps), comparison);
  CHECK(emulator.overflows() == Overflows{});
}

}  // namespace

TEST_CASE(
    "snnTorch's Leaky in whole numbers: resets by subtraction and to zero, delayed and within the step") {
  std::size_t n_runs = 0;
  Counts counts;
  for (const auto& path : test::files_in(test::golden_folder(), ".h5")) {
    const auto file = io::hdf5::File::open(path);
    if (!file.exists("W0")) continue;
    const std::size_t n_layers = file.read_attribute_array<double>("beta").size();
    for (const auto& name : file.names()) {
      const auto split = name.find("_delay");
      if (split == std::string::npos || name.starts_with("none")) continue;  // the core always resets
      for (std::size_t l = 0; l < n_layers; ++l) {
        INFO(path.string() << ": " << name << ", layer " << l);
        replay(read_layer(file, file.group(name), l),
               name.starts_with("zero") ? ResetTo::zero : ResetTo::subtract, name.back() == '1', counts);
      }
      ++n_runs;
    }
  }
  REQUIRE(n_runs > 0);
  REQUIRE(counts.spikes > 0);
  std::cout << "golden Leaky runs in whole numbers: " << n_runs << ", " << counts.spikes << " spikes and "
            << counts.values << " membranes alike, " << counts.turned << " neurons turned at a threshold, "
            << counts.outside << " left above it by a reset within the step; largest error " << counts.widest
            << " thresholds\n";
}
