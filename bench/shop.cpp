#include "bench/shop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

#include "core/values/failure.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::bench {
namespace {

using nlohmann::json;

// In minor units: ten thousand million dollars, so that no run empties an account.
constexpr std::int64_t kOpeningBalance = 1'000'000'000'000;
constexpr int kConnections = 8;  // That many users share one commit, where the server groups them.

json checked(const HttpAnswer& answer, int expected, std::string_view what) {
  if (answer.status != expected) {
    throw core::Unavailable("bench: " + std::string(what) + " was answered " +
                            std::to_string(answer.status) + ": " +
                            std::string(answer.body.substr(0, 300)));
  }
  return json::parse(answer.body);
}

asio::awaitable<void> create_users(HttpConnection& connection, const std::string& run, int first,
                                   int last, Shop& shop) {
  for (int number = first; number < last; ++number) {
    const json user = {{"username", "bench-" + run + "-" + std::to_string(number)},
                       {"opening_balance", {{"amount", kOpeningBalance}, {"currency", "USD"}}}};
    const std::string request = make_request("POST", "/users", user.dump());
    const HttpAnswer answer = co_await connection.exchange(request);
    shop.user_ids.push_back(checked(answer, 201, "POST /users").at("id").get<std::string>());
  }
}

asio::awaitable<void> read_products(HttpConnection& connection, Shop& shop) {
  const std::string request = make_request("GET", "/products?available=true&limit=200");
  const HttpAnswer answer = co_await connection.exchange(request);
  const json products = checked(answer, 200, "GET /products");
  for (const auto& product : products.at("items")) {
    if (product.at("price").at("currency") != "USD") continue;  // An order has one currency.
    shop.product_ids.push_back(product.at("id").get<std::string>());
  }
  if (shop.product_ids.size() < 3) {
    throw core::Unavailable("bench: fewer than three products are available; run `orderflow seed`");
  }
}

// Rethrows what a coroutine ended with.
void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

asio::ip::tcp::endpoint resolve(asio::io_context& context, const HttpAddress& address) {
  try {
    asio::ip::tcp::resolver resolver(context);
    return *resolver.resolve(address.host, address.port).begin();
  } catch (const boost::system::system_error& failure) {
    throw core::Unavailable("bench: cannot resolve " + address.host + ": " +
                            failure.code().message());
  }
}

Shop open_shop(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint, int accounts) {
  Shop shop;
  const std::string run = core::new_uuid_v7().to_string();
  std::vector<std::unique_ptr<HttpConnection>> connections;
  const int share = (accounts + kConnections - 1) / kConnections;
  const auto new_connection = [&]() -> HttpConnection& {
    return *connections.emplace_back(std::make_unique<HttpConnection>(context, endpoint));
  };
  asio::co_spawn(context, read_products(new_connection(), shop), rethrow);
  for (int first = 0; first < accounts; first += share) {
    const int last = std::min(first + share, accounts);
    asio::co_spawn(context, create_users(new_connection(), run, first, last, shop), rethrow);
  }
  context.restart();
  try {
    context.run();
  } catch (const boost::system::system_error& failure) {
    throw core::Unavailable("bench: no answer at port " + std::to_string(endpoint.port()) + " (" +
                            failure.code().message() +
                            "); start an instance with ./orderflow up, or leave out --url");
  } catch (const json::exception& failure) {
    throw core::Unavailable(std::string("bench: an answer is not what was expected: ") +
                            failure.what());
  }
  return shop;
}

std::string OrderMaker::next_request() {
  const std::size_t items = 1 + below(3);
  const std::size_t first = below(shop_.product_ids.size());
  std::string body =
      R"({"user_id":")" + shop_.user_ids[below(shop_.user_ids.size())] + R"(","items":[)";
  for (std::size_t i = 0; i < items; ++i) {
    // Neighbours, so that no product stands twice in an order.
    if (i > 0) body += ',';
    body += R"({"product_id":")" + shop_.product_ids[(first + i) % shop_.product_ids.size()] +
            R"(","quantity":)" + std::to_string(1 + below(3)) + '}';
  }
  body += R"(],"delivery_address":{"name":"Load Generator","line1":"1 Measured Mile",)"
          R"("city":"Springfield","postal_code":"12345","country":"US"}})";
  return make_request("POST", "/orders", body);
}

}  // namespace orderflow::bench
