// What happens next: the earliest of many times, each of which may be changed or withdrawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace loci::sim {

// A binary heap of slots by (time, slot) that knows where each slot is: most predictions are overtaken by
// input before they come true, and would pile up in a queue that cannot take them back.
class TimeQueue {
 public:
  using Slot = std::uint32_t;
  static constexpr double never = std::numeric_limits<double>::infinity();

  double next_time() const { return heap_.empty() ? never : heap_.front().time; }
  Slot next() const { return heap_.front().slot; }
  bool empty() const { return heap_.empty(); }

  double time_of(Slot slot) const {
    return slot < place_.size() && place_[slot] != nowhere ? heap_[place_[slot]].time : never;
  }
  // A slot has one time; `never` withdraws it.
  void set(Slot slot, double time) {
    if (time == never) return remove(slot);
    if (slot >= place_.size()) place_.resize(slot + 1, nowhere);
    if (place_[slot] == nowhere) {
      place_[slot] = heap_.size();
      heap_.push_back({time, slot});
    }
    move({time, slot}, place_[slot]);
  }
  void remove(Slot slot) {
    if (slot >= place_.size() || place_[slot] == nowhere) return;
    const std::size_t hole = std::exchange(place_[slot], nowhere);
    const Entry last = heap_.back();
    heap_.pop_back();
    if (hole < heap_.size()) move(last, hole);
  }

 private:
  struct Entry {
    double time;
    Slot slot;
    bool before(const Entry& other) const {
      return time != other.time ? time < other.time : slot < other.slot;
    }
  };
  static constexpr std::size_t nowhere = ~std::size_t{0};

  void put(const Entry& entry, std::size_t at) {
    heap_[at] = entry;
    place_[entry.slot] = at;
  }
  // Puts the entry into the hole, or where it belongs above or below it.
  void move(const Entry& entry, std::size_t hole) {
    for (; hole > 0 && entry.before(heap_[(hole - 1) / 2]); hole = (hole - 1) / 2)
      put(heap_[(hole - 1) / 2], hole);
    for (std::size_t child; (child = 2 * hole + 1) < heap_.size(); hole = child) {
      if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
      if (!heap_[child].before(entry)) break;
      put(heap_[child], hole);
    }
    put(entry, hole);
  }

  std::vector<Entry> heap_;
  std::vector<std::size_t> place_;  // by slot
};

}  // namespace loci::sim
