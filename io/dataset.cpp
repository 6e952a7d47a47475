#include "io/dataset.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <span>
#include <string_view>

#include "io/digest.hpp"
#include "io/idx.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr const char* fashion_package_dir = "/usr/share/datasets/fashion-mnist";

void refuse_unknown_name(const std::string& name) {
  std::string known;
  for (const std::string& each : dataset_names()) {
    if (each == name) return;
    known += (known.empty() ? "" : ", ") + each;
  }
  throw InputError("data set", "'" + name + "' is not known", "use one of: " + known);
}

// SHA-256 of the test labels, by which the files of either data set are known whatever they are called.
struct KnownLabels {
  std::string_view name;
  std::string_view sha256;
};
constexpr std::array known_labels{
    KnownLabels{"mnist", "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"},
    KnownLabels{"fashion-mnist", "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9"}};

// Results under another data set's name would be compared with the wrong ones. Files that are neither pass:
// other images in the same format are the user's to name.
void refuse_other_dataset(const std::string& name, const std::filesystem::path& folder,
                          const sim::LabelledImages& test) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(test.labels)));
  const std::string found = digest.finish();
  for (const KnownLabels& known : known_labels)
    if (found == known.sha256 && name != known.name)
      throw InputError(folder.string(), fmt::format("these files are {}, not {}", known.name, name),
                       fmt::format("say --dataset {} or name another folder", known.name));
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

std::string how_to_get(const std::string& name) {
  if (name == "fashion-mnist")
    return "install it (apt install dataset-fashion-mnist) or name its folder with --data-dir";
  return "name its folder with --data-dir or download it (loci data fetch " + name + ")";
}

// stem: "train-images", rank as the spelling counts it: "train-images-idx3-ubyte" or
// "train-images.idx3-ubyte".
std::filesystem::path find_file(const std::string& name, const std::filesystem::path& folder,
                                const std::string& stem, const std::string& rank) {
  for (const char* separator : {"-", "."})
    for (const char* ending : {".gz", ""}) {
      auto path = folder / fmt::format("{}{}idx{}-ubyte{}", stem, separator, rank, ending);
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path;
    }
  throw InputError(folder.string(),
                   name + " is not there: no file " + stem + "-idx" + rank + "-ubyte (or .gz)",
                   how_to_get(name));
}

sim::LabelledImages load_split(const std::string& name, const std::filesystem::path& folder,
                               const std::string& split) {
  const auto images = find_file(name, folder, split + "-images", "3");
  const auto labels = find_file(name, folder, split + "-labels", "1");
  return read_labelled_images(images, labels, name);
}

}  // namespace

std::vector<std::string> dataset_names() {
  return {"mnist", "fashion-mnist"};
}

std::filesystem::path default_data_dir(const std::string& name) {
  refuse_unknown_name(name);
  if (name == "fashion-mnist") return fashion_package_dir;
  if (const char* folder = environment("LOCI_DATA_DIR")) return std::filesystem::path(folder) / name;
  if (const char* folder = environment("XDG_DATA_HOME")) return std::filesystem::path(folder) / "loci" / name;
  if (const char* home = environment("HOME")) return std::filesystem::path(home) / ".local/share/loci" / name;
  throw InputError("data set " + name, "there is no home folder to look in",
                   "name the folder with --data-dir or set LOCI_DATA_DIR");
}

DataSplits load_dataset(const std::string& name, const std::optional<std::filesystem::path>& data_dir) {
  refuse_unknown_name(name);
  const auto folder = data_dir ? *data_dir : default_data_dir(name);
  DataSplits splits{.train = load_split(name, folder, "train"), .test = load_split(name, folder, "t10k")};
  if (splits.train.height != splits.test.height || splits.train.width != splits.test.width)
    throw InputError(folder.string(), "training and test images differ in size", "use files of one data set");
  refuse_other_dataset(name, folder, splits.test);
  return splits;
}

}  // namespace loci::io
