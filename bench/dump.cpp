#include "bench/dump.hpp"

#include "io/hdf5.hpp"
#include "io/model_network.hpp"
#include "version.hpp"

namespace loci::bench {
namespace {

void write_configuration(io::hdf5::File& file, const Workload& workload) {
  const auto& [config, plan] = std::tie(workload.config, workload.plan);
  file.write_attribute("loci_version", version);
  file.write_attribute("loci_commit", commit);
  file.write_attribute("seed", config.seed);
  file.write_attribute("configuration", cli::to_toml(config));
  file.write_attribute("loss_kind", std::string(name_of(plan.objective.loss)));
  file.write_attribute("surrogate", std::string(name_of(plan.objective.surrogate)));
  file.write_attribute("slope", plan.objective.slope);
  file.write_attribute("n_steps", static_cast<std::uint64_t>(plan.objective.n_steps));
  file.write_attribute("learning_rate", plan.schedule.peak);
  file.write_attribute("adam_beta1", plan.adam.beta1);
  file.write_attribute("adam_beta2", plan.adam.beta2);
  file.write_attribute("adam_epsilon", plan.adam.epsilon);
  io::write_network(file, plan.network);
}

void write_groups(io::hdf5::File& file, const std::string& name, const sim::Parameters& values) {
  auto folder = file.create_group(name);
  for (const auto& group : values.layout.groups())
    folder.write<float>(group.name, values.view(group), {group.rows, group.columns});
}

void write_weights(io::hdf5::File& file, const Workload& workload) {
  const auto& network = workload.plan.network;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const auto weights = sim::connection_weights(network, workload.parameters, l);
    file.write<float>("weights" + std::to_string(l), weights, {network.sizes[l], network.sizes[l + 1]});
  }
}

void write_currents(io::hdf5::File& file, const learning::Batch& batch, std::size_t n_inputs) {
  std::vector<float> currents(batch.size() * n_inputs);
  for (std::size_t b = 0; b < batch.size(); ++b)
    batch.currents(b, std::span(currents).subspan(b * n_inputs, n_inputs));
  file.write<float>("images", currents, {batch.size(), n_inputs});
}

void write_spikes(io::hdf5::File& file, const learning::Batch& batch, std::size_t n_inputs,
                  std::size_t n_steps) {
  std::vector<std::uint8_t> spikes(n_steps * batch.size() * n_inputs);
  sim::SpikeTrains trains;
  for (std::size_t b = 0; b < batch.size(); ++b) {
    batch.spikes(b, n_steps, trains);
    for (std::size_t t = 0; t < n_steps; ++t)
      for (const std::uint32_t i : trains.at(t)) spikes[(t * batch.size() + b) * n_inputs + i] = 1;
  }
  file.write<std::uint8_t>("spikes", spikes, {n_steps, batch.size(), n_inputs});
}

void write_batch(io::hdf5::File& file, const Workload& workload, const learning::Batch& batch) {
  std::vector<std::uint8_t> labels(batch.size());
  for (std::size_t b = 0; b < batch.size(); ++b) labels[b] = batch.target(b);
  file.write("labels", labels);
  if (batch.constant_input())
    write_currents(file, batch, workload.images.n_pixels());
  else
    write_spikes(file, batch, workload.images.n_pixels(), workload.plan.objective.n_steps);
}

}  // namespace

void write_dump(const std::filesystem::path& path, const Workload& workload, const learning::Batch& batch,
                learning::BatchEvaluator& evaluator) {
  sim::Parameters gradient(workload.plan.network);
  const auto result = evaluator.gradient(workload.parameters, batch, gradient);
  auto file = io::hdf5::File::create(path);
  write_configuration(file, workload);
  write_groups(file, "parameters", workload.parameters);
  write_weights(file, workload);
  write_batch(file, workload, batch);
  file.write_attribute("loss", result.loss);
  file.write_attribute("n_spikes", result.n_spikes);
  file.write<float>("logits", evaluator.logits(), {batch.size(), workload.plan.network.sizes.back()});
  write_groups(file, "gradient", gradient);
  file.close();
}

}  // namespace loci::bench
