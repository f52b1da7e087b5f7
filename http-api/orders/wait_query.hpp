#pragma once

#include <chrono>

#include "http-api/server/query_reader.hpp"

namespace orderflow::http_api {

// `?wait=SECONDS`: answer early when there is something to tell, at the latest then.
struct WaitQuery {
  static constexpr std::chrono::seconds kWaitMax{30};

  std::chrono::seconds wait{0};

  [[nodiscard]] static WaitQuery read(QueryReader& query) { return {query.wait(kWaitMax)}; }
};

}  // namespace orderflow::http_api
