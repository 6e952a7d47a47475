// Labelled samples of spikes in the layout of the Spiking Heidelberg Digits, which trainers of spiking
// networks read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/file_format.hpp"

namespace loci::io {

inline constexpr int shd_format_version = 1;

// Holds everything in memory, 4 bytes for a spike, and writes on close; not closed, it writes nothing.
class ShdWriter {
 public:
  // classes: what the labels stand for; may be empty.
  ShdWriter(std::filesystem::path path, std::size_t n_neurons, std::vector<std::string> classes,
            Provenance provenance);

  // times_ms: (n), from the sample's begin on, not decreasing; neurons: (n). Times are kept in seconds with
  // 11 significant bits, as the layout has it: near 1 s to 1 ms, near 0.1 s to 0.06 ms. Throws InputError for
  // a time that is negative, not finite, decreasing or beyond 65,504 s, a neuron beyond n_neurons or 65,535,
  // and a label beyond the classes or 65,535; the sample is then not kept. Throws std::logic_error for spans
  // of different length.
  void append(std::span<const double> times_ms, std::span<const std::uint64_t> neurons, std::int64_t label);
  void close();

  std::size_t n_samples() const { return labels_.size(); }

 private:
  void require_sample(std::span<const double> times_ms, std::span<const std::uint64_t> neurons,
                      std::int64_t label) const;

  std::filesystem::path path_;
  std::size_t n_neurons_;
  std::vector<std::string> classes_;
  Provenance provenance_;
  std::vector<std::vector<std::uint16_t>> times_;  // float16, s
  std::vector<std::vector<std::uint16_t>> units_;
  std::vector<std::uint16_t> labels_;
};

struct ShdSample {
  std::vector<double> times_ms;
  std::vector<std::uint16_t> neurons;
  std::int64_t label = 0;
};

struct ShdFile {
  FileStamp stamp;                   // format "shd" for a file of another program
  std::size_t n_neurons = 0;         // files of other programs: one more than the largest number
  std::vector<std::string> classes;  // empty where the file does not say
  std::vector<ShdSample> samples;
};

// Ours and those of other programs. Throws InputError for parts that are missing or do not fit each other and
// for times that are negative or not finite.
ShdFile read_shd(const std::filesystem::path& path);

}  // namespace loci::io
