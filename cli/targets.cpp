#include "cli/targets.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "backends/c_reader.hpp"
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

ExportTarget reckon() {
  return {
      .name = "reckon",
      .title = backends::reckon_target().title,
      .describe = [](const sim::Lif& lif) { return backends::reckon_target(lif.reset == sim::Reset::zero); },
      .write =
          [](const IntegerExport& what) {
            return backends::export_reckon(what.network, rtl_samples(what), what.subject.facts);
          },
      .read = [](std::span<const ExportedFile> files) { return backends::import_reckon(files).network; }};
}

ExportTarget tiny_odin() {
  return {
      .name = "tinyodin",
      .title = backends::tiny_odin_target().title,
      .describe = [](const sim::Lif&) { return backends::tiny_odin_target(); },
      .write =
          [](const IntegerExport& what) {
            return backends::export_tiny_odin(what.network, rtl_samples(what), what.subject.facts);
          },
      .read = [](std::span<const ExportedFile> files) { return backends::import_tiny_odin(files).network; }};
}

ExportTarget odin() {
  return {.name = "odin",
          .title = backends::odin_target().title,
          .describe = [](const sim::Lif&) { return backends::odin_target(); },
          .write =
              [](const IntegerExport& what) {
                return backends::export_odin(what.network, rtl_samples(what), what.subject.facts);
              },
          .read = [](std::span<const ExportedFile> files) { return backends::import_odin(files).network; }};
}

std::optional<int> pixel_shift_of(const IntegerExport& what) {
  return what.drive == backends::Drive::pixels ? std::optional<int>(0) : std::nullopt;
}

ExportTarget c() {
  return {.name = "c",
          .title = backends::c_target().title,
          .describe = [](const sim::Lif& lif) { return backends::c_target(lif); },
          .write =
              [](const IntegerExport& what) {
                return backends::c_source(what.network, what.subject.facts,
                                          {.pixel_shift = pixel_shift_of(what)});
              },
          .read = [](std::span<const ExportedFile> files) { return backends::import_c(files).network; }};
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

ExportTarget verilog() {
  return {
      .name = "verilog",
      .title = backends::verilog_target().title,
      .describe = [](const sim::Lif& lif) { return backends::verilog_target(lif); },
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

ExportTarget nir() {
  return {.name = "nir",
          .title = "NIR, the exchange format of ten frameworks",
          .write_real =
              [](const ExportSubject& subject) {
                backends::NirExport exported = nir_graph(subject, {});
                return RealExport{.files = backends::nir_files(exported, nir_name),
                                  .properties = std::move(exported.fidelity)};
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

RealExport real(backends::TargetExport exported) {
  return {.files = std::move(exported.files),
          .properties = std::move(exported.fidelity),
          .computed = std::move(exported.computed)};
}

ExportTarget spinnaker() {
  return {.name = "spinnaker",
          .title = backends::spinnaker_target().title,
          .unverified = true,
          .write_real =
              [](const ExportSubject& subject) {
                return real(backends::export_spinnaker(subject.trained, subject.facts, file_stem));
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
                real(backends::export_spinnaker2(subject.trained, subject.scaling, subject.facts, file_stem));
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
                return real(backends::export_xylo(subject.trained, device, subject.facts, file_stem));
              },
          .read_real =
              [device](const ExportedFolder& folder) { return backends::import_xylo(folder.files, device); }};
}

}  // namespace

const std::vector<ExportTarget>& targets() {
  using backends::XyloDevice;
  static const std::vector<ExportTarget> all{nir(),
                                             loihi(),
                                             reckon(),
                                             tiny_odin(),
                                             odin(),
                                             c(),
                                             verilog(),
                                             sonata(),
                                             spinnaker2(),
                                             spinnaker(),
                                             xylo(XyloDevice::audio2),
                                             xylo(XyloDevice::audio3),
                                             xylo(XyloDevice::imu)};
  return all;
}

const ExportTarget& find_target(const std::string& name) {
  std::string known;
  for (const ExportTarget& target : targets()) {
    if (target.name == name) return target;
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
