#include "io/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/model_network.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

void require_finite(std::span<const float> values, const std::string& group, const std::string& where) {
  const auto bad =
      std::find_if_not(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  if (bad != values.end())
    throw InputError(where, fmt::format("parameter {}[{}] is {}", group, bad - values.begin(), *bad),
                     "train again, with a smaller learning rate if the training diverged");
}

// The oldest that says all there is, so that older programs read what they can understand.
int version_of(const sim::NetworkDescription& network) {
  if (network.pruned_by == sim::PrunedBy::soft_threshold) return 6;
  if (network.balanced_layers != sim::BalancedLayers::first) return 5;
  if (network.pruned_by != sim::PrunedBy::weight || !network.pruned_shares.empty()) return 4;
  return network.quantisation.any() ? 3 : 2;
}

void write_parameters(hdf5::Group& root, const ModelFile& model, const std::string& where) {
  hdf5::Group parameters = root.create_group("parameters");
  const sim::ParameterLayout layout(model.network);
  if (layout.size() != model.parameters.size())
    throw InputError(
        where, fmt::format("{} parameters for a network that has {}", model.parameters.size(), layout.size()),
        "give the parameters of this network");
  for (const sim::ParameterGroup& group : layout.groups()) {
    const auto values = std::span(model.parameters).subspan(group.offset, group.size());
    require_finite(values, group.name, where);
    auto dataset = parameters.write<float>(group.name, values, {group.rows, group.columns});
    dataset.write_attribute("kind", group.kind);
    dataset.write_attribute("layer", static_cast<std::uint64_t>(group.layer));
  }
}

std::vector<float> read_parameters(const hdf5::Group& root, const sim::NetworkDescription& network) {
  const hdf5::Group parameters = root.group("parameters");
  const sim::ParameterLayout layout(network);
  std::vector<float> flat;
  for (const sim::ParameterGroup& group : layout.groups()) {
    const hdf5::Dataset dataset = parameters.dataset(group.name);
    const auto values = dataset.read<float>({group.rows, group.columns});
    require_finite(values, group.name, dataset.where());
    flat.insert(flat.end(), values.begin(), values.end());
  }
  return flat;
}

void write_history(hdf5::Group& root, const HistoryTable& history) {
  std::vector<double> values;
  for (const auto& row : history.rows) {
    if (row.size() != history.columns.size())
      throw std::logic_error("a history row is not as long as its header");
    values.insert(values.end(), row.begin(), row.end());
  }
  auto dataset = root.write<double>("history", values, {history.rows.size(), history.columns.size()});
  dataset.write_attribute_array("columns", std::span(history.columns));
}

HistoryTable read_history(const hdf5::Group& root) {
  const hdf5::Dataset dataset = root.dataset("history");
  HistoryTable history{.columns = dataset.read_string_array_attribute("columns")};
  const std::size_t width = history.columns.size();
  const hdf5::Shape shape = dataset.shape();
  if (shape.size() != 2 || shape[1] != width)
    throw InputError(dataset.where(), fmt::format("it does not have {} columns", width),
                     "use another copy of the file");
  if (width == 0) return history;
  const auto values = dataset.read<double>();
  for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(width))
    history.rows.emplace_back(row, row + static_cast<std::ptrdiff_t>(width));
  return history;
}

void write_snapshot(hdf5::Group& root, const TrainingSnapshot& snapshot) {
  hdf5::Group group = root.create_group("snapshot");
  hdf5::Group arrays = group.create_group("arrays");
  for (const auto& [name, values] : snapshot.arrays) {
    if (name.empty() || name == "." || name.find('/') != std::string::npos)
      throw std::logic_error(fmt::format("'{}' cannot name an array of a snapshot", name));
    arrays.write<float>(name, values, {values.size()});
  }
  hdf5::Group integers = group.create_group("integers");
  for (const auto& [name, value] : snapshot.integers) integers.write_attribute(name, value);
  hdf5::Group reals = group.create_group("reals");
  for (const auto& [name, value] : snapshot.reals) reals.write_attribute(name, value);
}

TrainingSnapshot read_snapshot(const hdf5::Group& group) {
  TrainingSnapshot snapshot;
  const hdf5::Group arrays = group.group("arrays");
  for (const std::string& name : arrays.names()) snapshot.arrays[name] = arrays.dataset(name).read<float>();
  const hdf5::Group integers = group.group("integers");
  for (const std::string& name : integers.attribute_names())
    snapshot.integers[name] = integers.read_attribute<std::uint64_t>(name);
  const hdf5::Group reals = group.group("reals");
  for (const std::string& name : reals.attribute_names())
    snapshot.reals[name] = reals.read_attribute<double>(name);
  return snapshot;
}

void write_attributes(hdf5::Group& root, const std::map<std::string, std::string>& attributes) {
  hdf5::Group group = root.create_group("attributes");
  for (const auto& [name, value] : attributes) group.write_attribute(name, value);
}

std::map<std::string, std::string> read_attributes(const hdf5::Group& root) {
  const hdf5::Group group = root.group("attributes");
  std::map<std::string, std::string> attributes;
  for (const std::string& name : group.attribute_names())
    attributes[name] = group.read_string_attribute(name);
  return attributes;
}

}  // namespace

void write_model(const std::filesystem::path& path, const ModelFile& model) {
  sim::validate(model.network);
  auto file = hdf5::File::create_in_memory(path.string());
  write_stamp(file, model_format, version_of(model.network),
              {.seed = model.seed, .configuration = model.configuration});
  write_network(file, model.network);
  write_parameters(file, model, path.string());
  write_attributes(file, model.attributes);
  write_history(file, model.history);
  if (model.snapshot) write_snapshot(file, *model.snapshot);
  std::string bytes = file.image();
  bytes += seal_of(bytes);
  write_file(path, bytes);
}

ModelFile read_model(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  FileStamp stamp = read_stamp(file, model_format, model_format_version);
  ModelFile model{.network = read_network(file)};
  model.parameters = read_parameters(file, model.network);
  model.seed = stamp.provenance.seed;
  model.configuration = std::move(stamp.provenance.configuration);
  model.attributes = read_attributes(file);
  model.history = read_history(file);
  if (file.exists("snapshot")) model.snapshot = read_snapshot(file.group("snapshot"));
  model.loci_version = std::move(stamp.loci_version);
  model.loci_commit = std::move(stamp.loci_commit);
  return model;
}

std::vector<NamedArray> named_parameters(const ModelFile& model) {
  std::vector<NamedArray> arrays;
  const sim::ParameterLayout layout(model.network);
  for (const sim::ParameterGroup& group : layout.groups()) {
    const auto values = std::span(model.parameters).subspan(group.offset, group.size());
    arrays.push_back({group.name, {group.rows, group.columns}, {values.begin(), values.end()}});
  }
  return arrays;
}

}  // namespace loci::io
