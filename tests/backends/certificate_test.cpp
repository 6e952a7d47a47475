#include "backends/certificate.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "export_networks.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Contains;

namespace {

constexpr sim::Step n_steps = 20;

Certificate certified(const sim::Lif& lif, const TargetDescription& target, double bias = 0.0) {
  const FloatNetwork trained = small::network_of(small::dense({20, 16, 8}, lif, 1, bias));
  const auto samples = small::samples(trained, 10, n_steps);
  const SampleSource source{.n_samples = samples.size(), .n_steps = n_steps, .sample = [&](std::size_t s) {
                              return ReplaySample{.input = samples[s].input, .label = samples[s].label};
                            }};
  const auto network = quantised(trained, target, first_guess(trained, target, Drive::spikes));
  Certificate certificate{.target = target.name, .title = target.title};
  certificate.properties = integer_fidelity(trained, network, target);
  certificate.overflow = OverflowVerdict{.note = "not proved"};
  certificate.evidence = gather_evidence(trained, network.network, nullptr, source, {.n_threads = 1});
  for (std::size_t l = 0; l < 2; ++l)
    certificate.layers.push_back({.n_neurons = trained.layers[l].n_targets,
                                  .scaling = network.scaling[l],
                                  .loss = network.loss[l],
                                  .search = network.search[l]});
  return certificate;
}

PropertyFidelity property(const Certificate& certificate, const std::string& name) {
  for (const PropertyFidelity& each : certificate.properties)
    if (each.property == name) return each;
  throw std::logic_error("no such property");
}

}  // namespace

TEST_CASE("a reset that a target does not have is not representable, and its effect is measured") {
  const Certificate certificate = certified({.beta = 0.9}, small::eight_bits());
  CHECK(property(certificate, "reset").fidelity == Fidelity::not_representable);
  CHECK_THAT(property(certificate, "reset").note, Contains("set to zero"));
  REQUIRE(certificate.evidence->with_reset);
  CHECK(certificate.evidence->with_reset->mismatches[0] > 0);

  const Certificate zero = certified({.beta = 0.9, .reset = sim::Reset::zero}, small::eight_bits());
  CHECK(property(zero, "reset").fidelity == Fidelity::exact);
  CHECK_FALSE(zero.evidence->with_reset);
  const Certificate subtract = certified({.beta = 0.9}, small::subtracting());
  CHECK(property(subtract, "reset").fidelity == Fidelity::exact);
  const Certificate at_once = certified({.beta = 0.9, .reset_delay = false}, small::subtracting());
  CHECK(property(at_once, "reset").fidelity == Fidelity::approximate);
}

TEST_CASE("biases are early where spikes need time to arrive, and the certificate says so") {
  TargetDescription target = small::eight_bits();
  const sim::Lif lif{.beta = 0.9, .reset = sim::Reset::zero};
  const auto early = property(certified(lif, target, 1.0), "biases");
  CHECK(early.fidelity == Fidelity::approximate);
  CHECK_THAT(early.note, Contains("from the first step on"));
  target.layer_latency = 0;
  CHECK_THAT(property(certified(lif, target, 1.0), "biases").note, !Contains("from the first step on"));
  target.layer_latency = 1;
  CHECK(property(certified(lif, target), "biases").fidelity == Fidelity::exact);
}

TEST_CASE("what a target rounds is approximate, and what it lacks is not representable") {
  const Certificate certificate = certified({.beta = 0.9}, small::subtracting(), 1.0);
  CHECK(property(certificate, "neuron equation").fidelity == Fidelity::exact);
  CHECK(property(certificate, "leak").fidelity == Fidelity::approximate);
  CHECK_THAT(property(certificate, "leak").note, Contains("29491/32768") && Contains("rounded down"));
  CHECK(property(certificate, "weights").fidelity == Fidelity::approximate);
  CHECK(property(certificate, "biases").fidelity == Fidelity::not_representable);
  CHECK(property(certified({.beta = 0.9}, small::subtracting()), "biases").fidelity == Fidelity::exact);
  CHECK(property(certified({.beta = 1.0}, small::subtracting()), "leak").fidelity == Fidelity::exact);

  TargetDescription linear = small::eight_bits();
  linear.order = SpikeOrder::one_by_one;
  linear.model.leak = Leak::linear;
  linear.model.input_shift = 0;
  linear.numbers.leak = {0, 127};
  linear.numbers.bias = std::nullopt;
  const Certificate events = certified({.beta = 0.9, .reset = sim::Reset::zero}, linear);
  for (const char* name : {"neuron equation", "comparison", "leak"})
    CHECK(property(events, name).fidelity == Fidelity::approximate);
}

TEST_CASE("the text and the JSON of a certificate say the same") {
  const Certificate certificate = certified({.beta = 0.9}, small::eight_bits());
  const std::string text = certificate_text(certificate);
  const auto json = certificate_json(certificate);
  CHECK(json["properties"].size() == 8);
  for (const auto& each : json["properties"])
    CHECK_THAT(text, Contains(each["property"].get<std::string>()) &&
                         Contains(each["fidelity"].get<std::string>()) &&
                         Contains(each["note"].get<std::string>()));
  CHECK_THAT(text, Contains("possible: not proved; seen 0 times in 10 samples"));
  CHECK(json["evidence"]["float"]["accuracy"] == 1.0);
  CHECK(json["evidence"]["emulated"]["mismatches"].size() == 2);
  CHECK(json["layers"].size() == 2);
  CHECK(json["layers"][0]["edges"] == 320);
}

TEST_CASE("requirements are refused where a certificate falls short, and met where it does not") {
  CHECK(parse_requirement("exact", "--require").exact);
  CHECK(parse_requirement("agreement=0.99", "--require").agreement == 0.99);
  for (const char* bad : {"", "agreement", "agreement=", "agreement=1.5", "agreement=high", "accuracy=0.5"})
    CHECK_THROWS_AS(parse_requirement(bad, "--require"), InputError);

  Certificate certificate = certified({.beta = 0.9}, small::eight_bits());
  certificate.evidence->emulated.agree = 9;
  CHECK_NOTHROW(require_met({.agreement = 0.9}, certificate));
  CHECK_THROWS_WITH(require_met({.agreement = 0.95}, certificate),
                    Contains("label agreement is 0.9000, not 0.95"));
  CHECK_THROWS_WITH(require_met({.exact = true}, certificate),
                    Contains("reset: not representable") && Contains("weights: approximate"));
  CHECK_NOTHROW(require_met({}, certificate));
}
