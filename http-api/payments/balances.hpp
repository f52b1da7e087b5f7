#pragma once

#include <memory>

#include "core/observe/log.hpp"
#include "core/pg/session_pool.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

struct AdjustBalance {
  std::int64_t amount = 0;
  std::string currency;
  std::string reason;

  static AdjustBalance read(BodyReader& body);
};

// GET and POST /users/{id}/balance: a balance is an account of the payments context.
class Balances {
 public:
  Balances(std::shared_ptr<core::SessionPool> sessions, core::Logger& logger)
      : sessions_(std::move(sessions)), logger_(logger) {}

  asio::awaitable<Checked<Response>> get(Path<core::Uuid> user_id);
  asio::awaitable<Checked<Response>> adjust(const RequestContext& context, Path<core::Uuid> user_id,
                                            Body<AdjustBalance> body);

 private:
  std::shared_ptr<core::SessionPool> sessions_;
  core::Logger& logger_;
};

}  // namespace orderflow::http_api
