#include "bench/http_answer.hpp"

#include <algorithm>
#include <cctype>

#include "core/values/number.hpp"

namespace orderflow::bench {
namespace {

// Answers of this API are a few kilobytes; more means that we talk to something else.
constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kBodyBytesMax = 4 * 1024 * 1024;
constexpr std::string_view kLineEnd = "\r\n";

bool same_name(std::string_view name, std::string_view lower_case) {
  return std::equal(
      name.begin(), name.end(), lower_case.begin(), lower_case.end(),
      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

core::Error not_http(std::string_view what) {
  return {"not_http", "the answer is not what an HTTP/1.1 server sends: " + std::string(what),
          "check --url", false};
}

struct Head {
  HttpAnswer answer;
  std::optional<std::size_t> body_size;
};

// One header line; those that do not matter here are passed over.
bool read_header(std::string_view line, Head& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (same_name(name, "content-length")) {
    head.body_size = core::parse_number<std::size_t>(value);
    if (!head.body_size || *head.body_size > kBodyBytesMax) return false;
  } else if (same_name(name, "location")) {
    head.answer.location = value;
  } else if (same_name(name, "retry-after")) {
    // The other legal form, a date, is not what our server sends; it counts as "not given".
    using Seconds = decltype(head.answer.retry_after_s);
    head.answer.retry_after_s = core::parse_number<Seconds>(value).value_or(0);
  } else if (same_name(name, "connection")) {
    head.answer.keep_alive = !same_name(value, "close");
  }
  return true;
}

}  // namespace

core::Result<std::optional<HttpAnswer>> parse_answer(std::string_view bytes) {
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    if (bytes.size() > kHeadBytesMax) return tl::unexpected(not_http("an endless header"));
    return std::nullopt;
  }
  // "HTTP/1.1 202 Accepted"
  Head head;
  auto rest = bytes.substr(0, head_end + kLineEnd.size());
  const auto status = rest.size() < 12 || !rest.starts_with("HTTP/1.")
                          ? std::nullopt
                          : core::parse_number<int>(rest.substr(9, 3));
  if (!status) return tl::unexpected(not_http("its first line"));
  head.answer.status = *status;
  rest.remove_prefix(rest.find(kLineEnd) + kLineEnd.size());
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find(kLineEnd));
    if (!read_header(line, head)) return tl::unexpected(not_http("its header"));
    rest.remove_prefix(line.size() + kLineEnd.size());
  }
  if (head.answer.status == 204 || head.answer.status == 304) head.body_size = 0;
  if (!head.body_size) return tl::unexpected(not_http("no Content-Length"));
  const std::size_t body_start = head_end + 4;
  if (bytes.size() - body_start < *head.body_size) return std::nullopt;
  head.answer.body = bytes.substr(body_start, *head.body_size);
  head.answer.size = body_start + *head.body_size;
  return head.answer;
}

}  // namespace orderflow::bench
