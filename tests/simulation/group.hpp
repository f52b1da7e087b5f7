#pragma once

#include <cstdint>
#include <vector>

#include "tests/simulation/owner.hpp"

namespace orderflow::simulation {

// The model of a consumer group: who is assigned which partitions, as the members come to hear of
// it. Eager: everyone gives up everything first, though not everyone at once.
class Group {
 public:
  Group(Context& context, std::int32_t partitions) : context_(context), partitions_(partitions) {}

  void add(Owner& owner);
  // Hands the partitions out anew. Withheld: the former owners hear of it seconds later only.
  void rebalance(bool withheld);

 private:
  void start(Owner& owner);
  void dead(Owner& owner, Duration duration);
  void leave(Owner& owner);

  Context& context_;
  std::int32_t partitions_;
  std::vector<Owner*> members_;
  std::uint64_t generation_ = 0;
};

}  // namespace orderflow::simulation
