#include "reference.hpp"

#include <algorithm>
#include <cmath>

#include "sim/random.hpp"

using namespace loci::sim;

namespace {

using Steps = std::vector<std::vector<double>>;  // [step][neuron]

// FORMATS-like statement of snnTorch's Leaky, one neuron: r[t] = U[t-1] > threshold.
bool leaky_step(const Lif& lif, double input, double& u) {
  const double r = u > lif.threshold ? 1.0 : 0.0;
  if (lif.reset == Reset::subtract)
    u = lif.beta * u + input - r * lif.threshold;
  else if (lif.reset == Reset::zero)
    u = lif.beta * (r == 1.0 ? 0.0 : u) + input;
  else
    u = lif.beta * u + input;
  const double s = u > lif.threshold ? 1.0 : 0.0;
  if (!lif.reset_delay && lif.reset == Reset::subtract) u -= (s - r) * lif.threshold;
  if (!lif.reset_delay && lif.reset == Reset::zero) u -= (s - r) * u;
  return s == 1.0;
}

struct Connection {
  std::vector<double> weight;     // (n_pre, n_post); single precision as the graph keeps it
  std::vector<long> extra_delay;  // (n_pre, n_post); negative: culled
};

Connection connection_of(const Case& c, const Parameters& parameters, std::size_t l) {
  BasicParameters<double> exact(c.network);
  std::ranges::copy(parameters.values, exact.values.begin());
  Connection connection{connection_weights(c.network, exact, l), {}};
  connection.extra_delay.assign(connection.weight.size(), 0);
  for (double& weight : connection.weight) weight = static_cast<float>(weight);
  if (!c.network.spatial()) return connection;
  const auto distances = connection_distances(c.network, exact, l);
  for (std::size_t e = 0; e < distances.size(); ++e)
    connection.extra_delay[e] = distances[e] > c.options.cutoff
                                    ? -1
                                    : std::lround(distances[e] / c.options.velocity / c.options.step_ms);
  return connection;
}

// Input currents of the next layer from the spikes or constant amplitudes of this one.
Steps propagate(const Connection& connection, const Steps& spikes, std::size_t n_post, bool constant) {
  const std::size_t n_steps = spikes.size();
  Steps input(n_steps, std::vector<double>(n_post, 0.0));
  for (std::size_t t = 0; t < n_steps; ++t) {
    for (std::size_t i = 0; i < spikes[t].size(); ++i) {
      if (spikes[t][i] == 0.0) continue;
      for (std::size_t j = 0; j < n_post; ++j) {
        const long extra = constant ? std::min(0L, connection.extra_delay[i * n_post + j])
                                    : connection.extra_delay[i * n_post + j];
        const std::size_t arrival = t + static_cast<std::size_t>(std::max(0L, extra));
        if (extra >= 0 && arrival < n_steps)
          input[arrival][j] += spikes[t][i] * connection.weight[i * n_post + j];
      }
    }
  }
  return input;
}

Steps input_layer(const Case& c, const std::vector<std::uint8_t>& image, std::uint32_t sample) {
  Steps spikes(c.n_steps, std::vector<double>(image.size(), 0.0));
  if (c.encoder.encoding == Encoding::constant) {
    for (auto& step : spikes)
      for (std::size_t i = 0; i < image.size(); ++i) step[i] = image[i] / 255.0;
    return spikes;
  }
  SpikeTrains trains;
  encode(c.encoder, image, c.n_steps, evaluation_epoch, sample, trains);
  for (std::size_t t = 0; t < c.n_steps; ++t)
    for (const std::uint32_t pixel : trains.at(t)) spikes[t][pixel] = 1.0;
  return spikes;
}

// Layer by layer, bias after the sum, as a linear layer does it; a constant current has its bias first.
Steps fire(const Case& c, const Parameters& parameters, std::size_t layer, const Steps& spikes,
           bool constant) {
  const std::size_t n = c.network.sizes[layer];
  const auto bias = connection_biases(c.network, parameters, layer - 1);
  const Steps input = propagate(connection_of(c, parameters, layer - 1), spikes, n, constant);
  Steps fired(c.n_steps, std::vector<double>(n, 0.0));
  std::vector<double> membrane(n, 0.0);
  for (std::size_t t = 0; t < c.n_steps; ++t)
    for (std::size_t j = 0; j < n; ++j)
      fired[t][j] =
          leaky_step(c.network.lif_of(layer), input[t][j] + static_cast<double>(bias[j]), membrane[j]);
  return fired;
}

}  // namespace

Parameters random_parameters(const Case& c) {
  Parameters parameters = initialise(c.network, {.spread = c.spread, .gap = 0.7, .seed = 21});
  for (std::size_t l = 1; l < c.network.n_layers(); ++l) {
    fill_normal(parameters.group("bias", l), 0.06F, 5, Stream::test, static_cast<std::uint32_t>(l));
    for (float& bias : parameters.group("bias", l)) bias += 0.03F;  // lively, down to the output layer
  }
  if (!c.network.spatial()) return parameters;
  for (std::size_t l = 0; l < c.network.n_connections(); ++l) {
    const auto inhibition = parameters.group("inhibition", l);
    for (std::size_t i = 0; i < inhibition.size(); ++i)
      inhibition[i] = std::abs(inhibition[i]) * (i % 5 < 3 ? 1.0F : -1.0F);
  }
  if (c.network.layer_distance == LayerDistance::learned) parameters.group("gap", 0)[0] = -0.9F;
  return parameters;
}

std::vector<std::uint8_t> random_image(std::size_t n_pixels, std::uint32_t sample) {
  std::vector<std::uint8_t> image(n_pixels);
  for (std::size_t i = 0; i < n_pixels; ++i) {
    const auto words = random_words(77, Stream::test, i, sample);
    image[i] = words[0] % 2 == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(words[1] % 256);
  }
  return image;
}

ReferenceResult reference_simulation(const Case& c, const Parameters& parameters,
                                     const std::vector<std::uint8_t>& image, std::uint32_t sample) {
  const bool constant = c.encoder.encoding == Encoding::constant;
  std::vector<Steps> layers{input_layer(c, image, sample)};
  for (std::size_t l = 1; l < c.network.n_layers(); ++l)
    layers.push_back(fire(c, parameters, l, layers.back(), constant && l == 1));
  if (constant)
    for (auto& step : layers[0]) step.assign(step.size(), 0.0);  // currents are no spikes

  ReferenceResult result;
  result.output_counts.assign(c.network.sizes.back(), 0);
  for (const auto& step : layers.back())
    for (std::size_t j = 0; j < step.size(); ++j) result.output_counts[j] += step[j] == 1.0;
  for (std::size_t now = 0; now < c.n_steps + c.network.n_connections(); ++now) {
    std::uint32_t first = 0;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (std::size_t j = 0; j < c.network.sizes[l]; ++j) {
        if (now < l || now - l >= c.n_steps || layers[l][now - l][j] != 1.0) continue;
        result.raster.neuron.push_back(NeuronId{first + static_cast<std::uint32_t>(j)});
        result.raster.time_ms.push_back((static_cast<double>(now) + 1.0) * c.options.step_ms);
      }
      first += static_cast<std::uint32_t>(c.network.sizes[l]);
    }
  }
  return result;
}
