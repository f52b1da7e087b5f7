#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace orderflow::core {

// What this process uses and whether it has it: the answer of /health and /health/ready. Safe from
// any thread. A component that was never reported counts as down.
class Health {
 public:
  // Without the components named the process goes on with its work, if not as well: it is degraded
  // then. Without any other it is down.
  explicit Health(std::set<std::string> can_do_without = {})
      : can_do_without_(std::move(can_do_without)) {}

  enum class Status { kUp, kDegraded, kDown };
  struct State {
    bool up = false;
    std::string detail;
    bool checked = true;
  };
  using Components = std::map<std::string, State>;

  void expect(const std::string& component) {
    const std::lock_guard lock(mutex_);
    components_[component] = State{false, "not checked yet", false};
  }
  void set(const std::string& component, bool up, const std::string& detail = {}) {
    const std::lock_guard lock(mutex_);
    components_[component] = State{up, detail};
  }

  [[nodiscard]] Components components() const {
    const std::lock_guard lock(mutex_);
    return components_;
  }

  // False also for what was never reported.
  [[nodiscard]] bool up(const std::string& component) const {
    const std::lock_guard lock(mutex_);
    const auto found = components_.find(component);
    return found != components_.end() && found->second.up;
  }

  // False for what was not checked yet, too.
  [[nodiscard]] bool found_down(const std::string& component) const {
    const std::lock_guard lock(mutex_);
    const auto found = components_.find(component);
    return found != components_.end() && found->second.checked && !found->second.up;
  }

  [[nodiscard]] Status status(const Components& components) const {
    auto status = Status::kUp;
    for (const auto& [name, state] : components) {
      if (state.up) continue;
      status = std::max(status, can_do_without_.contains(name) ? Status::kDegraded : Status::kDown);
    }
    return status;
  }

 private:
  const std::set<std::string> can_do_without_;
  mutable std::mutex mutex_;
  Components components_;
};

}  // namespace orderflow::core
