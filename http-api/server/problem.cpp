#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

Problem bad_request(std::string detail, std::vector<FieldError> errors) {
  return {400, "bad_request", std::move(detail), false, 0, std::move(errors)};
}

Problem not_found(std::string_view what) {
  return {404, "not_found", "There is no " + std::string(what) + " with this id; check the id."};
}

Problem conflict(std::string code, std::string detail) {
  return {409, std::move(code), std::move(detail)};
}

Problem precondition_failed() {
  return {412, "precondition_failed",
          "It has changed since you read it; read it again and repeat with its new ETag."};
}

Problem invalid(std::vector<FieldError> errors) {
  return {422, "invalid", "Some fields are wrong; see errors.", false, 0, std::move(errors)};
}

Problem invalid(std::string pointer, std::string detail) {
  std::vector<FieldError> errors;
  errors.push_back({std::move(pointer), std::move(detail)});
  return invalid(std::move(errors));
}

Problem unavailable(std::string detail, int retry_after_seconds) {
  return {503, "unavailable", std::move(detail), true, retry_after_seconds};
}

Problem key_reused() {
  return {422, "idempotency_key_reused",
          "This Idempotency-Key was used with another body; use a new key for a new request."};
}

Problem request_refused(int status, std::string_view detail) {
  const bool passing = status == 408 || status == 503;
  Problem problem{status, "request_refused", std::string(detail), passing};
  if (status == 503) problem.retry_after_seconds = 1;
  return problem;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Unknown";
  }
}

Response problem_response(const Problem& problem, std::string_view correlation_id) {
  JsonObject body;
  body.field("type", "urn:orderflow:problem:" + problem.code)
      .field("title", reason_phrase(problem.status))
      .field("status", problem.status)
      .field("detail", problem.detail)
      .field("correlation_id", correlation_id)
      .field("retryable", problem.retryable);
  if (!problem.errors.empty()) {
    JsonArray errors;
    for (const FieldError& error : problem.errors) {
      errors.add(JsonObject().field("pointer", error.pointer).field("detail", error.detail).text());
    }
    const std::string text = errors.text();
    body.field("errors", RawJson{text});
  }
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = body.text();
  if (problem.retry_after_seconds > 0) {
    response.with("Retry-After", std::to_string(problem.retry_after_seconds));
  }
  return response;
}

}  // namespace orderflow::http_api
