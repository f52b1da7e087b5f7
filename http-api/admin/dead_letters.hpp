#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/pg/session_pool.hpp"
#include "http-api/admin/dead_letter_resolution.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

struct DeadLettersQuery {
  DeadLetterFilter filter;
  PageRequest page;

  [[nodiscard]] static DeadLettersQuery read(QueryReader& query);
};

// GET /admin/dead-letters, GET /admin/dead-letters/{id}, POST .../replay and .../discard. Each
// context keeps its own, which are read and resolved with that context's role.
class AdminDeadLetters {
 public:
  // The dead letters of one context.
  struct Place {
    const DeadLetterTable& table;
    core::SessionPool& sessions;
    core::SessionPool& replays;  // What waits for Kafka; nothing else does.
    const KeyTable& keys;
  };

  AdminDeadLetters(std::vector<Place> places, std::shared_ptr<MessageReplayer> replayer)
      : places_(std::move(places)), replayer_(std::move(replayer)) {}

  asio::awaitable<Checked<Response>> list(Query<DeadLettersQuery> query);
  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id);
  asio::awaitable<Checked<Response>> replay(const RequestContext& context, Path<core::Uuid> id,
                                            Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> discard(const RequestContext& context, Path<core::Uuid> id,
                                             Body<RequiredReason> body);

 private:
  // Null: there is no such dead letter.
  asio::awaitable<const Place*> place_of(core::Uuid id);
  asio::awaitable<Checked<Response>> resolve_one(const RequestContext& context,
                                                 ResolveDeadLetter wanted);

  std::vector<Place> places_;
  std::shared_ptr<MessageReplayer> replayer_;
};

}  // namespace orderflow::http_api
