// loci plot: files of any kind -> one figure in SVG.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/report_files.hpp"
#include "experiments/report/figures.hpp"
#include "io/atomic_file.hpp"
#include "io/svg_figure.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

struct PlotOptions {
  ReportFiles files;
  std::string what;
  experiments::FigureOptions figure;
  std::string out;
  bool force = false;
};

// Nothing is worked out that is not drawn.
ReportFiles needed_files(const PlotOptions& options) {
  ReportFiles files = options.files;
  files.confusion = options.what == "confusion";
  files.pruning = options.what == "pruning";
  files.activity = options.what == "raster" || options.what == "rates" || options.what == "membranes" ||
                   !options.figure.input.empty();
  return files;
}

void require_known(const std::string& what) {
  const auto names = experiments::figure_names();
  if (!what.empty() && std::ranges::find(names, what) == names.end())
    throw InputError("--what", fmt::format("'{}' is no figure", what),
                     fmt::format("use one of: {}", fmt::join(names, ", ")));
}

int plot(PlotOptions options) {
  require_known(options.what);
  const experiments::Report report = gather_report(needed_files(options));
  if (options.what.empty()) {
    const auto names = experiments::figures_of(report);
    if (names.empty()) throw InputError("FILE", "there is nothing to draw", "name other files");
    options.what = names.front();
  }
  if (options.out.empty()) options.out = options.what + ".svg";
  if (!options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with -o");
  const std::string svg = io::to_svg(experiments::figure(report, options.what, options.figure));
  prepare_output(options.out);
  io::write_file(options.out, svg);
  if (options.files.output.json) {
    print_json({{"written", options.out}, {"what", options.what}, {"notes", report.notes}});
    return 0;
  }
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
  fmt::print("  written: {}: {}\n", options.out, options.what);
  return 0;
}

}  // namespace

void add_plot(CLI::App& app, Action& action) {
  auto options = std::make_shared<PlotOptions>();
  CLI::App* command = app.add_subcommand("plot", "One figure of models, circuits, rasters or traces, as SVG");
  command->add_option("files", options->files.files, "as of `loci report`")->required();
  command->add_option("--what", options->what,
                      fmt::format("{} (default: the first that the files allow)",
                                  fmt::join(experiments::figure_names(), ", ")));
  command->add_option("-o,--out", options->out, "file to write (default: named after the figure)");
  command->add_flag("--force", options->force, "replace an existing file");
  command->add_option("--input", options->figure.input,
                      "positions: colour by the activations for this input, as in \"mean of 3\"");
  command->add_option("--points", options->figure.most_points, "raster: spikes to draw")
      ->capture_default_str()
      ->check(whole_number());
  command->add_option("--data-dir", options->files.data_dir, "model: folder of the data set's idx files");
  command->add_option("--images", options->files.images, "model: test images to run")
      ->capture_default_str()
      ->check(whole_number(1000));
  command->add_option("--threads", options->files.threads, "0: all; numbers do not depend on it")
      ->check(whole_number(most_threads));
  command->add_flag("--quiet", options->files.output.quiet, "no progress");
  command->add_flag("--json", options->files.output.json, "what was written, as JSON");
  command->callback([options, &action] { action = [options] { return plot(*options); }; });
}

}  // namespace loci::cli
