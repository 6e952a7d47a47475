// What numbers a network has, layer by layer, as fingerprints: a certificate keeps those of what was written,
// and whoever reads the files again can say which of them are others.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/integer_network.hpp"

namespace loci::backends {

// 64 bits of each kind of number, in hexadecimal: FNV-1a over them in their order. Equal for equal networks,
// however they are kept: a layer without delays and one whose delays are all 0 are the same, as are biases
// that are missing and biases of 0; delays count only where there is an edge.
struct LayerNumbers {
  std::string sizes;
  std::string weights;
  std::string delays;
  std::string thresholds;
  std::string leaks;
  std::string biases;
  std::string neurons;  // what is no number: how neurons are reset, what they compare, what registers hold

  bool operator==(const LayerNumbers&) const = default;
};

std::vector<LayerNumbers> numbers_of(const IntegerNetwork& network);
std::vector<LayerNumbers> numbers_of(const FloatNetwork& network);

// "weights of layer 1", "thresholds of layer 2", ...: all that are others.
std::vector<std::string> differences(const std::vector<LayerNumbers>& certified,
                                     const std::vector<LayerNumbers>& read);

// The parts by name, in the order above.
struct NumbersPart {
  const char* name;
  std::string LayerNumbers::*fingerprint;
};
inline constexpr NumbersPart numbers_parts[] = {
    {"sizes", &LayerNumbers::sizes},    {"weights", &LayerNumbers::weights},
    {"delays", &LayerNumbers::delays},  {"thresholds", &LayerNumbers::thresholds},
    {"leaks", &LayerNumbers::leaks},    {"biases", &LayerNumbers::biases},
    {"neurons", &LayerNumbers::neurons}};

// How far a network in real numbers is from the trained one, and where it is farthest. Both have the same
// sizes (require_alike()).
struct FarthestWeight {
  double difference = 0.0;  // magnitude; 0: all are equal, and what follows is nothing
  std::size_t layer = 0;    // from 1, as certificates count
  std::size_t source = 0;
  std::size_t target = 0;
  double trained = 0.0;
  double read = 0.0;
};
FarthestWeight farthest_weight(const FloatNetwork& trained, const FloatNetwork& read);

}  // namespace loci::backends
