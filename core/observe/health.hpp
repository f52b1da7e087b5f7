#pragma once

#include <map>
#include <mutex>
#include <string>

namespace orderflow::core {

// What this process needs and whether it has it: the answer of /health/ready. Safe from any thread.
// A component that was never reported counts as down.
class Health {
 public:
  void expect(const std::string& component) { set(component, false, "not checked yet"); }
  void set(const std::string& component, bool up, const std::string& detail = {}) {
    const std::lock_guard lock(mutex_);
    components_[component] = State{up, detail};
  }

  struct State {
    bool up = false;
    std::string detail;
  };

  [[nodiscard]] std::map<std::string, State> components() const {
    const std::lock_guard lock(mutex_);
    return components_;
  }

  [[nodiscard]] bool ready() const {
    for (const auto& [name, state] : components()) {
      if (!state.up) return false;
    }
    return true;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, State> components_;
};

}  // namespace orderflow::core
