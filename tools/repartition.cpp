#include "tools/repartition.hpp"

#include <bit>
#include <cstdio>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/options.hpp"
#include "core/pg/partition_count.hpp"
#include "core/pg/pool.hpp"
#include "core/values/failure.hpp"
#include "core/values/number.hpp"
#include "core/values/shard.hpp"
#include "core/values/uuid.hpp"
#include "events/roles.hpp"

namespace orderflow::tools {
namespace {

constexpr auto kPauseMax = std::chrono::seconds{60};
constexpr auto kSilenceTimeout = std::chrono::seconds{45};
constexpr auto kSilencePoll = std::chrono::milliseconds{200};

std::int32_t wanted_count(const core::Config& config) {
  const auto& words = config.positional();
  const std::int32_t wanted =
      words.size() == 1 ? core::parse_number<std::int32_t>(words.front()).value_or(0) : 0;
  const bool power = wanted > 0 && std::has_single_bit(static_cast<std::uint32_t>(wanted));
  if (!power || wanted > core::kShardCount) {
    throw core::BadConfiguration("usage: orderflow repartition N, a power of two up to " +
                                 std::to_string(core::kShardCount));
  }
  return wanted;
}

class Repartition {
 public:
  Repartition(const core::Config& config, core::Logger& logger)
      : config_(config), logger_(logger), pool_(config.text("database-url"), "", 1) {}

  void run(std::int32_t wanted) {
    const auto before =
        pool_.read([](pqxx::nontransaction& transaction) { return count(transaction); });
    if (wanted == before) {
      grow_topics(wanted);  // A broker that forgot may have made them again as they once were.
      std::printf("there are %d partitions already\n", before);
      return;
    }
    if (wanted < before) {
      throw core::BadConfiguration("there are " + std::to_string(before) +
                                   " partitions; topics cannot shrink");
    }
    pause_owners();
    try {
      grow_topics(wanted);
      await_switch(before, wanted);
    } catch (...) {
      resume_owners();
      throw;
    }
    std::printf("%d partitions are %d now\n", before, wanted);
  }

 private:
  static std::int32_t count(pqxx::transaction_base& transaction) {
    const auto rows = transaction.exec(core::kPartitionCountSql);
    if (rows.empty()) {
      throw core::BadConfiguration("the database has no partitions yet; run `orderflow migrate`");
    }
    return rows[0][0].as<std::int32_t>();
  }

  void pause_owners() {
    pool_.write([](pqxx::work& transaction) {
      transaction.exec(
          "INSERT INTO ops.settings (name, value) VALUES ('owners_paused_until', "
          "(clock_timestamp() + interval '" +
          std::to_string(kPauseMax.count()) +
          " seconds')::text) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    });
  }

  void resume_owners() {
    pool_.write([](pqxx::work& transaction) {
      transaction.exec("DELETE FROM ops.settings WHERE name = 'owners_paused_until'");
    });
  }

  void grow_topics(std::int32_t wanted) {
    const auto options = core::kafka_options(config_, "orderflow-repartition");
    for (const events::Role& owner : events::kOwners) {
      core::ensure_partitions(options, logger_,
                              config_.text("topic-prefix") + std::string(owner.topic), wanted);
    }
  }

  void await_switch(std::int32_t before, std::int32_t wanted) {
    const auto until = std::chrono::steady_clock::now() + kSilenceTimeout;
    while (!pool_.write(
        [&](pqxx::work& transaction) { return try_switch(transaction, before, wanted); })) {
      if (std::chrono::steady_clock::now() >= until) {
        throw core::Unavailable(
            "some events are not published yet, so owners go on with " + std::to_string(before) +
            " partitions; see that an orchestrator and Kafka run, then run the same again");
      }
      std::this_thread::sleep_for(kSilencePoll);
    }
  }

  // False while an event lies beyond its partition's mark.
  static bool try_switch(pqxx::work& transaction, std::int32_t before, std::int32_t wanted) {
    for (const events::Role& owner : events::kOwners) {
      transaction.exec("SELECT 1 FROM " + std::string(owner.schema) +
                       ".partitions ORDER BY partition FOR UPDATE");
    }
    if (count(transaction) != before) {
      throw core::Unavailable("somebody else has changed the partition count meanwhile");
    }
    const bool unpublished =
        !transaction
             .exec(
                 "SELECT 1 FROM orders.partitions p WHERE EXISTS (SELECT FROM orders.events e "
                 "WHERE e.partition = p.partition AND e.batch_no > p.published_mark)")
             .empty();
    if (unpublished) return false;
    for (const events::Role& owner : events::kOwners) {
      const std::string table = std::string(owner.schema) + ".partitions";
      transaction.exec("UPDATE " + table + " SET epoch = epoch + 1, owner = 'repartition'");
      transaction.exec("INSERT INTO " + table + " (partition) SELECT generate_series(" +
                       std::to_string(before) + ", " + std::to_string(wanted - 1) + ")");
    }
    transaction.exec("UPDATE ops.settings SET value = '" + std::to_string(wanted) +
                     "' WHERE name = 'partition_count'");
    transaction.exec("DELETE FROM ops.settings WHERE name = 'owners_paused_until'");
    return true;
  }

  const core::Config& config_;
  core::Logger& logger_;
  core::DatabasePool pool_;
};

}  // namespace

int run_repartition(const core::Config& config) {
  const auto wanted = wanted_count(config);
  core::Logger logger("repartition", config.text("log-level"));
  Repartition(config, logger).run(wanted);
  return 0;
}

}  // namespace orderflow::tools
