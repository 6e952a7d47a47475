#include "backends/certificate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

json replayed_json(const Replayed& replayed, const Evidence& evidence) {
  return {{"accuracy", share(replayed.correct, evidence.n_samples)},
          {"agreement", share(replayed.agree, evidence.n_samples)},
          {"spikes", replayed.spikes},
          {"mismatches", replayed.mismatches},
          {"count_differences", replayed.count_differences},
          {"overflows", {{"membrane", replayed.overflows.membrane}, {"current", replayed.overflows.current}}},
          {"spike_digest", fmt::format("{:016x}", replayed.digest)}};
}

json evidence_json(const Evidence& evidence) {
  json result{{"samples", evidence.n_samples},
              {"steps", evidence.n_steps},
              {"float", replayed_json(evidence.trained, evidence)},
              {"emulated", replayed_json(evidence.emulated, evidence)}};
  if (evidence.guess) result["before_scale_search"] = replayed_json(*evidence.guess, evidence);
  if (evidence.with_reset)
    result["float_with_reset_of_target"] = replayed_json(*evidence.with_reset, evidence);
  return result;
}

json layer_json(const LayerCertificate& layer) {
  return {{"neurons", layer.n_neurons},
          {"scale", {layer.loss.scale_lowest, layer.loss.scale_highest}},
          {"weight_shift", layer.scaling.shift},
          {"even_weights", layer.scaling.even},
          {"threshold_ratio", layer.scaling.threshold_ratio},
          {"edges", layer.loss.edges},
          {"clipped", layer.loss.clipped},
          {"vanished", layer.loss.vanished},
          {"wrong_sign", layer.loss.wrong_sign},
          {"weight_error", layer.loss.weight_error},
          {"bias_error", layer.loss.bias_error},
          {"calibration",
           {{"reference_spikes", layer.search.reference_spikes},
            {"mismatches_before", layer.search.mismatches_first},
            {"mismatches_after", layer.search.mismatches},
            {"scalings_tried", layer.search.tried},
            {"as_trained", layer.search.as_trained}}}};
}

std::string overflow_text(const Certificate& certificate) {
  const OverflowVerdict& verdict = *certificate.overflow;
  if (verdict.impossible) return "impossible: " + verdict.note;
  std::string text = "possible: " + verdict.note;
  if (certificate.evidence) {
    const Overflows& seen = certificate.evidence->emulated.overflows;
    text += fmt::format("; seen {} times in {} samples", seen.membrane + seen.current,
                        certificate.evidence->n_samples);
  }
  return text;
}

std::string properties_text(const Certificate& certificate) {
  std::string text;
  for (const PropertyFidelity& each : certificate.properties)
    text += fmt::format("  {:<16} {:<18} {}\n", each.property, name_of(each.fidelity), each.note);
  if (certificate.overflow) text += fmt::format("  {:<16} {}\n", "overflow", overflow_text(certificate));
  for (const MemoryUse& each : certificate.memory)
    text += fmt::format("  {:<16} {} bytes ({})\n", each.memory, each.bytes, each.note);
  return text;
}

std::string delays_text(const DelayErrors& delays) {
  return fmt::format(
      "  {:<16} {} to {} steps beyond a layer's own; off distance / velocity by {:.2f} steps at most, {:.2f} "
      "in "
      "the mean\n",
      "delays", delays.shortest, delays.longest, delays.largest_error, delays.mean_error);
}

json delays_json(const DelayErrors& delays) {
  return {{"shortest", delays.shortest},
          {"longest", delays.longest},
          {"largest_error_steps", delays.largest_error},
          {"mean_error_steps", delays.mean_error},
          {"edges", delays.n_edges}};
}

std::string cell(const std::optional<Replayed>& replayed, std::size_t Replayed::*count, std::size_t of) {
  return replayed ? fmt::format("{:>14.4f}", share((*replayed).*count, of)) : fmt::format("{:>14}", "-");
}

std::string evidence_text(const Certificate& certificate) {
  const Evidence& evidence = *certificate.evidence;
  const std::size_t n = evidence.n_samples;
  std::string text = fmt::format("  {} samples of {}, {} steps, {}\n", n, certificate.data, evidence.n_steps,
                                 certificate.input);
  text +=
      fmt::format("  {:<22}{:>14}{:>14}{:>14}{:>14}\n", "", "float", "its reset", "by max |w|", "exported");
  const auto row = [&](const char* name, std::size_t Replayed::*count) {
    text += fmt::format("  {:<22}{}{}{}{}\n", name, cell(evidence.trained, count, n),
                        cell(evidence.with_reset, count, n), cell(evidence.guess, count, n),
                        cell(evidence.emulated, count, n));
  };
  row("accuracy", &Replayed::correct);
  row("label agreement", &Replayed::agree);
  for (const EncodedAccuracy& each : certificate.encodings)
    text += fmt::format("  {:<22}{:>14.4f}\n", "with " + each.encoding, each.accuracy);
  return text;
}

std::string layers_text(const Certificate& certificate) {
  std::string text;
  if (certificate.n_calibration > 0)
    text += fmt::format("  scales searched with {} training samples\n", certificate.n_calibration);
  text += fmt::format("  {:<6}{:>8}{:>20}{:>10}{:>10}{:>12}{:>12}{:>14}{:>14}\n", "layer", "neurons", "scale",
                      "clipped", "error", "spikes", "emulated", "by max |w|", "they differ");
  for (std::size_t l = 0; l < certificate.layers.size(); ++l) {
    const LayerCertificate& layer = certificate.layers[l];
    const LayerLoss& loss = layer.loss;
    const std::string scale = loss.scale_lowest == loss.scale_highest
                                  ? fmt::format("{:.4g}", loss.scale_lowest)
                                  : fmt::format("{:.4g}..{:.4g}", loss.scale_lowest, loss.scale_highest);
    text += fmt::format("  {:<6}{:>8}{:>20}{:>9.2f}%{:>10.4f}", l + 1, layer.n_neurons, scale,
                        100.0 * share(loss.clipped, loss.edges), loss.weight_error);
    if (certificate.evidence) {
      const Evidence& evidence = *certificate.evidence;
      text += fmt::format("{:>12}{:>12}{:>14}{:>14}", evidence.trained.spikes[l], evidence.emulated.spikes[l],
                          evidence.guess ? fmt::format("{}", evidence.guess->mismatches[l]) : "-",
                          evidence.emulated.mismatches[l]);
    }
    text += "\n";
  }
  return text;
}

json numbers_json(const LayerNumbers& numbers) {
  json result;
  for (const NumbersPart& part : numbers_parts) result[part.name] = numbers.*part.fingerprint;
  return result;
}

}  // namespace

std::string certificate_text(const Certificate& certificate) {
  std::string text = fmt::format(
      "{}: {} for {} ({}){}\n", certificate.facts.model, certificate.network, certificate.title,
      certificate.target, certificate.unverified ? ", UNVERIFIED: written from second-hand facts" : "");
  text += properties_text(certificate);
  if (certificate.delays) text += delays_text(*certificate.delays);
  if (certificate.evidence) text += evidence_text(certificate);
  if (!certificate.layers.empty()) text += layers_text(certificate);
  if (certificate.placement) text += placement_text(*certificate.placement);
  if (!certificate.split.empty()) text += split_text(certificate.split);
  return text;
}

nlohmann::json certificate_json(const Certificate& certificate) {
  json result{{"format", "loci-certificate"},
              {"format_version", certificate_version},
              {"target", certificate.target},
              {"title", certificate.title},
              {"unverified", certificate.unverified},
              {"model", certificate.facts.model},
              {"model_digest", certificate.model_digest},
              {"network", certificate.network},
              {"seed", certificate.facts.seed},
              {"loci", certificate.facts.version},
              {"step_ms", certificate.facts.step_ms},
              {"data", certificate.data},
              {"input", certificate.input}};
  json properties = json::array();
  for (const PropertyFidelity& each : certificate.properties)
    properties.push_back(
        {{"property", each.property}, {"fidelity", name_of(each.fidelity)}, {"note", each.note}});
  result["properties"] = properties;
  if (certificate.overflow)
    result["overflow"] = {{"impossible", certificate.overflow->impossible},
                          {"note", certificate.overflow->note}};
  for (const MemoryUse& each : certificate.memory) result["memory_bytes"][each.memory] = each.bytes;
  if (certificate.n_calibration > 0) result["calibration_samples"] = certificate.n_calibration;
  if (certificate.evidence) result["evidence"] = evidence_json(*certificate.evidence);
  if (certificate.delays) result["delays"] = delays_json(*certificate.delays);
  if (!certificate.split.empty()) result["chips"] = split_json(certificate.split);
  if (certificate.placement) result["placement"] = placement_json(*certificate.placement);
  for (const EncodedAccuracy& each : certificate.encodings)
    result["encodings"].push_back(
        {{"encoding", each.encoding}, {"steps", each.n_steps}, {"accuracy", each.accuracy}});
  json layers = json::array();
  for (const LayerCertificate& layer : certificate.layers) layers.push_back(layer_json(layer));
  result["layers"] = layers;
  json numbers = json::array();
  for (const LayerNumbers& layer : certificate.numbers) numbers.push_back(numbers_json(layer));
  result["numbers"] = numbers;
  return result;
}

Requirement parse_requirement(const std::string& text, const std::string& where) {
  if (text == "exact") return {.exact = true};
  const std::string name = "agreement=";
  if (text.starts_with(name)) {
    double share = 0.0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + name.size(), end, share);
    if (error == std::errc() && stop == end && 0.0 <= share && share <= 1.0) return {.agreement = share};
  }
  throw InputError(where, "'" + text + "' is not a requirement",
                   "use exact, or agreement=S with a share S from 0 to 1");
}

void require_met(const Requirement& requirement, const Certificate& certificate) {
  std::string short_of;
  const auto add = [&](const std::string& what) { short_of += (short_of.empty() ? "" : "; ") + what; };
  if (requirement.exact) {
    for (const PropertyFidelity& each : certificate.properties)
      if (each.fidelity != Fidelity::exact)
        add(fmt::format("{}: {} ({})", each.property, name_of(each.fidelity), each.note));
    if (certificate.evidence)
      for (std::size_t l = 0; l < certificate.evidence->emulated.mismatches.size(); ++l)
        if (certificate.evidence->emulated.mismatches[l] > 0)
          add(fmt::format("layer {}: {} spikes differ", l + 1, certificate.evidence->emulated.mismatches[l]));
  }
  if (requirement.agreement) {
    if (!certificate.evidence)
      add("this target keeps real numbers and is not emulated");
    else if (const double agreement =
                 share(certificate.evidence->emulated.agree, certificate.evidence->n_samples);
             agreement < *requirement.agreement)
      add(fmt::format("label agreement is {:.4f}, not {}", agreement, *requirement.agreement));
  }
  if (!short_of.empty())
    throw InputError("--require", "the export falls short: " + short_of,
                     "ask for less, or train for this target; nothing was written");
}

}  // namespace loci::backends
