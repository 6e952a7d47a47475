#include "learning/prepared_network.hpp"

#include <algorithm>
#include <cmath>

namespace loci::learning {
namespace {

// (n_post, width of the presynaptic panel): what turns dL/dI of the layer after into dL/dS of these neurons.
void transpose_panel(const Connection& connection, const AlignedFloats& weights, const Panel& pre,
                     float* transposed) {
  for (const Panel& panel : connection.panels())
    for (std::size_t i = 0; i < pre.filled; ++i)
      for (std::size_t j = 0; j < panel.filled; ++j)
        transposed[(panel.begin + j) * pre.width + i] =
            weights[connection.offset(panel) + (pre.begin + i) * panel.width + j];
}

}  // namespace

void store_weights(const std::vector<Connection>& connections, const sim::Parameters& parameters,
                   const Workers& workers, PreparedNetwork& prepared) {
  for (std::size_t l = 0; l < connections.size(); ++l) {
    const auto bias = sim::connection_biases(prepared.network, parameters, l);
    std::copy(bias.begin(), bias.end(), prepared.bias[l + 1].begin());
  }
  for (std::size_t l = prepared.first_stored(); l < connections.size(); ++l) {
    const Connection& connection = connections[l];
    AlignedFloats& weights = prepared.weights[l];
    weights.resize(connection.padded_size());
    workers.for_each(connection.panels().size(), [&](std::size_t p, std::size_t) {
      connection.make_weights(p, weights.data() + connection.offset(connection.panels()[p]));
    });
    if (prepared.network.balances(l)) centre_rows(connection, weights);
    if (l == 0) continue;
    const PanelLayout& pre_panels = prepared.layers[l];
    const std::size_t n_post = connection.panels().n_neurons();
    AlignedFloats& transposed = prepared.transposed[l];
    transposed.resize(n_post * pre_panels.padded());
    workers.for_each(pre_panels.size(), [&](std::size_t q, std::size_t) {
      transpose_panel(connection, weights, pre_panels[q], transposed.data() + n_post * pre_panels[q].begin);
    });
  }
}

void centre_rows(const Connection& connection, AlignedFloats& matrix) {
  for (std::size_t i = 0; i < connection.n_pre(); ++i) {
    float mean = 0.0F;
    for (const Panel& panel : connection.panels())
      for (std::size_t j = 0; j < panel.filled; ++j)
        mean += matrix[connection.offset(panel) + i * panel.width + j];
    mean /= static_cast<float>(connection.panels().n_neurons());
    for (const Panel& panel : connection.panels())
      for (std::size_t j = 0; j < panel.filled; ++j)
        matrix[connection.offset(panel) + i * panel.width + j] -= mean;
  }
}

double row_cross_entropy(const float* scores, std::size_t n_classes, std::uint8_t target, double weight,
                         float* gradient) {
  const float highest = *std::max_element(scores, scores + n_classes);
  double sum = 0.0;
  for (std::size_t c = 0; c < n_classes; ++c) sum += std::exp(static_cast<double>(scores[c] - highest));
  for (std::size_t c = 0; c < n_classes; ++c) {
    const double probability = std::exp(static_cast<double>(scores[c] - highest)) / sum;
    gradient[c] = static_cast<float>(weight * (probability - (c == target ? 1.0 : 0.0)));
  }
  return weight * (std::log(sum) + highest - scores[target]);
}

}  // namespace loci::learning
