// The magnitude of a given rank among the weights of a connection, which nowhere stand all together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "learning/panels.hpp"
#include "learning/workers.hpp"

namespace loci::learning {

// Some of the weights: a multiple of 16, on a cache line's quarter.
using TakeWeights = std::function<void(std::span<const float>)>;
// Shows the weights of a postsynaptic panel, tile by tile. Any thread.
using ShowWeights = std::function<void(std::size_t panel, const TakeWeights& take)>;

class MagnitudeRank {
 public:
  // The magnitude that is at place `rank`, from 0, when all n are in rising order: those of the weights shown
  // that are not 0, and zeros for the others. Exact; only the time it takes depends on what was found before.
  float find(std::size_t rank, std::size_t n, std::size_t n_panels, const ShowWeights& show,
             const Workers& workers);

 private:
  struct Part {
    std::size_t n_nonzero = 0;
    std::size_t n_below = 0;
    std::size_t n_between = 0;
    AlignedFloats between;
  };

  std::optional<float> find_near_last(std::size_t rank, std::size_t n, std::size_t n_panels,
                                      const ShowWeights& show, const Workers& workers);

  float last_ = 0.0F;
  float reach_ = 0.0F;  // how far from the last one the next is looked for first, relative to it
  std::vector<Part> parts_;
};

}  // namespace loci::learning
