#include "http-api/server/list.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

std::string with_value(std::string_view sql, const std::string& placeholder) {
  std::string text;
  for (const char c : sql) {
    if (c == '?') {
      text += placeholder;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string WhereClause::last_placeholder() const { return "$" + std::to_string(params_.size()); }

std::string WhereClause::bind(const core::Uuid& value) {
  params_.uuid(value);
  return last_placeholder();
}

std::string WhereClause::bind(std::string_view value) {
  params_.text(value);
  return last_placeholder();
}

WhereClause& WhereClause::add(std::string_view condition) { return add_condition(condition, "?"); }

WhereClause& WhereClause::add_condition(std::string_view condition,
                                        const std::string& placeholder) {
  text_ += text_.empty() ? " WHERE " : " AND ";
  text_ += with_value(condition, placeholder);
  return *this;
}

KeysetQuery& KeysetQuery::add_key(std::string column, std::string_view as,
                                  const std::string& placeholder) {
  by_primary_key = false;
  where.add(column + " = " + with_value(as, placeholder));
  return *this;
}

ListStatement KeysetQuery::statement(const PageRequest& page) const {
  WhereClause conditions = where;
  conditions.add(position + " >= ?", first);
  conditions.add(position + " < ?", std::min(end, page.after.value_or(core::kLastUuid)));
  std::string sql = select + conditions.text() + " ORDER BY " + position + " DESC" +
                    (by_primary_key ? "" : " NULLS LAST") + " LIMIT " +
                    std::to_string(page.limit + 1);
  if (!rows_of_page.empty()) {
    sql = "WITH page AS MATERIALIZED (" + sql + ") " + rows_of_page;
  }
  return {std::move(sql), conditions.params()};
}

core::PgResult KeysetQuery::run(core::PgSession& session, const PageRequest& page) const {
  const ListStatement list = statement(page);
  return session.execute(core::PgStatement{nullptr, list.sql.c_str()}, list.params);
}

}  // namespace orderflow::http_api
