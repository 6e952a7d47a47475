// loci report: files of any kind -> one page that a browser shows without a network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/report_files.hpp"
#include "experiments/report/report_json.hpp"
#include "io/atomic_file.hpp"
#include "io/report_page.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

struct ReportOptions {
  ReportFiles files;
  std::string out = "report.html";
  bool force = false;
};

int report(const ReportOptions& options) {
  io::require_report_page();
  if (!options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with -o");
  prepare_output(options.out);
  const experiments::Report report = gather_report(options.files);
  const std::string page = io::report_page(experiments::report_json(report));
  io::write_file(options.out, page);
  if (options.files.output.json) {
    print_json(
        {{"written", options.out}, {"bytes", page.size()}, {"title", report.title}, {"notes", report.notes}});
    return 0;
  }
  fmt::print("{}\n", report.title);
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
  fmt::print("  written: {} ({:.2f} MB)\n", options.out, static_cast<double>(page.size()) * 1e-6);
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "A page about models, circuits, rasters, traces and exports, in one file for any browser");
  command
      ->add_option(
          "files", options->files.files,
          "models, circuits (.toml), rasters, traces, SONATA networks, tables (.csv), certificates or "
          "folders of exports")
      ->required();
  command->add_option("-o,--out", options->out, "page to write")->capture_default_str();
  command->add_flag("--force", options->force, "replace an existing page");
  command->add_option("--data-dir", options->files.data_dir, "model: folder of the data set's idx files");
  command
      ->add_option("--images", options->files.images, "model: test images to run for spikes and activations")
      ->capture_default_str()
      ->check(whole_number(1000));
  command
      ->add_option("--pruning-images", options->files.pruning_images,
                   "model: test images to measure pruned networks on; 0: leave that out")
      ->capture_default_str()
      ->check(whole_number());
  command
      ->add_option("--spikes", options->files.spikes,
                   "spikes to show of a raster; of more, a random choice of about so many")
      ->capture_default_str()
      ->check(whole_number());
  command->add_option("--threads", options->files.threads, "0: all; numbers do not depend on it")
      ->check(whole_number(most_threads));
  command->add_flag("--quiet", options->files.output.quiet, "no progress");
  command->add_flag("--json", options->files.output.json, "what was written, as JSON");
  command->callback([options, &action] {
    action = [options] {
      options->files.pruning = options->files.pruning_images > 0;
      return report(*options);
    };
  });
}

}  // namespace loci::cli
