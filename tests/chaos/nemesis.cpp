#include "tests/chaos/nemesis.hpp"

#include <algorithm>
#include <csignal>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <limits>
#include <utility>

#include "tests/support/roles.hpp"

namespace orderflow::chaos {

using testing::Environment;
using testing::holds_within;
using testing::Process;

namespace {

constexpr Millis kOrderlyEnd{20'000};
constexpr Millis kOwnership{15'000};
constexpr Millis kHealing{90'000};
const std::vector<std::string> kOwnedTopics{"orders.inbox", "payments.commands",
                                            "delivery.commands"};

bool is_stopped(const Process& process) {
  const auto stat = testing::read_text("/proc/" + std::to_string(process.pid()) + "/stat");
  const auto after_name = stat.rfind(')');
  return after_name != std::string::npos && stat.compare(after_name, 3, ") T") == 0;
}

std::string role_of(const std::string& point) { return point.substr(0, point.find('.')); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) testing::give_up("no " + from + " in " + text);
  return text.replace(at, from.size(), to);
}

}  // namespace

Proxy& Links::by_name(const std::string& name) {
  if (name == "postgres") return postgres;
  return name == "kafka" ? kafka : api;
}

void Links::heal() {
  for (Proxy* proxy : {&postgres, &kafka, &api}) proxy->heal();
}

Nemesis::Nemesis(testing::System& system, Links& links, const Options& options)
    : system_(system),
      links_(links),
      other_binary_(options.other_binary),
      began_(Clock::now()),
      lanes_{LaneState{schedule_of(options, Schedule::Lane::kProcesses), {}},
             LaneState{schedule_of(options, Schedule::Lane::kNetwork), {}}} {}

int Nemesis::faults() const {
  int sum = 0;
  for (const auto& [kind, count] : counts_) sum += count;
  return sum;
}

Environment Nemesis::behind_proxies(const Environment& more) const {
  Environment all = more;
  all["DATABASE_URL"] =
      replaced(system_.database().url(), "port='" + std::to_string(system_.postgres_port()) + "'",
               "port='" + std::to_string(links_.postgres.port()) + "'");
  all["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:" + std::to_string(links_.kafka.port());
  return all;
}

void Nemesis::start_roles() {
  for (const auto& role : testing::system_roles()) start_role(role);
  for (const auto& role : testing::system_roles()) system_.wait_ready(role);
}

void Nemesis::start_role(const std::string& role, const Environment& more) {
  system_.start(role, behind_proxies(more), false);
}

// In order; a process that does not end when asked is a finding of its own.
void Nemesis::restart_role(const std::string& role, const Environment& more) {
  Process& process = system_.process(role);
  process.signal(SIGTERM);
  if (!holds_within(kOrderlyEnd, [&] { return !process.running(); })) {
    problems_.push_back(role + " did not end within 20 s of SIGTERM; its log:\n" +
                        process.log_tail());
    process.kill();
  } else if (process.wait_exit() != 0) {
    problems_.push_back(role + " was asked to end and ended with " +
                        std::to_string(process.wait_exit()));
  }
  start_role(role, more);
}

void Nemesis::step() {
  for (LaneState& lane : lanes_) advance(lane);
  look_after_processes();
}

void Nemesis::advance(LaneState& lane) {
  if (lane.schedule.empty()) return;
  if (!lane.next) {
    lane.next = lane.schedule.next();
    lane.due = Clock::now() + lane.next->pause;
  }
  if (Clock::now() < lane.due) return;
  if (!lane.active) {
    const std::chrono::duration<double> at = Clock::now() - began_;
    std::cout << std::fixed << std::setprecision(1) << std::setw(7) << at.count() << " s  "
              << describe(*lane.next) << std::endl;
    lane.active = true;
    begin(*lane.next);
    lane.due = Clock::now() + lane.next->lasts;
    return;
  }
  lane.active = false;
  const Fault fault = *std::exchange(lane.next, std::nullopt);
  end(fault);
}

void Nemesis::begin(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kKill: system_.kill(fault.target); break;
    case FaultKind::kStop:
    case FaultKind::kZombie: system_.process(fault.target).freeze(); break;
    case FaultKind::kRestart: restart_role(fault.target); break;
    case FaultKind::kKafkaStop: system_.private_kafka().stop(); break;
    case FaultKind::kKafkaKill: system_.private_kafka().kill(); break;
    case FaultKind::kKafkaWipe: wipe_kafka(); break;
    case FaultKind::kFullQueue: begin_full_queue(fault); break;
    case FaultKind::kPostgresFast: system_.postgres().stop(); break;
    case FaultKind::kPostgresImmediate: system_.postgres().stop_immediately(); break;
    case FaultKind::kPostgresKill: system_.postgres().kill(); break;
    case FaultKind::kThirdOrchestrator:
      system_.start_another("orchestrator", 3, behind_proxies({}));
      [[fallthrough]];
    case FaultKind::kSecondOrchestrator:
      system_.start_another("orchestrator", 2, behind_proxies({}));
      break;
    case FaultKind::kStopInPipeline:
    case FaultKind::kStopInAssign: begin_crash_point(fault, ":stop"); return;
    case FaultKind::kDieAtPoint: begin_crash_point(fault, ""); return;
    case FaultKind::kReadOnly: set_read_only("on"); break;
    case FaultKind::kLockedTable: lock("LOCK TABLE " + fault.target); break;
    case FaultKind::kLockedRow:
      lock("SELECT FROM " + fault.target + " ORDER BY ctid DESC LIMIT 1 FOR UPDATE");
      break;
    case FaultKind::kOddTimestamps: send_odd_timestamps(); break;
    case FaultKind::kSmallMessages:
      system_.kafka().configure_topic(fault.target, "max.message.bytes",
                                      std::to_string(fault.amount));
      break;
    case FaultKind::kOtherVersion:
      restart_role(fault.target, {{"ORDERFLOW_TEST_BINARY", other_binary_}});
      break;
    default: begin_network(fault); break;
  }
  ++counts_[fault.kind];
}

void Nemesis::begin_network(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kDelay: links_.by_name(fault.target).delay(Millis{fault.amount}); break;
    case FaultKind::kSwallow: links_.by_name(fault.target).hold(true); break;
    case FaultKind::kDeafen: links_.by_name(fault.target).deafen(true); break;
    case FaultKind::kRefuse: links_.by_name(fault.target).refuse(true); break;
    case FaultKind::kCut: links_.by_name(fault.target).cut(); break;
    case FaultKind::kLoseCommits: links_.postgres.lose_commits(fault.amount); break;
    case FaultKind::kTerminateSessions: terminate_sessions(fault); break;
    default: testing::give_up("a fault that nobody knows");
  }
}

void Nemesis::end(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kKill: start_role(fault.target); break;
    case FaultKind::kStop:
    case FaultKind::kZombie: system_.process(fault.target).thaw(); break;
    case FaultKind::kKafkaStop:
    case FaultKind::kKafkaKill: system_.private_kafka().start(); break;
    case FaultKind::kFullQueue:
      system_.private_kafka().process().thaw();
      restart_role("orchestrator");
      break;
    case FaultKind::kPostgresFast:
    case FaultKind::kPostgresImmediate:
    case FaultKind::kPostgresKill: system_.postgres().start(); break;
    case FaultKind::kThirdOrchestrator: system_.process("orchestrator-3").kill(); [[fallthrough]];
    case FaultKind::kSecondOrchestrator: {
      Process& second = system_.process("orchestrator-2");
      if (second.terminate(kOrderlyEnd) != 0) {
        problems_.emplace_back("the second did not end in order");
      }
      break;
    }
    case FaultKind::kStopInPipeline:
    case FaultKind::kStopInAssign:
    case FaultKind::kDieAtPoint: end_crash_point(fault); break;
    case FaultKind::kReadOnly: set_read_only("off"); break;
    case FaultKind::kLockedTable:
    case FaultKind::kLockedRow: lock_.reset(); break;
    case FaultKind::kOddTimestamps: restore_topics(kOwnedTopics); break;
    case FaultKind::kSmallMessages: restore_topics({fault.target}); break;
    case FaultKind::kOtherVersion: restart_role(fault.target); break;
    case FaultKind::kDelay: links_.by_name(fault.target).delay(Millis{0}); break;
    case FaultKind::kSwallow:
      links_.by_name(fault.target).cut();
      links_.by_name(fault.target).hold(false);
      break;
    case FaultKind::kDeafen: links_.by_name(fault.target).deafen(false); break;
    case FaultKind::kRefuse: links_.by_name(fault.target).refuse(false); break;
    case FaultKind::kLoseCommits: links_.postgres.lose_commits(0); break;
    default: break;
  }
}

// Armed from its start; whether it gets there before the end of the fault is the load's decision.
void Nemesis::begin_crash_point(const Fault& fault, const char* action) {
  restart_role(
      role_of(fault.target),
      {{"ORDERFLOW_CRASH_AT", fault.target + ":" + std::to_string(fault.amount) + action}});
}

// Counted when it really happened. What was not reached is disarmed by an orderly restart, which is
// the way to the point `in_shutdown`.
void Nemesis::end_crash_point(const Fault& fault) {
  const auto role = role_of(fault.target);
  Process& process = system_.process(role);
  if (is_stopped(process)) {
    ++counts_[fault.kind];
    process.thaw();
    return;
  }
  process.signal(SIGTERM);
  bool stopped = false;
  const bool ended = holds_within(kOrderlyEnd, [&] {
    if (is_stopped(process)) {  // It came to the point on its way out.
      stopped = true;
      process.thaw();
    }
    return !process.running();
  });
  if (!ended) {
    problems_.push_back(role + " did not end within 20 s of SIGTERM; its log:\n" +
                        process.log_tail());
    process.kill();
  } else if (stopped ||
             (fault.kind == FaultKind::kDieAtPoint && process.wait_exit() == 128 + SIGKILL)) {
    ++counts_[fault.kind];
  }
  start_role(role);
}

void Nemesis::begin_full_queue(const Fault& fault) {
  restart_role("orchestrator",
               {{"ORDERFLOW_KAFKA_QUEUE_BUFFERING_MAX_MESSAGES", std::to_string(fault.amount)}});
  const auto pid = std::to_string(system_.process("orchestrator").pid());
  (void)holds_within(kOwnership, [&] {
    return system_.database().number(
               "SELECT count(*) FROM orders.partitions WHERE owner LIKE '%:" + pid + "'") > 0;
  });
  system_.private_kafka().process().freeze();
}

// Events that an outside consumer had not read when the broker forgot them are not defended
// (README), so the one beside the test reads them first; the writers are stopped meanwhile.
void Nemesis::wipe_kafka() {
  system_.process("orchestrator").freeze();
  system_.consumer().catch_up();
  system_.private_kafka().wipe();
  system_.consumer().start_again(false);
  system_.process("orchestrator").thaw();
}

// A session whose default it is may still do this, and so take it back.
void Nemesis::set_read_only(const std::string& on_or_off) {
  system_.database().execute("ALTER SYSTEM SET default_transaction_read_only = " + on_or_off);
  system_.database().execute("SELECT pg_reload_conf()");
}

void Nemesis::lock(const std::string& statement) {
  try {
    lock_ = std::make_unique<HeldLock>(system_.database().url(), statement);
  } catch (const std::exception& error) {
    std::cout << "           (there is no lock: " << error.what() << ")" << std::endl;
  }
}

// Where the broker stamps messages nobody can choose a time; so it does not, for a while.
void Nemesis::send_odd_timestamps() {
  constexpr std::int64_t k1970 = 1;
  constexpr std::int64_t k9999 = 253'402'300'799'000;
  constexpr std::int64_t kNone = -1;
  const auto kafka = system_.kafka();
  for (const auto& topic : kOwnedTopics) {
    kafka.configure_topic(topic, "message.timestamp.after.max.ms",
                          std::to_string(std::numeric_limits<std::int64_t>::max()));
    for (const std::int64_t time : {k1970, k9999, kNone}) {
      // Refused by a broker that has not taken the setting on yet.
      (void)kafka.offer(topic, 0,
                        {.key = "stranger",
                         .body = "{}",
                         .headers = {{"ce_source", "/test/stranger"}},
                         .timestamp_ms = time});
    }
  }
}

// To what they were made with: all that was set besides goes.
void Nemesis::restore_topics(const std::vector<std::string>& topics) {
  for (const auto& topic : topics) {
    system_.kafka().configure_topic(topic, "message.timestamp.type", "LogAppendTime");
  }
}

void Nemesis::terminate_sessions(const Fault& fault) {
  try {
    system_.database().execute(
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = "
        "current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT " +
        std::to_string(fault.amount) + ") AS chosen");
  } catch (const std::exception& error) {
    std::cout << "           (PostgreSQL is away itself: " << error.what() << ")" << std::endl;
  }
}

// A process that ends while nobody wants it to is started again, as the supervisor would, and
// noted.
void Nemesis::look_after_processes() {
  for (const auto& role : testing::system_roles()) {
    const auto& fault = lanes_[0].next;
    const bool under_fault = lanes_[0].active && fault && role_of(fault->target) == role;
    Process& process = system_.process(role);
    if (under_fault || process.running()) continue;
    problems_.push_back(role + " ended by itself with " + std::to_string(process.wait_exit()) +
                        "; its log:\n" + process.log_tail());
    start_role(role);
  }
}

void Nemesis::heal() {
  for (LaneState& lane : lanes_) {
    if (lane.active) end(*lane.next);
    lane.active = false;
    lane.next.reset();
  }
  links_.heal();
  look_after_processes();
  const bool ready = holds_within(kHealing, [this] {
    look_after_processes();
    const auto roles = testing::system_roles();
    return std::all_of(roles.begin(), roles.end(),
                       [this](const auto& role) { return system_.ready(role); });
  });
  if (!ready) problems_.emplace_back("not all roles are ready 90 s after the last fault");
}

}  // namespace orderflow::chaos
