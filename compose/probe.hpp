// One attempt of a ready check against a port of this machine, without blocking: the supervisor
// steps it from its only thread between signals. Owns its socket. Fails by returning a reason,
// never throws for the network's sake.
#pragma once

#include <chrono>
#include <string>

#include "compose/table.hpp"

namespace orderflow::compose {

class Probe {
 public:
  enum class Result { kPending, kReady, kFailed };

  explicit Probe(const ReadyCheck& check);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // Goes as far as the socket allows. After kReady or kFailed the probe is used up.
  [[nodiscard]] Result step(std::chrono::steady_clock::time_point now);

  // Why the last step failed: one line for a person.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  enum class Phase { kConnect, kSend, kReceive };

  [[nodiscard]] Result connect_step();
  [[nodiscard]] Result send_step();
  [[nodiscard]] Result receive_step();
  [[nodiscard]] Result judge(bool closed);
  [[nodiscard]] Result judge_http(bool closed);
  [[nodiscard]] Result judge_postgres(bool closed);
  [[nodiscard]] Result fail(std::string problem);

  ReadyCheck check_;
  int socket_ = -1;
  Phase phase_ = Phase::kConnect;
  std::chrono::steady_clock::time_point deadline_;
  std::string request_;
  std::string answer_;
  std::string problem_;
};

}  // namespace orderflow::compose
