#include "backends/reckon_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::size_t n_pairs = reckon_neurons / 2;
constexpr std::size_t n_output_words = 512;  // that the file has
constexpr std::size_t n_settings = 16;
constexpr std::size_t first_alpha = 8;  // of the settings

// The highest 4 bits of alpha are 7 or 8.
bool alpha_from_8(const ReckonPair& pair) {
  return pair.alpha >= 0x8000;
}

std::vector<std::uint32_t> alpha_settings(const ReckonImage& image) {
  std::vector<std::uint32_t> words(n_pairs / 32);
  for (std::size_t pair = 0; pair < n_pairs; ++pair)
    if (alpha_from_8(image.pairs[pair])) words[pair / 32] |= std::uint32_t{1} << (pair % 32);
  return words;
}

std::vector<RegisterSetting> registers(const ReckonImage& image) {
  constexpr std::uint32_t code_enable = 0;
  const auto less_1 = [](std::uint16_t count) { return std::uint32_t{count} - 1; };
  std::vector<RegisterSetting> settings{
      {code_enable, "SPI_EN_CONF", 0, "1 while memories and registers are loaded, 0 to run"},
      {8, "SPI_RST_MODE", image.reset_to_zero ? 1U : 0U,
       image.reset_to_zero ? "a spike resets to 0" : "a spike subtracts the threshold"},
      {9, "SPI_DO_EPROP", 0, "no learning"},
      {12, "SPI_FP_LOC_WINP", image.input_shift, "input weights count 2^this times"},
      {13, "SPI_FP_LOC_WREC", image.recurrent_shift, "recurrent weights count 2^this times"},
      {14, "SPI_FP_LOC_WOUT", image.output_shift, "output weights count 2^this times"},
      {21, "stochastic rounding", 0, "off"},
      {32, "noise", 0, "off"}};
  const std::vector<std::uint32_t> alpha = alpha_settings(image);
  for (std::size_t i = 0; i < alpha.size(); ++i)
    settings.push_back({65 + static_cast<std::uint32_t>(i), "SPI_ALPHA_CONF", alpha[i],
                        fmt::format("1 where alpha is from 1 on, pairs {} to {}", 32 * i, 32 * i + 31)});
  settings.insert(settings.end(),
                  {{69, "SPI_KAPPA", image.kappa, "what is left of an output after a tick, in 1/128"},
                   {94, "SPI_NUM_INP", less_1(image.n_inputs), "inputs less 1"},
                   {95, "SPI_NUM_REC", less_1(image.n_recurrent), "recurrent neurons less 1"},
                   {96, "SPI_NUM_OUT", less_1(image.n_outputs), "outputs less 1"}});
  return settings;
}

Memory weight_words(std::span<const std::int8_t> weights) {
  Memory words(weights.size() / 16);
  for (std::size_t i = 0; i < weights.size(); ++i)
    words[i / 16].set_bits(static_cast<int>(8 * (i % 16)), 8, weights[i]);
  return words;
}

void unpack_weights(const Memory& words, std::vector<std::int8_t>& weights) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<std::int8_t>(words[i / 16].signed_bits(static_cast<int>(8 * (i % 16)), 8));
}

ReckonPair unpacked(const MemoryWord& word, bool from_8) {
  ReckonPair pair{.threshold = static_cast<std::int16_t>(word.signed_bits(100, 16)),
                  .alpha = static_cast<std::uint16_t>((from_8 ? 0x8000U : 0x7000U) | word.bits(116, 12)),
                  .membrane = {static_cast<std::int16_t>(word.signed_bits(0, 16)),
                               static_cast<std::int16_t>(word.signed_bits(50, 16))},
                  .rest = word};
  pair.rest.set_bits(0, 16, 0);
  pair.rest.set_bits(50, 16, 0);
  pair.rest.set_bits(100, 28, 0);
  return pair;
}

void unpack_settings(const Memory& words, ReckonImage& image) {
  const auto setting = [&](std::size_t i, std::uint32_t highest) {
    const std::uint32_t value = words[i].part[0];
    if (value > highest)
      throw InputError("cfg.hex", fmt::format("word {} is {:x}, beyond {:x}", i, value, highest),
                       "write the file again");
    return value;
  };
  image.n_inputs = static_cast<std::uint16_t>(setting(0, 255) + 1);
  image.n_recurrent = static_cast<std::uint16_t>(setting(1, 255) + 1);
  image.n_outputs = static_cast<std::uint16_t>(setting(2, 15) + 1);
  image.reset_to_zero = setting(3, 1) != 0;
  image.input_shift = static_cast<std::uint8_t>(setting(4, 7));
  image.recurrent_shift = static_cast<std::uint8_t>(setting(5, 7));
  image.output_shift = static_cast<std::uint8_t>(setting(6, 7));
  image.kappa = static_cast<std::uint8_t>(setting(7, 255));
}

// Bursts of 32-bit words, from the lowest part of the first memory word on.
void append_memory(std::uint32_t code, const Memory& memory, std::vector<SpiBytes>& sequence) {
  constexpr std::size_t words_per_burst = 512;  // 2048 of 32 bits; a count has 12 bits
  for (std::size_t first = 0; first < memory.size(); first += words_per_burst) {
    std::vector<std::uint32_t> data;
    for (std::size_t i = first; i < std::min(first + words_per_burst, memory.size()); ++i)
      data.insert(data.end(), memory[i].part.begin(), memory[i].part.end());
    sequence.push_back(spi_burst_32(code, static_cast<std::uint32_t>(4 * first), data));
  }
}

}  // namespace

Memory neuron_words(const ReckonImage& image) {
  Memory words;
  for (const ReckonPair& pair : image.pairs) {
    MemoryWord& word = words.emplace_back(pair.rest);
    word.set_bits(0, 16, pair.membrane[0]);
    word.set_bits(50, 16, pair.membrane[1]);
    word.set_bits(100, 16, pair.threshold);
    word.set_bits(116, 12, pair.alpha & 0xFFF);
  }
  return words;
}

Memory input_words(const ReckonImage& image) {
  return weight_words(image.input);
}

Memory recurrent_words(const ReckonImage& image) {
  return weight_words(image.recurrent);
}

Memory output_words(const ReckonImage& image) {
  return weight_words(image.output);
}

ReckonImage read_reckon_image(std::span<const ExportedFile> files) {
  const auto words = [&](const char* name, int width, std::size_t n_words) {
    return read_hex(name, text_of(files, name), width, n_words);
  };
  const Memory settings = words("cfg.hex", 32, n_settings);
  const Memory neurons = words("neur.hex", 128, n_pairs);
  ReckonImage image;
  unpack_settings(settings, image);
  for (std::size_t pair = 0; pair < n_pairs; ++pair)
    image.pairs[pair] =
        unpacked(neurons[pair], (settings[first_alpha + pair / 32].part[0] >> (pair % 32) & 1) != 0);
  unpack_weights(words("winp.hex", 128, image.input.size() / 16), image.input);
  unpack_weights(words("wrec.hex", 128, image.recurrent.size() / 16), image.recurrent);
  const Memory output = words("wout.hex", 128, n_output_words);
  unpack_weights(output, image.output);
  if (std::any_of(output.begin() + reckon_neurons, output.end(),
                  [](const MemoryWord& word) { return word != MemoryWord{}; }))
    throw InputError("wout.hex", "has weights beyond word 255, where no neuron is", "write the file again");
  return image;
}

std::vector<SpiBytes> load_sequence(const ReckonImage& image) {
  constexpr std::uint32_t configuration = 0;
  const auto setting = [](std::uint32_t address, std::uint32_t value) {
    return spi_burst_32(configuration, address, std::span(&value, 1));
  };
  std::vector<SpiBytes> sequence{setting(0, 1)};
  for (const RegisterSetting& entry : registers(image))
    if (entry.address != 0) sequence.push_back(setting(entry.address, entry.value));
  append_memory(1, neuron_words(image), sequence);
  append_memory(3, input_words(image), sequence);
  append_memory(4, recurrent_words(image), sequence);
  append_memory(5, output_words(image), sequence);
  sequence.push_back(setting(0, 0));
  return sequence;
}

std::vector<ExportedFile> write_reckon_image(const ReckonImage& image, const ExportFacts& facts) {
  const auto comments = [&](const char* what) { return file_comments(what, facts); };
  Memory settings(n_settings);
  const std::vector<std::uint32_t> values{
      image.n_inputs - 1U, image.n_recurrent - 1U, image.n_outputs - 1U, image.reset_to_zero,
      image.input_shift,   image.recurrent_shift,  image.output_shift,   image.kappa};
  for (std::size_t i = 0; i < values.size(); ++i) settings[i].part[0] = values[i];
  const std::vector<std::uint32_t> alpha = alpha_settings(image);
  for (std::size_t i = 0; i < alpha.size(); ++i) settings[first_alpha + i].part[0] = alpha[i];
  Memory output = output_words(image);
  output.resize(n_output_words);
  return {{"cfg.hex", hex_text(settings, 32,
                               comments("ReckOn's settings: inputs, recurrent neurons and outputs less "
                                        "1, reset, three shifts, kappa, upper bits of alpha"))},
          {"neur.hex",
           hex_text(neuron_words(image), 128, comments("ReckOn's neuron memory: 128 words of 128 bits"))},
          {"winp.hex",
           hex_text(input_words(image), 128, comments("ReckOn's input weights: 4096 words of 128 bits"))},
          {"wrec.hex", hex_text(recurrent_words(image), 128,
                                comments("ReckOn's recurrent weights: 4096 words of 128 bits"))},
          {"wout.hex",
           hex_text(output, 128, comments("ReckOn's output weights: 512 words of 128 bits, 256 used"))},
          {"registers.txt", registers_text(registers(image), comments("ReckOn's registers"))},
          {"load.hex",
           spi_text(load_sequence(image), comments("SPI bytes that load ReckOn: 32 bits of {read, code, "
                                                   "count, address}, then words of 32 bits, highest bit "
                                                   "first"))}};
}

}  // namespace loci::backends
