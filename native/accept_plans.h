#ifndef TCPACCEPT_ACCEPT_PLANS_H
#define TCPACCEPT_ACCEPT_PLANS_H

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "../bpf/event.h"
#include "accept_plan.h"

namespace tcpaccept {

// Plans by what the records have in common that each is of: some words of theirs, and whether their addresses count as
// IPv4. A plan has a number, from 1, until all are forgotten.
class AcceptPlans {
 public:
  // `words`: where in a record, in four bytes each. Throws Failure.
  AcceptPlans(const uint32_t* words, size_t count);

  // The number of the record's plan; 0: it has none.
  uint32_t find(const uint8_t* record);
  // Takes the place of the plan of the same records, whose number it gets.
  uint32_t set(const uint8_t* record, AcceptPlan plan);
  // Throws Failure when there is none.
  const AcceptPlan& at(uint32_t number) const;
  size_t size() const { return entries_.size(); }
  void clear();

 private:
  struct Range {
    size_t begin, bytes;
  };
  struct Entry {
    uint8_t record[sizeof(tcpaccept_event)];
    AcceptPlan plan;
  };

  bool is_alike(const uint8_t* a, const uint8_t* b) const;
  uint64_t hash(const uint8_t* record) const;

  std::vector<Range> ranges_;
  std::vector<Entry> entries_;
  std::unordered_map<uint64_t, uint32_t> by_hash_;
  uint32_t last_ = 0;  // most often the one asked for
};

}  // namespace tcpaccept

#endif
