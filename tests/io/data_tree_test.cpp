// Trees of arrays in HDF5: what goes in comes back, and what other programs write is read or named.
#include <catch2/catch.hpp>
#include <limits>

#include "io/data_tree_file.hpp"
#include "io/hdf5.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;
using sim::DataArray;
using sim::DataGroup;

namespace {

template <typename T>
DataArray array(std::vector<T> values, std::vector<std::size_t> shape) {
  return {.values = std::move(values), .shape = std::move(shape)};
}

// Something of every kind.
DataGroup sample_tree() {
  DataGroup root;
  root.attributes["__type__"] = array<std::string>({"NIRGraphData"}, {});
  root.attributes["matrix"] = array<double>({1, 2, 3, 4, 5, 6}, {2, 3});
  root.attributes["flags"] = array<bool>({true, false}, {2});
  root.attributes["nothing"] = array<float>({}, {0});
  root.arrays["version"] = array<std::string>({"1.0"}, {});
  DataGroup& node = root.groups["node"];
  node.arrays["edges"] = array<std::string>({"input", "größer", "größer", ""}, {2, 2});
  node.arrays["float32"] = array<float>(
      {-0.0F, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::infinity(), 1.5F},
      {2, 2});
  node.arrays["float64"] = array<double>({std::numeric_limits<double>::max()}, {});
  node.arrays["uint8"] = array<std::uint8_t>({0, 255}, {2});
  node.arrays["int32"] = array<std::int32_t>({std::numeric_limits<std::int32_t>::min()}, {1, 1, 1});
  node.arrays["int64"] = array<std::int64_t>({std::numeric_limits<std::int64_t>::min(), -1}, {2});
  node.arrays["uint32"] = array<std::uint32_t>({4294967295U}, {1});
  node.arrays["uint64"] = array<std::uint64_t>({18446744073709551615U}, {});
  node.arrays["booleans"] = array<bool>({true, false, true}, {1, 3});
  node.arrays["no_rows"] = array<float>({}, {0, 3});
  node.array_attributes["int32"]["unit"] = array<std::string>({"mV"}, {});
  std::vector<float> large(300 * 700);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<float>(i % 977) * 0.25F;
  node.groups["below"].groups["deeper"].arrays["large"] = array(std::move(large), {300, 700});
  root.groups["empty"];
  return root;
}

std::filesystem::path wild() {
  return std::filesystem::path(LOCI_GOLDEN_DEFAULT) / "data_tree" / "wild.hdf5";
}

bool has_note(const std::vector<std::string>& notes, const std::string& place, const std::string& why) {
  return std::ranges::any_of(notes, [&](const std::string& note) {
    return note.find(":/" + place + " ") != std::string::npos && note.find(why) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a tree of every kind of array comes back bit for bit") {
  const TemporaryFolder folder;
  const auto path = folder / "tree.h5";
  const DataGroup tree = sample_tree();
  for (const unsigned level : {0U, 4U}) {
    io::write_data_tree(path, tree, {.deflate_level = level});
    const auto back = io::read_data_tree(path);
    CHECK(back.root == tree);
    CHECK(back.notes.empty());
    const auto& floats =
        std::get<std::vector<float>>(back.root.groups.at("node").arrays.at("float32").values);
    CHECK(std::signbit(floats[0]));
  }
  CHECK(folder.n_entries() == 1);
}

TEST_CASE("the same tree gives the same bytes, and large arrays are compressed") {
  const DataGroup tree = sample_tree();
  const std::string bytes = io::data_tree_bytes("a", tree);
  CHECK(bytes == io::data_tree_bytes("a", tree));
  CHECK(bytes.size() < 100'000);  // 840,000 bytes of repeating numbers
  CHECK(io::data_tree_bytes("a", tree, {.deflate_level = 0}).size() > 840'000);
}

TEST_CASE("a tree that is none is refused before anything is written") {
  const TemporaryFolder folder;
  DataGroup tree;
  tree.arrays["a"] = array<float>({1, 2, 3}, {2});
  CHECK_THROWS_AS(io::write_data_tree(folder / "a.h5", tree), std::logic_error);
  tree.arrays["a"].shape = {3};
  tree.groups["a"];
  CHECK_THROWS_AS(io::write_data_tree(folder / "a.h5", tree), std::logic_error);
  tree = {};
  tree.arrays["a/b"] = array<float>({}, {0});
  CHECK_THROWS_AS(io::write_data_tree(folder / "a.h5", tree), std::logic_error);
  CHECK(folder.n_entries() == 0);
  CHECK_THROWS_AS(io::write_data_tree(folder / "no" / "a.h5", sample_tree()), InputError);
}

TEST_CASE("numbers and text that h5py writes in other widths come in ours") {
  const auto arrays = io::read_data_tree(wild()).root.arrays;
  CHECK(arrays.at("float16") == array<float>({1.5F, -0.25F, 65504.0F}, {3}));
  CHECK(arrays.at("big_endian") == array<double>({1.25, -3}, {2}));
  CHECK(arrays.at("int8") == array<std::int32_t>({-128, 127}, {2}));
  CHECK(arrays.at("int16") == array<std::int32_t>({-32768, 32767}, {2, 1}));
  CHECK(arrays.at("uint16") == array<std::uint32_t>({65535}, {1}));
  CHECK(arrays.at("uint64") == array<std::uint64_t>({18446744073709551615U}, {}));
  CHECK(arrays.at("bool") == array<bool>({true, false, false, true}, {2, 2}));
  CHECK(arrays.at("enumeration") == array<std::int32_t>({7, 3}, {2}));
  CHECK(arrays.at("fixed_text") == array<std::string>({"one", "two", "three", ""}, {2, 2}));
  CHECK(arrays.at("scalar_text") == array<std::string>({"größer"}, {}));
  CHECK(arrays.at("packed") == array<float>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {4, 3}));
  CHECK(arrays.at("no_rows") == array<std::int32_t>({}, {0, 3}));
  CHECK(arrays.at("soft") == arrays.at("int8"));
}

TEST_CASE("attributes of groups and arrays are read, of any shape") {
  const auto root = io::read_data_tree(wild()).root;
  CHECK(root.array_attributes.at("int8").at("unit") == array<std::string>({"mV"}, {}));
  const auto& attributes = root.groups.at("below").attributes;
  CHECK(attributes.at("grid") == array<std::int64_t>({0, 1, 2, 3, 4, 5}, {2, 3}));
  CHECK(attributes.at("flag") == array<bool>({true}, {}));
  CHECK(attributes.at("words") == array<std::string>({"a", "bc"}, {2}));
}

TEST_CASE("what has no place in a tree is left out and named") {
  const auto file = io::read_data_tree(wild());
  CHECK(has_note(file.notes, "compound", "compound"));
  CHECK(has_note(file.notes, "complex", "compound"));
  CHECK(has_note(file.notes, "reference", "reference"));
  CHECK(has_note(file.notes, "ragged", "variable length"));
  CHECK(has_note(file.notes, "null", "nothing"));
  CHECK(has_note(file.notes, "named_type", "neither"));
  CHECK(has_note(file.notes, "dangling", "nowhere"));
  CHECK(has_note(file.notes, "other_file", "another file"));
  CHECK(has_note(file.notes, "below/again", "it lies in"));
  CHECK(has_note(file.notes, "below@pair", "compound"));
  CHECK(file.notes.size() == 10);
  CHECK_FALSE(file.root.arrays.contains("compound"));
  CHECK(file.root.groups.size() == 1);
}

TEST_CASE("a tree's file that was cut or in which a bit flipped is refused") {
  const TemporaryFolder folder;
  const auto path = folder / "tree.h5";
  io::write_data_tree(path, sample_tree());
  const std::string whole = read_bytes(path);
  REQUIRE(io::read_data_tree(path).root == sample_tree());
  int loaded = 0;
  int refused = 0;
  const auto attempt = [&](const std::string& bytes) {
    write_bytes(path, bytes);
    try {
      io::read_data_tree(path);
      ++loaded;
    } catch (const InputError&) {
      ++refused;
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += 97) attempt(whole.substr(0, size));
  CHECK(refused > 100);
  CHECK(loaded <= 1);  // a cut within the checksum's line loses nothing else
  loaded = 0;
  refused = 0;
  const std::size_t content = whole.rfind("\nloci-sha256 ");
  for (std::size_t at = 0; at < content; at += 61) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    attempt(flipped);
  }
  CHECK(refused > 200);
  CHECK(loaded == 0);
}

// Files of other programs carry no checksum: they are told by HDF5's own sizes and its streams' sums.
TEST_CASE("a foreign tree's file is refused where it was cut or its compressed values are damaged") {
  const TemporaryFolder folder;
  const auto path = folder / "tree.h5";
  DataGroup tree;
  std::vector<std::uint32_t> noise(50'000);
  for (std::uint32_t i = 0; i < noise.size(); ++i) noise[i] = (i * 2654435761U) ^ (i * i * 40503U);
  tree.arrays["noise"] = array(std::move(noise), {50'000});
  const std::string sealed = io::data_tree_bytes("tree", tree);
  const std::string whole = sealed.substr(0, sealed.rfind("\nloci-sha256 "));
  write_bytes(path, whole);
  REQUIRE(io::read_data_tree(path).root == tree);
  for (const std::size_t size : {whole.size() / 4, whole.size() / 2, whole.size() - 1}) {
    write_bytes(path, whole.substr(0, size));
    CHECK_THROWS_AS(io::read_data_tree(path), InputError);
  }
  for (std::size_t at = whole.size() / 10; at < whole.size() - whole.size() / 10; at += whole.size() / 50) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    write_bytes(path, flipped);
    CHECK_THROWS_AS(io::read_data_tree(path), InputError);
  }
}

TEST_CASE("a file that is missing or none of HDF5's is refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_data_tree(folder / "none.nir"), Contains("does not exist"));
  write_bytes(folder / "text.nir", "hello");
  CHECK_THROWS_WITH(io::read_data_tree(folder / "text.nir"), Contains("not an HDF5 file"));
}
