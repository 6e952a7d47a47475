#include "sim/principal_directions.hpp"

#include <Eigen/Eigenvalues>
#include <cassert>

namespace loci::sim {
namespace {

Eigen::MatrixXd covariance(std::span<const float> points, std::size_t dims) {
  const auto n = static_cast<Eigen::Index>(points.size() / dims);
  const auto d = static_cast<Eigen::Index>(dims);
  const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> cloud(
      points.data(), n, d);
  const Eigen::MatrixXd exact = cloud.cast<double>();
  const Eigen::MatrixXd centred = exact.rowwise() - exact.colwise().mean();
  return centred.transpose() * centred / static_cast<double>(n);
}

}  // namespace

std::vector<double> principal_directions(std::span<const float> points, std::size_t dims,
                                         std::size_t n_directions) {
  assert(dims > 0 && n_directions <= dims && points.size() % dims == 0);
  std::vector<double> directions(n_directions * dims, 0.0);
  if (points.empty()) {
    for (std::size_t k = 0; k < n_directions; ++k) directions[k * dims + k] = 1.0;
    return directions;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance(points, dims));
  for (std::size_t k = 0; k < n_directions; ++k) {
    // Eigenvalues come in rising order.
    Eigen::VectorXd direction = solver.eigenvectors().col(static_cast<Eigen::Index>(dims - 1 - k));
    Eigen::Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    if (direction[largest] < 0.0) direction = -direction;
    for (std::size_t c = 0; c < dims; ++c) directions[k * dims + c] = direction[static_cast<Eigen::Index>(c)];
  }
  return directions;
}

}  // namespace loci::sim
