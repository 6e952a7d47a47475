#include "sim/circuit/connectivity.hpp"

#include <algorithm>
#include <cmath>

#include "sim/circuit/parallel.hpp"
#include "sim/circuit/row_makers.hpp"
#include "sim/circuit/size.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/error.hpp"

namespace loci::sim {
namespace {

bool two_receptors(const Cell& cell) {
  return cell.model == CellModel::lif_exp || cell.model == CellModel::adaptive_lif;
}

std::string where_of(const Projection& rule) {
  return "projection '" + rule.source + "' to '" + rule.target + "'";
}

// A weight as tables keep it.
double kept(double weight, Precision precision) {
  return precision == Precision::single ? static_cast<double>(static_cast<float>(weight)) : weight;
}

bool uniform_weight(const Projection& rule, const Population& source) {
  return rule.rule != ConnectionRule::given && rule.weight.shape == KernelShape::constant &&
         source.mask.uniform();
}

}  // namespace

PlacedPopulation::PlacedPopulation(const Circuit& circuit, std::size_t index)
    : positions(place_population(circuit, index)), size(circuit.populations[index].size) {
  if (circuit.space.dims > 0) cells.emplace(circuit.space, positions);
}

void ProjectionEdges::deliver(std::uint32_t source, std::size_t shard, Step now, InputRing& ring, Row& row,
                              RowMaker::Scratch& scratch) const {
  maker_->make(source, shards_->range(target_, shard), row, scratch);
  const Shards::Map map = shards_->map(target_);
  const InputRing::From arriving = ring.from(now);
  for (std::size_t e = 0; e < row.size(); ++e) {
    const std::size_t receptor = by_sign_ && row.weight[e] < 0.0 ? 1 : 0;
    arriving.after(row.delay[e], receptor)[map.index_of(row.target[e], shard)] +=
        kept(row.weight[e], precision_);
  }
}

void ProjectionEdges::read(std::uint32_t source, Row& row, RowMaker::Scratch& scratch) const {
  if (off_grid_) return off_grid_->read(source, row);
  if (table_ != nullptr) return table_->read(source, member_, row);
  maker_->make(source, {0, static_cast<std::uint32_t>(n_targets_)}, row, scratch);
  for (double& weight : row.weight) weight = kept(weight, precision_);
}

std::size_t ProjectionEdges::n_edges() const {
  if (off_grid_) return off_grid_->n_edges();
  if (table_ != nullptr) return table_->n_edges(member_);
  std::size_t n = 0;
  Row row;
  RowMaker::Scratch scratch;
  for (std::uint32_t source = 0; source < n_sources_; ++source) {
    read(source, row, scratch);
    n += row.size();
  }
  return n;
}

void ProjectionEdges::fill(const RowMaker& maker, const ConnectivityOptions& options) {
  DelayTable& table = off_grid_.emplace(n_sources_);
  struct Scratch {
    Row row;
    RowMaker::Scratch rows;
  };
  for_each_parallel(
      options.n_threads, table.n_blocks(), [] { return Scratch(); },
      [&](std::size_t block, Scratch& scratch) {
        const std::size_t first = block * DelayTable::sources_per_block;
        for (std::size_t s = first; s < std::min(first + DelayTable::sources_per_block, n_sources_); ++s) {
          maker.make(static_cast<std::uint32_t>(s), {0, static_cast<std::uint32_t>(n_targets_)}, scratch.row,
                     scratch.rows);
          for (double& weight : scratch.row.weight) weight = kept(weight, precision_);
          table.append(block, scratch.row);
        }
      });
}

Connectivity::Connectivity(const Circuit& circuit, const ConnectivityOptions& options)
    : off_grid_(options.off_grid) {
  validate(circuit, options.off_grid);
  std::vector<std::size_t> sizes;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    populations_.emplace_back(circuit, p);
    sizes.push_back(circuit.populations[p].size);
  }
  shards_ = std::make_unique<const Shards>(sizes, options.n_threads);
  require_memory(expected_size(circuit, populations_, options), options.memory_bytes);
  for (std::size_t i = 0; i < circuit.projections.size(); ++i) describe(circuit, i, options);
  bundle();
  for (Bundle& each : bundles_)
    if (!options.procedural && !options.off_grid) build(circuit, each, options);
  require_edges(circuit);
}

void Connectivity::describe(const Circuit& circuit, std::size_t index, const ConnectivityOptions& options) {
  const Projection& rule = circuit.projections[index];
  ProjectionEdges& edges = projections_.emplace_back();
  edges.source_ = find_population(circuit, rule.source, where_of(rule));
  edges.target_ = find_population(circuit, rule.target, where_of(rule));
  edges.precision_ = options.precision;
  edges.shards_ = shards_.get();
  const Population& source = circuit.populations[edges.source_];
  const Population& target = circuit.populations[edges.target_];
  edges.n_sources_ = source.size;
  edges.n_targets_ = target.size;
  if (!options.off_grid) edges.longest_ = longest_delay(circuit, rule);
  edges.by_sign_ = two_receptors(target.cell);
  const RowContext context{circuit,
                           index,
                           source,
                           target,
                           edges.source_ == edges.target_,
                           populations_[edges.source_],
                           populations_[edges.target_],
                           options.off_grid};
  if (options.off_grid)
    edges.fill(*make_row_maker(context, !options.procedural), options);
  else
    edges.maker_ = make_row_maker(context, !options.procedural);
}

// A projection joins the first bundle of its source without its target.
void Connectivity::bundle() {
  for (std::size_t i = 0; i < projections_.size(); ++i) {
    const auto takes = [&](const Bundle& bundle) {
      return bundle.source == projections_[i].source_ &&
             std::ranges::none_of(bundle.projections, [&](std::size_t other) {
               return projections_[other].target_ == projections_[i].target_;
             });
    };
    auto found = std::ranges::find_if(bundles_, takes);
    if (found == bundles_.end()) {
      bundles_.push_back({.source = projections_[i].source_});
      found = bundles_.end() - 1;
    }
    projections_[i].member_ = found->projections.size();
    found->projections.push_back(i);
  }
}

void Connectivity::build(const Circuit& circuit, Bundle& bundle, const ConnectivityOptions& options) {
  const Population& source = circuit.populations[bundle.source];
  std::vector<SynapseTable::Member> members;
  for (const std::size_t i : bundle.projections) {
    const Projection& rule = circuit.projections[i];
    members.push_back({.target = projections_[i].target_,
                       .by_sign = projections_[i].by_sign_,
                       .uniform = uniform_weight(rule, source),
                       .uniform_weight = kept(rule.weight.amplitude * source.mask[0], options.precision)});
  }
  SynapseTable& table =
      bundle.table.emplace(source.size, std::move(members), *shards_, options.precision, options.advice);
  struct Scratch {
    SynapseTable::Builder builder;
    std::vector<Row> rows;
    RowMaker::Scratch making;
  };
  for_each_parallel(
      options.n_threads, table.n_blocks(),
      [&] {
        return Scratch{SynapseTable::Builder(table), std::vector<Row>(bundle.projections.size()), {}};
      },
      [&](std::size_t block, Scratch& scratch) {
        scratch.builder.begin(block);
        const std::size_t first = block * SynapseTable::sources_per_block;
        for (std::size_t s = first; s < std::min(first + SynapseTable::sources_per_block, source.size); ++s) {
          for (std::size_t m = 0; m < bundle.projections.size(); ++m) {
            const ProjectionEdges& edges = projections_[bundle.projections[m]];
            edges.maker_->make(static_cast<std::uint32_t>(s),
                               {0, static_cast<std::uint32_t>(edges.n_targets_)}, scratch.rows[m],
                               scratch.making);
          }
          scratch.builder.append(scratch.rows);
        }
        scratch.builder.finish();
      });
  for (const std::size_t i : bundle.projections) {
    projections_[i].table_ = &table;
    projections_[i].maker_.reset();
  }
}

void Connectivity::require_edges(const Circuit& circuit) const {
  Row row;
  RowMaker::Scratch scratch;
  for (std::size_t i = 0; i < projections_.size(); ++i) {
    bool any = false;
    for (std::uint32_t source = 0; source < projections_[i].n_sources_ && !any; ++source) {
      projections_[i].read(source, row, scratch);
      any = row.size() > 0;
    }
    if (!any)
      throw InputError(where_of(circuit.projections[i]), "there is no edge",
                       "widen the cutoff, raise the probability or place the populations nearer");
  }
}

std::size_t Connectivity::n_edges() const {
  std::size_t n = 0;
  for (const ProjectionEdges& each : projections_) n += each.n_edges();
  return n;
}

std::size_t Connectivity::bytes() const {
  std::size_t n = 0;
  for (const Bundle& each : bundles_)
    if (each.table) n += each.table->bytes();
  for (const ProjectionEdges& each : projections_)
    if (each.off_grid_) n += each.off_grid_->bytes();
  return n;
}

}  // namespace loci::sim
