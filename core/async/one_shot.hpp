#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace orderflow::core {

namespace asio = boost::asio;

// A value made on another thread that one coroutine waits for. The coroutine resumes on its own
// executor. Whoever produces the value keeps a shared_ptr and calls set() once, from any thread;
// when the waiting request was cancelled meanwhile, since its deadline has passed or its client has
// left, the value is dropped. Whoever has not begun to make it asks abandoned() first.
template <typename T>
class OneShot : public std::enable_shared_from_this<OneShot<T>> {
 public:
  void set(T value) {
    std::unique_lock lock(mutex_);
    value_.emplace(std::move(value));
    Waiter waiter = std::exchange(waiter_, Waiter());
    lock.unlock();
    if (waiter) resume(std::move(waiter), {});
  }

  // Whether nobody waits for the value any more. Safe from any thread.
  [[nodiscard]] bool abandoned() const {
    const std::lock_guard lock(mutex_);
    return abandoned_;
  }

  // One waiter, once. Throws boost::system::system_error(operation_aborted) when cancelled, also
  // when that was before it began to wait: a cancellation strikes once.
  static asio::awaitable<T> wait(std::shared_ptr<OneShot> self) {
    self->executor_ = co_await asio::this_coro::executor;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      self->cancel();
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    auto start = [raw = self.get()](auto handler) { raw->start(std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Error)>(start,
                                                                              asio::use_awaitable);
    co_return std::move(*self->value_);
  }

 private:
  using Error = boost::system::error_code;
  using Waiter = asio::any_completion_handler<void(Error)>;

  void start(Waiter waiter) {
    auto slot = asio::get_associated_cancellation_slot(waiter);
    std::unique_lock lock(mutex_);
    if (value_) {
      lock.unlock();
      resume(std::move(waiter), {});
      return;
    }
    waiter_ = std::move(waiter);
    lock.unlock();
    if (slot.is_connected()) {
      slot.assign([weak = this->weak_from_this()](asio::cancellation_type /*type*/) {
        if (const auto self = weak.lock()) self->cancel();
      });
    }
  }

  void cancel() {
    std::unique_lock lock(mutex_);
    abandoned_ = true;
    Waiter waiter = std::exchange(waiter_, Waiter());
    lock.unlock();
    if (waiter) resume(std::move(waiter), asio::error::operation_aborted);
  }

  void resume(Waiter waiter, Error error) {
    asio::post(executor_,
               [waiter = std::move(waiter), error]() mutable { std::move(waiter)(error); });
  }

  asio::any_io_executor executor_;  // the waiting coroutine's; set before there is a waiter
  mutable std::mutex mutex_;
  std::optional<T> value_;
  Waiter waiter_;
  bool abandoned_ = false;
};

}  // namespace orderflow::core
