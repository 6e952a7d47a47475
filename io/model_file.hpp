// Trained networks and checkpoints in HDF5 (docs/formats.md): description, named parameters, configuration,
// history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/file_format.hpp"
#include "io/history.hpp"
#include "sim/network.hpp"

namespace loci::io {

// 2: the network may lack edges (cutoff, pruned), which a reader of 1 would not notice; 3: it may round its
// numbers (quantization); 4: pruning may go by length or by shares of its own for each connection; 5: more
// than the first hidden layer may be balanced; 6: pruning may go by soft threshold.
inline constexpr int model_format_version = 6;

struct NamedArray {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;  // row-major
};

// Whatever a trainer needs besides the parameters to go on bit-identically; the names are the trainer's.
struct TrainingSnapshot {
  std::map<std::string, std::vector<float>> arrays;  // for example "adam_m"
  std::map<std::string, std::uint64_t> integers;     // for example "epoch"
  std::map<std::string, double> reals;
};

struct ModelFile {
  sim::NetworkDescription network;
  std::vector<float> parameters;  // flat, in sim::ParameterLayout order
  std::uint64_t seed = 0;
  std::string configuration;                      // TOML text of the whole run
  std::map<std::string, std::string> attributes;  // data set, summary facts
  HistoryTable history;
  std::optional<TrainingSnapshot> snapshot;  // in checkpoints that can be resumed

  // Filled by read_model, ignored by write_model, which stamps this build.
  std::string loci_version;
  std::string loci_commit;
};

// Atomic: a failed write leaves an older file as it was. Throws InputError for a network that does not
// validate, parameters of another count than its layout's or not finite, and a file that cannot be written.
void write_model(const std::filesystem::path& path, const ModelFile& model);

// Throws InputError for a file that is missing, damaged, not ours, from a newer loci, or inconsistent; a
// parameter that is not finite is named by group and index.
ModelFile read_model(const std::filesystem::path& path);

// The parameters group by group, as the file stores them.
std::vector<NamedArray> named_parameters(const ModelFile& model);

}  // namespace loci::io
