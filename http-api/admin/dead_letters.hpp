#pragma once

#include <memory>

#include "core/pg/session_pool.hpp"
#include "http-api/admin/dead_letter_resolution.hpp"
#include "http-api/admin/dead_letter_rows.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

struct DeadLettersQuery {
  DeadLetterFilter filter;
  PageRequest page;

  [[nodiscard]] static DeadLettersQuery read(QueryReader& query);
};

// GET /admin/dead-letters, GET /admin/dead-letters/{id}, POST .../replay and .../discard.
class AdminDeadLetters {
 public:
  AdminDeadLetters(core::SessionPool& sessions, std::shared_ptr<MessageReplayer> replayer)
      : sessions_(sessions), replayer_(std::move(replayer)) {}

  asio::awaitable<Checked<Response>> list(Query<DeadLettersQuery> query);
  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id);
  asio::awaitable<Checked<Response>> replay(const RequestContext& context, Path<core::Uuid> id,
                                            Body<OperatorReason> body);
  asio::awaitable<Checked<Response>> discard(const RequestContext& context, Path<core::Uuid> id,
                                             Body<RequiredReason> body);

 private:
  asio::awaitable<Checked<Response>> resolve_one(const RequestContext& context,
                                                 ResolveDeadLetter wanted);

  core::SessionPool& sessions_;
  std::shared_ptr<MessageReplayer> replayer_;
};

}  // namespace orderflow::http_api
