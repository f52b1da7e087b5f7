#include <catch2/catch_test_macros.hpp>
#include <set>

#include "core/observe/trace.hpp"
#include "core/pg/clock.hpp"
#include "core/values/money.hpp"
#include "core/values/shard.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

TEST_CASE("version 7 ids are unique, ascending and well formed") {
  Uuid last = new_uuid_v7();
  for (int i = 0; i < 20000; ++i) {
    const Uuid next = new_uuid_v7();
    REQUIRE(last < next);
    last = next;
  }
  const std::string text = last.to_string();
  CHECK(text.size() == 36);
  CHECK(text[14] == '7');
  CHECK(Uuid::parse(text) == last);
}

TEST_CASE("derived ids are the same each time, well formed, and begin with their base's time") {
  const Uuid base = new_uuid_v7();
  const Uuid id = derived_uuid(base, "1/0");
  CHECK(id == derived_uuid(base, "1/0"));
  const std::string text = id.to_string();
  CHECK(text.substr(0, 13) == base.to_string().substr(0, 13));
  CHECK(text[14] == '8');
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
  // Stored in tables and topics: a change would take what was done for something else.
  const auto fixed = Uuid::parse("018f0000-0000-7000-8000-00000000a11c").value();
  CHECK(derived_uuid(fixed, "1/0").to_string() == "018f0000-0000-8265-a8e1-9ca4f256bed4");
}

TEST_CASE("derived ids differ wherever base or name does") {
  std::set<Uuid> seen;
  std::size_t made = 0;
  for (int i = 0; i < 2000; ++i) {
    const Uuid base = new_uuid_v7();  // Many of one millisecond.
    for (const char* name : {"", "1/0", "1/1", "2/0", "2/1", "12/0", "1", "2", "refund", "1/0\n",
                             "a name of more than eight bytes"}) {
      seen.insert(derived_uuid(base, name));
      ++made;
    }
  }
  CHECK(seen.size() == made);
}

TEST_CASE("what is not a UUID is refused") {
  for (const char* text :
       {"", "x", "018f0000-0000-7000-8000-00000000a11", "018f0000000070008000",
        "018f0000-0000-7000-8000-00000000a11g", "018f0000 0000-7000-8000-00000000a11c",
        "{018f0000-0000-7000-8000-00000000a11c}"}) {
    INFO(text);
    CHECK_FALSE(Uuid::parse(text));
  }
}

TEST_CASE("murmur2 agrees with Kafka's own test vectors") {
  CHECK(static_cast<std::int32_t>(murmur2("21")) == -973932308);
  CHECK(static_cast<std::int32_t>(murmur2("foobar")) == -790332482);
  CHECK(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")) == -985981536);
  CHECK(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")) == -1486304829);
  CHECK(static_cast<std::int32_t>(murmur2("abc")) == 479470107);
}

TEST_CASE("a shard key is spread as Kafka spreads its text") {
  const Uuid id = new_uuid_v7();
  const ShardKey key(id);
  CHECK(key.uuid == id);
  CHECK(key.text.view() == id.to_string());
  CHECK(key.shard == shard_of(id.to_string()));
  CHECK(key.partition(8) == partition_of_key(id.to_string(), 8));
  CHECK(ShardKey(id, 7).text.view() == key.text.view());
  CHECK(ShardKey(id, 7).partition(4) == 3);
}

TEST_CASE("times go to text and back") {
  const auto time = parse_rfc3339("2026-01-31T09:30:00.123Z");
  REQUIRE(time);
  CHECK(to_rfc3339(*time) == "2026-01-31T09:30:00.123Z");
  CHECK(parse_rfc3339("2026-01-31T10:30:00.123456789+01:00").value() ==
        *time + std::chrono::microseconds{456});
  for (const char* text : {"", "2026-01-31", "2026-02-30T00:00:00Z", "2026-01-31T25:00:00Z",
                           "2026-01-31T09:30:00", "2026-01-31T09:30:00.Z", "yesterday"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("times are of the years 1 to 9999, as PostgreSQL takes them in this form") {
  CHECK(parse_rfc3339("0001-01-01T00:00:00Z"));
  CHECK(parse_rfc3339("9999-12-31T23:59:59.999Z"));
  for (const char* text :
       {"0000-01-01T00:00:00Z", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("money never wraps around") {
  CHECK(checked_add(1, 2) == 3);
  CHECK_FALSE(checked_add(INT64_MAX, 1));
  CHECK_FALSE(checked_multiply(INT64_MAX / 2, 3));
  CHECK(is_currency_code("USD"));
  CHECK_FALSE(is_currency_code("usd"));
  CHECK_FALSE(is_currency_code("USDX"));
}

TEST_CASE("a child span keeps its trace; nonsense starts a new one") {
  const std::string parent = new_traceparent();
  REQUIRE(is_traceparent(parent));
  const std::string child = child_traceparent(parent);
  CHECK(trace_id_of(child) == trace_id_of(parent));
  CHECK(child != parent);
  CHECK(is_traceparent(child_traceparent("rubbish")));
  const auto keeps = [&](const std::string& said) {
    return trace_id_of(child_traceparent(said)) == trace_id_of(parent);
  };
  const std::string rest = parent.substr(2);
  CHECK(keeps("01" + rest));
  CHECK(keeps("cc" + rest + "-what.comes.later"));
  // Two headers, a version that is none, more than this version has.
  for (const auto& wrong :
       {parent + ", " + parent, "ff" + rest, "0x" + rest, parent + "-more", "01" + rest + "more"}) {
    INFO(wrong);
    CHECK_FALSE(keeps(wrong));
    CHECK(is_traceparent(child_traceparent(wrong)));
  }
  CHECK_FALSE(is_traceparent("00-00000000000000000000000000000000-1111111111111111-01"));
}

TEST_CASE("a correlation id cannot smuggle line breaks") {
  CHECK(is_sane_correlation_id("checkout:42/a.b_c-d"));
  CHECK_FALSE(is_sane_correlation_id(""));
  CHECK_FALSE(is_sane_correlation_id("a\r\nSet-Cookie: x"));
  CHECK_FALSE(is_sane_correlation_id(std::string(129, 'a')));
}

TEST_CASE("the database clock carries the last reading forward") {
  DatabaseClock clock;
  CHECK_FALSE(clock.known());
  const Time said{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}};
  clock.observe(said);
  CHECK(clock.now() >= said);
  CHECK(clock.now() < said + std::chrono::minutes{1});
}

}  // namespace orderflow::core
