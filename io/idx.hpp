// The idx format of the MNIST family, plain or gzip-compressed (told apart by content, never by name).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/samples.hpp"

namespace loci::io {

// Unsigned bytes of any rank, row-major.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> values;
};

// Throws InputError for a file that is missing, no idx file of unsigned bytes, of another rank, truncated,
// longer than its header says, or corrupt gzip.
IdxArray read_idx(const std::filesystem::path& path, std::size_t rank);

// An image file (rank 3) with its label file (rank 1). Throws InputError when they do not belong together,
// when a label is not below n_classes, or when there are no images.
sim::LabelledImages read_labelled_images(const std::filesystem::path& images,
                                         const std::filesystem::path& labels, const std::string& name,
                                         std::size_t n_classes = 10);

}  // namespace loci::io
