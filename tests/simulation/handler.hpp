#pragma once

#include <map>
#include <set>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "producers/refused.hpp"
#include "tests/simulation/database.hpp"

namespace orderflow::simulation {

// The model of consumers/runtime/partition_handler.hpp: what a role does with its partitions, in
// the same calls and the same order. What the SQL there does is Database here.

struct Grant {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;
  std::int64_t published_mark = 0;
};
using Grants = std::map<std::int32_t, Grant>;

struct Work {
  const std::vector<MessagePtr>& messages;
  Time now;  // The database's clock as this process carries it.
  const Grants& grants;
  const std::set<std::int32_t>& stuck;
  const consumers::Backlog::Ages& behind;
};

struct Plan {
  Transaction transaction;  // Without its advances, which the owner adds.
  std::set<std::int32_t> touched;
  std::vector<Outgoing> outgoing;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Reads the state of fresh grants; returns what must be published again.
  virtual std::vector<Outgoing> granted(const Grants& fresh, const Grants& all) = 0;
  virtual void dropped(const std::set<std::int32_t>& partitions) = 0;
  virtual Plan decide(const Work& work) = 0;
  // What follows from messages that the broker refuses for good.
  virtual Plan refused(const Work& /*work*/, const std::vector<producers::Refused>& /*refused*/) {
    return {};
  }
  virtual void committed() = 0;
  virtual void discarded() = 0;
  [[nodiscard]] virtual Time next_due() const { return Time::max(); }
};

}  // namespace orderflow::simulation
