// Data sets by name: where their files lie, and what to do when they do not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/samples.hpp"

namespace loci::io {

struct DataSplits {
  sim::LabelledImages train;
  sim::LabelledImages test;
};

// "mnist", "fashion-mnist".
std::vector<std::string> dataset_names();

// Where load_dataset looks when no folder is given: Debian's package for Fashion-MNIST; for MNIST the first
// that the environment names of $LOCI_DATA_DIR/mnist, $XDG_DATA_HOME/loci/mnist, ~/.local/share/loci/mnist.
std::filesystem::path default_data_dir(const std::string& name);

// Takes .gz and plain files, spelled "-idx3-ubyte" or ".idx3-ubyte". Throws InputError for an unknown name,
// missing files (saying how to get them), files of the other data set under this one's name, and everything
// read_labelled_images refuses.
DataSplits load_dataset(const std::string& name,
                        const std::optional<std::filesystem::path>& data_dir = std::nullopt);

}  // namespace loci::io
