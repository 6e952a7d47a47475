// A network as C99 source for microcontrollers: whole numbers, constant tables, no allocation, bit for bit
// what the emulator does.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backends/certificate.hpp"
#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "backends/position_weights.hpp"
#include "backends/target.hpp"

namespace loci::backends {

inline constexpr int c_source_version = 1;  // of what c_reader.hpp knows how to read

struct CSourceOptions {
  std::string name = "loci_net";  // of the files, and before every name in them; made an identifier
  // Samples may be pixels that drive the first layer with constant currents, floor(sum w pixel / 2^shift), as
  // PixelSums. Without it inputs only spike.
  std::optional<int> pixel_shift;
  // Stores these instead of weights and regenerates each weight when its source spikes. The network's weights
  // must be the generated ones (generated_connection()).
  const PositionNetwork* positions = nullptr;
};

enum class CStorage { dense, sparse, positions };

struct CSize {
  std::size_t flash_bytes = 0;    // of constant tables; code, about 1 to 2 KB, is the compiler's
  std::size_t ram_bytes = 0;      // of the state
  std::vector<CStorage> storage;  // by connection: what is smaller
};

CSize c_size(const IntegerNetwork& network, const CSourceOptions& options = {});

// The same for the certificate.
std::vector<MemoryUse> c_memory(const IntegerNetwork& network, const CSourceOptions& options = {});

// NAME.h, NAME.c, and NAME_main.c, which runs samples from its standard input. Throws std::invalid_argument
// for a network that is not native (require_native()) or differs from the positions, and InputError where an
// image could drive sums beyond what 31 bits hold.
std::vector<ExportedFile> c_source(const IntegerNetwork& network, const ExportFacts& facts,
                                   const CSourceOptions& options = {});

}  // namespace loci::backends
