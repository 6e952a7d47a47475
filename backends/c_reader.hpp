// Networks read back from the C source that c_source() wrote.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "backends/position_weights.hpp"

namespace loci::backends {

struct CExport {
  std::string name;  // of the export
  IntegerNetwork network;
  std::optional<int> pixel_shift;
  std::optional<PositionNetwork> positions;  // what the weights are generated from; step and origin unknown
};

// Tables and constants are read, and then the source is generated from them again: code that differs by more
// than comments is refused, so that what is emulated is what a compiler would see. Throws InputError, with
// file and line, for files that are missing, torn, altered or of an unknown format version.
CExport import_c(std::span<const ExportedFile> files);

}  // namespace loci::backends
