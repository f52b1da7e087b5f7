
#include "http-api/admin/saga_desk.hpp"
#include "http-api/frontends.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kCode{.characters_max = 100};

// GET /admin/sagas, GET /admin/sagas/{id}, POST /admin/sagas/{id}/VERB and POST /admin/sagas/bulk.
class AdminSagasFrontend {
 public:
  explicit AdminSagasFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> list(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto query = Query::parse(context, {"limit", "page_token", "step", "error"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "sagas");
    if (!page) co_return refuse(std::move(page.error()));
    const SagaGroup group{query->text("step").value_or(""), query->text("error").value_or("")};
    if (auto problem = group.problem()) co_return refuse(std::move(*problem));
    auto list = waiting_sagas(group, std::move(*page));
    co_return co_await run_list(services_.blocking, services_.pools.orders, std::move(list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto id = path_id(context, "order");
    if (!id) co_return refuse(id.error());
    auto work = [this, id = *id] { return saga_json(services_.pools.orders, id); };
    auto json = co_await blocking(services_.blocking, std::move(work));
    if (!json) co_return refuse(not_found("order"));
    co_return json_response(std::move(*json));
  }

  // Without a kind: a skip, which the participant's row makes.
  asio::awaitable<Checked<Response>> ask(const RequestContext& context,
                                         std::optional<saga::RequestKind> kind) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto id = path_id(context, "order");
    if (!id) co_return refuse(id.error());
    const bool skip = !kind;
    const auto body =
        parse_json_body(context.request, skip ? EmptyBody::kRefused : EmptyBody::kAllowed);
    if (!body) co_return refuse(body.error());
    std::vector<FieldError> errors;
    BodyReader reader(*body, errors);
    auto reason = skip ? reader.text("reason", kReason)
                       : reader.text("reason", kOptionalReason, Presence::kOptional);
    reader.finish();
    if (!errors.empty()) co_return refuse(invalid(std::move(errors)));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    if (skip) {
      auto sound = co_await find_skip(*id);
      if (!sound) co_return refuse(std::move(sound.error()));
      kind = *sound;
    }
    auto request = operator_request(*kind, *id, *who, reason.value_or(""));
    request.key = std::move(*key);
    co_return co_await submit_request(services_, std::move(request));
  }

  asio::awaitable<Checked<Response>> bulk(const RequestContext& context) {
    const auto who = admit_operator(services_, context);
    if (!who) co_return refuse(who.error());
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto request = read_bulk(*body);
    if (!request) co_return refuse(std::move(request.error()));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    auto work = [this, request = std::move(*request), key = std::move(*key), who = *who] {
      return ask_all(request, key, who);
    };
    co_return co_await blocking(services_.blocking, std::move(work));
  }

 private:
  asio::awaitable<Checked<saga::Skip>> find_skip(core::Uuid order_id) {
    auto work = [this, order_id] {
      return skip_of({services_.pools.orders, services_.pools.payments, services_.pools.delivery},
                     order_id);
    };
    return blocking(services_.blocking, std::move(work));
  }

  static Checked<BulkRequest> read_bulk(const core::JsonDocument& body) {
    std::vector<FieldError> errors;
    BodyReader reader(body, errors);
    BulkRequest request;
    if (const auto name = reader.text("verb", kCode)) {
      const auto kind = operator_verb(*name);
      if (kind) {
        request.kind = *kind;
      } else {
        reader.error("verb", "must be retry, cancel, pause or resume; a skip is judged one by one");
      }
    }
    request.group.step = reader.text("step", kCode, Presence::kOptional).value_or("");
    request.group.error = reader.text("error", kCode, Presence::kOptional).value_or("");
    request.reason = reader.text("reason", kReason).value_or("");
    request.dry_run = reader.boolean("dry_run", Presence::kOptional).value_or(false);
    reader.finish();
    if (errors.empty() && request.group.step.empty() && request.group.error.empty()) {
      errors.push_back({"", "needs a step, an error or both"});
    }
    if (const auto problem = request.group.problem()) {
      for (const auto& error : problem->errors) {
        errors.push_back({"/" + error.pointer, error.detail});
      }
    }
    if (!errors.empty()) return refuse(invalid(std::move(errors)));
    return request;
  }

  Checked<Response> ask_all(const BulkRequest& request, const std::optional<IdempotencyKey>& key,
                            const Operator& who) {
    BulkOutcome outcome;
    const auto answer = services_.pools.orders.write([&](pqxx::work& transaction) {
      KeyedWrite write;
      write.key = key;
      write.resource_id = core::new_uuid_v7();
      write.check = [] { return std::optional<Problem>(); };
      write.effect = [&] {
        outcome = ask_group(transaction, request, who);
        return StoredAnswer{request.dry_run ? 200 : 202, "", bulk_json(request, outcome)};
      };
      return keyed_write(transaction, write);
    });
    if (!request.dry_run) {
      const std::string verb(saga::name_of(request.kind));
      for (const auto& item : outcome.items) {
        services_.publisher.request_made(item.job_id, item.order_id, verb, who.trace);
      }
    }
    return answer.response();
  }

  Services& services_;
};

}  // namespace

std::vector<Route> admin_saga_routes(Services& services) {
  auto front = std::make_shared<AdminSagasFrontend>(services);
  const auto ask = [&front](std::optional<saga::RequestKind> kind) {
    return answering_problems(
        [front, kind](const RequestContext& c) { return front->ask(c, kind); });
  };
  return {
      {Method::kGet, "/admin/sagas",
       answering_problems([front](const RequestContext& c) { return front->list(c); })},
      {Method::kGet, "/admin/sagas/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
      {Method::kPost, "/admin/sagas/bulk",
       answering_problems([front](const RequestContext& c) { return front->bulk(c); })},
      {Method::kPost, "/admin/sagas/{id}/retry", ask(saga::Retry{})},
      {Method::kPost, "/admin/sagas/{id}/cancel", ask(saga::Cancel{})},
      {Method::kPost, "/admin/sagas/{id}/skip", ask(std::nullopt)},
      {Method::kPost, "/admin/sagas/{id}/pause", ask(saga::Pause{})},
      {Method::kPost, "/admin/sagas/{id}/resume", ask(saga::Resume{})},
  };
}

}  // namespace orderflow::http_api
