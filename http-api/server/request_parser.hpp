#pragma once

#include <boost/beast/core/error.hpp>
#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http-api/server/http.hpp"
#include "http-api/server/request_rules.hpp"

namespace orderflow::http_api {

struct RequestLimits {
  std::size_t header_bytes_max;   // The request line and the header; also one trailer section.
  std::size_t body_bytes_max;     // Its data.
  std::size_t framing_bytes_max;  // All chunk sizes, chunk extensions and trailers of one body.
};

// Reads one request out of bytes as they arrive: Beast's grammar of HTTP/1.1, and what a server has
// to refuse beyond it, lest somebody on the way finds other requests in the same bytes (RFC 9112,
// 11.2). Trailer fields are read over. It keeps no more than the limits allow. No I/O; one thread.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(const RequestLimits& limits);

  // Returns how many of the bytes are used up; the others are to be given again, with more behind
  // them. Nothing is used after the end of the request or its refusal.
  std::size_t put(std::string_view bytes);

  // The rest did not come in time.
  void give_up() { refuse(408, "The request did not arrive in time; send it faster."); }

  // Whether anything of a request has come; an empty line before it is nothing.
  [[nodiscard]] bool begun() const { return got_some(); }
  [[nodiscard]] bool complete() const { return is_done() && !refusal_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  // The client waits for a 100 before it sends the body.
  [[nodiscard]] bool expects_continue() const;

  // As far as it has been read: whole when complete(); the method of what is refused, where it is
  // known. Its views live as long as the parser.
  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] unsigned version() const { return version_; }  // 10 or 11.
  [[nodiscard]] bool keeps_alive() const { return keeps_alive_; }
  // What is held in memory for the request.
  [[nodiscard]] std::size_t memory() const;

 private:
  using Grammar = boost::beast::http::basic_parser<true>;
  using Text = boost::beast::string_view;
  using Error = boost::beast::error_code;
  // Where a field stands in head_, which moves while it grows.
  struct Field {
    std::size_t name;
    std::size_t value;
    std::size_t end;
  };

  void on_request_impl(boost::beast::http::verb, Text method, Text target, int version,
                       Error& error) override;
  void on_response_impl(int, Text, int, Error&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, Error& error) override;
  void on_header_impl(Error& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error& error) override;
  std::size_t on_body_impl(Text part, Error& error) override;
  void on_chunk_header_impl(std::uint64_t size, Text, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, Text part, Error& error) override;
  void on_finish_impl(Error&) override {}

  [[nodiscard]] bool awaits_chunk() const {
    return is_header_done() && chunked() && chunk_left_ == 0;
  }
  std::size_t skip_empty_line(std::string_view bytes);
  std::size_t put_piece(std::string_view bytes, Error& error);
  void check_size(std::string_view rest);
  void refuse(int status, std::string_view detail);
  void refuse(const Error& error, std::string_view rest);
  void adopt_fields();
  void append_to_body(Text part);

  RequestLimits limits_;
  Request request_;
  std::string head_;  // The target, then names and values; what request_ refers to.
  std::size_t target_size_ = 0;
  std::vector<Field> fields_;
  std::size_t head_bytes_ = 0;     // Used up, as sent.
  std::uint64_t chunk_left_ = 0;   // Of its data.
  std::size_t framing_bytes_ = 0;  // Used up behind the header that were no data.
  unsigned version_ = 11;
  bool closes_ = false;  // Beast lets keep-alive win in HTTP/1.0.
  bool keeps_alive_ = false;
  bool skipped_line_ = false;
  bool header_read_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace orderflow::http_api
