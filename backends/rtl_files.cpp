#include "backends/rtl_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "sim/error.hpp"

namespace loci::backends {

using nlohmann::json;

void validate(const RtlSamples& samples, std::size_t n_inputs) {
  for (const sim::SpikeTrains& trains : samples.trains) {
    if (trains.begin.size() != std::size_t{samples.n_steps} + 1)
      throw std::invalid_argument("a sample to be exported has another number of steps");
    if (std::ranges::any_of(trains.neuron, [&](std::uint32_t input) { return input >= n_inputs; }))
      throw std::invalid_argument(
          "a sample to be exported has spikes of inputs that the network does not have");
  }
}

std::string sidecar_text(const RtlSidecar& sidecar) {
  json layers = json::array();
  for (const LayerIds& layer : sidecar.layers)
    layers.push_back({{"first_id", layer.begin}, {"size", layer.size}});
  const json document{{"target", sidecar.target},        {"layers", layers},
                      {"readout", sidecar.readout},      {"closed_loop", sidecar.closed_loop},
                      {"n_steps", sidecar.n_steps},      {"n_samples", sidecar.n_samples},
                      {"model", sidecar.facts.model},    {"configuration", sidecar.facts.configuration},
                      {"seed", sidecar.facts.seed},      {"version", sidecar.facts.version},
                      {"step_ms", sidecar.facts.step_ms}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

RtlSidecar read_sidecar(std::span<const ExportedFile> files, const std::string& target) {
  const std::string& text = text_of(files, sidecar_name);
  RtlSidecar sidecar;
  try {
    const json document = json::parse(text);
    document.at("target").get_to(sidecar.target);
    for (const json& layer : document.at("layers"))
      sidecar.layers.push_back(
          {layer.at("first_id").get<std::size_t>(), layer.at("size").get<std::size_t>()});
    document.at("readout").get_to(sidecar.readout);
    document.at("closed_loop").get_to(sidecar.closed_loop);
    document.at("n_steps").get_to(sidecar.n_steps);
    document.at("n_samples").get_to(sidecar.n_samples);
    document.at("model").get_to(sidecar.facts.model);
    document.at("configuration").get_to(sidecar.facts.configuration);
    document.at("seed").get_to(sidecar.facts.seed);
    document.at("version").get_to(sidecar.facts.version);
    document.at("step_ms").get_to(sidecar.facts.step_ms);
  } catch (const json::exception& error) {
    throw InputError(sidecar_name, error.what(), "export the network again");
  }
  if (sidecar.target != target)
    throw InputError(sidecar_name, fmt::format("is of target '{}', not of '{}'", sidecar.target, target),
                     "name the folder that was exported to for this target");
  const bool sane =
      sidecar.layers.size() >= 2 && std::ranges::all_of(sidecar.layers, [](const LayerIds& layer) {
        return 1 <= layer.size && layer.size <= 256 && layer.begin <= 256 - layer.size;
      });
  if (!sane)
    throw InputError(sidecar_name, "its layers are not an input and layers after it with ids below 256",
                     "export the network again");
  return sidecar;
}

bool has_file(std::span<const ExportedFile> files, const std::string& name) {
  return std::ranges::any_of(files, [&](const ExportedFile& file) { return file.name == name; });
}

const std::string& text_of(std::span<const ExportedFile> files, const std::string& name) {
  const auto file = std::ranges::find(files, name, &ExportedFile::name);
  const std::string* text = file == files.end() ? nullptr : std::get_if<std::string>(&file->content);
  if (text == nullptr)
    throw InputError(name, "is missing beside the other files", "put it there, or write all of them again");
  return *text;
}

std::vector<std::string> file_comments(const std::string& what, const ExportFacts& facts) {
  std::string model = facts.model;  // a line break would end the comment
  std::ranges::replace_if(
      model, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return {what, fmt::format("loci {}, model {}, seed {}, step {} ms; more in {}", facts.version, model,
                            facts.seed, facts.step_ms, sidecar_name)};
}

std::string sample_file(std::size_t sample, const char* name) {
  return fmt::format("samples/{:04}/{}", sample, name);
}

std::string registers_text(std::span<const RegisterSetting> registers,
                           std::span<const std::string> comments) {
  std::string text;
  for (const std::string& comment : comments) text += fmt::format("// {}\n", comment);
  text += "// address, value in hexadecimal, name: meaning\n";
  for (const RegisterSetting& setting : registers)
    fmt::format_to(std::back_inserter(text), "{:3} {:8x}  {}: {}\n", setting.address, setting.value,
                   setting.name, setting.meaning);
  return text;
}

}  // namespace loci::backends
