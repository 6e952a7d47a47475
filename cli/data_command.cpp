// loci data fetch: downloads a data set and checks it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "io/dataset.hpp"
#include "io/fetch.hpp"

namespace loci::cli {
namespace {

struct FetchOptions {
  std::string name = "mnist";
  std::string to;
  std::vector<std::string> mirrors;
  Output output;
};

int fetch(const FetchOptions& options) {
  const std::filesystem::path folder =
      options.to.empty() ? io::default_data_dir(options.name) : std::filesystem::path(options.to);
  Progress progress(options.output, "bytes");
  const auto result =
      io::fetch_dataset(options.name, folder, options.mirrors, [&](const io::FetchProgress& report) {
        progress.update(report.file, report.received_bytes, report.total_bytes, report.received_bytes,
                        report.url);
      });
  progress.line(fmt::format("{}: {} files downloaded ({} bytes), {} already there, in {}", options.name,
                            result.n_downloaded, result.downloaded_bytes, result.n_already_there,
                            folder.string()));
  return 0;
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  auto options = std::make_shared<FetchOptions>();
  CLI::App* data = app.add_subcommand("data", "Data sets")->require_subcommand(1);
  CLI::App* command = data->add_subcommand("fetch", "Download a data set from public mirrors and check it");
  command->add_option("name", options->name, "which one: mnist")->required();
  command->add_option("--to", options->to, "folder to put it in (default: where `loci train` looks)");
  command->add_option("--mirror", options->mirrors, "address to download from instead of the usual mirrors");
  command->add_flag("--quiet", options->output.quiet, "no progress");
  command->callback([options, &action] { action = [options] { return fetch(*options); }; });
}

}  // namespace loci::cli
