#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/json/text.hpp"
#include "events/ids.hpp"
#include "saga/order/decide.hpp"

// Every failure of every step of a saga definition, one run after the other. For tests of one's own
// sagas: see README.md here and enumeration_test.cpp. One thread, no clock, no chance.
namespace orderflow::saga::enumeration {

using events::Phase;
using events::ReplyOutcome;

// How a participant treats the attempts of one command, while it is unwell.
enum class Way {
  kWell,
  kRefused,    // The business answer is no; final.
  kFailed,     // A technical failure is answered, nothing happened.
  kSilent,     // Nothing happened, nothing is answered.
  kReplyLost,  // It happened, the answer is lost.
  kLate,       // It happened, the answer comes after the next attempt.
};
inline constexpr std::array<const char*, 6> kWayNames{"well",   "refused",    "failed",
                                                      "silent", "reply lost", "late"};
inline constexpr int kForever = 1'000;

// One run: what goes wrong in it. Printed when a promise is broken.
struct Case {
  int step = 0;  // Which step is unwell ...
  Phase phase = Phase::kDo;
  Way way = Way::kWell;
  int attempts = 0;  // ... in its first so many attempts.
  bool last_refuses = false;
  bool everything_twice = false;
  bool action_after_undo = false;  // The step's actions arrive after its undo only.
  int cancel_after = -1;           // A person cancels after that many inputs.
  int crash_after = -1;            // The owner dies after that many effects.
};

[[nodiscard]] inline std::string describe(const Definition& saga, const Case& one) {
  return std::string(saga.steps[static_cast<std::size_t>(one.step)].name) +
         (one.phase == Phase::kUndo ? " undo " : " ") +
         kWayNames[static_cast<std::size_t>(one.way)] + " for " + std::to_string(one.attempts) +
         " attempts" + (one.last_refuses ? ", last step refuses" : "") +
         (one.everything_twice ? ", everything twice" : "") +
         (one.action_after_undo ? ", action after its undo" : "") +
         (one.cancel_after < 0 ? "" : ", cancel after input " + std::to_string(one.cancel_after)) +
         (one.crash_after < 0 ? "" : ", crash after effect " + std::to_string(one.crash_after));
}

struct Options {
  Policy policy;
  int most_cancel_moments = 12;
  // False shows what is said of participants that keep no barrier.
  bool barrier = true;
  Options() { policy.retry.attempts = 3; }
};

struct Report {
  std::uint64_t runs = 0;
  std::uint64_t inputs = 0;
  std::vector<std::string> broken;  // At most ten; empty: every promise held in every run.
};

namespace detail {

// A participant that keeps the barrier: one row a command, answers built from the row.
class Participant {
 public:
  enum class Row { kNone, kDone, kRefused, kVoided, kUndone };
  struct Answer {
    ReplyOutcome outcome = ReplyOutcome::kDone;
    bool voided = false;
  };

  explicit Participant(bool barrier) : barrier_(barrier) {}

  Answer act(bool refuses) {
    if (row_ == Row::kNone || !barrier_) {
      row_ = refuses ? Row::kRefused : Row::kDone;
      actions_ += refuses ? 0 : 1;
    }
    const bool no = row_ == Row::kRefused || row_ == Row::kVoided;
    return {no ? ReplyOutcome::kRefused : ReplyOutcome::kDone, false};
  }
  Answer undo() {
    if (row_ == Row::kNone) row_ = Row::kVoided;
    if (row_ == Row::kDone) {
      row_ = Row::kUndone;
      ++undos_;
    }
    return {ReplyOutcome::kDone, row_ != Row::kUndone};
  }
  [[nodiscard]] bool stands() const { return row_ == Row::kDone; }
  [[nodiscard]] int actions() const { return actions_; }
  [[nodiscard]] int undos() const { return undos_; }

 private:
  bool barrier_;
  Row row_ = Row::kNone;
  int actions_ = 0;
  int undos_ = 0;
};

// One run of one case: the owner of one saga, its participants, and the messages between them.
class Course {
 public:
  Course(const Definition& saga, const Case& one, const Options& options)
      : saga_(saga),
        case_(one),
        options_(options),
        participants_(saga.size, Participant(options.barrier)) {
    facts_.order_id = core::ShardKey(core::Uuid{{1}});
    facts_.user_id = core::ShardKey(core::Uuid{{2}});
    facts_.total = {100, "USD"};
    facts_.definition = &saga;
    state_.steps = StepStates(saga);
    state_.wake_at = now_;
  }

  // Empty when every promise held.
  std::string run() {
    constexpr int kMostInputs = 400;
    hear(Start{});
    while (problem_.empty() && state_.live() && inputs_ < kMostInputs) {
      if (inputs_ == case_.cancel_after && !cancelled_) {
        cancel();
      } else if (!commands_.empty()) {
        work();
      } else if (!replies_.empty()) {
        const ReplyReceived reply = replies_.front();
        replies_.pop_front();
        hear(reply);
      } else if (!wait()) {
        break;
      }
    }
    if (problem_.empty()) judge();
    return problem_;
  }
  [[nodiscard]] int effects() const { return effects_; }
  [[nodiscard]] int inputs() const { return inputs_; }

 private:
  void must(bool holds, const std::string& promise) {
    if (!holds && problem_.empty()) problem_ = promise;
  }

  // True when the owner dies right after this effect.
  bool dies() { return effects_++ == case_.crash_after; }

  // Decide, commit, publish, have it acknowledged. A crash forgets what was not done yet; what was
  // not committed is heard again, what was not acknowledged is published again.
  void hear(const Input& input) {
    ++inputs_;
    Decision decided = decide(state_, facts_, input, now_, options_.policy);
    if (dies()) decided = decide(state_, facts_, input, now_, options_.policy);
    state_ = std::move(decided.state);
    must(!state_.live() || state_.wake_at.has_value(), "a live saga has no wake-up");
    must(is_resting(state_.status) || (state_.live() && !state_.attention),
         "an order stays at a status that lists look for among the live ones only");
    for (auto& event : decided.events) history_.push_back(event.sequence);
    if (dies()) return publish_beyond_mark();
    for (const auto& event : decided.events) published_.push_back(event.sequence);
    for (const auto& command : decided.commands) {
      if (dies()) return publish_beyond_mark();
      if (const auto* step = std::get_if<StepCommand>(&command)) send(*step);
    }
    if (dies()) return publish_beyond_mark();
    mark_ = history_.size();
  }

  void publish_beyond_mark() {
    published_.insert(published_.end(), history_.begin() + static_cast<std::ptrdiff_t>(mark_),
                      history_.end());
    mark_ = history_.size();
  }

  void send(const StepCommand& command) {
    must(command.command_id ==
             events::command_id(facts_.order_id.uuid, state_.round,
                                saga_.steps[static_cast<std::size_t>(command.step)].name),
         "a command's id depends on more than round and step");
    const bool held =
        case_.action_after_undo && command.step == case_.step && command.phase == Phase::kDo;
    (held ? held_ : commands_).push_back(command);
    if (case_.everything_twice && !held) commands_.push_back(command);
  }

  void work() {
    const StepCommand command = commands_.front();
    commands_.pop_front();
    const bool unwell = command.step == case_.step && command.phase == case_.phase &&
                        handled_[{command.step, command.phase}]++ < case_.attempts;
    const Way way = unwell ? case_.way : Way::kWell;
    if (way == Way::kSilent) return;
    Participant& participant = participants_[static_cast<std::size_t>(command.step)];
    Participant::Answer answer{ReplyOutcome::kFailed, false};
    if (way == Way::kRefused && retriable(command.step)) {
      answer.outcome = ReplyOutcome::kRefused;  // Not for good, so it is not stored.
    } else if (way != Way::kFailed) {
      answer = act(command, participant, way);
    }
    if (way == Way::kReplyLost) return;
    const ReplyReceived reply{reply_to(command, answer), command.attempt};
    sent_replies_.push_back(reply);
    (way == Way::kLate ? late_ : replies_).push_back(reply);
    if (case_.action_after_undo && command.phase == Phase::kUndo) {
      commands_.insert(commands_.end(), held_.begin(), held_.end());
      held_.clear();
    }
  }

  Participant::Answer act(const StepCommand& command, Participant& participant, Way way) {
    const auto at = static_cast<std::size_t>(command.step);
    if (command.phase == Phase::kUndo) {
      must(at < saga_.pivot, "a step behind the pivot was undone");
      must(changes(at), "a step that changes nothing was undone");
      for (std::size_t later = at + 1; later < participants_.size(); ++later) {
        must(!changes(later) || !participants_[later].stands(),
             "a step was undone before one that came after it");
      }
      return participant.undo();
    }
    const bool before = participant.stands();
    const bool last = at + 1 == saga_.pivot;
    const auto answer = participant.act(way == Way::kRefused || (last && case_.last_refuses));
    for (std::size_t earlier = 0; earlier < at && !before && participant.stands(); ++earlier) {
      must(earlier == saga_.pivot || participants_[earlier].stands(),
           "a step was done while one before it was not");
    }
    return answer;
  }

  [[nodiscard]] events::Reply reply_to(const StepCommand& command,
                                       const Participant::Answer& answer) const {
    events::Reply reply;
    reply.command_id = command.command_id;
    reply.order_id = facts_.order_id.uuid;
    reply.phase = command.phase;
    reply.outcome = answer.outcome;
    reply.code = answer.outcome == ReplyOutcome::kDone ? "" : "enumerated";
    reply.data = core::JsonObject().field("voided", answer.voided).text();
    return reply;
  }

  // Nothing is under way: time passes until the wake-up. False when only a person could help.
  bool wait() {
    probes_ += state_.attention ? 1 : 0;
    if (probes_ > case_.attempts + 3 || (permanent() && probes_ > 3)) {
      if (!case_.action_after_undo || cancelled_) return false;
      cancel();
      return true;
    }
    now_ = *state_.wake_at;
    hear(Wake{});
    replies_.insert(replies_.end(), late_.begin(), late_.end());
    late_.clear();
    return true;
  }

  void cancel() {
    cancelled_ = true;
    probes_ = 0;
    Request request;
    request.id = core::Uuid{{3}};
    request.kind = Cancel{};
    request.actor = "enumeration";
    hear(request);
  }

  // Whether it leaves anything that stands, or must be undone.
  [[nodiscard]] bool changes(std::size_t step) const {
    return saga_.steps[step].kind == StepKind::kCompensatable ||
           saga_.steps[step].kind == StepKind::kRetriable;
  }
  [[nodiscard]] bool retriable(int step) const { return step > static_cast<int>(saga_.pivot); }
  [[nodiscard]] bool permanent() const {
    return (case_.action_after_undo && !cancelled_) ||
           (case_.attempts >= kForever && (case_.way == Way::kFailed || case_.way == Way::kSilent ||
                                           case_.way == Way::kReplyLost ||
                                           (case_.way == Way::kRefused && retriable(case_.step))));
  }

  void judge() {
    must(!state_.live() || (state_.attention && permanent()), "the saga does not end");
    bool all = true;
    bool none = true;
    for (std::size_t at = 0; at < participants_.size(); ++at) {
      if (!changes(at)) continue;
      const auto& participant = participants_[at];
      must(participant.actions() <= 1 && participant.undos() <= 1, "an effect happened twice");
      all = all && participant.stands();
      none = none && !participant.stands();
    }
    if (!state_.live()) {
      must(all || none, "the saga ended half done");
      const bool refused = case_.last_refuses || (case_.way == Way::kRefused &&
                                                  case_.attempts > 0 && !retriable(case_.step));
      if (!cancelled_) must(all == !refused, "the saga ended the wrong way");
    }
    judge_events();
    judge_repetition();
  }

  void judge_events() {
    for (std::size_t i = 0; i < history_.size(); ++i) {
      must(history_[i] == static_cast<std::int64_t>(i) + 1, "the events' sequence has a gap");
    }
    std::int64_t seen = 0;
    for (const auto sequence : published_) {
      must(sequence <= seen + 1, "an event was published before the one it follows");
      seen = std::max(seen, sequence);
    }
    must(seen == state_.event_sequence, "an event was never published");
  }

  // Whatever comes again, changes nothing and causes nothing.
  void judge_repetition() {
    if (state_.live()) return;
    for (const auto& reply : sent_replies_) {
      const auto again = decide(state_, facts_, reply, now_, options_.policy);
      must(again.state == state_ && again.commands.empty() && again.events.empty(),
           "a repeated reply changed a saga that had ended");
    }
    const auto woken =
        decide(state_, facts_, Wake{}, now_ + std::chrono::hours{1}, options_.policy);
    must(woken.state == state_ && woken.commands.empty(), "a late wake-up changed an ended saga");
  }

  const Definition& saga_;
  const Case& case_;
  const Options& options_;
  std::vector<Participant> participants_;
  OrderFacts facts_;
  State state_;
  Time now_ = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1};
  std::deque<StepCommand> commands_;
  std::deque<StepCommand> held_;
  std::deque<ReplyReceived> replies_;
  std::deque<ReplyReceived> late_;
  std::vector<ReplyReceived> sent_replies_;
  std::map<std::pair<int, Phase>, int> handled_;
  std::vector<std::int64_t> history_;    // Committed.
  std::vector<std::int64_t> published_;  // As an outside consumer gets them.
  std::size_t mark_ = 0;
  int effects_ = 0;
  int inputs_ = 0;
  int probes_ = 0;
  bool cancelled_ = false;
  std::string problem_;
};

// Runs a case without a crash, then with one after each of its effects.
inline void run_with_crashes(const Definition& saga, Case one, const Options& options,
                             Report& report) {
  constexpr std::size_t kMostTold = 10;
  for (int effects = 0; one.crash_after < effects; ++one.crash_after) {
    Course course(saga, one, options);
    const std::string problem = course.run();
    if (one.crash_after < 0) effects = course.effects();
    ++report.runs;
    report.inputs += static_cast<std::uint64_t>(course.inputs());
    if (!problem.empty() && report.broken.size() < kMostTold) {
      report.broken.push_back(problem + ": " + describe(saga, one));
    }
  }
}

// The same with a cancel at each moment, and with everything delivered twice.
inline void run_variants(const Definition& saga, const Case& base, const Options& options,
                         Report& report) {
  for (const bool twice : {false, true}) {
    Case one = base;
    one.everything_twice = twice;
    for (one.cancel_after = -1; one.cancel_after < options.most_cancel_moments;
         ++one.cancel_after) {
      if (one.cancel_after == 0) continue;  // The first input is the start itself.
      run_with_crashes(saga, one, options, report);
    }
  }
}

}  // namespace detail

// Fails every step in every way, at every number of attempts, its action and its undo; each with a
// cancel at every moment, everything delivered twice, the owner dying between every two effects,
// and every undo delivered before its action.
[[nodiscard]] inline Report enumerate(const Definition& saga, const Options& options = {}) {
  Report report;
  const int attempts_max = options.policy.retry.attempts;
  for (int step = 0; step < static_cast<int>(saga.size); ++step) {
    const StepKind kind = saga.steps[static_cast<std::size_t>(step)].kind;
    if (kind == StepKind::kPivot) continue;
    for (const Phase phase : {Phase::kDo, Phase::kUndo}) {
      if (phase == Phase::kUndo && kind != StepKind::kCompensatable) continue;
      for (const Way way :
           {Way::kRefused, Way::kFailed, Way::kSilent, Way::kReplyLost, Way::kLate}) {
        if (phase == Phase::kUndo && way == Way::kRefused) continue;  // An undo is not refused.
        for (int attempts = 1; attempts <= attempts_max + 2; ++attempts) {
          Case one{step, phase, way, attempts > attempts_max + 1 ? kForever : attempts};
          one.last_refuses = phase == Phase::kUndo;
          detail::run_variants(saga, one, options, report);
        }
      }
    }
    if (kind != StepKind::kCompensatable) continue;
    Case early{step, Phase::kDo, Way::kWell, 0};
    early.action_after_undo = true;
    detail::run_with_crashes(saga, early, options, report);
  }
  detail::run_variants(saga, {}, options, report);
  return report;
}

}  // namespace orderflow::saga::enumeration
