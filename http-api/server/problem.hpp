#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// What is wrong with one field: where (RFC 6901 pointer into the body, or the query's name), and
// what.
struct FieldError {
  std::string pointer;
  std::string detail;
};

// Enough to mend a request; an answer must not grow with what was sent.
inline constexpr std::size_t kFieldErrorsMax = 20;

// An answer that says no, before it is a document (RFC 9457). `code` is stable: the last part of
// `type`. `detail` says what happened and what to do about it.
struct Problem {
  int status = 500;
  std::string code;
  std::string detail;
  bool retryable = false;
  int retry_after_seconds = 0;  // 0: no Retry-After
  std::vector<FieldError> errors;
};

template <typename T>
using Checked = tl::expected<T, Problem>;

[[nodiscard]] inline tl::unexpected<Problem> refuse(Problem problem) {
  return tl::unexpected<Problem>(std::move(problem));
}

[[nodiscard]] Problem bad_request(std::string detail, std::vector<FieldError> errors = {});
[[nodiscard]] Problem not_found(std::string_view what);
[[nodiscard]] Problem conflict(std::string code, std::string detail);
[[nodiscard]] Problem precondition_failed();
[[nodiscard]] Problem invalid(std::vector<FieldError> errors);
[[nodiscard]] Problem invalid(std::string pointer, std::string detail);
[[nodiscard]] Problem unavailable(std::string detail, int retry_after_seconds = 1);
[[nodiscard]] Problem key_reused();
// Of a request that is not looked at.
[[nodiscard]] Problem request_refused(int status, std::string_view detail);

[[nodiscard]] std::string_view reason_phrase(int status);

// The finished answer: application/problem+json, with Retry-After when it applies.
[[nodiscard]] Response problem_response(const Problem& problem, std::string_view correlation_id);

}  // namespace orderflow::http_api
