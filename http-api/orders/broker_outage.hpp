#pragma once

#include "core/values/time.hpp"

namespace orderflow::http_api {

// Whether new orders are admitted as during an outage of the broker: by how many wait, not by how
// long. Owners cannot work then, so each order waits as long as the outage lasts, which is no
// reason to refuse it. That holds on until what has waited is worked off. A value.
class BrokerOutage {
 public:
  // `backlog_age` as the owners tell it; below `worked_off` nothing waits any more.
  [[nodiscard]] bool observe(bool broker_up, core::Duration backlog_age,
                             core::Duration worked_off) {
    if (!broker_up) {
      lasts_ = true;
    } else if (backlog_age <= worked_off) {
      lasts_ = false;
    }
    return lasts_;
  }

 private:
  bool lasts_ = false;
};

}  // namespace orderflow::http_api
