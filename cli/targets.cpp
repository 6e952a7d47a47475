#include "cli/targets.hpp"

#include <fmt/format.h>

#include <optional>

#include "backends/c_source.hpp"
#include "backends/native.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using backends::ExportedFile;
using experiments::ExportTarget;
using experiments::IntegerExport;

ExportTarget c() {
  return {.name = "c",
          .title = backends::c_target().title,
          .describe = [](const sim::Lif& lif) { return backends::c_target(lif); },
          .write =
              [](const IntegerExport& what) {
                const bool pixels = what.drive == backends::Drive::pixels;
                return backends::c_source(what.network, what.subject.facts,
                                          {.pixel_shift = pixels ? std::optional<int>(0) : std::nullopt});
              }};
}

}  // namespace

const std::vector<ExportTarget>& targets() {
  static const std::vector<ExportTarget> all{c()};
  return all;
}

const ExportTarget& find_target(const std::string& name) {
  std::string known;
  for (const ExportTarget& target : targets()) {
    if (target.name == name) return target;
    known += (known.empty() ? "" : ", ") + target.name;
  }
  throw InputError("--target", "'" + name + "' is not known", "use one of: " + known);
}

void print_targets() {
  for (const ExportTarget& target : targets())
    fmt::print("{:<12} {}{}\n", target.name, target.title,
               target.unverified ? " (unverified: written from second-hand facts)" : "");
}

}  // namespace loci::cli
