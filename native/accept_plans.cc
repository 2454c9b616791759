#include "accept_plans.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "failure.h"

namespace tcpaccept {

namespace {

constexpr size_t kWordBytes = 4;

bool is_ipv4(const uint8_t* record) {
  static constexpr uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return record[offsetof(tcpaccept_event, socket_family)] != AF_INET6 ||
         memcmp(record + offsetof(tcpaccept_event, peer_address), kMapped, sizeof(kMapped)) == 0;
}

}  // namespace

AcceptPlans::AcceptPlans(const uint32_t* words, size_t count) {
  std::vector<size_t> offsets(words, words + count);
  std::ranges::sort(offsets);
  for (const size_t offset : offsets) {
    if (offset + kWordBytes > sizeof(tcpaccept_event)) {
      throw Failure("ERR_INTERNAL", "plans", 0, "a record has no word at " + std::to_string(offset));
    }
    const bool goes_on = !ranges_.empty() && ranges_.back().begin + ranges_.back().bytes == offset;
    if (goes_on) {
      ranges_.back().bytes += kWordBytes;
    } else {
      ranges_.push_back({offset, kWordBytes});
    }
  }
}

uint32_t AcceptPlans::find(const uint8_t* record) {
  if (last_ != 0 && is_alike(entries_[last_ - 1].record, record)) return last_;
  const auto found = by_hash_.find(hash(record));
  if (found == by_hash_.end() || !is_alike(entries_[found->second - 1].record, record)) return 0;
  return last_ = found->second;
}

uint32_t AcceptPlans::set(const uint8_t* record, AcceptPlan plan) {
  const uint32_t known = find(record);
  if (known != 0) {
    entries_[known - 1].plan = std::move(plan);
    return known;
  }
  Entry entry{{}, std::move(plan)};
  memcpy(entry.record, record, sizeof(entry.record));
  entries_.push_back(std::move(entry));
  // Of two with the same hash the older one is not found any more; who has its number may still use it.
  return last_ = by_hash_[hash(record)] = entries_.size();
}

const AcceptPlan& AcceptPlans::at(uint32_t number) const {
  if (number == 0 || number > entries_.size()) {
    throw Failure("ERR_INTERNAL", "plans", 0, "there is no plan " + std::to_string(number));
  }
  return entries_[number - 1].plan;
}

void AcceptPlans::clear() {
  entries_.clear();
  by_hash_.clear();
  last_ = 0;
}

bool AcceptPlans::is_alike(const uint8_t* a, const uint8_t* b) const {
  for (const auto [begin, bytes] : ranges_) {
    if (memcmp(a + begin, b + begin, bytes) != 0) return false;
  }
  return is_ipv4(a) == is_ipv4(b);
}

// FNV-1a, by words of eight bytes.
uint64_t AcceptPlans::hash(const uint8_t* record) const {
  uint64_t hash = 14695981039346656037u + is_ipv4(record);
  for (const auto [begin, bytes] : ranges_) {
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
      uint64_t word = 0;
      if (bytes - at < sizeof(word)) {
        memcpy(&word, record + begin + at, kWordBytes);
      } else {
        memcpy(&word, record + begin + at, sizeof(word));
      }
      hash = (hash ^ word) * 1099511628211u;
      // Of a product the upper bits depend on all, the lower ones on the lower ones only.
      hash ^= hash >> 32;
    }
  }
  return hash;
}

}  // namespace tcpaccept
