#include "io/hdf5.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <limits>
#include <thread>

#include "io/half.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
namespace hdf5 = io::hdf5;

TEST_CASE("numbers, text and enumerations come back as they went in") {
  const TemporaryFolder folder;
  const auto path = folder / "a.h5";
  const std::vector<float> floats{1.5F, -0.0F, std::numeric_limits<float>::denorm_min()};
  const std::vector<std::uint64_t> large{0, std::numeric_limits<std::uint64_t>::max()};
  const std::vector<std::string> words{"eins", "", "größer"};
  const std::vector<std::pair<std::string, std::uint8_t>> colours{{"red", 0}, {"blue", 5}};
  {
    auto file = hdf5::File::create(path);
    auto group = file.create_group("group");
    group.write("floats", floats);
    group.write("large", large);
    group.write_strings("words", words);
    group.write("empty", std::vector<double>{});
    group.write_attribute("pi", 3.141592653589793);
    group.write_attribute("minus", std::int64_t{-5});
    group.write_attribute("name", "größer");
    group.write_attribute_array("words", std::span(words));
    group.write_attribute_array("large", std::span(large));
    group.write_enum_attribute("colour", colours, 5);
    file.close();
  }
  const auto file = hdf5::File::open(path);
  const auto group = file.group("group");
  CHECK(group.dataset("floats").read<float>() == floats);
  CHECK(std::signbit(group.dataset("floats").read<float>()[1]));
  CHECK(group.dataset("large").read<std::uint64_t>() == large);
  CHECK(group.dataset("words").read_strings() == words);
  CHECK(group.dataset("empty").read<double>().empty());
  CHECK(group.read_attribute<double>("pi") == 3.141592653589793);
  CHECK(group.read_attribute<std::int64_t>("minus") == -5);
  CHECK(group.read_string_attribute("name") == "größer");
  CHECK(group.read_string_array_attribute("words") == words);
  CHECK(group.read_attribute_array<std::uint64_t>("large") == large);
  CHECK(group.read_enum_attribute("colour") == "blue");
  CHECK(group.names() == std::vector<std::string>{"empty", "floats", "large", "words"});
  CHECK(group.attribute_names().size() == 6);
  CHECK(file.exists("group/floats"));
  CHECK_FALSE(file.exists("group/nothing"));
  CHECK_FALSE(file.exists("nothing/at/all"));
}

TEST_CASE("files made a second apart have the same bytes") {
  const TemporaryFolder folder;
  for (const char* name : {"now", "later"}) {
    auto file = hdf5::File::create(folder / name);
    file.create_group("group").write("numbers", std::vector<double>{1.0, 2.0});
    file.close();
    if (name == std::string_view("now")) std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  }
  CHECK(read_bytes(folder / "now") == read_bytes(folder / "later"));
}

TEST_CASE("an attribute is replaced, also by one of another kind") {
  const TemporaryFolder folder;
  auto file = hdf5::File::create(folder / "a.h5");
  file.write_attribute("x", 1.0);
  file.write_attribute("x", 2.0);
  CHECK(file.read_attribute<double>("x") == 2.0);
  file.write_attribute("x", "text");
  CHECK(file.read_string_attribute("x") == "text");
}

TEST_CASE("a growing data set holds what was appended, compressed or not") {
  const TemporaryFolder folder;
  for (const unsigned level : {0U, 4U}) {
    auto file = hdf5::File::create(folder / "a.h5");
    auto line = file.create_extendable<double>("line", {.chunk_rows = 7, .deflate_level = level});
    auto table = file.create_extendable<float>("table", {.chunk_rows = 4, .deflate_level = level}, 0.0F, {3});
    std::vector<double> expected;
    for (int i = 0; i < 20; ++i) {
      const std::vector<double> piece(static_cast<std::size_t>(i % 4), i);
      expected.insert(expected.end(), piece.begin(), piece.end());
      line.append<double>(piece);
      table.append<float>(std::vector<float>{1, 2, static_cast<float>(i)});
    }
    CHECK(line.read<double>() == expected);
    CHECK(table.shape() == hdf5::Shape{20, 3});
    CHECK(table.read<float>()[59] == 19.0F);
    CHECK_THROWS_AS(table.append<float>(std::vector<float>{1, 2}), std::logic_error);
  }
}

TEST_CASE("numbers are widened and narrowed on the way, but never to something else") {
  const TemporaryFolder folder;
  auto file = hdf5::File::create(folder / "a.h5");
  file.write("ints", std::vector<std::int32_t>{-1, 2});
  file.write("reals", std::vector<double>{0.5, 1e300});
  CHECK(file.dataset("ints").read<double>() == std::vector<double>{-1, 2});
  CHECK_THROWS_WITH(file.dataset("ints").read<std::uint64_t>(), Contains("/ints"));
  CHECK_THROWS_WITH(file.dataset("reals").read<float>(), Contains("/reals"));
  CHECK_THROWS_WITH(file.dataset("reals").read<std::int64_t>(), Contains("whole numbers"));
}

TEST_CASE("what is missing or of another kind is refused with file and object") {
  const TemporaryFolder folder;
  const auto path = folder / "a.h5";
  {
    auto file = hdf5::File::create(path);
    file.write("numbers", std::vector<double>{1, 2, 3});
    file.write_attribute("x", 1.0);
    file.create_group("group");
  }
  const auto file = hdf5::File::open(path);
  const auto place = [&](const std::string& object) { return Contains(path.string() + ":/" + object); };
  CHECK_THROWS_WITH(file.dataset("nothing"), place("nothing") && Contains("missing"));
  CHECK_THROWS_WITH(file.group("nothing"), place("nothing") && Contains("missing"));
  CHECK_THROWS_WITH(file.dataset("group"), place("group") && Contains("no data set"));
  CHECK_THROWS_WITH(file.group("numbers"), place("numbers") && Contains("no group"));
  CHECK_THROWS_WITH(file.dataset("numbers").read<double>({4}), Contains("(3), not (4)"));
  CHECK_THROWS_WITH(file.dataset("numbers").read_strings(), Contains("not text"));
  CHECK_THROWS_WITH(file.read_attribute<double>("y"), Contains("no attribute 'y'"));
  CHECK_THROWS_WITH(file.read_string_attribute("x"), Contains("not text"));
  CHECK_THROWS_WITH(file.read_enum_attribute("x"), Contains("enumeration"));
}

TEST_CASE("a file that is missing, no HDF5, or cut short is refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(hdf5::File::open(folder / "none.h5"), Contains("none.h5") && Contains("does not exist"));
  write_bytes(folder / "text.h5", "not HDF5 at all");
  CHECK_THROWS_WITH(hdf5::File::open(folder / "text.h5"), Contains("not an HDF5 file"));
  CHECK_FALSE(hdf5::is_hdf5(folder / "text.h5"));
  { hdf5::File::create(folder / "a.h5").write("numbers", std::vector<double>(1000, 1.0)); }
  const std::string whole = read_bytes(folder / "a.h5");
  write_bytes(folder / "cut.h5", whole.substr(0, whole.size() - 100));
  CHECK_THROWS_WITH(hdf5::File::open(folder / "cut.h5"), Contains("cut.h5") && Contains("truncated"));
  CHECK_THROWS_AS(hdf5::File::create(folder / "missing/a.h5"), InputError);
}

TEST_CASE("text with a zero byte is refused instead of cut") {
  const TemporaryFolder folder;
  auto file = hdf5::File::create(folder / "a.h5");
  CHECK_THROWS_WITH(file.write_attribute("x", std::string("a\0b", 3)), Contains("zero byte"));
}

TEST_CASE("the same content gives the same bytes") {
  const TemporaryFolder folder;
  for (const char* name : {"a.h5", "b.h5"}) {
    auto file = hdf5::File::create(folder / name);
    auto group = file.create_group("group");
    group.write_attribute("name", "text");
    group.create_extendable<double>("x", {.chunk_rows = 8}).append<double>(std::vector<double>(20, 1.0));
  }
  CHECK(read_bytes(folder / "a.h5") == read_bytes(folder / "b.h5"));
}

TEST_CASE("rows are read in pieces, values replaced, and a second name is the same data set") {
  const TemporaryFolder folder;
  {
    auto file = hdf5::File::create(folder / "a.h5");
    auto dataset = file.create_extendable<std::uint16_t>("pairs", {.chunk_rows = 2}, 0, {2});
    dataset.append<std::uint16_t>(std::vector<std::uint16_t>{1, 2, 3, 4, 5, 65535});
    CHECK(dataset.read_rows<std::uint64_t>(1, 2) == std::vector<std::uint64_t>{3, 4, 5, 65535});
    CHECK(dataset.read_rows<std::uint64_t>(3, 0).empty());
    CHECK_THROWS_AS(dataset.read_rows<std::uint64_t>(2, 2), std::logic_error);
    CHECK_THROWS_AS(dataset.read_rows<std::uint64_t>(4, 0), std::logic_error);
    CHECK_THROWS_AS(dataset.read_rows<std::uint8_t>(2, 1), InputError);  // 65535 is no uint8
    file.link("pairs", "couples");
    CHECK_THROWS_WITH(file.link("nothing", "something"), Contains("something"));
    dataset.overwrite<std::uint16_t>(std::vector<std::uint16_t>{9, 8, 7, 6, 5, 4});
    CHECK_THROWS_AS(dataset.overwrite<std::uint16_t>(std::vector<std::uint16_t>{9}), std::logic_error);
    file.close();
  }
  const auto file = hdf5::File::open(folder / "a.h5");
  CHECK(file.dataset("couples").read<std::uint16_t>({3, 2}) == std::vector<std::uint16_t>{9, 8, 7, 6, 5, 4});
  CHECK(file.dataset("couples").element_bytes() == 2);
}

TEST_CASE("ragged rows of 16-bit numbers come back, the fractions exactly as their bits say") {
  const TemporaryFolder folder;
  std::vector<std::vector<std::uint16_t>> all_finite(1);
  for (unsigned bits = 0; bits < 0x7C00; ++bits) all_finite[0].push_back(static_cast<std::uint16_t>(bits));
  {
    auto file = hdf5::File::create(folder / "a.h5");
    const std::vector<std::vector<std::uint16_t>> rows{{1, 65535}, {}, {7}};
    file.write_ragged("whole", rows, hdf5::RaggedType::uint16);
    file.write_ragged("halves", all_finite, hdf5::RaggedType::float16);
    file.write_ragged("none", {}, hdf5::RaggedType::float16);
    file.write("flat", std::vector<double>{1});
    file.close();
  }
  const auto file = hdf5::File::open(folder / "a.h5");
  const auto rows = file.dataset("whole").read_ragged();
  CHECK(rows == std::vector<std::vector<double>>{{1, 65535}, {}, {7}});
  CHECK(file.dataset("none").read_ragged().empty());
  const auto halves = file.dataset("halves").read_ragged();
  REQUIRE(halves.size() == 1);
  REQUIRE(halves[0].size() == 0x7C00);
  unsigned wrong = 0;
  for (unsigned bits = 0; bits < 0x7C00; ++bits)
    wrong += halves[0][bits] == io::double_from_half(static_cast<std::uint16_t>(bits)) ? 0U : 1U;
  CHECK(wrong == 0);
  CHECK_THROWS_WITH(file.dataset("flat").read_ragged(), Contains("variable length"));
}
