#include "backends/odin_image.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::uint32_t gate_activity = 0;
constexpr std::uint32_t first_sign = 2;
constexpr std::size_t n_signs = 16;

std::vector<RegisterSetting> registers(const OdinImage& image) {
  std::vector<RegisterSetting> settings{
      {gate_activity, "SPI_GATE_ACTIVITY", 0, "1 while memories are loaded, 0 to run"},
      {1, "SPI_OPEN_LOOP", image.open_loop ? 1U : 0U,
       image.open_loop ? "the host sends spikes back in" : "spikes go round on the chip"}};
  const Memory signs = sign_words(image);
  for (std::size_t i = 0; i < n_signs; ++i)
    settings.push_back(
        {first_sign + static_cast<std::uint32_t>(i), "SPI_SYN_SIGN", signs[i].bits(0, 16),
         fmt::format("1 for each of the sources {} to {} that inhibits", 16 * i, 16 * i + 15)});
  settings.insert(
      settings.end(),
      {{18, "SPI_BURST_TIMEREF", 0, "no bursts"},
       {19, "SPI_AER_SRC_CTRL_nNEUR", 0, "spikes leave when they arise"},
       {20, "SPI_OUT_AER_MONITOR_EN", 0, "spikes leave, not the state of one neuron"},
       {21, "SPI_MONITOR_NEUR_ADDR", 0, "not used"},
       {22, "SPI_MONITOR_SYN_ADDR", 0, "not used"},
       {23, "SPI_UPDATE_UNMAPPED_SYN", 0, "no learning"},
       {24, "SPI_PROPAGATE_UNMAPPED_SYN", image.propagate_unmapped ? 1U : 0U,
        image.propagate_unmapped ? "synapses count whether mapped or not" : "only mapped synapses count"},
       {25, "SPI_SDSP_ON_SYN_STIM", 0, "no learning"}});
  return settings;
}

OdinNeuron unpacked(const MemoryWord& word) {
  OdinNeuron neuron{.lif = word.bits(0, 1) != 0,
                    .leak = static_cast<std::uint8_t>(word.bits(1, 7)),
                    .leaks = word.bits(8, 1) != 0,
                    .threshold = static_cast<std::uint8_t>(word.bits(9, 8)),
                    .learns = word.bits(17, 1) != 0,
                    .membrane = static_cast<std::uint8_t>(word.bits(70, 8)),
                    .disabled = word.bits(127, 1) != 0,
                    .rest = word};
  neuron.rest.set_bits(0, 18, 0);
  neuron.rest.set_bits(70, 8, 0);
  neuron.rest.set_bits(127, 1, 0);
  return neuron;
}

}  // namespace

Memory neuron_words(const OdinImage& image) {
  Memory words;
  for (const OdinNeuron& neuron : image.neurons) {
    MemoryWord& word = words.emplace_back(neuron.rest);
    word.set_bits(0, 1, neuron.lif ? 1 : 0);
    word.set_bits(1, 7, neuron.leak);
    word.set_bits(8, 1, neuron.leaks ? 1 : 0);
    word.set_bits(9, 8, neuron.threshold);
    word.set_bits(17, 1, neuron.learns ? 1 : 0);
    word.set_bits(70, 8, neuron.membrane);
    word.set_bits(127, 1, neuron.disabled ? 1 : 0);
  }
  return words;
}

Memory synapse_words(const OdinImage& image) {
  Memory words(crossbar_size * crossbar_size / 8);
  for (std::size_t i = 0; i < image.synapses.size(); ++i) {
    const OdinSynapse& synapse = image.synapses[i];
    words[i / 8].set_bits(static_cast<int>(4 * (i % 8)), 4, (synapse.mapped ? 8 : 0) | synapse.weight);
  }
  return words;
}

Memory sign_words(const OdinImage& image) {
  Memory words(n_signs);
  for (std::size_t source = 0; source < crossbar_size; ++source)
    words[source / 16].set_bits(static_cast<int>(source % 16), 1, image.inhibitory[source]);
  return words;
}

OdinImage read_odin_image(std::span<const ExportedFile> files) {
  const Memory neurons = read_hex("neur.hex", text_of(files, "neur.hex"), 128, crossbar_size);
  const Memory synapses =
      read_hex("syn.hex", text_of(files, "syn.hex"), 32, crossbar_size * crossbar_size / 8);
  const Memory signs = read_hex("sign.hex", text_of(files, "sign.hex"), 16, n_signs);
  OdinImage image;
  for (std::size_t n = 0; n < crossbar_size; ++n) {
    image.neurons[n] = unpacked(neurons[n]);
    image.inhibitory[n] = static_cast<std::uint8_t>(signs[n / 16].bits(static_cast<int>(n % 16), 1));
  }
  for (std::size_t i = 0; i < image.synapses.size(); ++i) {
    const std::uint32_t bits = synapses[i / 8].bits(static_cast<int>(4 * (i % 8)), 4);
    image.synapses[i] = {.weight = static_cast<std::uint8_t>(bits & 7), .mapped = bits >> 3 != 0};
  }
  if (!has_file(files, "config.txt")) return image;
  unsigned open_loop = 0;
  unsigned unmapped = 0;
  const std::string& config = text_of(files, "config.txt");
  if (std::sscanf(config.c_str(), "openloop=%u propagate_unmapped=%u", &open_loop, &unmapped) != 2 ||
      open_loop > 1 || unmapped > 1)
    throw InputError("config.txt", "is not 'openloop=0 or 1 propagate_unmapped=0 or 1'",
                     "write the file again");
  image.open_loop = open_loop == 1;
  image.propagate_unmapped = unmapped == 1;
  return image;
}

std::vector<SpiBytes> load_sequence(const OdinImage& image) {
  std::vector<SpiBytes> sequence{spi_write_20(gate_activity, 1)};
  for (const RegisterSetting& setting : registers(image))
    if (setting.address != gate_activity) sequence.push_back(spi_write_20(setting.address, setting.value));
  append_crossbar_writes(CrossbarMemory::neurons, neuron_words(image), 16, sequence);
  append_crossbar_writes(CrossbarMemory::synapses, synapse_words(image), 4, sequence);
  sequence.push_back(spi_write_20(gate_activity, 0));
  return sequence;
}

std::vector<ExportedFile> write_odin_image(const OdinImage& image, const ExportFacts& facts) {
  const auto comments = [&](const char* what) { return file_comments(what, facts); };
  std::vector<SpiBytes> clear{spi_write_20(gate_activity, 1)};
  append_crossbar_clear(crossbar_size, 70, 8, clear);
  clear.push_back(spi_write_20(gate_activity, 0));
  return {{"neur.hex",
           hex_text(neuron_words(image), 128, comments("ODIN's neuron memory: 256 words of 128 bits"))},
          {"syn.hex",
           hex_text(synapse_words(image), 32, comments("ODIN's synapse memory: 8192 words of 32 bits"))},
          {"sign.hex", hex_text(sign_words(image), 16, comments("ODIN's sign registers 2 to 17"))},
          {"config.txt", fmt::format("openloop={} propagate_unmapped={}\n", image.open_loop ? 1 : 0,
                                     image.propagate_unmapped ? 1 : 0)},
          {"registers.txt", registers_text(registers(image), comments("ODIN's registers"))},
          {"load.hex",
           spi_text(load_sequence(image), comments("SPI bytes that load ODIN: 20 bits of address and 20 "
                                                   "of data a line, highest bit first"))},
          {"clear.hex", spi_text(clear, comments("SPI bytes that set all membranes of ODIN to 0"))}};
}

}  // namespace loci::backends
