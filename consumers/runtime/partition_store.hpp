#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/grant.hpp"
#include "core/pg/session.hpp"

namespace orderflow::consumers {

// The SQL of one role's tables of partitions and of dead letters. Holds statements only; stateless.
class PartitionStore {
 public:
  PartitionStore(const std::string& schema, std::string role);

  // Grants the partitions to this owner: their epochs rise, whoever owned them is fenced.
  std::vector<Grant> grant(const std::set<std::int32_t>& partitions, const std::string& owner,
                           core::PgSession& session);

  // Ends the sessions of owners that hold row locks though they are stopped. Needs a session that
  // kept the login's role. Only sessions of this program are ended.
  void end_stopped_owners(const std::set<std::int32_t>& partitions, core::PgSession& login_session);

  // The first statement of every owner transaction. Raises in the server (Fenced) when any
  // partition has another epoch or offset than we believe. Returns the database's clock. Notes the
  // session, as it may be another than that of the grant.
  [[nodiscard]] core::PgCall ownership_check(const std::vector<Advance>& advances) const;

  // Those of `grants` that the database no longer agrees with.
  std::set<std::int32_t> stale(const Grants& grants, core::PgSession& session);

  struct Layout {
    std::int32_t partition_count = 0;
    bool paused = false;  // `orderflow repartition` asks owners to commit nothing for a moment.
    std::string installation;  // Its id.
  };
  Layout layout(core::PgSession& session);

  [[nodiscard]] core::PgCall dead_letters(const std::string& topic,
                                          const std::vector<DeadLetter>& dead_letters) const;
  std::int64_t open_dead_letters(core::PgSession& session);

 private:
  // A statement's text must outlive every session that prepared it.
  struct Sql {
    std::string name;
    std::string text;
    core::PgStatement statement{};
    void bind() { statement = {name.c_str(), text.c_str()}; }
  };

  std::string role_;
  Sql grant_, end_stopped_, check_, stale_, layout_, dead_letters_, open_dead_letters_;
};

}  // namespace orderflow::consumers
