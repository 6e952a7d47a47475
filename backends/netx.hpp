// Files of Lava-DL's netx (.net): a network that Lava runs on Loihi or on its bit-exact models, as a tree of
// arrays. Layout and the reader's habits: docs/targets/loihi.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "backends/integer_network.hpp"
#include "backends/target.hpp"
#include "sim/data_tree.hpp"

namespace loci::backends {

// Throws InputError at `where` for weights of a layer that netx cannot encode without changing them: all
// zero; above 255 or below -255 where all have one sign; where signs are mixed, above 254 or below -256, or
// above 127 or below -128 beside an odd one.
void require_netx_weights(std::span<const std::int16_t> weights, const std::string& where);

// The network, and beside it, where the reader does not look, `facts` as attributes of the root and
// positions, one (n, dims) array a layer from the input on, or none. Throws InputError, naming the layer, for
// what a file cannot say: neurons that are not Loihi's (loihi_model), thresholds or leaks that differ within
// a layer, biases and thresholds that are no multiples of 64, weights that require_netx_weights refuses or
// that have an exponent, delays beyond 62 steps, or delays that are not one for each neuron or one for each
// source (the latter only where these are not as many: netx would take them for the former). Delays of pairs
// without an edge count for nothing and are not kept.
sim::DataGroup netx_file(const IntegerNetwork& network, const ExportFacts& facts,
                         std::span<const sim::DataArray> positions = {});

// The network that Lava runs from a file. Throws InputError for what is missing or does not fit, for layers
// other than dense ones, and for numbers that netx would change without a word (fractions, weights and delays
// beyond their range).
IntegerNetwork read_netx(const sim::DataGroup& root, const std::string& where);

}  // namespace loci::backends
