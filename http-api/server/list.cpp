#include "http-api/server/list.hpp"

namespace orderflow::http_api {

WhereClause& WhereClause::add_condition(std::string_view condition) {
  const std::string placeholder = "$" + std::to_string(params_.size());
  text_ += text_.empty() ? " WHERE " : " AND ";
  for (const char c : condition) {
    if (c == '?') {
      text_ += placeholder;
    } else {
      text_ += c;
    }
  }
  return *this;
}

WhereClause& WhereClause::add(std::string_view condition) { return add_condition(condition); }

WhereClause& WhereClause::add(std::string_view condition, const core::Uuid& value) {
  params_.uuid(value);
  return add_condition(condition);
}

WhereClause& WhereClause::add(std::string_view condition, core::Time value) {
  params_.time(value);
  return add_condition(condition);
}

WhereClause& WhereClause::add(std::string_view condition, std::string_view value) {
  params_.text(value);
  return add_condition(condition);
}

WhereClause& WhereClause::add(std::string_view condition, std::int32_t value) {
  params_.int4(value);
  return add_condition(condition);
}

core::PgResult KeysetQuery::run(core::PgSession& session, const PageRequest& page) const {
  WhereClause conditions = where;
  if (page.after) conditions.add(after, *page.after);
  const std::string sql = select + conditions.text() + " ORDER BY " + order_by + " LIMIT " +
                          std::to_string(page.limit + 1);
  return session.execute(core::PgStatement{nullptr, sql.c_str()}, conditions.params());
}

}  // namespace orderflow::http_api
