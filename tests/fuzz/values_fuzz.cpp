// The parsers of single values: each takes any text, and what it accepts means one thing only.
#include <simdjson.h>

#include <nlohmann/json.hpp>

#include "core/json/text.hpp"
#include "core/observe/trace.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/conditional.hpp"
#include "http-api/server/http.hpp"
#include "tests/fuzz/check.hpp"

namespace orderflow::fuzz {
namespace {

using nlohmann::json;

void check_uuid(std::string_view text) {
  const auto id = core::Uuid::parse(text);
  if (!id) return;
  require(http_api::equals_ignoring_case(id->to_string(), text), "a UUID reads back", text);
  require(core::Uuid::parse(id->to_string()) == id, "a UUID's text is the same UUID", text);
}

void check_time(std::string_view text) {
  const auto time = core::parse_rfc3339(text);
  if (!time) return;
  const std::string written = core::to_rfc3339(*time);
  const auto again = core::parse_rfc3339(written);
  require(again == std::chrono::floor<std::chrono::milliseconds>(*time),
          "a time that was accepted can be written and read again", written);
  // PostgreSQL takes no year 0, and more than four digits only in another form.
  require(written.size() == 24 && !written.starts_with("0000"),
          "a time that was accepted is one PostgreSQL takes", written);
}

void check_trace(std::string_view text) {
  const std::string child = core::child_traceparent(text);
  require(core::is_traceparent(child), "a child span is well formed", child);
  const bool known = core::is_traceparent(text);
  require(known == !core::trace_id_of(text).empty(), "a trace id belongs to a traceparent", text);
  require(!known || core::trace_id_of(child) == core::trace_id_of(text), "a trace goes on", text);
  if (!core::is_sane_correlation_id(text)) return;
  require(text.find_first_of(" \r\n\t\"\\") == std::string_view::npos && text.size() <= 128,
          "a correlation id is safe in a header, in JSON and in a log", text);
}

void check_text(std::string_view text) {
  if (!simdjson::validate_utf8(text)) return;
  core::TextBuilder writing(text.size());
  core::put_json_string(writing, text);
  const std::string written = writing.take();
  const json read = json::parse(written, nullptr, false);
  require(read.is_string() && read.get_ref<const std::string&>() == text,
          "a JSON string reads back", written);
}

void check_query(std::string_view text) {
  // Every byte escaped, it reads back.
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string escaped = "q=";
  for (const unsigned char byte : text) {
    escaped += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  const auto back = http_api::parse_query(escaped);
  require(back && back->size() == 1 && back->front().second == text, "a query reads back", text);
  const auto pairs = http_api::parse_query(text);
  if (!pairs) return;
  std::size_t size = 0;
  for (const auto& [name, value] : *pairs) size += name.size() + value.size();
  require(size <= text.size(), "decoding never grows", text);
}

void check_entity_tags(std::string_view text) {
  const std::string etag = http_api::etag_of(7);
  const bool strong = http_api::names_tag(text, etag, http_api::TagComparison::kStrong);
  const bool weak = http_api::names_tag(text, etag, http_api::TagComparison::kWeak);
  require(weak || !strong, "what names a tag strongly names it weakly", text);
  if (http_api::accepts_event_stream(text)) {
    require(text.find('/') != std::string_view::npos, "an event stream was named", text);
  }
}

}  // namespace
}  // namespace orderflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orderflow::fuzz;
  const std::string_view text = text_of(data, size);
  check_uuid(text);
  check_time(text);
  check_trace(text);
  check_text(text);
  check_query(text);
  check_entity_tags(text);
  return 0;
}
