#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "core/values/failure.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

class ErrorBoundary {
 public:
  explicit ErrorBoundary(core::Logger& logger) : logger_(logger) {}

  asio::awaitable<Response> guard(const Handler& next, RequestContext& context) const {
    std::exception_ptr failure;
    try {
      co_return co_await next(context);
    } catch (...) {
      failure = std::current_exception();
    }
    co_return problem_response(problem_of(failure, context), context.trace.correlation_id);
  }

 private:
  [[nodiscard]] Problem problem_of(const std::exception_ptr& failure,
                                   const RequestContext& context) const {
    try {
      std::rethrow_exception(failure);
    } catch (const core::Unavailable& error) {
      logger_.log(core::LogLevel::kWarning, "a request could not be served", context.trace,
                  {{"route", context.route}, {"error", error.what()}});
      return unavailable("A part this needs is down or busy; try again shortly.");
    } catch (const core::UnreadableRow& error) {
      logger_.log(core::LogLevel::kError, "a stored row cannot be read", context.trace,
                  {{"route", context.route}, {"error", error.what()}});
      return {500, "internal",
              "What is stored of " + error.subject() +
                  " cannot be read; trying again does not help until an operator has mended it."};
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::operation_aborted) return internal(error, context);
      if (context.client_left()) return client_left(context);
      logger_.log(core::LogLevel::kWarning, "a request passed its deadline", context.trace,
                  {{"route", context.route}});
      return unavailable("The answer took too long; try again. What was asked may have happened.");
    } catch (const std::exception& error) {
      return internal(error, context);
    }
  }

  // Nobody's failure, and hardly ever read: 499 keeps it apart in the metrics.
  [[nodiscard]] Problem client_left(const RequestContext& context) const {
    logger_.log(core::LogLevel::kDebug, "a client left before its answer", context.trace,
                {{"route", context.route}});
    return {499, "client_left",
            "You closed the connection before the answer; what was asked may have happened.", true};
  }

  [[nodiscard]] Problem internal(const std::exception& error, const RequestContext& context) const {
    logger_.log(core::LogLevel::kError, "a handler failed", context.trace,
                {{"route", context.route}, {"error", error.what()}});
    return {500, "internal", "Something failed inside; report it with the correlation id."};
  }

  core::Logger& logger_;
};

}  // namespace

Middleware error_boundary(core::Logger& logger) {
  const ErrorBoundary boundary(logger);
  return [boundary](const Route&, Handler next) -> Handler {
    return [boundary, next = std::move(next)](RequestContext& context) {
      return boundary.guard(next, context);
    };
  };
}

}  // namespace orderflow::http_api
