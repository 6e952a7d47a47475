// Words of any width as $readmemh reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loci::backends {

// One word, filled from its lowest bit.
class HexWord {
 public:
  // The low `bits` bits of a value, in two's complement; 1 to 64.
  void append(std::int64_t value, int bits) {
    for (int bit = 0; bit < bits; ++bit) {
      if (n_bits_ % 4 == 0) digits_.push_back(0);
      digits_.back() |= static_cast<std::uint8_t>(((value >> bit) & 1) << (n_bits_ % 4));
      ++n_bits_;
    }
  }
  // Without a new line.
  std::string text() const {
    std::string text;
    for (std::size_t at = digits_.size(); at-- > 0;) text += "0123456789abcdef"[digits_[at]];
    return text;
  }

 private:
  std::vector<std::uint8_t> digits_;
  std::size_t n_bits_ = 0;
};

}  // namespace loci::backends
