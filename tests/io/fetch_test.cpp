#include "io/fetch.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <set>

#include "http_server.hpp"
#include "idx_files.hpp"
#include "io/digest.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

namespace {

std::string sha256(const std::string& text) {
  io::Sha256 digest;
  digest.update(std::as_bytes(std::span(text)));
  return digest.finish();
}

const std::string images = gzip(image_bytes(50));
const std::string labels = label_bytes(50);

// No mirror of its own: a test that forgot its server would fail instead of leaving this machine.
io::RemoteDataset tiny() {
  return {.name = "tiny",
          .mirrors = {},
          .files = {{"images.gz", sha256(image_bytes(50))}, {"labels", sha256(labels)}}};
}

std::map<std::string, HttpServer::Answer> good_answers() {
  return {{"/images.gz", {200, images}}, {"/labels", {200, labels}}};
}

io::FetchResult fetch(const std::filesystem::path& folder, const std::vector<std::string>& mirrors,
                      const io::FetchProgressCallback& progress = {}) {
  setenv("no_proxy", "127.0.0.1", 1);
  return io::fetch_dataset(tiny(), folder, mirrors, progress, {.connect_seconds = 5, .stall_seconds = 5});
}

// A port that was free a moment ago and on which nobody listens.
std::string dead_mirror() {
  return HttpServer({}).url();
}

}  // namespace

TEST_CASE("SHA-256 of 'abc' is the standard's") {
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a good mirror gives every file under its own name and nothing else") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  const auto result = fetch(folder / "new/tiny", {server.url()});
  CHECK(result.n_downloaded == 2);
  CHECK(result.n_already_there == 0);
  CHECK(result.downloaded_bytes == images.size() + labels.size());
  CHECK(read_bytes(folder / "new/tiny/images.gz") == images);
  CHECK(read_bytes(folder / "new/tiny/labels") == labels);
  CHECK(folder.n_entries() == 4);
}

TEST_CASE("files that are there and right are not asked for again") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  write_bytes(folder / "images.gz", gzip(image_bytes(50)));
  const auto result = fetch(folder.path(), {server.url()});
  CHECK(result.n_already_there == 1);
  CHECK(result.n_downloaded == 1);
  CHECK(server.n_requests() == 1);
  CHECK(fetch(folder.path(), {dead_mirror()}).n_already_there == 2);
}

TEST_CASE("a file that is there and wrong is replaced") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  write_bytes(folder / "labels", "something else");
  CHECK(fetch(folder.path(), {server.url()}).n_downloaded == 2);
  CHECK(read_bytes(folder / "labels") == labels);
}

TEST_CASE("the second mirror serves when the first is dead or lacks a file") {
  const TemporaryFolder folder;
  const HttpServer empty({});
  const HttpServer server(good_answers());
  CHECK(fetch(folder / "a", {dead_mirror(), server.url()}).n_downloaded == 2);
  CHECK(fetch(folder / "b", {empty.url(), server.url()}).n_downloaded == 2);
  CHECK(empty.n_requests() == 2);
  CHECK(read_bytes(folder / "b/images.gz") == images);
}

TEST_CASE("redirects are followed to other web addresses only") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  const HttpServer moved(
      {{"/images.gz", {302, "", 0, server.url("/images.gz")}}, {"/labels", {200, labels}}});
  CHECK(fetch(folder / "a", {moved.url()}).n_downloaded == 2);
  const HttpServer evil({{"/images.gz", {302, "", 0, "file:///etc/hostname"}}});
  CHECK_THROWS_WITH(fetch(folder / "b", {evil.url()}), Contains("images.gz"));
  CHECK_THROWS_AS(fetch(folder / "b", {"file:///etc/"}), InputError);
}

TEST_CASE("a failed download leaves nothing, not even its folder, and says what each mirror answered") {
  const TemporaryFolder folder;
  const auto fails = [&](const char* file, const HttpServer::Answer& answer, const char* reason) {
    auto answers = good_answers();
    answers[file] = answer;
    const HttpServer server(answers);
    CHECK_THROWS_WITH(fetch(folder / "new/tiny", {server.url()}),
                      Contains(reason) && Contains(server.url(file)));
    CHECK(folder.n_entries() == 0);
  };
  std::string tampered = labels;
  tampered.back() ^= 1;
  fails("/labels", {404, "not found"}, "404");
  fails("/labels", {500, labels}, "500");
  fails("/labels", {200, tampered}, "the content has SHA-256");
  fails("/labels", {200, labels.substr(0, 30), labels.size() - 30}, "");
  fails("/images.gz", {200, images.substr(0, images.size() / 2)}, "no whole gzip");
  fails("/images.gz", {200, ""}, "SHA-256");
}

TEST_CASE("a failed download leaves older files as they were") {
  const TemporaryFolder folder;
  write_bytes(folder / "labels", "older");
  const HttpServer server({{"/images.gz", {200, images}}});
  CHECK_THROWS_AS(fetch(folder.path(), {server.url()}), InputError);
  CHECK(read_bytes(folder / "labels") == "older");
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("progress is told, and an exception from it cancels without a trace") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  std::set<std::string> told;
  std::uint64_t most = 0;
  fetch(folder / "a", {server.url()}, [&](const io::FetchProgress& progress) {
    told.insert(progress.file);
    most = std::max(most, progress.received_bytes);
  });
  CHECK(told == std::set<std::string>{"images.gz", "labels"});
  CHECK(most == std::max(images.size(), labels.size()));

  struct Cancelled {};
  CHECK_THROWS_AS(fetch(folder / "b", {server.url()}, [](const io::FetchProgress&) { throw Cancelled{}; }),
                  Cancelled);
  CHECK_FALSE(std::filesystem::exists(folder / "b"));
}

TEST_CASE("a mirror that sends without end is cut off") {
  const TemporaryFolder folder;
  const HttpServer server(good_answers());
  setenv("no_proxy", "127.0.0.1", 1);
  CHECK_THROWS_WITH(io::fetch_dataset(tiny(), folder / "a", {server.url()}, {}, {.file_bytes = 10}),
                    Contains("more than 10 bytes"));
  CHECK(folder.n_entries() == 0);
}

TEST_CASE("only known data sets have a description, each digest a whole SHA-256") {
  for (const auto& file : io::remote_dataset("mnist").files) CHECK(file.sha256_of_content.size() == 64);
  CHECK(io::remote_dataset("mnist").files.size() == 4);
  CHECK(io::remote_dataset("mnist").mirrors.size() == 2);
  CHECK_THROWS_WITH(io::remote_dataset("fashion-mnist"), Contains("apt install dataset-fashion-mnist"));
  CHECK_THROWS_WITH(io::fetch_dataset("imagenet", "/tmp"), Contains("imagenet") && Contains("mnist"));
}
