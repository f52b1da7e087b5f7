#include "http-api/orders/lookups.hpp"

namespace orderflow::http_api {

asio::awaitable<bool> Lookups::user_exists(core::Uuid id) {
  if (users_.get(id)) co_return true;
  auto work = [this, id] {
    return identity_.read([&](pqxx::nontransaction& transaction) {
      return !transaction
                  .exec_params("SELECT 1 FROM identity.users WHERE id = $1::uuid", id.to_string())
                  .empty();
    });
  };
  const bool exists = co_await blocking(blocking_, std::move(work));
  if (exists) users_.put(id, true);
  co_return exists;
}

Lookups::Products Lookups::fetch_products(const std::vector<core::Uuid>& ids) {
  std::string list = "{";
  for (const auto& id : ids) list.append(list.size() > 1 ? "," : "").append(id.to_string());
  list += "}";
  return catalogue_.read([&](pqxx::nontransaction& transaction) {
    Products found;
    for (const auto& row : transaction.exec_params(
             "SELECT id::text, name, price, currency, available FROM catalogue.products "
             "WHERE id = ANY($1::uuid[]) AND NOT deleted",
             list)) {
      const auto id = core::Uuid::parse(row[0].c_str());
      if (!id) continue;
      found[*id] = PricedProduct{row[1].as<std::string>(), row[2].as<std::int64_t>(),
                                 row[3].as<std::string>(), row[4].as<bool>()};
    }
    return found;
  });
}

asio::awaitable<std::vector<std::optional<PricedProduct>>> Lookups::products(
    std::vector<core::Uuid> ids) {
  std::vector<std::optional<PricedProduct>> result(ids.size());
  std::vector<core::Uuid> missing;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    result[i] = products_.get(ids[i]);
    if (!result[i]) missing.push_back(ids[i]);
  }
  if (missing.empty()) co_return result;
  auto work = [this, missing] { return fetch_products(missing); };
  const Products found = co_await blocking(blocking_, std::move(work));
  for (const auto& [id, product] : found) products_.put(id, product);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto product = found.find(ids[i]);
    if (!result[i] && product != found.end()) result[i] = product->second;
  }
  co_return result;
}

}  // namespace orderflow::http_api
