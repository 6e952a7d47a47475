// loci info CIRCUIT.toml: what a circuit will have, without building it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/circuit_run.hpp"
#include "cli/machine_memory.hpp"
#include "io/circuit_file.hpp"
#include "sim/circuit/names.hpp"
#include "sim/circuit/size.hpp"
#include "sim/circuit/validate.hpp"

namespace loci::cli {

nlohmann::json circuit_json(const std::string& path) {
  const io::CircuitFile file = io::load_circuit(path);
  const sim::Circuit& circuit = file.circuit;
  sim::validate(circuit);
  const sim::CircuitSize size = sim::expected_size(circuit, {});
  nlohmann::json json{{"kind", "circuit"},
                      {"neurons", circuit.n_neurons()},
                      {"dims", circuit.space.dims},
                      {"periodic", circuit.space.periodic},
                      {"step_ms", circuit.step_ms},
                      {"seed", circuit.seed},
                      {"duration_ms", file.duration_ms},
                      {"populations", nlohmann::json::array()},
                      {"projections", nlohmann::json::array()},
                      {"inputs", nlohmann::json::array()},
                      {"expected_edges", size.n_edges()},
                      {"synapse_bytes", size.synapse_bytes},
                      {"neuron_bytes", size.neuron_bytes},
                      {"build_bytes", size.build_bytes},
                      {"available_bytes", available_memory_bytes()},
                      {"configuration", file.text}};
  for (const auto& each : circuit.populations)
    json["populations"].push_back({{"name", each.name},
                                   {"neurons", each.size},
                                   {"model", name_of(each.cell.model)},
                                   {"placement", name_of(each.placement.kind)}});
  for (std::size_t i = 0; i < circuit.projections.size(); ++i) {
    const auto& each = circuit.projections[i];
    json["projections"].push_back(
        {{"source", each.source},
         {"target", each.target},
         {"rule", name_of(each.rule)},
         {"expected_edges", size.edges[i]},
         {"longest_delay_ms", sim::longest_delay(circuit, each) * circuit.step_ms}});
  }
  for (const auto& each : circuit.inputs)
    json["inputs"].push_back({{"target", each.target}, {"kind", name_of(each.kind)}});
  return json;
}

void print_circuit(const nlohmann::json& json, bool config) {
  const auto mib = [&](const char* key) { return json[key].get<double>() / 0x1p20; };
  const auto dims = json["dims"].get<std::size_t>();
  fmt::print("circuit: {} neurons {}, steps of {} ms\n", json["neurons"].get<std::size_t>(),
             dims == 0
                 ? "without space"
                 : fmt::format("in {} dimensions{}", dims, json["periodic"].get<bool>() ? ", periodic" : ""),
             json["step_ms"].get<double>());
  for (const auto& each : json["populations"])
    fmt::print("  {:<12} {:>9} neurons  {}{}\n", each["name"].get<std::string>(),
               each["neurons"].get<std::size_t>(), each["model"].get<std::string>(),
               dims == 0 ? "" : ", " + each["placement"].get<std::string>());
  fmt::print("  edges (expected)\n");
  for (const auto& each : json["projections"])
    fmt::print("    {:<14} {:>12.0f}  {}, delays of {:.4g} ms at most\n",
               fmt::format("{} to {}", each["source"].get<std::string>(), each["target"].get<std::string>()),
               each["expected_edges"].get<double>(), each["rule"].get<std::string>(),
               each["longest_delay_ms"].get<double>());
  fmt::print("    {:<14} {:>12.0f}\n", "all", json["expected_edges"].get<double>());
  for (const auto& each : json["inputs"])
    fmt::print("  input to {}: {}\n", each["target"].get<std::string>(), each["kind"].get<std::string>());
  fmt::print(
      "  memory       {:.0f} MiB for synapses (none if procedural), {:.0f} MiB for neurons, {:.0f} MiB more "
      "while "
      "building; {:.0f} MiB are there\n",
      mib("synapse_bytes"), mib("neuron_bytes"), mib("build_bytes"), mib("available_bytes"));
  if (config) fmt::print("\n{}", json["configuration"].get<std::string>());
}

}  // namespace loci::cli
