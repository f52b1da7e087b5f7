#include "http-api/admin/dead_letters.hpp"

#include "core/async/first_hit.hpp"
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
  const auto& [filter, page] = query.value;
  std::vector<PageOf<DeadLetterRow>> pages;
  for (const Place& place : places_) {
    if (!concerns(filter, place.table)) continue;
    auto work = [&table = place.table, filter, page](core::PgSession& session) {
      return read_page<DeadLetterRow>(session, list_dead_letters(table, filter), page);
    };
    pages.push_back(co_await place.sessions.run(std::move(work)));
  }
  const auto found = merged(std::move(pages), static_cast<std::size_t>(page.limit));
  co_return list_response(found, page, dead_letter_json);
}

asio::awaitable<Checked<Response>> AdminDeadLetters::get(Path<core::Uuid> id) {
  std::vector<asio::awaitable<std::optional<Response>>> asked;
  for (const Place& place : places_) {
    auto work = [&table = place.table,
                 id = id.value](core::PgSession& session) -> std::optional<Response> {
      const auto letter = find_dead_letter(session, table, id);
      if (!letter) return std::nullopt;
      return json_response(full_dead_letter_json(*letter, trail_json(session, id)));
    };
    asked.push_back(place.sessions.run(std::move(work)));
  }
  auto found = co_await core::first_hit(std::move(asked));
  if (!found) co_return refuse(not_found("dead letter"));
  co_return std::move(*found);
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

// All at the same time: the lock of one context's table holds up nobody else's letters.
asio::awaitable<const AdminDeadLetters::Place*> AdminDeadLetters::place_of(core::Uuid id) {
  std::vector<asio::awaitable<std::optional<const Place*>>> asked;
  for (const Place& place : places_) {
    auto work = [&place, id](core::PgSession& session) -> std::optional<const Place*> {
      if (!has_dead_letter(session, place.table, id)) return std::nullopt;
      return &place;
    };
    asked.push_back(place.sessions.run(std::move(work)));
  }
  const auto found = co_await core::first_hit(std::move(asked));
  co_return found.value_or(nullptr);
}

asio::awaitable<Checked<Response>> AdminDeadLetters::resolve_one(const RequestContext& context,
                                                                 ResolveDeadLetter wanted) {
  const Place* place = co_await place_of(wanted.id);
  if (place == nullptr) co_return refuse(not_found("dead letter"));
  if (wanted.key) wanted.key->table = &place->keys;
  const domain::Operator who{context.actor, context.trace};
  auto& sessions = wanted.resolution == Resolution::kReplayed ? place->replays : place->sessions;
  auto work = [&table = place->table, wanted = std::move(wanted), replayer = replayer_,
               who](core::PgSession& session) {
    return resolve(session, table, *replayer, wanted, who);
  };
  co_return co_await sessions.run(std::move(work));
}

}  // namespace orderflow::http_api
