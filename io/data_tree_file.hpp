// Trees of named arrays (sim/data_tree.hpp) as HDF5 files: files of other programs' layouts, written and read
// without this room knowing what they mean.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/data_tree.hpp"

namespace loci::io {

struct DataTreeLayout {
  std::size_t compress_from_bytes = 4096;  // smaller arrays, scalars and text lie contiguous
  unsigned deflate_level = 4;              // 0: nothing is compressed
};

// Text is variable-length UTF-8, booleans are h5py's; a seal (io/digest.hpp) ends the file, which other
// programs pass over. The same tree gives the same bytes. Throws InputError for text with a zero byte,
// std::logic_error for values that do not fill their shape and for names that cannot be: empty, ".", with a
// slash, or of both a group and an array.
std::string data_tree_bytes(const std::string& name, const sim::DataGroup& root,
                            const DataTreeLayout& layout = {});
// The same as a file; a failed write leaves an older one as it was. Throws InputError for a place that cannot
// be written, too.
void write_data_tree(const std::filesystem::path& path, const sim::DataGroup& root,
                     const DataTreeLayout& layout = {});

struct DataTreeFile {
  sim::DataGroup root;
  std::vector<std::string> notes;  // what was left out and where, a sentence each
};

// Numbers of other widths become the narrowest of our types that holds them all (float16: float, int16:
// int32), enumerations their numbers, text of either kind text. What has no place in a tree (compound types,
// references, links to other files, circles of groups) is left out with a note. Throws InputError for a file
// that is missing, no HDF5, damaged, or that claims more than it can hold.
DataTreeFile read_data_tree(const std::filesystem::path& path);

}  // namespace loci::io
