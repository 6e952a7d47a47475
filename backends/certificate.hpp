// What becomes of a network on its way to a target: property by property, and as replaying samples shows.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "backends/chip_split.hpp"
#include "backends/distance_delay.hpp"
#include "backends/evidence.hpp"
#include "backends/export_placement.hpp"
#include "backends/fidelity.hpp"
#include "backends/network_numbers.hpp"
#include "backends/scale_search.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// Whether some input could drive a register beyond its range.
struct OverflowVerdict {
  bool impossible = false;  // proved from the weights, for any input
  std::string note;
};

// What the network in real numbers does with another encoding of the same images.
struct EncodedAccuracy {
  std::string encoding;
  sim::Step n_steps = 0;
  double accuracy = 0.0;
};

// What the written network takes of the target's memory.
struct MemoryUse {
  std::string memory;  // "flash", "RAM"
  std::uint64_t bytes = 0;
  std::string note;  // what lies there
};

struct LayerCertificate {
  std::size_t n_neurons = 0;
  LayerScaling scaling;
  LayerLoss loss;
  LayerSearch search;
};

struct Certificate {
  std::string target;
  std::string title;
  bool unverified = false;
  ExportFacts facts;
  std::string network;                       // in a few words
  std::string model_digest;                  // of the parameters
  std::string data;                          // that the samples are from
  std::string input;                         // what drives the network, in a few words
  std::vector<PropertyFidelity> properties;  // nothing is known about what is missing here
  std::vector<MemoryUse> memory;             // empty: not counted
  std::size_t n_calibration = 0;             // samples that scales were searched with; 0: there are no scales
  std::vector<LayerCertificate> layers;      // empty: the target keeps real numbers
  std::vector<LayerNumbers> numbers;         // by layer, of what was written
  std::optional<OverflowVerdict> overflow;   // nullopt: the target keeps real numbers
  std::optional<Evidence> evidence;          // nullopt: nothing was emulated
  std::optional<DelayErrors> delays;         // where distances become delays
  std::optional<ExportPlacement> placement;  // where there are several cores
  ChipSplit split;                           // empty: all of it is on one chip
  std::vector<EncodedAccuracy> encodings;    // where the encoding is not the trained one
};

// Neuron equation, reset, comparison, leak, delay, weights, biases and input of a network in whole numbers.
std::vector<PropertyFidelity> integer_fidelity(const FloatNetwork& trained, const QuantisedNetwork& network,
                                               const TargetDescription& target);

OverflowVerdict overflow_verdict(const IntegerNetwork& network, Drive drive);

std::string certificate_text(const Certificate& certificate);
nlohmann::json certificate_json(const Certificate& certificate);
inline constexpr int certificate_version = 1;  // of the JSON

// What --require asks for.
struct Requirement {
  bool exact = false;               // every property, and every spike of the samples
  std::optional<double> agreement;  // share of samples for which the emulated chip says what the model does
};

// "exact" or "agreement=0.99". Throws InputError for anything else.
Requirement parse_requirement(const std::string& text, const std::string& where);
// Throws InputError, with everything that falls short.
void require_met(const Requirement& requirement, const Certificate& certificate);

}  // namespace loci::backends
