#include "sim/circuit/size.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "sim/circuit/row_makers.hpp"
#include "sim/error.hpp"

namespace loci::sim {
namespace {

constexpr std::size_t most_sampled = 256;

struct Rows {
  double edges = 0.0;
  double segments = 0.0;  // of edges of one delay and sign, which a table keeps together
};

std::size_t index_of(const Circuit& circuit, const std::string& name) {
  const auto found = std::ranges::find(circuit.populations, name, &Population::name);
  return static_cast<std::size_t>(found - circuit.populations.begin());
}

std::size_t segments_of(const Row& row, std::vector<std::uint32_t>& keys) {
  keys.resize(row.size());
  for (std::size_t e = 0; e < row.size(); ++e) keys[e] = row.delay[e] << 1 | (row.weight[e] < 0.0 ? 1U : 0U);
  std::ranges::sort(keys);
  return static_cast<std::size_t>(std::unique(keys.begin(), keys.end()) - keys.begin());
}

// What the rows of all sources hold, from those of some: all where there are few, else spread by the golden
// ratio, and no more once they tell enough.
Rows sampled_rows(const RowContext& context, std::size_t n_threads) {
  constexpr double enough_edges = 2e6;
  constexpr double golden = 0.6180339887498949;
  const auto maker = make_row_maker(context, false);
  const auto n = static_cast<double>(context.sources.size);
  const bool all = context.sources.size <= most_sampled;
  Row row;
  RowMaker::Scratch scratch;
  std::vector<std::uint32_t> keys;
  Rows sum;
  double n_sampled = 0.0;
  for (std::size_t s = 0;
       s < std::min(context.sources.size, most_sampled) && (s < 4 || sum.edges < enough_edges); ++s) {
    const double turn = (static_cast<double>(s) + 0.5) * golden;
    const auto source =
        static_cast<std::uint32_t>(all ? static_cast<double>(s) : (turn - std::floor(turn)) * n);
    maker->make(source, {0, static_cast<std::uint32_t>(context.targets.size)}, row, scratch);
    sum.edges += static_cast<double>(row.size());
    sum.segments += static_cast<double>(segments_of(row, keys));
    n_sampled += 1.0;
  }
  // A row is cut at the borders of the threads' targets.
  return {sum.edges * n / n_sampled, sum.segments * n / n_sampled * static_cast<double>(n_threads)};
}

// Whether edges can be counted: lists, in-degrees, and pairs of one probability however far apart.
bool is_counted(const Projection& rule) {
  return rule.rule == ConnectionRule::given || rule.rule == ConnectionRule::fixed_indegree ||
         (rule.rule == ConnectionRule::pairwise && !std::isfinite(rule.cutoff) &&
          rule.probability.shape == KernelShape::constant);
}

Rows counted_rows(const Circuit& circuit, const Projection& rule, std::size_t n_sources,
                  std::size_t n_targets, std::size_t n_threads) {
  const auto sources = static_cast<double>(n_sources);
  const auto targets = static_cast<double>(n_targets);
  const bool no_autapse = rule.source == rule.target && !rule.autapses;
  double n = (sources - (no_autapse ? 1.0 : 0.0)) * targets * rule.probability.amplitude;
  if (rule.rule == ConnectionRule::fixed_indegree) n = static_cast<double>(rule.indegree) * targets;
  if (rule.rule == ConnectionRule::given) n = static_cast<double>(rule.edges.source.size());
  const bool one_delay = rule.rule != ConnectionRule::given && !std::isfinite(rule.velocity);
  const double most = sources * (one_delay ? 1.0 : longest_delay(circuit, rule));
  return {n, std::min(n, most) * static_cast<double>(n_threads)};
}

std::size_t bytes_per_weight(const Projection& rule, const Population& source, Precision precision) {
  const bool uniform = rule.rule != ConnectionRule::given && rule.weight.shape == KernelShape::constant &&
                       source.mask.uniform();
  return uniform ? 0 : precision == Precision::single ? 4 : 8;
}

// Places, positions, membrane, currents, constants where they differ: 256 bytes are enough for each neuron;
// then the rings of what is under way, and given spikes.
double neuron_bytes(const Circuit& circuit) {
  double bytes = 0.0;
  for (const Population& population : circuit.populations) {
    Step longest = 1;
    for (const Projection& rule : circuit.projections)
      if (rule.target == population.name) longest = std::max(longest, longest_delay(circuit, rule));
    const double receptors =
        population.cell.model == CellModel::lif_exp || population.cell.model == CellModel::adaptive_lif ? 2.0
                                                                                                        : 1.0;
    bytes += static_cast<double>(population.size) * (256.0 + 8.0 * receptors * (longest + 1.0));
  }
  for (const Input& input : circuit.inputs) bytes += 16.0 * static_cast<double>(input.times_ms.size());
  return bytes;
}

}  // namespace

double CircuitSize::n_edges() const {
  return std::accumulate(edges.begin(), edges.end(), 0.0);
}

CircuitSize expected_size(const Circuit& circuit, std::span<const PlacedPopulation> populations,
                          const ConnectivityOptions& options) {
  CircuitSize size;
  size.neuron_bytes = neuron_bytes(circuit);
  for (std::size_t i = 0; i < circuit.projections.size(); ++i) {
    const Projection& rule = circuit.projections[i];
    const std::size_t s = index_of(circuit, rule.source);
    const std::size_t t = index_of(circuit, rule.target);
    const Population& source = circuit.populations[s];
    const bool listed = rule.rule == ConnectionRule::given || rule.rule == ConnectionRule::fixed_indegree;
    const Rows rows =
        is_counted(rule)
            ? counted_rows(circuit, rule, source.size, circuit.populations[t].size, options.n_threads)
            : sampled_rows(
                  {circuit, i, source, circuit.populations[t], s == t, populations[s], populations[t]},
                  options.n_threads);
    size.edges.push_back(rows.edges);
    if (options.procedural) continue;
    const double per_edge =
        options.off_grid ? 20.0  // target, and weight and delay as 64-bit numbers
                         : 2.0 + static_cast<double>(bytes_per_weight(rule, source, options.precision));
    size.synapse_bytes +=
        rows.edges * per_edge + rows.segments * 8.0 + 8.0 * static_cast<double>(source.size);
    // A list is sorted as a whole: who, whom and in which order, and of given edges the weights and delays.
    const double per_listed = rule.rule == ConnectionRule::given ? 40.0 : 12.0;
    if (listed) size.build_bytes += rows.edges * per_listed;  // lists are there together
    // Tables off the grid grow by doubling.
    if (options.off_grid) size.build_bytes = std::max(size.build_bytes, rows.edges * per_edge);
  }
  return size;
}

CircuitSize expected_size(const Circuit& circuit, const ConnectivityOptions& options) {
  std::vector<PlacedPopulation> populations;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) populations.emplace_back(circuit, p);
  return expected_size(circuit, populations, options);
}

std::string in_gib(double bytes) {
  std::ostringstream text;
  text.precision(bytes < 100 * 0x1p30 ? 2 : 0);
  text << std::fixed << bytes / 0x1p30 << " GiB";
  return text.str();
}

void require_memory(const CircuitSize& size, double memory_bytes) {
  if (size.bytes() <= memory_bytes) return;
  std::ostringstream problem;
  problem.precision(3);
  problem << "about " << size.n_edges() << " synapses and their neurons need " << in_gib(size.bytes())
          << " of memory, and there are " << in_gib(memory_bytes);
  throw InputError("circuit", problem.str(),
                   "use the procedural mode, which stores no synapse, a smaller cutoff, or fewer neurons");
}

}  // namespace loci::sim
