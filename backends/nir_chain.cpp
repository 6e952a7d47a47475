#include "backends/nir_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::size_t most_pairs = std::size_t{1} << 30;

bool is_neurons(NirType type) {
  return type == NirType::integrator || type == NirType::integrate_fire || type == NirType::leaky ||
         type == NirType::lif || type == NirType::cuba_leaky || type == NirType::cuba_lif;
}

bool is_border(NirType type) {
  return type == NirType::input || type == NirType::output || is_neurons(type);
}

// An affine map, or the one that changes nothing.
struct Map {
  std::size_t n = 0;  // of the signal where nothing changes
  std::optional<NirMap> dense;

  std::size_t n_out() const { return dense ? dense->n_out : n; }
};

NirMap written_out(const Map& map, const std::string& where) {
  if (map.dense) return *map.dense;
  if (map.n > most_pairs / map.n)
    throw InputError(where,
                     fmt::format("{} neurons are joined one to one, which takes too large a matrix", map.n),
                     "use a smaller network");
  NirMap dense{.n_in = map.n, .n_out = map.n, .weight = {}, .bias = std::vector<double>(map.n, 0.0)};
  dense.weight.assign(map.n * map.n, 0.0);
  for (std::size_t i = 0; i < map.n; ++i) dense.weight[i * map.n + i] = 1.0;
  return dense;
}

// first, then second.
NirMap composed(const NirMap& first, const NirMap& second) {
  NirMap both{.n_in = first.n_in, .n_out = second.n_out, .weight = {}, .bias = second.bias};
  both.weight.assign(both.n_out * both.n_in, 0.0);
  for (std::size_t o = 0; o < second.n_out; ++o)
    for (std::size_t m = 0; m < second.n_in; ++m) {
      const double weight = second.weight[o * second.n_in + m];
      both.bias[o] += weight * first.bias[m];
      for (std::size_t i = 0; i < first.n_in; ++i)
        both.weight[o * both.n_in + i] += weight * first.weight[m * first.n_in + i];
    }
  return both;
}

class Chain {
 public:
  Chain(const NirGraph& graph, bool ignore_delays, const std::string& where, std::vector<std::string>& notes)
      : graph_(graph),
        ignore_delays_(ignore_delays),
        where_(where),
        notes_(notes),
        signals_(signals_of(graph, where, ignored_)) {}

  NirChain read() {
    NirChain chain;
    source_ = only(NirType::input, "Input");
    const std::string output = only(NirType::output, "Output");
    chain.n_inputs = size_of(signals_.at(source_).output);
    for (;;) {
      const std::string next = next_border();
      maps_.clear();
      target_ = next;
      Map incoming = map_into(next);
      if (next == output) {
        if (incoming.dense || chain.layers.empty())
          refuse(output, "no neurons come right before it",
                 "let the last layer be of LIF, IF, LI or I nodes");
        break;
      }
      chain.layers.push_back({next, written_out(incoming, where_)});
      source_ = next;
    }
    visited_.insert(output);
    for (const auto& [name, node] : graph_.nodes)
      if (!visited_.contains(name))
        notes_.push_back(
            fmt::format("node '{}' is not on the way from input to output: it is left out", name));
    return chain;
  }

 private:
  [[noreturn]] void refuse(const std::string& node, const std::string& problem,
                           const std::string& remedy) const {
    throw InputError(fmt::format("{}: node '{}'", where_, node), problem, remedy);
  }

  static std::size_t size_of(const NirShape& shape) {
    std::size_t n = 1;
    for (const std::size_t extent : shape) n *= extent;
    return n;
  }

  std::string only(NirType type, const char* name) const {
    std::vector<std::string> found;
    for (const auto& [node_name, node] : graph_.nodes)
      if (node.type == type) found.push_back(node_name);
    if (found.size() != 1)
      throw InputError(where_, fmt::format("the graph has {} {} nodes", found.size(), name),
                       "give a graph with one input and one output");
    return found.front();
  }

  // The one node of neurons, or the output, to which the source leads.
  std::string next_border() {
    std::set<std::string> borders;
    std::set<std::string> seen;
    std::vector<std::string> open{source_};
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      for (const auto& [from, to] : graph_.edges) {
        if (from != name || !seen.insert(to).second) continue;
        if (is_border(graph_.nodes.at(to).type))
          borders.insert(to);
        else
          open.push_back(to);
      }
    }
    if (borders.empty()) refuse(source_, "it leads to no neurons and no output", "complete the edges");
    for (const std::string& border : borders)
      if (border == source_ || visited_.contains(border))
        refuse(source_,
               fmt::format("it leads back to '{}', and there are no recurrent connections here", border),
               "use a network of layers in a row");
    if (borders.size() > 1)
      refuse(source_,
             fmt::format("it leads to '{}' and to '{}'", *borders.begin(), *std::next(borders.begin())),
             "use a network of layers in a row");
    return *borders.begin();
  }

  // From the source to what enters a node.
  Map map_into(const std::string& name) {
    std::optional<Map> sum;
    for (const auto& [from, to] : graph_.edges) {
      if (to != name) continue;
      const Map& part = map_out_of(from);
      if (!sum) {
        sum = part;
        continue;
      }
      NirMap total = written_out(*sum, where_);
      const NirMap other = written_out(part, where_);
      for (std::size_t at = 0; at < total.weight.size(); ++at) total.weight[at] += other.weight[at];
      for (std::size_t at = 0; at < total.bias.size(); ++at) total.bias[at] += other.bias[at];
      sum->dense = std::move(total);
    }
    if (!sum) refuse(name, "nothing leads to it", "complete the edges");
    return *std::move(sum);
  }

  const Map& map_out_of(const std::string& name) {
    if (const auto known = maps_.find(name); known != maps_.end()) return known->second;
    const NirNode& node = graph_.nodes.at(name);
    visited_.insert(name);
    if (name == source_) return maps_[name] = {.n = size_of(signals_.at(name).output), .dense = {}};
    if (is_border(node.type))
      refuse(name,
             fmt::format("it leads to '{}' beside '{}', and there are no recurrent connections here, nor "
                         "ones that skip layers",
                         target_, source_),
             "use a network of layers in a row");
    if (!under_way_.insert(name).second)
      refuse(name, "it leads back to itself without neurons between", "use a network of layers in a row");
    Map map = map_into(name);
    apply(name, node, map);
    under_way_.erase(name);
    return maps_[name] = std::move(map);
  }

  void apply(const std::string& name, const NirNode& node, Map& map) {
    if (node.type == NirType::threshold)
      refuse(name, "a Threshold fires without a membrane, which no neuron here does", "use LIF or IF nodes");
    if (node.type == NirType::delay) check_delay(name, node);
    if (node.type == NirType::scale) apply_scale(node, map);
    if (node.type != NirType::linear && node.type != NirType::affine) return;
    const NirShape& shape = node.parameters.at("weight").shape;
    NirMap own{
        .n_in = shape[1], .n_out = shape[0], .weight = numbers_of(node.parameters.at("weight")), .bias = {}};
    own.bias = node.type == NirType::affine ? numbers_of(node.parameters.at("bias"))
                                            : std::vector<double>(shape[0], 0.0);
    if (!map.dense) {
      map.dense = std::move(own);
      return;
    }
    map.dense = composed(*map.dense, own);
    notes_.push_back(
        fmt::format("node '{}' follows another of its kind: both are multiplied into one", name));
  }

  void check_delay(const std::string& name, const NirNode& node) {
    const auto delays = numbers_of(node.parameters.at("delay"));
    const double longest = delays.empty() ? 0.0 : *std::ranges::max_element(delays);
    const bool none = std::ranges::all_of(delays, [](double delay) { return delay == 0.0; });
    if (none) return;
    if (!ignore_delays_)
      refuse(name,
             fmt::format("it delays by up to {:.6g}, and layered networks here have no delays", longest),
             "leave the delays out with --ignore-delays, which changes what the network computes");
    notes_.push_back(fmt::format("node '{}' delays by up to {:.6g}: its delays are left out", name, longest));
  }

  void apply_scale(const NirNode& node, Map& map) const {
    const auto scale = numbers_of(node.parameters.at("scale"));
    if (std::ranges::all_of(scale, [](double factor) { return factor == 1.0; })) return;
    NirMap dense = written_out(map, where_);
    for (std::size_t o = 0; o < dense.n_out; ++o) {
      for (std::size_t i = 0; i < dense.n_in; ++i) dense.weight[o * dense.n_in + i] *= scale[o];
      dense.bias[o] *= scale[o];
    }
    map.dense = std::move(dense);
  }

  const NirGraph& graph_;
  bool ignore_delays_;
  const std::string& where_;
  std::vector<std::string>& notes_;
  std::vector<std::string> ignored_;  // what signals_of tolerates, which the reader noted before
  std::map<std::string, NirSignals> signals_;
  std::string source_;
  std::string target_;
  std::set<std::string> visited_;
  std::set<std::string> under_way_;
  std::map<std::string, Map> maps_;  // from the source to what leaves each node
};

}  // namespace

NirChain chain_of(const NirGraph& graph, bool ignore_delays, const std::string& where,
                  std::vector<std::string>& notes) {
  return Chain(graph, ignore_delays, where, notes).read();
}

}  // namespace loci::backends
