#include "http-api/admin/dead_letters.hpp"

#include "http-api/admin/saga_groups.hpp"

namespace orderflow::http_api {

DeadLettersQuery DeadLettersQuery::read(QueryReader& query) {
  DeadLettersQuery wanted;
  wanted.filter.source = query.text("source").value_or("");
  wanted.filter.topic = query.text("topic").value_or("");
  wanted.filter.resolved_too = query.boolean("resolved").value_or(false);
  wanted.page = query.page();
  return wanted;
}

asio::awaitable<Checked<Response>> AdminDeadLetters::list(Query<DeadLettersQuery> query) {
  auto work = [query = std::move(query.value)](core::PgSession& session) {
    return read_list<DeadLetterRow>(session, list_dead_letters(query.filter), query.page,
                                    dead_letter_json);
  };
  co_return co_await sessions_.run(std::move(work));
}

asio::awaitable<Checked<Response>> AdminDeadLetters::get(Path<core::Uuid> id) {
  auto work = [id = id.value](core::PgSession& session) -> Checked<Response> {
    const auto letter = find_dead_letter(session, id);
    if (!letter) return refuse(not_found("dead letter"));
    return json_response(full_dead_letter_json(*letter, trail_json(session, id)));
  };
  co_return co_await sessions_.run(std::move(work));
}

asio::awaitable<Checked<Response>> AdminDeadLetters::replay(const RequestContext& context,
                                                            Path<core::Uuid> id,
                                                            Body<OperatorReason> body) {
  return resolve_one(context,
                     {id.value, Resolution::kReplayed, std::move(body.value.reason), context.key});
}

asio::awaitable<Checked<Response>> AdminDeadLetters::discard(const RequestContext& context,
                                                             Path<core::Uuid> id,
                                                             Body<RequiredReason> body) {
  return resolve_one(context,
                     {id.value, Resolution::kDiscarded, std::move(body.value.reason), context.key});
}

asio::awaitable<Checked<Response>> AdminDeadLetters::resolve_one(const RequestContext& context,
                                                                 ResolveDeadLetter wanted) {
  auto work = [wanted = std::move(wanted), replayer = replayer_,
               who = domain::Operator{context.actor, context.trace}](core::PgSession& session) {
    return resolve(session, *replayer, wanted, who);
  };
  co_return co_await sessions_.run(std::move(work));
}

}  // namespace orderflow::http_api
