// Which class is taken for which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loci::learning {

// Returns [label][predicted], counted. labels, predictions: (n), each below n_classes.
std::vector<std::vector<std::size_t>> confusion_matrix(std::span<const std::uint8_t> labels,
                                                       std::span<const std::uint8_t> predictions,
                                                       std::size_t n_classes);

}  // namespace loci::learning
