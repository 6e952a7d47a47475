#include "cli/circuit_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace loci::cli {
namespace {

nlohmann::json summary_json(const sim::SpikeSummary& summary) {
  return {{"neurons", summary.n_neurons},     {"spikes", summary.n_spikes}, {"rate_hz", summary.rate_hz},
          {"rate_sd_hz", summary.rate_sd_hz}, {"cv_isi", summary.cv_isi},   {"fano_5ms", summary.fano}};
}

void print_row(const std::string& name, const nlohmann::json& row) {
  fmt::print("  {:<12} {:>9} neurons {:>11} spikes {:>8.2f} Hz   CV {:.3f}   Fano {:.2f}\n", name,
             row["neurons"].get<std::size_t>(), row["spikes"].get<std::uint64_t>(),
             row["rate_hz"].get<double>(), row["cv_isi"].get<double>(), row["fano_5ms"].get<double>());
}

void print_events(const nlohmann::json& events) {
  const auto count = [&](const char* key) { return events[key].get<std::uint64_t>(); };
  fmt::print("  {} synaptic events, {} from outside, {} neuron updates, {} predictions\n",
             count("synaptic_events"), count("input_events"), count("neuron_updates"), count("predictions"));
}

}  // namespace

nlohmann::json statistics_json(const sim::Circuit& circuit, const sim::SpikeStatistics& statistics,
                               sim::Step end) {
  nlohmann::json json = summary_json(statistics.of_all(end));
  json["populations"] = nlohmann::json::array();
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    json["populations"].push_back(summary_json(statistics.of_population(p, end)));
    json["populations"].back()["name"] = circuit.populations[p].name;
  }
  return json;
}

nlohmann::json counts_json(const sim::CircuitEventCounts& counts) {
  return {{"synaptic_events", counts.synaptic_events},
          {"input_events", counts.input_events},
          {"neuron_updates", counts.neuron_updates},
          {"predictions", counts.predictions}};
}

void print_circuit_run(const nlohmann::json& json) {
  const double bytes = json["bytes_per_synapse"].get<double>();
  fmt::print("{}: {} neurons, {}{} synapses{}, built in {:.3f} s\n", json["circuit"].get<std::string>(),
             json["neurons"].get<std::size_t>(), json["procedural"].get<bool>() ? "about " : "",
             json["synapses"].get<std::size_t>(),
             json["procedural"].get<bool>() ? " (made again at every spike)"
                                            : fmt::format(" of {:.2f} bytes", bytes),
             json["build_seconds"].get<double>());
  fmt::print("  {} ms in {:.3f} s: {:.3g} s for a second\n", json["duration_ms"].get<double>(),
             json["run_seconds"].get<double>(), json["real_time_factor"].get<double>());
  for (const auto& row : json["populations"]) print_row(row["name"].get<std::string>(), row);
  if (json["populations"].size() > 1) print_row("all", json);
  if (json.contains("events")) print_events(json["events"]);
  fmt::print("  ran on {} thread{}, {} engine{}, weights in {} precision, {} kernels, {:.0f} MiB at most\n",
             json["threads"].get<std::size_t>(), json["threads"] == 1 ? "" : "s",
             json["engine"].get<std::string>(),
             json["engine"] == "clock"     ? ""
             : json["on_grid"].get<bool>() ? " on the grid"
                                           : " in continuous time",
             json["precision"] == "single" ? "single" : "double", json["instruction_set"].get<std::string>(),
             json["peak_mib"].get<double>());
  if (json.contains("engine_reason"))
    fmt::print("  chose the {} engine: {}\n", json["engine"].get<std::string>(),
               json["engine_reason"].get<std::string>());
  for (const auto& note : json["notes"]) fmt::print("  note: {}\n", note.get<std::string>());
  if (!json["written"].empty())
    fmt::print("  written: {}\n", fmt::join(json["written"].get<std::vector<std::string>>(), ", "));
}

}  // namespace loci::cli
