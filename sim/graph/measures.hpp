// Measures of a graph that look at more than one edge at a time: components, clustering and shortest paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/graph/analysis.hpp"
#include "sim/graph/undirected_graph.hpp"

namespace loci::sim {

// Weak: neurons joined by edges whichever way they point. Strong: each reaches each along the edges.
Components weak_components(const NeuronGraph& graph);
Components strong_components(const NeuronGraph& graph);

// Mean of the local clustering coefficient of Watts and Strogatz (1998): of the pairs of a neuron's
// neighbours the share that is joined; 0 for a neuron with fewer than two.
SampledMean clustering(const UndirectedGraph& graph, const std::vector<Vertex>& sample,
                       std::size_t n_threads);
// Edges that clustering() looks at for a neuron, on average.
double clustering_work(const UndirectedGraph& graph);

PathLengths path_lengths(const BoostNeuronGraph& graph, const std::vector<Vertex>& sources,
                         std::size_t n_threads);
PathLengths path_lengths(const UndirectedGraph& graph, const std::vector<Vertex>& sources,
                         std::size_t n_threads);

}  // namespace loci::sim
