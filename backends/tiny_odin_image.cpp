#include "backends/tiny_odin_image.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::uint32_t gate_activity = 0;

std::vector<RegisterSetting> registers(const TinyOdinImage& image) {
  return {{gate_activity, "SPI_GATE_ACTIVITY", 0, "1 while memories are loaded, 0 to run"},
          {1, "SPI_OPEN_LOOP", image.open_loop ? 1U : 0U,
           image.open_loop ? "the host sends spikes back in" : "spikes go round on the chip"},
          {2, "SPI_AER_SRC_CTRL_nNEUR", image.spikes_from_controller ? 1U : 0U,
           image.spikes_from_controller ? "spikes leave when they are worked on"
                                        : "spikes leave when they arise"},
          {3, "SPI_MAX_NEUR", image.last_neuron, "the last neuron that events reach"}};
}

}  // namespace

Memory neuron_words(const TinyOdinImage& image) {
  Memory words(crossbar_size);
  for (std::size_t n = 0; n < crossbar_size; ++n) {
    const TinyOdinNeuron& neuron = image.neurons[n];
    words[n].set_bits(0, 12, neuron.membrane);
    words[n].set_bits(12, 12, neuron.threshold);
    words[n].set_bits(24, 7, neuron.leak);
    words[n].set_bits(31, 1, neuron.disabled ? 1 : 0);
  }
  return words;
}

Memory synapse_words(const TinyOdinImage& image) {
  Memory words(crossbar_size * crossbar_size / 8);
  for (std::size_t i = 0; i < image.weight.size(); ++i)
    words[i / 8].set_bits(static_cast<int>(4 * (i % 8)), 4, image.weight[i]);
  return words;
}

TinyOdinImage read_tiny_odin_image(std::span<const ExportedFile> files) {
  const Memory neurons = read_hex("neur.hex", text_of(files, "neur.hex"), 32, crossbar_size);
  const Memory synapses =
      read_hex("syn.hex", text_of(files, "syn.hex"), 32, crossbar_size * crossbar_size / 8);
  TinyOdinImage image;
  for (std::size_t n = 0; n < crossbar_size; ++n)
    image.neurons[n] = {.membrane = static_cast<std::int16_t>(neurons[n].signed_bits(0, 12)),
                        .threshold = static_cast<std::uint16_t>(neurons[n].bits(12, 12)),
                        .leak = static_cast<std::uint8_t>(neurons[n].bits(24, 7)),
                        .disabled = neurons[n].bits(31, 1) != 0};
  for (std::size_t i = 0; i < image.weight.size(); ++i)
    image.weight[i] = static_cast<std::int8_t>(synapses[i / 8].signed_bits(static_cast<int>(4 * (i % 8)), 4));
  unsigned open_loop = 0;
  unsigned last_neuron = 0;
  const std::string& config = text_of(files, "config.txt");
  if (std::sscanf(config.c_str(), "openloop=%u SPI_MAX_NEUR=%u", &open_loop, &last_neuron) != 2 ||
      open_loop > 1 || last_neuron > 255)
    throw InputError("config.txt", "is not 'openloop=0 or 1 SPI_MAX_NEUR=0 to 255'", "write the file again");
  image.open_loop = open_loop == 1;
  image.last_neuron = static_cast<std::uint8_t>(last_neuron);
  return image;
}

std::vector<SpiBytes> load_sequence(const TinyOdinImage& image) {
  std::vector<SpiBytes> sequence{spi_write_20(gate_activity, 1)};
  for (const RegisterSetting& setting : registers(image))
    if (setting.address != gate_activity) sequence.push_back(spi_write_20(setting.address, setting.value));
  append_crossbar_writes(CrossbarMemory::neurons, neuron_words(image), 4, sequence);
  append_crossbar_writes(CrossbarMemory::synapses, synapse_words(image), 4, sequence);
  sequence.push_back(spi_write_20(gate_activity, 0));
  return sequence;
}

std::vector<ExportedFile> write_tiny_odin_image(const TinyOdinImage& image, const ExportFacts& facts) {
  const auto comments = [&](const char* what) { return file_comments(what, facts); };
  std::vector<SpiBytes> clear{spi_write_20(gate_activity, 1)};
  append_crossbar_clear(crossbar_size, 0, 12, clear);
  clear.push_back(spi_write_20(gate_activity, 0));
  return {{"neur.hex",
           hex_text(neuron_words(image), 32, comments("tinyODIN's neuron memory: 256 words of 32 bits"))},
          {"syn.hex",
           hex_text(synapse_words(image), 32, comments("tinyODIN's synapse memory: 8192 words of 32 bits"))},
          {"config.txt",
           fmt::format("openloop={} SPI_MAX_NEUR={}\n", image.open_loop ? 1 : 0, image.last_neuron)},
          {"registers.txt", registers_text(registers(image), comments("tinyODIN's registers"))},
          {"load.hex",
           spi_text(load_sequence(image), comments("SPI bytes that load tinyODIN: 20 bits of address and "
                                                   "20 of data a line, highest bit first"))},
          {"clear.hex", spi_text(clear, comments("SPI bytes that set all membranes of tinyODIN to 0"))}};
}

}  // namespace loci::backends
