// A disk that fills up ends in an InputError, with nothing under the file's name.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "io/shd_file.hpp"
#include "io/sonata_writer.hpp"
#include "io/trace_file.hpp"
#include "sample_circuit.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;

namespace {

// Runs it in a process whose files cannot grow beyond `bytes`, standing for the full disk; gives its exit
// code, -1 for a crash.
template <typename Write>
int exit_code_with_little_disk(rlim_t bytes, Write write) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = bytes, .rlim_max = bytes};
    setrlimit(RLIMIT_FSIZE, &small);
    try {
      write();
    } catch (const InputError&) {
      exit(2);  // as the command line does, running what runs at exit
    }
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a full disk while a circuit is written is an error, and leaves no half of it") {
  const TemporaryFolder folder;
  const auto circuit = sample_circuit();
  const sim::Connectivity connectivity(circuit, {});
  for (const rlim_t bytes : {1'000, 4'000, 10'000, 15'000}) {
    CAPTURE(bytes);
    CHECK(exit_code_with_little_disk(
              bytes, [&] { io::write_sonata_edges(folder / "edges.h5", circuit, connectivity, {}); }) == 2);
    CHECK(exit_code_with_little_disk(
              bytes, [&] { io::write_sonata_nodes(folder / "nodes.h5", circuit, connectivity, {}); }) == 2);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "edges.h5"));
  CHECK_FALSE(std::filesystem::exists(folder / "nodes.h5"));
  CHECK(folder.n_entries() == 2);  // the tables of types
}

TEST_CASE("a full disk while traces or samples are written is an error") {
  const TemporaryFolder folder;
  CHECK(exit_code_with_little_disk(200'000, [&] {
          io::TraceWriter writer(folder / "v.h5", io::TraceQuantity::membrane_mv, {}, {{"e", {1}}}, {});
          for (int i = 0; i < 1000; ++i) {
            writer.append(0, std::vector<double>(1000, 1.0));
            writer.flush();
          }
          writer.close();
        }) == 2);
  CHECK(exit_code_with_little_disk(20'000, [&] {
          io::ShdWriter writer(folder / "s.h5", 700, {}, {});
          writer.append(std::vector<double>(50'000, 1.0), std::vector<std::uint64_t>(50'000, 7), 0);
          writer.close();
        }) == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "v.h5"));
  CHECK_FALSE(std::filesystem::exists(folder / "s.h5"));
}
