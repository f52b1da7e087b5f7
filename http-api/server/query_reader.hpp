#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/page.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// Reads a request's query strictly, as BodyReader reads bodies: each getter knows a parameter by
// asking for it, and finish() complains about every other one, about those given twice and about
// values that were not what was asked for. No I/O.
class QueryReader {
 public:
  explicit QueryReader(const RequestContext& context);

  // Nothing when the parameter is not given, or wrong (an error is noted).
  std::optional<std::string> text(std::string_view name);
  std::optional<core::Uuid> uuid(std::string_view name);
  std::optional<core::Time> time(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  // `wait`: whole seconds up to `most`; none when it is not given.
  std::chrono::seconds wait(std::chrono::seconds most);
  // `limit` and `page_token`. Ask last, since a token is bound to the filters beside it.
  PageRequest page();

  void error(std::string_view name, std::string detail);

  // Why the query is refused (400); empty when it is as asked for. Call last.
  [[nodiscard]] std::optional<Problem> finish();

 private:
  struct Parameter {
    std::string name;
    std::string value;
    bool known = false;
  };

  std::optional<int> integer(std::string_view name, int least, int most);

  std::string_view path_;
  std::vector<Parameter> parameters_;
  std::vector<FieldError> errors_;
  std::optional<Problem> unreadable_;
};

// The query as a T, by `static T T::read(QueryReader&)`, or as the page of a list; 400 with all
// that is wrong with it.
template <typename T>
[[nodiscard]] Checked<T> read_query(const RequestContext& context) {
  QueryReader reader(context);
  T value = [&reader] {
    if constexpr (std::is_same_v<T, PageRequest>) {
      return reader.page();
    } else {
      return T::read(reader);
    }
  }();
  if (auto problem = reader.finish()) return refuse(std::move(*problem));
  return value;
}

}  // namespace orderflow::http_api
