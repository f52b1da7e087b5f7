
#include "http-api/frontends.hpp"
#include "http-api/middleware/idempotency.hpp"
#include "http-api/orders/validation.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/list_query.hpp"
#include "http-api/server/sql_text.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kUsername{.characters_max = 64};
constexpr TextRule kDisplayName{.characters_max = 200};
constexpr const char* kDefaultCurrency = "USD";

std::string user_columns() { return "id::text, username, display_name, " + rfc3339("created_at"); }

std::string user_json(const pqxx::row& row) {
  return JsonObject()
      .field("id", row[0].c_str())
      .field("username", row[1].c_str())
      .field("display_name", row[2].c_str())
      .field("created_at", row[3].c_str())
      .text();
}

struct NewUser {
  core::Uuid id;
  std::string username;
  std::string display_name;
  core::Money opening;
};

// Takes a context's role for the rest of the transaction, where that role exists.
void become(pqxx::work& transaction, const std::string& role) {
  transaction.exec("SET LOCAL ROLE NONE");
  transaction.exec("SELECT set_config('role', rolname, true) FROM pg_roles WHERE rolname = " +
                   transaction.quote(role) + " AND pg_has_role(rolname, 'MEMBER')");
}

// The user and their account, in one transaction, each under its own context's role.
StoredAnswer create_user(pqxx::work& transaction, const NewUser& user) {
  const std::string id = user.id.to_string();
  become(transaction, "orderflow_identity");
  const auto rows = transaction.exec_params(
      "INSERT INTO identity.users (id, username, display_name) VALUES ($1::uuid, $2, $3) "
      "RETURNING " +
          user_columns(),
      id, user.username, user.display_name);
  become(transaction, "orderflow_payments");
  transaction.exec_params(
      "INSERT INTO payments.accounts (id, currency, opening, balance) VALUES ($1::uuid, $2, $3, "
      "$3)",
      id, user.opening.currency, user.opening.amount);
  return {201, "/users/" + id, user_json(rows[0])};
}

// GET /users, POST /users, GET /users/{id}.
class UsersFrontend {
 public:
  explicit UsersFrontend(Services& services) : services_(services) {}

  asio::awaitable<Checked<Response>> list(const RequestContext& context) {
    const auto query = Query::parse(context, {"limit", "page_token"});
    if (!query) co_return refuse(query.error());
    auto page = PageRequest::parse(*query, "users");
    if (!page) co_return refuse(std::move(page.error()));
    ListQuery list;
    list.select = "SELECT " + user_columns() + " FROM identity.users";
    list.order_by = "id DESC";
    list.after = "id < ?::uuid";
    list.page = std::move(*page);
    list.to_json = user_json;
    co_return co_await run_list(services_.blocking, services_.pools.identity, std::move(list));
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context) {
    const auto id = path_id(context, "user");
    if (!id) co_return refuse(id.error());
    SingleQuery query;
    query.sql = "SELECT " + user_columns() + " FROM identity.users WHERE id = $1::uuid";
    query.id = *id;
    query.what = "user";
    query.to_json = user_json;
    co_return co_await run_single(services_.blocking, services_.pools.identity, std::move(query));
  }

  asio::awaitable<Checked<Response>> create(const RequestContext& context) {
    const auto body = parse_json_body(context.request);
    if (!body) co_return refuse(body.error());
    auto user = read_user(*body);
    if (!user) co_return refuse(std::move(user.error()));
    auto key = read_idempotency_key(context, *body);
    if (!key) co_return refuse(std::move(key.error()));
    auto work = [this, user = std::move(*user), key = std::move(*key)] { return store(user, key); };
    co_return co_await blocking(services_.blocking, std::move(work));
  }

 private:
  static Checked<NewUser> read_user(const core::JsonDocument& body) {
    std::vector<FieldError> errors;
    BodyReader reader(body, errors);
    NewUser user;
    user.id = core::new_uuid_v7();
    user.username = reader.text("username", kUsername).value_or("");
    user.display_name =
        reader.text("display_name", kDisplayName, Presence::kOptional).value_or(user.username);
    user.opening = reader.money("opening_balance", 0, Presence::kOptional)
                       .value_or(core::Money{0, kDefaultCurrency});
    reader.finish();
    if (!errors.empty()) return refuse(invalid(std::move(errors)));
    return user;
  }

  Checked<Response> store(const NewUser& user, const std::optional<IdempotencyKey>& key) {
    try {
      return services_.pools.login.write([&](pqxx::work& transaction) {
        KeyedWrite write;
        write.key = key;
        write.resource_id = user.id;
        write.check = [] { return std::nullopt; };
        write.effect = [&] { return create_user(transaction, user); };
        return keyed_write(transaction, write).response();
      });
    } catch (const pqxx::unique_violation&) {
      return refuse(conflict("username_taken", "This username is taken; choose another."));
    }
  }

  Services& services_;
};

}  // namespace

std::vector<Route> user_routes(Services& services) {
  auto front = std::make_shared<UsersFrontend>(services);
  return {
      {Method::kGet, "/users",
       answering_problems([front](const RequestContext& c) { return front->list(c); })},
      {Method::kPost, "/users",
       answering_problems([front](const RequestContext& c) { return front->create(c); })},
      {Method::kGet, "/users/{id}",
       answering_problems([front](const RequestContext& c) { return front->get(c); })},
  };
}

}  // namespace orderflow::http_api
