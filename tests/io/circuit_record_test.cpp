// How a circuit says which engine runs it and what is recorded.
#include <catch2/catch.hpp>

#include "io/circuit_file.hpp"
#include "sim/error.hpp"

using namespace loci;
using Catch::Contains;
using Ids = std::vector<std::uint64_t>;

namespace {

const std::string three =
    "[population.E]\nsize = 5\nmodel = \"lif_exp\"\n[population.I]\nsize = 2\n";  // five lines

io::CircuitFile parse(const std::string& text) {
  return io::parse_circuit(text, "net.toml", ".");
}

}  // namespace

TEST_CASE("a circuit says its engine, and is run by the clock where it says nothing") {
  CHECK(parse(three).engine == sim::EngineRequest::clock);
  CHECK_FALSE(parse(three).on_grid);
  CHECK(parse(three + "[run]\nengine = \"auto\"\n").engine == sim::EngineRequest::automatic);
  const auto event = parse(three + "[run]\nengine = \"event\"\non_grid = true\n");
  CHECK(event.engine == sim::EngineRequest::event);
  CHECK(event.on_grid);
  CHECK(parse(three + "[run]\non_grid = true\n").on_grid);  // for an engine that the command line names
}

TEST_CASE("rates and traces are read, one trace for each population that is named") {
  const auto file = parse(three +
                          "[record]\nrates_ms = 2.5\n"
                          "[[record.trace]]\npopulation = [\"I\", \"E\"]\nneurons = 2\n"
                          "[[record.trace]]\npopulation = \"E\"\nneurons = [4, 0]\nquantity = "
                          "\"inhibitory_current\"\ninterval_ms = 0.3\n");
  CHECK(file.rates_ms == 2.5);
  CHECK(file.record_spikes);
  const std::vector<io::TraceRequest> expected{
      {"I", Ids{0, 1}, io::TraceQuantity::membrane_mv, 0.1},
      {"E", Ids{0, 1}, io::TraceQuantity::membrane_mv, 0.1},
      {"E", Ids{0, 4}, io::TraceQuantity::inhibitory_current_pa, 0.3}};
  CHECK(file.traces == expected);
  CHECK(parse(three).rates_ms == 0.0);
  CHECK(parse(three).traces.empty());
}

TEST_CASE("what cannot be recorded is refused with its line") {
  const auto trace = [](const std::string& keys) { return three + "[[record.trace]]\n" + keys; };
  const std::string e = "population = \"E\"\nneurons = [0]\n";
  struct Bad {
    std::string text;
    std::string where, problem;
  };
  for (const Bad& bad : std::vector<Bad>{
           {three + "[record]\nrates_ms = 0\n", "net.toml:7:1", "bins of 0 ms"},
           {three + "[record]\nrates_ms = inf\n", "net.toml:7:1", "bins of inf ms"},
           {three + "[record]\nrate_ms = 1\n", "net.toml:7:1", "did you mean 'record.rates_ms'?"},
           {trace("population = \"X\"\nneurons = 1\n"), "net.toml:7:1", "there is no population 'X'"},
           {trace("population = \"E\"\n"), "net.toml", "there is no 'record.trace.0.neurons'"},
           {trace("neurons = 1\n"), "net.toml", "there is no 'record.trace.0.population'"},
           {trace("population = \"E\"\nneurons = 6\n"), "net.toml:8:1", "6 neurons of the 5 of 'E'"},
           {trace("population = \"E\"\nneurons = [5]\n"), "net.toml:8:1", "there is no neuron 5"},
           {trace("population = \"E\"\nneurons = [1, 2, 1]\n"), "net.toml:8:1", "neuron 1 is there twice"},
           {trace("population = \"E\"\nneurons = []\n"), "net.toml:8:1", "no neuron is traced"},
           {trace("population = \"E\"\nneurons = 0\n"), "net.toml:8:1", "no neuron is traced"},
           {trace(e + "quantity = \"voltage\"\n"), "net.toml:9:1", "'voltage' is not known"},
           {trace("population = \"I\"\nneurons = 1\nquantity = \"current\"\n"), "net.toml:9:1",
            "synapses of 'I' have no currents"},
           {trace(e + "interval_ms = 0.25\n"), "net.toml:9:1", "between two steps"},
           {trace(e + "interval_ms = 0\n"), "net.toml:9:1", "an interval of 0 ms"},
           {trace(e + "intervall_ms = 1\n"), "net.toml:9:1", "did you mean 'record.trace.0.interval_ms'?"},
           {trace(e) + "[[record.trace]]\npopulation = \"E\"\nneurons = [1]\n", "net.toml:10:1",
            "'E' is traced twice"},
           {trace(e) + "[[record.trace]]\npopulation = \"I\"\nneurons = [1]\ninterval_ms = 2\n",
            "net.toml:12:1", "an interval of 2 ms beside one of 0.1 ms"},
       }) {
    CAPTURE(bad.text);
    try {
      parse(bad.text);
      FAIL("it passed");
    } catch (const InputError& error) {
      CHECK(error.where() == bad.where);
      CHECK_THAT(error.problem(), Contains(bad.problem));
    }
  }
}
