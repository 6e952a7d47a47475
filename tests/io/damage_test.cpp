// Whatever happens to a file on its way, reading it ends in a result or an InputError, never in a crash.
#include <catch2/catch.hpp>

#include "idx_files.hpp"
#include "io/hdf5.hpp"
#include "io/idx.hpp"
#include "io/model_file.hpp"
#include "io/raster_file.hpp"
#include "io/shd_file.hpp"
#include "io/sonata_reader.hpp"
#include "io/sonata_writer.hpp"
#include "io/trace_file.hpp"
#include "sample_circuit.hpp"
#include "sample_model.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;

namespace {

struct Outcome {
  int loaded = 0;
  int refused = 0;
};

template <typename Read>
void attempt(const std::filesystem::path& path, const std::string& bytes, Outcome& outcome, Read read) {
  write_bytes(path, bytes);
  try {
    read(path);
    ++outcome.loaded;
  } catch (const InputError&) {
    ++outcome.refused;
  }
}

template <typename Read>
Outcome truncate_everywhere(const std::filesystem::path& path, Read read, std::size_t stride = 64) {
  const std::string whole = read_bytes(path);
  Outcome outcome;
  for (std::size_t size = 0; size < whole.size(); size += stride)
    attempt(path, whole.substr(0, size), outcome, read);
  return outcome;
}

template <typename Read>
Outcome flip_everywhere(const std::filesystem::path& path, std::size_t stride, Read read) {
  const std::string whole = read_bytes(path);
  Outcome outcome;
  for (std::size_t i = 0; i < whole.size(); i += stride) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
    attempt(path, flipped, outcome, read);
  }
  return outcome;
}

const auto read_model = [](const auto& path) { io::read_model(path); };
const auto read_raster = [](const auto& path) { io::read_raster(path); };
const auto read_images = [](const auto& path) { io::read_idx(path, 3); };

}  // namespace

TEST_CASE("a damaged model file is refused") {
  const TemporaryFolder folder;
  const auto path = folder / "model.h5";
  io::write_model(path, sample_model());
  const std::string whole = read_bytes(path);
  const auto cut = truncate_everywhere(path, read_model);
  CHECK(cut.refused > 100);
  CHECK(cut.loaded <= 2);  // cuts within the checksum line lose nothing else

  write_bytes(path, whole);
  const auto flipped = flip_everywhere(path, 61, read_model);
  CHECK(flipped.refused > 300);
  CHECK(flipped.loaded <= 2);  // flips in the mark of the checksum line leave the content as it was
}

TEST_CASE("a damaged raster file is refused") {
  const TemporaryFolder folder;
  const auto path = folder / "raster.h5";
  io::RasterWriter writer(path, {{"hidden", 100}}, {});
  writer.append(0, std::vector<std::uint64_t>(500, 7), std::vector<double>(500, 0.5));
  writer.close();
  const std::string whole = read_bytes(path);
  const auto cut = truncate_everywhere(path, read_raster);
  CHECK(cut.refused > 100);
  CHECK(cut.loaded <= 2);
  write_bytes(path, whole);
  CHECK(flip_everywhere(path, 307, read_raster).loaded <= 1);
}

TEST_CASE("damaged files of circuits, traces and samples are refused") {
  const TemporaryFolder folder;
  const auto path = folder / "a.h5";
  const auto damage = [&](auto read) {
    const std::string whole = read_bytes(path);
    const auto cut = truncate_everywhere(path, read, whole.size() / 100);
    CHECK(cut.refused > 90);
    CHECK(cut.loaded <= 2);
    write_bytes(path, whole);
    const auto flipped = flip_everywhere(path, whole.size() / 100, read);
    CHECK(flipped.refused > 90);
    CHECK(flipped.loaded <= 1);
  };
  const auto circuit = sample_circuit();
  const sim::Connectivity connectivity(circuit, {});
  io::write_sonata_nodes(path, circuit, connectivity, {});
  damage([](const auto& file) { io::read_sonata_nodes(file); });
  io::write_sonata_edges(path, circuit, connectivity, {});
  damage([&](const auto& file) { io::read_sonata_edges(file, circuit.populations); });
  io::TraceWriter traces(path, io::TraceQuantity::membrane_mv, {}, {{"e", {1, 2}}}, {});
  traces.append(0, std::vector<double>(3000, -65.0));
  traces.close();
  damage([](const auto& file) { io::read_traces(file); });
  io::ShdWriter samples(path, 700, {"one"}, {});
  for (int i = 0; i < 40; ++i)
    samples.append(std::vector<double>(50, 1.0), std::vector<std::uint64_t>(50, 7), 0);
  samples.close();
  damage([](const auto& file) { io::read_shd(file); });
}

TEST_CASE("a damaged idx file is refused or, where nothing protects it, read") {
  const TemporaryFolder folder;
  const auto path = folder / "images";
  write_bytes(path, image_bytes(40));
  CHECK(truncate_everywhere(path, read_images).loaded == 0);
  write_bytes(path, image_bytes(40));
  const auto plain = flip_everywhere(path, 1, read_images);
  CHECK(plain.refused == 16);  // the header; pixels carry no check
  std::string noise;
  for (std::uint32_t i = 0; i < 400; ++i) noise += static_cast<char>(i * i * 2654435761U >> 24);
  const std::string packed = gzip(idx_bytes({1, 4, 100}, noise));
  write_bytes(path, packed);
  CHECK(truncate_everywhere(path, read_images).loaded == 0);
  write_bytes(path, packed);
  const auto flipped = flip_everywhere(path, 1, read_images);
  CHECK(flipped.refused > 400);
  CHECK(flipped.loaded <= 10);  // time, system and such in the gzip header
}

TEST_CASE("a model file cut before its checksum line is still told by HDF5's own sizes") {
  const TemporaryFolder folder;
  const auto path = folder / "model.h5";
  io::write_model(path, sample_model());
  const std::string whole = read_bytes(path);
  const std::size_t content = whole.rfind("\nloci-sha256 ");
  write_bytes(path, whole.substr(0, content));
  CHECK_NOTHROW(io::read_model(path));
  write_bytes(path, whole.substr(0, content - 1));
  CHECK_THROWS_AS(io::read_model(path), InputError);
}
