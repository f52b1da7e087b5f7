#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "producers/keyed_sends.hpp"
#include "producers/publish_marks.hpp"
#include "tests/simulation/broker.hpp"
#include "tests/simulation/handler.hpp"

namespace orderflow::simulation {

// The model of one process of a role: consumers/runtime/owner_loop.cpp with its waiting turned
// inside out. Between any two of its effects (read, commit, answer, publish, acknowledgement) time
// passes, and the process may die, be stopped, or be deposed.
class Owner {
 public:
  Owner(Context& context, Database& database, Broker& broker, Role role, int number,
        std::function<std::unique_ptr<Handler>()> make_handler);

  std::function<void(Owner&)> on_start;           // Joins its group.
  std::function<void(Owner&, Duration)> on_dead;  // Dies, or is stopped, for so long.

  void start();
  void crash(const char* where);
  void stop_for(Duration pause);

  // From the group.
  void assigned(std::set<std::int32_t> partitions);
  void revoked();

  // Something may be there to do.
  void poke();
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] bool stopped() const { return context_.now() < stopped_until_; }
  [[nodiscard]] bool owns(std::int32_t partition) const { return grants_.contains(partition); }
  [[nodiscard]] Role role() const { return role_; }

 private:
  struct Buffered {
    Broker::Stored stored;
    std::int64_t offset;
  };
  struct Report {
    std::uint64_t tag;
    SendResult result;
    MessagePtr message;
  };
  struct InFlight {
    Plan plan;
    std::map<std::int32_t, std::size_t> handled;  // Messages by partition.
    std::vector<producers::Refused> refused;      // Settled by it.
    bool tick = false;
  };

  // A later step of this life; waits while the process is stopped, never happens when it is dead.
  void later(Duration delay, std::function<void()> step);
  void at(Time when, std::function<void()> step);
  bool dies(const char* where);
  void step_by(Time when);
  void step();
  void wait_for_more();
  void hear_of_group();
  void fill();
  void work();
  void tick();
  void begin_batch();
  void give_up(std::vector<producers::Refused> refused);
  void add_advances(const std::map<std::int32_t, std::int64_t>& next_offsets);
  void submit();
  void arrive();
  void late_commit();
  void answered(Committed outcome);
  void conclude();
  void hand_over(std::vector<Outgoing> outgoing);
  void publish();
  void send(const Outgoing& outgoing, std::uint64_t tag);
  void read_reports();
  void read_report(const Report& report);
  void recover(const char* why);
  void fenced();
  void drop(const std::set<std::int32_t>& partitions);
  void ask_for_grant();
  void grant_arrives(const std::set<std::int32_t>& wanted);
  void grant_answered(const Grants& fresh, Time database_time);
  void offset_lost(std::int32_t partition);
  void reset_producer();
  void observed(Time database_time) { clock_offset_ = database_time.time_since_epoch() - steady(); }
  [[nodiscard]] Duration steady() const;
  [[nodiscard]] core::SteadyTime steady_time() const { return core::SteadyTime{steady()}; }
  [[nodiscard]] Time clock() const;
  [[nodiscard]] Advance advance_from(const Grant& grant, std::int64_t batch_no) const;
  [[nodiscard]] std::set<std::int32_t> owned() const;
  void trace(const std::string& what) const;
  void trace_messages(const char* what) const;

  Context& context_;
  Database& database_;
  Broker& broker_;
  Role role_;
  std::string name_;
  std::function<std::unique_ptr<Handler>()> make_handler_;
  double clock_rate_ = 1;
  Duration clock_skew_{0};

  // Everything below dies with the process.
  std::unique_ptr<Handler> handler_;
  bool up_ = false;
  int life_ = 0;
  Time stopped_until_{};
  Duration clock_offset_{0};
  ProducerPtr producer_;
  producers::PublishMarks marks_;
  bool broken_ = false;
  Time one_by_one_until_{};  // One message of a key at a time, since something was refused.
  bool one_by_one_ = false;
  producers::KeyedSends keyed_sends_;
  std::map<std::string, Outgoing> keyed_;  // What these have not sent yet, by its number.
  std::uint64_t next_keyed_ = 0;
  std::deque<Report> reports_;  // Not polled yet.
  std::deque<Outgoing> to_send_;
  bool busy_ = false;
  Time step_at_ = Time::max();
  std::optional<InFlight> in_flight_;
  std::set<std::int32_t> assigned_;
  std::set<std::int32_t> ungranted_;
  std::optional<std::set<std::int32_t>> news_;  // Of the group, not heard yet.
  Time grant_not_before_{};
  Duration backoff_{0};
  Time timers_late_until_{};
  Time next_tick_{};
  Grants grants_;
  std::vector<Outgoing> read_too_early_;  // Of the defect that reads before the grant.
  std::map<std::int32_t, std::deque<Buffered>> buffers_;
  std::map<std::int32_t, std::int64_t> positions_;
};

}  // namespace orderflow::simulation
