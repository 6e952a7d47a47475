// Tables as comma-separated values that read back to the same bits.
#pragma once

#include <filesystem>
#include <string>

#include "io/history.hpp"

namespace loci::io {

// One header line, then one line per row; whole numbers without a point, not-a-number as "nan". Atomic.
void write_csv(const std::filesystem::path& path, const HistoryTable& table);
std::string to_csv(const HistoryTable& table);

}  // namespace loci::io
