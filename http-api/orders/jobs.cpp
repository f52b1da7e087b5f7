#include "http-api/orders/jobs.hpp"

namespace orderflow::http_api {

asio::awaitable<Checked<Response>> Jobs::get(const RequestContext& context, Path<core::Uuid> id,
                                             Query<WaitQuery> query) {
  auto job = co_await backend_.job_reader.job(id.value);
  if (!job) co_return refuse(not_found("job"));
  const auto wait = query.value.wait;
  if (wait.count() == 0 || job->ended()) co_return json_response(job_json(*job));

  const auto until = std::chrono::steady_clock::now() + wait;
  const OrderFeed::Job watched{job->id, job->state};
  const auto changes = co_await backend_.feed.follow(context, job->order_id, wait, watched);
  if (!changes) co_return refuse(changes.error());
  while (true) {
    job = co_await backend_.job_reader.job(id.value);
    if (!job) co_return refuse(not_found("job"));
    const bool over = job->ended() || backend_.feed.closed() || context.client_left() ||
                      std::chrono::steady_clock::now() >= until;
    if (over) co_return json_response(job_json(*job));
    co_await (*changes)->wait_until(until);
  }
}

}  // namespace orderflow::http_api
