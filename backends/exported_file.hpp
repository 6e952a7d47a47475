// What a target's writer hands to whoever writes files.
#pragma once

#include <string>
#include <variant>

#include "sim/data_tree.hpp"

namespace loci::backends {

struct ExportedFile {
  std::string name;                                   // relative to the folder that is exported to
  std::variant<std::string, sim::DataGroup> content;  // text or bytes, or the tree of an HDF5 file
};

}  // namespace loci::backends
