#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/group.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/owner.hpp"

namespace orderflow::simulation {

struct WorldOptions {
  std::uint64_t seed = 1;
  int sagas = 1'000;
  FaultSwitches faults{};
  Defect defect = Defect::kNone;
  int watched = -1;  // The order whose trace is wanted.
};

struct WorldResult {
  FaultCounts faults{};
  std::array<std::uint64_t, 9> ends{};  // By status.
  std::uint64_t checks = 0;
  std::uint64_t requests = 0;
  std::string violation;  // Empty when every promise held.
  int order = -1;
  std::vector<std::string> trace;
};

// One installation with its customers, operators and misfortunes, from the first order until long
// after the last fault. Everything follows from the seed. One thread, bounded memory.
class World {
 public:
  explicit World(const WorldOptions& options);
  [[nodiscard]] WorldResult run();

 private:
  // A request that somebody will make: at a time, or right after the order's n-th commit.
  struct Planned {
    saga::RequestKind kind;
    int after_commits = 0;
  };

  void make_accounts();
  void make_owners();
  void plan_orders();
  void plan_order(int number);
  Script draw_script();
  void place(int number, const Script& script);
  void plan_requests(int order, bool draft);
  void ask(int order, const Planned& planned);
  void saga_committed(int order);
  void misfortunes();

  WorldOptions options_;
  Context context_;
  std::vector<Script> scripts_;
  Oracle oracle_;
  Database database_;
  Broker broker_;
  domain::DeliveryPolicy delivery_policy_;
  std::vector<domain::Account> accounts_;
  std::vector<std::int32_t> account_partitions_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<std::unique_ptr<Owner>> owners_;
  std::vector<std::vector<Planned>> waiting_;  // By order: for its n-th commit.
  std::vector<int> commits_;
  std::vector<bool> cancelled_;  // The API takes one cancel an order.
};

}  // namespace orderflow::simulation
