#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <functional>
#include <set>
#include <utility>

#include "core/pg/transaction.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/catalogue/catalogue.hpp"
#include "http-api/deliveries/deliveries.hpp"
#include "http-api/orders/lists.hpp"
#include "http-api/payments/payments.hpp"
#include "http-api/people/people.hpp"
#include "http-api/server/context_sessions.hpp"
#include "tests/integration/participant_harness.hpp"
#include "tests/support/openapi_check.hpp"

// What a list costs does not depend on how many rows there are, nor on what it is filtered by.
namespace orderflow::testing {
namespace {

using core::Uuid;
using http_api::KeysetQuery;
using http_api::PageRequest;
using nlohmann::json;

const std::string kWhale = "00000000-0000-4000-8000-0000000000b1";     // has nearly all
const std::string kNewcomer = "00000000-0000-4000-8000-0000000000b2";  // has what is under way
const std::string kNobody = "00000000-0000-4000-8000-0000000000b9";
const std::string kProduct = "00000000-0000-4000-8000-0000000000d1";
constexpr const char* kStatuses[] = {"DRAFT",          "PENDING_PAYMENT",    "PAID",
                                     "PAYMENT_FAILED", "DELIVERY_SCHEDULED", "DELIVERED",
                                     "CANCELLING",     "CANCELLED",          "NEEDS_ATTENTION"};

// $id(ms, n): an id of that millisecond.
std::string with_ids(std::string sql) {
  const std::string_view mark = "$id(";
  for (auto at = sql.find(mark); at != std::string::npos; at = sql.find(mark)) {
    const auto comma = sql.find(',', at);
    const auto end = sql.find(')', comma);
    const std::string ms = sql.substr(at + mark.size(), comma - at - mark.size());
    const std::string n = sql.substr(comma + 1, end - comma - 1);
    sql.replace(at, end + 1 - at,
                "(lpad(to_hex((" + ms + ")::bigint), 12, '0') || '70008' || lpad(to_hex((" + n +
                    ")::bigint), 15, '0'))::uuid");
  }
  return sql;
}

// Of the whale: an order of each status in 2019, then 40,000 delivered ones from 2025 on. Of the
// newcomer: 40 of each status that is passed through, the newest of all. A payment and a delivery
// of each. 20,000 users; as many products and offers, nearly all alike.
const std::string kManyRows = with_ids(R"(
CREATE TEMP TABLE wanted AS
  SELECT $id(1546300800000 + ordinality, ordinality) AS id, ')" +
                                       kWhale + R"('::uuid AS user_id, status
  FROM unnest('{DRAFT,PENDING_PAYMENT,PAID,PAYMENT_FAILED,DELIVERY_SCHEDULED,DELIVERED,CANCELLING,
                CANCELLED,NEEDS_ATTENTION}'::text[]) WITH ORDINALITY AS s(status, ordinality)
  UNION ALL SELECT $id(1735689600000 + n, n), ')" +
                                       kWhale + R"(', 'DELIVERED'
  FROM generate_series(1, 40000) n
  UNION ALL SELECT $id(1767225600000 + n, n), ')" +
                                       kNewcomer + R"(',
    ('{PENDING_PAYMENT,PAID,CANCELLING}'::text[])[1 + n % 3] FROM generate_series(1, 40) n;
INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,
                           correlation_id, traceparent, created_at)
  SELECT id, 1, user_id, '[]', 300, 'USD', '{}', 'c', 't',
         to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
  FROM wanted;
INSERT INTO orders.sagas (order_id, user_id, shard, live, attention, status, resting_status, phase,
                          step, reason, updated_at)
  SELECT id, user_id, 1, status = ANY(live), status = 'NEEDS_ATTENTION', status,
         (SELECT r FROM unnest(enum_range(NULL::orders.resting_status)) r WHERE r::text = status),
         CASE WHEN status = ANY(live) THEN 'running' ELSE 'ended' END, 'payment',
         CASE status WHEN 'NEEDS_ATTENTION' THEN 'payment: no_reply_in_time' END, now()
  FROM wanted, (SELECT '{PENDING_PAYMENT,PAID,CANCELLING,NEEDS_ATTENTION}'::text[] AS live) l;
INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status,
                               correlation_id)
  SELECT id, id, user_id, 1, 300, 'USD', 'CAPTURED', 'c' FROM wanted;
INSERT INTO delivery.deliveries (id, order_id, shard, status, delivery_address, correlation_id)
  SELECT id, id, 1, 'DELIVERED', '{}', 'c' FROM wanted;
INSERT INTO identity.users (id, username, display_name)
  SELECT $id(1735689600000 + n, n), 'user ' || n, 'User' FROM generate_series(1, 20000) n;
INSERT INTO catalogue.products (id, name, category, price, currency, available, deleted)
  SELECT $id(1735689600000 + n, n), 'product ' || n, CASE n WHEN 7 THEN 'rare' ELSE 'common' END, 1,
         'USD', n <> 9, n > 10000
  FROM generate_series(1, 20000) n;
INSERT INTO catalogue.offers (id, product_id, seller, price, currency, items_in_stock)
  SELECT $id(1735689600000 + n, n), ')" +
                                       kProduct + R"(', 's', 1, 'USD', 1
  FROM generate_series(1, 20000) n;
ANALYZE orders.orders; ANALYZE orders.sagas; ANALYZE payments.payments; ANALYZE identity.users;
ANALYZE delivery.deliveries; ANALYZE catalogue.products; ANALYZE catalogue.offers;
)");

// The page's 51 rows, and all that are under way: 3 of the whale, 40 of the newcomer, one waits.
constexpr double kRowsMax = 100;
// A row by a primary key takes four pages at most: three of the index and its own. Three tables.
constexpr double kPagesMax = 51 * 4 * 3;

struct Listed {
  KeysetQuery query;
  PageRequest page;
};

// The query as its handler reads it.
template <typename Wanted>
Wanted read(const http_api::Request& request) {
  const http_api::Policy policy;
  auto wanted = http_api::read_query<Wanted>({request, request.path, policy});
  INFO(request.path << "?" << request.query);
  REQUIRE(wanted);
  return std::move(*wanted);
}

using Values = std::vector<std::string>;

struct ListUnderTest {
  std::string path;
  std::map<std::string, Values> filters;
  std::function<Listed(const http_api::Request&)> list;
};

Listed list_of_user(const http_api::Request& request, const std::string& user) {
  http_api::OrderFilter filter;
  filter.user_id = Uuid::parse(user);
  return {http_api::list_orders(filter), read<PageRequest>(request)};
}

Listed all_orders(const http_api::Request& request) {
  const auto filter = read<http_api::OrderFilter>(request);
  return {http_api::list_orders(filter), filter.page};
}

Listed all_products(const http_api::Request& request) {
  const auto filter = read<http_api::ProductFilter>(request);
  return {http_api::list_products(filter), filter.page};
}

Listed waiting(const http_api::Request& request) {
  const auto wanted = read<http_api::WaitingSagasQuery>(request);
  return {http_api::waiting_sagas(wanted.group), wanted.page};
}

// Every list of the API, and values for each of its filters: what nearly all rows have, what few
// old ones have, what none has.
std::vector<ListUnderTest> lists() {
  const Values statuses(std::begin(kStatuses), std::end(kStatuses));
  const Values times{"2018-06-01T00:00:00Z", "2019-06-01T00:00:00Z", "2025-01-01T00:00:20.5Z",
                     "2029-01-01T00:00:00Z"};
  return {
      {"/orders",
       {{"user_id", {kWhale, kNewcomer, kNobody}},
        {"status", statuses},
        {"from", times},
        {"to", times}},
       all_orders},
      {"/users/{id}/orders", {}, [](auto& request) { return list_of_user(request, kWhale); }},
      {"/users",
       {},
       [](auto& request) { return Listed{http_api::list_users(), read<PageRequest>(request)}; }},
      {"/payments",
       {},
       [](auto& request) {
         return Listed{http_api::list_payments({}), read<PageRequest>(request)};
       }},
      {"/users/{id}/payments",
       {},
       [](auto& request) {
         return Listed{http_api::list_payments(Uuid::parse(kNewcomer)), read<PageRequest>(request)};
       }},
      {"/deliveries",
       {},
       [](auto& request) {
         return Listed{http_api::list_deliveries(), read<PageRequest>(request)};
       }},
      {"/products",
       {{"category", {"common", "rare", "none"}}, {"available", {"true", "false"}}},
       all_products},
      {"/products/{id}/offers",
       {},
       [](auto& request) {
         return Listed{http_api::list_offers(*Uuid::parse(kProduct)), read<PageRequest>(request)};
       }},
      {"/admin/sagas", {{"step", {"payment", "delivery"}}, {"error", {"poison"}}}, waiting},
  };
}

// The queries of all combinations of filters.
std::vector<std::string> combinations(const std::map<std::string, Values>& filters) {
  std::vector<std::string> queries{""};
  for (const auto& [name, values] : filters) {
    const std::size_t before = queries.size();
    for (std::size_t i = 0; i < before; ++i) {
      for (const std::string& value : values) {
        const std::string prefix = queries[i].empty() ? "" : queries[i] + "&";
        queries.push_back(prefix + name + "=" + value);
      }
    }
  }
  return queries;
}

std::string literal(const core::PgParams::Parameter& parameter) {
  const auto& bytes = std::get<std::string>(parameter.value);
  switch (static_cast<core::PgType>(parameter.oid)) {
    case core::PgType::kUuid: {
      Uuid id;
      std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
      return "'" + id.to_string() + "'";
    }
    case core::PgType::kBool: return bytes[0] != 0 ? "true" : "false";
    default: return "'" + bytes + "'";
  }
}

// A front end's session, and what the server does for its statements.
class Explaining {
 public:
  explicit Explaining(const std::string& url)
      : session_(core::DatabaseUrl(url), http_api::front_end_session("")) {}

  // The plan with which the statement is executed for such a session, as it went.
  json plan(const Listed& listed) {
    const auto list = listed.query.statement(listed.page);
    const std::string& name = names_.emplace_back("list_" + std::to_string(names_.size()));
    (void)session_.execute(core::PgStatement{name.c_str(), list.sql.c_str()}, list.params);
    std::string values;
    for (const auto& parameter : list.params.all()) {
      values += (values.empty() ? "" : ", ") + literal(parameter);
    }
    const std::string explain =
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE " + name + "(" + values + ")";
    const auto result = session_.execute(core::PgStatement{nullptr, explain.c_str()});
    return json::parse(result.text(0, 0)).at(0).at("Plan");
  }

  [[nodiscard]] core::PgSession& session() { return session_; }

 private:
  core::PgSession session_;
  std::deque<std::string> names_;
};

// What is wrong with how a list is read; empty when nothing is.
std::string fault_of(const json& node) {
  const std::string type = node.at("Node Type");
  if (type == "Seq Scan") return "reads a whole table";
  if (node.contains("Relation Name")) {
    const auto number = [&](const char* name) { return node.value(name, 0.0); };
    const double read = (number("Actual Rows") + number("Rows Removed by Filter") +
                         number("Rows Removed by Index Recheck")) *
                        number("Actual Loops");
    if (read > kRowsMax) return "reads " + std::to_string(read) + " rows";
  }
  for (const json& child : node.value("Plans", json::array())) {
    if (auto fault = fault_of(child); !fault.empty()) return fault;
  }
  return "";
}

void check_cost(Explaining& server, const Listed& listed) {
  const json plan = server.plan(listed);
  const double pages =
      plan.at("Shared Hit Blocks").get<double>() + plan.at("Shared Read Blocks").get<double>();
  INFO(plan.dump(1));
  CHECK(fault_of(plan).empty());
  CHECK(pages <= kPagesMax);
}

TEST_CASE("a list reads no more than its page, whatever it is filtered by", "[lists]") {
  const MigratedDatabase database;
  database.sql().execute(kManyRows);
  Explaining server(database.url());
  for (const ListUnderTest& under_test : lists()) {
    for (const std::string& query : combinations(under_test.filters)) {
      INFO(under_test.path << "?" << query);
      http_api::Request request;
      request.path = under_test.path;
      request.query = query;
      Listed listed = under_test.list(request);
      check_cost(server, listed);
      // Deep in the list.
      listed.page.after = Uuid::parse("0194201b-0000-7000-8000-000000000000");
      check_cost(server, listed);
    }
  }
}

// Every order there is: 360 of three users, of each status alike, one a second.
const std::string kFewRows = with_ids(R"(
INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,
                           correlation_id, traceparent, created_at)
  SELECT $id(1735689600000 + n * 1000, n), 1,
         ('00000000-0000-4000-8000-0000000000b' || n % 3)::uuid, '[]', 300, 'USD', '{}', 'c',
         't', to_timestamp(1735689600 + n)
  FROM generate_series(0, 359) n;
INSERT INTO orders.sagas (order_id, user_id, shard, live, attention, status, resting_status, phase,
                          updated_at)
  SELECT id, user_id, 1, status = ANY('{PENDING_PAYMENT,PAID,CANCELLING,NEEDS_ATTENTION}'),
         status = 'NEEDS_ATTENTION', status,
         (SELECT r FROM unnest(enum_range(NULL::orders.resting_status)) r WHERE r::text = status),
         'running', now()
  FROM (SELECT *, ('{DRAFT,PENDING_PAYMENT,PAID,PAYMENT_FAILED,DELIVERY_SCHEDULED,DELIVERED,
                     CANCELLING,CANCELLED,NEEDS_ATTENTION}'::text[])
                   [1 + (extract(epoch FROM created_at)::int / 3) % 9] AS status
        FROM orders.orders) o;
)");

// All of a list, page by page.
std::vector<std::string> walk(core::PgSession& session, http_api::OrderFilter filter) {
  constexpr int kPage = 7;
  filter.page.limit = kPage;
  std::vector<std::string> ids;
  while (true) {
    const auto page = http_api::read_page<http_api::OrderWithSaga>(
        session, http_api::list_orders(filter), filter.page);
    for (const auto& row : page.rows) ids.push_back(row.order.id.uuid.to_string());
    if (!page.more) return ids;
    filter.page.after = http_api::position_of(page.rows.back());
  }
}

TEST_CASE("a list holds what it is filtered by, newest first", "[lists]") {
  const MigratedDatabase database;
  database.sql().execute(kFewRows);
  core::PgSession session(core::DatabaseUrl(database.url()), http_api::front_end_session(""));
  const std::map<std::string, Values> filters{
      {"user_id", {kWhale, kNobody}},
      {"status", Values(std::begin(kStatuses), std::end(kStatuses))},
      {"from", {"2025-01-01T00:01:00Z", "2025-01-01T00:01:00.0001Z", "1969-01-01T00:00:00Z"}},
      {"to", {"2025-01-01T00:04:00Z", "2025-01-01T00:04:00.0001Z"}}};
  const std::map<std::string, std::string> conditions{{"user_id", "o.user_id = "},
                                                      {"status", "s.status = "},
                                                      {"from", "o.created_at >= "},
                                                      {"to", "o.created_at < "}};
  for (const std::string& query : combinations(filters)) {
    INFO(query);
    http_api::Request request;
    request.path = "/orders";
    request.query = query;
    std::string sql =
        "SELECT o.id FROM orders.orders o JOIN orders.sagas s ON s.order_id = o.id WHERE true";
    std::size_t at = 0;
    while (at < query.size()) {
      const auto end = std::min(query.find('&', at), query.size());
      const auto equals = query.find('=', at);
      sql += " AND " + conditions.at(query.substr(at, equals - at)) + "'" +
             query.substr(equals + 1, end - equals - 1) + "'";
      at = end + 1;
    }
    std::vector<std::string> expected;
    for (const Row& row : database.sql().rows(sql + " ORDER BY o.id DESC")) {
      expected.push_back(row[0].value());
    }
    CHECK(walk(session, read<http_api::OrderFilter>(request)) == expected);
  }
}

TEST_CASE("lists by status cost nothing while an order is being worked on", "[lists]") {
  const MigratedDatabase database;
  const std::string id = "01942000-0000-7000-8000-000000000001";
  database.sql().execute(
      "INSERT INTO orders.sagas (order_id, user_id, shard, live, status, phase, updated_at) VALUES "
      "('" +
      id + "', gen_random_uuid(), 1, true, 'PENDING_PAYMENT', 'running', now())");
  core::PgSession session(core::DatabaseUrl(database.url()), http_api::front_end_session(""));
  // HOT updates: those that touch no index.
  std::int64_t hot_before = 0;  // The server counts on across transactions.
  const auto touches_indexes = [&](const std::string& change) {
    core::PgTransaction transaction(session);
    const std::string sql = "UPDATE orders.sagas SET version = version + 1, " + change;
    (void)transaction.execute({nullptr, sql.c_str()});
    const auto counted = transaction.execute(
        {nullptr, "SELECT pg_stat_get_xact_tuples_hot_updated('orders.sagas'::regclass)"});
    const auto hot = counted.int8(0, 0);
    transaction.commit();
    return std::exchange(hot_before, hot) == hot;
  };
  CHECK_FALSE(touches_indexes("step = 'payment', steps = 'payment:sent'"));
  CHECK_FALSE(touches_indexes("status = 'PAID', step = 'delivery'"));
  CHECK_FALSE(touches_indexes("status = 'CANCELLING', phase = 'undoing'"));
  CHECK(touches_indexes("status = 'CANCELLED', resting_status = 'CANCELLED', live = false"));
}

TEST_CASE("statuses that an order may stay at are known to the database", "[lists]") {
  const MigratedDatabase database;
  std::set<std::string> known;
  for (const Row& row :
       database.sql().rows("SELECT unnest(enum_range(NULL::orders.resting_status))")) {
    known.insert(row[0].value());
  }
  std::set<std::string> resting;
  for (const char* status : kStatuses) {
    if (saga::is_resting(saga::parse_order_status(status).value())) resting.insert(status);
  }
  CHECK(known == resting);
}

TEST_CASE("the lists under test are those of the API, with every filter", "[lists]") {
  // The history of one order is a range of its primary key; words may be anywhere in the catalogue;
  // dead letters have a test of their own; held
  // events are a small table by its primary key.
  std::map<std::string, std::set<std::string>> documented;
  const json& document = openapi().document();
  for (const auto& [path, item] : document.at("paths").items()) {
    if (!item.contains("get")) continue;
    std::set<std::string> names;
    for (const json& parameter : item.at("get").value("parameters", json::array())) {
      if (parameter.contains("$ref")) {
        names.insert(parameter.at("$ref").get<std::string>());
      } else if (parameter.at("in") == "query") {
        names.insert(parameter.at("name").get<std::string>());
      }
    }
    if (names.erase("#/components/parameters/PageToken") == 0) continue;
    std::erase_if(names, [](const std::string& name) { return name.starts_with('#'); });
    documented.emplace(path, std::move(names));
  }
  documented.erase("/orders/{id}/events");
  documented.erase("/admin/dead-letters");
  documented.erase("/admin/held-events");
  documented.at("/products").erase("q");
  std::map<std::string, std::set<std::string>> tested;
  for (const ListUnderTest& under_test : lists()) {
    auto& names = tested[under_test.path];
    for (const auto& [name, values] : under_test.filters) names.insert(name);
  }
  CHECK(tested == documented);
}

}  // namespace
}  // namespace orderflow::testing
