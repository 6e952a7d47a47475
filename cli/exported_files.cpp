#include "cli/exported_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <span>

#include "io/atomic_file.hpp"
#include "io/data_tree_file.hpp"
#include "io/digest.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

constexpr std::array<char, 4> hdf5_start{'\x89', 'H', 'D', 'F'};

bool is_hdf5(const std::string& content) {
  return content.size() >= hdf5_start.size() &&
         std::equal(hdf5_start.begin(), hdf5_start.end(), content.begin());
}

std::string digest_of(const std::filesystem::path& path) {
  const std::string content = read_text(path);
  io::Sha256 digest;
  digest.update(std::as_bytes(std::span(content)));
  return digest.finish();
}

backends::ExportedFile read_file(const std::filesystem::path& path, const std::string& name) {
  backends::ExportedFile file{name, read_text(path)};
  if (is_hdf5(std::get<std::string>(file.content))) file.content = io::read_data_tree(path).root;
  return file;
}

nlohmann::json parsed(const std::string& text, const std::filesystem::path& path) {
  nlohmann::json certificate = nlohmann::json::parse(text, nullptr, false);
  if (certificate.is_object() && certificate.value("format", nlohmann::json()) == "loci-certificate")
    return certificate;
  throw InputError(path.string(), "this is no certificate of an export, or it is damaged",
                   "export the model again");
}

// All that the certificate names has to be there.
void read_listed(Exported& exported) {
  const auto files = exported.certificate.find("files");
  if (files == exported.certificate.end() || !files->is_object())
    throw InputError(exported.certificate_path.string(),
                     "it does not say which files there are: it is damaged", "export the model again");
  for (const auto& [name, digest] : files->items()) {
    const std::filesystem::path path = exported.folder / name;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored))
      throw InputError(path.string(), "the file is missing: this is half an export",
                       "put it back, or export the model again with --force");
    if (digest != digest_of(path)) exported.altered.push_back(name);
    if (path.stem() != "certificate") exported.files.push_back(read_file(path, name));
  }
}

// A file that somebody took out of its folder.
void read_alone(const std::filesystem::path& path, Exported& exported) {
  exported.files.push_back(read_file(path, path.filename().string()));
  const auto* tree = std::get_if<sim::DataGroup>(&exported.files.front().content);
  const std::vector<std::string>* text = nullptr;
  if (tree != nullptr)
    if (const auto found = tree->attributes.find(certificate_attribute); found != tree->attributes.end())
      text = std::get_if<std::vector<std::string>>(&found->second.values);
  if (text == nullptr || text->size() != 1)
    throw InputError(path.string(),
                     fmt::format("no {} lies beside it, and it carries none itself", certificate_name),
                     "name a file within the folder that loci export wrote");
  exported.certificate_path = path;
  exported.certificate = parsed(text->front(), path);
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string(), "the file cannot be read", "check its name and permissions");
  return {std::istreambuf_iterator<char>(file), {}};
}

void require_export_place(const std::filesystem::path& folder, bool force) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) return;
  if (!std::filesystem::is_directory(folder, ignored))
    throw InputError(folder.string(), "this is a file", "name a folder with --out");
  if (std::filesystem::is_empty(folder, ignored)) return;
  if (!std::filesystem::exists(folder / certificate_name, ignored))
    throw InputError(folder.string(), "there are files in it that are of no export",
                     "name another folder with --out");
  if (!force)
    throw InputError(folder.string(), "an export is there already",
                     "replace it with --force or name another folder with --out");
}

void write_exported(const std::filesystem::path& folder, const std::vector<backends::ExportedFile>& files) {
  for (const backends::ExportedFile& file : files) {
    const std::filesystem::path path = folder / file.name;
    std::filesystem::create_directories(path.parent_path());
    if (const auto* text = std::get_if<std::string>(&file.content))
      io::write_file(path, *text);
    else
      io::write_data_tree(path, std::get<sim::DataGroup>(file.content));
  }
}

std::map<std::string, std::string> file_digests(const std::filesystem::path& folder) {
  std::map<std::string, std::string> digests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_regular_file() && name != certificate_name) digests[name] = digest_of(entry.path());
  }
  return digests;
}

Exported read_exported(const std::filesystem::path& named) {
  std::error_code ignored;
  if (!std::filesystem::exists(named, ignored))
    throw InputError(named.string(), "there is no such file or folder", "name what loci export wrote");
  const bool is_folder = std::filesystem::is_directory(named, ignored);
  Exported exported;
  exported.folder = is_folder ? named : named.has_parent_path() ? named.parent_path() : ".";
  exported.certificate_path = exported.folder / certificate_name;
  if (!is_folder && !std::filesystem::exists(exported.certificate_path, ignored)) {
    read_alone(named, exported);
    return exported;
  }
  exported.certificate = parsed(read_text(exported.certificate_path), exported.certificate_path);
  read_listed(exported);
  return exported;
}

}  // namespace loci::cli
