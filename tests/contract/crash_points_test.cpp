// Wherever the program crosses from one system to another (database, broker, socket) a test can let
// it die: a crossing without a crash point in its neighbourhood fails here.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"
#include "tests/support/settings.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

constexpr std::size_t kLinesAround = 8;

const std::regex kCrossing(
    R"(session\w*\.(transaction|execute)\(|transaction\w*\.commit\(\)|producer\w*->(send|flush)\()"
    R"(|publisher\w*\.(publish|flush)\(|async_write\(|co_await send(_answer)?\(|store_\.grant\()");
const std::regex kPoint(R"(crash_point\(|front_end_point\(|crash_?\.(pass|at)\(|\bunanswered\b)");

struct Exempt {
  std::string_view text;  // In the crossing's own line.
  std::string_view why;
};

constexpr std::array kExempt{
    Exempt{"execute(kRead", "a read"},
    Exempt{"saga::store::read_", "a read"},
    Exempt{"saga::store::load_", "a read"},
    Exempt{"execute(stale_", "a read"},
    Exempt{"execute(layout_", "a read"},
    Exempt{"execute(kCount", "a read"},
    Exempt{"execute(open_dead_letters_", "a read"},
    Exempt{"execute(table.exists", "a read"},
    Exempt{"execute(table.find", "a read"},
    Exempt{"transaction(temporary_file", "leaves nothing behind"},
    Exempt{"execute(kFind", "a read"},
    Exempt{"execute(table.forget", "removes what is out of date; asked again when lost"},
    Exempt{"execute(read_", "a read"},
    Exempt{"execute(core::PgStatement{nullptr", "a list, which is a read"},
    Exempt{"execute(kBeginBlock", "changes nothing"},
    Exempt{"execute(kRollbackBlock", "as losing the connection does"},
    Exempt{"execute(grant_", "its caller has the points around it"},
    Exempt{"execute(end_stopped_", "ends sessions, whose owners cope; asked again when lost"},
    Exempt{"execute(kForgetKeys", "removes what is out of date; asked again when lost"},
    Exempt{"producer_->flush(timeout) && !broken_", "its caller has the point behind it"},
    Exempt{"timestamp_for(", "its caller has the points between messages"},
    Exempt{"producer_->flush(kFlushTimeout)", "notifications of a process that ends anyhow"},
    Exempt{"send_answer(response, false)", "a refusal or a stream promises nothing"},
    Exempt{"asio::buffer(kContinue)", "100 Continue promises nothing"},
    Exempt{"co_await send(head, body)", "its caller has the points around it"},
    Exempt{"async_write(socket_, parts", "its caller has the points around it"},
    Exempt{"co_await send(text)", "a part of an event stream, read from the database"},
    Exempt{"async_write(stream, request", "its caller has the points around it"},
    Exempt{"async_write(*to", "the embedded broker's relay; it owns nothing"},
};

bool exempt(const std::string& line) {
  return std::any_of(kExempt.begin(), kExempt.end(),
                     [&](const Exempt& one) { return line.find(one.text) != std::string::npos; });
}

bool has_point_nearby(const std::vector<std::string>& lines, std::size_t at) {
  const std::size_t first = at < kLinesAround ? 0 : at - kLinesAround;
  const std::size_t last = std::min(lines.size(), at + kLinesAround + 1);
  for (std::size_t i = first; i < last; ++i) {
    if (std::regex_search(lines[i], kPoint)) return true;
  }
  return false;
}

// Crossings of one file that no process can be made to die at, as "path:line text".
std::vector<std::string> uncovered(const SourceFile& file) {
  std::vector<std::string> found;
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string code = lines[i].substr(0, lines[i].find("//"));
    if (!std::regex_search(code, kCrossing) || exempt(code)) continue;
    if (!has_point_nearby(lines, i)) {
      found.push_back(file.path + ":" + std::to_string(i + 1) + code);
    }
  }
  return found;
}

bool runs_in_a_role(const std::string& folder) {
  return folder == "core" || folder == "domain" || folder == "saga" || folder == "producers" ||
         folder == "consumers" || folder == "http-api";
}

TEST_CASE("each crossing between database, broker and socket has a crash point") {
  for (const auto& file : source_files()) {
    if (!runs_in_a_role(file.folder)) continue;
    for (const auto& line : uncovered(file)) {
      FAIL_CHECK(line << "\nput a core::crash_point beside it, or say here why it needs none");
    }
  }
}

TEST_CASE("the check of crossings sees one without a point") {
  const std::string crossing = "  session_.transaction(calls);\n";
  CHECK(uncovered({"consumers/x.cpp", "consumers", crossing}).size() == 1);
  CHECK(uncovered({"consumers/x.cpp", "consumers",
                   "  crash_.pass(CrashPlace::kBeforeCommit);\n" + crossing})
            .empty());
  CHECK(uncovered({"consumers/x.cpp", "consumers", "  session_.execute(kReadAge);\n"}).empty());
  const std::string far(kLinesAround + 1, '\n');
  CHECK(uncovered({"http-api/x.cpp", "http-api", "crash_point(p);\n" + far + crossing}).size() ==
        1);
}

// An exemption that matches nothing any more would excuse the next one who writes such a line.
TEST_CASE("each exemption is of use") {
  for (const Exempt& one : kExempt) {
    const bool used = std::any_of(source_files().begin(), source_files().end(), [&](auto& file) {
      return runs_in_a_role(file.folder) && file.text.find(one.text) != std::string::npos;
    });
    INFO(one.text << ": " << one.why);
    CHECK(used);
  }
}

TEST_CASE("each crash point is passed somewhere") {
  const std::regex name(R"(^  (k[A-Z]\w+),)");
  int places = 0;
  for (const auto& line : lines_of(source_text("core/testing/crash_point.hpp"))) {
    std::smatch match;
    if (!std::regex_search(line, match, name) || match[1] == "kCount") continue;
    ++places;
    const std::regex use("(pass|at|crash_point|front_end_point|advance)\\([^;]*CrashPlace::" +
                         match[1].str() + "\\b");
    const auto uses =
        std::count_if(source_files().begin(), source_files().end(), [&](const auto& file) {
          return runs_in_a_role(file.folder) && std::regex_search(file.text, use);
        });
    INFO(match[1]);
    CHECK(uses == 1);
  }
  CHECK(places == static_cast<int>(core::CrashPlace::kCount));
}

// A point's number is made of its role's name: two roles with the same number would die together.
TEST_CASE("each crash point has a number of its own") {
  std::set<std::uint64_t> numbers;
  const auto names = core::crash_point_names(events::kCrashRoles);
  for (const auto& name : names) {
    numbers.insert(core::parse_crash_plan(name, events::kCrashRoles).value()->point.id);
  }
  CHECK(numbers.size() == names.size());
}

TEST_CASE("an unknown crash point is refused with the list of names") {
  const auto parse_crash_plan = [](std::string_view text) {
    return core::parse_crash_plan(text, events::kCrashRoles);
  };
  CHECK_FALSE(parse_crash_plan("").value());
  CHECK(parse_crash_plan("orchestrator.after_commit").value()->passing == 1);
  CHECK(parse_crash_plan("payments.in_assign:3:stop").value()->stop);
  CHECK_FALSE(parse_crash_plan("api.before_notify:3:kill").value()->stop);
  for (const auto& name : core::crash_point_names(events::kCrashRoles))
    CHECK(parse_crash_plan(name + ":2"));
  for (const char* bad : {"orchestrator", "api.before_grant", "orchestrator.before_notify",
                          "orchestrator.in_assign:0", "orchestrator.in_assign:x",
                          "orchestrator.in_assign:1:sleep", ":1", "broker.in_assign"}) {
    INFO(bad);
    try {
      (void)settings_from({{"ORDERFLOW_CRASH_AT", bad}});
      FAIL_CHECK("taken");
    } catch (const core::BadConfiguration& refusal) {
      const std::string text = refusal.what();
      CHECK(text.find(bad) != std::string::npos);
      for (const auto& name : core::crash_point_names(events::kCrashRoles)) {
        CHECK(text.find(name) != std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace orderflow::testing
