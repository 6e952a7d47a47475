// loci-bench ceilings: how fast this machine does the bare parts of a simulation, as plain loops compiled for
// it alone: no queues of spikes, no checks, no order that is the same on any number of threads.
#include <CLI/CLI.hpp>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "bench/commands.hpp"

namespace loci::bench {
namespace {

// xoshiro256++ of Blackman and Vigna, as simulators have it.
class Xoshiro {
 public:
  explicit Xoshiro(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {  // splitmix64
      seed += 0x9E3779B97F4A7C15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
      word = z ^ (z >> 31);
    }
  }
  std::uint64_t operator()() {
    auto& s = state_;
    const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
    const std::uint64_t t = s[1] << 17;
    s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t;
    s[3] = std::rotl(s[3], 45);
    return result;
  }
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

// Nanoseconds for each of n operations; result: a number that proves that they were done.
template <typename Body>
double ns_each(double n, const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  const double proof = body();
  const auto end = std::chrono::steady_clock::now();
  if (proof == 0.0) throw std::runtime_error("a ceiling did no work");
  return std::chrono::duration<double, std::nano>(end - start).count() / n;
}

// Spikes of random sources, each to `degree` random targets in rows sorted by delay: two bytes for a target
// and four for its weight, or one weight and delay for all.
double delivery_ns(std::size_t n, std::size_t degree, bool uniform) {
  constexpr std::size_t n_slots = 32;
  constexpr std::size_t n_delays = 18;
  Xoshiro random(1);
  std::vector<std::uint16_t> target(n * degree);
  std::vector<float> weight(uniform ? 0 : n * degree);
  std::vector<float> ring(n_slots * n);
  for (std::uint16_t& each : target) each = static_cast<std::uint16_t>(random() % n);
  for (float& each : weight) each = static_cast<float>(random.uniform());
  const std::size_t n_spikes = 100'000'000 / degree;
  return ns_each(static_cast<double>(n_spikes * degree), [&] {
    for (std::size_t spike = 0; spike < n_spikes; ++spike) {
      const std::size_t first = random() % n * degree;
      for (std::size_t d = 0; d < (uniform ? 1 : n_delays); ++d) {
        float* arrived = ring.data() + (spike / 50 + d) % n_slots * n;
        const std::size_t begin = first + (uniform ? 0 : d * degree / n_delays);
        const std::size_t end = first + (uniform ? degree : (d + 1) * degree / n_delays);
        if (uniform)
          for (std::size_t e = begin; e < end; ++e) arrived[target[e]] += 0.1F;
        else
          for (std::size_t e = begin; e < end; ++e) arrived[target[e]] += weight[e];
      }
    }
    double sum = 0.0;
    for (const float each : ring) sum += each;
    return sum;
  });
}

// Poisson numbers by comparison with the cumulative probabilities.
double draw_ns(double mean) {
  std::array<std::uint64_t, 16> threshold{};
  double probability = std::exp(-mean);
  double below = 0.0;
  for (std::size_t k = 0; k < threshold.size(); ++k) {
    below += probability;
    probability *= mean / static_cast<double>(k + 1);
    threshold[k] = static_cast<std::uint64_t>(std::min(below, 1.0 - 0x1p-53) * 0x1p64);
  }
  Xoshiro random(2);
  constexpr std::size_t n = 50'000'000;
  return ns_each(static_cast<double>(n), [&] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t word = random();
      std::size_t k = 0;
      while (k + 1 < threshold.size() && word >= threshold[k]) ++k;
      sum += k;
    }
    return static_cast<double>(sum);
  });
}

// Step after step of neurons with a refractory time, and their input cleared; currents: two that decay.
template <bool kCurrents>
double update_ns(std::size_t n) {
  std::vector<double> membrane(n), free_from(n), excitatory(n), inhibitory(n), arrived(n),
      arrived_inhibitory(n);
  Xoshiro random(3);
  for (double& each : membrane) each = 20.0 * random.uniform();
  constexpr double threshold = 20.0;
  const std::size_t n_steps = 100'000'000 / n;
  return ns_each(static_cast<double>(n * n_steps), [&] {
    double n_fired = 0.0;
    for (std::size_t step = 0; step < n_steps; ++step) {
      const auto now = static_cast<double>(step);
      for (std::size_t i = 0; i < n; ++i) {
        double v = membrane[i] * 0.995 + 0.12 + (kCurrents ? 0.0 : arrived[i]);
        if constexpr (kCurrents) {
          v += 0.1 * excitatory[i] + 0.1 * inhibitory[i];
          excitatory[i] = excitatory[i] * 0.98 + arrived[i];
          inhibitory[i] = inhibitory[i] * 0.99 + arrived_inhibitory[i];
          arrived_inhibitory[i] = 0.0;
        }
        arrived[i] = 0.0;
        const bool free = now >= free_from[i];
        const bool fires = free & (v >= threshold);
        membrane[i] = fires | !free ? 10.0 : v;
        free_from[i] = fires ? now + 20.0 : free_from[i];
        n_fired += fires ? 1.0 : 0.0;
      }
    }
    return n_fired;
  });
}

// Neighbours within a radius in the periodic unit square, by a grid of cells: for each edge a target, the
// inverse of its distance and a delay in rows of their own.
double construction_ns(std::size_t n, std::size_t degree) {
  Xoshiro random(4);
  const double radius = std::sqrt(static_cast<double>(degree) / (std::numbers::pi * static_cast<double>(n)));
  const auto side = static_cast<std::size_t>(1.0 / radius);
  std::vector<float> x(n), y(n);
  std::size_t n_edges = 0;
  std::vector<std::uint32_t> target;
  std::vector<float> weight;
  std::vector<std::uint8_t> delay;
  const auto build = [&] {
    std::vector<std::vector<std::uint32_t>> cells(side * side);
    const auto cell = [&](float at) {
      return std::min(side - 1, static_cast<std::size_t>(at * static_cast<float>(side)));
    };
    for (std::uint32_t i = 0; i < n; ++i) cells[cell(y[i]) * side + cell(x[i])].push_back(i);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t down = side - 1; down <= side + 1; ++down)
        for (std::size_t right = side - 1; right <= side + 1; ++right)
          for (const std::uint32_t j :
               cells[(cell(y[i]) + down) % side * side + (cell(x[i]) + right) % side]) {
            float dx = std::abs(x[i] - x[j]);
            float dy = std::abs(y[i] - y[j]);
            dx = std::min(dx, 1.0F - dx);
            dy = std::min(dy, 1.0F - dy);
            const float squared = dx * dx + dy * dy;
            if (squared >= static_cast<float>(radius * radius) || i == j) continue;
            const float distance = std::sqrt(squared);
            target.push_back(j);
            weight.push_back(1.0F / distance);
            delay.push_back(static_cast<std::uint8_t>(5.5F + 200.0F * distance));
          }
    n_edges = target.size();
    return static_cast<double>(n_edges);
  };
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(random.uniform());
    y[i] = static_cast<float>(random.uniform());
  }
  target.reserve(n * degree * 11 / 10);
  weight.reserve(n * degree * 11 / 10);
  delay.reserve(n * degree * 11 / 10);
  const double all = ns_each(1.0, build);
  return all / static_cast<double>(n_edges);
}

}  // namespace

void add_ceilings(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("ceilings", "time the bare parts of a simulation as plain loops");
  command->callback([&action] {
    action = [] {
      return nlohmann::json{{"delivery_short_ns", delivery_ns(4000, 80, true)},
                            {"delivery_uniform_ns", delivery_ns(10'000, 1000, true)},
                            {"delivery_weights_ns", delivery_ns(20'000, 500, false)},
                            {"draw_ns", draw_ns(1.2)},
                            {"update_delta_ns", update_ns<false>(10'000)},
                            {"update_currents_ns", update_ns<true>(4000)},
                            {"construction_ns", construction_ns(20'000, 500)}};
    };
  });
}

}  // namespace loci::bench
