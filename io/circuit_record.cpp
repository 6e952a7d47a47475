#include <fmt/format.h>

#include <algorithm>

#include "io/circuit_reader.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

using sim::CellModel;

// A list, or a number: the first so many.
std::vector<std::uint64_t> read_neurons(CircuitDocument& document, const std::string& key,
                                        const sim::Population& population) {
  std::vector<std::uint64_t> neurons;
  if (document.toml.is_array(key)) {
    neurons = document.toml.require<std::vector<std::uint64_t>>(key);
    std::ranges::sort(neurons);
  } else {
    const auto n = document.toml.require<std::uint64_t>(key);
    if (n > population.size)
      throw InputError(document.toml.where(key),
                       fmt::format("{} neurons of the {} of '{}'", n, population.size, population.name),
                       "trace no more than there are");
    for (std::uint64_t i = 0; i < n; ++i) neurons.push_back(i);
  }
  if (neurons.empty())
    throw InputError(document.toml.where(key), "no neuron is traced", "choose at least one");
  if (neurons.back() >= population.size)
    throw InputError(document.toml.where(key),
                     fmt::format("there is no neuron {} among the {} of '{}'", neurons.back(),
                                 population.size, population.name),
                     "count neurons from 0 within their population");
  if (const auto twice = std::ranges::adjacent_find(neurons); twice != neurons.end())
    throw InputError(document.toml.where(key), fmt::format("neuron {} is there twice", *twice),
                     "name each neuron once");
  return neurons;
}

void require_quantity(const CircuitDocument& document, const std::string& prefix, TraceQuantity quantity,
                      const sim::Population& population) {
  const CellModel model = population.cell.model;
  if (quantity == TraceQuantity::membrane_mv || model == CellModel::lif_exp ||
      model == CellModel::adaptive_lif)
    return;
  throw InputError(document.toml.where(prefix + "quantity"),
                   fmt::format("synapses of '{}' have no currents that last", population.name),
                   "trace its membrane, or give it the model lif_exp or adaptive_lif");
}

TraceRequest read_trace(CircuitDocument& document, const std::string& prefix, const CircuitFile& file,
                        const std::string& name) {
  const sim::Circuit& circuit = file.circuit;
  const sim::Population& population =
      circuit.populations[sim::find_population(circuit, name, document.toml.where(prefix + "population"))];
  TraceRequest trace{.population = name, .interval_ms = circuit.step_ms};
  trace.neurons = read_neurons(document, prefix + "neurons", population);
  trace.quantity = parse_trace_quantity(document.toml.get_or<std::string>(prefix + "quantity", "membrane"),
                                        document.toml.where(prefix + "quantity"));
  require_quantity(document, prefix, trace.quantity, population);
  document.read(prefix + "interval_ms", trace.interval_ms);
  const std::string where = document.toml.where(prefix + "interval_ms");
  if (sim::steps_from_ms(trace.interval_ms, circuit.step_ms, sim::OffGrid::refuse, where) == 0)
    throw InputError(where, fmt::format("an interval of {} ms", trace.interval_ms),
                     fmt::format("use {} ms, the step, or a multiple of it", circuit.step_ms));
  return trace;
}

// One file holds all traces of a quantity, and it has one interval.
void require_room(const CircuitDocument& document, const std::string& prefix, const TraceRequest& trace,
                  const std::vector<TraceRequest>& others) {
  for (const TraceRequest& other : others) {
    if (other.quantity != trace.quantity) continue;
    if (other.interval_ms != trace.interval_ms)
      throw InputError(document.toml.where(prefix + "interval_ms"),
                       fmt::format("an interval of {} ms beside one of {} ms for the same quantity",
                                   trace.interval_ms, other.interval_ms),
                       "give all traces of a quantity one interval: they share a file");
    if (other.population == trace.population)
      throw InputError(document.toml.where(prefix + "population"),
                       fmt::format("'{}' is traced twice for the same quantity", trace.population),
                       "name all its neurons in one trace");
  }
}

}  // namespace

void read_record(CircuitDocument& document, CircuitFile& file) {
  document.read("record.spikes", file.record_spikes);
  if (const auto rates_ms = document.toml.get<double>("record.rates_ms")) {
    if (!(*rates_ms >= file.circuit.step_ms) || !(*rates_ms < 1e9))
      throw InputError(document.toml.where("record.rates_ms"), fmt::format("bins of {} ms", *rates_ms),
                       fmt::format("use {} ms, the step, or more", file.circuit.step_ms));
    file.rates_ms = *rates_ms;
  }
  for (std::size_t i = 0; i < document.toml.n_tables("record.trace"); ++i) {
    const std::string prefix = fmt::format("record.trace.{}.", i);
    for (const std::string& name : document.texts(prefix + "population")) {
      const TraceRequest trace = read_trace(document, prefix, file, name);
      require_room(document, prefix, trace, file.traces);
      file.traces.push_back(trace);
    }
  }
}

}  // namespace loci::io
