// What the analysis of graphs is made of: moments and histograms, samples of neurons, and random graphs.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "sim/graph/measures.hpp"
#include "sim/graph/statistics.hpp"
#include "sim/graph/undirected_graph.hpp"

using namespace loci::sim;

TEST_CASE("moments and histograms of a few values") {
  Moments all;
  Moments part;
  for (const double x : {2.0, 4.0, 4.0}) all.add(x);
  for (const double x : {4.0, 5.0, 5.0, 7.0, 9.0}) part.add(x);
  all.add(part);
  all.add(Moments());
  CHECK(all.mean() == Approx(5.0));
  CHECK(all.sd() == Approx(2.0));  // squared deviations 9, 1, 1, 1, 0, 0, 4, 16
  CHECK(all.min() == 2.0);
  CHECK(all.max() == 9.0);
  CHECK(all.scaled(0.5).sd() == Approx(1.0));
  CHECK(all.scaled(0.5).max() == 4.5);
  // 2 to 9 are eight values: bins of two from 2 on, and of three where there may be three.
  Histogram fours = whole_number_histogram(all, 4);
  Histogram threes = whole_number_histogram(all, 3);
  Histogram lengths = histogram_from_zero(all, 3);
  for (Histogram* each : {&fours, &threes, &lengths})
    for (const double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) each->add(x);
  CHECK(fours.width == 2.0);
  CHECK(fours.counts == std::vector<std::size_t>{1, 5, 1, 1});
  CHECK(threes.width == 3.0);
  CHECK(threes.counts == std::vector<std::size_t>{4, 3, 1});
  CHECK(lengths.counts == std::vector<std::size_t>{1, 5, 2});  // from 0, 3 and 6, with 9 in the last
  CHECK(Moments().sd() == 0.0);
}

TEST_CASE("a sample is of different neurons, in order, and its error falls to 0 as it becomes everybody") {
  const auto sample = sample_vertices(1000, 100, 5, 0);
  CHECK(sample.size() == 100);
  CHECK(std::ranges::is_sorted(sample));
  CHECK(std::ranges::adjacent_find(sample) == sample.end());
  CHECK(sample != sample_vertices(1000, 100, 5, 1));
  CHECK(sample_vertices(7, 100, 5, 0) == std::vector<Vertex>{0, 1, 2, 3, 4, 5, 6});
  // Of 8 values, 4 seen with mean 2.5 and a variance of 5 / 3: sqrt(5 / 3 / 4 x (1 - 4 / 8)).
  const std::vector<double> values{1, 2, 3, 4};
  CHECK(sampled_mean(values, 8).mean == Approx(2.5));
  CHECK(sampled_mean(values, 8).error == Approx(std::sqrt(5.0 / 24.0)));
  CHECK(sampled_mean(values, 4).error == 0.0);
}

TEST_CASE("the random graph beside has as many pairs, clusters like its density and is its own small world") {
  // Each of 4950 pairs is joined with the same probability p = 1200 / 4950: a neighbour pair is joined with
  // (1200 - 2) / (4950 - 2) on average, whose mean over about 100 x 24 x 23 / 2 pairs deviates by about
  // sqrt(p q / 27600) = 0.0026, were they independent, and by some more as they are not.
  const auto graph = random_graph(100, 1200, 7, 0);
  CHECK(num_vertices(graph) == 100);
  CHECK(num_edges(graph) == 2400);
  const auto all = sample_vertices(100, 100, 7, 0);
  CHECK(std::abs(clustering(graph, all, 1).mean - 1198.0 / 4948.0) < 0.02);
  double variance = 0.0;
  for (Vertex v = 0; v < 100; ++v) {
    const auto [first, last] = adjacent_vertices(v, graph);
    CHECK(std::is_sorted(first, last));
    CHECK(std::adjacent_find(first, last) == last);
    CHECK(std::find(first, last, v) == last);
    variance += std::pow(static_cast<double>(last - first) - 24.0, 2) / 100.0;
  }
  // Degrees are hypergeometric: 99 x p x q x (a bit less than 1) = 18.0, give or take 5 x sqrt(2 / 100) of
  // it.
  CHECK(std::abs(variance - 18.0) < 0.71 * 18.0);
  for (const std::size_t n_pairs : {0U, 1U, 4000U, 4949U, 4950U})
    CHECK(num_edges(random_graph(100, n_pairs, 7, 1)) == 2 * n_pairs);
  CHECK(num_edges(random_graph(1, 0, 7, 0)) == 0);
}

TEST_CASE("the neurons of a random graph's first pair are any two, and its number tells graphs apart") {
  // 3000 graphs of one pair among four neurons: each of the six 500 times, sd sqrt(3000 x 5 / 36) = 20.4.
  std::vector<std::size_t> times(6, 0);
  for (std::uint32_t number = 0; number < 3000; ++number) {
    const auto graph = random_graph(4, 1, 1, number);
    Vertex a = 0;
    while (out_degree(a, graph) == 0) ++a;
    const Vertex b = *adjacent_vertices(a, graph).first;
    ++times[a == 0 ? b - 1 : a + b];  // 01 02 03 12 13 23
  }
  for (const std::size_t n : times) CHECK(std::abs(static_cast<double>(n) - 500.0) < 5 * 20.5);
}
