// Where golden files lie: the repository's, or the folder that LOCI_GOLDEN_DIR names.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace loci::test {

// All of that extension, in any folder, sorted.
inline std::vector<std::filesystem::path> golden_files(const std::string& extension) {
  const char* named = std::getenv("LOCI_GOLDEN_DIR");
  const std::filesystem::path folder = named != nullptr ? named : LOCI_GOLDEN_DEFAULT;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace loci::test
