// The way of a request up to the first I/O: bytes on the wire → session → dispatcher → router →
// query, body and header rules → answer on the wire. An input is all that one client sends. The
// session, dispatcher and router are the server's own; the routes below apply the front ends' rules
// and answer with what they understood, where a front end would go to the database.
#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "http-api/middleware/middleware.hpp"
#include "http-api/orders/place_order.hpp"
#include "http-api/server/bind.hpp"
#include "http-api/server/conditional.hpp"
#include "saga/order/state.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json_differential.hpp"
#include "tests/support/wire.hpp"

namespace orderflow::fuzz {
namespace {

using namespace http_api;
using nlohmann::json;

// Small, so that short inputs reach them.
constexpr std::size_t kHeaderBytesMax = 1024;
constexpr std::size_t kBodyBytesMax = 2048;
constexpr std::size_t kFramingBytesMax = 512;
// Of a connection: one read, a hundred headers and the above.
constexpr std::size_t kMemoryMax = 32'768;
// Too short for a request that is answered and leaves the connection open.
constexpr std::size_t kEndlessBytes = 16;

// ---- routes -------------------------------------------------------------------------------------

// Every price, currency and availability there can be, from the id alone.
PricedProduct product_of(const core::Uuid& id) {
  PricedProduct product{"product", 0, (id.bytes[8] & 1) != 0 ? "EUR" : "USD", id.bytes[9] != 0};
  std::memcpy(&product.price, id.bytes.data(), sizeof product.price);
  product.price &= std::numeric_limits<std::int64_t>::max();
  return product;
}

void check_order(const PlaceOrder& order) {
  require(!order.items.empty() && order.items.size() <= kItemsMax, "the items are bounded");
  for (const OrderItem& item : order.items) {
    require(item.quantity >= 1 && item.quantity <= kQuantityMax, "quantities are bounded");
  }
  require(json::parse(order.delivery_address, nullptr, false).is_object(),
          "the address is stored as JSON", order.delivery_address);
}

struct AskOrder {
  std::string reason;

  static AskOrder read(BodyReader& body) {
    const TextRule rule{.characters_max = 50, .may_be_empty = true, .multiline = true};
    const auto reason = body.text("reason", rule, Presence::kOptional);
    const auto status = body.text("status", {.characters_max = 40}, Presence::kOptional);
    if (status && !saga::parse_order_status(*status)) body.error("status", "is not a status");
    return {reason.value_or("")};
  }
};

struct Adjust {
  std::optional<core::Money> amount;
  std::optional<std::string> currency;

  static Adjust read(BodyReader& body) {
    return {body.money("amount", 0), body.currency("currency")};
  }
};

struct Filter {
  std::string words;
  PageRequest page;

  static Filter read(QueryReader& query) {
    (void)query.uuid("user_id");
    (void)query.text("status");
    (void)query.time("from");
    (void)query.boolean("available");
    (void)query.wait(std::chrono::seconds{30});
    return {query.text("q").value_or(""), query.page()};
  }
};

// The product's rules behind its own binding of requests to handlers, without a database.
class Rules {
 public:
  asio::awaitable<Checked<Response>> place(const RequestContext& context, Body<PlaceOrder> body) {
    const PlaceOrder& order = body.value;
    check_json_agrees(context.request.body);
    check_order(order);
    std::vector<PricedProduct> products;
    for (const OrderItem& item : order.items) products.push_back(product_of(item.product_id));
    auto priced = price_items(order.items, products);
    if (!priced) co_return refuse(std::move(priced.error()));
    require(priced->total >= 0, "a total never wraps around");
    co_return json_response(
        JsonObject()
            .field("items", RawJson{priced->json})
            .field("delivery_address", RawJson{order.delivery_address})
            .field("special_instructions", order.special_instructions.value_or(""))
            .text(),
        202);
  }

  asio::awaitable<Checked<Response>> ask(Path<core::Uuid> /*id*/, Body<AskOrder> body) {
    co_return json_response(JsonObject().field("reason", body.value.reason).text(), 202);
  }

  asio::awaitable<Checked<Response>> adjust(Body<Adjust> body) {
    const auto& [amount, currency] = body.value;
    require(amount && currency && amount->amount >= 0, "without errors there are values");
    co_return json_response(JsonObject().field("amount", *amount).text());
  }

  asio::awaitable<Checked<Response>> list(Query<Filter> query) {
    const PageRequest& page = query.value.page;
    require(page.limit >= 1 && page.limit <= kPageLimitMax, "a page is bounded");
    JsonArray items;
    items.add(JsonObject().field("q", query.value.words).text());
    co_return page_response(items, page, page.after);
  }

  asio::awaitable<Checked<Response>> get(const RequestContext& context, Path<core::Uuid> id) {
    const std::string etag = etag_of(1);
    if (Preconditions(context.request).fail(etag)) co_return refuse(precondition_failed());
    Response response = json_response(JsonObject().field("id", id.value).text());
    if (not_modified(context.request, etag)) response = json_response("", 304);
    response.with("ETag", etag);
    co_return response;
  }
};

// Every key is free.
class FreeKeys final : public KeyStore {
 public:
  std::string_view name() const override { return "fuzz"; }
  const KeyTable* table() const override { return &kKeyTable<"fuzz">; }
  asio::awaitable<KnownKey> find(const IdempotencyKey& /*key*/) override { co_return KnownKey(); }
  asio::awaitable<KnownKey> settle(const IdempotencyKey& /*key*/) override { co_return KnownKey(); }
};

std::vector<Route> routes() {
  const auto rules = std::make_shared<Rules>();
  constexpr Policy kRead{.resource = "order"};
  constexpr Policy kPlace{.resource = "order", .body = BodyUse::kJson, .key = KeyUse::kOptional};
  constexpr Policy kAsk{.resource = "order", .body = BodyUse::kOptionalJson};
  constexpr Policy kAdjust{.resource = "user", .body = BodyUse::kJson, .key = KeyUse::kRequired};
  return {{Method::kPost, "/orders", bind(rules, &Rules::place), kPlace},
          {Method::kGet, "/orders", bind(rules, &Rules::list), kRead},
          {Method::kGet, "/orders/{id}", bind(rules, &Rules::get), kRead},
          {Method::kPost, "/orders/{id}/cancel", bind(rules, &Rules::ask), kAsk},
          {Method::kPut, "/orders/{id}/status", bind(rules, &Rules::ask), kAsk},
          {Method::kPost, "/users/{id}/balance", bind(rules, &Rules::adjust), kAdjust}};
}

// ---- answers ------------------------------------------------------------------------------------

void check_header_line(std::string_view line) {
  const auto colon = line.find(": ");
  require(colon != std::string_view::npos && colon > 0, "a header has name and value", line);
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    require(byte >= 0x20 && byte < 0x7f, "a header is printable ASCII", line);
  }
}

// Cuts one answer off the front. A HEAD request's has no body; all bodies here are JSON objects, so
// the next byte tells.
void take_answer(std::string_view& wire) {
  const auto end = wire.find("\r\n\r\n");
  require(end != std::string_view::npos && wire.starts_with("HTTP/1.1 "), "an answer is whole",
          wire);
  std::string_view head = wire.substr(0, end + 2);
  wire.remove_prefix(end + 4);
  const int status = std::atoi(head.substr(9, 3).data());
  require(reason_phrase(status) != "Unknown" && status != 500, "a status is a known one", head);
  std::size_t length = 0;
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    check_header_line(line);
    constexpr std::string_view kLength = "Content-Length: ";
    if (line.starts_with(kLength)) length = std::strtoul(line.data() + kLength.size(), nullptr, 10);
  }
  if (!wire.starts_with('{')) return;
  require(wire.size() >= length, "a body is as long as announced", wire);
  const json body = json::parse(wire.substr(0, length), nullptr, false);
  require(body.is_object(), "a body is JSON", wire.substr(0, length));
  require(status < 400 || body.value("status", 0) == status, "a problem names its status", wire);
  wire.remove_prefix(length);
}

// ---- the wire -----------------------------------------------------------------------------------

ServerOptions small_server() {
  ServerOptions options;
  options.header_bytes_max = kHeaderBytesMax;
  options.body_bytes_max = kBodyBytesMax;
  options.framing_bytes_max = kFramingBytesMax;
  return options;
}

const Dispatcher& dispatcher() {
  static core::Logger logger("fuzz", core::LogLevel::kError);
  static core::Metrics metrics("fuzz");
  static FreeKeys keys;
  static const Dispatcher one(
      routes(), {request_metrics(metrics, "fuzz"), correlation(), error_boundary(logger),
                 json_body(), idempotency({{"", &keys}})});
  return one;
}

// Where the network cuts a request must not matter; the length chooses. Some clients never end what
// they have begun.
testing::WireInput wire_input(std::string_view bytes) {
  const bool endless = bytes.size() % 8 == 0;
  const auto tail = bytes.size() - std::min(bytes.size(), kEndlessBytes);
  return {bytes, endless ? bytes.substr(tail) : std::string_view(), 1 + (bytes.size() % 600)};
}

}  // namespace
}  // namespace orderflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orderflow::fuzz;
  static const orderflow::http_api::ServerOptions options = small_server();
  const auto outcome =
      orderflow::testing::Wire(options, dispatcher()).run(wire_input(text_of(data, size)));
  require(!outcome.failure, "a connection ends without an exception");
  require(!outcome.gave_up, "a connection ends when its client has left or never ends");
  require(outcome.memory_max <= kMemoryMax, "a connection's memory is bounded");
  std::string_view wire = outcome.answers;
  while (!wire.empty()) take_answer(wire);
  return 0;
}
