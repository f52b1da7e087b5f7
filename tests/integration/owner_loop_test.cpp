// The owner loop with a handler of the test's own, so that what happens between its decision and
// its commit is no matter of luck: the handler itself brings it about. Promises 3 and 5.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <future>
#include <optional>
#include <pqxx/pqxx>

#include "consumers/runtime/owner_database.hpp"
#include "consumers/runtime/owner_loop.hpp"
#include "consumers/runtime/partition_store.hpp"
#include "events/codec.hpp"
#include "tests/integration/participant_harness.hpp"
#include "tests/support/kafka_tool.hpp"

namespace orderflow::testing {
namespace {

using consumers::Batch;
using consumers::Grants;
using consumers::TransactionDraft;

constexpr std::int32_t kWorked = 0;  // The one partition that has something to do.
constexpr core::PgStatement kNote{"test_note", "INSERT INTO public.effects VALUES ($1)"};

// Prepares once for every message, or once without any; numbers its drafts, and writes the number
// into the database and, when it was committed, into topic "told".
class NumberingHandler : public consumers::PartitionHandler {
 public:
  // `by_timer`: is due from the start. `meanwhile(n)` happens after the nth draft.
  NumberingHandler(bool by_timer, std::function<void(int)> meanwhile)
      : due_(by_timer), meanwhile_(std::move(meanwhile)) {}

  std::vector<producers::Outgoing> granted(const Grants&, const Grants&, std::int32_t,
                                           core::PgSession&) override {
    return {};
  }
  void dropped(const std::set<std::int32_t>&) override {}

  TransactionDraft prepare(const Batch& batch, core::PgSession&) override {
    if (!batch.grants.contains(kWorked)) return {};
    ++number_;
    if (on_messages) on_messages(batch.messages.size());
    core::PgParams params;
    params.int8(number_);
    TransactionDraft draft;
    draft.calls.push_back({&kNote, std::move(params)});
    draft.touched = {kWorked};
    meanwhile_(number_);
    return draft;
  }

  std::vector<producers::Outgoing> committed(const Grants& grants) override {
    if (!grants.contains(kWorked) || number_ == 0) return {};
    due_ = false;
    return {{{"told", "key", std::to_string(number_), {}, kWorked},
             kWorked,
             grants.at(kWorked).batch_no}};
  }
  void discarded() override {}

  std::function<void(std::size_t)> on_messages;  // How many each draft is about.

  [[nodiscard]] core::Time next_due() const override {
    return due_ ? core::Time::min() : core::Time::max();
  }

 private:
  bool due_;
  std::function<void(int)> meanwhile_;
  int number_ = 0;
};

// Writes the row of each message's partition, and tells of it.
class RowHandler : public consumers::PartitionHandler {
 public:
  std::vector<producers::Outgoing> granted(const Grants&, const Grants&, std::int32_t,
                                           core::PgSession&) override {
    return {};
  }
  void dropped(const std::set<std::int32_t>&) override {}

  TransactionDraft prepare(const Batch& batch, core::PgSession&) override {
    TransactionDraft draft;
    for (const auto* message : batch.messages) written_.insert(message->partition());
    for (const auto partition : written_) {
      core::PgParams params;
      params.int8(partition);
      draft.calls.push_back({&kCount, std::move(params)});
    }
    return draft;
  }

  std::vector<producers::Outgoing> committed(const Grants& grants) override {
    std::vector<producers::Outgoing> outgoing;
    for (const auto partition : std::exchange(written_, {})) {
      outgoing.push_back({{"told", "key", std::to_string(partition), {}, partition},
                          partition,
                          grants.at(partition).batch_no});
    }
    return outgoing;
  }
  void discarded() override { written_.clear(); }

 private:
  static constexpr core::PgStatement kCount{
      "test_count", "UPDATE public.counts SET number = number + 1 WHERE partition = $1"};
  std::set<std::int32_t> written_;
};

class Stage {
 public:
  Stage()
      : broker_(ports_.port(0), {{"asked", kPartitions, 1}, {"told", kPartitions, 1}}, logger_),
        address_("127.0.0.1:" + std::to_string(ports_.port(0))),
        kafka(address_, "") {
    database.sql().execute(
        "CREATE TABLE public.effects (number bigint);"
        "GRANT ALL ON public.effects TO orderflow_payments");
  }

  // By the clock of whoever asks; 0: now.
  void ask(std::int64_t made_at_ms = 0, std::int32_t partition = kWorked) const {
    kafka.produce("asked", partition,
                  {.key = "key", .body = "do it", .headers = {}, .timestamp_ms = made_at_ms});
  }

  // As one that bears the id of that installation.
  void ask_from(const std::string& installation) const {
    kafka.produce(
        "asked", kWorked,
        {.key = "key", .body = "do it", .headers = {{events::kInstallationHeader, installation}}});
  }

  [[nodiscard]] std::string installation() const {
    return database.sql().text("SELECT value FROM ops.settings WHERE name = 'installation_id'");
  }

  // Keeps every age that owners have told, in seconds.
  void note_ages() const {
    database.sql().execute(R"(
        CREATE TABLE public.ages (age double precision);
        GRANT ALL ON public.ages TO orderflow_payments;
        CREATE FUNCTION public.note_age() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO public.ages
          SELECT extract(epoch FROM clock_timestamp() - NEW.oldest_ready_at)
          WHERE NEW.oldest_ready_at IS NOT NULL;
          RETURN NULL;
        END $$;
        CREATE TRIGGER note_age AFTER UPDATE ON payments.partitions
          FOR EACH ROW EXECUTE FUNCTION public.note_age();)");
  }

  // Runs an owner until it has told something; what it told first.
  [[nodiscard]] std::string first_told(consumers::PartitionHandler& handler) {
    run(handler, "it has told something", [&] { return kafka.count("told") > 0; });
    return kafka.read("told").front().body;
  }

  void run(consumers::PartitionHandler& handler, const std::string& what,
           const std::function<bool()>& until) {
    consumers::OwnerLoopOptions options;
    options.role = "payments";
    options.topic = "asked";
    options.group = "outside-group";
    options.schema = "payments";
    options.database_role = "orderflow_payments";
    options.database_url = core::DatabaseUrl(database.url());
    options.kafka = {address_, "owner", {}};
    core::DatabaseClock clock;
    core::Metrics metrics{"test"};
    consumers::OwnerLoop loop(options, handler, clock, logger_, metrics, health);
    auto ended = std::async(std::launch::async, [&] { loop.run(); });
    const bool came = holds_within(kPatience, until);
    loop.stop();
    ended.get();
    if (!came) give_up("the owner ran in vain until " + what);
  }

 private:
  core::Logger logger_{"payments", core::LogLevel::kError};
  PortBlock ports_;
  core::EmbeddedBroker broker_;
  std::string address_;

 public:
  MigratedDatabase database;
  KafkaTool kafka;
  core::Health health;
};

TEST_CASE("what an owner decided before another took its place is neither stored nor told") {
  const bool by_timer = GENERATE(false, true);
  CAPTURE(by_timer);
  Stage stage;
  NumberingHandler handler(by_timer, [&](int number) {
    if (number > 1) return;
    core::PgSession session(core::DatabaseUrl(stage.database.url()),
                            {"test", "orderflow_payments", std::chrono::seconds{30}});
    (void)consumers::PartitionStore("payments", "payments").grant({kWorked}, "a rival", session);
  });
  if (!by_timer) stage.ask();
  CHECK(stage.first_told(handler) == "2");
  CHECK(stage.database.sql().text("SELECT string_agg(number::text, ' ') FROM effects") == "2");
}

TEST_CASE("an owner whose offset the broker does not know reads what there is from its beginning") {
  Stage stage;
  stage.database.sql().execute("UPDATE payments.partitions SET next_offset = 1000");
  stage.ask();
  NumberingHandler handler(false, [](int) {});
  CHECK(stage.first_told(handler) == "1");
}

// Found by the benchmark: what waits in the broker was never seen, so no order was ever turned
// away.
TEST_CASE("an owner tells the age of what it has just handled, since more of it may wait") {
  Stage stage;
  stage.note_ages();
  stage.ask();
  NumberingHandler handler(false, [](int) {});
  const auto number = [&](const char* query) { return stage.database.sql().number(query); };
  stage.run(handler, "an age was told, and then that nothing waits", [&] {
    return number("SELECT count(*) FROM public.ages") > 0 &&
           number(
               "SELECT count(*) FROM payments.partitions WHERE batch_no > 0"
               " AND oldest_ready_at IS NULL") > 0;
  });
}

// A stranger's message said 1970, and every order was turned away as long as it came.
TEST_CASE("no timestamp that a message bears makes an owner seem late") {
  Stage stage;
  stage.note_ages();
  constexpr std::int64_t kFarFuture = 4'102'444'800'000;  // In 2100.
  constexpr std::int64_t kTimes[] = {1, -1, kFarFuture};
  for (const auto time : kTimes) stage.ask(time);
  NumberingHandler handler(false, [&](int number) {
    if (number <= 3) stage.ask(kTimes[number % 3]);
  });
  stage.run(handler, "it has handled all of them", [&] {
    return stage.database.sql().number(
               "SELECT coalesce(max(next_offset), 0) FROM"
               " payments.partitions") >= 4;
  });
  CHECK(stage.database.sql().number("SELECT count(*) FROM public.ages WHERE age > 60") == 0);
}

// Two installations on one cluster debited each other's accounts.
TEST_CASE("a message of another installation is passed over, and its reader is not ready") {
  Stage stage;
  std::size_t seen = 0;
  NumberingHandler handler(false, [](int) {});
  handler.on_messages = [&](std::size_t messages) { seen += messages; };
  stage.ask_from("018f0000-0000-7000-8000-000000000000");
  stage.ask();
  stage.ask_from(stage.installation());
  stage.run(handler, "all three are behind it", [&] {
    return stage.database.sql().number("SELECT max(next_offset) FROM payments.partitions") == 3;
  });
  CHECK(seen == 2);
  const auto state = stage.health.components().at("payments installation");
  CHECK_FALSE(state.up);
  CHECK(state.detail.find("ORDERFLOW_TOPIC_PREFIX") != std::string::npos);
}

TEST_CASE("what an owner sends says of which installation it is") {
  Stage stage;
  stage.ask();
  NumberingHandler handler(false, [](int) {});
  (void)stage.first_told(handler);
  CHECK(stage.kafka.read("told").front().headers.at(events::kInstallationHeader) ==
        stage.installation());
  CHECK(stage.health.components().at("payments installation").up);
}

// A person's open transaction on one saga stopped every order.
TEST_CASE("a row that somebody else holds locked stops its own partition, and is named") {
  // The handler's row, or the owner's own.
  const char* locked =
      GENERATE("public.counts SET number = 0", "payments.partitions SET epoch = epoch");
  CAPTURE(locked);
  Stage stage;
  stage.database.sql().execute(
      "CREATE TABLE public.counts (partition bigint PRIMARY KEY, number bigint NOT NULL);"
      "INSERT INTO public.counts SELECT i, 0 FROM generate_series(0, 3) AS i;"
      "GRANT ALL ON public.counts TO orderflow_payments");
  RowHandler handler;
  const auto told = [&](std::int32_t partition) {
    const auto all = stage.kafka.read("told");
    return std::count_if(all.begin(), all.end(), [&](const RawMessage& message) {
      return message.body == std::to_string(partition);
    });
  };
  pqxx::connection connection(core::DatabaseUrl(stage.database.url()).conninfo());
  std::optional<pqxx::work> stranger;
  std::string detail;
  // Each waits for what it needs, and does what comes next.
  std::vector<std::function<bool()>> steps{
      [&] {
        // Once they are owned, lest the grant meet the lock.
        const char* owned = "SELECT count(*) FROM payments.partitions WHERE epoch > 0";
        if (stage.database.sql().number(owned) < kPartitions) return false;
        stranger.emplace(connection).exec(std::string("UPDATE ") + locked + " WHERE partition = 1");
        for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
          stage.ask(0, partition);
        }
        return true;
      },
      [&] {
        const auto state = stage.health.components().at("payments locks");
        if (told(0) == 0 || told(2) == 0 || told(3) == 0 || state.up) return false;
        detail = state.detail;
        stage.ask(0, 2);
        return true;
      },
      [&] {
        if (told(2) < 2) return false;
        CHECK(told(1) == 0);
        stranger.reset();
        return true;
      },
      [&] { return told(1) == 1 && stage.health.up("payments locks"); },
  };
  std::size_t at = 0;
  stage.run(handler, "the others went on, and the locked one after them", [&] {
    if (steps.at(at)()) ++at;
    return at == steps.size();
  });
  const std::string pid = std::to_string(connection.backendpid());
  CHECK(detail.find("pid " + pid + " of user") != std::string::npos);
  CHECK(told(0) == 1);
  CHECK(stage.database.sql().number("SELECT max(next_offset) FROM payments.partitions") == 2);
}

// It set the database's clock to 1970.
TEST_CASE("a grant of partitions that have no row leaves the clock as it was") {
  const MigratedDatabase database;
  core::DatabaseClock clock;
  consumers::OwnerDatabase owner({core::DatabaseUrl(database.url()), "payments", "payments",
                                  "orderflow_payments", "payments.commands"},
                                 core::CrashSite("payments"), clock);
  CHECK(owner.grant({kPartitions}).empty());
  CHECK_FALSE(clock.known());
  CHECK(owner.grant({kPartitions - 1}).size() == 1);
  CHECK(clock.known());
  const auto read = clock.now();
  CHECK(owner.grant({kPartitions}).empty());
  CHECK(clock.now() >= read);
}

}  // namespace
}  // namespace orderflow::testing
