// Where results are to go.
#pragma once

#include <filesystem>

namespace loci::cli {

// Creates the folder of `path` where needed. Throws InputError for a place that cannot be written, so that
// nobody works for an hour to find out.
void prepare_output(const std::filesystem::path& path);

}  // namespace loci::cli
