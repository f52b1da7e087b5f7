#include "domain/delivery/delivery.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/domain/participant_values.hpp"

// Promises 2 and 3: one effect a command, and a report that is repeated until it was heard.
namespace orderflow::domain {
namespace {

using events::AcknowledgeReport;
using events::CancelDelivery;
using events::ReplyOutcome;
using events::ScheduleDelivery;
using std::chrono::seconds;

const Uuid kDelivery = id(3, 1);
const DeliveryPolicy kPolicy{seconds{20}, seconds{2}, seconds{30}};
const ScheduleDelivery kSchedule{kDelivery, kOrder, R"({"name":"Alice"})"};
const CancelDelivery kCancel{kDelivery, kOrder};
const AcknowledgeReport kAcknowledge{kDelivery, kOrder};

DeliveryVerdict run(DeliveryRecords& records, const events::DeliveryCommand& command,
                    Time now = kNow, bool no_carrier = false) {
  const DeliveryContext context{core::ShardKey(kOrder), now, no_carrier, {"test", ""}};
  const auto verdict = handle(records, command, context, kPolicy);
  REQUIRE(verdict.has_value());
  return *verdict;
}

TEST_CASE("a schedule orders a carrier that is due later") {
  DeliveryRecords records;
  const auto verdict = run(records, kSchedule);
  REQUIRE(verdict.reply.has_value());
  CHECK(verdict.reply->outcome == ReplyOutcome::kDone);
  CHECK(data_of(*verdict.reply).at("delivery_id") == kDelivery.to_string());
  CHECK_FALSE(data_of(*verdict.reply).at("carrier").get<std::string>().empty());
  CHECK_FALSE(data_of(*verdict.reply).at("tracking_number").get<std::string>().empty());
  REQUIRE(records.new_rows().size() == 1);
  CHECK(records.new_rows()[0]->live);
  CHECK(due_time(*records.find(kDelivery), kPolicy) == kNow + seconds{20});
}

TEST_CASE("a repeated schedule gets the stored reply, whatever came after it") {
  DeliveryRecords records;
  const auto first = run(records, kSchedule);
  SECTION("nothing") {}
  SECTION("a cancel") { (void)run(records, kCancel); }
  SECTION("the delivery") { (void)fire(records, kDelivery, kNow + seconds{20}, kPolicy); }
  const auto again = run(records, kSchedule);
  CHECK(again.repeated);
  CHECK(same(*first.reply, *again.reply));
}

TEST_CASE("no carrier is a refusal that stays") {
  DeliveryRecords records;
  const auto refused = run(records, kSchedule, kNow, true);
  CHECK(refused.reply->outcome == ReplyOutcome::kRefused);
  CHECK(refused.reply->code == "no_carrier");
  CHECK_FALSE(records.find(kDelivery)->live);
  CHECK(same(*run(records, kSchedule).reply, *refused.reply));
  const auto undone = run(records, kCancel);
  CHECK(undone.reply->outcome == ReplyOutcome::kDone);
  CHECK(data_of(*undone.reply).at("voided") == true);
}

TEST_CASE("an undo that overtakes its action voids it (delivery)") {
  DeliveryRecords records;
  const auto undone = run(records, kCancel);
  CHECK(undone.reply->outcome == ReplyOutcome::kDone);
  CHECK(undone.reply->phase == events::Phase::kUndo);
  CHECK(data_of(*undone.reply).at("voided") == true);
  const auto late = run(records, kSchedule);
  CHECK(late.reply->outcome == ReplyOutcome::kRefused);
  CHECK(late.reply->code == "voided");
  CHECK(same(*run(records, kCancel).reply, *undone.reply));
  CHECK_FALSE(records.find(kDelivery)->live);
}

TEST_CASE("a cancelled delivery is never delivered") {
  DeliveryRecords records;
  (void)run(records, kSchedule);
  const auto cancelled = run(records, kCancel);
  CHECK(cancelled.reply->outcome == ReplyOutcome::kDone);
  CHECK(data_of(*cancelled.reply).at("voided") == false);
  CHECK(records.find(kDelivery)->status == DeliveryStatus::kCancelled);
  CHECK_FALSE(fire(records, kDelivery, kNow + seconds{100}, kPolicy).has_value());
  const auto again = run(records, kCancel);
  CHECK(again.repeated);
  CHECK(same(*again.reply, *cancelled.reply));
}

TEST_CASE("a cancel after the delivery is too late, for good") {
  DeliveryRecords records;
  (void)run(records, kSchedule);
  REQUIRE(fire(records, kDelivery, kNow + seconds{20}, kPolicy).has_value());
  const auto refused = run(records, kCancel);
  CHECK(refused.reply->outcome == ReplyOutcome::kRefused);
  CHECK(refused.reply->code == "too_late");
  CHECK(data_of(*refused.reply).at("voided") == false);
  CHECK(records.find(kDelivery)->undo_refused);
  CHECK(records.find(kDelivery)->status == DeliveryStatus::kDelivered);
  CHECK(same(*run(records, kCancel).reply, *refused.reply));
  (void)run(records, kAcknowledge);
  CHECK(same(*run(records, kCancel).reply, *refused.reply));
}

TEST_CASE("the carrier delivers when it is due and not before") {
  DeliveryRecords records;
  (void)run(records, kSchedule);
  CHECK_FALSE(fire(records, kDelivery, kNow + seconds{19}, kPolicy).has_value());
  const auto report = fire(records, kDelivery, kNow + seconds{21}, kPolicy);
  REQUIRE(report.has_value());
  CHECK(report->report == "DELIVERED");
  CHECK(report->reported_at == kNow + seconds{21});
  CHECK(records.find(kDelivery)->status == DeliveryStatus::kDelivered);
}

TEST_CASE("a report is repeated with backoff until it is acknowledged") {
  DeliveryRecords records;
  (void)run(records, kSchedule);
  Time now = kNow + seconds{20};
  const auto first = fire(records, kDelivery, now, kPolicy);
  for (const int pause : {2, 4, 8, 16, 30, 30}) {
    CHECK(due_time(*records.find(kDelivery), kPolicy) == now + seconds{pause});
    CHECK_FALSE(fire(records, kDelivery, now + seconds{pause - 1}, kPolicy).has_value());
    now += seconds{pause};
    const auto repeated = fire(records, kDelivery, now, kPolicy);
    REQUIRE(repeated.has_value());
    CHECK(repeated->reported_at == first->reported_at);
  }
  CHECK_FALSE(run(records, kAcknowledge, now).reply.has_value());
  CHECK(records.find(kDelivery)->report_acknowledged_at == now);
  CHECK_FALSE(records.find(kDelivery)->live);
  CHECK_FALSE(fire(records, kDelivery, now + seconds{100}, kPolicy).has_value());
  CHECK(run(records, kAcknowledge, now + seconds{1}).repeated);
  CHECK(records.find(kDelivery)->report_acknowledged_at == now);
}

TEST_CASE("an acknowledgement of what was not reported is ignored") {
  DeliveryRecords records;
  CHECK(run(records, kAcknowledge).repeated);
  CHECK(records.find(kDelivery) == nullptr);
  (void)run(records, kSchedule);
  CHECK(run(records, kAcknowledge).repeated);
  CHECK(records.find(kDelivery)->live);
}

TEST_CASE("a delivery command that names another order is an error, not an effect") {
  DeliveryRecords records;
  (void)run(records, kSchedule);
  const events::DeliveryCommand strangers[] = {ScheduleDelivery{kDelivery, id(1, 9), {}},
                                               CancelDelivery{kDelivery, id(1, 9)},
                                               AcknowledgeReport{kDelivery, id(1, 9)}};
  for (const auto& command : strangers) {
    const auto verdict =
        handle(records, command, {core::ShardKey(id(1, 9)), kNow, false, {}}, kPolicy);
    REQUIRE_FALSE(verdict.has_value());
    CHECK(verdict.error().code == "contradiction");
  }
  CHECK(records.find(kDelivery)->status == DeliveryStatus::kScheduled);
}

}  // namespace
}  // namespace orderflow::domain
