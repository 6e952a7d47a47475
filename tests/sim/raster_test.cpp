#include "sim/raster.hpp"

#include <catch2/catch.hpp>

#include "sim/recorder.hpp"

using namespace loci::sim;

TEST_CASE("a raster recorder lays samples end to end") {
  Raster raster;
  RasterRecorder recorder(raster);
  recorder.begin_sample(0.0);
  recorder.record(2.0, std::vector<NeuronId>{NeuronId{1}, NeuronId{4}});
  recorder.begin_sample(27.0);
  recorder.record(2.0, std::vector<NeuronId>{NeuronId{0}});
  CHECK(raster.neuron == std::vector<NeuronId>{NeuronId{1}, NeuronId{4}, NeuronId{0}});
  CHECK(raster.time_ms == std::vector<double>{2.0, 2.0, 29.0});
}
