// The queue of what happens next, against a sorted set.
#include <catch2/catch.hpp>
#include <set>

#include "sim/circuit/time_queue.hpp"
#include "sim/random.hpp"

using namespace loci::sim;

TEST_CASE("the queue's first is that of a sorted set through insertions, changes and withdrawals") {
  TimeQueue queue;
  std::set<std::pair<double, TimeQueue::Slot>> expected;
  std::vector<double> time(50, TimeQueue::never);
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const auto words = random_words(5, Stream::test, i, 0);
    const TimeQueue::Slot slot = words[0] % 50;
    const double next = words[1] % 3 == 0 ? TimeQueue::never : words[2] % 40;  // few times: many ties
    expected.erase({time[slot], slot});
    time[slot] = next;
    if (next != TimeQueue::never) expected.insert({next, slot});
    queue.set(slot, next);
    REQUIRE(queue.empty() == expected.empty());
    most = std::max(most, expected.size());
    if (expected.empty()) continue;
    REQUIRE(queue.next_time() == expected.begin()->first);
    REQUIRE(queue.next() == expected.begin()->second);
    REQUIRE(queue.time_of(slot) == next);
  }
  CHECK(most > 30);
  while (!queue.empty()) {
    REQUIRE(queue.next() == expected.begin()->second);
    expected.erase(expected.begin());
    queue.remove(queue.next());
  }
  CHECK(expected.empty());
  CHECK(queue.next_time() == TimeQueue::never);
}
