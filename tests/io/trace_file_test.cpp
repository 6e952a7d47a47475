#include "io/trace_file.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "io/hdf5.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using Doubles = std::vector<double>;
using Floats = std::vector<float>;
using Ids = std::vector<std::uint64_t>;

namespace {

const io::Provenance provenance{.seed = 9, .configuration = "seed = 9\n"};
const std::vector<io::TracedPopulation> two{{"e", {3, 7, 90}}, {"i", {0}}};
constexpr io::TraceTimes every_half_ms{.start_ms = 10, .interval_ms = 0.5};

io::TraceWriter open_two(const std::filesystem::path& path) {
  return {path, io::TraceQuantity::membrane_mv, every_half_ms, two, provenance};
}

// What another program may write: two nodes and two frames.
std::filesystem::path foreign(const TemporaryFolder& folder, const Ids& pointers, const Doubles& time,
                              const io::hdf5::Shape& shape = {2, 2}, const std::string& time_units = "ms") {
  const auto path = folder / "foreign.h5";
  auto file = io::hdf5::File::create(path);
  {
    auto group = file.create_group("report").create_group("cells");
    auto data = group.write<float>("data", Floats{1, 2, 3, 4}, shape);
    data.write_attribute("units", "nA");
    auto mapping = group.create_group("mapping");
    mapping.write("node_ids", Ids{5, 6});
    mapping.write("index_pointers", pointers);
    mapping.write("time", time).write_attribute("units", time_units);
  }
  file.close();
  return path;
}

double value_of(std::size_t frame, std::size_t column) {
  return -65.0 + 0.25 * static_cast<double>(frame % 40) + static_cast<double>(column);
}

// Appends and flushes without end, saying after each flush how many frames are safe.
[[noreturn]] void record(const std::filesystem::path& path, int safe) {
  io::TraceWriter writer(path, io::TraceQuantity::current_pa, {}, {{"e", {1, 2, 3}}}, {});
  std::uint64_t n = 0;
  for (std::uint64_t round = 0;; ++round) {
    Doubles values;
    for (std::uint64_t i = 0; i < 1 + round * 37 % 500; ++i, ++n)
      for (std::size_t column = 0; column < 3; ++column) values.push_back(value_of(n, column));
    writer.append(0, values);
    writer.flush();
    if (write(safe, &n, sizeof(n)) != sizeof(n)) _exit(1);
  }
}

}  // namespace

TEST_CASE("traces come back with their neurons, times and units") {
  const TemporaryFolder folder;
  auto writer = open_two(folder / "v.h5");
  writer.append(0, Doubles{-70, -69, -68});
  writer.append(1, Doubles{-65.5});
  writer.append(0, Doubles{-60, -59, -58, -50.1, 0, 1});
  CHECK(writer.n_frames(0) == 3);
  CHECK(writer.n_frames(1) == 1);
  writer.close();
  CHECK(folder.n_entries() == 1);

  const auto traces = io::read_traces(folder / "v.h5");
  CHECK(traces.stamp.format == "loci-traces");
  CHECK(traces.stamp.provenance.seed == 9);
  CHECK(traces.stamp.provenance.configuration == "seed = 9\n");
  CHECK(traces.complete);
  CHECK(traces.units == "mV");
  const auto& e = traces.at("e");
  CHECK(e.neurons == Ids{3, 7, 90});
  CHECK(e.times.start_ms == 10);
  CHECK(e.times.interval_ms == 0.5);
  CHECK(e.n_frames == 3);
  CHECK(e.values == Floats{-70, -69, -68, -60, -59, -58, -50.1F, 0, 1});
  CHECK(traces.at("i").values == Floats{-65.5F});
  CHECK_THROWS_WITH(traces.at("x"), Contains("no population 'x'") && Contains("e, i"));
}

TEST_CASE(
    "a long recording passes through chunks and flushes unharmed, and the same frames give the same bytes") {
  const TemporaryFolder folder;
  std::vector<std::uint64_t> neurons(100);
  for (std::size_t i = 0; i < 100; ++i) neurons[i] = i;
  Doubles frame(100);
  for (const char* name : {"a.h5", "b.h5"}) {
    io::TraceWriter writer(folder / name, io::TraceQuantity::membrane_mv, {}, {{"e", neurons}}, {});
    for (std::size_t t = 0; t < 6000; ++t) {
      for (std::size_t i = 0; i < 100; ++i) frame[i] = value_of(t, i);
      writer.append(0, frame);
    }
    writer.close();
  }
  const auto traces = io::read_traces(folder / "a.h5");
  REQUIRE(traces.at("e").n_frames == 6000);
  bool same = true;
  for (std::size_t t = 0; t < 6000; ++t)
    for (std::size_t i = 0; i < 100; ++i)
      same = same && traces.at("e").values[t * 100 + i] == static_cast<float>(value_of(t, i));
  CHECK(same);
  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
}

TEST_CASE("the layout of traces is SONATA's frame report") {
  const TemporaryFolder folder;
  auto writer = open_two(folder / "v.h5");
  writer.append(0, Doubles{1, 2, 3, 4, 5, 6});
  writer.close();
  const auto file = io::hdf5::File::open(folder / "v.h5");
  CHECK(file.read_attribute<std::uint32_t>("magic") == 0x0A7A);
  CHECK(file.read_attribute_array<std::uint32_t>("version") == std::vector<std::uint32_t>{0, 1});
  CHECK(file.group("report").names() == std::vector<std::string>{"e", "i"});
  const auto group = file.group("report/e");
  CHECK(group.names() == std::vector<std::string>{"data", "mapping"});
  CHECK(group.dataset("data").shape() == io::hdf5::Shape{2, 3});
  CHECK(group.dataset("data").element_bytes() == 4);
  CHECK(group.dataset("data").read_string_attribute("units") == "mV");
  const auto mapping = group.group("mapping");
  CHECK(mapping.names() == std::vector<std::string>{"element_ids", "index_pointers", "node_ids", "time"});
  CHECK(mapping.dataset("node_ids").read<std::uint64_t>() == Ids{3, 7, 90});
  CHECK(mapping.dataset("node_ids").read_attribute<std::uint8_t>("sorted") == 1);
  CHECK(mapping.dataset("index_pointers").read<std::uint64_t>() == Ids{0, 1, 2, 3});
  CHECK(mapping.dataset("element_ids").read<std::uint32_t>() == std::vector<std::uint32_t>{0, 0, 0});
  CHECK(mapping.dataset("time").read<double>() == Doubles{10, 11, 0.5});
  CHECK(mapping.dataset("time").read_string_attribute("units") == "ms");
}

TEST_CASE("traces that cannot be are refused and leave the recording as it was") {
  const TemporaryFolder folder;
  auto writer = open_two(folder / "v.h5");
  writer.append(0, Doubles{1, 2, 3});
  CHECK_THROWS_WITH(writer.append(0, Doubles{1, 2, 3, 4, NAN, 6}),
                    Contains("population e") && Contains("a value of nan in frame 2, column 1"));
  CHECK_THROWS_WITH(writer.append(1, Doubles{1e300}), Contains("1e+300"));
  CHECK_THROWS_AS(writer.append(0, Doubles{1, 2}), std::logic_error);
  CHECK_THROWS_AS(writer.append(2, Doubles{}), std::logic_error);
  writer.close();
  CHECK_THROWS_AS(writer.flush(), std::logic_error);
  CHECK(io::read_traces(folder / "v.h5").at("e").values == Floats{1, 2, 3});

  const auto open = [&](const std::vector<io::TracedPopulation>& populations,
                        const io::TraceTimes& times = {}) {
    io::TraceWriter(folder / "w.h5", io::TraceQuantity::membrane_mv, times, populations, {});
  };
  CHECK_THROWS_WITH(open({}), Contains("no population to trace"));
  CHECK_THROWS_WITH(open({{"e", {}}}), Contains("no neuron is traced"));
  CHECK_THROWS_WITH(open({{"e", {1, 3, 3}}}), Contains("neuron 3 comes after 3"));
  CHECK_THROWS_WITH(open({{"a/b", {1}}}), Contains("'a/b' cannot name"));
  CHECK_THROWS_WITH(open({{"e", {1}}, {"e", {1}}}), Contains("two populations are named 'e'"));
  CHECK_THROWS_WITH(open({{"e", {1}}}, {.interval_ms = 0}), Contains("every 0 ms"));
  CHECK_THROWS_WITH(open({{"e", {1}}}, {.start_ms = INFINITY}), Contains("from inf ms"));
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("abandoned traces stay as a readable partial file, and empty ones go") {
  const TemporaryFolder folder;
  { const auto writer = open_two(folder / "empty.h5"); }
  CHECK(folder.n_entries() == 0);
  {
    auto writer = open_two(folder / "v.h5");
    writer.append(0, Doubles{1, 2, 3});
  }
  CHECK_FALSE(std::filesystem::exists(folder / "v.h5"));
  const auto traces = io::read_traces(folder / "v.h5.partial");
  CHECK_FALSE(traces.complete);
  CHECK(traces.at("e").values == Floats{1, 2, 3});
  CHECK(traces.at("i").n_frames == 0);
}

TEST_CASE("traces killed at any moment leave a readable prefix with every flushed frame") {
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
    const auto traces = io::read_traces(path.string() + ".partial");
    CHECK_FALSE(std::filesystem::exists(path));
    CHECK_FALSE(traces.complete);
    CHECK(traces.units == "pA");
    const auto& e = traces.at("e");
    CHECK(e.n_frames >= safe);
    bool same = e.values.size() == 3 * e.n_frames;
    for (std::size_t i = 0; i < e.values.size(); ++i)
      same = same && e.values[i] == static_cast<float>(value_of(i / 3, i % 3));
    CHECK(same);
    most_safe = std::max(most_safe, safe);
  }
  CHECK(most_safe > 1000);
}

TEST_CASE("reports of other programs are read, and those that contradict themselves refused") {
  const TemporaryFolder folder;
  const auto traces = io::read_traces(foreign(folder, {0, 1, 2}, {0, 0.2, 0.1}));
  CHECK(traces.stamp.format == "sonata-report");
  CHECK(traces.units == "nA");
  CHECK(traces.at("cells").neurons == Ids{5, 6});
  CHECK(traces.at("cells").n_frames == 2);
  CHECK(traces.at("cells").values == Floats{1, 2, 3, 4});
  const auto read = [&](const Ids& pointers, const Doubles& time, const io::hdf5::Shape& shape = {2, 2},
                        const std::string& units = "ms") {
    io::read_traces(foreign(folder, pointers, time, shape, units));
  };
  CHECK_THROWS_WITH(read({0, 1}, {0, 0.2, 0.1}), Contains("2 entries for 2 nodes"));
  CHECK_THROWS_WITH(read({0, 2, 4}, {0, 0.2, 0.1}), Contains("entry 1 is 2") && Contains("one element"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, 0.2, 0.1}, {2, 2}, "s"), Contains("its unit is 's'"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, 0.2, 0}), Contains("every 0 ms"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, -1, 0.1}), Contains("from 0 to -1 ms"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, NAN, 0.1}), Contains("to nan ms"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, 0.3, 0.1}), Contains("shape is (2, 2)") && Contains("3 frames"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, 0.4, 0.1}, {4, 1}), Contains("shape is (4, 1)"));
  CHECK_THROWS_WITH(read({0, 1, 2}, {0, 0.4, 0.1}, {4}), Contains("shape is (4)"));
}

TEST_CASE("damaged traces are refused") {
  const TemporaryFolder folder;
  auto writer = open_two(folder / "v.h5");
  writer.append(0, Doubles{1, 2, 3});
  writer.close();
  auto bytes = read_bytes(folder / "v.h5");
  bytes[bytes.size() / 2] ^= 1;
  write_bytes(folder / "v.h5", bytes);
  CHECK_THROWS_WITH(io::read_traces(folder / "v.h5"), Contains("checksum"));
  CHECK_THROWS_AS(io::read_traces(folder / "none.h5"), InputError);
}
