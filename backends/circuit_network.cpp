#include "backends/circuit_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/error.hpp"
#include "sim/layered_circuit.hpp"
#include "sim/time.hpp"

namespace loci::backends {
namespace {

constexpr const char* bias_prefix = "bias_";

class Reader {
 public:
  Reader(const sim::Circuit& circuit, const std::string& where) : circuit_(circuit), where_(where) {}

  FloatNetwork read() {
    n_layers_ = 0;
    for (const sim::Population& population : circuit_.populations)
      if (!population.name.starts_with(bias_prefix)) ++n_layers_;
    if (n_layers_ < 2) refuse("it has no layers after an input");
    for (std::size_t l = 0; l < n_layers_; ++l) require_layer(population(name(l)), l);
    for (std::size_t l = 1; l < n_layers_; ++l) network_.layers.push_back(layer(l));
    for (const sim::Projection& projection : circuit_.projections) require_known(projection);
    for (const sim::Input& input : circuit_.inputs) require_known(input);
    return std::move(network_);
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(where_, problem, "export the model again");
  }

  std::string name(std::size_t l) const { return sim::layer_name(l, n_layers_); }

  const sim::Population& population(const std::string& name) const {
    const auto found = std::ranges::find(circuit_.populations, name, &sim::Population::name);
    if (found == circuit_.populations.end()) refuse(fmt::format("population '{}' is missing", name));
    return *found;
  }

  // Projections of one pair of populations; null where there is none.
  const sim::Projection* projection(const std::string& source, const std::string& target) const {
    const sim::Projection* found = nullptr;
    for (const sim::Projection& each : circuit_.projections) {
      if (each.source != source || each.target != target) continue;
      if (found != nullptr)
        refuse(fmt::format("there are several projections from '{}' to '{}'", source, target));
      found = &each;
    }
    return found;
  }

  void require_layer(const sim::Population& population, std::size_t l) const {
    const sim::Lif relay{.beta = 0.0, .threshold = 0.5, .reset = sim::Reset::none};
    const bool fits = population.cell.model == sim::CellModel::lif_discrete &&
                      (l > 0 || population.cell.discrete == relay) && population.mask == sim::PerNeuron(1.0);
    if (!fits)
      refuse(fmt::format("the neurons of '{}' are not the discrete ones that were trained", population.name));
    const auto& initial = population.initial;
    if (initial.low_mv != 0.0 || initial.high_mv != 0.0 ||
        std::ranges::any_of(initial.given_mv, [](double u) { return u != 0.0; }))
      refuse(fmt::format("membranes of '{}' do not start at 0", population.name));
  }

  // Beyond the step that each layer takes.
  sim::Step delay_of(double delay_ms, const std::string& edges) const {
    const sim::Step steps =
        sim::steps_from_ms(delay_ms, circuit_.step_ms, sim::OffGrid::refuse, where_ + ": delays of " + edges);
    if (steps < 1) refuse(fmt::format("a delay of {} is shorter than a step", edges));
    return steps - 1;
  }

  FloatLayer layer(std::size_t l) const {
    const sim::Population& before = population(name(l - 1));
    const sim::Population& here = population(name(l));
    FloatLayer layer{.n_sources = before.size, .n_targets = here.size, .lif = here.cell.discrete};
    layer.weight.assign(layer.n_sources * layer.n_targets, 0.0F);
    layer.delay.assign(layer.weight.size(), 0);
    if (const sim::Projection* edges = projection(before.name, here.name)) take_edges(*edges, layer);
    if (std::ranges::all_of(layer.delay, [](sim::Step step) { return step == 0; })) layer.delay.clear();
    layer.bias.assign(layer.n_targets, 0.0);
    const std::string source = bias_prefix + here.name;
    if (const sim::Projection* edges = projection(source, here.name)) take_biases(*edges, l, layer);
    return layer;
  }

  void take_edges(const sim::Projection& projection, FloatLayer& layer) const {
    const std::string edges = fmt::format("'{}' to '{}'", projection.source, projection.target);
    const sim::EdgeList& list = projection.edges;
    std::vector<bool> taken(layer.weight.size());
    for (std::size_t e = 0; e < list.source.size(); ++e) {
      const std::size_t pair = list.source[e] * layer.n_targets + list.target[e];
      if (pair >= taken.size() || list.target[e] >= layer.n_targets)
        refuse(fmt::format("edge {} of {} joins neurons that do not exist", e, edges));
      if (taken[pair])
        refuse(fmt::format("{}: neurons {} and {} are joined twice", edges, list.source[e], list.target[e]));
      taken[pair] = true;
      layer.weight[pair] = static_cast<float>(list.weight[e]);
      layer.delay[pair] = delay_of(list.delay_ms[e], edges);
    }
  }

  // One neuron fires in every step from the one before the layer's first.
  void take_biases(const sim::Projection& projection, std::size_t l, FloatLayer& layer) const {
    const sim::Population& source = population(projection.source);
    require_layer(source, 0);
    const auto flows = [&](const sim::Input& input) {
      return input.target == source.name && input.kind == sim::InputKind::regular && input.weight == 1.0 &&
             input.start_ms == static_cast<double>(l) * circuit_.step_ms &&
             input.interval_ms == circuit_.step_ms;
    };
    if (source.size != 1 || std::ranges::count_if(circuit_.inputs, flows) != 1)
      refuse(fmt::format("'{}' does not fire at every step from the layer's first on", source.name));
    const sim::EdgeList& list = projection.edges;
    for (std::size_t e = 0; e < list.source.size(); ++e) {
      if (list.target[e] >= layer.n_targets || delay_of(list.delay_ms[e], source.name) != 0)
        refuse(fmt::format("edge {} of '{}' is none of a bias", e, source.name));
      layer.bias[list.target[e]] += list.weight[e];
    }
  }

  void require_known(const sim::Projection& projection) const {
    for (std::size_t l = 1; l < n_layers_; ++l)
      if (projection.target == name(l) &&
          (projection.source == name(l - 1) || projection.source == bias_prefix + projection.target))
        return;
    refuse(fmt::format("a projection from '{}' to '{}' joins no layers that follow one another",
                       projection.source, projection.target));
  }

  void require_known(const sim::Input& input) const {
    const bool sample = input.target == name(0) && input.kind == sim::InputKind::trains;
    if (!sample && !(input.target.starts_with(bias_prefix) && input.kind == sim::InputKind::regular))
      refuse(fmt::format("something drives '{}' that is neither a sample nor a bias", input.target));
  }

  const sim::Circuit& circuit_;
  const std::string& where_;
  std::size_t n_layers_ = 0;
  FloatNetwork network_;
};

}  // namespace

FloatNetwork float_network(const sim::Circuit& circuit, const std::string& where) {
  return Reader(circuit, where).read();
}

}  // namespace loci::backends
