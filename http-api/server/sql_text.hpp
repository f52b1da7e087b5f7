#pragma once

#include <optional>
#include <pqxx/field.hxx>
#include <string>

#include "core/values/money.hpp"

namespace orderflow::http_api {

// A timestamptz column as the text of the API, so that front ends pass it on untouched.
[[nodiscard]] inline std::string rfc3339(const std::string& column) {
  return "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
}

[[nodiscard]] inline std::optional<std::string> optional_text(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional<std::string>(field.c_str());
}

[[nodiscard]] inline core::Money money_of(const pqxx::field& amount, const pqxx::field& currency) {
  return {amount.as<std::int64_t>(), currency.c_str()};
}

}  // namespace orderflow::http_api
