#include "sim/circuit/row_makers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/circuit/edge_kernels.hpp"
#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

std::string where_of(const RowContext& context) {
  return "projection '" + context.rule().source + "' to '" + context.rule().target + "'";
}

// What all rules share: weights and delays from distances.
class DistanceRows : public RowMaker {
 public:
  explicit DistanceRows(const RowContext& context)
      : context_(context),
        delay_{context.rule().delay_ms, 1.0 / context.rule().velocity, context.circuit.step_ms} {
    if (!context.targets.cells) return;
    const Space& space = context.circuit.space;
    cloud_.dims = space.dims;
    for (std::size_t k = 0; k < space.dims; ++k) {
      cloud_.coordinates[k] = context.targets.cells->coordinate(k).data();
      cloud_.period[k] = space.periodic ? space.extent[k] : 0.0;
    }
  }

 protected:
  bool spatial() const { return context_.targets.cells.has_value(); }
  std::array<double, 3> source_point(std::uint32_t source) const {
    std::array<double, 3> point{};
    for (std::size_t k = 0; k < cloud_.dims; ++k) point[k] = context_.sources.cells->coordinate(k)[source];
    return point;
  }
  double squared_to(const std::array<double, 3>& point, std::uint32_t target) const {
    std::array<double, 3> there{};
    for (std::size_t k = 0; k < cloud_.dims; ++k) there[k] = cloud_.coordinates[k][target];
    return squared_distance(context_.circuit.space, point.data(), there.data());
  }
  // Weights and delays of the row's targets; squared: their squared distances, overwritten.
  void finish(std::uint32_t source, std::span<double> squared, Row& row) const {
    roots(squared);
    row.weight.resize(squared.size());
    const double mask = context_.source.mask[context_.sources.neuron_at(source)];
    kernel_values(context_.rule().weight, mask, squared, row.weight.data());
    if (context_.off_grid) {
      row.delay_ms.resize(squared.size());
      delays_ms_of(delay_, squared, row.delay_ms.data());
    } else {
      row.delay.resize(squared.size());
      delays_of(delay_, squared, row.delay.data());
    }
  }
  void finish_by_target(std::uint32_t source, Row& row, Scratch& scratch) const {
    scratch.squared.assign(row.target.size(), 0.0);
    if (spatial()) {
      const auto point = source_point(source);
      for (std::size_t e = 0; e < row.target.size(); ++e)
        scratch.squared[e] = squared_to(point, row.target[e]);
    }
    finish(source, scratch.squared, row);
  }

  const RowContext context_;
  PointCloud cloud_{};
  DelayRule delay_;
};

// Pairs within a cutoff, with a probability that may depend on their distance.
class NearRows final : public DistanceRows {
 public:
  NearRows(const RowContext& context, double radius) : DistanceRows(context), radius_(radius) {}

  void make(std::uint32_t source, PlaceRange targets, Row& row, Scratch& scratch) const override {
    const auto point = source_point(source);
    context_.targets.cells->runs_near(point.data(), radius_, scratch.runs);
    std::size_t room = 8;
    for (CellOrder::Run& run : scratch.runs) {
      run.begin = std::max(run.begin, targets.begin);
      run.end = std::min(run.end, targets.end);
      if (run.begin < run.end) room += run.end - run.begin;
    }
    std::erase_if(scratch.runs, [](const auto& run) { return run.begin >= run.end; });
    if (scratch.squared.size() < room) scratch.squared.resize(room);
    if (scratch.place.size() < room) scratch.place.resize(room);
    std::size_t n = find_near(cloud_, point.data(), radius_ * radius_, scratch.runs, scratch.place.data(),
                              scratch.squared.data());
    n = keep(source, n, scratch);
    row.target.resize(n);
    for (std::size_t e = 0; e < n; ++e) row.target[e] = static_cast<std::uint32_t>(scratch.place[e]);
    finish(source, std::span(scratch.squared).first(n), row);
  }

 private:
  // Without the neuron itself and those that chance leaves out.
  std::size_t keep(std::uint32_t source, std::size_t n, Scratch& scratch) const {
    const bool no_autapse = context_.recurrent && !context_.rule().autapses;
    const DistanceKernel& probability = context_.rule().probability;
    const bool certain = probability.shape == KernelShape::constant && probability.amplitude >= 1.0;
    if (certain) {
      if (!no_autapse) return n;
      const auto end = scratch.place.begin() + static_cast<std::ptrdiff_t>(n);
      const auto self = std::find(scratch.place.begin(), end, source);
      if (self == end) return n;
      std::copy(self + 1, end, self);
      const auto at = self - scratch.place.begin();
      std::copy(scratch.squared.begin() + at + 1, scratch.squared.begin() + static_cast<std::ptrdiff_t>(n),
                scratch.squared.begin() + at);
      return n - 1;
    }
    scratch.index.resize(n);
    scratch.words.resize(n);
    const std::uint64_t neuron = context_.sources.neuron_at(source);
    for (std::size_t e = 0; e < n; ++e)
      scratch.index[e] =
          neuron << 32 | context_.targets.neuron_at(static_cast<std::uint32_t>(scratch.place[e]));
    random_words(context_.circuit.seed, Stream::edge, scratch.index,
                 static_cast<std::uint32_t>(context_.projection), scratch.words);
    std::size_t kept = 0;
    for (std::size_t e = 0; e < n; ++e) {
      const bool self = no_autapse && scratch.place[e] == source;
      const double chance = probability(std::sqrt(scratch.squared[e]));
      scratch.place[kept] = scratch.place[e];
      scratch.squared[kept] = scratch.squared[e];
      kept += !self && scratch.words[e][0] * 0x1p-32 < chance ? 1 : 0;
    }
    return kept;
  }

  double radius_;
};

// Every pair with the same probability: from one edge to the next by geometric steps.
class RandomRows final : public DistanceRows {
 public:
  using DistanceRows::DistanceRows;

  void make(std::uint32_t source, PlaceRange targets, Row& row, Scratch& scratch) const override {
    row.target.clear();
    const std::uint32_t neuron = context_.sources.neuron_at(source);
    const auto n_targets = static_cast<double>(context_.target.size);
    const double p = context_.rule().probability.amplitude;
    const double per_log = 1.0 / std::log1p(-p);  // 0 where every pair is joined
    constexpr std::size_t at_once = 32;
    scratch.index.resize(at_once);
    scratch.words.resize(at_once);
    double next = -1.0;  // whole
    for (std::uint64_t block = 0; p > 0.0; ++block) {
      for (std::size_t b = 0; b < at_once; ++b) scratch.index[b] = (block * at_once + b) << 32 | neuron;
      random_words(context_.circuit.seed, Stream::edge, scratch.index,
                   static_cast<std::uint32_t>(context_.projection), scratch.words);
      for (const auto& words : scratch.words)
        for (const std::uint32_t word : words) {
          const double missed = std::min(std::log((word + 0.5) * 0x1p-32) * per_log, n_targets);
          next += 1.0 + static_cast<double>(static_cast<std::int64_t>(missed));
          if (next >= n_targets) return finish_by_target(source, row, scratch);
          add(source, static_cast<std::uint32_t>(next), targets, row);
        }
    }
    finish_by_target(source, row, scratch);
  }

 private:
  void add(std::uint32_t source, std::uint32_t target, PlaceRange targets, Row& row) const {
    const std::uint32_t place = context_.targets.place_of(target);
    if (place < targets.begin || place >= targets.end) return;
    if (context_.recurrent && !context_.rule().autapses && place == source) return;
    row.target.push_back(place);
  }
};

class OneToOneRows final : public DistanceRows {
 public:
  using DistanceRows::DistanceRows;

  void make(std::uint32_t source, PlaceRange targets, Row& row, Scratch& scratch) const override {
    row.target.clear();
    const std::uint32_t place = context_.targets.place_of(context_.sources.neuron_at(source));
    if (place >= targets.begin && place < targets.end) row.target.push_back(place);
    finish_by_target(source, row, scratch);
  }
};

// Edges kept as a list by source, in the order of their targets.
class ListRows : public DistanceRows {
 public:
  using DistanceRows::DistanceRows;

  void make(std::uint32_t source, PlaceRange targets, Row& row, Scratch& scratch) const override {
    row.clear();
    const std::uint32_t neuron = context_.sources.neuron_at(source);
    for (std::uint32_t e = begin_[neuron]; e < begin_[neuron + 1]; ++e) {
      const std::uint32_t place = context_.targets.place_of(target_[e]);
      if (place < targets.begin || place >= targets.end) continue;
      row.target.push_back(place);
      if (context_.rule().rule != ConnectionRule::given) continue;
      row.weight.push_back(weight_[e] * context_.source.mask[neuron]);
      if (context_.off_grid)
        row.delay_ms.push_back(given_delay_ms_[e]);
      else
        row.delay.push_back(given_delay_[e]);
    }
    if (context_.rule().rule != ConnectionRule::given) finish_by_target(source, row, scratch);
  }

 protected:
  // Sorts edges by (source, target), as given within.
  void take(std::span<const std::uint32_t> sources, std::span<const std::uint32_t> targets) {
    order_.resize(sources.size());
    std::iota(order_.begin(), order_.end(), 0U);
    std::ranges::stable_sort(order_, {},
                             [&](std::uint32_t e) { return std::uint64_t{sources[e]} << 32 | targets[e]; });
    begin_.assign(context_.source.size + 1, 0);
    target_.resize(sources.size());
    for (std::size_t at = 0; at < order_.size(); ++at) {
      ++begin_[sources[order_[at]] + 1];
      target_[at] = targets[order_[at]];
    }
    std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  }

  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> begin_;
  std::vector<std::uint32_t> target_;
  std::vector<double> weight_;
  std::vector<std::uint32_t> given_delay_;
  std::vector<double> given_delay_ms_;
};

class GivenRows final : public ListRows {
 public:
  explicit GivenRows(const RowContext& context) : ListRows(context) {
    const EdgeList& edges = context.rule().edges;
    take(edges.source, edges.target);
    for (const std::uint32_t e : order_) {
      weight_.push_back(edges.weight[e]);
      if (context.off_grid)
        given_delay_ms_.push_back(edges.delay_ms[e]);
      else
        given_delay_.push_back(steps_from_ms(edges.delay_ms[e], context.circuit.step_ms, OffGrid::round,
                                             where_of(context) + ", edge " + std::to_string(e)));
    }
  }
};

// Every target draws its sources.
class IndegreeRows final : public ListRows {
 public:
  explicit IndegreeRows(const RowContext& context) : ListRows(context) {
    const std::size_t n = context.rule().indegree * context.target.size;
    std::vector<std::uint32_t> begin(context.source.size + 1, 0);
    std::vector<std::uint32_t> source(n);
    for (std::size_t target = 0; target < context.target.size; ++target) draw(target, source);
    for (const std::uint32_t s : source) ++begin[s + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    begin_ = begin;
    target_.resize(n);
    for (std::size_t at = 0; at < n; ++at)
      target_[begin[source[at]]++] = static_cast<std::uint32_t>(at / context.rule().indegree);
  }

 private:
  void draw(std::size_t target, std::span<std::uint32_t> all) {
    const Projection& rule = context_.rule();
    const auto mine = all.subspan(target * rule.indegree, rule.indegree);
    if (!rule.multapses) taken_.assign(context_.source.size, 0);
    std::uint64_t block = 0;
    std::size_t word = 4;
    std::array<std::uint32_t, 4> words{};
    for (std::uint32_t& source : mine) do {
        if (word == 4) {
          words = random_words(context_.circuit.seed, Stream::edge, block++ << 32 | target,
                               static_cast<std::uint32_t>(context_.projection));
          word = 0;
        }
        source = static_cast<std::uint32_t>(std::uint64_t{words[word++]} * context_.source.size >> 32);
      } while (refused(source, target));
  }

  bool refused(std::uint32_t source, std::size_t target) {
    const Projection& rule = context_.rule();
    if (context_.recurrent && !rule.autapses && source == target) return true;
    return !rule.multapses && std::exchange(taken_[source], 1) != 0;
  }

  std::vector<std::uint8_t> taken_;
};

// Beyond this distance the probability is below that of any draw.
double natural_cutoff(const DistanceKernel& probability) {
  const double rest = std::log(std::max(probability.amplitude, 1e-300) * 0x1p32);
  if (rest <= 0.0) return 0.0;
  if (probability.shape == KernelShape::gaussian) return probability.length * std::sqrt(2 * rest);
  if (probability.shape == KernelShape::exponential) return probability.length * rest;
  return std::numeric_limits<double>::infinity();
}

}  // namespace

std::unique_ptr<RowMaker> make_row_maker(const RowContext& context, bool may_list) {
  const Projection& rule = context.rule();
  const auto refuse_unlisted = [&] {
    if (may_list) return;
    throw InputError(where_of(context), "its edges cannot be made again from positions",
                     "store the synapses, or use the pairwise rule");
  };
  switch (rule.rule) {
    case ConnectionRule::one_to_one:
      return std::make_unique<OneToOneRows>(context);
    case ConnectionRule::given:
      refuse_unlisted();
      return std::make_unique<GivenRows>(context);
    case ConnectionRule::fixed_indegree:
      refuse_unlisted();
      return std::make_unique<IndegreeRows>(context);
    default:
      break;
  }
  const double radius = std::min(rule.cutoff, natural_cutoff(rule.probability));
  if (std::isfinite(radius) && context.targets.cells) return std::make_unique<NearRows>(context, radius);
  if (rule.probability.shape == KernelShape::constant) return std::make_unique<RandomRows>(context);
  throw InputError(where_of(context), "a probability that never vanishes needs all pairs", "give a cutoff");
}

}  // namespace loci::sim
