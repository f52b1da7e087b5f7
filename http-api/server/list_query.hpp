#pragma once

#include <functional>
#include <pqxx/row.hxx>
#include <string>
#include <vector>

#include "core/async/blocking.hpp"
#include "core/pg/pool.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {

// A list as the API pages it: newest first, from a position on. Stable under inserts, since what is
// new comes before every position already given out. Where ids ascend with time (version 7) they
// are the order; rows whose ids are derived (version 8) go by the order they belong to.
struct ListQuery {
  std::string select;    // "SELECT <id>::text, ... FROM ..."; column 0 is the id
  std::string order_by;  // e.g. "id DESC"
  std::string after;     // what holds for rows after the one with id ?, e.g. "id < ?::uuid"
  PageRequest page;
  std::function<std::string(const pqxx::row&)> to_json;

  // Each ? of the condition stands for the value.
  void where(const std::string& condition, std::string value);

  std::vector<std::string> conditions;
  std::vector<std::string> values;
};

// The page; blocks.
[[nodiscard]] Response read_list(core::DatabasePool& pool, ListQuery query);

[[nodiscard]] asio::awaitable<Checked<Response>> run_list(BlockingPool& blocking_pool,
                                                          core::DatabasePool& pool,
                                                          ListQuery query);

// One row as JSON, or 404.
struct SingleQuery {
  std::string sql;  // with $1 the id
  core::Uuid id;
  std::string what;
  std::function<std::string(const pqxx::row&)> to_json;
};

[[nodiscard]] asio::awaitable<Checked<Response>> run_single(BlockingPool& blocking_pool,
                                                            core::DatabasePool& pool,
                                                            SingleQuery query);

}  // namespace orderflow::http_api
