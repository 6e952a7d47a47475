#include "experiments/export/space_stages.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "backends/core_network.hpp"
#include "backends/distance_delay.hpp"
#include "backends/export_placement.hpp"
#include "sim/error.hpp"

namespace loci::experiments {
namespace {

using backends::FloatLayer;
using backends::FloatNetwork;
using backends::IntegerLayer;
using backends::IntegerNetwork;

std::vector<sim::Step> delays_of(const FloatLayer& layer) {
  return layer.delay;
}
std::vector<sim::Step> delays_of(const IntegerLayer& layer) {
  return {layer.incoming.delay.begin(), layer.incoming.delay.end()};
}

template <typename Network>
void compare_delays(const ModelExport& request, const FloatNetwork& trained, const Network& exported,
                    backends::Certificate& certificate) {
  if (!request.network.spatial() || !std::isfinite(request.graph.velocity)) return;
  std::vector<std::vector<sim::Step>> delays;
  for (const auto& layer : exported.layers) delays.push_back(delays_of(layer));
  certificate.delays = delay_errors(request.network, request.parameters, request.graph, trained, delays);
}

// Of every neuron on all samples, the input first.
std::vector<std::uint64_t> spike_counts(const backends::Evidence& evidence) {
  std::vector<std::uint64_t> counts = evidence.input_spikes;
  counts.insert(counts.end(), evidence.emulated.neuron_spikes.begin(), evidence.emulated.neuron_spikes.end());
  return counts;
}

backends::Evidence replayed(const FloatNetwork& trained, const FloatNetwork& exported,
                            const backends::SampleSource& samples, std::size_t n_threads) {
  return gather_evidence(trained, exported, nullptr, samples, {.n_threads = n_threads});
}
backends::Evidence replayed(const FloatNetwork& trained, const IntegerNetwork& exported,
                            const backends::SampleSource& samples, std::size_t n_threads) {
  return gather_evidence(trained, exported, nullptr, samples, {.n_threads = n_threads});
}

[[noreturn]] void refuse_to_place(const ModelExport& request) {
  throw InputError("target " + request.target.name, "there are no cores to place neurons on",
                   "leave --placement and --neurons-per-core out");
}

[[noreturn]] void refuse_without_size(const ModelExport& request) {
  throw InputError("target " + request.target.name, "how many neurons a core holds is not known",
                   "say so with --neurons-per-core, or leave --placement out");
}

// Of the target's and the user's number; 0: the target's is not known.
std::size_t least_of(std::size_t target, std::size_t user) {
  return target == 0 ? user : std::min(target, user);
}

template <typename Network>
void place_network(const ModelExport& request, const FloatNetwork& trained, const Network& exported,
                   const std::optional<backends::CoreCapacity>& of_target, ExportResult& result) {
  const bool asked = request.placement != backends::PlacementBy::best || request.neurons_per_core > 0;
  if (!of_target && asked) refuse_to_place(request);
  if (!of_target) return;
  backends::CoreCapacity core = *of_target;
  if (request.neurons_per_core > 0) core.neurons = least_of(core.neurons, request.neurons_per_core);
  if (core.neurons == 0 && asked) refuse_without_size(request);
  if (core.neurons == 0) return;
  sim::Step longest_delay = 0;
  for (const FloatLayer& layer : trained.layers)
    longest_delay = std::max(longest_delay, count_edges(layer).longest_delay);
  const auto samples =
      samples_of(request.calibration, request.n_calibration, request.encoder, request.n_steps);
  backends::CoreNetwork network =
      core_network(exported, backends::learned_positions(request.network, request.parameters),
                   request.network.spatial() ? request.network.n_coordinates() : 0,
                   spike_counts(replayed(trained, exported, samples, request.n_threads)));
  backends::ExportPlacement placement =
      place_for_export(network, with_delays(core, longest_delay), request.placement);
  network.spikes = spike_counts(*result.certificate.evidence);
  measure(placement, network, result.certificate.evidence->n_samples);
  result.files.push_back(placement_file(placement, network));
  result.certificate.placement = std::move(placement);
}

}  // namespace

void add_delays(const ModelExport& request, const FloatNetwork& trained, const FloatNetwork& exported,
                backends::Certificate& certificate) {
  compare_delays(request, trained, exported, certificate);
}

void add_delays(const ModelExport& request, const FloatNetwork& trained, const IntegerNetwork& exported,
                backends::Certificate& certificate) {
  compare_delays(request, trained, exported, certificate);
}

void place(const ModelExport& request, const FloatNetwork& trained, const FloatNetwork& exported,
           const std::optional<backends::CoreCapacity>& core, ExportResult& result) {
  place_network(request, trained, exported, core, result);
}

void place(const ModelExport& request, const FloatNetwork& trained, const IntegerNetwork& exported,
           const std::optional<backends::CoreCapacity>& core, ExportResult& result) {
  place_network(request, trained, exported, core, result);
}

}  // namespace loci::experiments
