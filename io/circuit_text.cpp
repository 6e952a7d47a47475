#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "io/circuit_export.hpp"
#include "sim/circuit/names.hpp"

namespace loci::io {
namespace {

std::string quoted(const std::string& text) {
  std::string basic = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      basic += fmt::format("\\{}", c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      basic += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    else
      basic += c;
  }
  return basic + '"';
}

// {} is the shortest text that reads back to the same double.
template <typename Numbers>
std::string list(const Numbers& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

std::string value(const sim::PerNeuron& parameter) {
  return parameter.uniform() ? fmt::format("{}", parameter[0]) : list(parameter.values());
}

std::string input_text(const sim::Input& input) {
  std::string text =
      fmt::format("[[input]]\ntarget = {}\nkind = \"{}\"\n", quoted(input.target), sim::name_of(input.kind));
  switch (input.kind) {
    case sim::InputKind::poisson:
      text += fmt::format("rate_hz = {}\nweight = {}\n", value(input.rate_hz), input.weight);
      break;
    case sim::InputKind::regular:
      text += fmt::format("interval_ms = {}\nweight = {}\n", input.interval_ms, input.weight);
      break;
    case sim::InputKind::trains:
      text += fmt::format("times_ms = {}\nneurons = {}\n", list(input.times_ms), list(input.neurons));
      text += input.weights.empty() ? fmt::format("weight = {}\n", input.weight)
                                    : fmt::format("weights = {}\n", list(input.weights));
      break;
    case sim::InputKind::current:
      text += fmt::format("times_ms = {}\ncurrents_pa = {}\n", list(input.current_times_ms),
                          list(input.currents_pa));
      break;
  }
  text += fmt::format("start_ms = {}\n", input.start_ms);
  if (std::isfinite(input.stop_ms)) text += fmt::format("stop_ms = {}\n", input.stop_ms);
  return text + "\n";
}

std::string trace_text(const TraceRequest& trace) {
  return fmt::format(
      "[[record.trace]]\npopulation = {}\nneurons = {}\nquantity = \"{}\"\ninterval_ms = {}\n\n",
      quoted(trace.population), list(trace.neurons), name_of(trace.quantity), trace.interval_ms);
}

}  // namespace

std::string circuit_text(const CircuitFile& file) {
  const sim::Circuit& circuit = file.circuit;
  std::string text = fmt::format("[circuit]\nstep_ms = {}\nseed = {}\n\n", circuit.step_ms, circuit.seed);
  for (const sim::Input& input : circuit.inputs) text += input_text(input);
  text +=
      fmt::format("[run]\nduration_ms = {}\nengine = \"{}\"\n", file.duration_ms, sim::name_of(file.engine));
  if (file.engine != sim::EngineRequest::clock) text += fmt::format("on_grid = {}\n", file.on_grid);
  text += fmt::format("\n[record]\nspikes = {}\n", file.record_spikes);
  if (file.rates_ms > 0.0) text += fmt::format("rates_ms = {}\n", file.rates_ms);
  text += "\n";
  for (const TraceRequest& trace : file.traces) text += trace_text(trace);
  return text;
}

}  // namespace loci::io
