#include "http-api/server/request_rules.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <boost/url/authority_view.hpp>
#include <boost/url/grammar/hexdig_chars.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "core/values/uuid.hpp"
#include "http-api/server/conditional.hpp"

namespace orderflow::http_api {
namespace {

// Whose second value somebody on the way may have read instead of the first.
constexpr std::array<std::string_view, 12> kSingleHeaders{
    "Authorization",     "Content-Encoding", "Content-Length",
    "Content-Type",      "Expect",           "Host",
    "Idempotency-Key",   "Last-Event-ID",    "X-Operator",
    "Transfer-Encoding", "X-Correlation-ID", "X-Internal-API-Key"};

bool repeats_single_header(const HeaderList& headers) {
  std::bitset<kSingleHeaders.size()> seen;
  for (const auto& [name, value] : headers) {
    for (std::size_t i = 0; i < kSingleHeaders.size(); ++i) {
      if (!equals_ignoring_case(name, kSingleHeaders[i])) continue;
      if (seen[i]) return true;
      seen.set(i);
    }
  }
  return false;
}

std::optional<std::string_view> value_of(const HeaderList& headers, std::string_view name) {
  for (const auto& [known, value] : headers) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return std::nullopt;
}

// Who sends a condition must not be served without one because it is empty or malformed. Each line
// is judged, and then the list that they are together, in which `*` has no neighbours.
bool is_malformed_condition(const HeaderList& headers, std::string_view name) {
  const bool lines_are_lists = std::all_of(headers.begin(), headers.end(), [&](const auto& header) {
    return !equals_ignoring_case(header.first, name) || is_tag_list(header.second);
  });
  const std::string list = list_of(headers, name);
  return !lines_are_lists || (!list.empty() && !is_tag_list(list));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What an escape such as %41 stands for, when that may be written as it is.
std::optional<char> needless_escape(std::string_view text) {
  using boost::urls::grammar::hexdig_value;
  if (text.size() != 3 || text[0] != '%') return std::nullopt;
  const int high = hexdig_value(text[1]);
  const int low = hexdig_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  const auto c = static_cast<char>(high * 16 + low);
  return boost::urls::unreserved_chars(c) ? std::optional(c) : std::nullopt;
}

// A name or an address, and a port; a list of hosts is none.
bool is_host(std::string_view text) {
  const auto authority = boost::urls::parse_authority(text);
  return authority && !authority->has_userinfo() && text.find(',') == text.npos;
}

std::optional<Refusal> refuse_host(const HeaderList& headers, unsigned version) {
  const auto host = value_of(headers, "Host");
  if (version >= 11 && !host) {
    return Refusal{400, "An HTTP/1.1 request has exactly one Host header."};
  }
  if (host && !is_host(*host)) return Refusal{400, "The Host header is no host and port."};
  return std::nullopt;
}

// How long the body is must be beyond doubt (RFC 9112, 6.1 and 6.3).
std::optional<Refusal> refuse_framing(const HeaderList& headers, unsigned version) {
  const auto length = value_of(headers, "Content-Length");
  if (length && !std::all_of(length->begin(), length->end(), is_digit)) {
    return Refusal{400, "Content-Length must be one number."};
  }
  const auto coding = value_of(headers, "Transfer-Encoding");
  if (!coding) return std::nullopt;
  if (version < 11) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding; use Content-Length."};
  if (length) return Refusal{400, "Send Content-Length or Transfer-Encoding, not both."};
  if (equals_ignoring_case(*coding, "chunked")) return std::nullopt;
  return Refusal{501, "The only Transfer-Encoding this server knows is chunked."};
}

std::optional<Refusal> refuse_expectation(const HeaderList& headers, unsigned version) {
  const auto expected = value_of(headers, "Expect");
  if (version < 11 || !expected || equals_ignoring_case(*expected, "100-continue")) {
    return std::nullopt;
  }
  return Refusal{417, "The only expectation this server meets is 100-continue."};
}

}  // namespace

std::optional<Refusal> refuse_head(const HeaderList& headers, unsigned version) {
  if (repeats_single_header(headers)) {
    return Refusal{400, "A header that may be given once only is given twice."};
  }
  if (auto refusal = refuse_framing(headers, version)) return refusal;
  if (is_malformed_condition(headers, "If-Match") ||
      is_malformed_condition(headers, "If-None-Match")) {
    return Refusal{400,
                   "If-Match and If-None-Match are * or entity tags in quotes, such as \"v1\", or "
                   "are left out."};
  }
  if (auto refusal = refuse_host(headers, version)) return refusal;
  return refuse_expectation(headers, version);
}

std::size_t normalize_target(std::span<char> target) {
  const std::string_view whole(target.data(), target.size());
  const std::string_view path = whole.substr(0, whole.find('?'));
  std::size_t size = 0;
  std::size_t segment = 0;
  const auto end_segment = [&] {
    const auto text = target.subspan(segment, size - segment);
    if (core::Uuid::parse({text.data(), text.size()})) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c; });
    }
    segment = size + 1;
  };
  for (std::size_t at = 0; at < path.size(); ++at) {
    char c = path[at];
    if (const auto plain = needless_escape(path.substr(at, 3))) {
      c = *plain;
      at += 2;
    }
    if (c == '/') end_segment();
    target[size++] = c;
  }
  end_segment();
  const auto query = target.subspan(path.size());
  std::copy(query.begin(), query.end(), target.subspan(size).begin());
  return size + query.size();
}

std::optional<Refusal> adopt_target(std::string_view target, Request& request) {
  constexpr Refusal kNoTarget{400, "The request target is neither a path nor an HTTP URL."};
  if (target.starts_with('/')) {
    if (target.find('#') != target.npos) return kNoTarget;
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    return std::nullopt;
  }
  const auto url = boost::urls::parse_uri(target);
  if (!url || !url->has_authority() || url->has_userinfo() || url->has_fragment() ||
      url->encoded_host().empty() ||
      (url->scheme_id() != boost::urls::scheme::http &&
       url->scheme_id() != boost::urls::scheme::https)) {
    return kNoTarget;
  }
  request.path = url->encoded_path();
  if (request.path.empty()) request.path = "/";
  request.query = url->encoded_query();
  return std::nullopt;
}

}  // namespace orderflow::http_api
