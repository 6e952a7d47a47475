#include "io/raster_file.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "io/hdf5.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using Ids = std::vector<std::uint64_t>;
using Times = std::vector<double>;

namespace {

const std::vector<io::Population> two_layers{{"hidden", 100}, {"output", 10}};
const io::Provenance provenance{.seed = 9, .configuration = "seed = 9\n"};

// A spike file as another program writes it: no /loci, no format.
std::filesystem::path foreign(const TemporaryFolder& folder, const std::string& units, std::uint8_t sorting,
                              const Times& times, const Ids& ids, std::uint32_t magic = 0x0A7A) {
  const auto path = folder / "foreign.h5";
  auto file = io::hdf5::File::create(path);
  file.write_attribute("magic", magic);
  auto group = file.create_group("spikes").create_group("cells");
  const std::vector<std::pair<std::string, std::uint8_t>> sortings{{"by_id", 1}, {"by_time", 2}, {"none", 0}};
  group.write_enum_attribute("sorting", sortings, sorting);
  auto timestamps = group.write("timestamps", times);
  if (!units.empty()) timestamps.write_attribute("units", units);
  group.write("node_ids", ids);
  return path;
}

}  // namespace

TEST_CASE("a raster comes back with every spike, sample and fact") {
  const TemporaryFolder folder;
  const auto path = folder / "run.h5";
  io::RasterWriter writer(path, two_layers, provenance);
  writer.append("hidden", Ids{3, 99}, Times{0, 1.0 / 3});
  writer.append(1, Ids{0}, Times{0.5});
  writer.append("hidden", Ids{0}, Times{1.0 / 3});
  writer.append("hidden", {}, {});
  writer.end_sample({.index = 42, .begin_ms = 0, .end_ms = 25, .label = 7, .predicted = 1});
  writer.end_sample({.index = 43, .begin_ms = 25, .end_ms = 50});
  CHECK(writer.n_spikes() == 4);
  writer.close(60);
  CHECK(folder.n_entries() == 1);

  const auto raster = io::read_raster(path);
  CHECK(raster.complete);
  CHECK(raster.duration_ms == 60);
  CHECK(raster.stamp.format == "loci-raster");
  CHECK(raster.stamp.provenance.seed == 9);
  CHECK(raster.stamp.provenance.configuration == "seed = 9\n");
  REQUIRE(raster.populations.size() == 2);
  CHECK(raster.populations[0].name == "hidden");
  CHECK(raster.at("hidden").n_neurons == 100);
  CHECK(raster.at("hidden").ids == Ids{3, 99, 0});
  CHECK(raster.at("hidden").times_ms == Times{0, 1.0 / 3, 1.0 / 3});
  CHECK(raster.at("output").ids == Ids{0});
  CHECK(raster.n_spikes() == 4);
  REQUIRE(raster.samples.size() == 2);
  CHECK(raster.samples[0].index == 42);
  CHECK(raster.samples[0].end_ms == 25);
  CHECK(raster.samples[0].label == 7);
  CHECK(raster.samples[0].predicted == 1);
  CHECK(raster.samples[1].label == -1);
  CHECK_THROWS_WITH(raster.at("nobody"), Contains("nobody") && Contains("hidden, output"));
  CHECK(io::peek_format(path).format == "loci-raster");
}

TEST_CASE(
    "a long raster passes through chunks and flushes unharmed, and the same spikes give the same bytes") {
  const TemporaryFolder folder;
  Ids ids;
  Times times;
  for (std::uint64_t i = 0; i < 150'000; ++i) {
    ids.push_back(i * 7 % 100);
    times.push_back(static_cast<double>(i) * 0.1);
  }
  for (const char* name : {"a.h5", "b.h5"}) {
    io::RasterWriter writer(folder / name, two_layers, provenance);
    for (std::size_t begin = 0; begin < ids.size();) {
      const std::size_t n = std::min<std::size_t>(1 + begin % 1000, ids.size() - begin);
      writer.append(0, std::span(ids).subspan(begin, n), std::span(times).subspan(begin, n));
      writer.end_sample({.index = begin, .begin_ms = times[begin], .end_ms = times[begin + n - 1]});
      begin += n;
    }
    writer.close();
  }
  const auto raster = io::read_raster(folder / "a.h5");
  CHECK(raster.at("hidden").ids == ids);
  CHECK(raster.at("hidden").times_ms == times);
  CHECK(raster.duration_ms == times.back());
  CHECK(raster.samples.size() > 150);
  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
}

TEST_CASE("the layout is SONATA's") {
  const TemporaryFolder folder;
  io::RasterWriter writer(folder / "run.h5", two_layers, provenance);
  writer.append("hidden", Ids{3}, Times{1});
  writer.close();
  const auto file = io::hdf5::File::open(folder / "run.h5");
  CHECK(file.read_attribute<std::uint32_t>("magic") == 0x0A7A);
  CHECK(file.read_attribute_array<std::uint32_t>("version") == std::vector<std::uint32_t>{0, 1});
  const auto group = file.group("spikes/hidden");
  CHECK(group.read_enum_attribute("sorting") == "by_time");
  CHECK(group.dataset("timestamps").read_string_attribute("units") == "ms");
  CHECK(group.dataset("timestamps").read<double>() == Times{1});
  CHECK(group.dataset("node_ids").read<std::uint64_t>() == Ids{3});
  CHECK(file.group("spikes").names() == std::vector<std::string>{"hidden", "output"});
}

TEST_CASE("spikes that cannot be are refused and leave the recording as it was") {
  const TemporaryFolder folder;
  io::RasterWriter writer(folder / "run.h5", two_layers, provenance);
  writer.append("hidden", Ids{1}, Times{5});
  CHECK_THROWS_WITH(writer.append("hidden", Ids{1, 1}, Times{6, -1}),
                    Contains("spike 1") && Contains("-1 ms"));
  CHECK_THROWS_WITH(writer.append("hidden", Ids{1}, Times{4}), Contains("4 ms comes after 5 ms"));
  CHECK_THROWS_WITH(writer.append("hidden", Ids{1}, Times{NAN}), Contains("nan ms"));
  CHECK_THROWS_WITH(writer.append("output", Ids{10}, Times{1}), Contains("neuron 10 of 10"));
  CHECK_THROWS_AS(writer.append("hidden", Ids{1, 2}, Times{6}), std::logic_error);
  CHECK_THROWS_AS(writer.append("nobody", Ids{1}, Times{6}), std::logic_error);
  CHECK_THROWS_AS(writer.append(2, Ids{1}, Times{6}), std::logic_error);
  CHECK_THROWS_WITH(writer.end_sample({.begin_ms = 3, .end_ms = 2}), Contains("from 3 to 2 ms"));
  writer.end_sample({.begin_ms = 2, .end_ms = 4});
  CHECK_THROWS_WITH(writer.end_sample({.begin_ms = 1, .end_ms = 5}), Contains("from 1 to 5 ms"));
  CHECK_THROWS_WITH(writer.end_sample({.begin_ms = 3, .end_ms = NAN}), Contains("nan ms"));
  CHECK_THROWS_WITH(writer.close(1), Contains("before the last event"));
  writer.append("hidden", Ids{2}, Times{5});
  writer.close();
  CHECK_THROWS_AS(writer.flush(), std::logic_error);
  CHECK(io::read_raster(folder / "run.h5").at("hidden").ids == Ids{1, 2});
}

TEST_CASE("populations need names of their own") {
  const TemporaryFolder folder;
  const auto open = [&](const std::vector<io::Population>& populations) {
    io::RasterWriter(folder / "run.h5", populations, provenance);
  };
  CHECK_THROWS_AS(open({}), InputError);
  CHECK_THROWS_WITH(open({{"a/b", 1}}), Contains("a/b"));
  CHECK_THROWS_AS(open({{"", 1}}), InputError);
  CHECK_THROWS_WITH(open({{"a", 1}, {"a", 1}}), Contains("two populations"));
  CHECK_THROWS_AS(io::RasterWriter(folder / "missing/run.h5", two_layers, provenance), InputError);
  CHECK(folder.n_entries() == 0);
}

TEST_CASE("an abandoned recording stays as a readable partial file, and an empty one goes") {
  const TemporaryFolder folder;
  { const io::RasterWriter writer(folder / "empty.h5", two_layers, provenance); }
  CHECK(folder.n_entries() == 0);
  {
    io::RasterWriter writer(folder / "run.h5", two_layers, provenance);
    writer.append("hidden", Ids{1, 2}, Times{5, 6});
    CHECK(writer.partial_path() == folder / "run.h5.partial");
  }
  CHECK_FALSE(std::filesystem::exists(folder / "run.h5"));
  const auto raster = io::read_raster(folder / "run.h5.partial");
  CHECK_FALSE(raster.complete);
  CHECK(raster.at("hidden").ids == Ids{1, 2});
  CHECK(raster.duration_ms == 6);
}

TEST_CASE("spike files of other programs are read") {
  const TemporaryFolder folder;
  const auto raster = io::read_raster(foreign(folder, "ms", 2, {0.5, 2}, {7, 3}));
  CHECK(raster.stamp.format == "sonata-spikes");
  CHECK(raster.at("cells").n_neurons == 8);
  CHECK(raster.at("cells").times_ms == Times{0.5, 2});
  CHECK(raster.duration_ms == 2);
  CHECK(io::peek_format(folder / "foreign.h5").format == "sonata-spikes");
  CHECK(io::read_raster(foreign(folder, "ms", 0, {2, 0.5}, {7, 3})).at("cells").times_ms == Times{2, 0.5});
}

TEST_CASE("spike files that contradict themselves are refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "", 2, {1}, {1})), Contains("units"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "s", 2, {1}, {1})), Contains("its unit is 's'"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "ms", 2, {2, 1}, {1, 1})), Contains("comes after"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "ms", 0, {-1}, {1})), Contains("-1 ms"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "ms", 0, {NAN}, {1})), Contains("nan ms"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "ms", 0, {1, 2}, {1})),
                    Contains("1 neurons for 2 times"));
  CHECK_THROWS_WITH(io::read_raster(foreign(folder, "ms", 0, {1}, {1}, 1)), Contains("magic"));
}
