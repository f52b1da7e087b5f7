#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace orderflow::core {

namespace asio = boost::asio;

// Asks all of them at the same time and returns the first value; the others are cancelled. Empty
// when none has one. When one failed and no other has a value, its failure is thrown: it might have
// had it. `T` can be default-constructed.
template <typename T>
asio::awaitable<std::optional<T>> first_hit(std::vector<asio::awaitable<std::optional<T>>> asked) {
  const auto executor = co_await asio::this_coro::executor;
  using Asking = decltype(asio::co_spawn(
      executor, std::declval<asio::awaitable<std::optional<T>>>(), asio::deferred));
  std::vector<Asking> all;
  all.reserve(asked.size());
  for (auto& one : asked) all.push_back(asio::co_spawn(executor, std::move(one), asio::deferred));
  if (all.empty()) co_return std::nullopt;
  const auto until_hit = [](const std::exception_ptr& failure, const std::optional<T>& value) {
    return !failure && value ? asio::cancellation_type::all : asio::cancellation_type::none;
  };
  auto group = asio::experimental::make_parallel_group(std::move(all));
  auto [order, failures, values] = co_await group.async_wait(until_hit, asio::use_awaitable);
  for (const std::size_t i : order) {
    if (!failures[i] && values[i]) co_return std::move(values[i]);
  }
  for (const std::size_t i : order) {
    if (failures[i]) std::rethrow_exception(failures[i]);
  }
  co_return std::nullopt;
}

}  // namespace orderflow::core
