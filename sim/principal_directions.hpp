// The directions in which a cloud of points spreads most: how space of many dimensions is looked at.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace loci::sim {

// points: (n, dims), row-major. Returns (n_directions, dims), row-major: unit eigenvectors of the points'
// covariance by falling variance, each with its largest component positive (the first of equal ones).
// n_directions: at most dims. Without points the axes of space.
std::vector<double> principal_directions(std::span<const float> points, std::size_t dims,
                                         std::size_t n_directions);

}  // namespace loci::sim
