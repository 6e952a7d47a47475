// Elementwise work on rows of a panel.
#pragma once

#include <cstddef>

namespace loci::learning {

// Counts are multiples of 16 and rows start on cache lines' quarters: panels see to both.
// row (n) += addend (n)
void add_to(const float* addend, std::size_t n, float* row);
// sums (width) += every row of rows (n_rows, width)
void add_rows(const float* rows, std::size_t n_rows, std::size_t width, float* sums);
// sums (width) += every row of the elementwise product of a and b (n_rows, width)
void add_product_rows(const float* a, const float* b, std::size_t n_rows, std::size_t width, float* sums);
// sums (n_rows) = the sum of each row of rows (n_rows, width)
void sum_rows(const float* rows, std::size_t n_rows, std::size_t width, float* sums);
// values (n) = max(values, 0)
void rectify(float* values, std::size_t n);
// gradient (n) where outputs (n) are positive, elsewhere 0
void rectify_gradient(const float* outputs, const float* gradient, std::size_t n, float* result);

}  // namespace loci::learning
