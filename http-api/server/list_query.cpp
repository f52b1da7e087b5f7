#include "http-api/server/list_query.hpp"

#include <pqxx/pqxx>

namespace orderflow::http_api {
namespace {

struct Page {
  JsonArray items;
  std::optional<core::Uuid> next;
};

Page read_page(pqxx::nontransaction& transaction, const ListQuery& query) {
  std::string sql = query.select;
  const char* glue = " WHERE ";
  for (const std::string& condition : query.conditions) {
    sql.append(glue).append(condition);
    glue = " AND ";
  }
  // One more than asked for tells whether there is a next page.
  sql.append(" ORDER BY ").append(query.order_by).append(" LIMIT ");
  sql.append(std::to_string(query.page.limit + 1));
  const auto rows = transaction.exec_params(sql, pqxx::prepare::make_dynamic_params(query.values));
  Page page;
  int count = 0;
  for (const auto& row : rows) {
    if (count++ == query.page.limit) {
      page.next = core::Uuid::parse(rows[query.page.limit - 1][0].c_str());
      break;
    }
    page.items.add(query.to_json(row));
  }
  return page;
}

}  // namespace

void ListQuery::where(const std::string& condition, std::string value) {
  values.push_back(std::move(value));
  const std::string placeholder = "$" + std::to_string(values.size());
  std::string text;
  for (const char c : condition) {
    if (c == '?') {
      text += placeholder;
    } else {
      text += c;
    }
  }
  conditions.push_back(std::move(text));
}

Response read_list(core::DatabasePool& pool, ListQuery query) {
  if (query.page.after) query.where(query.after, query.page.after->to_string());
  return pool.read([&](pqxx::nontransaction& transaction) {
    Page page = read_page(transaction, query);
    return page_response(page.items, query.page, page.next);
  });
}

asio::awaitable<Checked<Response>> run_list(BlockingPool& blocking_pool, core::DatabasePool& pool,
                                            ListQuery query) {
  auto work = [&pool, query = std::move(query)] { return read_list(pool, query); };
  co_return co_await blocking(blocking_pool, std::move(work));
}

asio::awaitable<Checked<Response>> run_single(BlockingPool& blocking_pool, core::DatabasePool& pool,
                                              SingleQuery query) {
  const std::string what = query.what;
  auto work = [&pool, query = std::move(query)]() -> std::optional<std::string> {
    return pool.read([&](pqxx::nontransaction& transaction) -> std::optional<std::string> {
      const auto rows = transaction.exec_params(query.sql, query.id.to_string());
      if (rows.empty()) return std::nullopt;
      return query.to_json(rows[0]);
    });
  };
  std::optional<std::string> json = co_await blocking(blocking_pool, std::move(work));
  if (!json) co_return refuse(not_found(what));
  Response response;
  response.body = std::move(*json);
  co_return response;
}

}  // namespace orderflow::http_api
