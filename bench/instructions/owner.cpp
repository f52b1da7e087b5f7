// What an orchestrator does with each order.
#include "bench/instructions/workload.hpp"
#include "consumers/runtime/due_timers.hpp"
#include "events/ids.hpp"
#include "saga/order/command_messages.hpp"

namespace orderflow::bench {
namespace {

using core::Time;

// The whole way of an order, with the commands it sends.
saga::State decide_order(const Course& course) {
  static const saga::Policy policy;
  saga::State state;
  for (const auto& input : course.inputs) {
    saga::Decision decision = saga::decide(state, course.facts, input, kCourseTime, policy);
    state = std::move(decision.state);
    for (const auto& command : decision.commands) {
      keep(saga::message_of(course.facts, state, command));
    }
    keep(decision);
  }
  return state;
}

// A wake-up as an order's course sets, moves and removes it, among those of all others.
std::size_t wake_ups(const std::vector<core::Uuid>& ids) {
  consumers::DueTimers timers(ids.size());
  Time due = kCourseTime;
  for (const auto& id : ids) timers.set(0, id, due += std::chrono::milliseconds{1});
  for (const auto& id : ids) timers.set(0, id, due += std::chrono::milliseconds{1});
  keep(timers.due(0, due, ids.size()));
  for (const auto& id : ids) timers.set(0, id, Time::max());
  return timers.size();
}

}  // namespace

std::vector<Workload> owner_workloads(const std::vector<Course>& courses) {
  std::vector<saga::Saga> sagas;
  std::vector<saga::StoredEvent> stored;
  std::vector<core::Uuid> ids;
  for (const auto& course : courses) {
    ids.push_back(course.facts.order_id.uuid);
    sagas.insert(sagas.end(), course.sagas.begin(), course.sagas.end());
    for (const auto& event : course.events) {
      stored.push_back(
          {event, course.facts.order_id.shard, 0, 1, static_cast<std::int32_t>(stored.size())});
    }
  }
  const auto save = [sagas] {
    std::vector<saga::ChangedSaga> changed;
    changed.reserve(sagas.size());
    for (const auto& saga : sagas) changed.push_back({&saga, saga.state.version});
    return saga::store::save_sagas(changed, kCourseTime);
  };
  return {
      each("command_id", ids, [](const auto& id) { return events::command_id(id, 1, "payment"); }),
      each("decide_order", courses, decide_order),
      all_at_once("wake_ups", ids.size(), [ids] { return wake_ups(ids); }),
      all_at_once("save_sagas", sagas.size(), save),
      all_at_once("insert_events", stored.size(),
                  [stored] { return saga::store::insert_events(stored); }),
  };
}

}  // namespace orderflow::bench
