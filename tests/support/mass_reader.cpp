#include "tests/support/mass_reader.hpp"

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/support/openapi_check.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

constexpr std::size_t kReaders = 8;
constexpr std::size_t kComparedWithOpenApi = 300;

// A front end whose database was away may find so first when it is asked: 503 says to ask again.
std::optional<Answer> ask(HttpSession& session, const std::string& path) {
  std::optional<Answer> answer;
  (void)holds_within(kPatience, [&] {
    answer = session.try_request("GET", path);
    return !answer || answer->status != 503;
  });
  return answer;
}

}  // namespace

std::vector<std::string> read_all(
    std::uint16_t port, std::size_t count,
    const std::function<std::string(std::size_t index)>& target,
    const std::function<std::string(std::size_t index, const Answer&)>& judge,
    std::size_t problems_max) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::map<std::size_t, std::string> problems;
  const auto look_at = [&](std::size_t index, HttpSession& session) -> std::string {
    const auto path = target(index);
    const auto answer = ask(session, path);
    if (!answer) return "GET " + path + " got no answer";
    try {
      auto problem = judge(index, *answer);
      if (!problem.empty() || index >= kComparedWithOpenApi) return problem;
      return answer_problem("GET", path.substr(0, path.find('?')), answer->status, answer->body);
    } catch (const std::exception& error) {
      return "GET " + path + ": " + error.what() + " in " + answer->body;
    }
  };
  const auto read = [&] {
    HttpSession session(port);
    for (auto index = next++; index < count; index = next++) {
      auto problem = look_at(index, session);
      if (problem.empty()) continue;
      const std::lock_guard lock(mutex);
      problems.emplace(index, std::move(problem));
      if (problems.size() >= problems_max) next = count;
    }
  };
  {
    std::vector<std::jthread> readers;
    for (std::size_t i = 0; i < kReaders && i < count; ++i) readers.emplace_back(read);
  }
  std::vector<std::string> out;
  for (auto& [index, problem] : problems) out.push_back(std::move(problem));
  return out;
}

}  // namespace orderflow::testing
