// loci info --graph as a person reads it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/graph_info.hpp"

namespace loci::cli {
namespace {

using nlohmann::json;

double real(const json& value) {
  return value.get<double>();
}
std::uint64_t count(const json& value) {
  return value.get<std::uint64_t>();
}

void print_moments(const char* name, const json& row) {
  fmt::print("  {:<14}{:>12.5g}{:>12.5g}{:>12.5g}{:>12.5g}\n", name, real(row["mean"]), real(row["sd"]),
             real(row["min"]), real(row["max"]));
}

void print_distributions(const json& graph) {
  fmt::print("  {:<14}{:>12}{:>12}{:>12}{:>12}\n", "", "mean", "sd", "min", "max");
  print_moments("in-degree", graph["in_degree"]);
  print_moments("out-degree", graph["out_degree"]);
  print_moments("weight", graph["weight"]);
  print_moments("delay (ms)", graph["delay_ms"]);
  if (graph.contains("length"))
    print_moments("length", graph["length"]);
  else
    fmt::print("  length        none: there is no space\n");
}

std::string name_of(const json& group) {
  return fmt::format("{} to {}", group["source"].get<std::string>(), group["target"].get<std::string>());
}

// Means, with the deviation where values differ.
std::string with_sd(const json& moments) {
  return real(moments["sd"]) == 0.0
             ? fmt::format("{:.4g}", real(moments["mean"]))
             : fmt::format("{:.4g} ({:.2g})", real(moments["mean"]), real(moments["sd"]));
}

void print_groups(const json& graph) {
  std::size_t width = 8;
  for (const auto& each : graph["groups"]) width = std::max(width, name_of(each).size());
  fmt::print("\n  {:<{}}{:>12}{:>12}{:>12}{:>20}{:>18}{}\n", "from, to", width, "edges", "per target",
             "per source", "weight (sd)", "delay ms (sd)",
             graph.contains("length") ? fmt::format("{:>20}", "length (sd)") : "");
  for (const auto& each : graph["groups"])
    fmt::print("  {:<{}}{:>12}{:>12.5g}{:>12.5g}{:>20}{:>18}{}\n", name_of(each), width, count(each["edges"]),
               real(each["mean_in_degree"]), real(each["mean_out_degree"]), with_sd(each["weight"]),
               with_sd(each["delay_ms"]),
               each.contains("length") ? fmt::format("{:>20}", with_sd(each["length"])) : "");
}

// One line for each bin, as long as its share of the fullest.
std::vector<std::string> histogram_lines(const json& histogram, bool whole) {
  constexpr double longest = 20.0;
  std::vector<std::string> lines;
  std::uint64_t most = 1;
  for (const auto& n : histogram["counts"]) most = std::max(most, count(n));
  const double width = real(histogram["width"]);
  for (std::size_t b = 0; b < histogram["counts"].size(); ++b) {
    const double low = real(histogram["low"]) + static_cast<double>(b) * width;
    const std::uint64_t n = count(histogram["counts"][b]);
    const double share = static_cast<double>(n) / static_cast<double>(most);
    const auto bar = static_cast<std::size_t>(share * longest + (n > 0 ? 0.999 : 0.0));
    const std::string range = !whole      ? fmt::format("{:.4g}", low)
                              : width > 1 ? fmt::format("{:.0f}-{:.0f}", low, low + width - 1)
                                          : fmt::format("{:.0f}", low);
    lines.push_back(fmt::format("{:>11} {:>10}{}", range, n, bar > 0 ? ' ' + std::string(bar, '#') : ""));
  }
  return lines;
}

void print_histograms(const json& graph) {
  const auto in = histogram_lines(graph["in_degree"]["histogram"], true);
  const auto out = histogram_lines(graph["out_degree"]["histogram"], true);
  fmt::print("\n  {:>11} {:>10} {:<21}  {:>11} {:>10}\n", "in-degree", "neurons", "", "out-degree",
             "neurons");
  for (std::size_t b = 0; b < std::max(in.size(), out.size()); ++b)
    fmt::print("{}\n", b < out.size() ? fmt::format("  {:<44}  {}", b < in.size() ? in[b] : "", out[b])
                                      : "  " + in[b]);
  if (!graph.contains("length")) return;
  fmt::print("\n  {:>11} {:>10}\n", "length from", "edges");
  for (const auto& line : histogram_lines(graph["length"]["histogram"], false)) fmt::print("  {}\n", line);
}

// "200 of 4000 neurons, +- 0.001"
std::string sample_of(std::uint64_t n_sampled, std::uint64_t n, double error) {
  return n_sampled == n ? fmt::format("all {} neurons", n)
                        : fmt::format("{} of {} neurons, +- {:.2g}", n_sampled, n, error);
}

void print_paths(const char* name, const json& paths, std::uint64_t n) {
  const std::string sample = sample_of(count(paths["sources"]), n, real(paths["error"]));
  if (paths["mean"].is_null())
    fmt::print("  {:<14}none: no neuron is reached (from {})\n", name, sample);
  else
    fmt::print("  {:<14}{:.5g} (from {}; {} at most; {} of {} pairs unreachable)\n", name,
               real(paths["mean"]), sample, count(paths["longest"]), count(paths["unreachable_pairs"]),
               count(paths["reached_pairs"]) + count(paths["unreachable_pairs"]));
}

void print_small_world(const json& graph) {
  const json& world = graph["small_world"];
  const std::uint64_t n_random = count(world["random_graphs"]);
  const std::string than =
      fmt::format("{} random graph{} of as many neurons and pairs", n_random, n_random == 1 ? "" : "s");
  if (world["index"].is_null())
    fmt::print("  small world   no index: {} have no clustering, or one of the two no path\n", than);
  else
    fmt::print(
        "  small world   {:.4g} = ({:.4g} / {:.4g}) / ({:.4g} / {:.4g}): clustering and path length\n"
        "                over those of {}\n",
        real(world["index"]), real(graph["clustering"]["mean"]), real(world["random_clustering"]),
        real(graph["undirected_path_length"]["mean"]), real(world["random_path_length"]), than);
}

void print_measures(const json& graph) {
  const std::uint64_t n = count(graph["neurons"]);
  fmt::print("\n");
  const json& weak = graph["weak_components"];
  const json& strong = graph["strong_components"];
  fmt::print("  components    {} weak, the largest of {} neurons; {} strong, the largest of {}\n",
             count(weak["count"]), count(weak["largest"]), count(strong["count"]), count(strong["largest"]));
  fmt::print("  clustering    {:.5g} ({})\n", real(graph["clustering"]["mean"]),
             sample_of(count(graph["clustering"]["neurons"]), n, real(graph["clustering"]["error"])));
  print_paths("path length", graph["path_length"], n);
  print_paths("  undirected", graph["undirected_path_length"], n);
  fmt::print("  efficiency    {:.5g}\n", real(graph["path_length"]["efficiency"]));
  print_small_world(graph);
  if (graph.contains("wiring_length"))
    fmt::print("  wiring        {:.6g}, the sum of all lengths\n", real(graph["wiring_length"]));
}

}  // namespace

void print_graph(const json& graph) {
  fmt::print("\ngraph: {} neurons, {} edges, {} autapses and {} multapses among them\n",
             count(graph["neurons"]), count(graph["edges"]), count(graph["autapses"]),
             count(graph["multapses"]));
  fmt::print("  density       {:.5g} of all ordered pairs are joined, {:.5g} of these both ways\n",
             real(graph["density"]), real(graph["reciprocity"]));
  print_distributions(graph);
  print_groups(graph);
  print_histograms(graph);
  print_measures(graph);
  fmt::print("  built in {:.2f} s, analysed in {:.2f} s on {} thread{} with seed {}, {:.0f} MiB at most\n",
             real(graph["build_seconds"]), real(graph["analysis_seconds"]), count(graph["threads"]),
             graph["threads"] == 1 ? "" : "s", count(graph["seed"]), real(graph["peak_mib"]));
}

}  // namespace loci::cli
