// Many edges in a few numbers for each neuron: its strongest ones, how many they are, and of which sign.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/report/views.hpp"

namespace loci::experiments {

class EdgeDigest {
 public:
  // n_strongest: edges to keep for each neuron and direction.
  EdgeDigest(std::size_t n_neurons, std::size_t n_strongest);

  void add(std::uint32_t source, std::uint32_t target, double weight);

  std::size_t n_edges() const { return n_edges_; }
  // Of the chosen neurons, rising.
  StrongEdges outgoing(const std::vector<std::uint32_t>& neurons) const { return of(out_, neurons); }
  StrongEdges incoming(const std::vector<std::uint32_t>& neurons) const { return of(in_, neurons); }
  // In- and out-degree together.
  const std::vector<std::uint32_t>& degrees() const { return degree_; }
  // The sum of a neuron's outgoing weights over that of their absolute values; 0 without any.
  float sign_of(std::uint32_t neuron) const;

 private:
  struct End {
    std::uint32_t neuron;
    float weight;
  };
  using Ends = std::vector<End>;  // a heap with the weakest on top
  static bool stronger(const End& a, const End& b);
  void keep(Ends& ends, End end) const;
  static StrongEdges of(const std::vector<Ends>& all, const std::vector<std::uint32_t>& neurons);

  std::size_t n_strongest_;
  std::size_t n_edges_ = 0;
  std::vector<Ends> out_, in_;  // by neuron
  std::vector<std::uint32_t> degree_;
  std::vector<double> sum_, absolute_;
};

// Calls back once for every edge of a connection, each time in the same order.
using VisitEdge = std::function<void(double length, double weight)>;
using WalkEdges = std::function<void(const VisitEdge&)>;

// |weight| over length, both as decimal logarithms and over four decades at most: what is smaller is in the
// first bins. It walks twice. Without edges there are no cells.
GridHistogram weight_over_length(const std::string& name, const WalkEdges& walk, std::size_t n_bins);

}  // namespace loci::experiments
