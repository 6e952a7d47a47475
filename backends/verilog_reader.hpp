// Networks read back from the Verilog that verilog_source() wrote.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "backends/verilog_source.hpp"

namespace loci::backends {

struct VerilogExport {
  VerilogOptions options;  // name, lanes and what pixels are shifted by
  IntegerNetwork network;
};

// Parameters and memories are read, and then the source is generated from them again: code that differs by
// more than comments is refused, and so are memories of other sizes. The bench's samples and the spikes that
// it expects are there and complete; whether they are right is the bench's own test. Throws InputError, with
// file and line, for files that are missing, torn, altered or of an unknown format version.
VerilogExport import_verilog(std::span<const ExportedFile> files);

}  // namespace loci::backends
