#include "experiments/reproduction_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace loci::experiments {
namespace {

// Markdown tables, row by row.
class Table {
 public:
  explicit Table(const std::vector<std::string>& head) : n_(head.size()) {
    row(head);
    row(std::vector<std::string>(n_, "---"));
  }
  void row(const std::vector<std::string>& cells) {
    text_ += fmt::format("| {} |\n", fmt::join(cells, " | "));
  }
  const std::string& text() const { return text_; }

 private:
  std::size_t n_;
  std::string text_;
};

std::string accuracy_text(const Summary& summary) {
  if (summary.n == 0) return "";
  if (summary.n == 1) return fmt::format("{:.4f}", summary.mean);
  return fmt::format("{:.4f} ± {:.4f}", summary.mean, summary.deviation);
}

std::string paper_text(const Row& row) {
  if (!row.paper_accuracy) return "";
  return row.paper_deviation ? fmt::format("{:.4f} ± {:.4f}", *row.paper_accuracy, *row.paper_deviation)
                             : fmt::format("{:.4f}", *row.paper_accuracy);
}

std::string time_text(const std::vector<const RunResult*>& runs) {
  double seconds = 0.0;
  for (const RunResult* run : runs) seconds += run->seconds;
  if (seconds < 100) return fmt::format("{:.0f} s", seconds);
  if (seconds < 6000) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// Whether the paper has numbers for any of these networks, on this data set.
bool beside_paper(const Section& section) {
  return std::ranges::any_of(section.series, [](const Series& series) {
    return series.dataset == paper_dataset && series.row->paper_accuracy;
  });
}

std::string table_section(const Section& section, const Results& results) {
  const bool with_paper = beside_paper(section);
  std::vector<std::string> head{"network", "parameters"};
  if (with_paper) head.emplace_back("paper");
  head.insert(head.end(), {"recipe", "test accuracy"});
  if (with_paper) head.emplace_back("less the paper's");
  head.insert(head.end(), {"seeds", "epochs", "time"});
  Table table(head);
  for (const Series& series : section.series)
    for (const Point& point : series.points) {
      const auto runs = finished(point.runs, results);
      if (runs.empty()) continue;
      const Row& row = *series.row;
      const Summary summary = summary_of(accuracies(point.runs, results));
      std::vector<std::string> cells{row.title, fmt::format("{}", runs.front()->parameters)};
      if (with_paper) cells.push_back(paper_text(row));
      cells.insert(cells.end(), {series.recipe, accuracy_text(summary)});
      if (with_paper)
        cells.push_back(row.paper_accuracy && summary.n > 0
                            ? fmt::format("{:+.4f}", summary.mean - *row.paper_accuracy)
                            : "");
      cells.insert(cells.end(), {fmt::format("{}", runs.size()), fmt::format("{}", runs.front()->epochs),
                                 time_text(runs)});
      table.row(cells);
    }
  return table.text();
}

// The mean over runs of one number of each, where all of them have it.
std::optional<double> mean_of(const std::vector<const RunResult*>& runs,
                              const std::function<std::optional<double>(const RunResult&)>& number) {
  std::vector<double> values;
  for (const RunResult* run : runs)
    if (const auto value = number(*run)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  return summary_of(values).mean;
}

std::string cell(const std::optional<double>& value) {
  return value ? fmt::format("{:.4f}", *value) : "";
}

std::string curves_section(const Section& section, const Results& results) {
  std::size_t last = 0;
  for (const Series& series : section.series)
    for (const Point& point : series.points)
      for (const RunResult* run : finished(point.runs, results))
        last = std::max(last, run->train_accuracy.size());
  std::vector<std::size_t> epochs;
  for (const std::size_t epoch : {1, 2, 5, 10, 20, 50, 100, 200, 300})
    if (epoch <= last) epochs.push_back(epoch);
  std::vector<std::string> head{"network", "recipe"};
  for (const std::size_t epoch : epochs) head.push_back(fmt::format("epoch {}", epoch));
  Table table(head);
  for (const Series& series : section.series) {
    if (!any_finished(series, results)) continue;
    std::vector<std::string> cells{series.row->title, series.recipe};
    for (const std::size_t epoch : epochs)
      cells.push_back(cell(mean_of(finished(series.points.front().runs, results), [&](const RunResult& run) {
        return epoch <= run.train_accuracy.size() ? std::optional(run.train_accuracy[epoch - 1])
                                                  : std::nullopt;
      })));
    table.row(cells);
  }
  return table.text();
}

std::string varied_section(const Section& section, const Results& results) {
  std::set<double> values;
  for (const Series& series : section.series)
    for (const Point& point : series.points)
      if (!finished(point.runs, results).empty()) values.insert(point.value);
  std::vector<std::string> head{"network", "recipe"};
  for (const double value : values) head.push_back(fmt::format("{:g}", value));
  head.insert(head.end(), {"epochs", "time"});
  Table table(head);
  for (const Series& series : section.series) {
    if (!any_finished(series, results)) continue;
    std::vector<std::string> cells{series.row->title, series.recipe};
    std::vector<const RunResult*> all;
    for (const double value : values) {
      const auto point = std::ranges::find(series.points, value, &Point::value);
      if (point == series.points.end()) {
        cells.emplace_back();
        continue;
      }
      const auto runs = finished(point->runs, results);
      all.insert(all.end(), runs.begin(), runs.end());
      cells.push_back(accuracy_text(summary_of(accuracies(point->runs, results))));
    }
    cells.push_back(fmt::format("{}", all.front()->epochs));
    cells.push_back(time_text(all));
    table.row(cells);
  }
  return fmt::format("By {}:\n\n{}", section.experiment->varied, table.text());
}

// At one share; none where it was not measured.
std::optional<double> accuracy_at(const PruningCurve& curve, double share) {
  for (std::size_t s = 0; s < curve.shares.size(); ++s)
    if (std::abs(curve.shares[s] - share) < 1e-9) return curve.accuracies[s];
  return std::nullopt;
}

// The curves of all seeds of a series, by what was removed, in the order they were measured in.
std::vector<std::vector<PruningCurve>> curves_of(const Series& series, const Results& results) {
  std::vector<std::vector<PruningCurve>> curves;
  if (series.points.empty()) return curves;
  for (const RunResult* run : finished(series.points.front().runs, results))
    for (auto& curve : pruning_curves(*run)) {
      const auto like = [&](const auto& others) { return others.front().removed == curve.removed; };
      auto found = std::ranges::find_if(curves, like);
      if (found == curves.end()) found = curves.insert(found, std::vector<PruningCurve>());
      found->push_back(std::move(curve));
    }
  return curves;
}

std::string pruning_section(const Section& section, const Results& results) {
  const std::vector<double> shares{0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95};
  std::vector<std::string> head{"network", "recipe", "removed"};
  for (const double share : shares) head.push_back(fmt::format("{:.0f} %", 100 * share));
  Table table(head);
  std::size_t n_rows = 0;
  for (const Series& series : section.series)
    for (const auto& curves : curves_of(series, results)) {
      std::vector<std::string> cells{series.row->title, series.recipe, curves.front().removed};
      for (const double share : shares) {
        std::vector<double> values;
        for (const PruningCurve& curve : curves)
          if (const auto value = accuracy_at(curve, share)) values.push_back(*value);
        cells.push_back(values.empty() ? "" : cell(summary_of(values).mean));
      }
      table.row(cells);
      ++n_rows;
    }
  return n_rows == 0 ? "" : table.text();
}

std::string layers_section(const Section& section, const Results& results) {
  Table table(
      {"network", "recipe", "seed", "layer", "least", "5 %", "25 %", "median", "75 %", "95 %", "greatest"});
  std::size_t n_rows = 0;
  for (const Series& series : section.series)
    for (const Point& point : series.points)
      for (const RunResult* run : finished(point.runs, results)) {
        const auto measure = run->measures.find("layers");
        if (measure == run->measures.end()) continue;
        for (std::size_t l = 0; l < measure->second.size(); ++l) {
          std::vector<std::string> cells{series.row->title, series.recipe, fmt::format("{}", run->seed),
                                         fmt::format("{}", l)};
          for (const auto& quantile : measure->second[l]["quantiles"])
            cells.push_back(fmt::format("{:.2f}", quantile.get<double>()));
          table.row(cells);
          ++n_rows;
        }
      }
  return n_rows == 0 ? "" : table.text();
}

std::string activity_section(const Section& section, const Results& results) {
  std::string text;
  for (const Series& series : section.series)
    for (const Point& point : series.points)
      for (const RunResult* run : finished(point.runs, results))
        if (run->measures.contains("activity"))
          text += fmt::format("- {}, recipe {}, seed {}: kept in `{}.json`\n", series.row->title,
                              series.recipe, run->seed, run->id);
  return text;
}

std::string frontier_section(const Section& section, const Results& results) {
  Table table({"budget", "kind", "network chosen", "parameters", "among", "test accuracy", "seeds", "epochs",
               "time, choice included"});
  for (const Series& series : section.series) {
    if (!any_finished(series, results)) continue;
    const Point& point = series.points.front();
    auto runs = finished(point.runs, results);
    const RunResult& first = *runs.front();
    const Summary summary = summary_of(accuracies(point.runs, results));
    const auto candidates = finished(series.candidates, results);
    auto all = runs;
    all.insert(all.end(), candidates.begin(), candidates.end());
    table.row({fmt::format("{}", series.row->budget.value_or(0)), series.row->title, first.network,
               fmt::format("{}", first.parameters), fmt::format("{}", candidates.size()),
               accuracy_text(summary), fmt::format("{}", runs.size()), fmt::format("{}", first.epochs),
               time_text(all)});
  }
  return table.text();
}

}  // namespace

std::vector<const RunResult*> finished(const std::vector<std::string>& runs, const Results& results) {
  std::vector<const RunResult*> found;
  for (const auto& id : runs)
    if (const auto at = results.find(id); at != results.end()) found.push_back(&at->second);
  return found;
}

bool any_finished(const Series& series, const Results& results) {
  return std::ranges::any_of(series.points,
                             [&](const Point& point) { return !finished(point.runs, results).empty(); });
}

Summary summary_of(const std::vector<double>& values) {
  Summary summary{.n = values.size()};
  if (values.empty()) return summary;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) summary.mean += value / n;
  if (values.size() < 2) return summary;
  double squares = 0.0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  summary.deviation = std::sqrt(squares / (n - 1));
  return summary;
}

std::vector<double> accuracies(const std::vector<std::string>& runs, const Results& results) {
  std::vector<double> values;
  for (const RunResult* run : finished(runs, results))
    if (run->test_accuracy) values.push_back(*run->test_accuracy);
  return values;
}

std::vector<PruningCurve> pruning_curves(const RunResult& run) {
  std::vector<PruningCurve> curves;
  for (const char* measure : {"pruning", "soft_pruning"}) {
    const auto found = run.measures.find(measure);
    if (found == run.measures.end()) continue;
    for (const auto& [removed, accuracies] : found->second["curves"].items())
      curves.push_back({removed, found->second["share"], accuracies});
  }
  return curves;
}

std::string section_text(const Section& section, const Results& results) {
  if (std::ranges::none_of(section.series,
                           [&](const Series& series) { return any_finished(series, results); }))
    return "";
  const std::string& kind = section.experiment->kind;
  if (kind == "curves") return curves_section(section, results);
  if (kind == "pruning") return pruning_section(section, results);
  if (kind == "varied") return varied_section(section, results);
  if (kind == "layers") return layers_section(section, results);
  if (kind == "activity") return activity_section(section, results);
  if (kind == "frontier") return frontier_section(section, results);
  return table_section(section, results);
}

}  // namespace loci::experiments
