#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {

// Conditions that are put together at run time, with their values as parameters.
class WhereClause {
 public:
  // Each ? of the condition stands for the value.
  WhereClause& add(std::string_view condition);
  WhereClause& add(std::string_view condition, const core::Uuid& value);
  WhereClause& add(std::string_view condition, core::Time value);
  WhereClause& add(std::string_view condition, std::string_view value);
  WhereClause& add(std::string_view condition, std::int32_t value);
  // Not for pointers, which would convert.
  template <std::same_as<bool> Bool>
  WhereClause& add(std::string_view condition, Bool value) {
    params_.boolean(value);
    return add_condition(condition);
  }

  // " WHERE ..." or nothing.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const core::PgParams& params() const { return params_; }

 private:
  WhereClause& add_condition(std::string_view condition);

  std::string text_;
  core::PgParams params_;
};

// A list as the API pages it (keyset pagination): newest first, from a position on. Stable under
// inserts, since what is new comes before every position already given out. Where ids ascend with
// time (version 7) they are the order; rows whose ids are derived (version 8) go by the order they
// belong to.
struct KeysetQuery {
  std::string select;    // "SELECT <columns> FROM <tables>"
  std::string order_by;  // e.g. "id DESC"
  std::string after;     // what holds for rows after the one with id ?, e.g. "id < ?"
  WhereClause where{};

  // Runs it for one row more than the page has, which tells whether there is another page.
  [[nodiscard]] core::PgResult run(core::PgSession& session, const PageRequest& page) const;
};

// A row's position in its list: its id, unless it says otherwise.
template <typename Row>
[[nodiscard]] const core::Uuid& position_of(const Row& row) {
  if constexpr (requires { row.position(); }) {
    return row.position();
  } else {
    return row.id;
  }
}

// A Row has its columns (core/pg/row.hpp).
template <typename Row>
struct PageOf {
  std::vector<Row> rows;
  bool more = false;
};

template <typename Row>
[[nodiscard]] PageOf<Row> read_page(core::PgSession& session, const KeysetQuery& query,
                                    const PageRequest& page) {
  PageOf<Row> found{core::rows_of<Row>(query.run(session, page))};
  found.more = found.rows.size() > static_cast<std::size_t>(page.limit);
  if (found.more) found.rows.pop_back();
  return found;
}

// The page as an answer; `to_json` writes a row.
template <typename Row, typename ToJson>
[[nodiscard]] Response list_response(const PageOf<Row>& found, const PageRequest& page,
                                     const ToJson& to_json) {
  JsonArray items;
  for (const Row& row : found.rows) items.add(to_json(row));
  return page_response(items, page,
                       found.more ? std::optional(position_of(found.rows.back())) : std::nullopt);
}

template <typename Row, typename ToJson>
[[nodiscard]] Response read_list(core::PgSession& session, const KeysetQuery& query,
                                 const PageRequest& page, const ToJson& to_json) {
  return list_response(read_page<Row>(session, query, page), page, to_json);
}

}  // namespace orderflow::http_api
