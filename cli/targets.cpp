#include "cli/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/c_reader.hpp"
#include "backends/c_samples.hpp"
#include "backends/c_source.hpp"
#include "backends/circuit_network.hpp"
#include "backends/limits.hpp"
#include "backends/loihi.hpp"
#include "backends/native.hpp"
#include "backends/netx.hpp"
#include "backends/nir_export.hpp"
#include "backends/nir_network.hpp"
#include "backends/odin.hpp"
#include "backends/reckon.hpp"
#include "backends/rtl_chips.hpp"
#include "backends/spinnaker.hpp"
#include "backends/spinnaker2.hpp"
#include "backends/tiny_odin.hpp"
#include "backends/verilog_reader.hpp"
#include "backends/verilog_source.hpp"
#include "backends/xylo.hpp"
#include "io/circuit_file.hpp"
#include "io/layered_sonata.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using backends::ExportedFile;
using experiments::ExportedFolder;
using experiments::ExportSubject;
using experiments::ExportTarget;
using experiments::IntegerExport;
using experiments::RealExport;

constexpr const char* file_stem = "network";  // of files that are named after the network

// (n, coordinates) by layer; none for a network without positions.
std::vector<sim::DataArray> positions_of(const ExportSubject& subject) {
  std::vector<sim::DataArray> positions;
  if (!subject.network.spatial()) return positions;
  for (std::size_t l = 0; l < subject.network.n_layers(); ++l) {
    const auto of_layer = subject.parameters.group("position", l);
    positions.push_back({std::vector<float>(of_layer.begin(), of_layer.end()),
                         {subject.network.sizes[l], subject.network.n_coordinates()}});
  }
  return positions;
}

const std::string netx_name = std::string(file_stem) + ".net";

backends::IntegerNetwork read_loihi(std::span<const ExportedFile> files) {
  for (const ExportedFile& file : files)
    if (const auto* tree = std::get_if<sim::DataGroup>(&file.content))
      return backends::read_netx(*tree, file.name);
  throw InputError(netx_name, "the file is missing, or no HDF5", "export the model again");
}

ExportTarget loihi() {
  return {.name = "loihi",
          .title = backends::loihi_target().title,
          .describe = [](const sim::Lif&) { return backends::loihi_target(); },
          .write =
              [](const IntegerExport& what) {
                return std::vector<ExportedFile>{
                    {netx_name,
                     backends::netx_file(what.network, what.subject.facts, positions_of(what.subject))}};
              },
          .read = read_loihi};
}

backends::RtlSamples rtl_samples(const IntegerExport& what) {
  return {.trains = what.subject.samples, .n_steps = what.subject.n_steps};
}

using Chips = backends::ChipFiles (*)(const backends::ExportFacts&);

auto split_writer(Chips chips) {
  return [chips](const IntegerExport& what, const backends::ChipSplit& split) {
    return backends::write_split(what.network, split, rtl_samples(what), chips(what.subject.facts));
  };
}

// One chip, or several.
auto chip_reader(Chips chips) {
  return [chips](std::span<const ExportedFile> files) {
    return backends::is_split(files) ? backends::read_split(files, chips({})) : chips({}).read(files);
  };
}

ExportTarget reckon() {
  return {
      .name = "reckon",
      .title = backends::reckon_target().title,
      .describe = [](const sim::Lif& lif) { return backends::reckon_target(lif.reset == sim::Reset::zero); },
      .write =
          [](const IntegerExport& what) {
            return backends::export_reckon(what.network, rtl_samples(what), what.subject.facts);
          },
      .write_split = split_writer(backends::reckon_chips),
      .read = chip_reader(backends::reckon_chips)};
}

ExportTarget tiny_odin() {
  return {.name = "tinyodin",
          .title = backends::tiny_odin_target().title,
          .describe = [](const sim::Lif&) { return backends::tiny_odin_target(); },
          .write =
              [](const IntegerExport& what) {
                return backends::export_tiny_odin(what.network, rtl_samples(what), what.subject.facts);
              },
          .write_split = split_writer(backends::tiny_odin_chips),
          .read = chip_reader(backends::tiny_odin_chips)};
}

ExportTarget odin() {
  return {.name = "odin",
          .title = backends::odin_target().title,
          .describe = [](const sim::Lif&) { return backends::odin_target(); },
          .write =
              [](const IntegerExport& what) {
                return backends::export_odin(what.network, rtl_samples(what), what.subject.facts);
              },
          .write_split = split_writer(backends::odin_chips),
          .read = chip_reader(backends::odin_chips)};
}

std::optional<int> pixel_shift_of(const IntegerExport& what) {
  return what.drive == backends::Drive::pixels ? std::optional<int>(0) : std::nullopt;
}

backends::CSourceOptions c_options(const IntegerExport& what) {
  return {.pixel_shift = pixel_shift_of(what), .positions = what.positions};
}

std::vector<ExportedFile> write_c(const IntegerExport& what) {
  const ExportSubject& subject = what.subject;
  std::vector<ExportedFile> files = backends::c_source(what.network, subject.facts, c_options(what));
  for (ExportedFile& file : backends::c_samples(
           what.network, {.trains = subject.samples, .images = subject.images, .n_steps = subject.n_steps},
           c_options(what)))
    files.push_back(std::move(file));
  return files;
}

ExportTarget c(const TargetOptions& options) {
  const int bits = weight_bits_of(options);
  const bool generated = weights_from_positions(options);
  return {
      .name = "c",
      .title = backends::c_target().title,
      .describe =
          [bits, generated](const sim::Lif& lif) {
            return backends::c_target(
                lif, bits, generated ? backends::Granularity::layer : backends::Granularity::neuron);
          },
      .write = write_c,
      .read = [](std::span<const ExportedFile> files) { return backends::import_c(files).network; },
      .weights_from_positions = generated,
      .memory = [](const IntegerExport& what) { return backends::c_memory(what.network, c_options(what)); }};
}

backends::VerilogSamples verilog_samples(const IntegerExport& what) {
  const ExportSubject& subject = what.subject;
  backends::VerilogSamples samples{.spikes = {subject.samples.begin(), subject.samples.end()},
                                   .n_steps = subject.n_steps};
  const sim::SpikeTrains silent{.begin = std::vector<std::uint32_t>(subject.n_steps + 1)};
  for (const auto image : subject.images) {
    samples.spikes.push_back(silent);
    samples.sums.push_back(backends::pixel_sums(what.network.layers.front().incoming, image));
  }
  return samples;
}

ExportTarget verilog(const TargetOptions& options) {
  return {
      .name = "verilog",
      .title = backends::verilog_target().title,
      .needs_samples = true,
      .describe = [bits = weight_bits_of(options)](
                      const sim::Lif& lif) { return backends::verilog_target(lif, bits); },
      .write =
          [](const IntegerExport& what) {
            return backends::verilog_source(what.network, what.subject.facts, verilog_samples(what),
                                            {.pixel_shift = pixel_shift_of(what)});
          },
      .read = [](std::span<const ExportedFile> files) { return backends::import_verilog(files).network; }};
}

backends::NirExport nir_graph(const ExportSubject& subject, const backends::NirExportOptions& options) {
  const auto graph = sim::build_spatial_graph(subject.network, subject.parameters, subject.graph);
  return backends::nir_of(subject.network, subject.parameters, options, subject.facts,
                          backends::delays_of(graph));
}

const std::string nir_name = std::string(file_stem) + ".nir";

backends::FloatNetwork without_biases(backends::FloatNetwork network) {
  for (backends::FloatLayer& layer : network.layers) std::ranges::fill(layer.bias, 0.0);
  return network;
}

ExportTarget nir(const TargetOptions& options) {
  backends::NirExportOptions wanted{.linear = options.linear, .dt = options.dt};
  if (options.integrator)
    wanted.integrator = backends::parse_nir_integrator(*options.integrator, "--integrator");
  if (options.unit) wanted.time_unit = *options.unit;
  return {.name = "nir",
          .title = "NIR, the exchange format of ten frameworks",
          .write_real =
              [wanted](const ExportSubject& subject) {
                backends::NirExport exported = nir_graph(subject, wanted);
                RealExport result{.files = backends::nir_files(exported, nir_name),
                                  .properties = std::move(exported.fidelity)};
                if (wanted.linear) result.computed = without_biases(subject.trained);
                return result;
              },
          .read_real = [](const ExportedFolder& folder) { return backends::import_nir(folder.files); }};
}

// The files are written later, by io, when the subject is gone.
RealExport write_sonata(const ExportSubject& subject) {
  RealExport result;
  result.properties = {{"neurons and edges", backends::Fidelity::exact, "written one by one"}};
  std::optional<sim::SpikeTrains> sample;
  if (!subject.samples.empty()) sample = subject.samples.front();
  result.write_folder = [sample, n_steps = subject.n_steps, network = subject.network,
                         parameters = subject.parameters, options = subject.graph,
                         facts = subject.facts](const std::filesystem::path& folder) {
    io::export_layered({.folder = folder, .n_steps = n_steps, .sample = sample ? &*sample : nullptr}, network,
                       parameters, sim::build_spatial_graph(network, parameters, options),
                       {.seed = facts.seed, .configuration = facts.configuration});
  };
  return result;
}

backends::FloatNetwork read_sonata(const ExportedFolder& folder) {
  return backends::float_network(io::load_circuit(folder.path / "circuit.toml").circuit,
                                 folder.path.string());
}

ExportTarget sonata() {
  return {.name = "sonata",
          .title = "SONATA: nodes with positions, edges with weights and delays; loci simulate runs it",
          .write_real = write_sonata,
          .read_real = read_sonata};
}

RealExport real(backends::TargetExport exported, const backends::TargetDescription& target) {
  return {.files = std::move(exported.files),
          .properties = std::move(exported.fidelity),
          .computed = std::move(exported.computed),
          .core = target.limits.core};
}

ExportTarget spinnaker() {
  return {.name = "spinnaker",
          .title = backends::spinnaker_target().title,
          .unverified = true,
          .write_real =
              [](const ExportSubject& subject) {
                return real(backends::export_spinnaker(subject.trained, subject.facts, file_stem),
                            backends::spinnaker_target());
              },
          .read_real = [](const ExportedFolder& folder) { return backends::import_spinnaker(folder.files); }};
}

ExportTarget spinnaker2() {
  return {
      .name = "spinnaker2",
      .title = backends::spinnaker2_target().title,
      .unverified = true,
      .describe = [](const sim::Lif& lif) { return backends::spinnaker2_target(lif.reset); },
      .write_real =
          [](const ExportSubject& subject) {
            RealExport result =
                real(backends::export_spinnaker2(subject.trained, subject.scaling, subject.facts, file_stem),
                     backends::spinnaker2_target());
            for (ExportedFile& file : backends::nir_files(
                     nir_graph(subject, {.dt = subject.facts.step_ms, .time_unit = "ms"}), nir_name))
              result.files.push_back(std::move(file));
            return result;
          },
      .read_real = [](const ExportedFolder& folder) { return backends::import_spinnaker2(folder.files); }};
}

ExportTarget xylo(backends::XyloDevice device) {
  return {.name = fmt::format("xylo-{}", backends::name_of(device)),
          .title = backends::xylo_target(device).title,
          .unverified = true,
          .write_real =
              [device](const ExportSubject& subject) {
                return real(backends::export_xylo(subject.trained, device, subject.facts, file_stem),
                            backends::xylo_target(device));
              },
          .read_real =
              [device](const ExportedFolder& folder) { return backends::import_xylo(folder.files, device); }};
}

std::vector<ExportTarget> targets_with(const TargetOptions& options) {
  using backends::XyloDevice;
  return {nir(options),
          loihi(),
          reckon(),
          tiny_odin(),
          odin(),
          c(options),
          verilog(options),
          sonata(),
          spinnaker2(),
          spinnaker(),
          xylo(XyloDevice::audio2),
          xylo(XyloDevice::audio3),
          xylo(XyloDevice::imu)};
}

}  // namespace

const std::vector<ExportTarget>& targets() {
  static const std::vector<ExportTarget> all = targets_with({});
  return all;
}

ExportTarget find_target(const std::string& name, const TargetOptions& options) {
  std::string known;
  for (const ExportTarget& target : targets()) {
    if (target.name == name) {
      require_taken(options, name);
      const std::vector<ExportTarget> all = targets_with(options);
      return *std::ranges::find(all, name, &ExportTarget::name);
    }
    known += (known.empty() ? "" : ", ") + target.name;
  }
  throw InputError("--target", "'" + name + "' is not known", "use one of: " + known);
}

void print_targets() {
  for (const ExportTarget& target : targets())
    fmt::print("{:<12}  {}{}\n", target.name, target.title,
               target.unverified ? " (unverified: written from second-hand facts)" : "");
}

}  // namespace loci::cli
