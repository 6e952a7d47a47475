#include <fmt/format.h>

#include "io/circuit_reader.hpp"
#include "io/number_table.hpp"
#include "sim/circuit/names.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

using sim::ConnectionRule;
using sim::DistanceKernel;
using sim::InputKind;
using sim::KernelShape;

// "weight", "weight_kernel", "weight_length" and "weight_floor", or the same of another name.
void read_kernel(CircuitDocument& document, const std::string& prefix, const std::string& name,
                 DistanceKernel& kernel) {
  document.read(prefix + name, kernel.amplitude);
  const std::string shape = document.toml.get_or<std::string>(prefix + name + "_kernel", "constant");
  kernel.shape = sim::parse_kernel_shape(shape, document.toml.where(prefix + name + "_kernel"));
  const std::string choice = fmt::format("{}_kernel = \"{}\"", name, shape);
  if (kernel.shape == KernelShape::constant)
    document.refuse(prefix, {(name + "_length").c_str()}, choice);
  else
    kernel.length = document.toml.require<double>(prefix + name + "_length");
  if (kernel.shape == KernelShape::inverse_distance)
    kernel.floor = document.toml.require<double>(prefix + name + "_floor");
  else
    document.refuse(prefix, {(name + "_floor").c_str()}, choice);
}

// Weights and delays that the file does not have are those of the projection.
sim::EdgeList read_edges(CircuitDocument& document, const std::string& prefix, const sim::Projection& rule) {
  const NumberTable table = read_number_table(document.file(prefix + "edges"));
  table.refuse_unknown({"source", "target", "weight", "delay_ms"});
  if (!table.has("weight")) (void)document.toml.require<double>(prefix + "weight");
  const auto column = [&](const char* name, double otherwise) {
    return table.has(name) ? table.at(name) : std::vector<double>(table.n_rows(), otherwise);
  };
  return {table.ids("source"), table.ids("target"), column("weight", rule.weight.amplitude),
          column("delay_ms", rule.delay_ms)};
}

sim::Projection read_rule(CircuitDocument& document, const std::string& prefix) {
  sim::Projection rule;
  const std::string name = document.toml.get_or<std::string>(prefix + "rule", "pairwise");
  rule.rule = sim::parse_connection_rule(name, document.toml.where(prefix + "rule"));
  const std::string choice = fmt::format("rule = \"{}\"", name);
  document.read(prefix + "delay_ms", rule.delay_ms);
  if (rule.rule == ConnectionRule::given) {
    document.refuse(prefix, {"velocity", "weight_kernel", "weight_length", "weight_floor", "autapses"},
                    choice);
    document.read(prefix + "weight", rule.weight.amplitude);
    rule.edges = read_edges(document, prefix, rule);
  } else {
    document.refuse(prefix, {"edges"}, choice);
    (void)document.toml.require<double>(prefix + "weight");
    read_kernel(document, prefix, "weight", rule.weight);
    document.read(prefix + "velocity", rule.velocity);
    if (rule.rule == ConnectionRule::one_to_one)
      document.refuse(prefix, {"autapses"}, choice);
    else
      document.read(prefix + "autapses", rule.autapses);
  }
  if (rule.rule == ConnectionRule::pairwise) {
    document.read(prefix + "cutoff", rule.cutoff);
    read_kernel(document, prefix, "probability", rule.probability);
  } else {
    document.refuse(
        prefix, {"cutoff", "probability", "probability_kernel", "probability_length", "probability_floor"},
        choice);
  }
  if (rule.rule == ConnectionRule::fixed_indegree) {
    rule.indegree = document.toml.require<std::uint64_t>(prefix + "indegree");
    document.read(prefix + "multapses", rule.multapses);
  } else {
    document.refuse(prefix, {"indegree", "multapses"}, choice);
  }
  return rule;
}

void read_trains(CircuitDocument& document, const std::string& prefix, sim::Input& input) {
  if (document.toml.has(prefix + "file")) {
    document.refuse(prefix, {"times_ms", "neurons", "weights"}, "trains from a file");
    const NumberTable table = read_number_table(document.file(prefix + "file"));
    table.refuse_unknown({"neuron", "time_ms", "weight"});
    input.neurons = table.ids("neuron");
    input.times_ms = table.at("time_ms");
    if (table.has("weight")) input.weights = table.at("weight");
  } else {
    input.times_ms = document.toml.require<std::vector<double>>(prefix + "times_ms");
    for (const std::uint64_t neuron : document.toml.require<std::vector<std::uint64_t>>(prefix + "neurons")) {
      if (neuron > 0xFFFFFFFF)
        throw InputError(document.toml.where(prefix + "neurons"),
                         fmt::format("there is no neuron {}", neuron), "count neurons from 0");
      input.neurons.push_back(static_cast<std::uint32_t>(neuron));
    }
    document.read(prefix + "weights", input.weights);
  }
  if (input.weights.empty()) input.weight = document.toml.require<double>(prefix + "weight");
}

void read_currents(CircuitDocument& document, const std::string& prefix, sim::Input& input) {
  document.refuse(prefix, {"weight"}, "kind = \"current\"");
  if (document.toml.has(prefix + "current_pa")) {
    document.refuse(prefix, {"times_ms", "currents_pa"}, "one current_pa");
    input.currents_pa = {document.toml.require<double>(prefix + "current_pa")};
    input.current_times_ms = {0.0};
    return;
  }
  input.current_times_ms = document.toml.require<std::vector<double>>(prefix + "times_ms");
  input.currents_pa = document.toml.require<std::vector<double>>(prefix + "currents_pa");
}

sim::Input read_input(CircuitDocument& document, const std::string& prefix) {
  sim::Input input;
  const std::string kind = document.toml.require<std::string>(prefix + "kind");
  input.kind = sim::parse_input_kind(kind, document.toml.where(prefix + "kind"));
  const std::string choice = fmt::format("kind = \"{}\"", kind);
  const bool poisson = input.kind == InputKind::poisson;
  const bool regular = input.kind == InputKind::regular;
  if (poisson || regular) input.weight = document.toml.require<double>(prefix + "weight");
  if (poisson) {
    if (!document.toml.has(prefix + "rate_hz")) (void)document.toml.require<double>(prefix + "rate_hz");
    document.read(prefix + "rate_hz", input.rate_hz);
  } else {
    document.refuse(prefix, {"rate_hz"}, choice);
  }
  if (regular)
    input.start_ms = input.interval_ms = document.toml.require<double>(prefix + "interval_ms");
  else
    document.refuse(prefix, {"interval_ms"}, choice);
  if (input.kind == InputKind::trains)
    read_trains(document, prefix, input);
  else
    document.refuse(prefix, {"file", "neurons", "weights"}, choice);
  if (input.kind == InputKind::current)
    read_currents(document, prefix, input);
  else
    document.refuse(prefix, {"current_pa", "currents_pa"}, choice);
  if (poisson || regular) document.refuse(prefix, {"times_ms"}, choice);
  document.read(prefix + "start_ms", input.start_ms);
  document.read(prefix + "stop_ms", input.stop_ms);
  return input;
}

}  // namespace

void read_projections(CircuitDocument& document, const std::string& prefix, sim::Circuit& circuit) {
  const auto sources = document.texts(prefix + "source");
  const auto targets = document.texts(prefix + "target");
  sim::Projection rule = read_rule(document, prefix);
  for (const std::string& source : sources)
    for (const std::string& target : targets) {
      rule.source = source;
      rule.target = target;
      circuit.projections.push_back(rule);
    }
}

void read_inputs(CircuitDocument& document, const std::string& prefix, sim::Circuit& circuit) {
  const auto targets = document.texts(prefix + "target");
  sim::Input input = read_input(document, prefix);
  for (const std::string& target : targets) {
    input.target = target;
    circuit.inputs.push_back(input);
  }
}

}  // namespace loci::io
