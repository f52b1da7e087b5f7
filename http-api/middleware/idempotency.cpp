#include <exception>
#include <stdexcept>

#include "core/values/failure.hpp"
#include "http-api/middleware/idempotency_key.hpp"
#include "http-api/middleware/middleware.hpp"

namespace orderflow::http_api {
namespace {

// Answers a known key, before the handler judges the request.
class LookUpFirst final : public Admission {
 public:
  LookUpFirst(KeyStore& store, const RequestContext& context) : store_(store), context_(context) {}

  asio::awaitable<std::optional<Response>> answer_instead() override;

 private:
  KeyStore& store_;
  const RequestContext& context_;
};

Response refused(const Problem& problem, const RequestContext& context) {
  return problem_response(problem, context.trace.correlation_id);
}

// The answer of a key that stands for something, or does not serve this request.
std::optional<Response> answer_of(KnownKey known, const RequestContext& context) {
  if (!known) return refused(known.error(), context);
  if (!*known) return std::nullopt;
  return replayed(std::move(**known));
}

asio::awaitable<std::optional<Response>> LookUpFirst::answer_instead() {
  auto found = co_await store_.find(*context_.key);
  auto answer = answer_of(std::move(found), context_);
  if (!answer && context_.overload) answer = refused(*context_.overload, context_);
  co_return answer;
}

// One request with a key. Refusals of its form (401, 403, 405, 413, 415, field errors) touch no
// key. Then a known key is answered. Else the handler judges the request, and the transaction of
// its effect claims the key (keyed_write, OrderWriter). What the handler refuses may be what a twin
// of the request has just achieved, so the key is settled first: claimed, which waits for a twin
// under way, and rolled back. Only accepted answers are kept.
asio::awaitable<Response> keyed(const Handler& next, KeyStore& store, RequestContext& context) {
  const bool looks_first = context.policy.key_look_up == KeyLookUp::kFirst;
  LookUpFirst look_up(store, context);
  if (looks_first || context.overload) context.admission = &look_up;
  std::exception_ptr failure;
  Response response;
  try {
    response = co_await next(context);
  } catch (const core::Unavailable&) {
    failure = std::current_exception();
  }
  const bool failed = failure || response.status >= 500 || response.status == 429;
  if (context.judged && failed && !looks_first) {
    auto found = co_await store.find(*context.key);
    if (auto known = answer_of(std::move(found), context)) co_return std::move(*known);
  }
  if (failure) std::rethrow_exception(failure);
  if (context.judged && !failed && response.status >= 400) {
    auto settled = co_await store.settle(*context.key);
    if (auto known = answer_of(std::move(settled), context)) co_return std::move(*known);
  }
  co_return response;
}

asio::awaitable<Response> refused_key(Problem problem, const RequestContext& context) {
  co_return refused(problem, context);
}

KeyStore& store_of(const Route& route, const KeyStores& stores) {
  const auto found = stores.find(route.policy.key_context());
  if (found == stores.end()) {
    throw std::logic_error(route.pattern + " takes an Idempotency-Key, and nothing keeps it");
  }
  return *found->second;
}

}  // namespace

Middleware idempotency(KeyStores stores) {
  return [stores = std::move(stores)](const Route& route, Handler next) -> Handler {
    if (route.policy.key == KeyUse::kNone) return next;
    return [&store = store_of(route, stores), next = std::move(next)](RequestContext& context) {
      auto key = read_idempotency_key(context);
      if (!key) return refused_key(std::move(key.error()), context);
      if (!*key) return next(context);
      context.key = std::move(*key);
      context.key->table = store.table();
      return keyed(next, store, context);
    };
  };
}

}  // namespace orderflow::http_api
