#include "backends/nir_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::backends {
namespace {

using sim::DataArray;
using sim::DataGroup;

constexpr NameTable<NirIntegrator, 2> integrators{
    {{NirIntegrator::euler, "euler"}, {NirIntegrator::exponential, "exponential"}}};

constexpr NameTable<double, 3> units_per_second{{{1.0, "s"}, {1e3, "ms"}, {1e6, "us"}}};

double step_of(const NirExportOptions& options) {
  const double per_second = nir_units_per_second(options.time_unit, "--unit");
  return options.dt ? *options.dt : usual_nir_step_s * per_second;
}

template <typename T>
DataArray scalar(T value) {
  return {.values = std::vector<T>{std::move(value)}, .shape = {}};
}

DataArray all_equal(double value, std::size_t n) {
  return {.values = std::vector<float>(n, static_cast<float>(value)), .shape = {n}};
}

DataArray shape_of(std::size_t n) {
  return {.values = std::vector<std::int64_t>{static_cast<std::int64_t>(n)}, .shape = {1}};
}

void check(const sim::NetworkDescription& network, const NirExportOptions& options) {
  sim::validate(network);
  if (!network.spiking())
    throw InputError("nir", "the network has no spiking neurons", "train it with --neuron snn");
  const double dt = step_of(options);
  if (!(dt > 0.0) || !std::isfinite(dt))
    throw InputError("--dt", fmt::format("{} is no duration of a step", dt), "give one above 0");
  if (options.integrator == NirIntegrator::exponential)
    for (const sim::Lif& lif : network.lif)
      if (lif.beta == 0.0)
        throw InputError("--integrator", "a decay of 0 has no time constant under exponential integration",
                         "export for euler");
}

void require_delays(const sim::NetworkDescription& network, const ConnectionDelays& delays) {
  if (delays.empty()) return;
  if (delays.size() != network.n_connections())
    throw std::invalid_argument("delays are not one array for each connection");
  for (std::size_t l = 0; l < delays.size(); ++l)
    if (!delays[l].empty() && delays[l].size() != network.sizes[l] * network.sizes[l + 1])
      throw std::invalid_argument(fmt::format("delays of connection {} are not one for each pair", l));
}

// As sim::build_spatial_graph makes them: computed in double, kept in float.
std::vector<float> weights_of(const sim::NetworkDescription& network,
                              const sim::BasicParameters<double>& exact, std::size_t connection) {
  std::vector<float> weights;
  for (const double weight : sim::connection_weights(network, exact, connection)) {
    weights.push_back(static_cast<float>(weight));
    if (!std::isfinite(weights.back()))
      throw InputError("nir", fmt::format("a weight of connection {} is {}", connection, weight),
                       "train again, with a smaller learning rate if the training diverged");
  }
  return weights;
}

class Exporter {
 public:
  Exporter(const sim::NetworkDescription& network, const sim::Parameters& parameters,
           const NirExportOptions& options)
      : network_(network),
        parameters_(parameters),
        options_(options),
        dt_(step_of(options)),
        names_(nir_node_names(network)) {}

  NirGraph graph(const ConnectionDelays& delays) {
    const auto exact = sim::in_double(network_, parameters_);
    graph_.metadata.arrays = time_metadata();
    graph_.nodes["input"] = {NirType::input, {{"shape", shape_of(network_.sizes.front())}}, {}};
    for (std::size_t l = 0; l < network_.n_connections(); ++l) {
      const bool delayed = !delays.empty() && !delays[l].empty();
      add_connection(l, weights_of(network_, exact, l),
                     delayed ? std::span(delays[l]) : std::span<const std::uint32_t>());
      graph_.nodes[names_[l + 1]] = neurons(network_.lif_of(l + 1), network_.sizes[l + 1]);
    }
    graph_.nodes["output"] = {NirType::output, {{"shape", shape_of(network_.sizes.back())}}, {}};
    graph_.edges.emplace_back(names_.back(), "output");
    return std::move(graph_);
  }

 private:
  std::map<std::string, DataArray> time_metadata() const {
    return {{"dt", scalar(dt_)},
            {"time_unit", scalar(options_.time_unit)},
            {"integrator", scalar(std::string(name_of(options_.integrator)))}};
  }

  // weights: (n_pre, n_post).
  void add_connection(std::size_t l, const std::vector<float>& weights,
                      std::span<const std::uint32_t> delays) {
    std::set<std::uint32_t> distinct;
    for (std::size_t at = 0; at < delays.size(); ++at)
      if (weights[at] != 0.0F) distinct.insert(delays[at]);
    if (distinct.empty()) distinct.insert(0);
    bool first = true;
    for (const std::uint32_t delay : distinct) {
      std::vector<float> part = weights;
      for (std::size_t at = 0; at < delays.size(); ++at)
        if (delays[at] != delay) part[at] = 0.0F;
      add_branch(l, part, delay, first);
      first = false;
    }
  }

  void add_branch(std::size_t l, const std::vector<float>& weights, std::uint32_t delay, bool first) {
    const std::string suffix = delay == 0 ? fmt::format("{}", l + 1) : fmt::format("{}_{}", l + 1, delay);
    const std::string linear = (options_.linear ? "linear" : "affine") + suffix;
    std::string source = names_[l];
    if (delay > 0) {
      const std::size_t n = network_.sizes[l];
      graph_.nodes["delay" + suffix] = {NirType::delay, {{"delay", all_equal(delay * dt_, n)}}, {}};
      graph_.edges.emplace_back(source, "delay" + suffix);
      source = "delay" + suffix;
    }
    graph_.nodes[linear] = linear_node(l, weights, first);
    graph_.edges.emplace_back(source, linear);
    graph_.edges.emplace_back(linear, names_[l + 1]);
  }

  // NIR's weights are (out, in).
  NirNode linear_node(std::size_t l, const std::vector<float>& weights, bool with_bias) const {
    const std::size_t n_pre = network_.sizes[l];
    const std::size_t n_post = network_.sizes[l + 1];
    std::vector<float> transposed(weights.size());
    for (std::size_t i = 0; i < n_pre; ++i)
      for (std::size_t j = 0; j < n_post; ++j) transposed[j * n_pre + i] = weights[i * n_post + j];
    NirNode node{.type = options_.linear ? NirType::linear : NirType::affine,
                 .parameters = {{"weight", {.values = std::move(transposed), .shape = {n_post, n_pre}}}},
                 .metadata = {}};
    if (options_.linear) return node;
    const auto bias =
        with_bias ? sim::connection_biases(network_, parameters_, l) : std::vector<float>(n_post, 0.0F);
    node.parameters["bias"] = {.values = bias, .shape = {n_post}};
    return node;
  }

  // tau dv/dt = -v + r I gives v' = beta v + (1 - beta) r I in a step, so r = 1 / (1 - beta) for v' = beta v
  // + I.
  NirNode neurons(const sim::Lif& lif, std::size_t n) const {
    NirNode node;
    auto& parameters = node.parameters;
    parameters["v_threshold"] = all_equal(lif.threshold, n);
    parameters["v_reset"] = all_equal(0.0, n);
    if (lif.beta == 1.0) {
      node.type = NirType::integrate_fire;
      parameters["r"] = all_equal(1.0 / dt_, n);
    } else {
      const bool euler = options_.integrator == NirIntegrator::euler;
      node.type = NirType::lif;
      parameters["tau"] = all_equal(euler ? dt_ / (1.0 - lif.beta) : -dt_ / std::log(lif.beta), n);
      parameters["r"] = all_equal(1.0 / (1.0 - lif.beta), n);
      parameters["v_leak"] = all_equal(0.0, n);
    }
    node.metadata.arrays = time_metadata();
    node.metadata.arrays["beta"] = scalar(lif.beta);
    node.metadata.arrays["threshold"] = scalar(lif.threshold);
    node.metadata.arrays["reset"] = scalar(std::string(sim::name_of(lif.reset)));
    node.metadata.arrays["reset_delay"] = {.values = std::vector<bool>{lif.reset_delay}, .shape = {}};
    return node;
  }

  const sim::NetworkDescription& network_;
  const sim::Parameters& parameters_;
  const NirExportOptions& options_;
  double dt_;
  std::vector<std::string> names_;
  NirGraph graph_;
};

// What the network is made of, beside the graph: other readers pass groups of the root over.
DataGroup own_group(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                    const ExportFacts& facts) {
  DataGroup group;
  group.attributes = {{"format", scalar<std::string>("loci-nir")},
                      {"version", scalar(facts.version)},
                      {"model", scalar(facts.model)},
                      {"seed", scalar(facts.seed)},
                      {"step_ms", scalar(facts.step_ms)}};
  group.arrays["configuration"] = scalar(facts.configuration);
  if (!network.spatial()) return group;
  for (const auto& part : parameters.layout.groups()) {
    if (part.kind != "position" && part.kind != "inhibition" && part.kind != "gap") continue;
    const auto values = parameters.view(part);
    std::vector<std::size_t> shape;
    if (part.kind != "gap") shape.push_back(part.rows);
    if (part.kind == "position") shape.push_back(part.columns);
    group.arrays[part.name] = {.values = std::vector<float>(values.begin(), values.end()), .shape = shape};
  }
  return group;
}

PropertyFidelity reset_fidelity(const sim::Lif& lif) {
  if (lif.reset == sim::Reset::zero)
    return {"reset", Fidelity::exact,
            "to zero with the spike: the same spikes, whether at once or a step later"};
  const std::string what = lif.reset == sim::Reset::subtract ? "subtracting the threshold" : "none at all";
  return {
      "reset", Fidelity::not_representable,
      fmt::format(
          "{}: NIR's neurons are set to v_reset; reset={} is recorded in metadata, which readers pass over",
          what, name_of(lif.reset))};
}

std::vector<PropertyFidelity> fidelity_of(const sim::NetworkDescription& network, const NirExport& exported,
                                          const NirExportOptions& options) {
  const std::string dt = fmt::format("{} {}", step_of(options), options.time_unit);
  const bool euler = options.integrator == NirIntegrator::euler;
  std::vector<PropertyFidelity> list{
      {"neuron equation", Fidelity::exact,
       fmt::format("where the reader takes {} steps of {}", euler ? "forward Euler" : "exact (exponential)",
                   dt)},
      {"time step", Fidelity::not_representable,
       fmt::format("NIR has no time step: {} is recorded in metadata; tell the reader", dt)},
      {"comparison", Fidelity::exact, "v > v_threshold"},
      {"leak", Fidelity::exact, "time constants in single precision"},
      {"weights", Fidelity::exact, "in single precision, as the engines run them"}};
  if (network.culled())
    list.push_back({"edges", Fidelity::exact, "NIR has no sparse weights: zeros stand where no edge is"});
  for (const sim::Lif& lif : network.lif) {
    const auto reset = reset_fidelity(lif);
    if (std::ranges::find(list, reset) == list.end()) list.push_back(reset);
  }
  if (options.linear)
    list.push_back({"biases", Fidelity::not_representable, "Linear nodes have none: they are left out"});
  else
    list.push_back({"biases", Fidelity::exact, ""});
  const bool delayed = std::ranges::any_of(
      exported.graph.nodes, [](const auto& named) { return named.second.type == NirType::delay; });
  list.push_back(
      {"delay", Fidelity::exact,
       delayed ? "a branch with a Delay node for each delay; few readers know such nodes" : "there is none"});
  return list;
}

}  // namespace

std::string_view name_of(NirIntegrator value) {
  return find_name(integrators, value);
}
NirIntegrator parse_nir_integrator(std::string_view text, const std::string& where) {
  return find_value(integrators, text, where);
}

double nir_units_per_second(std::string_view time_unit, const std::string& where) {
  return find_value(units_per_second, time_unit, where);
}

std::vector<std::string> nir_node_names(const sim::NetworkDescription& network) {
  std::vector<std::string> names{"input"};
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    names.push_back(fmt::format("{}{}", network.lif_of(l).beta == 1.0 ? "if" : "lif", l));
  return names;
}

NirExport nir_of(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                 const NirExportOptions& options, const ExportFacts& facts, const ConnectionDelays& delays) {
  check(network, options);
  require_delays(network, delays);
  NirExport exported{.graph = Exporter(network, parameters, options).graph(delays), .fidelity = {}};
  exported.graph.beside["loci"] = own_group(network, parameters, facts);
  exported.fidelity = fidelity_of(network, exported, options);
  return exported;
}

std::vector<ExportedFile> nir_files(const NirExport& exported, const std::string& name) {
  return {{.name = name, .content = tree_of(exported.graph)}};
}

}  // namespace loci::backends
