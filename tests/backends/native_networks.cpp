#include "native_networks.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backends/native.hpp"
#include "sim/random.hpp"

namespace loci::backends::tests {
namespace {

std::uint32_t draw(std::uint64_t seed, std::size_t index, std::uint32_t what) {
  return sim::random_words(seed, sim::Stream::test, index, what)[0];
}

class Printer : public EmulationListener {
 public:
  explicit Printer(const IntegerNetwork& network)
      : n_spikes_(network.layers.size()), counts_(network.layers.back().size()) {}

  void on_step(std::size_t layer, sim::Step, std::span<const std::uint32_t> fired,
               const IntegerNeurons& neurons) override {
    text_ += fmt::format("{}:", layer);
    for (const std::uint32_t neuron : fired) text_ += fmt::format(" {}", neuron);
    text_ += fmt::format("\n{} v:", layer);
    for (const std::int32_t v : neurons.membrane()) text_ += fmt::format(" {}", v);
    text_ += '\n';
    n_spikes_[layer] += fired.size();
    if (layer + 1 == n_spikes_.size())
      for (const std::uint32_t neuron : fired) ++counts_[neuron];
  }
  Emulated result() const {
    const auto winner = std::ranges::max_element(counts_) - counts_.begin();
    return {text_ + fmt::format("= {} {}\n", winner, fmt::join(counts_, " ")), n_spikes_};
  }

 private:
  std::string text_;
  std::vector<std::size_t> n_spikes_;
  std::vector<std::size_t> counts_;
};

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "loci-source-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream out(path_ + "/" + name, std::ios::binary);
  out << text;
  REQUIRE(out.good());
}

void Folder::write(const std::vector<ExportedFile>& files) const {
  for (const ExportedFile& file : files) write(file.name, std::get<std::string>(file.content));
}

std::string Folder::run(const std::string& command) const {
  const std::string in_folder = "cd '" + path_ + "' && { " + command + " ; } 2>&1";
  FILE* pipe = popen(in_folder.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    output.append(buffer.data(), n);
  const int status = pclose(pipe);
  INFO(command << "\n" << output.substr(0, 4000));
  REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return output;
}

IntegerNetwork random_network(const RandomNetwork& description) {
  IntegerNetwork network;
  for (std::size_t l = 0; l + 1 < description.sizes.size(); ++l) {
    const std::uint64_t seed = description.seed * 100 + l;
    IntegerLayer& layer = network.layers.emplace_back();
    layer.model = native_model(description.lif, description.membrane_bits);
    layer.incoming.n_sources = description.sizes[l];
    layer.incoming.n_targets = description.sizes[l + 1];
    const int limit = description.weight_limit;
    for (std::size_t at = 0; at < description.sizes[l] * description.sizes[l + 1]; ++at) {
      const bool edge = draw(seed, at, 0) < description.density * 0x1p32;
      // A little above 0 on average, so that spikes do not die out from layer to layer.
      const int weight = static_cast<int>(draw(seed, at, 1) % (2U * limit + 1)) - limit + limit / 8;
      layer.incoming.weight.push_back(static_cast<std::int16_t>(edge ? std::min(weight, limit) : 0));
    }
    const auto threshold = static_cast<std::int32_t>(limit * 2 * description.density);
    for (std::size_t j = 0; j < description.sizes[l + 1]; ++j) {
      const bool same = description.same_everywhere;
      layer.parameters.leak.push_back(same ? 3891 : 3500 + static_cast<int>(draw(seed, j, 2) % 596));
      layer.parameters.threshold.push_back(same ? threshold
                                                : threshold + static_cast<int>(draw(seed, j, 3) % 100));
      if (!same) layer.parameters.bias.push_back(static_cast<int>(draw(seed, j, 4) % 41) - 20);
    }
  }
  return network;
}

sim::SpikeTrains random_spikes(std::size_t n_inputs, sim::Step n_steps, std::uint64_t seed) {
  sim::SpikeTrains trains{.begin = {0}};
  for (sim::Step step = 0; step < n_steps; ++step) {
    for (std::size_t i = 0; i < n_inputs; ++i)
      if (draw(seed, i, step) % 3 == 0) trains.neuron.push_back(static_cast<std::uint32_t>(i));
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }
  return trains;
}

std::vector<std::uint8_t> random_pixels(std::size_t n_inputs, std::uint64_t seed) {
  std::vector<std::uint8_t> pixels(n_inputs);
  for (std::size_t i = 0; i < n_inputs; ++i) {
    const std::uint32_t word = draw(seed, i, 1000);
    pixels[i] = static_cast<std::uint8_t>(word % 2 == 0 ? 0 : word >> 24);
  }
  return pixels;
}

Emulated emulated(const IntegerNetwork& network, const IntegerStimulus& stimulus, sim::Step n_steps) {
  Printer printer(network);
  Emulator(network).run(stimulus, n_steps, printer);
  return printer.result();
}

std::string sample_text(const sim::SpikeTrains& spikes) {
  std::string text;
  for (std::size_t step = 0; step + 1 < spikes.begin.size(); ++step)
    text += fmt::format("{} {}\n", spikes.at(step).size(), fmt::join(spikes.at(step), " "));
  return text;
}

std::string sample_text(const std::vector<std::uint8_t>& pixels) {
  return fmt::format("{}\n", fmt::join(pixels, " "));
}

}  // namespace loci::backends::tests
