// Downloading, from a server of the test's own.
#include <catch2/catch.hpp>

#include "tests/io/http_server.hpp"
#include "workspace.hpp"

using Catch::Contains;

namespace {

Result fetch(const TemporaryFolder& folder, const Arguments& more) {
  Arguments arguments{"data", "fetch", "mnist", "--to", "new/mnist"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, {.folder = folder.path(), .environment = {"no_proxy=127.0.0.1"}});
}

}  // namespace

TEST_CASE("a mirror that has nothing leaves nothing behind") {
  const TemporaryFolder folder;
  const HttpServer server({});
  const auto result = fetch(folder, {"--mirror", server.url()});
  CHECK(result.exit_code == 2);
  CHECK(server.n_requests() >= 1);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, Contains(server.url()) && Contains("404") && Contains("what to do: "));
  CHECK(folder.n_entries() == 0);
}

TEST_CASE("a mirror with other files than the real ones leaves nothing behind") {
  const TemporaryFolder folder;
  const HttpServer server({{"/train-images-idx3-ubyte.gz", {200, "something else"}}});
  const auto result = fetch(folder, {"--mirror", server.url(), "--quiet"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Contains("train-images-idx3-ubyte.gz") && Contains("what to do: "));
  CHECK(folder.n_entries() == 0);
}

TEST_CASE("what nobody offers is not fetched") {
  const TemporaryFolder folder;
  const auto result = run({"data", "fetch", "imagenet"}, {.folder = folder.path(), .environment = {}});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Contains("imagenet") && Contains("mnist"));
  CHECK(run({"data", "fetch"}, {.folder = folder.path(), .environment = {}}).exit_code == 2);
  CHECK(run({"data"}, {.folder = folder.path(), .environment = {}}).exit_code == 2);
}
