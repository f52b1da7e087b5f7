#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/http_connection.hpp"
#include "bench/options.hpp"

namespace orderflow::bench {

// Who buys and what there is: accounts of this run's own, and the products that are available.
struct Shop {
  std::vector<std::string> user_ids;
  std::vector<std::string> product_ids;
};

[[nodiscard]] asio::ip::tcp::endpoint resolve(asio::io_context& context,
                                              const HttpAddress& address);

// Creates `accounts` users whose money never runs out, and reads the catalogue. Blocks. Throws
// core::Unavailable when the instance does not answer as openapi.json says.
[[nodiscard]] Shop open_shop(asio::io_context& context, const asio::ip::tcp::endpoint& endpoint,
                             int accounts);

// Orders of one to three items for a user chosen at random; the same seed gives the same orders.
// One thread at a time.
class OrderMaker {
 public:
  OrderMaker(const Shop& shop, unsigned seed) : shop_(shop), random_(seed) {}

  // The whole request, ready to send.
  [[nodiscard]] std::string next_request();

 private:
  [[nodiscard]] std::size_t below(std::size_t count) { return random_() % count; }

  const Shop& shop_;
  std::minstd_rand random_;
};

}  // namespace orderflow::bench
