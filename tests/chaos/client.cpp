#include "tests/chaos/client.hpp"

#include <algorithm>

#include "tests/support/shop.hpp"

namespace orderflow::chaos {
namespace {

using nlohmann::json;

constexpr Millis kAnswerPatience{5'000};
constexpr Millis kBeforeRepeat{100};
// So that what is paid in keeps step with what is spent: in a run of any length most orders find
// enough, and some do not.
constexpr int kDepositMax = 50'000;
constexpr std::size_t kRecent = 60;
// Requests; then a new connection, so that one which is refused is met as well as one that breaks.
constexpr std::int64_t kPerConnection = 20;

// Neither done nor refused: the client is asked to come again, or was not heard.
bool undecided(int status) { return status >= 500 || status == 429 || status == 408; }

}  // namespace

void Client::run(const std::stop_token& stop, std::atomic<std::int64_t>& accepted) {
  while (!stop.stop_requested()) {
    const int what = dice_.between(1, 100);
    if (what <= 70 || ids_.empty()) {
      place(accepted);
    } else if (what <= 78) {
      adjust();
    } else {
      follow_up();
    }
    rest(stop, setup_.pause);
  }
}

void Client::rest(const std::stop_token& stop, Millis pause) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, pause, [] { return false; });
}

std::optional<Answer> Client::insist(const std::string& method, const std::string& target,
                                     const json& body) {
  testing::Headers headers;
  if (method == "POST") headers["Idempotency-Key"] = testing::fresh_key();
  const std::string text = body.is_null() ? "" : body.dump();
  while (!given_up_) {
    if (++sent_ % kPerConnection == 0) session_.disconnect();
    const auto answer = session_.try_request(method, target, text, headers, kAnswerPatience);
    if (answer && !undecided(answer->status)) return answer;
    ++repeats_;
    rest({}, kBeforeRepeat);
  }
  return std::nullopt;
}

void Client::place(std::atomic<std::int64_t>& accepted) {
  const Product& product = dice_.pick(setup_.products);
  // Magic totals (domain/README.md) count for single pieces only.
  const int quantity = product.price % 100 == 0 ? dice_.between(1, 3) : 1;
  json body = testing::Shop::order_body(setup_.user_id, product.id, quantity);
  if (dice_.chance(8)) {
    static const std::vector<std::string> lines{"simulate:no-carrier", "simulate:silent-once",
                                                "simulate:failed-once", "simulate:reply-lost-once"};
    body["delivery_address"]["line2"] = dice_.pick(lines);
  }
  const auto answer = insist("POST", "/orders", body);
  if (!answer) return;
  const json order = json::parse(answer->body, nullptr, false);
  if (answer->status != 202 || !order.contains("id")) {
    problems_.push_back("POST /orders: " + std::to_string(answer->status) + " " + answer->body);
    return;
  }
  const std::string id = order["id"];
  totals_[id] = product.price * quantity;
  ids_.push_back(id);
  ++accepted;
  if (dice_.chance(10)) ask("/orders/" + id + "/cancel", nullptr, {"", "cancel", id, 0});
}

void Client::adjust() {
  const std::int64_t amount =
      dice_.chance(60) ? dice_.between(1'000, kDepositMax) : -dice_.between(1, 2'000);
  const auto answer = insist("POST", "/users/" + setup_.user_id + "/balance",
                             {{"amount", amount}, {"currency", "USD"}, {"reason", "chaos"}});
  if (!answer) return;
  if (answer->status == 200) {
    adjusted_ += amount;
  } else if (answer->status != 409) {
    problems_.push_back("POST balance: " + std::to_string(answer->status) + " " + answer->body);
  }
}

void Client::follow_up() {
  const std::size_t recent = std::min(kRecent, ids_.size());
  const std::string id = ids_[ids_.size() - 1 - dice_.below(recent)];
  const auto answer = insist("GET", "/orders/" + id);
  if (!answer) return;
  const json order = json::parse(answer->body, nullptr, false);
  if (answer->status != 200 || !order.contains("status")) {
    problems_.push_back("an accepted order cannot be read: " + id + ": " +
                        std::to_string(answer->status) + " " + answer->body);
    return;
  }
  const std::string status = order["status"];
  if (status == "PAYMENT_FAILED") {
    const char* verb = dice_.chance(70) ? "retry" : "cancel";
    ask("/orders/" + id + "/" + verb, nullptr, {"", verb, id, 0});
  } else if (status == "DELIVERED" && order["payment_id"].is_string()) {
    const auto amount =
        static_cast<std::int64_t>(dice_.below(static_cast<std::uint64_t>(totals_[id])) + 1);
    ask("/refunds",
        {{"payment_id", order["payment_id"]},
         {"amount", testing::money(amount)},
         {"reason", "chaos"}},
        {"", "refund", id, amount});
  } else if (dice_.chance(30)) {
    ask("/orders/" + id + "/cancel", nullptr, {"", "cancel", id, 0});
  }
}

void Client::ask(const std::string& target, const json& body, Job job) {
  const auto answer = insist("POST", target, body);
  if (!answer || answer->status == 409) return;
  const std::string location = answer->header("location");
  if (answer->status != 202 || !location.starts_with("/jobs/")) {
    problems_.push_back("POST " + target + ": " + std::to_string(answer->status) + " " +
                        answer->body);
    return;
  }
  job.id = location.substr(std::string("/jobs/").size());
  jobs_.push_back(std::move(job));
}

}  // namespace orderflow::chaos
