#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/chaos/client.hpp"
#include "tests/chaos/report.hpp"
#include "tests/support/system.hpp"

namespace orderflow::chaos {

// Compares what the clients were promised with what an installation says once it is healed. Writes
// what it finds into the report, and looks at everything even after a violation.
class Verdict {
 public:
  Verdict(testing::System& system, const std::vector<std::unique_ptr<Client>>& clients,
          Report& report);

  // `answered`: no client waits for an answer any more. `problems`: what the nemesis noticed.
  void reach(bool answered, const std::vector<std::string>& problems);

 private:
  void await_rest();
  void check_orders();
  void check_jobs();
  void check_ledgers();
  void check_answers(bool answered);
  void conclude();

  testing::System& system_;
  const std::vector<std::unique_ptr<Client>>& clients_;
  Report& report_;
  std::map<std::string, std::string> ends_;        // Status by order.
  std::map<std::string, std::string> job_states_;  // By job.
};

}  // namespace orderflow::chaos
