#include "cli/output_file.hpp"

#include <fstream>

#include "io/atomic_file.hpp"
#include "sim/error.hpp"

namespace loci::cli {

void prepare_output(const std::filesystem::path& path) {
  const auto folder = path.parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error)
    throw InputError(folder.string(), "cannot create the folder: " + error.message(),
                     "choose another place with --out");
  const io::AtomicFile trial(path);  // removed unless committed
  if (!std::ofstream(trial.temporary()))
    throw InputError(path.string(), "no file can be written there",
                     "check the folder's permissions or choose another place with --out");
}

}  // namespace loci::cli
