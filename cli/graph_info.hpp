// loci info --graph: a circuit or a model as a graph, and what that is like.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loci::cli {

// Builds all edges. Throws InputError where they do not fit into memory.
nlohmann::json circuit_graph_json(const std::string& path, std::size_t n_threads);
nlohmann::json model_graph_json(const std::string& path, std::size_t n_threads);
void print_graph(const nlohmann::json& graph);

}  // namespace loci::cli
