#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "backends/generated_code.hpp"
#include "backends/rtl_files.hpp"
#include "backends/spinnaker.hpp"
#include "sim/error.hpp"
#include "sim/layered_circuit.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

constexpr const char* remedy = "export the model again";
constexpr std::int64_t most_neurons = 1 << 20;
constexpr double longest_delay = 1e6;  // steps

std::string script_name(std::span<const ExportedFile> files) {
  for (const ExportedFile& file : files)
    if (file.name.ends_with(".py")) return file.name;
  throw InputError("*.py", "is missing beside the other files", "put it there, or write all of them again");
}

// A number at the beginning of the text, which is taken off.
template <typename Number>
bool take(std::string_view& text, Number& number) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

class Reader {
 public:
  explicit Reader(std::span<const ExportedFile> files)
      : files_(files),
        script_name_(script_name(files)),
        script_(script_name_, text_of(files, script_name_)) {}

  FloatNetwork read() {
    require_format(script_name_, script_.text(), "loci-spinnaker", spinnaker_version);
    std::string_view step = script_.between("STEP_MS = ", "\n");
    if (!take(step, step_ms_) || !step.empty() || !(step_ms_ > 0.0))
      script_.refuse("STEP_MS is no duration of a step");
    const json populations = list("POPULATIONS = [\n", "{", "}");
    const json projections = list("PROJECTIONS = [\n", "(", ")");
    auto n_sources = static_cast<std::size_t>(
        script_.whole(script_.between("N_INPUTS = ", "\n"), "N_INPUTS", 1, most_neurons));
    FloatNetwork trained;
    try {
      for (const json& population : populations) {
        trained.layers.push_back(layer(population, n_sources));
        n_sources = trained.layers.back().n_targets;
      }
      if (trained.layers.empty()) script_.refuse("it has no POPULATIONS");
      for (const json& projection : projections) take_list(projection, trained);
    } catch (const json::exception& error) {
      script_.refuse(fmt::format("POPULATIONS or PROJECTIONS are altered: {}", error.what()));
    }
    return written_again(trained);
  }

 private:
  // A Python list of dicts or tuples of plain values, which is nearly JSON.
  json list(std::string_view begin, std::string_view open, std::string_view close) const {
    std::string text(script_.between(begin, "\n]\n"));
    if (open == "(")
      for (std::size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size()) + 1) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (const std::size_t first = text.find('(', at); first < end) text[first] = '[';
        if (const std::size_t last = text.rfind(')', end); last != std::string::npos && last > at)
          text[last] = ']';
      }
    if (text.ends_with(',')) text.pop_back();
    json parsed = json::parse("[" + text + "]", nullptr, false);
    if (parsed.is_discarded())
      script_.refuse(fmt::format("what follows '{}' is no list of {}...{}", begin.substr(0, begin.find(' ')),
                                 open, close));
    return parsed;
  }

  // Resets are the machine's.
  FloatLayer layer(const json& population, std::size_t n_sources) const {
    FloatLayer layer{.n_sources = n_sources, .n_targets = population.at("size").get<std::size_t>()};
    if (layer.n_targets < 1 || layer.n_targets > static_cast<std::size_t>(most_neurons))
      script_.refuse(fmt::format("a population of {} neurons", layer.n_targets));
    const json& trained = population.at("trained");
    layer.weight.assign(n_sources * layer.n_targets, 0.0F);
    layer.delay.assign(layer.weight.size(), 0);
    layer.lif = {.beta = trained.at("beta"), .threshold = trained.at("threshold"), .reset = sim::Reset::zero};
    if (trained.at("bias").is_array())
      layer.bias = trained.at("bias").get<std::vector<double>>();
    else
      layer.bias.assign(layer.n_targets, trained.at("bias").get<double>());
    if (layer.bias.size() != layer.n_targets)
      script_.refuse(fmt::format("{} biases for {} neurons", layer.bias.size(), layer.n_targets));
    return layer;
  }

  void take_list(const json& projection, FloatNetwork& network) const {
    const std::size_t n_layers = network.layers.size() + 1;
    const std::string pre = projection.at(0);
    const std::string post = projection.at(1);
    const std::string receptor = projection.at(2);
    for (std::size_t l = 0; l + 1 < n_layers; ++l) {
      if (pre != sim::layer_name(l, n_layers) || post != sim::layer_name(l + 1, n_layers)) continue;
      take_rows(projection.at(3), receptor == "inhibitory" ? -1.0F : 1.0F, network.layers[l]);
      return;
    }
    script_.refuse(
        fmt::format("a projection from '{}' to '{}' joins no layers that follow one another", pre, post));
  }

  void take_rows(const std::string& name, float sign, FloatLayer& layer) const {
    const std::string& text = text_of(files_, name);
    for (const CodeLine& line : code_lines(text, CommentStyle::hash)) {
      std::string_view rest = line.text;
      std::size_t pre = 0;
      std::size_t post = 0;
      float weight = 0.0F;
      double delay_ms = 0.0;
      const bool complete =
          take(rest, pre) && take(rest, post) && take(rest, weight) && take(rest, delay_ms) && rest.empty();
      const double steps = std::nearbyint(delay_ms / step_ms_);
      const bool fits = complete && pre < layer.n_sources && post < layer.n_targets &&
                        std::isfinite(weight) && weight > 0.0F && steps >= 1.0 && steps <= longest_delay;
      const std::size_t pair = pre * layer.n_targets + post;
      if (!fits || layer.weight[pair] != 0.0F)
        throw InputError(fmt::format("{}, line {}", name, line.number),
                         fits ? fmt::format("neurons {} and {} are joined twice", pre, post)
                              : "it is no row of pre, post, weight and delay of these layers",
                         remedy);
      layer.weight[pair] = sign * weight;
      layer.delay[pair] = static_cast<sim::Step>(steps) - 1;
    }
    if (!text.ends_with('\n')) throw InputError(name, "its last line has no end: the file is torn", remedy);
  }

  // Whatever else is in the files has to follow from the network.
  FloatNetwork written_again(const FloatNetwork& trained) const {
    const ExportFacts facts{.step_ms = step_ms_};
    const TargetExport expected = export_spinnaker(
        trained, facts, script_name_.substr(0, script_name_.size() - std::string_view(".py").size()));
    for (const ExportedFile& file : expected.files)
      require_same_code(file.name, text_of(files_, file.name), std::get<std::string>(file.content),
                        CommentStyle::hash);
    return expected.computed;
  }

  std::span<const ExportedFile> files_;
  std::string script_name_;
  GeneratedText script_;
  double step_ms_ = 1.0;
};

}  // namespace

FloatNetwork import_spinnaker(std::span<const ExportedFile> files) {
  return Reader(files).read();
}

}  // namespace loci::backends
