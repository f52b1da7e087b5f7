#include "http-api/server/response_head.hpp"

#include "http-api/server/problem.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kUsualHeadBytes = 320;

}  // namespace

bool has_body(int status) { return status != 204 && status != 304; }

std::string response_head(const Response& response, std::string_view date,
                          std::string_view connection) {
  std::string out;
  out.reserve(kUsualHeadBytes);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\nDate: ").append(date);
  if (has_body(response.status)) {
    out.append("\r\nContent-Type: ").append(response.content_type);
    if (!response.stream) {
      out.append("\r\nContent-Length: ").append(std::to_string(response.text().size()));
    }
  }
  for (const auto& [name, value] : response.headers) {
    out.append("\r\n").append(name).append(": ").append(value);
  }
  if (!connection.empty()) out.append("\r\nConnection: ").append(connection);
  out.append("\r\n\r\n");
  return out;
}

}  // namespace orderflow::http_api
