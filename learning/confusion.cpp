#include "learning/confusion.hpp"

#include <cassert>

namespace loci::learning {

std::vector<std::vector<std::size_t>> confusion_matrix(std::span<const std::uint8_t> labels,
                                                       std::span<const std::uint8_t> predictions,
                                                       std::size_t n_classes) {
  assert(labels.size() == predictions.size());
  std::vector<std::vector<std::size_t>> counts(n_classes, std::vector<std::size_t>(n_classes));
  for (std::size_t i = 0; i < labels.size(); ++i) ++counts[labels[i]][predictions[i]];
  return counts;
}

}  // namespace loci::learning
