#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include "http-api/frontends.hpp"
#include "http-api/orders/request_desk.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {
namespace {

constexpr int kWaitSecondsMax = 30;

struct Job {
  core::Uuid order_id;
  bool ended = false;
  std::string json;
};

// GET /jobs/{id}.
class JobsFrontend {
 public:
  explicit JobsFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "job");
    if (!id) co_return refuse(id.error());
    const auto query = Query::parse(context, {"wait"});
    if (!query) co_return refuse(query.error());
    const auto wait = parse_wait(query->text("wait").value_or("0"), kWaitSecondsMax);
    if (!wait) co_return refuse(wait.error());
    auto job = co_await read(*id);
    if (!job) co_return refuse(not_found("job"));
    if (*wait == 0 || job->ended) co_return json_response(std::move(job->json));

    const core::Duration patience = std::chrono::seconds{*wait};
    context.extend_deadline(patience);
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto bell = services_.feed.watch(co_await asio::this_coro::executor, job->order_id, *id);
    if (!bell) co_return refuse(unavailable("Too many requests wait already; poll instead.", 5));
    while (true) {
      job = co_await read(*id);
      if (!job) co_return refuse(not_found("job"));
      const bool over =
          job->ended || services_.feed.closed() || std::chrono::steady_clock::now() >= until;
      if (over) co_return json_response(std::move(job->json));
      co_await bell->wait_until(until);
    }
  }

 private:
  asio::awaitable<std::optional<Job>> read(core::Uuid id) {
    auto work = [this, id] {
      return services_.pools.orders.read(
          [&](pqxx::nontransaction& transaction) -> std::optional<Job> {
            const auto rows = transaction.exec_params(
                "SELECT " + job_columns() + " FROM orders.requests WHERE id = $1::uuid",
                id.to_string());
            if (rows.empty()) return std::nullopt;
            Job job;
            job.order_id = core::Uuid::parse(rows[0][2].c_str()).value_or(core::Uuid{});
            const std::string state = rows[0][3].c_str();
            job.ended = state == "done" || state == "refused";
            job.json = job_json(rows[0]);
            return job;
          });
    };
    return blocking(services_.blocking, std::move(work));
  }

  Services& services_;
};

}  // namespace

std::vector<Route> job_routes(Services& services) {
  auto front = std::make_shared<JobsFrontend>(services);
  return {{Method::kGet, "/jobs/{id}",
           answering_problems([front](const RequestContext& c) { return front->get(c); })}};
}

}  // namespace orderflow::http_api
