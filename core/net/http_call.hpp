#pragma once

#include <boost/beast/http/verb.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/values/result.hpp"

namespace orderflow::core {

// A request to an HTTP service.
struct HttpCall {
  boost::beast::http::verb method = boost::beast::http::verb::get;
  std::string path;  // Behind the service's own; begins with a slash.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool repeatable = true;  // To send it twice does no more than to send it once.
};

// What the service answered, whatever its status.
struct HttpAnswer {
  unsigned status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string body;
};

// Why there is no answer: the code of the error, and the label `outcome` of the metrics.
namespace call_failure {
inline constexpr const char* kUnreachable = "unreachable";  // Its name or its port.
inline constexpr const char* kTls = "tls";                  // No, or a wrong, certificate.
inline constexpr const char* kTimedOut = "timed_out";
inline constexpr const char* kCutOff = "cut_off";    // In the middle of an exchange.
inline constexpr const char* kNotHttp = "not_http";  // The answer cannot be read.
inline constexpr const char* kTooLarge = "too_large";
inline constexpr const char* kRedirected = "redirected";  // Elsewhere, where nobody follows.
inline constexpr const char* kEncoded = "encoded";        // Compressed, though not asked for.
inline constexpr const char* kBreakerOpen = "breaker_open";
inline constexpr const char* kBusy = "busy";  // So many calls are under way that this one waited.
}  // namespace call_failure

}  // namespace orderflow::core
