
#include "http-api/admin/dead_letter_desk.hpp"
#include "http-api/frontends.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"

namespace orderflow::http_api {
namespace {

// GET /admin/dead-letters, GET /admin/dead-letters/{id}, POST .../replay and .../discard.
class AdminDeadLettersFrontend {
 public:
  explicit AdminDeadLettersFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> list(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto query =
        Query::parse(context, {"limit", "page_token", "source", "topic", "resolved"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "dead-letters");
    if (!page) co_return refuse(std::move(page.error()));
    const auto resolved = query->boolean("resolved");
    if (!resolved) co_return refuse(resolved.error());
    LetterFilter filter;
    filter.source = query->text("source").value_or("");
    filter.topic = query->text("topic").value_or("");
    filter.resolved_too = resolved->value_or(false);
    auto list = dead_letters(filter, std::move(*page));
    co_return co_await run_list(services_.blocking, services_.pools.orders, std::move(list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto id = path_id(context, "dead letter");
    if (!id) co_return refuse(id.error());
    auto work = [this, id = *id] { return dead_letter_json(services_.pools.orders, id); };
    auto json = co_await blocking(services_.blocking, std::move(work));
    if (!json) co_return refuse(not_found("dead letter"));
    co_return json_response(std::move(*json));
  }

  asio::awaitable<Checked<Response>> end(const RequestContext& context, const char* what,
                                         Presence reason) {
    auto who = admit_operator(services_, context);
    if (!who) co_return refuse(std::move(who.error()));
    const auto id = path_id(context, "dead letter");
    if (!id) co_return refuse(id.error());
    const bool required = reason == Presence::kRequired;
    const auto body =
        parse_json_body(context.request, required ? EmptyBody::kRefused : EmptyBody::kAllowed);
    if (!body) co_return refuse(body.error());
    std::vector<FieldError> errors;
    BodyReader reader(*body, errors);
    Resolution resolution;
    resolution.id = *id;
    resolution.what = what;
    resolution.reason =
        reader.text("reason", required ? kReason : kOptionalReason, reason).value_or("");
    reader.finish();
    if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    resolution.key = std::move(*key);
    auto work = [this, resolution = std::move(resolution), who = std::move(*who)] {
      return resolve(services_.pools.orders, services_.replayer, resolution, who);
    };
    co_return co_await blocking(services_.blocking, std::move(work));
  }

 private:
  Services& services_;
};

}  // namespace

std::vector<Route> admin_dead_letter_routes(Services& services) {
  auto front = std::make_shared<AdminDeadLettersFrontend>(services);
  return {
      {Method::kGet, "/admin/dead-letters",
       answering_problems([front](const RequestContext& c) { return front->list(c); })},
      {Method::kGet, "/admin/dead-letters/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kPost, "/admin/dead-letters/{id}/replay",
       answering_problems([front](const RequestContext& c) {
         return front->end(c, "replayed", Presence::kOptional);
       })},
      {Method::kPost, "/admin/dead-letters/{id}/discard",
       answering_problems([front](const RequestContext& c) {
         return front->end(c, "discarded", Presence::kRequired);
       })},
  };
}

}  // namespace orderflow::http_api
