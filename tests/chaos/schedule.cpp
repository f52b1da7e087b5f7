#include "tests/chaos/schedule.hpp"

#include <algorithm>
#include <array>

#include "core/testing/crash_point.hpp"
#include "events/roles.hpp"
#include "tests/support/roles.hpp"

namespace orderflow::chaos {
namespace {

constexpr std::array kNames{
    "kill -9",
    "stop",
    "stop past session time-out",
    "restart",
    "Kafka restart",
    "Kafka kill -9",
    "Kafka data wiped",
    "outgoing queue full",
    "PostgreSQL fast restart",
    "PostgreSQL immediate stop",
    "PostgreSQL kill -9",
    "second orchestrator",
    "third orchestrator",
    "stop in mid-pipeline",
    "stop in assign callback",
    "die at crash point",
    "database read-only",
    "table locked",
    "row locked",
    "odd timestamps",
    "large messages refused",
    "other version",
    "delay",
    "swallow and break",
    "swallow and stay",
    "refuse connections",
    "cut connections",
    "answers of COMMIT lost",
    "sessions terminated",
};

const std::vector<std::string>& roles() {
  static const auto names = testing::system_roles();
  return names;
}

const std::vector<std::string>& owners() {
  static const auto names = testing::owner_roles();
  return names;
}

const std::vector<std::string>& links() {
  static const std::vector<std::string> names{"postgres", "kafka", "api"};
  return names;
}

// A table of each context that its processes write or read for every order.
const std::vector<std::string>& tables() {
  static const std::vector<std::string> names{"orders.sagas", "payments.payments",
                                              "delivery.deliveries", "identity.users",
                                              "catalogue.products"};
  return names;
}

// Of which a stranger holds the newest row.
const std::vector<std::string>& tables_of_rows() {
  static const std::vector<std::string> names{"orders.sagas", "orders.partitions",
                                              "payments.accounts", "payments.partitions",
                                              "delivery.deliveries"};
  return names;
}

const std::vector<std::string>& topics() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& row : events::kTopics) all.emplace_back(row.name);
    return all;
  }();
  return names;
}

std::vector<FaultKind> kinds_between(FaultKind first, FaultKind last) {
  std::vector<FaultKind> kinds;
  for (int kind = static_cast<int>(first); kind <= static_cast<int>(last); ++kind) {
    kinds.push_back(static_cast<FaultKind>(kind));
  }
  return kinds;
}

std::vector<FaultKind> kinds_of(Schedule::Lane lane, bool has_other_binary) {
  if (lane == Schedule::Lane::kNetwork) {
    return kinds_between(FaultKind::kDelay, FaultKind::kTerminateSessions);
  }
  auto kinds = kinds_between(
      FaultKind::kKill, has_other_binary ? FaultKind::kOtherVersion : FaultKind::kSmallMessages);
  // What happens most often in the world; twice in each bag.
  kinds.push_back(FaultKind::kKill);
  kinds.push_back(FaultKind::kRestart);
  return kinds;
}

}  // namespace

std::vector<std::string> fault_names() { return {kNames.begin(), kNames.end()}; }

std::string_view name_of(FaultKind kind) { return kNames.at(static_cast<std::size_t>(kind)); }

std::string describe(const Fault& fault) {
  std::string text(name_of(fault.kind));
  if (!fault.target.empty()) text += ", " + fault.target;
  if (fault.amount > 0) text += ", " + std::to_string(fault.amount);
  if (fault.lasts > Millis{0}) text += ", for " + std::to_string(fault.lasts.count()) + " ms";
  return text;
}

Schedule::Schedule(std::uint64_t seed, Lane lane, bool has_other_binary, int calm,
                   const std::vector<std::string>& only)
    : dice_(seed * 2 + (lane == Lane::kNetwork ? 1 : 0)),
      calm_(calm),
      kinds_(kinds_of(lane, has_other_binary)) {
  if (only.empty()) return;
  std::erase_if(kinds_, [&](FaultKind kind) {
    return std::find(only.begin(), only.end(), name_of(kind)) == only.end();
  });
}

Fault Schedule::next() {
  if (bag_.empty()) {
    bag_ = kinds_;
    dice_.shuffle(bag_);
  }
  Fault fault;
  fault.kind = bag_.back();
  bag_.pop_back();
  fault.pause = calm_ * Millis{dice_.between(300, 2'000)};
  aim(fault);
  return fault;
}

void Schedule::aim(Fault& fault) {
  const auto lasts = [&](int low, int high) { fault.lasts = Millis{dice_.between(low, high)}; };
  switch (fault.kind) {
    case FaultKind::kKill: fault.target = dice_.pick(roles()); return lasts(0, 2'000);
    case FaultKind::kRestart: fault.target = dice_.pick(roles()); return;
    case FaultKind::kStop: fault.target = dice_.pick(roles()); return lasts(300, 3'000);
    case FaultKind::kZombie: fault.target = dice_.pick(owners()); return lasts(7'500, 10'000);
    case FaultKind::kKafkaStop:
    case FaultKind::kKafkaKill: return lasts(0, 3'000);
    case FaultKind::kKafkaWipe: return;
    case FaultKind::kFullQueue: fault.amount = dice_.between(5, 50); return lasts(4'000, 7'000);
    case FaultKind::kPostgresFast:
    case FaultKind::kPostgresImmediate:
    case FaultKind::kPostgresKill: return lasts(0, 2'000);
    case FaultKind::kSecondOrchestrator:
    case FaultKind::kThirdOrchestrator: return lasts(3'000, 7'000);
    case FaultKind::kStopInPipeline:
      fault.target = dice_.pick(owners()) + (dice_.chance(70) ? ".in_commit" : ".in_mark");
      fault.amount = dice_.between(1, 10);
      return lasts(8'000, 10'000);
    case FaultKind::kStopInAssign:
      fault.target = dice_.pick(owners()) + ".in_assign";
      fault.amount = 1;
      return lasts(8'000, 10'000);
    case FaultKind::kDieAtPoint:
      fault.target = dice_.pick(core::crash_point_names(events::kCrashRoles));
      fault.amount = dice_.between(1, 20);
      return lasts(3'000, 6'000);
    case FaultKind::kReadOnly: return lasts(1'000, 6'000);
    case FaultKind::kLockedTable: fault.target = dice_.pick(tables()); return lasts(1'000, 6'000);
    case FaultKind::kLockedRow:
      fault.target = dice_.pick(tables_of_rows());
      return lasts(1'000, 10'000);
    case FaultKind::kOddTimestamps: return lasts(500, 2'000);
    case FaultKind::kSmallMessages:
      fault.target = dice_.pick(topics());
      fault.amount = dice_.between(600, 1'100);
      return lasts(2'000, 6'000);
    case FaultKind::kOtherVersion: fault.target = dice_.pick(roles()); return lasts(4'000, 8'000);
    case FaultKind::kDelay:
      fault.target = dice_.pick(links());
      fault.amount = dice_.between(20, 400);
      return lasts(1'000, 4'000);
    case FaultKind::kSwallow: fault.target = dice_.pick(links()); return lasts(500, 6'000);
    case FaultKind::kDeafen: fault.target = dice_.pick(links()); return lasts(500, 6'000);
    case FaultKind::kRefuse: fault.target = dice_.pick(links()); return lasts(500, 3'000);
    case FaultKind::kCut: fault.target = dice_.pick(links()); return;
    case FaultKind::kLoseCommits: fault.amount = dice_.between(1, 8); return lasts(500, 2'000);
    case FaultKind::kTerminateSessions: fault.amount = dice_.between(1, 6); return;
  }
}

Schedule schedule_of(const Options& options, Schedule::Lane lane) {
  return {options.seed, lane, !options.other_binary.empty(), static_cast<int>(options.calm),
          options.only};
}

}  // namespace orderflow::chaos
