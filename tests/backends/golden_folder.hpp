// Where golden files lie: the folder that LOCI_GOLDEN_DIR names, or the repository's.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace loci::test {

inline std::filesystem::path golden_folder() {
  const char* named = std::getenv("LOCI_GOLDEN_DIR");
  return named != nullptr ? named : LOCI_GOLDEN_DEFAULT;
}

// All of that extension in it, also in folders of it, sorted; none where there is no such folder.
inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                                   const std::string& extension) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// The folders of a set, sorted: a case each. None where there is no such set.
inline std::vector<std::filesystem::path> golden_cases(const std::string& set) {
  std::vector<std::filesystem::path> cases;
  const std::filesystem::path folder = golden_folder() / set;
  if (!std::filesystem::exists(folder)) return cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_directory()) cases.push_back(entry.path());
  std::ranges::sort(cases);
  return cases;
}

}  // namespace loci::test
