#pragma once

#include <algorithm>
#include <concepts>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/values/failure.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {

// Of a page so many rows are read before it is known how large they are.
inline constexpr std::size_t kPieceRows = 25;

// Conditions that are put together at run time, with their values as parameters.
class WhereClause {
 public:
  // A value's placeholder.
  std::string bind(const core::Uuid& value);
  std::string bind(std::string_view value);
  // Not for pointers, which would convert.
  template <std::same_as<bool> Bool>
  std::string bind(Bool value) {
    params_.boolean(value);
    return last_placeholder();
  }

  WhereClause& add(std::string_view condition);
  // Each ? of the condition stands for the value.
  template <typename Value>
  WhereClause& add(std::string_view condition, const Value& value) {
    return add_condition(condition, bind(value));
  }

  // " WHERE ..." or nothing.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const core::PgParams& params() const { return params_; }

 private:
  [[nodiscard]] std::string last_placeholder() const;
  WhereClause& add_condition(std::string_view condition, const std::string& placeholder);

  std::string text_;
  core::PgParams params_;
};

// A statement that is put together at run time.
struct ListStatement {
  std::string sql;
  core::PgParams params;
};

// A list as the API pages it (keyset pagination): newest first, from a position on. Stable under
// inserts, since what is new comes before every position already given out. Positions are ids that
// ascend with time, of version 7 or derived from such.
//
// A page is one stretch of one index, however many rows the table has and whatever they hold. An
// index that has more columns than the position, those that of() names, ends with the position
// NULLS FIRST, which the primary key does not: so no walk of the primary key is in the order asked
// for, and sessions of front ends do not sort (PgSessionOptions::index_order_plans). The planner,
// who does not know the values, would prefer such a walk: most rows match most filters, but when
// none does it has no end. Where several such indexes would do, the columns have no statistics, or
// one that happens to have one value only would seem to make no difference.
struct KeysetQuery {
  std::string select;    // "SELECT <columns> FROM <tables>"
  std::string position;  // the column of ids, e.g. "id"
  WhereClause where{};   // What is true of nearly every row of the stretch, or the index implies.
  // Only positions from here on ...
  core::Uuid first{};
  // ... and before this one.
  core::Uuid end = core::kLastUuid;
  // What is read of the page's rows, where that takes more than the index and its table: another
  // SELECT, from `page`, whose column `id` is the position. In any order.
  std::string rows_of_page{};
  bool by_primary_key = true;

  // Only rows with this value in a leading column of the index. `as`: the value as SQL, each ?
  // stands for it.
  template <typename Value>
  KeysetQuery& of(std::string column, const Value& value, std::string_view as = "?") {
    return add_key(std::move(column), as, where.bind(value));
  }

  // For one row more than the page has, which tells whether there is another page.
  [[nodiscard]] ListStatement statement(const PageRequest& page) const;
  [[nodiscard]] core::PgResult run(core::PgSession& session, const PageRequest& page) const;

 private:
  KeysetQuery& add_key(std::string column, std::string_view as, const std::string& placeholder);
};

// A row's position in its list: its id, unless it says otherwise.
template <typename Row>
[[nodiscard]] core::Uuid position_of(const Row& row) {
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
  int left_out = 0;  // They cannot be read.
};

// Rows that cannot be read are left out, lest one of them hide all others. Throws
// core::UnreadableRow where there is none but such.
template <typename Row>
[[nodiscard]] PageOf<Row> read_page(core::PgSession& session, const KeysetQuery& query,
                                    const PageRequest& page) {
  const auto result = query.run(session, page);
  PageOf<Row> found;
  found.rows.reserve(static_cast<std::size_t>(result.rows()));
  std::exception_ptr unreadable;
  for (int i = 0; i < result.rows(); ++i) {
    try {
      found.rows.push_back(core::row_of<Row>(result, i));
    } catch (const core::UnreadableRow&) {
      unreadable = std::current_exception();
      ++found.left_out;
    }
  }
  if (found.rows.empty() && unreadable) std::rethrow_exception(unreadable);
  std::sort(found.rows.begin(), found.rows.end(),
            [](const Row& a, const Row& b) { return position_of(a) > position_of(b); });
  found.more = result.rows() > page.limit;
  if (found.rows.size() > static_cast<std::size_t>(page.limit)) found.rows.pop_back();
  return found;
}

// The items of a page, as many as it may hold.
struct PageItems {
  JsonArray items;
  std::size_t bytes = 0;
  int count = 0;
  std::optional<core::Uuid> last;  // The position of the last one.

  // False: the page is full without it.
  bool take(const core::Uuid& position, const std::string& item) {
    if (count > 0 && bytes + item.size() > kPageBytesMax) return false;
    bytes += item.size();
    items.add(item);
    ++count;
    last = position;
    return true;
  }
};

// Rows of a page as an answer, behind which there are more or not; `to_json` writes a row. A page
// of large rows ends early, with a token.
template <typename Row, typename ToJson>
[[nodiscard]] Response list_response(std::span<const Row> rows, bool more, const PageRequest& page,
                                     const ToJson& to_json) {
  PageItems shown;
  const bool all = std::all_of(rows.begin(), rows.end(), [&](const Row& row) {
    return shown.take(position_of(row), to_json(row));
  });
  return page_response(shown.items, page, more || !all ? shown.last : std::nullopt);
}

template <typename Row, typename ToJson>
[[nodiscard]] Response list_response(const PageOf<Row>& found, const PageRequest& page,
                                     const ToJson& to_json) {
  return list_response(std::span<const Row>(found.rows), found.more, page, to_json);
}

// Reads a page in pieces and writes it meanwhile, so that of large rows, with which it ends early,
// hardly more is read than is shown.
template <typename Row, typename ToJson>
[[nodiscard]] Response read_list(core::PgSession& session, const KeysetQuery& query,
                                 const PageRequest& page, const ToJson& to_json) {
  PageItems shown;
  PageRequest piece = page;
  bool more = true;
  while (more && shown.count < page.limit) {
    // As many as should fit, twice.
    const std::size_t fitting =
        shown.count == 0 ? 0
                         : 2 * kPageBytesMax * static_cast<std::size_t>(shown.count) / shown.bytes;
    const auto room = static_cast<std::size_t>(page.limit - shown.count);
    piece.limit = static_cast<int>(std::min(std::max(fitting, kPieceRows), room));
    if (shown.last) piece.after = shown.last;
    PageOf<Row> part;
    try {
      part = read_page<Row>(session, query, piece);
    } catch (const core::UnreadableRow&) {
      if (shown.count == 0) throw;
      break;  // The next page says so.
    }
    more = part.more;
    for (const Row& row : part.rows) {
      if (!shown.take(position_of(row), to_json(row))) {
        return page_response(shown.items, page, shown.last);
      }
    }
  }
  return page_response(shown.items, page, more ? shown.last : std::nullopt);
}

}  // namespace orderflow::http_api
