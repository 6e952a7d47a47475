#include "cli/reproduction_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "sim/error.hpp"

namespace loci::cli {
namespace {

// The bar over all runs, each counted by the time it is expected to take.
class Board {
 public:
  Board(const std::vector<ReproductionRun>& runs, const Output& output)
      : runs_(runs), progress_(output, "images"), shares_(runs.size()) {
    for (const ReproductionRun& run : runs) total_ += milliseconds(run, 1.0);
  }

  void update(std::size_t index, double share) {
    const std::lock_guard lock(mutex_);
    shares_[index] = share;
    std::uint64_t done = 0;
    double images = 0.0;
    for (std::size_t r = 0; r < runs_.size(); ++r) {
      done += milliseconds(runs_[r], shares_[r]);
      images += shares_[r] * static_cast<double>(runs_[r].config.epochs) * 60000.0;
    }
    progress_.update(fmt::format("{} of {} runs", n_finished_, runs_.size()), done, total_,
                     static_cast<std::uint64_t>(images), runs_[index].title);
  }

  void finished(std::size_t index, const experiments::RunResult& result) {
    const std::lock_guard lock(mutex_);
    shares_[index] = 1.0;
    ++n_finished_;
    const std::string accuracy = result.test_accuracy
                                     ? fmt::format("test accuracy {:.4f}", *result.test_accuracy)
                                     : fmt::format("validation {:.4f}", result.best_validation);
    progress_.line(fmt::format("{:>4}/{}  {}: {}, {} epochs in {}", n_finished_, runs_.size(),
                               runs_[index].title, accuracy, result.epochs, clock_text(result.seconds)));
  }

  void failed(std::size_t index, const std::string& problem) {
    const std::lock_guard lock(mutex_);
    progress_.line(fmt::format("      {}: {}", runs_[index].title, problem));
  }

 private:
  static std::uint64_t milliseconds(const ReproductionRun& run, double share) {
    return static_cast<std::uint64_t>(1000 * std::max(run.seconds, 0.001) * share);
  }

  const std::vector<ReproductionRun>& runs_;
  Progress progress_;
  std::vector<double> shares_;
  std::uint64_t total_ = 0;
  std::size_t n_finished_ = 0;
  std::mutex mutex_;
};

// What is to be done, and by how many at a time.
class Queue {
 public:
  struct Task {
    std::size_t index;
    std::size_t n_threads;
  };
  Queue(std::size_t n_runs, std::size_t n_jobs, std::size_t n_cores)
      : n_runs_(n_runs), n_jobs_(n_jobs), n_cores_(n_cores) {}

  std::optional<Task> next() {
    const std::lock_guard lock(mutex_);
    if (next_ == n_runs_ || interrupted()) return std::nullopt;
    ++n_active_;
    const std::size_t left = n_runs_ - next_ - 1 + n_active_;
    return Task{next_++, std::max<std::size_t>(1, n_cores_ / std::min(left, n_jobs_))};
  }
  void done() {
    const std::lock_guard lock(mutex_);
    --n_active_;
  }

 private:
  std::size_t n_runs_;
  std::size_t n_jobs_;
  std::size_t n_cores_;
  std::size_t next_ = 0;
  std::size_t n_active_ = 0;
  std::mutex mutex_;
};

}  // namespace

void make_runs(const std::vector<ReproductionRun>& runs, WorkerSettings settings, const Output& output,
               experiments::Results& results, PoolOutcome& outcome) {
  const std::size_t n_cores = learning::Workers().n_threads();
  if (settings.n_jobs == 0) settings.n_jobs = std::min(n_cores, runs.size());
  Board board(runs, output);
  Queue queue(runs.size(), settings.n_jobs, n_cores);
  ReproductionWorkshop workshop(settings);
  std::mutex mutex;
  const auto work = [&] {
    while (const auto task = queue.next()) {
      const ReproductionRun& run = runs[task->index];
      const auto fail = [&](const std::string& problem) {
        board.failed(task->index, problem);
        const std::lock_guard lock(mutex);
        outcome.failures[run.id] = problem;
      };
      try {
        auto result =
            workshop.make(run, task->n_threads, [&](double share) { board.update(task->index, share); });
        if (result) {
          board.finished(task->index, *result);
          const std::lock_guard lock(mutex);
          ++outcome.n_made;
          results.insert_or_assign(run.id, std::move(*result));
        }
      } catch (const InputError& error) {
        fail(fmt::format("{}: {} ({})", error.where(), error.problem(), error.remedy()));
      } catch (const std::exception& error) {
        fail(fmt::format("internal error: {}", error.what()));
      }
      queue.done();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t j = 0; j < settings.n_jobs; ++j) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  outcome.interrupted = outcome.interrupted || interrupted();
}

}  // namespace loci::cli
