// tinyODIN, ODIN and ReckOn as one chip of several.
#pragma once

#include "backends/chip_split.hpp"

namespace loci::backends {

// facts: what the files say where they come from.
ChipFiles tiny_odin_chips(const ExportFacts& facts = {});
ChipFiles odin_chips(const ExportFacts& facts = {});
ChipFiles reckon_chips(const ExportFacts& facts = {});

}  // namespace loci::backends
