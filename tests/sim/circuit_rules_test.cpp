// Which neurons each rule joins, how strongly and how late; and that threads and storage change none of it.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

// 300 neurons "A" and 200 "B", in a box of the given dimensions (0: none), joined by a rule.
Circuit joined(std::size_t dims, const Projection& rule, bool periodic = false) {
  Circuit circuit;
  circuit.space = {.dims = dims, .lower = {-0.5, 0, 0}, .periodic = periodic};
  circuit.populations = {{.name = "A", .size = 300}, {.name = "B", .size = 200}};
  circuit.projections = {rule};
  return circuit;
}

double distance(const Circuit& circuit, const JoinedEdge& edge) {
  const Projection& rule = circuit.projections[0];
  const auto a = place_population(circuit, rule.source == "A" ? 0 : 1);
  const auto b = place_population(circuit, rule.target == "A" ? 0 : 1);
  const std::size_t dims = circuit.space.dims;
  return std::sqrt(
      squared_distance(circuit.space, a.data() + edge.source * dims, b.data() + edge.target * dims));
}

// Sources by target.
std::map<std::uint32_t, std::vector<std::uint32_t>> sources_of(const std::vector<JoinedEdge>& edges) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> result;
  for (const JoinedEdge& edge : edges) result[edge.target].push_back(edge.source);
  return result;
}

std::size_t n_autapses(const std::vector<JoinedEdge>& edges) {
  return static_cast<std::size_t>(
      std::ranges::count_if(edges, [](const JoinedEdge& edge) { return edge.source == edge.target; }));
}

std::size_t n_pairs(const std::vector<JoinedEdge>& edges) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  for (const JoinedEdge& edge : edges) pairs.emplace(edge.source, edge.target);
  return pairs.size();
}

}  // namespace

TEST_CASE("a cutoff joins exactly the pairs within it, with weights and delays of their distance") {
  const std::size_t dims = GENERATE(1, 2, 3);
  const bool periodic = GENERATE(false, true);
  const double cutoff = GENERATE(0.05, 0.3, 0.8);
  const auto shape = GENERATE(KernelShape::inverse_distance, KernelShape::gaussian, KernelShape::exponential);
  if (dims == 3 && cutoff == 0.05) return;  // hardly an edge
  CAPTURE(dims, periodic, cutoff, static_cast<int>(shape));
  Circuit circuit = joined(dims,
                           {.source = "A",
                            .target = "B",
                            .cutoff = cutoff,
                            .weight = {shape, 2.0, 0.2, 0.03},
                            .delay_ms = 0.5,
                            .velocity = 0.05},
                           periodic);
  auto mask = std::vector<double>(300, 1.0);
  for (std::size_t i = 0; i < 300; i += 3) mask[i] = -0.5;
  circuit.populations[0].mask = PerNeuron(mask);
  const auto edges = edges_of(circuit, {.precision = Precision::exact});
  const auto a = place_population(circuit, 0);
  const auto b = place_population(circuit, 1);
  std::size_t at = 0;
  for (std::uint32_t source = 0; source < 300; ++source)
    for (std::uint32_t target = 0; target < 200; ++target) {
      const double d =
          std::sqrt(squared_distance(circuit.space, a.data() + source * dims, b.data() + target * dims));
      if (d > cutoff) continue;
      REQUIRE(at < edges.size());
      const JoinedEdge& edge = edges[at++];
      REQUIRE(edge.source == source);
      REQUIRE(edge.target == target);
      const double kernel = shape == KernelShape::inverse_distance ? 0.2 / std::max(d, 0.03)
                            : shape == KernelShape::gaussian       ? std::exp(-d * d / 0.08)
                                                                   : std::exp(-d / 0.2);
      // Distances agree to about four roundings of 1.1e-16, squares of them to eight, and exponents are 24 at
      // most.
      CHECK(std::abs(edge.weight - 2.0 * mask[source] * kernel) <= 5e-14 * kernel);
      CHECK(std::abs(edge.delay - (0.5 + d / 0.05) / 0.1) <= 0.5 + 1e-9);
    }
  CHECK(at == edges.size());
  CHECK(at > 100);
}

TEST_CASE("certain pairs are all pairs, with autapses where they are wanted") {
  const std::size_t dims = GENERATE(0, 2);
  const bool autapses = GENERATE(false, true);
  const auto edges = edges_of(joined(dims, {.source = "A", .target = "A", .autapses = autapses}));
  CHECK(edges.size() == 300U * (autapses ? 300 : 299));
  CHECK(n_pairs(edges) == edges.size());
  CHECK(n_autapses(edges) == (autapses ? 300 : 0));
  CHECK(edges_of(joined(dims, {.source = "A", .target = "B", .autapses = autapses})).size() == 60'000);
}

TEST_CASE(
    "a constant probability gives binomial degrees, with and without a cutoff that all pairs are within") {
  const double cutoff = GENERATE(std::numeric_limits<double>::infinity(), 2.0);
  const double p = GENERATE(0.02, 0.5);
  const bool autapses = GENERATE(false, true);
  const auto edges = edges_of(joined(2, {.source = "A",
                                         .target = "A",
                                         .cutoff = cutoff,
                                         .probability = {.amplitude = p},
                                         .autapses = autapses}));
  const double n = 300.0 * (autapses ? 300 : 299);
  CHECK(std::abs(static_cast<double>(edges.size()) - n * p) <= 5 * std::sqrt(n * p * (1 - p)));
  CHECK(n_pairs(edges) == edges.size());
  if (!autapses) CHECK(n_autapses(edges) == 0);
  // Degrees are binomial: the sum over neurons of (k - m)^2 / (m (1 - p)) is 300 with a variance of about 2 x
  // 300 (and less than 1 / m of it more), for sources and for targets.
  for (const bool out : {false, true}) {
    std::vector<double> degree(300);
    for (const JoinedEdge& edge : edges) degree[out ? edge.source : edge.target] += 1;
    const double mean = n * p / 300;
    double chi_squared = 0.0;
    for (const double k : degree) chi_squared += (k - mean) * (k - mean) / (mean * (1 - p));
    CHECK(std::abs(chi_squared - 300) <= 5 * std::sqrt(300 * (2 + 1 / mean)));
  }
}

TEST_CASE("a probability that falls with distance joins as many pairs as its sum says, near and far") {
  const auto shape = GENERATE(KernelShape::gaussian, KernelShape::exponential, KernelShape::inverse_distance);
  const Circuit circuit =
      joined(2,
             {.source = "A",
              .target = "B",
              .cutoff = 0.6,
              .probability = {shape, shape == KernelShape::inverse_distance ? 0.5 : 0.9, 0.1, 0.05}},
             true);
  const auto edges = edges_of(circuit);
  const auto a = place_population(circuit, 0);
  const auto b = place_population(circuit, 1);
  for (const auto& [low, high] : {std::pair(0.0, 0.1), std::pair(0.1, 0.2), std::pair(0.2, 0.6)}) {
    double mean = 0.0;
    double variance = 0.0;
    for (std::size_t s = 0; s < 300; ++s)
      for (std::size_t t = 0; t < 200; ++t) {
        const double d = std::sqrt(squared_distance(circuit.space, a.data() + s * 2, b.data() + t * 2));
        if (d < low || d >= high) continue;
        const double p = shape == KernelShape::gaussian      ? 0.9 * std::exp(-d * d / 0.02)
                         : shape == KernelShape::exponential ? 0.9 * std::exp(-d / 0.1)
                                                             : 0.05 / std::max(d, 0.05);
        mean += p;
        variance += p * (1 - p);
      }
    std::size_t n = 0;
    for (const JoinedEdge& edge : edges) {
      const double d = distance(circuit, edge);
      n += d >= low && d < high ? 1 : 0;
    }
    CHECK(mean > 100);
    CHECK(std::abs(static_cast<double>(n) - mean) <= 5 * std::sqrt(variance));
  }
}

TEST_CASE("with a fixed in-degree every target draws so many sources, evenly") {
  const bool multapses = GENERATE(true, false);
  const bool autapses = GENERATE(true, false);
  const auto edges = edges_of(joined(0, {.source = "A",
                                         .target = "A",
                                         .rule = ConnectionRule::fixed_indegree,
                                         .indegree = 50,
                                         .autapses = autapses,
                                         .multapses = multapses}));
  const auto sources = sources_of(edges);
  REQUIRE(sources.size() == 300);
  for (const auto& [target, from] : sources) CHECK(from.size() == 50);
  // Of 50 draws from 300 about 4 are of one drawn before.
  CHECK((n_pairs(edges) == edges.size()) == !multapses);
  // 50 in 300 targets would draw themselves, give or take 5 deviations.
  CHECK(std::abs(static_cast<double>(n_autapses(edges)) - (autapses ? 50 : 0)) <=
        (autapses ? 5 * std::sqrt(50) : 0));
  std::vector<double> out(300);
  for (const JoinedEdge& edge : edges) out[edge.source] += 1;
  double chi_squared = 0.0;
  const double spread = multapses ? 50 * (1 - 1.0 / 300) : 50 * (1 - 50.0 / 300);
  for (const double k : out) chi_squared += (k - 50) * (k - 50) / spread;
  CHECK(std::abs(chi_squared - 299) <= 5 * std::sqrt(300 * (2 + 1.0 / 50)));
}

TEST_CASE("one to one joins neurons of one number, wherever they are") {
  Circuit circuit = joined(
      2, {.source = "A", .target = "B", .rule = ConnectionRule::one_to_one, .weight = {.amplitude = 3.0}});
  circuit.populations[1].size = 300;
  const auto edges = edges_of(circuit);
  REQUIRE(edges.size() == 300);
  for (std::uint32_t i = 0; i < 300; ++i) CHECK(edges[i] == JoinedEdge{i, i, 10, 3.0});
}

TEST_CASE("given edges are there as given, several between one pair too, times the source's mask") {
  Circuit circuit = joined(2, {.source = "A", .target = "B", .rule = ConnectionRule::given});
  circuit.populations[0].mask = -1.0;
  circuit.projections[0].edges = {
      {299, 0, 5, 5, 5}, {199, 3, 4, 4, 4}, {1.5, 2.5, 0.25, 0.5, 0.25}, {0.1, 2.0, 1.0, 1.0, 3.0}};
  CHECK(edges_of(circuit) ==
        std::vector<JoinedEdge>{
            {0, 3, 20, -2.5}, {5, 4, 10, -0.5}, {5, 4, 10, -0.25}, {5, 4, 30, -0.25}, {299, 199, 1, -1.5}});
}

TEST_CASE(
    "edges are the same for any number of threads, made again instead of stored, and follow from the seed") {
  const auto rule = GENERATE(values<Projection>({
      {.source = "A",
       .target = "A",
       .cutoff = 0.2,
       .weight = {KernelShape::inverse_distance, 1.0, 0.1, 0.01},
       .velocity = 0.1},
      {.source = "A", .target = "B", .cutoff = 0.4, .probability = {KernelShape::gaussian, 0.7, 0.1, 0.0}},
      {.source = "B", .target = "A", .probability = {.amplitude = 0.1}, .velocity = 0.2},
      {.source = "A", .target = "A", .rule = ConnectionRule::one_to_one},
      {.source = "A", .target = "B", .rule = ConnectionRule::fixed_indegree, .indegree = 20},
  }));
  const Circuit circuit = joined(2, rule, true);
  const auto edges = edges_of(circuit);
  REQUIRE(edges.size() >= 300);
  CHECK(edges_of(circuit) == edges);
  for (const std::size_t n_threads : {2, 3}) CHECK(edges_of(circuit, {.n_threads = n_threads}) == edges);
  if (rule.rule == ConnectionRule::fixed_indegree) {
    CHECK_THROWS_WITH(edges_of(circuit, {.procedural = true}), Catch::Contains("cannot be made again"));
  } else {
    for (const std::size_t n_threads : {1, 2, 3})
      CHECK(edges_of(circuit, {.procedural = true, .n_threads = n_threads}) == edges);
  }
  Circuit other = circuit;
  other.seed = 99;
  if (rule.rule != ConnectionRule::one_to_one) CHECK(edges_of(other) != edges);
}

TEST_CASE("a spike arrives after its delay, one step at least") {
  Circuit circuit = joined(0, {.source = "A", .target = "B", .rule = ConnectionRule::given});
  circuit.projections[0].edges = {{7, 7, 7}, {0, 1, 2}, {100, 100, 100}, {0.1, 1.0, 23.4}};
  for (Population& population : circuit.populations) population.initial = {.low_mv = -70, .high_mv = -70};
  circuit.inputs = {
      {.target = "A", .kind = InputKind::trains, .weight = 100.0, .times_ms = {5.0}, .neurons = {7}}};
  CHECK(spikes_of(circuit, 60.0, {.n_threads = 2}) ==
        std::vector<FiredSpike>{{50, 0, 7}, {51, 1, 0}, {60, 1, 1}, {284, 1, 2}});
}

TEST_CASE("a circuit in space fires the same for any number of threads, stored and procedural") {
  Circuit circuit = joined(2,
                           {.source = "A",
                            .target = "A",
                            .cutoff = 0.3,
                            .weight = {KernelShape::inverse_distance, 0.5, 0.1, 0.01},
                            .delay_ms = 0.5,
                            .velocity = 0.1},
                           true);
  circuit.populations[0].cell.model = CellModel::lif_exp;
  circuit.populations[0].initial = {.low_mv = -70, .high_mv = -56};
  auto mask = std::vector<double>(300, 40.0);
  for (std::size_t i = 0; i < 100; ++i) mask[i] = -60.0;
  circuit.populations[0].mask = PerNeuron(mask);
  circuit.inputs = {{.target = "A", .rate_hz = 5000.0, .weight = 60.0}};
  const auto spikes = spikes_of(circuit, 100.0);
  REQUIRE(spikes.size() > 500);
  for (const std::size_t n_threads : {1, 2, 3})
    for (const bool procedural : {false, true})
      CHECK(spikes_of(circuit, 100.0, {.procedural = procedural, .n_threads = n_threads}) == spikes);
}
