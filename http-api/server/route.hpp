#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json/document.hpp"
#include "core/observe/trace.hpp"
#include "core/values/time.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// Who may call a route.
enum class Scope : std::uint8_t { kPublic, kOperator };

// Whether a route reads a body: none, JSON, or JSON that may be left out (an empty object then).
enum class BodyUse : std::uint8_t { kNone, kJson, kOptionalJson };

// Whether a route takes an Idempotency-Key.
enum class KeyUse : std::uint8_t { kNone, kOptional, kRequired };

// When a key is looked up: before the request is judged, or only where it would be refused, since
// the claim is batched itself and finds what the key stands for in the same round trip.
enum class KeyLookUp : std::uint8_t { kFirst, kWhenRefused };

// What holds for a route before its handler runs. Middleware acts on it; handlers need not know.
struct Policy {
  std::string_view context;   // The bounded context that answers, e.g. "orders".
  std::string_view resource;  // What the path's `{id}` names, for its 404: "order".
  Scope scope = Scope::kPublic;
  BodyUse body = BodyUse::kNone;
  KeyUse key = KeyUse::kNone;
  KeyLookUp key_look_up = KeyLookUp::kFirst;
  std::string_view keys_of;  // What keeps the keys, by name; empty: the context that answers.
  bool sheds_load = false;   // Refused with 429 while what was accepted waits too long.
  bool when_full = false;    // Answered also to clients beyond the limit of connections.

  [[nodiscard]] std::string_view key_context() const { return keys_of.empty() ? context : keys_of; }
};

struct KeyTable;  // http-api/middleware/key_table.hpp

// A client's promise that requests with one key are one request. Kept with the hash of what was
// asked, in the transaction of the effect it guards.
struct IdempotencyKey {
  std::string scope;  // route and caller
  std::string key;
  std::string request_hash;         // 32 bytes
  const KeyTable* table = nullptr;  // Where it is claimed. Lives as long as the program.
};

// Asked once a request was read without fault, before its handler.
class Admission {
 public:
  virtual ~Admission() = default;
  // An answer instead of the handler's, or nothing.
  [[nodiscard]] virtual asio::awaitable<std::optional<Response>> answer_instead() = 0;
};

using PathParams = std::vector<std::pair<std::string_view, std::string_view>>;

// One request on its way through middleware and handler, each of which adds what it found out.
// Lives on the connection's thread; a handler may keep references to it across co_await, but must
// not hand them to other threads.
struct RequestContext {
  const Request& request;
  std::string_view route;  // the pattern, e.g. "/orders/{id}"
  const Policy& policy;
  PathParams params{};
  Client* client = nullptr;  // Null in tests that have no connection.

  core::Trace trace{};
  std::string caller = "anonymous";  // the scope of idempotency keys
  std::string actor;                 // an operator's name; empty on routes for everybody
  core::JsonDocument body;           // parsed where the policy says that there is one
  std::optional<IdempotencyKey> key;
  Admission* admission = nullptr;   // of whatever surrounds the handler
  bool judged = false;              // the handler was asked
  std::optional<Problem> overload;  // why it is refused, unless its key is known
  std::optional<Problem> refusal;   // why no route answers

  // Empty when the pattern has no such name.
  [[nodiscard]] std::string_view param(std::string_view name) const;

  // See Client.
  void wait_on_purpose(core::Duration extra, std::function<void()> on_leaving) const {
    if (client != nullptr) client->wait_on_purpose(extra, std::move(on_leaving));
  }
  [[nodiscard]] bool client_left() const { return client != nullptr && client->left(); }
};

using Handler = std::function<asio::awaitable<Response>(RequestContext&)>;

// One row of the routing table. `{name}` in the pattern matches one whole path segment.
struct Route {
  Method method;
  std::string pattern;
  Handler handler;
  Policy policy;
};

// What surrounds the handlers of routes: given a route and the handler so far, the handler around
// it; `next` itself where the route's policy asks for nothing. Called once a route, at start.
using Middleware = std::function<Handler(const Route& route, Handler next)>;

}  // namespace orderflow::http_api
