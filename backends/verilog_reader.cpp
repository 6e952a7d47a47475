#include "backends/verilog_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "backends/generated_code.hpp"
#include "backends/hex_text.hpp"
#include "backends/native.hpp"
#include "backends/rtl_files.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr const char* remedy = "export the model again";
constexpr std::int64_t most_neurons = 4096;
constexpr int most_bits = 62;

std::string name_of(std::span<const ExportedFile> files) {
  constexpr std::string_view end = "_bench.v";
  for (const ExportedFile& file : files)
    if (file.name.ends_with(end)) return file.name.substr(0, file.name.size() - end.size());
  throw InputError("*_bench.v", "is missing beside the other files",
                   "put it there, or write all of them again");
}

// A word of any width, taken apart from its lowest bit.
class HexBits {
 public:
  explicit HexBits(std::string_view digits) : digits_(digits) {}

  std::uint64_t take(int bits) {
    std::uint64_t value = 0;
    for (int bit = 0; bit < bits; ++bit, ++at_) {
      const char digit = digits_[digits_.size() - 1 - at_ / 4];
      const int nibble = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
      value |= static_cast<std::uint64_t>((nibble >> (at_ % 4)) & 1) << bit;
    }
    return value;
  }
  std::int64_t take_signed(int bits) {
    const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
    return static_cast<std::int64_t>(take(bits) ^ sign) - static_cast<std::int64_t>(sign);
  }

 private:
  std::string_view digits_;
  std::size_t at_ = 0;
};

// The lines of a memory, as many words of `bits` bits as there should be.
std::vector<std::string_view> words_of(std::span<const ExportedFile> files, const std::string& name,
                                       std::size_t n, std::size_t bits) {
  std::vector<std::string_view> words;
  for (const TextLine& line : lines_of(text_of(files, name))) {
    if (line.text.size() != (bits + 3) / 4 ||
        line.text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
      throw InputError(fmt::format("{}, line {}", name, line.number),
                       fmt::format("it is no word of {} bits in hexadecimal", bits), remedy);
    words.push_back(line.text);
  }
  if (words.size() != n)
    throw InputError(name, fmt::format("it has {} words, not {}: it is torn or altered", words.size(), n),
                     remedy);
  return words;
}

// What an instance of the core says of a layer.
struct Layer {
  std::size_t n_sources = 0;
  std::size_t n = 0;
  int lanes = 1;
  int weight_bits = 0;
  int state_bits = 0;
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  bool subtracts = false;
  bool at_once = false;
  bool uniform = false;
  bool biased = false;
  std::int64_t leak = 0;
  std::int64_t threshold = 0;

  std::size_t n_words() const {
    return (n + static_cast<std::size_t>(lanes) - 1) / static_cast<std::size_t>(lanes);
  }
};

class Reader {
 public:
  explicit Reader(std::span<const ExportedFile> files)
      : files_(files),
        name_(loci::backends::name_of(files)),
        top_(name_ + ".v", text_of(files, name_ + ".v")) {}

  VerilogExport read() {
    require_format(name_ + ".v", top_.text(), "loci-verilog", verilog_source_version);
    VerilogExport result{.options = {.name = name_}};
    if (top_.has(", pixels shifted by "))
      result.options.pixel_shift =
          static_cast<int>(top_.whole(top_.between(", pixels shifted by ", "."), "pixels shifted by", 0, 30));
    for (std::size_t l = 0; top_.has(fmt::format("wire done_{};", l)); ++l) {
      const Layer layer = read_layer(l);
      const std::size_t before = l == 0 ? layer.n_sources : result.network.layers.back().size();
      if (layer.n_sources != before)
        top_.refuse(fmt::format("layer {} has {} sources, and there are {}", l, layer.n_sources, before));
      if (l == 0) first_ = layer;
      result.options.lanes = layer.lanes;
      result.network.layers.push_back(network_layer(l, layer));
    }
    if (result.network.layers.empty()) top_.refuse("it has no layers");
    require_generated(result);
    return result;
  }

 private:
  // "24'sd5", "-24'sd5" or "13'd5"
  std::int64_t sized(const GeneratedText& text, const std::string& parameter) const {
    const std::string_view found = text.between("." + parameter + "(", ")");
    const std::size_t digits = found.find('d');
    if (digits == std::string_view::npos)
      text.refuse(fmt::format("{} is '{}', which is no number", parameter, found));
    const std::int64_t magnitude =
        text.whole(found.substr(digits + 1), parameter, 0, std::int64_t{1} << most_bits);
    return found.starts_with('-') ? -magnitude : magnitude;
  }
  bool flag(const GeneratedText& text, const std::string& parameter) const {
    return text.between("." + parameter + "(1'b", ")") == "1";
  }

  Layer read_layer(std::size_t l) const {
    const GeneratedText text = top_.part(fmt::format("wire done_{};", l), "\n  );");
    const auto number = [&](const std::string& parameter, std::int64_t highest) {
      return text.whole(text.between("." + parameter + "(", ")"), parameter, 1, highest);
    };
    return {.n_sources = static_cast<std::size_t>(number("SOURCES", most_neurons)),
            .n = static_cast<std::size_t>(number("NEURONS", most_neurons)),
            .lanes = static_cast<int>(number("LANES", 64)),
            .weight_bits = static_cast<int>(number("WEIGHT_BITS", 16)),
            .state_bits = static_cast<int>(number("STATE_BITS", most_bits)),
            .lowest = sized(text, "LOWEST"),
            .highest = sized(text, "HIGHEST"),
            .subtracts = flag(text, "RESET_SUBTRACTS"),
            .at_once = flag(text, "RESET_AT_ONCE"),
            .uniform = flag(text, "UNIFORM"),
            .biased = flag(text, "BIASED"),
            .leak = sized(text, "LEAK"),
            .threshold = sized(text, "THRESHOLD")};
  }

  std::string file(const char* what, std::size_t l) const {
    return fmt::format("{}_{}_{}.hex", name_, what, l);
  }

  // n_rows times n words of `bits` a neuron; take(bits, neuron) reads one neuron's.
  void for_each_neuron(const std::string& file, const Layer& layer, std::size_t n_rows, int bits,
                       auto&& take) const {
    const auto lanes = static_cast<std::size_t>(layer.lanes);
    const auto words =
        words_of(files_, file, n_rows * layer.n_words(), lanes * static_cast<std::size_t>(bits));
    for (std::size_t at = 0; at < words.size(); ++at) {
      HexBits word(words[at]);
      const std::size_t first = at % layer.n_words() * lanes;
      for (std::size_t j = first; j < std::min(first + lanes, layer.n); ++j)
        take(word, at / layer.n_words(), j);
    }
  }

  std::int32_t kept(std::int64_t value, const std::string& file, std::size_t neuron) const {
    if (value < INT32_MIN || value > INT32_MAX)
      throw InputError(file, fmt::format("neuron {} has {}, which is beyond 32 bits", neuron, value), remedy);
    return static_cast<std::int32_t>(value);
  }

  IntegerLayer network_layer(std::size_t l, const Layer& layer) const {
    IntegerLayer result;
    result.incoming = {.n_sources = layer.n_sources,
                       .n_targets = layer.n,
                       .weight = std::vector<std::int16_t>(layer.n_sources * layer.n)};
    for_each_neuron(file("weight", l), layer, layer.n_sources, layer.weight_bits,
                    [&](HexBits& word, std::size_t row, std::size_t j) {
                      result.incoming.weight[row * layer.n + j] =
                          static_cast<std::int16_t>(word.take_signed(layer.weight_bits));
                    });
    result.model.membrane = {layer.lowest, layer.highest};
    result.model.leak_bits = native_leak_bits;
    result.model.reset = layer.subtracts ? ResetTo::subtract : ResetTo::zero;
    result.model.reset_time = layer.at_once ? ResetTime::at_once : ResetTime::next_update;
    const std::string where = name_ + ".v";
    IntegerParameters& parameters = result.parameters;
    parameters.leak.assign(layer.n, kept(layer.leak, where, 0));
    parameters.threshold.assign(layer.n, kept(layer.threshold, where, 0));
    if (!layer.uniform)
      for_each_neuron(file("neuron", l), layer, 1, native_leak_bits + 1 + layer.state_bits,
                      [&](HexBits& word, std::size_t, std::size_t j) {
                        parameters.leak[j] = static_cast<std::int32_t>(word.take(native_leak_bits + 1));
                        parameters.threshold[j] =
                            kept(word.take_signed(layer.state_bits), file("neuron", l), j);
                      });
    if (layer.biased) {
      parameters.bias.resize(layer.n);
      for_each_neuron(file("bias", l), layer, 1, layer.state_bits,
                      [&](HexBits& word, std::size_t, std::size_t j) {
                        parameters.bias[j] = kept(word.take_signed(layer.state_bits), file("bias", l), j);
                      });
    }
    return result;
  }

  // The same source for as many samples, which are silent here: what is in their files is none of the code's.
  void require_generated(const VerilogExport& result) const {
    const GeneratedText bench(name_ + "_bench.v", text_of(files_, name_ + "_bench.v"));
    const auto n_samples = static_cast<std::size_t>(
        bench.whole(bench.between("localparam SAMPLES = ", ","), "SAMPLES", 1, 1 << 20));
    const auto n_steps =
        static_cast<sim::Step>(bench.whole(bench.between("STEPS = ", ","), "STEPS", 1, 1 << 20));
    const bool driven = has_file(files_, name_ + "_currents.hex");
    require_samples(result, n_samples * n_steps, driven ? n_samples : 0);
    VerilogSamples silent{.spikes = std::vector<sim::SpikeTrains>(1, {.begin = {0, 0}}), .n_steps = 1};
    if (driven) silent.sums.assign(1, std::vector<std::int32_t>(result.network.layers.front().size()));
    std::vector<ExportedFile> expected;
    try {
      expected = verilog_source(result.network, {}, silent, result.options);
    } catch (const std::invalid_argument& error) {
      top_.refuse(fmt::format("its numbers make no network: {}", error.what()));
    }
    for (const ExportedFile& file : expected) {
      if (file.name.ends_with("_samples.hex") || file.name.ends_with("_expected.hex") ||
          file.name.ends_with("_currents.hex"))
        continue;
      std::string code = std::get<std::string>(file.content);
      if (file.name.ends_with("_bench.v")) {
        const std::string of_one = "SAMPLES = 1, STEPS = 1,";
        code.replace(code.find(of_one), of_one.size(),
                     fmt::format("SAMPLES = {}, STEPS = {},", n_samples, n_steps));
      }
      require_same_code(file.name, text_of(files_, file.name), code,
                        file.name.ends_with(".sh") ? CommentStyle::hash : CommentStyle::slashes);
    }
  }

  void require_samples(const VerilogExport& result, std::size_t n_steps, std::size_t n_driven) const {
    std::size_t n_neurons = 0;
    for (const IntegerLayer& layer : result.network.layers) n_neurons += layer.size();
    words_of(files_, name_ + "_samples.hex", n_steps, result.network.n_inputs());
    words_of(files_, name_ + "_expected.hex", n_steps, n_neurons);
    if (n_driven > 0)
      words_of(files_, name_ + "_currents.hex", n_driven * first_.n_words(),
               static_cast<std::size_t>(first_.lanes) * static_cast<std::size_t>(first_.state_bits));
  }

  std::span<const ExportedFile> files_;
  std::string name_;
  GeneratedText top_;
  Layer first_;
};

}  // namespace

VerilogExport import_verilog(std::span<const ExportedFile> files) {
  return Reader(files).read();
}

}  // namespace loci::backends
