#include "http-api/admin/sagas.hpp"

#include "http-api/middleware/keyed_write.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kCode{.characters_max = 100};

domain::Operator operator_of(const RequestContext& context) {
  return {context.actor, context.trace};
}

Checked<Response> store_bulk(core::PgSession& session, const BulkRequest& request,
                             const std::optional<IdempotencyKey>& key, const domain::Operator& who,
                             BulkOutcome& outcome) {
  KeyedWrite write;
  write.key = key;
  write.check = [](core::PgTransaction&) { return std::nullopt; };
  write.effect = [&](core::PgTransaction& transaction) {
    outcome = request_for_group(transaction, request, who);
    return StoredAnswer{request.dry_run ? 200 : 202, "", bulk_json(request, outcome)};
  };
  return keyed_write(session, write);
}

}  // namespace

WaitingSagasQuery WaitingSagasQuery::read(QueryReader& query) {
  WaitingSagasQuery wanted;
  wanted.group = {query.text("step").value_or(""), query.text("error").value_or("")};
  for (const auto& error : wanted.group.errors()) query.error(error.pointer, error.detail);
  wanted.page = query.page();
  return wanted;
}

BulkBody BulkBody::read(BodyReader& body) {
  BulkRequest request;
  if (const auto name = body.text("verb", kCode)) {
    const auto kind = operator_verb(*name);
    if (!kind) {
      body.error("verb", "must be retry, cancel, pause or resume; a skip is judged one by one");
    }
    request.kind = kind.value_or(request.kind);
  }
  request.group.step = body.text("step", kCode, Presence::kOptional).value_or("");
  request.group.error = body.text("error", kCode, Presence::kOptional).value_or("");
  request.reason = body.text("reason", kReason).value_or("");
  request.dry_run = body.boolean("dry_run", Presence::kOptional).value_or(false);
  for (const auto& error : request.group.errors()) body.error(error.pointer, error.detail);
  if (request.group.empty()) body.error("step", "or an error is needed, or both");
  return {std::move(request)};
}

asio::awaitable<Checked<Response>> AdminSagas::list(Query<WaitingSagasQuery> query) {
  auto work = [query = std::move(query.value)](core::PgSession& session) {
    return read_list<WaitingSagaRow>(session, waiting_sagas(query.group), query.page,
                                     waiting_saga_json);
  };
  co_return co_await sessions_.orders.run(std::move(work));
}

asio::awaitable<Checked<Response>> AdminSagas::get(Path<core::Uuid> id) {
  auto work = [id = id.value](core::PgSession& session) {
    return saga_with_trail_json(session, id);
  };
  auto json = co_await sessions_.orders.run(std::move(work));
  if (!json) co_return refuse(not_found("order"));
  co_return json_response(std::move(*json));
}

asio::awaitable<Checked<Response>> AdminSagas::submit(const RequestContext& context,
                                                      const core::Uuid& order_id,
                                                      saga::RequestKind kind, std::string reason) {
  auto request = operator_request(kind, order_id, operator_of(context), std::move(reason));
  request.preconditions = Preconditions(context.request);
  request.key = context.key;
  return requests_.submit(std::move(request));
}

asio::awaitable<Checked<Response>> AdminSagas::retry(const RequestContext& context,
                                                     Path<core::Uuid> id,
                                                     Body<OperatorReason> body) {
  return submit(context, id.value, saga::Retry{}, std::move(body.value.reason));
}

asio::awaitable<Checked<Response>> AdminSagas::cancel(const RequestContext& context,
                                                      Path<core::Uuid> id,
                                                      Body<OperatorReason> body) {
  return submit(context, id.value, saga::Cancel{}, std::move(body.value.reason));
}

asio::awaitable<Checked<Response>> AdminSagas::pause(const RequestContext& context,
                                                     Path<core::Uuid> id,
                                                     Body<OperatorReason> body) {
  return submit(context, id.value, saga::Pause{}, std::move(body.value.reason));
}

asio::awaitable<Checked<Response>> AdminSagas::resume(const RequestContext& context,
                                                      Path<core::Uuid> id,
                                                      Body<OperatorReason> body) {
  return submit(context, id.value, saga::Resume{}, std::move(body.value.reason));
}

asio::awaitable<Checked<Response>> AdminSagas::skip(const RequestContext& context,
                                                    Path<core::Uuid> id,
                                                    Body<RequiredReason> body) {
  auto find = [id = id.value](core::PgSession& session) { return find_saga(session, id); };
  const auto step = waiting_step_of(co_await sessions_.orders.run(std::move(find)));
  if (!step) co_return refuse(step.error());
  const CommandRows& rows = command_rows_of(*step);
  auto read = [&rows, id = step->command_id](core::PgSession& session) {
    return rows.read(session, id);
  };
  auto& pool = *sessions_.participants.at(rows.participant.name);
  const auto skip = skip_of(*step, co_await pool.run(std::move(read)));
  if (!skip) co_return refuse(skip.error());
  co_return co_await submit(context, id.value, *skip, std::move(body.value.reason));
}

asio::awaitable<Checked<Response>> AdminSagas::bulk(const RequestContext& context,
                                                    Body<BulkBody> body) {
  auto work = [request = std::move(body.value.request), key = context.key,
               who = operator_of(context), &notifier = notifier_](core::PgSession& session) {
    BulkOutcome outcome;
    auto response = store_bulk(session, request, key, who, outcome);
    if (response && !request.dry_run) {
      const std::string verb(saga::name_of(request.kind));
      for (const auto& item : outcome.items) {
        notifier.request_made(item.job_id, item.order_id, verb, who.trace);
      }
    }
    return response;
  };
  co_return co_await sessions_.orders.run(std::move(work));
}

}  // namespace orderflow::http_api
