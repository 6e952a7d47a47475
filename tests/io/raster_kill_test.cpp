// A process that records and is killed at any moment leaves at least what its last finished flush held.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "io/raster_file.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;

namespace {

constexpr std::uint64_t n_neurons = 1000;
std::uint64_t id_of(std::uint64_t spike) {
  return spike * 7919 % n_neurons;
}
double time_of(std::uint64_t spike) {
  return 0.25 * static_cast<double>(spike + 1);
}

// Appends and flushes without end, saying after each flush how many spikes are safe.
[[noreturn]] void record(const std::filesystem::path& path, int safe) {
  io::RasterWriter writer(path, {{"hidden", n_neurons}}, {});
  std::uint64_t n = 0;
  for (std::uint64_t round = 0;; ++round) {
    std::vector<std::uint64_t> ids;
    std::vector<double> times;
    for (std::uint64_t i = 0; i < 1 + round * 37 % 500; ++i, ++n) {
      ids.push_back(id_of(n));
      times.push_back(time_of(n));
    }
    writer.append(0, ids, times);
    writer.end_sample({.index = round, .begin_ms = times.front(), .end_ms = times.back()});
    writer.flush();
    if (write(safe, &n, sizeof(n)) != sizeof(n)) _exit(1);
  }
}

}  // namespace

TEST_CASE("a recording killed at any moment leaves a readable prefix with every flushed spike") {
  const TemporaryFolder folder;
  std::uint64_t most_safe = 0;
  for (int round = 0; round < 25; ++round) {
    const auto path = folder / ("run" + std::to_string(round).append(".h5"));
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) record(path, ends[1]);
    close(ends[1]);
    std::uint64_t safe = 0;
    for (int flush = 0; flush < 3 + round; ++flush)
      REQUIRE(read(ends[0], &safe, sizeof(safe)) == sizeof(safe));
    std::this_thread::sleep_for(std::chrono::microseconds(137 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(ends[0], &safe, sizeof(safe)) == sizeof(safe)) {
    }
    close(ends[0]);

    CAPTURE(round, safe);
    const auto raster = io::read_raster(path.string() + ".partial");
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(raster.complete);
    const auto& spikes = raster.at("hidden");
    CHECK(spikes.ids.size() >= safe);
    bool same = true;
    for (std::uint64_t i = 0; i < spikes.ids.size(); ++i)
      same = same && spikes.ids[i] == id_of(i) && spikes.times_ms[i] == time_of(i);
    CHECK(same);
    CHECK_FALSE(raster.samples.empty());
    most_safe = std::max(most_safe, safe);
  }
  CHECK(most_safe > 1000);
}

TEST_CASE("a full disk ends a recording with an error, not with a crash") {
  const TemporaryFolder folder;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);  // a limit on the file's size stands for the full disk
    const rlimit small{.rlim_cur = 200'000, .rlim_max = 200'000};
    setrlimit(RLIMIT_FSIZE, &small);
    try {
      record(folder / "run.h5", open("/dev/null", O_WRONLY));
    } catch (const InputError&) {
      exit(2);  // as the command line does, running what runs at exit
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "run.h5"));
}
