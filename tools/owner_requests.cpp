#include "tools/owner_requests.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "http-api/orders/job_rows.hpp"

namespace orderflow::tools {
namespace {

using http_api::JobRow;

// Owners look for requests every second; one that nobody decides by then has no owner.
constexpr auto kDecisionTimeout = std::chrono::seconds{10};
constexpr auto kDecisionPoll = std::chrono::milliseconds{100};

int await_decision(core::PgSession& orders, const core::Uuid& order_id, const core::Uuid& job_id) {
  const auto until = std::chrono::steady_clock::now() + kDecisionTimeout;
  while (true) {
    const JobRow job = http_api::find_job(orders, job_id).value();
    const bool late = std::chrono::steady_clock::now() >= until;
    if (job.state != "accepted" || late) {
      const std::string why = job.outcome_detail.value_or("");
      std::printf("%s  %s%s%s  job %s\n", order_id.to_string().c_str(), job.state.c_str(),
                  why.empty() ? "" : ": ", why.c_str(), job_id.to_string().c_str());
      if (job.state == "accepted") {
        std::printf("no owner has looked at it; it stays there until an orchestrator runs\n");
      }
      return job.state == "refused" ? 1 : 0;
    }
    std::this_thread::sleep_for(kDecisionPoll);
  }
}

}  // namespace

int say_refused(const core::Uuid& order_id, const http_api::Problem& problem) {
  std::printf("%s  refused: %s\n", order_id.to_string().c_str(), problem.detail.c_str());
  return 1;
}

int ask_owner(core::PgSession& orders, const http_api::OrderRequest& request) {
  const core::Uuid& order_id = request.order_id.uuid;
  const auto stored = http_api::store_request(orders, request);
  if (!stored.response) return say_refused(order_id, stored.response.error());
  const auto job = nlohmann::json::parse(stored.response->body).at("id").get<std::string>();
  return await_decision(orders, order_id, core::Uuid::parse(job).value());
}

}  // namespace orderflow::tools
