#include "http-api/people/people.hpp"

#include "domain/identity/rows.hpp"
#include "events/ids.hpp"
#include "http-api/middleware/keyed_write.hpp"
#include "http-api/server/bind.hpp"
#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kUsername{.characters_max = 64};
constexpr TextRule kDisplayName{.characters_max = 200};
constexpr const char* kDefaultCurrency = "USD";
constexpr const char* kUniqueViolation = "23505";

struct CreateUser {
  std::string username;
  std::string display_name;
  core::Money opening_balance;

  static CreateUser read(BodyReader& body) {
    CreateUser user;
    user.username = body.text("username", kUsername).value_or("");
    user.display_name =
        body.text("display_name", kDisplayName, Presence::kOptional).value_or(user.username);
    user.opening_balance = body.money("opening_balance", 0, Presence::kOptional)
                               .value_or(core::Money{0, kDefaultCurrency});
    return user;
  }
};

std::string user_json(const domain::User& user) {
  return JsonObject()
      .field("id", user.id)
      .field("username", user.username)
      .field("display_name", user.display_name)
      .field("created_at", user.created_at)
      .text();
}

Checked<Response> create_user(core::PgSession& session, const domain::NewUser& user,
                              const std::optional<IdempotencyKey>& key) {
  KeyedWrite write;
  write.key = key;
  write.check = [](core::PgTransaction&) { return std::nullopt; };
  write.effect = [&](core::PgTransaction& transaction) {
    const domain::User row = domain::insert_user(transaction, user);
    return StoredAnswer{201, "/users/" + row.id.to_string(), user_json(row)};
  };
  try {
    return keyed_write(session, write);
  } catch (const core::DataError& error) {
    if (error.sqlstate() != kUniqueViolation) throw;
    return refuse(conflict("username_taken", "This username is taken; choose another."));
  }
}

class Users {
 public:
  explicit Users(const ApiEnvironment& environment)
      : sessions_(context_sessions(environment, "orderflow_identity")),
        login_sessions_(context_sessions(environment, "")),
        keys_(environment, kKeyTable<"identity">, "orderflow_identity", *login_sessions_) {}

  void request_stop() {
    sessions_->request_stop();
    login_sessions_->request_stop();
    keys_.request_stop();
  }

  void stop() {
    sessions_->stop();
    login_sessions_->stop();
    keys_.stop();
  }

  KeyStore& keys() { return keys_; }

  asio::awaitable<Checked<Response>> list(Query<PageRequest> page) {
    auto work = [page = std::move(page.value)](core::PgSession& session) {
      return read_list<domain::User>(session, list_users(), page, user_json);
    };
    co_return co_await sessions_->run(std::move(work));
  }

  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id) {
    auto work = [id = id.value](core::PgSession& session) {
      return domain::find_user(session, id);
    };
    const auto user = co_await sessions_->run(std::move(work));
    if (!user) co_return refuse(not_found("user"));
    co_return json_response(user_json(*user));
  }

  asio::awaitable<Checked<Response>> create(const RequestContext& context, Body<CreateUser> body) {
    auto& wanted = body.value;
    const auto id = events::new_user_id(wanted.username);
    domain::NewUser user{id, std::move(wanted.username), std::move(wanted.display_name),
                         std::move(wanted.opening_balance)};
    auto work = [user = std::move(user), key = context.key](core::PgSession& session) {
      return create_user(session, user, key);
    };
    co_return co_await login_sessions_->run(std::move(work));
  }

 private:
  std::shared_ptr<core::SessionPool> sessions_;
  // The login user's, for the one transaction that spans contexts: a user and their account.
  std::shared_ptr<core::SessionPool> login_sessions_;
  DatabaseKeyStore keys_;
};

class People final : public ApiContext {
 public:
  explicit People(const ApiEnvironment& environment)
      : users_(std::make_shared<Users>(environment)) {}

  std::vector<Route> routes() override {
    constexpr Policy kRead{.context = "identity", .resource = "user"};
    constexpr Policy kCreate{.context = "identity",
                             .resource = "user",
                             .body = BodyUse::kJson,
                             .key = KeyUse::kOptional};
    return {{Method::kGet, "/users", bind(users_, &Users::list), kRead},
            {Method::kPost, "/users", bind(users_, &Users::create), kCreate},
            {Method::kGet, "/users/{id}", bind(users_, &Users::get), kRead}};
  }

  KeyStore* keys() override { return &users_->keys(); }
  void request_stop() override { users_->request_stop(); }
  void stop() override { users_->stop(); }

 private:
  std::shared_ptr<Users> users_;
};

}  // namespace

KeysetQuery list_users() {
  return {core::sql<"SELECT ", domain::User::kColumns, " FROM identity.users">, "id"};
}

std::unique_ptr<ApiContext> make_people(const ApiEnvironment& environment) {
  return std::make_unique<People>(environment);
}

}  // namespace orderflow::http_api
