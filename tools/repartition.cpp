#include "tools/repartition.hpp"

#include <bit>
#include <cstdio>
#include <pqxx/pqxx>
#include <string>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/settings.hpp"
#include "core/pg/pool.hpp"
#include "core/pg/settings.hpp"
#include "core/settings/command_line.hpp"
#include "core/values/failure.hpp"
#include "core/values/number.hpp"
#include "core/values/shard.hpp"
#include "core/values/uuid.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "schemas/installation.hpp"

namespace orderflow::tools {
namespace {

constexpr auto kPauseMax = std::chrono::seconds{60};
constexpr auto kSilenceTimeout = std::chrono::seconds{45};
constexpr auto kSilencePoll = std::chrono::milliseconds{200};

std::string power_of_two(const std::string& text) {
  const auto count = core::parse_number<std::uint32_t>(text).value_or(0);
  if (std::has_single_bit(count) && count <= core::kShardCount) return {};
  return "it must be a power of two up to " + std::to_string(core::kShardCount);
}

class Repartition {
 public:
  Repartition(const core::Settings& settings, core::Logger& logger)
      : settings_(settings), logger_(logger), pool_(settings.get(core::kDatabaseUrl), "", 1) {}

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
    const auto rows = transaction.exec(schemas::kPartitionCountSql);
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
    const auto options = core::kafka_options(settings_, "orderflow-repartition");
    for (const events::Role& owner : events::kOwners) {
      core::ensure_partitions(
          options, logger_, settings_.get(events::kTopicPrefix) + std::string(owner.topic), wanted);
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

  const core::Settings& settings_;
  core::Logger& logger_;
  core::DatabasePool pool_;
};

}  // namespace

int run_repartition(const core::SettingsSources& sources, std::span<const std::string> arguments) {
  std::int32_t wanted = 0;
  core::CommandLine line("orderflow repartition",
                         "Spreads a running installation over more partitions.", sources);
  line.app()
      .add_option("N", wanted, "partitions of each topic with owners; a power of two")
      ->required()
      ->check(power_of_two)
      ->type_name("");
  const auto settings = line.parse(arguments);
  if (!settings) return 0;
  core::Logger logger("repartition", settings->get(core::kLogLevel));
  Repartition(*settings, logger).run(wanted);
  return 0;
}

}  // namespace orderflow::tools
