#include "http-api/server/route.hpp"

namespace orderflow::http_api {

std::string_view RequestContext::param(std::string_view name) const {
  for (const auto& [known, value] : params) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace orderflow::http_api
