#include "backends/overflow_bound.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace loci::backends {

namespace {

constexpr std::int64_t farthest = std::int64_t{1} << 31;  // beyond all registers

// The least bound from 0 on that next() does not exceed; unbounded if `farthest` is none.
template <typename Next>
std::int64_t settled(Next next) {
  if (next(farthest) > farthest) return unbounded;
  std::int64_t too_small = -1;
  std::int64_t large_enough = farthest;
  while (large_enough - too_small > 1) {
    const std::int64_t middle = (too_small + large_enough) / 2;
    (next(middle) <= middle ? large_enough : too_small) = middle;
  }
  return large_enough;
}

// The same downwards, for a next() of numbers that are not positive.
template <typename Next>
std::int64_t settled_below(Next next) {
  return -settled([&](std::int64_t magnitude) { return -next(-magnitude); });
}

// What a step can bring a neuron.
struct Arrival {
  RegisterBounds sum;
  std::int64_t largest_weight = 0;
};

// times: (n_sources), spikes of a source in one step.
std::vector<Arrival> arrivals(const IntegerConnection& connection, std::span<const std::int64_t> times) {
  const std::size_t n = connection.n_targets;
  const std::size_t n_delays =
      connection.delay.empty() ? 1 : std::ranges::max(connection.delay) + std::size_t{1};
  std::vector<RegisterBounds> by_delay(n_delays * n);
  std::vector<Arrival> result(n);
  for (std::size_t pair = 0; pair < connection.weight.size(); ++pair) {
    const std::int64_t weight = connection.weight[pair];
    const std::size_t target = pair % n;
    RegisterBounds& sum = by_delay[(connection.delay.empty() ? 0 : connection.delay[pair]) * n + target];
    (weight > 0 ? sum.highest : sum.lowest) += weight * times[pair / n];
    result[target].largest_weight = std::max(result[target].largest_weight, weight);
  }
  for (std::size_t i = 0; i < by_delay.size(); ++i) {
    RegisterBounds& sum = result[i % n].sum;
    sum.lowest += scaled(by_delay[i].lowest, connection.exponent);
    sum.highest += scaled(by_delay[i].highest, connection.exponent);
  }
  return result;
}

bool is_small(const RegisterBounds& bounds) {
  return -farthest < bounds.lowest && bounds.highest < farthest;
}

RegisterBounds current_bounds(const IntegerCurrent& current, const RegisterBounds& input) {
  if (!is_small(input)) return {-unbounded, unbounded};
  const auto left = [&](std::int64_t value) {
    return shift_right(value * current.factor, current.bits, current.rounding);
  };
  return {settled_below([&](std::int64_t value) { return left(value) + input.lowest; }),
          settled([&](std::int64_t value) { return left(value) + input.highest; })};
}

// One neuron's own numbers.
struct Neuron {
  const IntegerModel& model;
  std::int64_t leak = 0;
  std::int64_t threshold = 0;

  std::int64_t left(std::int64_t membrane) const { return leaked(model, membrane, leak); }
  std::int64_t highest_silent() const {
    return threshold - (model.comparison == Comparison::greater ? 0 : 1);
  }
  bool subtracts() const { return model.reset == ResetTo::subtract; }
  bool resets_at_once() const { return model.reset_time == ResetTime::at_once; }
};

RegisterBounds membrane_bounds(const Neuron& neuron, const RegisterBounds& input) {
  const std::int64_t silent = neuron.highest_silent();
  const std::int64_t highest = settled([&](std::int64_t membrane) {
    std::int64_t after = 0;
    if (membrane > silent && neuron.subtracts())
      after = neuron.resets_at_once() ? neuron.left(membrane - neuron.threshold)
                                      : neuron.left(membrane) - neuron.threshold;
    return std::max({std::int64_t{0}, neuron.left(std::min(membrane, silent)), after}) + input.highest;
  });
  const bool below = highest > silent && neuron.subtracts() && !neuron.resets_at_once();
  const std::int64_t after = below ? neuron.left(silent + 1) - neuron.threshold : 0;
  const std::int64_t lowest = settled_below([&](std::int64_t membrane) {
    return std::min({std::int64_t{0}, neuron.left(membrane), after}) + input.lowest;
  });
  return {lowest, highest};
}

// Before each of the spikes that arrive one by one the membrane does not fire.
std::int64_t highest_one_by_one(const Neuron& neuron, std::int64_t largest_weight) {
  const std::int64_t silent = neuron.highest_silent();
  return settled([&](std::int64_t membrane) {
    const std::int64_t after = neuron.subtracts() ? membrane - neuron.threshold : 0;
    return std::max({std::int64_t{0}, std::min(membrane, silent), after}) + largest_weight;
  });
}

// Spikes in one step, where spikes arrive one by one: each takes from the membrane at least what a reset
// takes.
std::int64_t most_spikes(const Neuron& neuron, std::int64_t highest, const Arrival& arrival) {
  const std::int64_t silent = neuron.highest_silent();
  const std::int64_t price = neuron.subtracts() ? neuron.threshold : silent + 1;
  if (price <= 0 || highest == unbounded) return farthest;
  const std::int64_t before = neuron.subtracts() ? highest : silent;
  return std::min(farthest, (before + arrival.sum.highest) / price);
}

class LayerBounding {
 public:
  LayerBounding(const IntegerLayer& layer, bool one_by_one) : layer_(layer), one_by_one_(one_by_one) {}

  // times: of the sources; left as that of the layer's neurons. constant: magnitudes of sums, or empty.
  LayerBounds operator()(std::vector<std::int64_t>& times, std::span<const std::int32_t> constant) {
    const std::vector<Arrival> arriving = arrivals(layer_.incoming, times);
    times.assign(layer_.size(), 1);
    LayerBounds all;
    for (std::size_t n = 0; n < layer_.size(); ++n)
      add_neuron(n, arriving[n], constant.empty() ? 0 : constant[n], times[n], all);
    const IntegerModel& model = layer_.model;
    all.fits =
        all.membrane.within(model.membrane) && (!model.current || all.current.within(model.current->range));
    return all;
  }

 private:
  void add_neuron(std::size_t n, const Arrival& arrival, std::int64_t constant, std::int64_t& times,
                  LayerBounds& all) const {
    const IntegerModel& model = layer_.model;
    const Neuron neuron{model, layer_.parameters.leak[n], layer_.parameters.threshold[n]};
    if (neuron.leak < 0 || neuron.threshold < 0) {  // next() could fall, or a reset could raise a membrane
      widen(all.membrane, {-unbounded, unbounded});
      times = farthest;
      return;
    }
    const std::int64_t unit = std::int64_t{1} << model.input_shift;
    RegisterBounds input{(arrival.sum.lowest - constant) * unit, (arrival.sum.highest + constant) * unit};
    if (model.current) {
      input = current_bounds(*model.current, input);
      widen(all.current, input);
    }
    const std::int64_t bias = layer_.parameters.bias.empty() ? 0 : layer_.parameters.bias[n];
    RegisterBounds membrane{-unbounded, unbounded};
    if (is_small(input))
      membrane = membrane_bounds(neuron, {std::min<std::int64_t>(0, input.lowest + bias),
                                          std::max<std::int64_t>(0, input.highest + bias)});
    if (one_by_one_) {
      membrane.highest = std::min(membrane.highest, highest_one_by_one(neuron, arrival.largest_weight));
      times = most_spikes(neuron, membrane.highest, arrival);
    }
    widen(all.membrane, membrane);
  }

  static void widen(RegisterBounds& all, const RegisterBounds& one) {
    all.lowest = std::min(all.lowest, one.lowest);
    all.highest = std::max(all.highest, one.highest);
  }

  const IntegerLayer& layer_;
  bool one_by_one_;
};

}  // namespace

std::vector<LayerBounds> register_bounds(const IntegerNetwork& network,
                                         std::span<const std::int32_t> largest_sums) {
  validate(network);
  if (!largest_sums.empty() && largest_sums.size() != network.layers.front().size())
    throw std::invalid_argument("the largest sums are not as many as the first layer's neurons");
  std::vector<std::int64_t> times(network.n_inputs(), 1);
  std::vector<LayerBounds> bounds;
  for (const IntegerLayer& layer : network.layers) {
    LayerBounding bounding(layer, network.order == SpikeOrder::one_by_one);
    bounds.push_back(bounding(times, bounds.empty() ? largest_sums : std::span<const std::int32_t>{}));
  }
  return bounds;
}

bool overflow_impossible(const IntegerNetwork& network, std::span<const std::int32_t> largest_sums) {
  return std::ranges::all_of(register_bounds(network, largest_sums), &LayerBounds::fits);
}

}  // namespace loci::backends
