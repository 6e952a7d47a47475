#include "sim/circuit/connectivity.hpp"

#include <algorithm>
#include <cmath>

#include "sim/circuit/parallel.hpp"
#include "sim/circuit/row_makers.hpp"
#include "sim/error.hpp"

namespace loci::sim {
namespace {

constexpr std::uint32_t shard_unit = 64;

std::vector<PlaceRange> shards_of(std::size_t n, std::size_t n_threads) {
  std::vector<PlaceRange> shards;
  const std::size_t units = (n + shard_unit - 1) / shard_unit;
  for (std::size_t s = 0; s < n_threads; ++s)
    shards.push_back({static_cast<std::uint32_t>(std::min(n, s * units / n_threads * shard_unit)),
                      static_cast<std::uint32_t>(std::min(n, (s + 1) * units / n_threads * shard_unit))});
  return shards;
}

bool two_receptors(const Cell& cell) {
  return cell.model == CellModel::lif_exp || cell.model == CellModel::adaptive_lif;
}

// The delay of an edge as long as the rule allows.
Step longest_delay(const Circuit& circuit, const Projection& rule, const std::string& where) {
  double distance = 0.0;
  if (std::isfinite(rule.velocity)) {
    for (std::size_t k = 0; k < circuit.space.dims; ++k) {
      const double side = circuit.space.extent[k] * (circuit.space.periodic ? 0.5 : 1.0);
      distance += side * side;
    }
    distance = std::min(std::sqrt(distance), rule.cutoff);
  }
  double delay_ms = rule.delay_ms + distance / rule.velocity;
  for (const double each : rule.edges.delay_ms) delay_ms = std::max(delay_ms, each);
  const Step steps = steps_from_ms(delay_ms, circuit.step_ms, OffGrid::round, where);
  if (steps > 0xFFFF)
    throw InputError(where, "a delay of " + std::to_string(delay_ms) + " ms is more than 65,535 steps",
                     "use a shorter delay, a higher velocity or a longer step");
  return steps;
}

void require_delay(const Circuit& circuit, const Projection& rule, const std::string& where, bool off_grid) {
  const auto refuse = [&](double delay_ms) {
    if (off_grid && !(delay_ms > 0.0 && std::isfinite(delay_ms)))
      throw InputError(where, "a delay of " + std::to_string(delay_ms) + " ms is none",
                       "give every synapse a delay above 0 ms");
    if (off_grid || delay_ms + 1e-9 >= circuit.step_ms) return;
    throw InputError(where, "a delay of " + std::to_string(delay_ms) + " ms is below one step of " +
                                std::to_string(circuit.step_ms) + " ms",
                     "make the delay longer or the step shorter");
  };
  if (rule.rule == ConnectionRule::given)
    for (const double delay_ms : rule.edges.delay_ms) refuse(delay_ms);
  else
    refuse(rule.delay_ms);
}

void require_edges(const ProjectionEdges& edges, const std::string& where) {
  if (edges.n_edges() == 0)
    throw InputError(where, "there is no edge",
                     "widen the cutoff, raise the probability or place the populations nearer");
}

}  // namespace

void ProjectionEdges::deliver(std::uint32_t source, std::size_t shard, Step now, InputRing& ring, Row& row,
                              RowMaker::Scratch& scratch) const {
  maker_->make(source, shards_[shard], row, scratch);
  for (std::size_t e = 0; e < row.size(); ++e) {
    const std::size_t receptor = by_sign_ && row.weight[e] < 0.0 ? 1 : 0;
    ring.at(now + row.delay[e], receptor)[row.target[e]] += stored(row.weight[e]);
  }
}

double ProjectionEdges::stored(double weight) const {
  return precision_ == Precision::single ? static_cast<double>(static_cast<float>(weight)) : weight;
}

void ProjectionEdges::read(std::uint32_t source, Row& row, RowMaker::Scratch& scratch) const {
  if (off_grid_) return off_grid_->read(source, row);
  row.clear();
  Row part;
  for (std::size_t shard = 0; shard < shards_.size(); ++shard) {
    if (maker_) {
      maker_->make(source, shards_[shard], part, scratch);
      for (double& weight : part.weight) weight = stored(weight);
    } else {
      tables_[shard].read(source, part);
      for (std::uint32_t& target : part.target) target += shards_[shard].begin;
    }
    row.target.insert(row.target.end(), part.target.begin(), part.target.end());
    row.weight.insert(row.weight.end(), part.weight.begin(), part.weight.end());
    row.delay.insert(row.delay.end(), part.delay.begin(), part.delay.end());
    row.delay_ms.insert(row.delay_ms.end(), part.delay_ms.begin(), part.delay_ms.end());
  }
}

std::size_t ProjectionEdges::n_edges() const {
  std::size_t n = 0;
  for (const SynapseTable& table : tables_) n += table.n_edges();
  if (off_grid_) n += off_grid_->n_edges();
  if (!maker_) return n;
  Row row;
  RowMaker::Scratch scratch;
  for (std::uint32_t source = 0; source < n_sources_; ++source) {
    read(source, row, scratch);
    n += row.size();
  }
  return n;
}

std::size_t ProjectionEdges::bytes() const {
  std::size_t n = 0;
  for (const SynapseTable& table : tables_) n += table.bytes();
  if (off_grid_) n += off_grid_->bytes();
  return n;
}

void ProjectionEdges::fill(const RowMaker& maker, const std::string& where, std::size_t n_threads) {
  DelayTable& table = off_grid_.emplace(n_sources_);
  const PlaceRange all{0, shards_.back().end};
  for_each_parallel(n_threads, table.n_blocks(), [&](std::size_t block) {
    Row row;
    RowMaker::Scratch scratch;
    const std::size_t first = block * DelayTable::sources_per_block;
    for (std::size_t s = first; s < std::min(first + DelayTable::sources_per_block, n_sources_); ++s) {
      maker.make(static_cast<std::uint32_t>(s), all, row, scratch);
      for (double& weight : row.weight) weight = stored(weight);
      table.append(block, row);
    }
  });
  require_edges(*this, where);
}

Connectivity::Connectivity(const Circuit& circuit, const ConnectivityOptions& options)
    : off_grid_(options.off_grid) {
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    PlacedPopulation& placed = populations_.emplace_back();
    placed.size = circuit.populations[p].size;
    placed.positions = place_population(circuit, p);
    if (circuit.space.dims > 0) placed.cells.emplace(circuit.space, placed.positions);
    shards_.push_back(shards_of(placed.size, options.n_threads));
  }
  for (std::size_t i = 0; i < circuit.projections.size(); ++i) add_projection(circuit, i, options);
}

void Connectivity::add_projection(const Circuit& circuit, std::size_t index, const ConnectivityOptions& options) {
  const Projection& rule = circuit.projections[index];
  const std::string where = "projection '" + rule.source + "' to '" + rule.target + "'";
  ProjectionEdges& edges = projections_.emplace_back();
  edges.source_ = find_population(circuit, rule.source, where);
  edges.target_ = find_population(circuit, rule.target, where);
  edges.precision_ = options.precision;
  edges.shards_ = shards_[edges.target_];
  const Population& source = circuit.populations[edges.source_];
  const Population& target = circuit.populations[edges.target_];
  edges.n_sources_ = source.size;
  require_delay(circuit, rule, where, options.off_grid);
  if (!options.off_grid) edges.longest_ = longest_delay(circuit, rule, where);
  edges.by_sign_ = two_receptors(target.cell);
  auto maker = make_row_maker({circuit, index, source, target, edges.source_ == edges.target_,
                               populations_[edges.source_], populations_[edges.target_], options.off_grid},
                              !options.procedural);
  if (options.procedural) {
    edges.maker_ = std::move(maker);
    return;
  }
  if (options.off_grid) return edges.fill(*maker, where, options.n_threads);
  const bool uniform = rule.rule != ConnectionRule::given && rule.weight.shape == KernelShape::constant &&
                       source.mask.uniform();
  for (const PlaceRange& shard : edges.shards_)
    edges.tables_.push_back(SynapseTable({.n_sources = source.size,
                                          .n_targets = shard.end - shard.begin,
                                          .precision = options.precision,
                                          .by_sign = edges.by_sign_,
                                          .uniform = uniform,
                                          .uniform_weight = edges.stored(rule.weight.amplitude * source.mask[0])}));
  const std::size_t n_blocks = edges.tables_.front().n_blocks();
  for_each_parallel(options.n_threads, n_blocks * edges.shards_.size(), [&](std::size_t item) {
    const std::size_t shard = item % edges.shards_.size();
    const std::size_t block = item / edges.shards_.size();
    const PlaceRange range = edges.shards_[shard];
    SynapseTable::Builder builder(edges.tables_[shard], block);
    Row row;
    RowMaker::Scratch scratch;
    const std::size_t first = block * SynapseTable::sources_per_block;
    for (std::size_t s = first; s < std::min(first + SynapseTable::sources_per_block, source.size); ++s) {
      maker->make(static_cast<std::uint32_t>(s), range, row, scratch);
      for (std::uint32_t& t : row.target) t -= range.begin;
      builder.append(row);
    }
    builder.finish();
  });
  require_edges(edges, where);
}

std::size_t Connectivity::n_edges() const {
  std::size_t n = 0;
  for (const ProjectionEdges& each : projections_) n += each.n_edges();
  return n;
}

std::size_t Connectivity::bytes() const {
  std::size_t n = 0;
  for (const ProjectionEdges& each : projections_) n += each.bytes();
  return n;
}

}  // namespace loci::sim
