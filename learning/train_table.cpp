#include "learning/train_table.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "learning/panels.hpp"

namespace loci::learning {
namespace {

// Currents beyond cause the trains of these.
constexpr float largest_current = 1e30F;
// More steps than any table has rows for, unless membranes hardly remember.
constexpr std::size_t most_steps = 1024;

// Integers in the order of the floats, one for each.
std::int64_t rank(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  return bits >= 0 ? bits : std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits;
}

float of_rank(std::int64_t rank) {
  const auto bits = rank >= 0 ? rank : std::numeric_limits<std::int32_t>::min() - rank;
  return std::bit_cast<float>(static_cast<std::int32_t>(bits));
}

// The trains of neurons under these currents, by the kernel that trains networks: the same operations in the
// same order.
std::vector<std::vector<bool>> trains_of(const LifKernel& lif, std::size_t n_steps,
                                         std::span<const float> currents) {
  std::vector<std::vector<bool>> trains(currents.size(), std::vector<bool>(n_steps));
  AlignedFloats panel(wide_panel);
  std::vector<std::uint64_t> words(n_steps);
  for (std::size_t first = 0; first < currents.size(); first += wide_panel) {
    const auto some = currents.subspan(first, std::min(wide_panel, currents.size() - first));
    std::copy(some.begin(), some.end(), panel.begin());
    lif_constant_forward(lif, {panel.data(), wide_panel, n_steps}, words.data());
    for (std::size_t j = 0; j < some.size(); ++j)
      for (std::size_t t = 0; t < n_steps; ++t) trains[first + j][t] = (words[t] >> j & 1) != 0;
  }
  return trains;
}

}  // namespace

struct TrainTable::Probe {
  float current;
  Train train;
};

std::vector<TrainTable::Probe> TrainTable::first_probes(const LifKernel& lif, std::size_t n_steps) {
  const std::vector<float> ends = {-largest_current, largest_current};
  auto trains = trains_of(lif, n_steps, ends);
  return {{ends[0], std::move(trains[0])}, {ends[1], std::move(trains[1])}};
}

// Probes of rising currents such that of any two beside each other either the trains are the same or no
// float lies between: bisection of all intervals at once. Stops early when there are too many trains.
std::vector<TrainTable::Probe> TrainTable::neighbours(const LifKernel& lif, std::size_t n_steps) {
  std::vector<Probe> probes = first_probes(lif, n_steps);
  std::vector<float> between;
  do {
    between.clear();
    for (std::size_t i = 0; i + 1 < probes.size(); ++i) {
      const std::int64_t low = rank(probes[i].current);
      const std::int64_t high = rank(probes[i + 1].current);
      if (probes[i].train != probes[i + 1].train && high - low > 1)
        between.push_back(of_rank(low + (high - low) / 2));
    }
    auto trains = trains_of(lif, n_steps, between);
    std::vector<Probe> refined;
    std::size_t next = 0;
    const auto keep = [&](Probe& probe) {
      // Between two of the same train nothing can change.
      if (refined.size() > 1 && refined.back().train == probe.train &&
          refined[refined.size() - 2].train == probe.train)
        refined.back() = std::move(probe);
      else
        refined.push_back(std::move(probe));
    };
    for (Probe& probe : probes) {
      for (; next < between.size() && between[next] < probe.current; ++next) {
        Probe found{between[next], std::move(trains[next])};
        keep(found);
      }
      keep(probe);
    }
    probes = std::move(refined);
  } while (!between.empty() && probes.size() <= 2 * most_rows);
  return probes;
}

TrainTable::TrainTable(const LifKernel& lif, std::size_t n_steps) : n_steps_(n_steps) {
  if (n_steps > most_steps) return;
  const std::vector<Probe> probes = neighbours(lif, n_steps);
  std::size_t n_trains = 1;
  for (std::size_t i = 1; i < probes.size(); ++i) n_trains += probes[i].train != probes[i - 1].train ? 1 : 0;
  if (n_trains + lowest_rows - 1 > most_rows) return;
  const Train silence(n_steps, false);
  append(probes.front().current, probes.front().train, silence);
  for (std::size_t row = 1; row < lowest_rows; ++row) {
    begin_.push_back(begin_.back());
    counts_.push_back(counts_.back());
  }
  for (std::size_t i = 1; i < probes.size(); ++i)
    if (probes[i].train != probes[i - 1].train)
      append(probes[i].current, probes[i].train, probes[i - 1].train);
  from_.push_back(std::numeric_limits<float>::quiet_NaN());
  make_cells();
}

void TrainTable::append(float from, const Train& train, const Train& below) {
  if (begin_.empty()) begin_.push_back(0);
  for (std::size_t t = 0; t < n_steps_; ++t)
    if (train[t] != below[t]) toggles_.push_back({static_cast<std::uint32_t>(t), train[t] ? 1.0F : -1.0F});
  from_.push_back(from);
  begin_.push_back(static_cast<std::uint32_t>(toggles_.size()));
  counts_.push_back(static_cast<std::uint16_t>(std::count(train.begin(), train.end(), true)));
}

void TrainTable::make_cells() {
  const std::size_t n_trains = from_.size() - 1;
  const float width = from_[n_trains - 1] - from_[1];
  // The last cell is for currents of the highest train.
  if (width > 0.0F) cells_per_unit_ = static_cast<float>(n_cells - 1) / width;
  // As find_trains() computes it; it rises with the current.
  const auto cell = [&](float current) {
    return std::min(static_cast<float>(n_cells - 1), (current - from_[1]) * cells_per_unit_);
  };
  std::size_t train = 0;
  for (std::size_t c = 0; c < n_cells; ++c) {
    while (train + 1 < n_trains && std::floor(cell(from_[train + 1])) < static_cast<float>(c)) ++train;
    cells_.push_back(static_cast<std::uint16_t>(train));
  }
}

}  // namespace loci::learning
