#include "io/atomic_folder.hpp"

#include <catch2/catch.hpp>

#include "idx_files.hpp"
#include "io/atomic_file.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

TEST_CASE("a folder appears with all its files when it is committed, and not before") {
  const TemporaryFolder folder;
  {
    io::AtomicFolder made(folder / "new");
    io::write_file(made.temporary() / "a.txt", "text");
    CHECK_FALSE(std::filesystem::exists(folder / "new"));
    made.commit();
  }
  CHECK(read_bytes(folder / "new/a.txt") == "text");
  CHECK(folder.n_entries() == 2);
}

TEST_CASE("a folder that is not committed leaves nothing, and an older one as it was") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "old");
  io::write_file(folder / "old/a.txt", "old");
  {
    const io::AtomicFolder made(folder / "old");
    io::write_file(made.temporary() / "a.txt", "new");
  }
  CHECK(read_bytes(folder / "old/a.txt") == "old");
  CHECK(folder.n_entries() == 2);
}

TEST_CASE("a committed folder takes the place of an older one, with nothing of it left") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "old");
  io::write_file(folder / "old/b.txt", "old");
  io::AtomicFolder made(folder.path() / "old/");
  io::write_file(made.temporary() / "a.txt", "new");
  made.commit();
  CHECK(read_bytes(folder / "old/a.txt") == "new");
  CHECK_FALSE(std::filesystem::exists(folder / "old/b.txt"));
  CHECK(folder.n_entries() == 2);
}

TEST_CASE("places where no folder can be made are refused") {
  const TemporaryFolder folder;
  io::write_file(folder / "file", "text");
  CHECK_THROWS_WITH(io::AtomicFolder(folder / "file"), Contains("this is a file"));
  CHECK_THROWS_WITH(io::AtomicFolder(folder / "none/new"), Contains("does not exist"));
  CHECK_THROWS_AS(io::AtomicFolder("."), InputError);
  CHECK(folder.n_entries() == 1);
}
