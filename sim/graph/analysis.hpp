// What a graph is like: degrees, lengths, components, clustering, shortest paths, and how small a world it
// is. docs/circuits.md defines every number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/graph/neuron_graph.hpp"
#include "sim/graph/sampling.hpp"
#include "sim/graph/statistics.hpp"

namespace loci::sim {

struct AnalysisOptions {
  std::uint64_t seed = 1;  // of samples and random graphs
  // Edges to look at for one number: where all neurons need more, a sample of them is looked at.
  double most_work = 3e8;
  std::size_t n_bins = 12;    // of histograms, at most
  std::size_t n_threads = 1;  // changes no number
};

// Those of one group's neurons to another's.
struct GroupEdges {
  std::size_t source = 0;  // groups
  std::size_t target = 0;
  Moments weight;
  Moments delay_ms;
  Moments length;  // all 0 without space

  std::size_t n_edges() const { return weight.n(); }
};

struct Components {
  std::size_t count = 0;
  std::size_t largest = 0;  // neurons in it
};

// Numbers of edges on the shortest ways from the sampled neurons to all others.
struct PathLengths {
  double mean = 0.0;   // over the pairs that are joined by a way; not a number where none is
  double error = 0.0;  // as of SampledMean
  double efficiency =
      0.0;  // mean of 1 / length over all pairs, 0 where there is no way: Latora, Marchiori (2001)
  std::size_t longest = 0;
  std::size_t n_sources = 0;
  std::uint64_t n_reached = 0;  // ordered pairs (source, other neuron)
  std::uint64_t n_unreachable = 0;
};

// Humphries and Gurney (2008): the clustering over that of a random graph of as many neurons and joined
// pairs, over the same ratio of path lengths. Not a number where the random graph has no clustering or one of
// the two no path.
struct SmallWorld {
  double index = 0.0;
  double random_clustering = 0.0;  // means over the random graphs
  double random_path_length = 0.0;
  std::size_t n_random = 0;  // graphs
};

struct Lengths {
  Moments moments;
  Histogram histogram;
  double total = 0.0;  // the wiring length
};

struct GraphSummary {
  std::size_t n_neurons = 0;
  std::size_t n_edges = 0;
  std::size_t n_autapses = 0;
  std::size_t n_multapses = 0;  // edges beside another one from and to the same neuron
  std::size_t n_pairs = 0;      // of neurons joined in either direction or both
  double density = 0.0;         // ordered pairs of different neurons that are joined, of all
  double reciprocity = 0.0;  // joined ordered pairs that are joined the other way round too, of those joined

  Moments in_degree, out_degree;
  Histogram in_degrees, out_degrees;
  Moments weight, delay_ms;
  std::optional<Lengths> lengths;  // none without space
  std::vector<GroupEdges> groups;  // by source, target; those with edges

  Components weak, strong;
  SampledMean clustering;
  PathLengths directed, undirected;
  SmallWorld small_world;
};

// The same for any number of threads.
GraphSummary analyse(const NeuronGraph& graph, const AnalysisOptions& options);

}  // namespace loci::sim
