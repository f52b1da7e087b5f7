#include "core/net/http_url.hpp"

#include <boost/url/parse.hpp>

#include "core/values/ip_address.hpp"

namespace orderflow::core {
namespace {

const char* default_port(bool tls) { return tls ? "443" : "80"; }

tl::unexpected<Error> bad_url(const char* why) {
  return fail("bad_url", why, "an address like https://offers.example.com/base");
}

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = url_host(host);
  return port == default_port(tls) ? name : name + ":" + port;
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  using boost::urls::scheme;
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return bad_url("is no URL");
  const scheme kind = parsed->scheme_id();
  if (kind != scheme::http && kind != scheme::https) return bad_url("is no http or https URL");
  if (parsed->host().empty()) return bad_url("names no host");
  if (parsed->has_userinfo()) return bad_url("may hold no user or password");
  if (parsed->has_query() || parsed->has_fragment()) return bad_url("may have no ? or #");
  if (parsed->has_port() && parsed->port_number() == 0) return bad_url("has no valid port");
  HttpUrl url;
  url.tls = kind == scheme::https;
  url.host = parsed->host_address();
  url.port = parsed->has_port() ? std::string(parsed->port()) : default_port(url.tls);
  url.path = std::string(parsed->encoded_path());
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

}  // namespace orderflow::core
