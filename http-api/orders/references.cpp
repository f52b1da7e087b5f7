#include "http-api/orders/references.hpp"

#include "core/pg/row.hpp"
#include "core/pg/settings.hpp"
#include "http-api/server/context_sessions.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kSessionsOfEach = 2;

constexpr core::PgStatement kFindUserId{"api_user_exists",
                                        "SELECT id FROM identity.users WHERE id = $1"};
constexpr core::PgStatement kReadPrices{"api_prices",
                                        "SELECT id, name, price, currency, available"
                                        " FROM catalogue.products"
                                        " WHERE id = ANY($1::uuid[]) AND NOT deleted"};

using Products = std::unordered_map<core::Uuid, PricedProduct>;

Products fetch_products(core::PgSession& session, const std::vector<core::Uuid>& ids) {
  core::PgArray array(core::PgType::kUuid);
  for (const auto& id : ids) array.add(id);
  const auto result = session.execute(kReadPrices, core::PgParams().array(array));
  Products found;
  for (int i = 0; i < result.rows(); ++i) {
    core::PgRow row(result, i);
    const auto id = row.take<core::Uuid>();
    found[id] = {row.take<std::string>(), row.take<std::int64_t>(), row.take<std::string>(),
                 row.take<bool>()};
  }
  return found;
}

std::unique_ptr<core::SessionPool> sessions_of(const ApiEnvironment& environment,
                                               const char* database_role) {
  return std::make_unique<core::SessionPool>(environment.settings.get(core::kDatabaseUrl),
                                             front_end_session(database_role), kSessionsOfEach);
}

}  // namespace

OrderReferences::OrderReferences(const ApiEnvironment& environment)
    : identity_(sessions_of(environment, "orderflow_identity")),
      catalogue_(sessions_of(environment, "orderflow_catalogue")) {}

void OrderReferences::request_stop() {
  identity_->request_stop();
  catalogue_->request_stop();
}

void OrderReferences::stop() {
  identity_->stop();
  catalogue_->stop();
}

asio::awaitable<bool> OrderReferences::user_exists(core::Uuid id) {
  if (users_.get(id)) co_return true;
  auto work = [id](core::PgSession& session) {
    return session.execute(kFindUserId, core::PgParams().uuid(id)).rows() > 0;
  };
  const bool exists = co_await identity_->run(std::move(work));
  if (exists) users_.put(id, true);
  co_return exists;
}

asio::awaitable<std::vector<std::optional<PricedProduct>>> OrderReferences::products(
    std::vector<core::Uuid> ids) {
  std::vector<std::optional<PricedProduct>> result(ids.size());
  std::vector<core::Uuid> missing;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    result[i] = products_.get(ids[i]);
    if (!result[i]) missing.push_back(ids[i]);
  }
  if (missing.empty()) co_return result;
  auto work = [missing = std::move(missing)](core::PgSession& session) {
    return fetch_products(session, missing);
  };
  const Products found = co_await catalogue_->run(std::move(work));
  for (const auto& [id, product] : found) products_.put(id, product);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto product = found.find(ids[i]);
    if (!result[i] && product != found.end()) result[i] = product->second;
  }
  co_return result;
}

}  // namespace orderflow::http_api
