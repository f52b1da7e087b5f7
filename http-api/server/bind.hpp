#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "core/values/uuid.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/query_reader.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// What a handler takes out of a request, by the types of its parameters (as extractors of axum do):
//
//   asio::awaitable<Checked<Response>> get(Path<core::Uuid> id, Query<StatusQuery> query);
//   ... {Method::kGet, "/orders/{id}/status", bind(front, &Orders::get), {...}}
//
// A request that does not have it is refused before the handler runs. `const RequestContext&` is
// the request itself.

// The `{id}` of the path; 404 when it is none, for then there is no such thing.
template <typename T>
struct Path {
  T value;
};
// The query, read by `static T T::read(QueryReader&)`, or the page of a list. Without it a query is
// refused.
template <typename T>
struct Query {
  T value;
};
// The body, read by `static T T::read(BodyReader&)`; needs a policy with a body.
template <typename T>
struct Body {
  T value;
};

namespace detail {

template <typename T>
struct Extract;

template <>
struct Extract<const RequestContext&> {
  using Held = const RequestContext*;
  static Held from(RequestContext& context, std::optional<Problem>& /*problem*/) {
    return &context;
  }
  static const RequestContext& pass(Held held) { return *held; }
};

template <>
struct Extract<Path<core::Uuid>> {
  using Held = Path<core::Uuid>;
  static Held from(RequestContext& context, std::optional<Problem>& problem) {
    const auto id = core::Uuid::parse(context.param("id"));
    if (!id && !problem) problem = not_found(context.policy.resource);
    return {id.value_or(core::Uuid{})};
  }
  static Held pass(Held& held) { return held; }
};

// Nothing is read once there is a problem.
template <typename Wrapped, typename T>
std::optional<Wrapped> hold(Checked<T> value, std::optional<Problem>& problem) {
  if (value) return Wrapped{std::move(*value)};
  problem = std::move(value.error());
  return std::nullopt;
}

template <typename T>
struct Extract<Query<T>> {
  using Held = std::optional<Query<T>>;
  static Held from(RequestContext& context, std::optional<Problem>& problem) {
    return problem ? Held() : hold<Query<T>>(read_query<T>(context), problem);
  }
  static Query<T> pass(Held& held) { return std::move(*held); }
};

template <typename T>
struct Extract<Body<T>> {
  using Held = std::optional<Body<T>>;
  static Held from(RequestContext& context, std::optional<Problem>& problem) {
    return problem ? Held() : hold<Body<T>>(read_body<T>(context.body), problem);
  }
  static Body<T> pass(Held& held) { return std::move(*held); }
};

template <typename T>
struct IsQuery : std::false_type {};
template <typename T>
struct IsQuery<Query<T>> : std::true_type {};

// A parameter that nobody reads would be a typo that passes silently.
inline std::optional<Problem> refuse_query(const RequestContext& context) {
  return context.request.query.empty() ? std::nullopt : QueryReader(context).finish();
}

template <typename Front, typename... Arguments>
asio::awaitable<Response> call(std::shared_ptr<Front> front,
                               asio::awaitable<Checked<Response>> (Front::*method)(Arguments...),
                               RequestContext& context) {
  std::optional<Problem> problem;
  if constexpr (!(IsQuery<Arguments>::value || ...)) problem = refuse_query(context);
  // A braced list is evaluated from left to right: the first refusal is the answer.
  std::tuple<typename Extract<Arguments>::Held...> held{
      Extract<Arguments>::from(context, problem)...};
  if (problem) co_return problem_response(*problem, context.trace.correlation_id);
  if (context.admission != nullptr) {
    if (auto instead = co_await context.admission->answer_instead()) {
      co_return std::move(*instead);
    }
  }
  context.judged = true;
  auto answer = std::apply(
      [&](auto&... values) { return (front.get()->*method)(Extract<Arguments>::pass(values)...); },
      held);
  Checked<Response> result = co_await std::move(answer);
  if (result) co_return std::move(*result);
  co_return problem_response(result.error(), context.trace.correlation_id);
}

}  // namespace detail

// A handler that calls `method` with what it takes out of the request; it keeps `front` alive.
template <typename Front, typename... Arguments>
[[nodiscard]] Handler bind(std::shared_ptr<Front> front,
                           asio::awaitable<Checked<Response>> (Front::*method)(Arguments...)) {
  return [front = std::move(front), method](RequestContext& context) {
    return detail::call<Front, Arguments...>(front, method, context);
  };
}

}  // namespace orderflow::http_api
