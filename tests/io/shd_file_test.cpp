#include "io/shd_file.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "io/half.hpp"
#include "io/hdf5.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using Ids = std::vector<std::uint64_t>;
using Times = std::vector<double>;
using Bits = std::vector<std::uint16_t>;
using Rows = std::vector<Bits>;

namespace {

const io::Provenance provenance{.seed = 9, .configuration = "seed = 9\n"};

// As another program writes it, with labels of 64 bits and nothing else.
std::filesystem::path foreign(const TemporaryFolder& folder, const Rows& times, const Rows& units,
                              const std::vector<std::int64_t>& labels) {
  const auto path = folder / "foreign.h5";
  auto file = io::hdf5::File::create(path);
  {
    auto spikes = file.create_group("spikes");
    spikes.write_ragged("times", times, io::hdf5::RaggedType::float16);
    spikes.write_ragged("units", units, io::hdf5::RaggedType::uint16);
  }
  file.write("labels", labels);
  file.close();
  return path;
}

}  // namespace

TEST_CASE("samples of spikes come back, times as 16 bits of seconds hold them") {
  const TemporaryFolder folder;
  io::ShdWriter writer(folder / "train.h5", 70'000, {"zero", "eins"}, provenance);
  writer.append(Times{0, 0.1, 500, 1000.4}, Ids{3, 65'535, 0, 699}, 1);
  writer.append({}, {}, 0);
  writer.append(Times{250, 250}, Ids{7, 7}, 0);
  CHECK(writer.n_samples() == 3);
  CHECK(folder.n_entries() == 0);
  writer.close();
  CHECK(folder.n_entries() == 1);

  const auto shd = io::read_shd(folder / "train.h5");
  CHECK(shd.stamp.format == "loci-samples");
  CHECK(shd.stamp.provenance.seed == 9);
  CHECK(shd.stamp.provenance.configuration == "seed = 9\n");
  CHECK(shd.n_neurons == 70'000);
  CHECK(shd.classes == std::vector<std::string>{"zero", "eins"});
  REQUIRE(shd.samples.size() == 3);
  CHECK(shd.samples[0].neurons == Bits{3, 65'535, 0, 699});
  CHECK(shd.samples[0].label == 1);
  REQUIRE(shd.samples[0].times_ms.size() == 4);
  CHECK(shd.samples[0].times_ms[0] == 0);
  CHECK(shd.samples[0].times_ms[1] == Approx(0.1).epsilon(0x1p-11));  // half a unit of 11 bits
  CHECK(shd.samples[0].times_ms[2] == 500);
  CHECK(shd.samples[0].times_ms[3] == 1000);  // 1.0004 s lies below 1 + 2^-11
  CHECK(shd.samples[1].times_ms.empty());
  CHECK(shd.samples[2].times_ms == Times{250, 250});
}

TEST_CASE("the layout is that of the Spiking Heidelberg Digits, and the same samples give the same bytes") {
  const TemporaryFolder folder;
  for (const char* name : {"a.h5", "b.h5"}) {
    io::ShdWriter writer(folder / name, 700, {"zero"}, provenance);
    writer.append(Times{100}, Ids{5}, 0);
    writer.append(Times{200}, Ids{6}, 0);
    writer.close();
  }
  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
  const auto file = io::hdf5::File::open(folder / "a.h5");
  CHECK(file.names() == std::vector<std::string>{"extra", "labels", "loci", "spikes"});
  CHECK(file.group("spikes").names() == std::vector<std::string>{"times", "units"});
  CHECK(file.group("extra").names() == std::vector<std::string>{"keys", "meta_info", "speaker"});
  CHECK(file.group("extra/meta_info").names() == std::vector<std::string>{"age", "body_height", "gender"});
  CHECK(file.dataset("extra/speaker").read<std::uint16_t>() == Bits{0, 0});
  CHECK(file.dataset("labels").element_bytes() == 2);
  CHECK(file.dataset("spikes/times").read_ragged()[0] == Times{io::double_from_half(0x2E66)});
  CHECK(file.dataset("spikes/units").read_ragged()[1] == Times{6});
}

TEST_CASE("samples that cannot be are refused and leave the others as they were") {
  const TemporaryFolder folder;
  io::ShdWriter writer(folder / "a.h5", 100'000, {"zero", "one"}, provenance);
  const auto append = [&](const Times& times, const Ids& ids, std::int64_t label = 0) {
    writer.append(times, ids, label);
  };
  append({1}, {2}, 1);
  CHECK_THROWS_WITH(append({1, 2}, {0, 65'536}),
                    Contains("sample 1") && Contains("neuron 65536 does not fit") && Contains("SONATA"));
  CHECK_THROWS_WITH(append({-1}, {0}), Contains("spike 0 is at -1 ms"));
  CHECK_THROWS_WITH(append({NAN}, {0}), Contains("nan ms"));
  CHECK_THROWS_WITH(append({65'505e3}, {0}), Contains("65505000 ms"));
  CHECK_THROWS_WITH(append({2, 1}, {0, 0}), Contains("1 ms comes after 2 ms"));
  CHECK_THROWS_WITH(append({1}, {0}, 2), Contains("its label is 2, not one of 0 to 1"));
  CHECK_THROWS_WITH(append({1}, {0}, -1), Contains("its label is -1"));
  CHECK_THROWS_AS(append({1}, {0, 1}), std::logic_error);
  CHECK_THROWS_WITH(io::ShdWriter(folder / "b.h5", 9, {}, {}).append(Times{1}, Ids{9}, 0),
                    Contains("neuron 9 of 9"));
  CHECK_THROWS_AS(io::ShdWriter(folder / "none/a.h5", 9, {}, {}), InputError);
  writer.close();
  const auto shd = io::read_shd(folder / "a.h5");
  REQUIRE(shd.samples.size() == 1);
  CHECK(shd.samples[0].neurons == Bits{2});
}

TEST_CASE("samples of other programs are read, and those that contradict themselves refused") {
  const TemporaryFolder folder;
  const auto shd = io::read_shd(foreign(folder, {{0x3800}, {}}, {{699}, {}}, {4, 5}));
  CHECK(shd.stamp.format == "shd");
  CHECK(shd.n_neurons == 700);
  CHECK(shd.samples[0].times_ms == Times{500});
  CHECK(shd.samples[1].label == 5);
  CHECK(shd.classes.empty());
  CHECK_THROWS_WITH(io::read_shd(foreign(folder, {{0x3800}}, {{}}, {4})),
                    Contains("spikes/times[0]") && Contains("1 times for 0 neurons"));
  CHECK_THROWS_WITH(io::read_shd(foreign(folder, {{0xBC00}}, {{1}}, {4})), Contains("spike 0 is at -1 s"));
  CHECK_THROWS_WITH(io::read_shd(foreign(folder, {{0x7C00}}, {{1}}, {4})), Contains("inf s"));
  CHECK_THROWS_WITH(io::read_shd(foreign(folder, {{}}, {{}}, {})), Contains("0 labels"));
  CHECK_THROWS_AS(io::read_shd(folder / "none.h5"), InputError);
}

TEST_CASE("a damaged file of samples is refused before HDF5 sees it") {
  const TemporaryFolder folder;
  io::ShdWriter writer(folder / "a.h5", 700, {}, provenance);
  writer.append(Times{100}, Ids{5}, 0);
  writer.close();
  auto bytes = read_bytes(folder / "a.h5");
  bytes[bytes.size() / 2] ^= 1;
  write_bytes(folder / "a.h5", bytes);
  CHECK_THROWS_WITH(io::read_shd(folder / "a.h5"), Contains("checksum"));
}
