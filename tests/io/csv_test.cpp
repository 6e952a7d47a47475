#include "io/csv.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "io/atomic_file.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

TEST_CASE("a history table becomes a header and one line per row") {
  const io::HistoryTable table{{"epoch", "loss, mean", "accuracy"}, {{1, 0.25, 0.5}, {2, NAN, -1e-300}}};
  CHECK(io::to_csv(table) == "epoch,\"loss, mean\",accuracy\n1,0.25,0.5\n2,nan,-1e-300\n");
}

TEST_CASE("every number in a table reads back to the same bits") {
  const std::vector<double> values{1.0 / 3, 0.1 + 0.2, 1e22, 5e-324, std::numeric_limits<double>::max()};
  const std::string text = io::to_csv({{"a", "b", "c", "d", "e"}, {values}});
  std::istringstream line(text.substr(text.find('\n') + 1));
  for (const double value : values) {
    std::string field;
    std::getline(line, field, ',');
    CHECK(std::strtod(field.c_str(), nullptr) == value);
  }
}

TEST_CASE("a table is written whole and replaces the old one") {
  const TemporaryFolder folder;
  io::write_csv(folder / "history.csv", {{"epoch"}, {{1}}});
  io::write_csv(folder / "history.csv", {{"epoch"}, {{1}, {2}}});
  CHECK(read_bytes(folder / "history.csv") == "epoch\n1\n2\n");
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("a file that is never committed leaves the old one and no temporary") {
  const TemporaryFolder folder;
  write_bytes(folder / "result", "old");
  {
    const io::AtomicFile file(folder / "result");
    write_bytes(file.temporary(), "half of the n");
    CHECK(folder.n_entries() == 2);
  }
  CHECK(read_bytes(folder / "result") == "old");
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("a place where no file can be made is refused before anything is written") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::write_csv(folder / "missing/history.csv", {}), Contains("does not exist"));
  CHECK_THROWS_WITH(io::write_csv(folder.path(), {}), Contains("is a folder"));
  CHECK_THROWS_AS(io::write_csv(folder / "missing/", {}), InputError);
  CHECK(folder.n_entries() == 0);
}
