// JSON files of exports, read back: the file by its ending, its format and version, and what is missing in
// it.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "backends/exported_file.hpp"
#include "sim/error.hpp"

namespace loci::backends {

struct JsonFile {
  std::string name;
  nlohmann::json document;

  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(name, problem, "export the model again");
  }
};

// Throws InputError for a file that is missing, torn, of another format or of an unknown version of it.
inline JsonFile read_json_file(std::span<const ExportedFile> files, const std::string& ending,
                               const std::string& format, int known_version) {
  for (const ExportedFile& file : files) {
    const auto* text = std::get_if<std::string>(&file.content);
    if (!file.name.ends_with(ending) || text == nullptr) continue;
    JsonFile read{file.name, nlohmann::json::parse(*text, nullptr, false)};
    if (read.document.is_discarded()) read.refuse("it is no JSON: it is torn or altered");
    if (!read.document.is_object() || read.document.value("format", nlohmann::json()) != format)
      read.refuse(fmt::format("it does not say that it is of format {}", format));
    const nlohmann::json version = read.document.value("format_version", nlohmann::json());
    if (version != known_version)
      throw InputError(
          read.name,
          fmt::format("it is of format {} {}, and this loci reads {}", format, version.dump(), known_version),
          "read it with the loci that wrote it, or export the model again");
    return read;
  }
  throw InputError("*" + ending, "is missing beside the other files",
                   "put it there, or write all of them again");
}

}  // namespace loci::backends
