#include "http-api/server/request_parser.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <span>

namespace orderflow::http_api {
namespace {

namespace beast_http = boost::beast::http;

// What is reserved for a body on its client's word alone.
constexpr std::size_t kReservedBytesMax = 8192;
// The shortest end of a chunked body, 0 CRLF CRLF. Beast takes for granted that it has so much.
constexpr std::size_t kFramingBytesMin = 5;
// Enough for any browser behind any chain of proxies.
constexpr std::size_t kHeadersMax = 100;

// Beast has joined the lines of a folded value; any other lies in the input, behind its name.
bool is_folded(boost::beast::string_view name, boost::beast::string_view value) {
  const char* expected = name.data() + name.size() + 1;
  while (expected != value.data() && (*expected == ' ' || *expected == '\t')) ++expected;
  return expected != value.data();
}

}  // namespace

RequestParser::RequestParser(const RequestLimits& limits) : limits_(limits) {
  header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_limit(limits.body_bytes_max);
  head_.reserve(512);
}

std::size_t RequestParser::put(std::string_view bytes) {
  std::size_t used = skip_empty_line(bytes);
  while (used < bytes.size() && bytes != "\r" && !refusal_ && !is_done()) {
    if (awaits_chunk() && bytes.size() - used < kFramingBytesMin) break;
    Error error;
    used += put_piece(bytes.substr(used), error);
    if (error == beast_http::error::need_more) break;
    if (error) refuse(error, bytes.substr(used));
  }
  if (!refusal_) check_size(is_done() ? std::string_view() : bytes.substr(used));
  return used;
}

// Some clients end a body with a line that belongs to nothing (RFC 9112, 2.2).
std::size_t RequestParser::skip_empty_line(std::string_view bytes) {
  if (got_some() || skipped_line_ || !bytes.starts_with("\r\n")) return 0;
  skipped_line_ = true;
  return 2;
}

// The header, or one chunk's size or data: what is data and what is not can be told apart.
std::size_t RequestParser::put_piece(std::string_view bytes, Error& error) {
  const bool in_head = !is_header_done();
  const std::size_t body_before = request_.body.size();
  const std::size_t used = Grammar::put({bytes.data(), bytes.size()}, error);
  if (in_head) {
    head_bytes_ += used;
  } else {
    framing_bytes_ += used - (request_.body.size() - body_before);
  }
  return used;
}

// Beast limits what it has not used up yet, and of a chunked body the data only.
void RequestParser::check_size(std::string_view rest) {
  const std::size_t head_bytes = head_bytes_ + (is_header_done() ? 0 : rest.size());
  if (head_bytes > limits_.header_bytes_max) {
    refuse(beast_http::error::header_limit, rest);
  } else if (is_header_done() && (framing_bytes_ + rest.size() > limits_.framing_bytes_max ||
                                  rest.size() > limits_.header_bytes_max)) {
    refuse(413, "The chunked body has more framing than this server takes; send larger chunks.");
  }
}

void RequestParser::refuse(int status, std::string_view detail) {
  if (refusal_) return;
  refusal_ = Refusal{status, detail};
  if (!header_read_) adopt_fields();
}

void RequestParser::refuse(const Error& error, std::string_view rest) {
  if (error == beast_http::error::body_limit) {
    return refuse(413, "The request's body is larger than this server takes; shorten it.");
  }
  if (error != beast_http::error::header_limit) {
    return refuse(400, "This is not a well-formed HTTP/1.1 request.");
  }
  const bool in_first_line = target_size_ == 0 && rest.find("\r\n") == std::string_view::npos;
  if (in_first_line) return refuse(414, "The request's first line is too long; shorten it.");
  refuse(431, "The request's header is larger than this server takes; shorten it.");
}

void RequestParser::on_request_impl(beast_http::verb, Text method, Text target, int version,
                                    Error& /*error*/) {
  request_.method = http_api::parse_method({method.data(), method.size()});
  version_ = static_cast<unsigned>(version);
  head_.append(target.data(), target.size());
  target_size_ = target.size();
}

void RequestParser::on_field_impl(beast_http::field field, Text name, Text value, Error& error) {
  if (header_read_) return;  // A trailer: no header (RFC 9110, 6.5.1).
  if (fields_.size() == kHeadersMax) {
    error = beast_http::error::header_limit;
  } else if (is_folded(name, value)) {
    refuse(400, "A header's value goes on in another line; write it into one.");
    error = beast_http::error::bad_field;
  } else {
    if (field == beast_http::field::connection) {
      closes_ = closes_ || beast_http::token_list(value).exists("close");
    }
    const std::size_t begin = head_.size();
    head_.append(name.data(), name.size()).append(value.data(), value.size());
    fields_.push_back({begin, begin + name.size(), head_.size()});
  }
}

void RequestParser::on_header_impl(Error& error) {
  header_read_ = true;
  keeps_alive_ = keep_alive() && !closes_;
  adopt_fields();
  target_size_ = normalize_target(std::span(head_).first(target_size_));
  const std::string_view target = std::string_view(head_).substr(0, target_size_);
  auto refused = refuse_head(request_.headers, version_);
  if (!refused) refused = adopt_target(target, request_);
  if (!refused) return;
  refuse(refused->status, refused->detail);
  error = beast_http::error::bad_field;
}

void RequestParser::adopt_fields() {
  const std::string_view head = head_;
  request_.headers.reserve(fields_.size());
  for (const auto& [name, value, end] : fields_) {
    request_.headers.emplace_back(head.substr(name, value - name), head.substr(value, end - value));
  }
}

bool RequestParser::expects_continue() const {
  return header_read_ && version_ >= 11 && !is_done() && !refusal_ && request_.has_header("Expect");
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length,
                                      Error& /*error*/) {
  if (length) {
    request_.body.reserve(std::min(static_cast<std::size_t>(*length), kReservedBytesMax));
  }
}

std::size_t RequestParser::on_body_impl(Text part, Error& /*error*/) {
  append_to_body(part);
  return part.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, Text, Error& /*error*/) {
  chunk_left_ = size;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text part, Error& /*error*/) {
  append_to_body(part);
  chunk_left_ -= part.size();
  return part.size();
}

// A string that grows by itself may take twice the limit.
void RequestParser::append_to_body(Text part) {
  std::string& body = request_.body;
  const std::size_t size = body.size() + part.size();
  if (size > body.capacity()) {
    std::string larger;
    larger.reserve(std::clamp(2 * body.capacity(), size, std::max(size, limits_.body_bytes_max)));
    body = std::move(larger.append(body));
  }
  body.append(part.data(), part.size());
}

std::size_t RequestParser::memory() const {
  return head_.capacity() + request_.body.capacity() + (fields_.capacity() * sizeof(Field)) +
         (request_.headers.capacity() * sizeof(request_.headers.front()));
}

}  // namespace orderflow::http_api
