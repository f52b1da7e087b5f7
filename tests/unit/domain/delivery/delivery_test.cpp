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

DeliveryVerdict run(DeliveryBook& book, const events::DeliveryCommand& command, Time now = kNow,
                    bool no_carrier = false) {
  const auto verdict = decide(book, command, {now, no_carrier, {"test", ""}}, kPolicy);
  REQUIRE(verdict.has_value());
  return *verdict;
}

TEST_CASE("a schedule books a carrier that is due later") {
  DeliveryBook book;
  const auto verdict = run(book, kSchedule);
  REQUIRE(verdict.reply.has_value());
  CHECK(verdict.reply->outcome == ReplyOutcome::kDone);
  CHECK(verdict.reply->step == "delivery");
  CHECK(data_of(*verdict.reply).at("delivery_id") == kDelivery.to_string());
  CHECK_FALSE(data_of(*verdict.reply).at("carrier").get<std::string>().empty());
  CHECK_FALSE(data_of(*verdict.reply).at("tracking_number").get<std::string>().empty());
  REQUIRE(book.new_rows().size() == 1);
  CHECK(book.new_rows()[0]->live);
  CHECK(due_time(*book.find(kDelivery), kPolicy) == kNow + seconds{20});
}

TEST_CASE("a repeated schedule gets the stored reply, whatever came after it") {
  DeliveryBook book;
  const auto first = run(book, kSchedule);
  SECTION("nothing") {}
  SECTION("a cancel") { (void)run(book, kCancel); }
  SECTION("the delivery") { (void)fire(book, kDelivery, kNow + seconds{20}, kPolicy); }
  const auto again = run(book, kSchedule);
  CHECK(again.repeated);
  CHECK(same(*first.reply, *again.reply));
}

TEST_CASE("no carrier is a refusal that stays") {
  DeliveryBook book;
  const auto refused = run(book, kSchedule, kNow, true);
  CHECK(refused.reply->outcome == ReplyOutcome::kRefused);
  CHECK(refused.reply->code == "no_carrier");
  CHECK_FALSE(book.find(kDelivery)->live);
  CHECK(same(*run(book, kSchedule).reply, *refused.reply));
  const auto undone = run(book, kCancel);
  CHECK(undone.reply->outcome == ReplyOutcome::kDone);
  CHECK(data_of(*undone.reply).at("voided") == true);
}

TEST_CASE("an undo that overtakes its action voids it (delivery)") {
  DeliveryBook book;
  const auto undone = run(book, kCancel);
  CHECK(undone.reply->outcome == ReplyOutcome::kDone);
  CHECK(undone.reply->phase == events::Phase::kUndo);
  CHECK(data_of(*undone.reply).at("voided") == true);
  const auto late = run(book, kSchedule);
  CHECK(late.reply->outcome == ReplyOutcome::kRefused);
  CHECK(late.reply->code == "voided");
  CHECK(same(*run(book, kCancel).reply, *undone.reply));
  CHECK_FALSE(book.find(kDelivery)->live);
}

TEST_CASE("a cancelled delivery is never delivered") {
  DeliveryBook book;
  (void)run(book, kSchedule);
  const auto cancelled = run(book, kCancel);
  CHECK(cancelled.reply->outcome == ReplyOutcome::kDone);
  CHECK(data_of(*cancelled.reply).at("voided") == false);
  CHECK(book.find(kDelivery)->status == DeliveryStatus::kCancelled);
  CHECK_FALSE(fire(book, kDelivery, kNow + seconds{100}, kPolicy).has_value());
  const auto again = run(book, kCancel);
  CHECK(again.repeated);
  CHECK(same(*again.reply, *cancelled.reply));
}

TEST_CASE("a cancel after the delivery is too late, for good") {
  DeliveryBook book;
  (void)run(book, kSchedule);
  REQUIRE(fire(book, kDelivery, kNow + seconds{20}, kPolicy).has_value());
  const auto refused = run(book, kCancel);
  CHECK(refused.reply->outcome == ReplyOutcome::kRefused);
  CHECK(refused.reply->code == "too_late");
  CHECK(data_of(*refused.reply).at("voided") == false);
  CHECK(book.find(kDelivery)->undo_refused);
  CHECK(book.find(kDelivery)->status == DeliveryStatus::kDelivered);
  CHECK(same(*run(book, kCancel).reply, *refused.reply));
  (void)run(book, kAcknowledge);
  CHECK(same(*run(book, kCancel).reply, *refused.reply));
}

TEST_CASE("the carrier delivers when it is due and not before") {
  DeliveryBook book;
  (void)run(book, kSchedule);
  CHECK_FALSE(fire(book, kDelivery, kNow + seconds{19}, kPolicy).has_value());
  const auto report = fire(book, kDelivery, kNow + seconds{21}, kPolicy);
  REQUIRE(report.has_value());
  CHECK(report->report == "DELIVERED");
  CHECK(report->reported_at == kNow + seconds{21});
  CHECK(book.find(kDelivery)->status == DeliveryStatus::kDelivered);
}

TEST_CASE("a report is repeated with backoff until it is acknowledged") {
  DeliveryBook book;
  (void)run(book, kSchedule);
  Time now = kNow + seconds{20};
  const auto first = fire(book, kDelivery, now, kPolicy);
  for (const int pause : {2, 4, 8, 16, 30, 30}) {
    CHECK(due_time(*book.find(kDelivery), kPolicy) == now + seconds{pause});
    CHECK_FALSE(fire(book, kDelivery, now + seconds{pause - 1}, kPolicy).has_value());
    now += seconds{pause};
    const auto repeated = fire(book, kDelivery, now, kPolicy);
    REQUIRE(repeated.has_value());
    CHECK(repeated->reported_at == first->reported_at);
  }
  CHECK_FALSE(run(book, kAcknowledge, now).reply.has_value());
  CHECK(book.find(kDelivery)->report_acknowledged_at == now);
  CHECK_FALSE(book.find(kDelivery)->live);
  CHECK_FALSE(fire(book, kDelivery, now + seconds{100}, kPolicy).has_value());
  CHECK(run(book, kAcknowledge, now + seconds{1}).repeated);
  CHECK(book.find(kDelivery)->report_acknowledged_at == now);
}

TEST_CASE("an acknowledgement of what was not reported is ignored") {
  DeliveryBook book;
  CHECK(run(book, kAcknowledge).repeated);
  CHECK(book.find(kDelivery) == nullptr);
  (void)run(book, kSchedule);
  CHECK(run(book, kAcknowledge).repeated);
  CHECK(book.find(kDelivery)->live);
}

TEST_CASE("a delivery command that names another order is an error, not an effect") {
  DeliveryBook book;
  (void)run(book, kSchedule);
  const events::DeliveryCommand strangers[] = {ScheduleDelivery{kDelivery, id(1, 9), {}},
                                               CancelDelivery{kDelivery, id(1, 9)},
                                               AcknowledgeReport{kDelivery, id(1, 9)}};
  for (const auto& command : strangers) {
    const auto verdict = decide(book, command, {kNow, false, {}}, kPolicy);
    REQUIRE_FALSE(verdict.has_value());
    CHECK(verdict.error().code == "contradiction");
  }
  CHECK(book.find(kDelivery)->status == DeliveryStatus::kScheduled);
}

}  // namespace
}  // namespace orderflow::domain
