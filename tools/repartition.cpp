#include "tools/repartition.hpp"

#include <bit>
#include <cstdio>
#include <string>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/pg/transaction.hpp"
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

constexpr core::PgStatement kCountPartitions{"partition_count", schemas::kPartitionCountSql};
constexpr core::PgStatement kPauseOwners{
    "pause_owners",
    "INSERT INTO ops.settings (name, value) VALUES ('owners_paused_until', (clock_timestamp() + $1 "
    "* interval '1 second')::text) ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
constexpr core::PgStatement kResumeOwners{
    "resume_owners", "DELETE FROM ops.settings WHERE name = 'owners_paused_until'"};
constexpr core::PgStatement kUnpublishedEvents{
    "unpublished_events",
    "SELECT 1 FROM orders.partitions p WHERE EXISTS (SELECT FROM orders.events e "
    "WHERE e.partition = p.partition AND e.batch_no > p.published_mark)"};
constexpr core::PgStatement kSwitchPartitions{
    "switch_partitions", "UPDATE ops.settings SET value = $1 WHERE name = 'partition_count'"};

std::string power_of_two(const std::string& text) {
  const auto count = core::parse_number<std::uint32_t>(text).value_or(0);
  if (std::has_single_bit(count) && count <= core::kShardCount) return {};
  return "it must be a power of two up to " + std::to_string(core::kShardCount);
}

class Repartition {
 public:
  Repartition(const core::Settings& settings, core::Logger& logger)
      : settings_(settings),
        logger_(logger),
        session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow/repartition"}) {}

  void run(std::int32_t wanted) {
    const auto before = count(session_.execute(kCountPartitions));
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
  static std::int32_t count(const core::PgResult& rows) {
    if (rows.rows() == 0) {
      throw core::BadConfiguration("the database has no partitions yet; run `orderflow migrate`");
    }
    return rows.int4(0, 0);
  }

  void pause_owners() {
    (void)session_.execute(kPauseOwners,
                           core::PgParams().int8(std::chrono::seconds{kPauseMax}.count()));
  }

  void resume_owners() { (void)session_.execute(kResumeOwners); }

  void grow_topics(std::int32_t wanted) {
    const auto options = core::kafka_options(settings_, "orderflow-repartition");
    for (const events::Role& owner : events::kOwners) {
      core::ensure_partitions(
          options, logger_, settings_.get(events::kTopicPrefix) + std::string(owner.topic), wanted);
    }
  }

  void await_switch(std::int32_t before, std::int32_t wanted) {
    const auto until = std::chrono::steady_clock::now() + kSilenceTimeout;
    while (!try_switch(before, wanted)) {
      if (std::chrono::steady_clock::now() >= until) {
        throw core::Unavailable(
            "some events are not published yet, so owners go on with " + std::to_string(before) +
            " partitions; see that an orchestrator and Kafka run, then run the same again");
      }
      std::this_thread::sleep_for(kSilencePoll);
    }
  }

  // False while an event lies beyond its partition's mark.
  bool try_switch(std::int32_t before, std::int32_t wanted) {
    core::PgTransaction transaction(session_);
    for (const events::Role& owner : events::kOwners) {
      session_.run_script("SELECT 1 FROM " + std::string(owner.schema) +
                          ".partitions ORDER BY partition FOR UPDATE");
    }
    if (count(transaction.execute(kCountPartitions)) != before) {
      throw core::Unavailable("somebody else has changed the partition count meanwhile");
    }
    if (transaction.execute(kUnpublishedEvents).rows() > 0) return false;
    for (const events::Role& owner : events::kOwners) {
      const std::string table = std::string(owner.schema) + ".partitions";
      session_.run_script("UPDATE " + table + " SET epoch = epoch + 1, owner = 'repartition'; " +
                          "INSERT INTO " + table + " (partition) SELECT generate_series(" +
                          std::to_string(before) + ", " + std::to_string(wanted - 1) + ")");
    }
    (void)transaction.execute(kSwitchPartitions, core::PgParams().text(std::to_string(wanted)));
    (void)transaction.execute(kResumeOwners);
    transaction.commit();
    return true;
  }

  const core::Settings& settings_;
  core::Logger& logger_;
  core::PgSession session_;
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
